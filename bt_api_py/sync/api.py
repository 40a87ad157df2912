"""`BtApi` without asyncio."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from .. import api
from ..clock import Clock
from ..containers import (
    BalanceData,
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    OrderData,
    PositionData,
    SymbolData,
    TickerData,
    TradeData,
)
from ..net.stream import StreamEvent
from ..net.transport import Transport
from ..stores.filler import Strategy
from .background import Background
from .copies import AccountState, MaintainedBook
from .stream import Stream
from .ticker_map import TickerMap


class BtApi:
    """`bt_api_py.BtApi` without asyncio: the same arguments, the same objects, the same errors.

    ``async_get_…`` is called ``get_…`` here. ``with`` or `close` ends everything; both are optional.
    """

    def __init__(
        self,
        exchange_kwargs: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._api = api.BtApi(exchange_kwargs, clock=clock, transport=transport)
        self._background: Background | None = None
        self._beginning = threading.Lock()

    def _loop(self) -> Background:
        with self._beginning:
            if self._background is None or not self._background.is_open:
                self._background = Background(self._api.async_close)
            return self._background

    # Exchanges

    @staticmethod
    def list_available_exchanges() -> list[str]:
        """Return the full names of all exchanges, sorted."""
        return api.BtApi.list_available_exchanges()

    def list_exchanges(self) -> list[str]:
        """Return the names of the exchanges that settings were given for, in order."""
        return self._api.list_exchanges()

    def add_exchange(self, exchange: str, settings: Mapping[str, Any] | None = None) -> None:
        """Give settings for an exchange; what is already open keeps those it began with."""
        self._api.add_exchange(exchange, settings)

    # Streams

    def stream_ticker(self, exchange: str, symbol: str, **options: Any) -> Stream[TickerData]:
        """Stream the 24-hour ticker."""
        return Stream(self._api.stream_ticker(exchange, symbol, **options), self._loop())

    def stream_depth(
        self, exchange: str, symbol: str, *, levels: int | None = 20, **options: Any
    ) -> Stream[OrderBookData]:
        """Stream the order book after every change."""
        return Stream(self._api.stream_depth(exchange, symbol, levels=levels, **options), self._loop())

    def stream_trades(
        self, exchange: str, symbol: str, *, after: tuple[str, int] | None = None, **options: Any
    ) -> Stream[TradeData]:
        """Stream every trade once, in the venue's order."""
        return Stream(self._api.stream_trades(exchange, symbol, after=after, **options), self._loop())

    def stream_klines(
        self, exchange: str, symbol: str, interval: str, *, closed_only: bool = False, **options: Any
    ) -> Stream[BarData]:
        """Stream candles: the running one as it changes, and each closed one once."""
        stream = self._api.stream_klines(exchange, symbol, interval, closed_only=closed_only, **options)
        return Stream(stream, self._loop())

    def stream_mark_price(self, exchange: str, symbol: str, **options: Any) -> Stream[MarkPriceData]:
        """Stream the price by which a contract is valued."""
        return Stream(self._api.stream_mark_price(exchange, symbol, **options), self._loop())

    def stream_funding_rate(self, exchange: str, symbol: str, **options: Any) -> Stream[FundingRateData]:
        """Stream what longs pay to shorts."""
        return Stream(self._api.stream_funding_rate(exchange, symbol, **options), self._loop())

    def stream_open_interest(self, exchange: str, symbol: str, **options: Any) -> Stream[OpenInterestData]:
        """Stream how much of a contract is held open, base asset."""
        return Stream(self._api.stream_open_interest(exchange, symbol, **options), self._loop())

    def stream_liquidations(self, exchange: str, symbol: str, **options: Any) -> Stream[LiquidationData]:
        """Stream positions that the venue closes by force."""
        return Stream(self._api.stream_liquidations(exchange, symbol, **options), self._loop())

    def stream_orders(self, exchange: str, symbol: str | None = None, **options: Any) -> Stream[OrderData]:
        """Stream one's own orders: the open ones first, then every change, once."""
        return Stream(self._api.stream_orders(exchange, symbol, **options), self._loop())

    def stream_fills(self, exchange: str, symbol: str | None = None, **options: Any) -> Stream[TradeData]:
        """Stream one's own fills, each once."""
        return Stream(self._api.stream_fills(exchange, symbol, **options), self._loop())

    def stream_balances(self, exchange: str, **options: Any) -> Stream[BalanceData]:
        """Stream balances: every asset as it is now, then each one that changes."""
        return Stream(self._api.stream_balances(exchange, **options), self._loop())

    def stream_positions(self, exchange: str, symbol: str | None = None, **options: Any) -> Stream[PositionData]:
        """Stream positions: every open one as it is now, then each change."""
        return Stream(self._api.stream_positions(exchange, symbol, **options), self._loop())

    def stream_raw(
        self, exchange: str, channel: str, symbol: str | None = None, **options: Any
    ) -> Stream[dict[str, Any]]:
        """Stream the venue's own channel as decoded JSON."""
        return Stream(self._api.stream_raw(exchange, channel, symbol, **options), self._loop())

    def stream_status(self, exchange: str | None = None) -> Stream[StreamEvent]:
        """Stream what happens to every connection and topic, of one exchange or of all."""
        return Stream(self._api.stream_status(exchange), self._loop())

    # Local copies

    def order_book(self, exchange: str, symbol: str, *, stale_after: float | None = None) -> MaintainedBook:
        """Return the maintained order book of a market; ``with`` opens it."""
        return MaintainedBook(self._api.order_book(exchange, symbol, stale_after=stale_after), self._loop())

    def ticker_map(
        self,
        exchange: str,
        symbols: Iterable[str] | None = None,
        *,
        request_interval: float = 0.5,
        strategy: Strategy = "auto",
    ) -> TickerMap:
        """Return the tickers of an exchange as a mapping that keeps itself up to date; ``with`` opens it."""
        tickers = self._api.ticker_map(exchange, symbols, request_interval=request_interval, strategy=strategy)
        return TickerMap(tickers, self._loop())

    def account(self, exchange: str) -> AccountState:
        """Return the state of one's own account; ``with`` opens it."""
        return AccountState(self._api.account(exchange), self._loop())

    # REST snapshots

    def get_tick(self, exchange: str, symbol: str) -> TickerData:
        """Return the ticker as of now."""
        return self._loop().call(self._api.async_get_tick, exchange, symbol)

    def get_depth(self, exchange: str, symbol: str, *, levels: int | None = 20) -> OrderBookData:
        """Return the order book as of now."""
        return self._loop().call(self._api.async_get_depth, exchange, symbol, levels=levels)

    def get_trades(self, exchange: str, symbol: str, *, limit: int = 100) -> list[TradeData]:
        """Return the latest trades, oldest first."""
        return self._loop().call(self._api.async_get_trades, exchange, symbol, limit=limit)

    def get_kline(self, exchange: str, symbol: str, interval: str, *, limit: int = 100) -> list[BarData]:
        """Return the latest candles, oldest first; the last one may still be running."""
        return self._loop().call(self._api.async_get_kline, exchange, symbol, interval, limit=limit)

    def get_mark_price(self, exchange: str, symbol: str) -> MarkPriceData:
        """Return the mark price as of now."""
        return self._loop().call(self._api.async_get_mark_price, exchange, symbol)

    def get_funding_rate(self, exchange: str, symbol: str) -> FundingRateData:
        """Return the funding rate as of now."""
        return self._loop().call(self._api.async_get_funding_rate, exchange, symbol)

    def get_open_interest(self, exchange: str, symbol: str) -> OpenInterestData:
        """Return the open interest as of now, base asset."""
        return self._loop().call(self._api.async_get_open_interest, exchange, symbol)

    def get_symbols(self, exchange: str) -> list[SymbolData]:
        """Return every market: assets, tick size, lot size, status."""
        return self._loop().call(self._api.async_get_symbols, exchange)

    def get_server_time(self, exchange: str) -> int:
        """Return the venue's clock in milliseconds since 1970 UTC."""
        return self._loop().call(self._api.async_get_server_time, exchange)

    # Life

    def health(self) -> dict[str, Any]:
        """Return the state of every connection and topic as a plain, JSON-ready dict, by exchange."""
        background = self._background
        return background.ask(self._api.health) if background is not None and background.is_open else {}

    def close(self) -> None:
        """End every stream and call, close the sockets, and wait for the thread. It may be used again."""
        with self._beginning:
            if self._background is not None:
                self._background.close()
                self._background = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"sync.{self._api!r}"
