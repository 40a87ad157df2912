"""HTX spot streams: what is pushed, and when; and what the streams of contracts have in common with them."""

from collections.abc import Sequence
from typing import Any

from ...candles import Bar
from ...market import ASK, BID, Level, Trade
from ..topics import BookTopic, MarketTopic, Topic, TradesTopic, difference
from .figures import (
    PERIODS,
    best_offer,
    book_body,
    depth_body,
    detail_body,
    kline_row,
    level_rows,
    push_id,
    summary_row,
    ticker_body,
    trade_row,
)


def pushed(topic: Topic, now_ms: int, tick: Any) -> dict[str, Any]:
    """Return a frame of a market socket."""
    return {"ch": topic.name, "ts": now_ms, "tick": tick}


class Ticker(MarketTopic):
    """`ticker`: on change, at most every 100 ms; the present state first."""

    kind = "ticker"
    every_ms = 100
    greets = True

    def begin(self) -> None:
        self.seen: tuple[Any, ...] = ()

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.last.id, self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, self.figures())]

    def figures(self) -> dict[str, Any]:
        """Return the body of a push."""
        return ticker_body(self.market)


class Detail(Ticker):
    """`detail`: 24-hour figures without best prices."""

    def news(self, now_ms: int) -> Sequence[Any]:
        if self.seen == (self.market.last.id,):
            return ()
        self.seen = (self.market.last.id,)
        return self.welcome(now_ms)

    def figures(self) -> dict[str, Any]:
        return detail_body(self.market)


class AllTickers(Topic):
    """`market.tickers`: every symbol, once a second."""

    kind = "ticker"
    every_ms = 1000

    def news(self, now_ms: int) -> Sequence[Any]:
        venue = self.dialect.venue
        rows = [summary_row(venue.market(key)) for key, item in venue.instruments.items() if not item.halted]
        return [{"ch": self.name, "status": "ok", "ts": now_ms, "data": rows}]


class BestOffer(MarketTopic):
    """`bbo`: on change."""

    kind = "bbo"
    greets = True

    def begin(self) -> None:
        self.seen: Any = None

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, self.body())]

    def body(self) -> dict[str, Any]:
        """Return the best prices."""
        best = best_offer(self.market)
        tick = {"seqId": self.market.update_id, "ask": best["ask"], "askSize": best["askSize"]}
        tick |= {"bid": best["bid"], "bidSize": best["bidSize"]}
        return tick | {"quoteTime": self.market.now_ms, "symbol": self.key.lower()}


class Trades(TradesTopic):
    """`trade.detail`: the matches of one taker order per push."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self.message(trades, now_ms) for trades in self.new_orders()]

    def message(self, trades: Sequence[Trade], now_ms: int) -> dict[str, Any]:
        """Return a frame about the matches of one order."""
        rows = [self.row(trade) for trade in trades]
        return pushed(self, now_ms, {"id": push_id(trades[0]), "ts": trades[-1].ms, "data": rows})

    def row(self, trade: Trade) -> dict[str, Any]:
        """Return a match."""
        return trade_row(trade, self.market)


class Klines(TradesTopic):
    """`kline.<period>`: the running bar while it changes; nothing marks its end."""

    kind = "klines"
    every_ms = 1000
    greets = True

    def begin(self) -> None:
        super().begin()
        self.rule = PERIODS[self.channel.removeprefix("kline.")]
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.new_trades():
            return ()
        before, self.open_ms = self.open_ms, self.rule.open_of(now_ms)
        return [pushed(self, now_ms, self.row(bar)) for bar in self.series.between(before, now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.series.last
        return [pushed(self, now_ms, self.row(bar))] if bar is not None else ()

    def row(self, bar: Bar) -> dict[str, Any]:
        """Return a bar."""
        return kline_row(self.market, bar)


class Depth(MarketTopic):
    """`depth.stepN`: the whole book, every second."""

    kind = "depth"
    every_ms = 1000
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, self.body())]

    def body(self) -> dict[str, Any]:
        """Return the book."""
        return depth_body(self.market, self.channel)


class Refresh(BookTopic):
    """`mbp.refresh.N`: the best N levels, whole, while they change."""

    every_ms = 100
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        self.sent_id = self.market.update_id
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        count = int(self.channel.rsplit(".", 1)[1])
        market = self.market
        tick = book_body(market, market.levels(BID, count), market.levels(ASK, count), market.update_id)
        return [pushed(self, now_ms, tick)]


class Increments(BookTopic):
    """`mbp.150`, `mbp.400`: what changed inside the best N levels, chained by prevSeqNum."""

    every_ms = 100

    def begin(self) -> None:
        super().begin()
        self.count = int(self.channel.split(".")[1])
        self.window = self._window()

    def _window(self) -> tuple[list[Level], list[Level]]:
        return self.market.levels(BID, self.count), self.market.levels(ASK, self.count)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, (old_bids, old_asks) = self.sent_id, self.window
        self.window = bids, asks = self._window()
        self.sent_id = self.market.update_id
        tick = {
            "seqNum": self.sent_id,
            "prevSeqNum": before,
            "bids": level_rows(self.market, difference(old_bids, bids)),
            "asks": level_rows(self.market, difference(old_asks, asks)),
        }
        return [pushed(self, now_ms, tick)]

    def snapshot(self) -> dict[str, Any]:
        """Return the book as the last increment left it."""
        return book_body(self.market, *self.window, self.sent_id)


class FastIncrements(Increments):
    """`mbp.5`, `mbp.20`: the same for the major symbols, as often as the book changes."""

    every_ms = 0


TOPICS: tuple[tuple[str, str, type[Topic]], ...] = (
    ("/ws", r"ticker", Ticker),
    ("/ws", r"detail", Detail),
    ("/ws", r"bbo", BestOffer),
    ("/ws", r"trade\.detail", Trades),
    ("/ws", rf"kline\.({'|'.join(PERIODS)})", Klines),
    ("/ws", r"depth\.step[0-5]", Depth),
    ("/ws", r"mbp\.refresh\.(5|10|20)", Refresh),
    ("/feed", r"mbp\.(150|400)", Increments),
    ("/feed", r"mbp\.(5|20)", FastIncrements),
)
