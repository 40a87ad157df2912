"""HTX contract streams: what is pushed, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...contracts import Figures
from ...market import Level, Trade
from ..topics import FiguresTopic, LiquidationsTopic, Topic, WindowTopic
from . import streams
from .figures import PERIODS, level_rows
from .streams import pushed
from .swap_figures import (
    best_pairs,
    depth_body,
    detail_body,
    funding_row,
    kline_row,
    liquidation_row,
    mark_row,
    match_id,
    trade_row,
)

if TYPE_CHECKING:
    from .swap import HtxSwap

MARKET_PATH, INDEX_PATH, NOTIFICATION_PATH = "/linear-swap-ws", "/ws_index", "/linear-swap-notification"
INCREMENTAL = "|incremental"  # what a subscription to changes adds to its name


class Detail(streams.Ticker):
    """`detail`: 24-hour figures and the best prices."""

    def figures(self) -> dict[str, Any]:
        return detail_body(self.market)


class BestOffer(streams.BestOffer):
    """`bbo`: on change."""

    def body(self) -> dict[str, Any]:
        number, ms = match_id(self.market), self.market.now_ms
        head = {"mrid": number, "id": ms // 1000} | best_pairs(self.market)
        return head | {"ts": ms, "version": number, "ch": self.name}


class Trades(streams.Trades):
    """`trade.detail`: the matches of one taker order per push."""

    def row(self, trade: Trade) -> dict[str, Any]:
        return trade_row(trade, self.market)


class Klines(streams.Klines):
    """`kline.<period>`: the running bar while it changes; nothing marks its end."""

    def row(self, bar: Bar) -> dict[str, Any]:
        return kline_row(self.market, bar)


class Depth(streams.Depth):
    """`depth.stepN`: the whole book."""

    every_ms = 100

    def body(self) -> dict[str, Any]:
        return depth_body(self.market, int(self.channel.removeprefix("depth.step"))) | {"ch": self.name}


class Books(WindowTopic):
    """`depth.size_N.high_freq`, incremental: the best levels, then what changed; numbered without a hole."""

    every_ms = 30
    greets = True
    dialect: HtxSwap

    def begin(self) -> None:
        super().begin()
        self.number = self.dialect.numbers.count(self.key, self.depth, self.sent_id)

    def window(self) -> int:
        return int(self.channel.split(".")[1].removeprefix("size_"))

    def news(self, now_ms: int) -> Sequence[Any]:
        changed = self.changed_levels()
        if changed is None:
            return ()
        self.number = self.dialect.numbers.count(self.key, self.depth, self.sent_id)
        return [self.message("update", *changed, now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self.message("snapshot", *self.sent, now_ms)]

    def message(self, event: str, bids: Iterable[Level], asks: Iterable[Level], now_ms: int) -> dict[str, Any]:
        """Return a frame of the book."""
        name, number = self.name.removesuffix(INCREMENTAL), match_id(self.market)
        sides = {"asks": level_rows(self.market, asks), "bids": level_rows(self.market, bids)}
        tick = sides | {"ch": name, "event": event, "id": number, "mrid": number}
        return {"ch": name, "tick": tick | {"ts": self.market.now_ms, "version": self.number}, "ts": now_ms}


class WholeBooks(Books):
    """`depth.size_N.high_freq` as it is: every push is a whole book."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms) if super().news(now_ms) else ()


class MarkPrice(FiguresTopic):
    """`mark_price.1min`: while it changes; here every second."""

    kind = "mark_price"
    every_ms = 1000

    def row(self, figures: Figures) -> Any:
        return pushed(self, figures.ms, mark_row(self.market, figures.ms))


def _notified(topic: Topic, now_ms: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"op": "notify", "topic": topic.name, "ts": now_ms, "data": [row]}


class FundingRate(FiguresTopic):
    """`funding_rate`: every minute."""

    kind = "funding_rate"
    every_ms = 60_000

    def row(self, figures: Figures) -> Any:
        minute = figures.ms // self.every_ms * self.every_ms
        moments = {"funding_time": minute, "settlement_time": figures.funding_ms}
        return _notified(self, figures.ms, funding_row(self.item, figures, **moments))


class Liquidations(LiquidationsTopic):
    """`liquidation_orders`: each by itself."""

    def news(self, now_ms: int) -> Sequence[Any]:
        found = self.new_liquidations()
        rows = [liquidation_row(self.market, one.side, one.price, one.quantity, one.ms) for one in found]
        return [_notified(self, now_ms, row) for row in rows]


_BOOKS = r"depth\.size_(20|150)\.high_freq"
TOPICS: tuple[tuple[str, str, type[Topic]], ...] = (
    (MARKET_PATH, r"detail", Detail),
    (MARKET_PATH, r"bbo", BestOffer),
    (MARKET_PATH, r"trade\.detail", Trades),
    (MARKET_PATH, rf"kline\.({'|'.join(name for name in PERIODS if name != '1year')})", Klines),
    (MARKET_PATH, r"depth\.step([0-9]|1[01])", Depth),
    (MARKET_PATH, _BOOKS + re.escape(INCREMENTAL), Books),
    (MARKET_PATH, _BOOKS, WholeBooks),
    (INDEX_PATH, r"mark_price\.1min", MarkPrice),
    (NOTIFICATION_PATH, r"funding_rate", FundingRate),
    (NOTIFICATION_PATH, r"liquidation_orders", Liquidations),
)
