"""What was received, held to what the simulated venues know to be true."""

import math
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import pairwise
from operator import attrgetter

from bt_api_py import StreamEvent
from bt_api_py.containers.bar import bar_end
from bt_api_py.containers.base import row_of
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Exchange
from bt_api_py.net.feed import tells_time
from bt_api_py.simulator.virtual_time import EPOCH_S

# Seconds that may pass after a reader was told: a hole is filled before what is live goes on, and a host that answered
# 429 is left alone for as long as it counts.
LONGEST_DELAY_MS = 10_000  # of a message, by any fault
KNOWN_TO_LAST = {"gap": 80.0, "stale": 80.0, "disconnected": 80.0}


def on(exchange, symbol):
    """Return a market as an exchange has it: some quote all of theirs in one asset."""
    quote = EXCHANGES[exchange].symbols.only_quote
    return symbol.removesuffix("USDT") + quote if quote else symbol


def same(number, exact):
    """Tell whether a float is the exact figure; contract values may cost the last bit."""
    return math.isclose(number, float(exact), rel_tol=1e-12)


def longest_wait(sim, exchange):
    """Return the seconds that a venue makes one wait for a connection, when as many were made as it allows."""
    stats = sim.stats[exchange]
    rates = [endpoint.connects for endpoint in EXCHANGES[exchange].endpoints.values()]
    seen = stats.connects + stats.refused
    # A client also counts those of which a venue that hangs never hears.
    return max(rate.per_s if seen >= 0.9 * rate.count else 0.0 for rate in rates)


class Record:
    """What one stream brought, with the virtual second in which it came."""

    def __init__(self, sim, exchange, kind, symbol):
        self.sim = sim
        self.exchange = exchange
        self.kind = kind
        self.symbol = symbol
        self.stream = None
        self.times = []
        self.items = []
        self.events = []
        self.data_at = 0.0
        self.is_away = False
        self.told = {}  # when the reader was told of something that lasts, and how long that may be
        self.venue = sim.world.find(exchange).venue

    def __str__(self):
        return f"{self.exchange} {self.kind} {self.symbol}"

    @cached_property
    def market(self):
        return self.venue.market(self.symbol)

    def take(self, item):
        """Note an item; what can be judged at once is judged at once."""
        self.times.append(self.sim.clock.monotonic())
        if isinstance(item, StreamEvent):
            self.events.append(item)
            self.is_away = item.kind == "disconnected" or (self.is_away and item.kind != "connected")
            self.tell(item.kind)
        else:
            self.data_at = self.times[-1]
            self.judge(item)
        if self.is_away:  # records that waited behind a hole may still come
            self.told[self.times[-1]] = KNOWN_TO_LAST["disconnected"]
        self.keep(item)

    def tell(self, kind):
        """Note what the reader knows now."""
        if kind in KNOWN_TO_LAST:
            self.told[self.times[-1]] = KNOWN_TO_LAST[kind]

    def keep(self, item):
        self.items.append(item)

    def judge(self, item):
        """Check an item at the moment at which it comes."""

    def has_passed(self, moment):
        """Tell whether the reader has seen everything that the market did up to that second."""
        raise NotImplementedError

    def check(self):
        """Check the whole of it, after all has settled."""
        stats = self.stream.stats
        received = sum(not isinstance(item, StreamEvent) for item in self.items)
        assert stats.delivered == received, f"{self}: {stats.delivered} counted, {received} received"
        assert stats.state == "live", f"{self}: {stats.state} at the end"
        assert stats.dropped == 0

    def check_silence(self, patience):
        """Check that nobody waited longer than that for a word after something had happened."""
        traded = [row.ms / 1000 - EPOCH_S for row in self.venue.prices(self.symbol)]
        wait = longest_wait(self.sim, self.exchange)
        for before, after in pairwise([*self.times, self.sim.clock.monotonic()]):
            place = bisect_right(traded, before)
            if place < len(traded):
                silence = after - traded[place]
                allowed = patience + (self.told[before] + wait if before in self.told else 0.0)
                assert silence <= allowed, f"{self}: {silence:.1f} s of silence before {after:.1f} s"


class Trades(Record):
    """Each trade once, in order, with its true figures; what is missing lies in a declared gap."""

    def __init__(self, *args):
        super().__init__(*args)
        self.last = None
        self.missing = []  # (first, last) id
        self.has_ids = True  # without, or with ids that have no order, nobody can tell which are missing
        adapter = EXCHANGES[self.exchange]()
        # Ids that also count other things do not tell how many are missing.
        self.are_counted = adapter.channel_of(adapter.place("trades", self.symbol).name).contiguous
        self.counts_merged = False  # whether the venue numbers the matches of a taker order at one price as one

    def judge(self, trade):
        first, last = self.span(trade)
        number, rows = trade.get_trade_id(), self.market.merged
        self.has_ids = row_of(trade).span is not None
        # Beyond those of the market are ids that count the trades of all markets.
        is_merged = number.isdecimal() and number not in (str(first), str(last))
        self.counts_merged = is_merged and rows[0].id <= int(number) <= rows[-1].id
        assert self.last is None or first > self.last, f"{self}: {first} after {self.last}"
        if self.last is not None and first > self.last + 1:
            self.missing.append((self.last + 1, first - 1))
        self.last = last
        rows = self.rows(first, last)
        item = self.market.instrument
        scale, lots = 10**item.price_decimals, 10**item.quantity_decimals
        assert {(row.price / scale, row.side, row.ms) for row in rows} == {
            (trade.get_price(), trade.get_side(), trade.get_timestamp())
        }, f"{self}: trade {last} is not as it was"
        assert same(trade.get_quantity(), sum(row.quantity for row in rows) / lots)

    def rows(self, first, last):
        """Return the true trades of these ids."""
        start = self.market.trade_index(first)
        rows = self.market.trades[start : start + last - first + 1]
        assert [row.id for row in rows] == list(range(first, last + 1)), f"{self}: no trades {first} to {last}"
        return rows

    def span(self, trade):
        """Return the first and the last id of the matches; a trade without one is the next that is equal."""
        if not trade.get_trade_id():
            return (self._next_like(trade),) * 2
        last = trade.get_last_trade_id() or trade.get_trade_id()
        return self.number(trade.get_first_trade_id() or trade.get_trade_id()), self.number(last)

    def number(self, written):
        """Return the market's number of a trade, whose id the venue may write in any way."""
        write = self.sim.world.find(self.exchange).house.write_trade_id
        if written.isdecimal() and write(int(written)) == written:
            return int(written)
        return next(row.id for row in reversed(self.market.trades) if write(row.id) == written)

    def _next_like(self, trade):
        item = self.market.instrument
        price = round(trade.get_price() * 10**item.price_decimals)
        lots = round(trade.get_quantity() * 10**item.quantity_decimals)
        wanted = trade.get_timestamp(), price, lots, trade.get_side()
        rows = self.market.trades
        known = rows if self.last is None else rows[self.market.trade_index(self.last + 1) :]
        found = next((row for row in known if (row.ms, row.price, row.quantity, row.side) == wanted), None)
        assert found is not None, f"{self}: {trade} never happened"
        return found.id

    def has_passed(self, moment):
        ms = (EPOCH_S + moment) * 1000
        return self.last is not None and self.rows(self.last, self.last)[0].ms >= ms

    def check(self):
        super().check()
        declared, filled = self.ranges("gap"), self.ranges("backfilled")
        for first, last in self.missing:
            lost = set(range(first, last + 1))
            lost -= {number for a, b in declared for number in range(max(a, first), min(b, last) + 1)}
            assert not lost, f"{self}: {len(lost)} trades from {min(lost)} on are missing and were not declared"
        for first, last in self.missing:
            assert not any(a <= last and first <= b for a, b in filled), f"{self}: {first} to {last} count as filled"
        stats = self.stream.stats
        assert stats.gaps == sum(event.kind == "gap" for event in self.events)
        assert stats.backfilled == sum(item.get_origin() == "backfill" for item in self.trades)
        count = sum(self.units(*ids) for ids in self.missing) if self.has_ids and self.are_counted else 0
        assert stats.missing == count or not self.missing

    @property
    def trades(self):
        return [item for item in self.items if not isinstance(item, StreamEvent)]

    def ranges(self, kind):
        """Return the ids that events of a kind speak of; those without ids are bounded by time."""
        found = []
        for event in self.events:
            if event.kind != kind:
                continue
            if event.from_id is not None and event.to_id is not None:
                first, last = self.number(event.from_id), self.number(event.to_id)
                if self.counts_merged:
                    rows = self.market.merged
                    first, last = rows[first - rows[0].id].first_id, rows[last - rows[0].id].last_id
                found.append((first, last))
                continue
            ids = [row.id for row in self.market.trades if (event.from_ms or 0) <= row.ms <= (event.to_ms or math.inf)]
            if ids:
                found.append((ids[0], ids[-1]))
        return found

    def units(self, first, last):
        """Return how many trades, as the venue counts them, lie between two ids of matches."""
        if not self.counts_merged:
            return last - first + 1
        return sum(first <= row.last_id <= last for row in self.market.merged)

    def check_filled(self):
        """Check that nothing stayed missing, but for what is older than the only list that a venue has."""
        lists_the_latest = EXCHANGES[self.exchange].trades_between is Exchange.trades_between
        fetched = {first for first, _ in self.ranges("backfilled")} if lists_the_latest else set()
        never = [hole for hole in self.missing if hole[1] + 1 not in fetched]
        assert not (never and self.has_ids), f"{self}: {never} were never filled"


class Books(Record):
    """Every book is the venue's at its number, at its time where it has none, in order of price and never crossed."""

    def __init__(self, *args, levels):
        super().__init__(*args)
        self.levels = levels
        self.books = 0
        self.is_absent = False  # and the reader was told
        self.update = None  # the market's number of the newest book
        adapter = EXCHANGES[self.exchange]()
        book = adapter.channel_of(adapter.place("depth", adapter.symbols.join("BTC", "USDT"), levels=levels).name).book
        # Of what was lost on the way, a venue without numbers lets nobody know beyond the levels of its checksum.
        self.certain = min((most for most in (levels, book.vouched, book.depth) if most is not None), default=None)
        self.reach = book.reach  # of a book whose far levels the venue does not tell

    def tell(self, kind):
        # A connection alone is no book: until `resynced` the reader knows that there is none.
        self.is_absent = kind in KNOWN_TO_LAST or (self.is_absent and kind != "resynced")
        if self.is_absent:
            self.told[self.times[-1]] = max(KNOWN_TO_LAST.values())

    def keep(self, item):
        if isinstance(item, StreamEvent):
            self.items.append(item)
        else:
            self.is_absent = False
            self.books += 1

    def judge(self, book):
        number = book.get_sequence()
        bids, asks = book.get_bids(), book.get_asks()
        assert bids[0][0] < asks[0][0], f"{self}: crossed at {number}"
        for update in self._updates(book):
            truth = self.market.book_at(update)
            if all(map(self._is, (bids, asks), truth)):
                self.update = update
                return
        raise AssertionError(f"{self}: not the book at {number or book.get_timestamp()}")

    def _updates(self, book):
        """Return the market's numbers of the updates after which the book may have been like that."""
        number = book.get_sequence()
        if number is not None:
            return [self.sim.world.find(self.exchange).update_of(self.market.instrument.symbol, number)]
        changes, ms = self.market.changes, book.get_timestamp()
        if not changes:
            return [self.market.update_id]
        # What happens in the millisecond of a message may happen after it.
        low, high = (bisect(changes, ms, key=attrgetter("ms")) for bisect in (bisect_left, bisect_right))
        return range(changes[0].id - 1 + high, changes[0].id - 2 + low, -1)

    def _is(self, got, levels):
        item = self.market.instrument
        scale, lots = 10**item.price_decimals, 10**item.quantity_decimals
        if self.reach is not None and len(got) >= self.reach // 2:
            levels = levels[: len(got)]
        true = [(price / scale, quantity / lots) for price, quantity in levels[: self.certain]]
        told = [tuple(level[:2]) for level in got[: self.certain]]
        if told == true or item.contract_value == 1:
            return told == true
        pairs = zip(told, true, strict=False)
        return len(told) == len(true) and all(one[0] == two[0] and same(one[1], two[1]) for one, two in pairs)

    def has_passed(self, moment):
        ms = (EPOCH_S + moment) * 1000
        return self.update is not None and not any(change.ms < ms for change in self.market.changes_after(self.update))

    def check(self):
        stats = self.stream.stats
        assert stats.delivered == self.books
        assert stats.state == "live", f"{self}: {stats.state} at the end"


class Bars(Record):
    """Every closed candle once, in order and equal to the truth, and none missing."""

    def __init__(self, *args, interval):
        super().__init__(*args)
        self.interval = interval
        self.closed = {}
        self.first = None
        self.newest = None

    def keep(self, item):
        """Keep nothing but the closed ones."""

    def judge(self, bar):
        opened = bar.get_timestamp()
        self.first = opened if self.first is None else self.first
        assert self.newest is None or opened >= self.newest, f"{self}: {opened} after {self.newest}"
        assert opened not in self.closed, f"{self}: the bar of {opened} after it was closed"
        self.newest = opened
        if bar.get_bar_status():
            self.closed[opened] = bar

    def has_passed(self, moment):
        return self.newest is not None and bar_end(self.newest, self.interval) >= (EPOCH_S + moment) * 1000

    def check(self):
        for row in self.sim.truth.klines(self.exchange, self.symbol, self.interval):
            bar = self.closed.get(row.open_ms)
            if bar is not None:
                prices = bar.get_open(), bar.get_high(), bar.get_low(), bar.get_close()
                assert prices == tuple(map(float, (row.open, row.high, row.low, row.close))), f"{self}: {bar}"
                assert same(bar.get_volume(), row.volume), f"{self}: {bar} {row}"
            elif self.first <= row.open_ms < self.newest:
                raise AssertionError(f"{self}: no closed bar of {row.open_ms}")


class Tickers(Record):
    """Best prices do not cross, and the last price was traded, where the venue tells one."""

    def keep(self, item):
        """Keep nothing: each was judged."""

    def judge(self, ticker):
        assert not ticker.get_bid_price() >= ticker.get_ask_price(), f"{self}: crossed"
        if row_of(ticker).last_price is None:
            return
        scale = 10 ** self.venue.instruments[self.venue.key(self.symbol)].price_decimals
        assert any(row.price / scale == ticker.get_last_price() for row in reversed(self.venue.prices(self.symbol)))

    def has_passed(self, moment):
        return self.data_at > moment

    def check(self):
        assert self.stream.stats.state == "live", f"{self}: {self.stream.stats.state} at the end"


class Marks(Record):
    """Every mark price, or funding rate, is that of its moment."""

    def keep(self, item):
        """Keep nothing: each was judged."""

    def judge(self, item):
        told = item.get_timestamp()
        # Without a time of the venue's, it was true shortly before it came.
        moments = [told] if tells_time(item) else range(told, told - LONGEST_DELAY_MS, -1)
        truth = (self.sim.truth.figures(self.exchange, self.symbol, ms) for ms in moments)
        if self.kind == "mark_price":
            assert any(same(item.get_mark_price(), row.mark_price) for row in truth), f"{self}: {item}"
        else:
            assert any(same(item.get_current_funding_rate(), row.funding_rate) for row in truth), f"{self}: {item}"

    def has_passed(self, moment):
        return self.data_at > moment

    def check(self):
        assert self.stream.stats.state == "live", f"{self}: {self.stream.stats.state} at the end"


class Liquidations(Record):
    """Each one happened, comes once and in order. Frames that are lost while the socket stands cannot be noticed."""

    def __init__(self, *args):
        super().__init__(*args)
        self.place = -1

    def judge(self, item):
        truth = self.sim.truth.liquidations(self.exchange, self.symbol)
        places = (place for place in range(self.place + 1, len(truth)) if self._is(item, truth[place]))
        found = next(places, None)
        assert found is not None, f"{self}: {item} never happened, or once more"
        self.place = found

    def _is(self, item, row):
        return (item.get_side(), item.get_timestamp()) == (row.side, row.ms) and same(item.get_quantity(), row.quantity)

    def has_passed(self, moment):
        return True

    def check(self):
        stats = self.stream.stats
        assert stats.gaps == sum(isinstance(item, StreamEvent) and item.kind == "gap" for item in self.items)
        assert stats.state == "live", f"{self}: {stats.state} at the end"

    def check_silence(self, patience):
        """They are rare, and none need come."""
