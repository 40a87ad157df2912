"""`BtApi`: what users call. Looks up a venue, hands out streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self, cast, get_args
from weakref import WeakKeyDictionary

import msgspec

from .clock import SYSTEM_CLOCK, Clock
from .containers import (
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
from .containers.base import row_of
from .containers.orderbook import BookState
from .exceptions import ConfigurationError, DataParseError, UnsupportedError, did_you_mean
from .exchanges import EXCHANGES, exchange_class
from .exchanges.base import Exchange
from .net.hub import Hub
from .net.stream import Overflow, Stream, StreamEvent, Wish
from .net.transport import Transport
from .net.venue import check_kind
from .settings import ExchangeSettings
from .stores.account import AccountState
from .stores.filler import Strategy
from .stores.order_book import MaintainedBook
from .stores.ticker_map import TickerMap

_OPTIONS = ("overflow", "buffer", "events", "backfill", "stale_after")
_SMALL_BUFFER, _LARGE_BUFFER = 1_000, 100_000


class BtApi:
    """The one door to every exchange.

    Making one is cheap and opens nothing. Streams and calls belong to the event loop that runs when they are first
    used; an object may be used in one loop after another.

    Args:
        exchange_kwargs: settings by exchange name, see `ExchangeSettings`; other exchanges get the defaults.
        clock: time and chance, for tests.

    Raises:
        ConfigurationError: an unknown setting (with the nearest known one), a bad value or a forbidden URL.
        ExchangeNotFoundError: settings for an exchange that does not exist.
    """

    def __init__(
        self,
        exchange_kwargs: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        if exchange_kwargs is not None and not isinstance(exchange_kwargs, Mapping):
            raise ConfigurationError(f"exchange_kwargs must be a dict, not {type(exchange_kwargs).__name__}")
        self._clock = clock or SYSTEM_CLOCK
        self._transport = transport
        self._settings: dict[str, ExchangeSettings] = {}
        self._hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()
        for name, given in (exchange_kwargs or {}).items():
            self.add_exchange(name, given)

    # Exchanges

    @staticmethod
    def list_available_exchanges() -> list[str]:
        """Return the full names of all exchanges, sorted."""
        return sorted(EXCHANGES)

    def list_exchanges(self) -> list[str]:
        """Return the names of the exchanges that settings were given for, in order."""
        return list(self._settings)

    def add_exchange(self, exchange: str, settings: Mapping[str, Any] | None = None) -> None:
        """Give settings for an exchange; what is already open keeps those it began with.

        Raises:
            ConfigurationError, ExchangeNotFoundError: as the constructor does.
        """
        name = exchange_class(exchange).name
        self._settings[name] = ExchangeSettings.from_mapping(name, settings or {})

    def _exchange(self, name: str) -> Exchange:
        cls = exchange_class(name)
        return cls(self._settings_of(cls.name).aimed_at_simulator(cls.name))

    def _settings_of(self, name: str) -> ExchangeSettings:
        return (self._settings.get(name) or ExchangeSettings()).with_environment(name)

    def _hub(self) -> Hub:
        loop = asyncio.get_running_loop()
        hub = self._hubs.get(loop)
        if hub is None:
            hub = self._hubs[loop] = Hub(self._exchange, self._clock, self._transport)
        return hub

    # Streams

    def stream_ticker(self, exchange: str, symbol: str, **options: Any) -> Stream[TickerData]:
        """Stream the 24-hour ticker: last price, best prices, volume, change in percent.

        Args:
            exchange: full name such as ``"BINANCE___SPOT"``.
            symbol: in any spelling, ``"BTCUSDT"``, ``"BTC-USDT"`` or the venue's own.
            options: see `Stream options` in the guide: ``overflow``, ``buffer``, ``events``, ``backfill``,
                ``stale_after``.

        Raises:
            ExchangeNotFoundError, UnsupportedError, ConfigurationError: in this call.
            InvalidSymbolError, SubscribeError, WebSocketError: from the first item on.
        """
        return self._stream(exchange, "ticker", symbol, options)

    def stream_depth(
        self, exchange: str, symbol: str, *, levels: int | None = 20, **options: Any
    ) -> Stream[OrderBookData]:
        """Stream the order book after every change.

        Args:
            levels: at least so many a side, where the venue's book has them; ``None`` for the whole maintained book.

        Raises:
            BtApiError: as `stream_ticker` does.
        """
        depth_levels = options.pop("depth_levels", None)  # another name in use for the same
        if depth_levels is not None:
            levels = depth_levels
        if levels is not None and (isinstance(levels, bool) or not isinstance(levels, int) or levels < 1):
            raise ConfigurationError(
                f"levels must be a whole number of at least 1, or None for the whole book, not {levels!r}",
                exchange_name=exchange,
            )
        return self._stream(exchange, "depth", symbol, options, levels=levels)

    def stream_trades(
        self, exchange: str, symbol: str, *, after: tuple[str, int] | None = None, **options: Any
    ) -> Stream[TradeData]:
        """Stream every trade once, in the venue's order; the side is the taker's.

        Args:
            after: id and time (milliseconds) of the last trade that an earlier run has seen: those in between are
                fetched when the next trade comes, in order, each once, or a gap is declared; ``backfill_limit`` and
                ``backfill_age`` bound them. For the first reader of a market in this `BtApi`.

        Raises:
            StreamUsageError: `after`, and the market is read already; from the first item on.
            StreamOverflowError: the reader fell behind by more than ``buffer`` (``overflow="raise"`` is the default).
            BtApiError: as `stream_ticker` does.
        """
        return self._stream(exchange, "trades", symbol, options, after=_checked_position(exchange, after))

    def stream_klines(
        self, exchange: str, symbol: str, interval: str, *, closed_only: bool = False, **options: Any
    ) -> Stream[BarData]:
        """Stream candles: the running one as it changes, and each closed one once.

        Args:
            interval: ``"1m"``, ``"1h"``, ``"1d"`` …; the venue's list is in its page and in the error.
            closed_only: leave the running candle out.

        Raises:
            BtApiError: as `stream_ticker` does.
        """
        exchange_class(exchange)(ExchangeSettings()).venue_interval(interval)
        return self._stream(exchange, "klines", symbol, options, interval=interval, closed_only=bool(closed_only))

    def stream_mark_price(self, exchange: str, symbol: str, **options: Any) -> Stream[MarkPriceData]:
        """Stream the price by which a contract is valued, with the index price where the venue tells it.

        Raises:
            UnsupportedError: the exchange has no contracts, as on spot, or does not tell this.
            BtApiError: as `stream_ticker` does.
        """
        return self._stream(exchange, "mark_price", symbol, options)

    def stream_funding_rate(self, exchange: str, symbol: str, **options: Any) -> Stream[FundingRateData]:
        """Stream what longs pay to shorts: the rate of the running interval and when it is settled.

        Raises:
            UnsupportedError, BtApiError: as `stream_mark_price` does.
        """
        return self._stream(exchange, "funding_rate", symbol, options)

    def stream_open_interest(self, exchange: str, symbol: str, **options: Any) -> Stream[OpenInterestData]:
        """Stream how much of a contract is held open, base asset.

        Where the venue has it by REST only, it is asked for again and again, and ``get_origin()`` is ``"snapshot"``.

        Raises:
            UnsupportedError, BtApiError: as `stream_mark_price` does.
        """
        return self._stream(exchange, "open_interest", symbol, options)

    def stream_liquidations(self, exchange: str, symbol: str, **options: Any) -> Stream[LiquidationData]:
        """Stream positions that the venue closes by force. What an outage cost is declared; no venue lists it later.

        Raises:
            StreamOverflowError: the reader fell behind by more than ``buffer`` (``overflow="raise"`` is the default).
            UnsupportedError, BtApiError: as `stream_mark_price` does.
        """
        return self._stream(exchange, "liquidations", symbol, options)

    def stream_orders(self, exchange: str, symbol: str | None = None, **options: Any) -> Stream[OrderData]:
        """Stream one's own orders: the open ones first (``get_origin() == "snapshot"``), then every change, once.

        What changed during an outage comes as ``"backfill"``. An order only moves forward.

        Args:
            symbol: only this market; ``None`` for all.

        Raises:
            ConfigurationError: credentials are missing, in this call; the message names them.
            AuthenticationError: the venue refuses them; from the first item on.
            UnsupportedError: the exchange has no account streams.
        """
        return self._private_stream(exchange, "orders", symbol, options)

    def stream_fills(self, exchange: str, symbol: str | None = None, **options: Any) -> Stream[TradeData]:
        """Stream one's own fills, each once: price, quantity, fee, maker or taker; the side is that of one's order.

        Raises:
            ConfigurationError, AuthenticationError, UnsupportedError: as `stream_orders`.
        """
        return self._private_stream(exchange, "fills", symbol, options)

    def stream_balances(self, exchange: str, **options: Any) -> Stream[BalanceData]:
        """Stream balances: every asset as it is now (``"snapshot"``), then each one that changes.

        Raises:
            ConfigurationError, AuthenticationError, UnsupportedError: as `stream_orders`.
        """
        return self._private_stream(exchange, "balances", None, options)

    def stream_positions(self, exchange: str, symbol: str | None = None, **options: Any) -> Stream[PositionData]:
        """Stream positions: every open one as it is now (``"snapshot"``), then each change; quantity 0 is closed.

        Raises:
            ConfigurationError, AuthenticationError: as `stream_orders`.
            UnsupportedError: the exchange has no positions, as on spot.
        """
        return self._private_stream(exchange, "positions", symbol, options)

    def _private_stream(self, exchange: str, kind: str, symbol: str | None, options: Mapping[str, Any]) -> Stream[Any]:
        cls = exchange_class(exchange)
        kinds = cls.account.kinds if cls.account is not None else ()
        if kind not in kinds:
            raise UnsupportedError(cls.name, f"no {kind} stream; it has: {', '.join((*cls.kinds, *kinds))}")
        return Stream(self._private_wish(cls, kind, symbol, options), self._hub)

    def _private_wish(self, cls: type[Exchange], kind: str, symbol: str | None, options: Mapping[str, Any]) -> Wish:
        missing = cls.account.missing(self._settings_of(cls.name)) if cls.account is not None else ()
        if missing:
            venue = cls.name.partition("___")[0]
            variables = ", ".join(f"BT_API_{venue}_{name.upper()}" for name in missing)
            raise ConfigurationError(
                f"{kind} needs {', '.join(missing)}: give them in exchange_kwargs, or set {variables}",
                exchange_name=cls.name,
            )
        if symbol is not None and (not isinstance(symbol, str) or not symbol.strip()):
            raise ConfigurationError(f"symbol must be a text such as 'BTCUSDT', not {symbol!r}", exchange_name=cls.name)
        return Wish(exchange=cls.name, kind=kind, symbol=symbol or "", **_checked(cls.name, kind, options))

    def stream_raw(
        self, exchange: str, channel: str, symbol: str | None = None, **options: Any
    ) -> Stream[dict[str, Any]]:
        """Stream the venue's own channel as decoded JSON, whole frames as the venue sends them.

        Args:
            channel: the venue's word, such as ``"bookTicker"`` on Binance or ``"bbo-tbt"`` on OKX.

        Raises:
            BtApiError: as `stream_ticker` does.
        """
        if not isinstance(channel, str) or not channel:
            raise ConfigurationError("channel must be the venue's name of a channel", exchange_name=exchange)
        return self._stream(exchange, "raw", symbol or "", options, channel=channel)

    def stream_status(self, exchange: str | None = None) -> Stream[StreamEvent]:
        """Stream what happens to every connection and topic, of one exchange or of all."""
        name = exchange_class(exchange).name if exchange is not None else ""
        return Stream(Wish(exchange=name, kind="status"), self._hub)

    def _stream(self, exchange: str, kind: str, symbol: str, options: Mapping[str, Any], **details: Any) -> Stream[Any]:
        return Stream(self._wish(exchange, kind, symbol, options, **details), self._hub)

    def _wish(self, exchange: str, kind: str, symbol: str, options: Mapping[str, Any], **details: Any) -> Wish:
        cls = exchange_class(exchange)
        if kind != "raw":
            check_kind(cls, kind)
        if not isinstance(symbol, str) or (not symbol.strip() and kind != "raw"):
            raise ConfigurationError(f"symbol must be a text such as 'BTCUSDT', not {symbol!r}", exchange_name=cls.name)
        return Wish(exchange=cls.name, kind=kind, symbol=symbol, **details, **_checked(cls.name, kind, options))

    # Local copies

    def order_book(self, exchange: str, symbol: str, *, stale_after: float | None = None) -> MaintainedBook:
        """Return the maintained order book of a market, readable at any moment; ``async with`` opens it.

        Args:
            stale_after: seconds of silence after which the market is looked at; ``None`` for that of the settings.

        Raises:
            ExchangeNotFoundError, UnsupportedError, ConfigurationError: in this call.
            InvalidSymbolError, SubscribeError, WebSocketError: from `wait_live`, reads and iteration.
        """
        options = {} if stale_after is None else {"stale_after": stale_after}
        return MaintainedBook(self._wish(exchange, "depth", symbol, options), self._hub)

    def account(self, exchange: str) -> AccountState:
        """Return the state of one's own account, kept by its streams: balances, open orders, positions.

        ``async with`` opens it.

        Raises:
            ConfigurationError: credentials are missing, in this call; the message names them.
            UnsupportedError: the exchange has no account streams.
            AuthenticationError: the venue refuses them; from `wait_live` and the iteration.
        """
        cls = exchange_class(exchange)
        if cls.account is None:
            raise UnsupportedError(cls.name, f"no account streams; it has: {', '.join(cls.kinds)}")
        return AccountState(self._private_wish(cls, "account", None, {}), self._hub)

    # REST snapshots

    async def async_get_tick(self, exchange: str, symbol: str) -> TickerData:
        """Return the ticker as of now.

        Raises:
            InvalidSymbolError: no such market.
            NetworkError, RequestTimeoutError, RateLimitError, RequestFailedError: the venue did not answer well.
        """
        return cast(TickerData, await self._only(exchange, "ticker", symbol))

    async def async_get_depth(self, exchange: str, symbol: str, *, levels: int | None = 20) -> OrderBookData:
        """Return the order book as of now, up to `levels` a side; ``None`` for as much as the venue gives.

        Raises:
            BtApiError: as `async_get_tick` does.
        """
        hub = self._hub()
        venue = hub.venue(exchange_class(exchange).name)
        row = await self._only(exchange, "depth", symbol, levels=levels)
        topic = await hub.call(venue.resolve(symbol, "depth"))
        topic = msgspec.structs.replace(topic, origin="snapshot")
        state = BookState(
            list(row.bids[:levels]),
            list(row.asks[:levels]),
            timestamp=row.timestamp,
            sequence=row.last,
            action="snapshot",
        )
        return OrderBookData(state, topic, self._clock.now())

    async def async_get_trades(self, exchange: str, symbol: str, *, limit: int = 100) -> list[TradeData]:
        """Return the latest trades, oldest first, at most `limit` and at most what the venue gives in one call.

        Raises:
            BtApiError: as `async_get_tick` does.
        """
        trades = await self._latest(exchange, "trades", symbol, limit=limit)
        return sorted(trades, key=_trade_order)[-limit:]

    async def async_get_kline(self, exchange: str, symbol: str, interval: str, *, limit: int = 100) -> list[BarData]:
        """Return the latest candles, oldest first; the last one may still be running.

        Raises:
            ConfigurationError: the venue does not have this interval.
            BtApiError: as `async_get_tick` does.
        """
        exchange_class(exchange)(ExchangeSettings()).venue_interval(interval)
        bars = await self._latest(exchange, "klines", symbol, interval=interval, limit=limit)
        return sorted(bars, key=lambda bar: int(bar.get_timestamp()))[-limit:]

    async def async_get_mark_price(self, exchange: str, symbol: str) -> MarkPriceData:
        """Return the mark price as of now.

        Raises:
            UnsupportedError: the exchange has no contracts, or tells this by stream only.
            BtApiError: as `async_get_tick` does.
        """
        return cast(MarkPriceData, await self._figure(exchange, "mark_price", symbol))

    async def async_get_funding_rate(self, exchange: str, symbol: str) -> FundingRateData:
        """Return the funding rate as of now.

        Raises:
            UnsupportedError, BtApiError: as `async_get_mark_price` does.
        """
        return cast(FundingRateData, await self._figure(exchange, "funding_rate", symbol))

    async def async_get_open_interest(self, exchange: str, symbol: str) -> OpenInterestData:
        """Return the open interest as of now, base asset.

        Raises:
            UnsupportedError, BtApiError: as `async_get_mark_price` does.
        """
        return cast(OpenInterestData, await self._figure(exchange, "open_interest", symbol))

    async def _figure(self, exchange: str, kind: str, symbol: str) -> Any:
        check_kind(exchange_class(exchange), kind)
        return await self._only(exchange, kind, symbol)

    async def async_get_symbols(self, exchange: str) -> list[SymbolData]:
        """Return every market: assets, tick size, lot size, status.

        Raises:
            BtApiError: as `async_get_tick` does.
        """
        hub = self._hub()
        return list(await hub.call(hub.venue(exchange_class(exchange).name).markets()))

    async def async_get_server_time(self, exchange: str) -> int:
        """Return the venue's clock in milliseconds since 1970 UTC.

        Raises:
            BtApiError: as `async_get_tick` does.
        """
        hub = self._hub()
        return await hub.call(hub.venue(exchange_class(exchange).name).server_time())

    async def _latest(self, exchange: str, kind: str, symbol: str, **details: Any) -> list[Any]:
        for name in ("limit", "levels"):
            value = details.get(name, 1)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ConfigurationError(f"{name} must be a whole number of at least 1, not {value!r}")
        hub = self._hub()
        venue = hub.venue(exchange_class(exchange).name)
        found: list[Any] = await hub.call(venue.latest(kind, symbol, **details))
        return found

    async def _only(self, exchange: str, kind: str, symbol: str, **details: Any) -> Any:
        found = await self._latest(exchange, kind, symbol, **details)
        if not found:
            raise DataParseError(f"{kind} {symbol}", "no usable record in the answer", exchange_name=exchange)
        return found[0]

    # Local copies

    def ticker_map(
        self,
        exchange: str,
        symbols: Iterable[str] | None = None,
        *,
        request_interval: float = 0.5,
        strategy: Strategy = "auto",
    ) -> TickerMap:
        """Return the tickers of an exchange as a mapping that keeps itself up to date, to be used with ``async with``.

        Args:
            symbols: in any spelling; ``None`` for every market that is trading.
            request_interval: seconds between two REST calls.
            strategy: ``"full"`` asks REST for all tickers in one call, ``"single"`` for one market after the other,
                ``"auto"`` for whatever the exchange offers and the number of missing markets calls for.

        Raises:
            ExchangeNotFoundError, ConfigurationError: in this call.
            UnsupportedError: the exchange has no tickers, or not the call that `strategy` needs.
        """
        return TickerMap(self._hub, exchange, symbols, request_interval=request_interval, strategy=strategy)

    # Life

    def health(self) -> dict[str, Any]:
        """Return the state of every connection and topic as a plain, JSON-ready dict, by exchange."""
        merged: dict[str, Any] = {}
        for hub in list(self._hubs.values()):
            merged.update(hub.health())
        return merged

    async def async_close(self) -> None:
        """End every stream of this object in the running loop and close its sockets. It may be used again."""
        hub = self._hubs.pop(asyncio.get_running_loop(), None)
        if hub is not None:
            await hub.close()

    def close(self) -> None:
        """Begin to close what is open in any loop, without waiting; for code that cannot await."""
        for loop, hub in list(self._hubs.items()):
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(hub.close(), loop)
            self._hubs.pop(loop, None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.async_close()

    def __repr__(self) -> str:
        return f"BtApi({', '.join(self._settings) or 'default settings'})"


def _checked_position(exchange: str, after: object) -> tuple[str, int] | None:
    match after:
        case None:
            return None
        case (str(trade_id), int(ms)):
            return trade_id, ms
    raise ConfigurationError(
        f"after must be (trade id as text, time in milliseconds), not {after!r}", exchange_name=exchange
    )


def _trade_order(trade: TradeData) -> tuple[int, int]:
    span = row_of(trade).span  # of ids that tell the order; others keep that of the list
    return trade.get_timestamp(), 0 if span is None else span[1]


def _checked(exchange: str, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stream options with their defaults.

    Raises:
        ConfigurationError: an unknown option (with the nearest known one) or a bad value.
    """
    for name in options:
        if name not in _OPTIONS:
            raise ConfigurationError(
                f"unknown option {name!r}{did_you_mean(name, _OPTIONS)} (options: {', '.join(_OPTIONS)})",
                exchange_name=exchange,
            )
    keeps_all = kind in ("trades", "klines", "liquidations", "orders", "fills", "balances", "positions", "raw")
    overflow: Overflow = options.get("overflow", "raise" if keeps_all else "drop_oldest")
    if overflow not in get_args(Overflow):
        raise ConfigurationError(
            f"overflow must be one of {', '.join(get_args(Overflow))}, not {overflow!r}", exchange_name=exchange
        )
    buffer = options.get("buffer", _LARGE_BUFFER if overflow == "raise" else _SMALL_BUFFER)
    if isinstance(buffer, bool) or not isinstance(buffer, int) or buffer < 1:
        raise ConfigurationError(f"buffer must be a whole number of at least 1, not {buffer!r}", exchange_name=exchange)
    stale_after = options.get("stale_after")
    if stale_after is not None and (
        isinstance(stale_after, bool) or not isinstance(stale_after, (int, float)) or not 0 < stale_after < float("inf")
    ):
        raise ConfigurationError(f"stale_after must be seconds above 0, not {stale_after!r}", exchange_name=exchange)
    for name in ("events", "backfill"):
        if not isinstance(options.get(name, False), bool):
            raise ConfigurationError(f"{name} must be True or False, not {options[name]!r}", exchange_name=exchange)
    return {
        "overflow": overflow,
        "buffer": buffer,
        "events": options.get("events", False),
        "backfill": options.get("backfill", True),
        "stale_after": stale_after,
    }
