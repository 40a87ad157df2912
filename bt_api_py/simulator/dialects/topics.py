"""What venues push: topics shared by all who listen, and what feeds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from ..candles import Bar
from ..contracts import Contract, Figures, Liquidation, liquidation
from ..faults import DATA, Frame
from ..market import ASK, BID, Level, Market, Merged, Trade
from ..text import encode

if TYPE_CHECKING:
    from .base import Dialect, Session


class Topic:
    """What a venue pushes under one name, produced once for all who listen.

    `news` is called on the grid of `every_ms` (0: with every tick). Where the venue greets a client with the
    present state, the client gets `welcome` on that grid in place of the news: so snapshot and updates join
    without a seam.
    """

    kind: str = ""
    every_ms: ClassVar[int] = 0
    greets: ClassVar[bool] = False

    def __init__(self, dialect: Dialect[Any], name: str, channel: str, key: str) -> None:
        self.dialect = dialect
        self.name = name
        self.channel = channel
        self.key = key
        self.sessions: dict[Session, bool] = {}  # True once welcomed
        self._last_slot = -1
        self.start()

    def start(self) -> None:
        """Take the starting point, before anybody listens."""

    def stop(self) -> None:
        """Let go of what `start` took."""

    def news(self, now_ms: int) -> Sequence[Any]:
        """Return the payloads for those who listened before."""
        return ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        """Return the payloads for those who just joined."""
        return ()

    def tick(self, now_ms: int) -> None:
        """Push what is due."""
        slot = now_ms // self.dialect.pace(self.every_ms)
        if slot == self._last_slot:
            return
        self._last_slot = slot
        news = [self._frame(payload) for payload in self.news(now_ms)]
        joined = [session for session, welcomed in self.sessions.items() if not welcomed]
        welcome = [self._frame(payload) for payload in self.welcome(now_ms)] if joined else []
        for session, welcomed in list(self.sessions.items()):
            for frame in news if welcomed else welcome:
                session.push(self.dialect.addressed(session, self.name, frame))
        for session in joined:
            if session in self.sessions:
                self.sessions[session] = True

    def _frame(self, payload: Any) -> Frame:
        data = payload if isinstance(payload, bytes) else encode(payload)
        return Frame(data, DATA, self.kind, self.channel, self.key)


class MarketTopic(Topic):
    """A topic of one symbol."""

    market: Market

    def start(self) -> None:
        self.market = self.dialect.venue.watch(self.key)
        self.item = self.market.instrument
        self.begin()

    def stop(self) -> None:
        self.dialect.venue.unwatch(self.key)

    def begin(self) -> None:
        """Take the starting point; the market stands at now."""


class TickersTopic(MarketTopic):
    """A topic that tells the last trade and the best prices, whole, when one of them changed."""

    kind = "ticker"
    greets = True

    def begin(self) -> None:
        self.seen: tuple[Any, ...] = ()

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.last.id, self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)


class TradesTopic(MarketTopic):
    """A topic fed by matches."""

    kind = "trades"

    def begin(self) -> None:
        self.last_id = self.market.last.id

    def new_trades(self) -> list[Trade]:
        """Return the matches since the last call."""
        fresh = self.market.trades[self.market.trade_index(self.last_id + 1) :]
        self.last_id = self.market.last.id
        return fresh

    def new_orders(self) -> Iterator[list[Trade]]:
        """Yield the matches since the last call, one list per taker order."""
        for _, trades in groupby(self.new_trades(), key=lambda trade: trade.order):
            yield list(trades)


class CandlesTopic(TradesTopic):
    """A topic fed by the bars of an interval."""

    kind = "klines"
    greets = True
    tells_quiet: ClassVar[bool] = False  # also what is over and had no trades

    def begin(self) -> None:
        super().begin()
        self.rule = self.dialect.intervals[self.interval_name()]
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def interval_name(self) -> str:
        """Return the venue's name of the interval."""
        raise NotImplementedError

    def changed_bars(self, now_ms: int) -> list[tuple[Bar, bool]]:
        """Return the bars that changed since the last call, and of each whether it is over."""
        open_ms = self.rule.open_of(now_ms)
        traded = bool(self.new_trades())
        changed = []
        if open_ms != self.open_ms:
            over = self.series.filled if self.tells_quiet else self.series.between
            changed = [(bar, True) for bar in over(self.open_ms, open_ms - 1)]
            self.open_ms = open_ms
        running = self.running_bar(now_ms)
        if traded and running is not None:
            changed.append((running, False))
        return changed

    def running_bar(self, now_ms: int) -> Bar | None:
        """Return the bar that is not over; None while nothing has been traded in it."""
        return self.series.bars.get(self.rule.open_of(now_ms))


class LiquidationsTopic(TradesTopic):
    """A topic fed by positions that are closed by force."""

    kind = "liquidations"

    def new_liquidations(self) -> list[Liquidation]:
        """Return the liquidations since the last call."""
        found = (liquidation(trades) for trades in self.new_orders())
        return [one for one in found if one is not None]


class FiguresTopic(MarketTopic):
    """A topic that tells figures of a contract as they are now: mark price, funding, open interest."""

    greets = True

    def begin(self) -> None:
        self.contract = Contract(self.market)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return self.news(now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self.row(self.contract.at(now_ms))]

    def row(self, figures: Figures) -> Any:
        """Return the payload that tells these figures."""
        raise NotImplementedError


class MergedTopic(MarketTopic):
    """A topic fed by matches merged per taker order and price."""

    kind = "trades"

    def begin(self) -> None:
        self.last_id = self.market.merged[-1].id

    def new_merged(self) -> list[Merged]:
        """Return the merged matches since the last call."""
        rows = self.market.merged
        count = rows[-1].id - self.last_id
        self.last_id = rows[-1].id
        return rows[-count:] if count else []


class BookTopic(MarketTopic):
    """A topic fed by changes of the book."""

    kind = "depth"

    def begin(self) -> None:
        self.sent_id = self.market.update_id

    def new_changes(self) -> tuple[int, dict[int, int], dict[int, int]]:
        """Return the update number before, and the bids and asks touched since with their quantity now."""
        before = self.sent_id
        bids: dict[int, int] = {}
        asks: dict[int, int] = {}
        for change in self.market.changes_after(before):
            (bids if change.side == BID else asks)[change.price] = change.quantity
        self.sent_id = self.market.update_id
        return before, bids, asks

    @property
    def has_changed(self) -> bool:
        """Tell whether the book moved since the last push."""
        return self.market.update_id != self.sent_id


class WindowTopic(BookTopic):
    """A topic fed by what changes among the best levels: what leaves them is taken out, what comes in is told."""

    def begin(self) -> None:
        super().begin()
        self.depth = self.window()
        self.sent = self._sides()

    def window(self) -> int:
        """Return how many levels a side are told."""
        raise NotImplementedError

    def _sides(self) -> tuple[list[Level], list[Level]]:
        return self.market.levels(BID, self.depth), self.market.levels(ASK, self.depth)

    def changed_levels(self) -> tuple[list[Level], list[Level]] | None:
        """Return the bids and asks that changed since the last call, best first; None where none did."""
        if not self.has_changed:
            return None
        before, self.sent = self.sent, self._sides()
        self.sent_id = self.market.update_id
        bids, asks = (difference(old, new) for old, new in zip(before, self.sent, strict=True))
        return (sorted(bids, reverse=True), sorted(asks)) if bids or asks else None


def difference(before: Sequence[Level], after: Sequence[Level]) -> list[Level]:
    """Return the levels that turn one list of levels into another; quantity 0 takes a level out."""
    old, new = dict(before), dict(after)
    gone = [(price, 0) for price in old if price not in new]
    return gone + [level for level in after if old.get(level[0]) != level[1]]
