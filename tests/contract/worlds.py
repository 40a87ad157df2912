"""The comparison of what was received with what a simulated venue knows to be true."""

import asyncio
import math
from bisect import bisect_left
from itertools import count, pairwise

from bt_api_py import StreamEvent
from bt_api_py.containers.base import row_of
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.net.feed import tells_time
from bt_api_py.simulator import VirtualSimulator

PATIENCE = 300.0  # virtual seconds, for anything that must happen


async def read(stream, count):
    """Return the next `count` items."""
    async with asyncio.timeout(PATIENCE):
        return [await anext(stream) for _ in range(count)]


async def read_until(stream, is_last):
    """Return the items up to the first one that `is_last` says yes to."""
    items = []
    async with asyncio.timeout(PATIENCE):
        async for item in stream:
            items.append(item)
            if is_last(item):
                break
    return items


async def eventually(condition):
    """Return when a condition holds that only another party can bring about."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # the other party is a venue, which tells nobody
            await asyncio.sleep(0.01)


def settings(simulator: VirtualSimulator, *, websocket=None, **more):
    """Return what sends BtApi to a simulator and lets it reconnect at once."""
    lively = {"reconnect_delay": 0.01, "reconnect_max_delay": 0.02} | (websocket or {})
    return {name: {**given, "websocket": lively, **more} for name, given in simulator.exchange_kwargs().items()}


def commands(exchange, kind=None):
    """Return the commands that ask for one topic; none where the venue sends everything to everybody."""
    adapter = EXCHANGES[exchange]()
    words = tuple(adapter.intervals.values())
    place = adapter.place(kind or adapter.kinds[0], adapter.symbols.join("BTC", "USDT"), interval=(*words, "")[0])
    return adapter.subscribe([place.name], count(1))


def is_subscribed(exchange):
    """Tell whether topics of an exchange are asked for, by commands or by the address of a socket."""
    adapter = EXCHANGES[exchange]()
    place = adapter.place(adapter.kinds[0], adapter.symbols.join("BTC", "USDT"))
    return bool(commands(exchange)) or adapter.address("", [place.name]) != ""


def cost(exchange, kind=None):
    """Return how many subscriptions at the venue one topic takes."""
    return max(1, len(commands(exchange, kind)))


def moments(item, margin_ms=1000):
    """Return the milliseconds at one of which a figure was true; not every venue tells which."""
    told = item.get_timestamp()
    return [told] if tells_time(item) else range(told, told - margin_ms, -1)


def last_prices(sim, exchange, symbol, ticker):
    """Return what the last price of a ticker may be: that of a recent trade, or the middle where none is told."""
    recent = [float(row.price) for row in sim.truth.prices(exchange, symbol)[-2000:]]
    if row_of(ticker).last_price is not None:
        return recent
    return [ticker.get_last_price()] if min(recent) <= ticker.get_last_price() <= max(recent) else []


def same(number, exact):
    """Tell whether a float is the exact figure; contract values may cost the last bit."""
    return math.isclose(number, float(exact), rel_tol=1e-12)


class TradeJudge:
    """Holds received trades to the truth: exact, in order, each once, and nothing missing that was not declared.

    Args:
        truth: the single matches. merged: those of a taker order at one price as one, under the venue's ids for these.
    """

    def __init__(self, truth, merged=()):
        self.truth = truth
        self.places = {row.id: place for place, row in enumerate(truth)}
        self.times = [row.ms for row in truth]
        self.merged = {row.id: (row.first_id, row.last_id) for row in merged}
        self.counts_merged = False  # whether the ids of what was received are those of merged matches

    @classmethod
    def of(cls, simulator, exchange, symbol):
        """Return a judge of all trades of a market."""
        return cls(
            simulator.truth.trades(exchange, symbol, history=True),
            simulator.truth.trades(exchange, symbol, history=True, merged=True),
        )

    def places_of(self, trade, after=-1):
        """Return the places of the matches that one trade stands for; one without an id is the next that is equal."""
        if not trade.get_trade_id():
            values = trade.get_timestamp(), trade.get_price(), trade.get_quantity(), trade.get_side()
            for place in range(after + 1, len(self.truth)):
                row = self.truth[place]
                if (row.ms, float(row.price), float(row.quantity), row.side) == values:
                    return range(place, place + 1)
            raise AssertionError(f"{trade} never happened")
        first = trade.get_first_trade_id() or trade.get_trade_id()
        last = trade.get_last_trade_id() or trade.get_trade_id()
        return range(self.places[first], self.places[last] + 1)

    def check_values(self, trade, places):
        rows = [self.truth[place] for place in places]
        assert {(float(row.price), row.side, row.ms) for row in rows} == {
            (trade.get_price(), trade.get_side(), trade.get_timestamp())
        }
        assert same(trade.get_quantity(), sum(row.quantity for row in rows))

    def check(self, items):
        """Check trades, and `StreamEvent` items between them where the stream yields events."""
        trades = [item for item in items if not isinstance(item, StreamEvent)]
        gaps = [item for item in items if isinstance(item, StreamEvent) and item.kind == "gap"]
        ids = {trade.get_trade_id() for trade in trades}  # in neither: ids that count the trades of all markets
        self.counts_merged = any(number in self.merged and number not in self.places for number in ids)
        seen = []
        for trade in trades:
            places = self.places_of(trade, seen[-1] if seen else -1)
            self.check_values(trade, places)
            seen.extend(places)
        assert all(before < after for before, after in pairwise(seen)), "order, or one twice"
        missing = sorted(set(range(seen[0], seen[-1] + 1)) - set(seen))
        holes = [hole for gap in gaps if (hole := self._hole(gap)) is not None]
        declared = set().union(*holes) if holes else set()
        assert set(missing) <= declared, f"{len(set(missing) - declared)} trades are missing and were not declared"
        for gap in gaps:
            if gap.count is not None and not gap.filled:
                assert gap.count == self._units(self._hole(gap))
        return self._units(missing)

    def _units(self, places):
        """Return how many trades, as the venue counts them, these matches make."""
        if not self.counts_merged:
            return len(places)
        wanted = {self.truth[place].id for place in places}
        return sum(last in wanted for _, last in self.merged.values())

    def _hole(self, gap):
        if gap.filled:
            return set()
        if gap.from_id is not None and gap.to_id is not None:
            first, last = gap.from_id, gap.to_id
            if self.counts_merged:
                first, last = self.merged[first][0], self.merged[last][1]
            return set(range(self.places[first], self.places[last] + 1))
        first = 0 if gap.from_ms is None else bisect_left(self.times, gap.from_ms)
        last = len(self.times) if gap.to_ms is None else bisect_left(self.times, gap.to_ms + 1)
        return set(range(first, last))


class BookJudge:
    """Holds received books to the truth at their number, or to the truth at some moment where there is no number."""

    def __init__(self, simulator, exchange, symbol):
        self._at = lambda sequence=None: simulator.truth.book(exchange, symbol, sequence)
        self._moment = None
        self._certain = None
        adapter = EXCHANGES[exchange]()
        book = adapter.channel_of(adapter.place("depth", adapter.symbols.join("BTC", "USDT")).name).book
        self._vouched = book.vouched
        self._deepest = book.depth or 100  # levels a side that can be asked for
        self._kept = 100 if book.reach is None else book.reach // 2  # levels a side that a whole book has at least

    def forgive(self):
        """Judge only what the venue vouches for from now on: something was lost on the way."""
        self._certain = self._vouched

    def start(self):
        """Take the present as the earliest moment."""
        self._moment = self._at().sequence

    def check(self, book, levels, *, by_number=True):
        """Check a book; by its number, unless the venue counts in another way where it comes from."""
        bids, asks = book.get_bids(), book.get_asks()
        assert bids[0][0] < asks[0][0]
        assert book.get_bid_price_list() == sorted(book.get_bid_price_list(), reverse=True)
        assert book.get_ask_price_list() == sorted(book.get_ask_price_list())
        if by_number and book.get_sequence() is not None:
            assert self._is(book, self._at(book.get_sequence()), levels)
            return
        latest = self._at().sequence
        while not self._is(book, self._at(self._moment), levels):
            self._moment += 1
            assert self._moment <= latest, "the book was never like that"

    def _is(self, book, truth, levels):
        for got, true in ((book.get_bids(), truth.bids), (book.get_asks(), truth.asks)):
            least = min(levels if levels is not None else self._kept, len(true), self._deepest)
            if len(got) < least or (levels is not None and len(got) > max(levels, 0)):
                return False
            pairs = zip(got[: self._certain], true, strict=False)
            if not all(price == float(p) and same(quantity, q) for (price, quantity), (p, q) in pairs):
                return False
        return True


def check_bar(bar, truth):
    """Check a bar: exact when it is closed, otherwise on its way to what it became.

    The truth has none for a time without a trade; a venue's list may, at the price of the trade before.
    """
    row = next((row for row in truth if row.open_ms == bar.get_timestamp()), None)
    if row is None:
        assert bar.get_volume() == 0
        assert bar.get_open() == bar.get_high() == bar.get_low() == bar.get_close()
        return
    assert bar.get_close_time() == row.close_ms
    if not bar.get_volume() and not bar.get_bar_status():
        return  # nothing has been traded in it yet, so it stands where the one before it ended
    assert bar.get_open() == float(row.open)
    assert float(row.low) <= bar.get_low() <= min(bar.get_open(), bar.get_close())
    assert max(bar.get_open(), bar.get_close()) <= bar.get_high() <= float(row.high)
    assert bar.get_volume() <= float(row.volume) * (1 + 1e-12)
    if bar.get_bar_status():
        assert (bar.get_high(), bar.get_low(), bar.get_close()) == (float(row.high), float(row.low), float(row.close))
        assert same(bar.get_volume(), row.volume)
        assert math.isnan(bar.get_amount()) or same(bar.get_amount(), row.quote_volume)  # not every venue tells it
