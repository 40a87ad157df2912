"""HTX contracts that settle in USDT: market data.

Source: HTX USDT-margined contracts API documentation (websocket market, index and notification interfaces, market and
reference data by REST), state of 2021-06 to 2026, compared with clients of 2026 and recorded public messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...book.sequence import Linked, Whole
from ...containers import (
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    TickerData,
    TradeData,
)
from ...containers.bar import bar_end
from ...symbols import SymbolStyle
from ..base import Book, Channel, Command, Control, Pages, Rate, Request, Subscription, TimeData, instruments, until
from .markets import HtxMarkets, by_id, by_opening
from .notices import HEAD, ask, notice, said
from .swap_account import HtxSwapAccount
from .swap_rows import (
    BestOffer,
    ContractBar,
    ContractInstrument,
    ContractTicker,
    ContractTrade,
    Funding,
    KeptDepth,
    Liquidation,
    ListedTicker,
    Mark,
    OpenContracts,
    RestFunding,
    RestMark,
    ServerTime,
    WholeDepth,
)
from .wire import command, endpoint

_HOST = "wss://api.hbdm.com"
_PING = '{"ping":1}'
_SUBSCRIPTIONS = Rate(40, 1.0)
_MARKET_PACE = Rate(800, 1.0, "market")
_REFERENCE_PACE = Rate(240, 3.0, "reference")
_POLLED_S = 5.0  # between two looks at the open interest, which the venue has by REST only
_PAGE = 2000
_NOTIFIED = {"funding_rate", "liquidation_orders"}
_INDEXED = ("mark_price.", "index.", "basis.", "premium_index.", "estimated_rate.")
_KEPT = {20: "depth.size_20.high_freq", 150: "depth.size_150.high_freq"}

_WHOLE = Channel(None, WholeDepth, ("tick",), book=Book(Whole()))
_TICKER = Channel(TickerData, ContractTicker)
_REST_TICKERS = Channel(TickerData, ListedTicker, ("ticks",), many=True)
_REST_TRADES = Channel(TradeData, ContractTrade, ("data", "*", "data"), many=True, sort=by_id)
_REST_KLINES = Channel(BarData, ContractBar, ("data",), many=True, sort=by_opening)
_REST_MARK = Channel(MarkPriceData, RestMark)
_REST_FUNDING = Channel(FundingRateData, RestFunding)
_REST_OPEN = Channel(OpenInterestData, OpenContracts)
_REST_INSTRUMENTS = instruments(ContractInstrument, "data")
_REST_TIME = Channel(TimeData, ServerTime)


class HtxSwap(HtxMarkets):
    """Perpetual and dated contracts of HTX that settle in USDT; quantities are in base asset.

    The venue counts what is traded and what is held open on both sides, buyers' and sellers', and so do trades,
    volumes and open interest here.
    """

    name = "HTX___USDT_SWAP"
    account = HtxSwapAccount
    rest = "https://api.hbdm.com"
    endpoints = {
        "market": endpoint(_HOST, "/linear-swap-ws", _SUBSCRIPTIONS, ping=_PING),
        "index": endpoint(_HOST, "/ws_index", _SUBSCRIPTIONS, ping=_PING),
        "notification": endpoint(_HOST, "/linear-swap-notification", _SUBSCRIPTIONS),
    }
    symbols = SymbolStyle(separator="-", is_perpetual=True)
    kinds = ("ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest", "liquidations")
    polled = {"open_interest": _POLLED_S}
    channels = {
        "detail": _TICKER,
        "bbo": Channel(TickerData, BestOffer, ("tick",)),
        "trade.detail": Channel(TradeData, ContractTrade, ("tick", "data"), many=True, sort=by_id),
        "kline": Channel(BarData, ContractBar, ("tick",)),
        **{f"depth.step{step}": _WHOLE for step in range(16)},
        **{
            name: Channel(None, KeptDepth, ("tick",), book=Book(Linked(), depth=depth)) for depth, name in _KEPT.items()
        },
        "mark_price.1min": Channel(MarkPriceData, Mark),
        "funding_rate": Channel(FundingRateData, Funding),
        "liquidation_orders": Channel(LiquidationData, Liquidation, ("data",), many=True),
    }

    def head(self, payload: bytes) -> bytes | None:
        return until(payload, b'"', len(HEAD)) if payload.startswith(HEAD) else super().head(payload)

    def route(self, payload: bytes) -> str | None:
        name = super().route(payload)
        if name is not None:
            return name
        frame = notice(payload)
        return frame.topic if frame.op == "notify" else None

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {
            "ticker": "detail",
            "trades": "trade.detail",
            "klines": f"kline.{interval}",
            "depth": _KEPT[20 if levels is not None and levels <= 20 else 150],
            "mark_price": "mark_price.1min",
            "funding_rate": "funding_rate",
            "liquidations": "liquidation_orders",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        if channel in _NOTIFIED:
            return Subscription("notification", f"public.{venue_symbol}.{channel}")
        return Subscription("index" if channel.startswith(_INDEXED) else "market", f"market.{venue_symbol}.{channel}")

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [_command("sub", name, ids) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [_command("unsub", name, ids) for name in names]

    def control(self, payload: bytes) -> list[Control]:
        frame = notice(payload)
        return [said(frame)] if frame.op else super().control(payload)

    def ticker_request(self, venue_symbol: str) -> Request:
        return _market_data("detail/merged", _TICKER, contract_code=venue_symbol)

    def tickers_request(self) -> Request:
        query = {"business_type": "all"}
        return Request("/v2/linear-swap-ex/market/detail/batch_merged", _REST_TICKERS, query, _MARKET_PACE)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        step = "step6" if levels is not None and levels <= 20 else "step0"  # 20 and 150 levels a side
        return _market_data("depth", _WHOLE, contract_code=venue_symbol, type=step)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return _market_data("history/trade", _REST_TRADES, contract_code=venue_symbol, size=str(min(limit, _PAGE)))

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        size = str(min(limit, _PAGE))
        return _market_data("history/kline", _REST_KLINES, contract_code=venue_symbol, period=interval, size=size)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        query = {"contract_code": venue_symbol, "period": interval}
        span = (_PAGE - 1) * (bar_end(0, self.user_interval(interval)) + 1)
        while start <= end:
            until = min(end, start + span)
            moments = {"from": str(-(-start // 1000)), "to": str(until // 1000)}
            yield _market_data("history/kline", _REST_KLINES, **query, **moments)
            start = until + 1

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        query = {"contract_code": venue_symbol}
        if kind == "mark_price":
            path = "/index/market/history/linear_swap_mark_price_kline"
            return Request(path, _REST_MARK, query | {"period": "1min", "size": "1"}, _MARKET_PACE)
        if kind == "funding_rate":
            return Request("/linear-swap-api/v1/swap_funding_rate", _REST_FUNDING, query, _REFERENCE_PACE)
        return Request("/linear-swap-api/v1/swap_open_interest", _REST_OPEN, query, _REFERENCE_PACE)

    def instruments_request(self) -> Request:
        query = {"business_type": "all"}
        return Request("/linear-swap-api/v1/swap_contract_info", _REST_INSTRUMENTS, query, _REFERENCE_PACE)

    def time_request(self) -> Request:
        return Request("/api/v1/timestamp", _REST_TIME, rate=_REFERENCE_PACE)


def _market_data(call: str, channel: Channel, **query: str) -> Request:
    return Request(f"/linear-swap-ex/market/{call}", channel, query, _MARKET_PACE)


def _command(word: str, name: str, ids: Iterator[int]) -> Command:
    if name.startswith("public."):
        return ask(word, name, ids)
    # Without this word every push of a book is a whole one, and only the same word ends such a subscription.
    return command(word, name, ids, data_type="incremental") if name.endswith("high_freq") else command(word, name, ids)
