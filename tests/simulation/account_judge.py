"""What the streams of an account brought, held to what the simulated account knows to be true."""

from bisect import bisect_left
from collections import defaultdict

from bt_api_py.exchanges import EXCHANGES

from .judge import same

UNNOTICED = 7.0  # seconds until a dead connection is found out: a ping, and the wait for its answer
_ON_THE_WAY = 2.0


class Reader:
    """What one stream brought, with the virtual second in which it came."""

    def __init__(self, sim, exchange, stream):
        self.exchange = exchange
        self.stream = stream
        self.items = []  # (second, item)
        self.opened = sim.clock.monotonic()
        self.live = None  # since when
        self._clock = sim.clock

    async def read(self):
        """Read to the end."""
        async for item in self.stream:
            self.items.append((self._clock.monotonic(), item))

    def look(self):
        """Tell whether the stream is up to date, and note when it was so first."""
        is_live = self.stream.stats.state == "live" and not self.stream.stats.queued
        if is_live and self.live is None:
            self.live = self._clock.monotonic()
        return is_live

    def check(self, run):
        """Judge all that came, after everything has settled."""
        stats = self.stream.stats
        assert stats.delivered == len(self.items)
        assert (stats.state, stats.dropped, stats.queued) == ("live", 0, 0)
        assert stats.backfilled == sum(item.get_origin() == "backfill" for _, item in self.items)


class Orders(Reader):
    """Every state is one that the order had, later than the one before; the last one is the truth."""

    def check(self, run):
        super().check(run)
        told = defaultdict(list)
        for _, item in self.items:
            told[item.get_order_id()].append(item)
        unknown = set(told) - set(run.life.orders)
        assert not unknown, f"orders that never were: {unknown}"
        for number, path in run.life.orders.items():
            ended = None if path[-1][1].is_open else path[-1][0]
            if number in told:
                assert ended is None or ended >= run.began, f"order {number} was over before anybody asked"
                self._check_path(run, path, told[number])
            elif ended is None or ended > self.live:
                assert run.is_out_of_sight(path), f"order {number} was never told: {path}"

    def _check_path(self, run, path, items):
        place = reached = -1
        for item in items:
            later = [(n, state) for n, (_, state) in enumerate(path) if n > place]
            found = [n for n, state in later if self._is(item, state)]
            is_short = not found and self._is_unsure(run, path, item)
            if is_short:
                found = [n for n, state in later if self._falls_short(item, state)]
            shown = [(one.get_status(), one.get_filled_quantity(), one.get_origin()) for one in items]
            assert found, f"{item.get_order_id()}: {shown} is not the way of {path}"
            reached = found[0]
            place = reached - is_short  # the same may be told once more, corrected
            self._check_figures(run, path, item, path[reached][1])
        last, end = items[-1], path[-1][1]
        is_end = reached == len(path) - 1 and not last.get_filled_quantity() < float(end.filled) * (1 - 1e-12)
        assert is_end, f"{last.get_order_id()}: ends with {last}, not with {end}"

    def _is_unsure(self, run, path, item):
        """Tell whether what is filled may differ from the truth, since a fill may have been lost in silence."""
        filled = item.get_filled_quantity()
        return run.is_doubtful(path) and (filled != filled or EXCHANGES[self.exchange].account.fills_only)

    def _is(self, item, state):
        status = "canceled" if state.status in EXCHANGES[self.exchange].account.cancels else state.status
        return item.get_status() == status and same(item.get_filled_quantity(), state.filled)

    def _falls_short(self, item, state):
        """Tell whether an order is told as it was but for a fill that is not known."""
        status = "canceled" if state.status in EXCHANGES[self.exchange].account.cancels else state.status
        return item.get_status() in (status, "partial") and not item.get_filled_quantity() > state.filled

    def _check_figures(self, run, path, item, state):
        what = f"{item.get_order_id()} {state.status} {state.filled}"
        names = (item.get_symbol(), item.get_side(), item.get_client_order_id())
        assert names == (state.symbol, state.side, state.client_order_id), f"{what}: {names}"
        if state.price is not None:
            assert same(item.get_price(), state.price), f"{what}: price {item.get_price()}"
        if state.price is not None or item.get_quantity() == item.get_quantity():
            assert same(item.get_quantity(), state.quantity), f"{what}: quantity {item.get_quantity()}"
        is_short = item.get_filled_quantity() < float(state.filled) * (1 - 1e-12)
        if not state.filled or (is_short and self._is_unsure(run, path, item)):
            return
        is_excused = run.is_doubtful(path) or state.is_open
        for name, got, true in (
            ("mean", item.get_avg_price(), state.avg_price),
            ("fee", item.get_fee(), state.fee),
        ):
            if got != got:
                assert is_excused, f"{what}: no {name}"
            else:
                assert same(got, true), f"{what}: {name} {got}, in truth {true}"
        assert item.get_fee() != item.get_fee() or item.get_fee_asset() == state.fee_asset


class Fills(Reader):
    """Each fill once, exact in every figure."""

    def check(self, run):
        super().check(run)
        known = {fill.trade_id: (second, fill) for second, fill in run.life.fills}
        told = [item.get_trade_id() for _, item in self.items]
        twice = {number for number in told if told.count(number) > 1}
        assert not twice, f"fills told twice: {twice}"
        assert set(told) <= set(known), f"fills that never were: {set(told) - set(known)}"
        for _, item in self.items:
            second, fill = known[item.get_trade_id()]
            assert second >= run.began, f"fill {fill} was there before anybody asked"
            got = item.get_order_id(), item.get_symbol(), item.get_side(), item.get_trade_fee_symbol()
            assert got == (fill.order_id, fill.symbol, fill.side, fill.fee_asset), f"{got} in place of {fill}"
            figures = item.get_price(), item.get_quantity(), item.get_trade_fee()
            true = fill.price, fill.quantity, fill.fee
            assert all(map(same, figures, true)), f"{figures} in place of {fill}"
        for number, (second, fill) in known.items():
            if second > self.live and number not in told:
                assert run.is_out_of_sight(run.life.orders[fill.order_id]), f"never told: {fill}"


class Balances(Reader):
    """Every balance is one that the account had, and the last one is the truth."""

    def check(self, run):
        super().check(run)
        last = {}
        for _, item in self.items:
            asset = item.get_asset()
            had = [(float(held.free), float(held.locked), float(held.total)) for held in run.life.balances[asset]]
            got = item.get_free_balance(), item.get_locked_balance(), item.get_total_balance()
            assert any(all(map(same, got, state)) for state in had), f"{asset}: never {got}"
            last[asset] = got
        for asset, held in run.life.account.balances().items():
            true = float(held.free), float(held.locked), float(held.total)
            assert all(map(same, last.get(asset, (0, 0, 0)), true)), f"{asset}: {last.get(asset)}, in truth {true}"


class Positions(Reader):
    """Every position is one that the account had, and the last one of each market is the truth."""

    def check(self, run):
        super().check(run)
        last = {}
        for _, item in self.items:
            had = run.life.positions[item.get_symbol()]
            got = item.get_quantity(), item.get_avg_price()
            assert any(self._is(got, held) for held in had), f"{item.get_symbol()}: never {got}"
            last[item.get_symbol()] = got
        for symbol, path in run.life.positions.items():
            assert self._is(last.get(symbol, (0.0, 0.0)), path[-1]), f"{symbol}: {last.get(symbol)}, not {path[-1]}"

    def _is(self, got, held):
        return same(got[0], held.quantity) and (not held.quantity or same(got[1], held.avg_price))


class Sight:
    """What the venue lets a client see: when it was out of touch, and which markets it knew then."""

    def __init__(self, exchange, orders, losses):
        self._lists_by_market = EXCHANGES[exchange].account.lists_by_market
        self._orders = orders  # the stream
        self.outages = [(began, ended + _ON_THE_WAY) for began, ended in losses]
        self.losses = list(self.outages)

    def add_outages(self, log):
        """Add the times between a loss of the connection and the state read after it."""
        began = None
        for second, event in log:
            if event.topic == "account" and event.kind == "disconnected" and began is None:
                began = second - UNNOTICED
            elif event.topic == "account" and event.kind == "connected" and began is not None:
                self.outages.append((began, second))
                began = None

    def is_out_of_sight(self, path):
        """Tell whether an order came and went during an outage, in a market that the client had never heard of."""
        if not self._lists_by_market:
            return False
        began, ended = path[0][0], path[-1][0]
        if path[-1][1].is_open or not any(low <= began and ended <= high for low, high in self.outages):
            return False
        seconds = [second for second, _ in self._orders.items]
        before = self._orders.items[: bisect_left(seconds, ended)]
        return not any(item.get_symbol() == path[0][1].symbol for _, item in before)

    def is_doubtful(self, path):
        """Tell whether a fill of an order may have been lost while the socket stood."""
        fills = [second for second, state in path if state.last is not None]
        return any(low <= second <= high for second in fills for low, high in self.losses)
