"""BULK over one websocket: market data, one's own account, and trading.

Source: BULK API 1.0.15, WebSocket guide, read 2026-07.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import did_you_mean
from ...exchanges.bulk.wire import INTERVALS, NAME, endpoint
from ...net.errors import ConnectionLost
from ...net.link import Link
from ...net.transport import DefaultTransport, Transport
from ...secrets import MASK
from .account import AccountSnapshot, Margin, OrderState, Position
from .actions import (
    Action,
    CancelAll,
    CancelOrder,
    LimitOrder,
    MarketOrder,
    OraclePrice,
    Side,
    TimeInForce,
    signed_transaction,
)
from .book import OrderBook
from .inventory import Inventory, Pnl
from .market import Ticker
from .networks import DEFAULT_WS_URL, network_of, socket_settings
from .reader import Reader
from .responses import OrderResponse, responses
from .signing import Number, TransactionSigner, domain_byte
from .state import AccountState
from .subscriptions import Subscription, topic_of
from .topics import Handler, Handlers, Topic

_ACCOUNT_DEADLINE = 5.0  # seconds that `connect` waits for the first state of the account
_SIGNATURE = re.compile(r'("signature":")[^"]*')


class ResultUnknownError(ConnectionError):
    """The connection ended before the venue answered: the transaction may have been done or not.

    Attributes:
        order_ids: those of the actions; look for them among the open orders after the next account snapshot.
    """

    def __init__(self, cause: str, order_ids: Sequence[str]) -> None:
        super().__init__(
            f"{NAME}: {cause}; result unknown of: {', '.join(order_ids) or 'a transaction without orders'}"
        )
        self.order_ids = list(order_ids)


class BulkWebSocketClient:
    """One connection to BULK that is kept up, and everything that is known through it.

    Making one opens nothing. State is changed as messages arrive; handlers are called a little later, outside the
    reader, so that they may await orders. After a loss every subscription is asked for again; an order is never sent
    twice.

    Args:
        url: of the socket; the venue's own give way to the simulator that ``BT_API_SIMULATOR`` names.
        symbols: whose tickers are subscribed on the first connect.
        signer: for one's own account and for trading; without one, market data only.
        inventory: to be continued; a fresh one otherwise.
        logger: instead of the package's own.
        handlers: installed before anything is connected.
        debug: log every frame, with signatures masked.
        signature_domain: the network that signatures are for, by name or number; by default that of `url`.
        account: the public key of the account, where the signer is only its agent.
        clock, transport: time and network, for tests.

    Raises:
        ValueError: the network of `url` is not known, and a signer needs it.
        ConfigurationError: `url` is no ``wss://`` address (``ws://`` to loopback).

    Attributes:
        tickers, prices, order_books: by symbol; prices are mark prices.
        subscriptions: what is asked for on every connect. active_topics: what the venue confirmed on this one.
        default_timeout: seconds that a request waits for its answer.
        reconnect_delay, max_reconnect_delay: seconds; the first pause doubles up to the longest.
    """

    def __init__(
        self,
        url: str = DEFAULT_WS_URL,
        symbols: Iterable[str] = ("BTC-USD", "ETH-USD", "SOL-USD"),
        signer: TransactionSigner | None = None,
        inventory: Inventory | None = None,
        logger: logging.Logger | None = None,
        handlers: Mapping[Topic, Handler] | None = None,
        debug: bool = False,
        *,
        signature_domain: int | str | None = None,
        account: str | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.url = url
        self.symbols = list(symbols)
        self.signer = signer
        self.default_timeout = 10.0
        self.reconnect_delay = 1.0
        self.max_reconnect_delay = 30.0
        self._settings = socket_settings(url)
        self._domain = self._domain_of(signature_domain)
        self._clock = clock or SYSTEM_CLOCK
        self._transport = transport or DefaultTransport()
        self._log = logger or logging.getLogger("bt_api_py.bulk")
        self._trace: logging.Logger | None = None
        if debug:
            self._trace = self._log.getChild("frames")
            self._trace.setLevel(logging.DEBUG)
        self._handlers = Handlers(self._log)
        for topic, handler in (handlers or {}).items():
            self._handlers.on(topic, handler)
        self._own = AccountState(inventory if inventory is not None else Inventory())
        self._reader = Reader(self._handlers, self._own, self._log, self._now_ns, self._renew)
        self._reader.account_key = account or (signer.public_key if signer is not None else None)
        self._link: Link | None = None
        self._connecting = asyncio.Lock()
        self.subscriptions = self._reader.subscriptions.asked
        self.active_topics = self._reader.subscriptions.active
        self.tickers = self._reader.markets.tickers
        self.prices = self._reader.markets.prices
        self.order_books = self._reader.markets.order_books

    def _domain_of(self, given: int | str | None) -> int | None:
        domain = given if given is not None else network_of(self._settings.ws_url or self.url)
        if domain is not None:
            return domain_byte(domain)
        if self.signer is not None:
            raise ValueError(f"explicit SignatureDomain is required for {self.url}: its network is not known")
        return None

    def _now_ns(self) -> int:
        return int(self._clock.now() * 1e9)

    # What is known

    @property
    def inventory(self) -> Inventory:
        """Positions and profit counted from one's own fills."""
        return self._own.inventory

    @property
    def open_orders(self) -> dict[str, OrderState]:
        """One's own open orders, by id."""
        return self._own.open_orders

    @property
    def positions(self) -> dict[str, Position]:
        """One's own positions, by symbol."""
        return self._own.positions

    @property
    def account_snapshot(self) -> AccountSnapshot | None:
        """The last whole state of the account, as it came."""
        return self._own.snapshot

    @property
    def margin(self) -> Margin | None:
        """The money of the account as of the last message."""
        return self._own.margin

    @property
    def leverage_settings(self) -> dict[str, float]:
        """The highest leverage that the account allows itself, by symbol."""
        return self._own.leverage_settings

    def get_ticker(self, symbol: str) -> Ticker | None:
        """Return the last ticker of a market; ``is_stale`` on it says that the connection ended meanwhile."""
        return self.tickers.get(symbol)

    def get_book(self, symbol: str) -> OrderBook | None:
        """Return the book of a market, ``None`` when it was never subscribed."""
        return self.order_books.get(symbol)

    def get_orders(self, symbol: str | None = None) -> list[OrderState]:
        """Return one's own open orders, of one market or of all."""
        return [order for order in self.open_orders.values() if symbol in (None, order.symbol)]

    def get_order_map(self) -> dict[str, OrderState]:
        """Return one's own open orders by id; the dict is the caller's."""
        return dict(self.open_orders)

    def get_pnl(self) -> Pnl:
        """Return the profit by one's own fills at the present mark prices."""
        return self.inventory.pv(self.prices)

    @property
    def dropped(self) -> Counter[Topic]:
        """How many events were left out by topic, because handlers were too slow for them."""
        return self._handlers.dropped

    # Handlers

    def on(self, topic: Topic, handler: Handler) -> None:
        """Call a plain or an async handler with every event of a topic, after those that were there before."""
        self._handlers.on(topic, handler)

    def off(self, topic: Topic, handler: Handler) -> None:
        """Call a handler no more; one that is not there is left alone."""
        self._handlers.off(topic, handler)

    # Connection

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._link is not None and self._link.is_connected

    async def connect(self) -> bool:
        """Connect, and return whether that succeeded; the cause of a failure is logged.

        The first time the account of the signer and the tickers of `symbols` are subscribed, later whatever was. With
        a signer, this waits until the account is known, up to five seconds.
        """
        async with self._connecting:
            if self.is_connected:
                return True
            await self._end_link()
            if not self.subscriptions:
                if self._reader.account_key is not None:
                    self.subscriptions.append({"type": "account", "user": self._reader.account_key})
                self.subscriptions += [{"type": "ticker", "symbol": symbol} for symbol in self.symbols]
            link = self._link = Link(
                self, endpoint(), self._settings, transport=self._transport, clock=self._clock, label=NAME
            )
            try:
                await link.open()
            except ConnectionLost as lost:
                self._log.error("%s: cannot connect: %s", NAME, lost.cause)
                return False
            except BaseException:
                await link.close()
                raise
            if self._reader.account_key is not None:
                await self._until_known()
            return True

    async def _until_known(self) -> None:
        try:
            async with asyncio.timeout(_ACCOUNT_DEADLINE):
                await self._reader.own_is_known.wait()
        except TimeoutError:
            self._log.warning("%s: no state of the account within %g s; going on", NAME, _ACCOUNT_DEADLINE)

    async def disconnect(self) -> None:
        """Close the connection for good, and end the handlers that run."""
        await self._end_link()
        await self._handlers.stop()
        await self._transport.close()

    async def _end_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()
            self.lost("disconnected")

    async def __aenter__(self) -> Self:
        if not await self.connect():
            raise ConnectionError(f"{NAME}: cannot connect to {self.url}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    # Subscriptions

    async def subscribe_ticker(self, symbol: str) -> None:
        """Subscribe to the 24-hour figures of a market, every 200 ms."""
        self._subscribe({"type": "ticker", "symbol": symbol})

    async def subscribe_trades(self, symbols: Sequence[str]) -> None:
        """Subscribe to the trades of some markets, in one message."""
        self._subscribe(*({"type": "trades", "symbol": symbol} for symbol in symbols))

    async def subscribe_orderbook_snapshot(self, symbol: str, nlevels: int | None = None) -> None:
        """Subscribe to whole books every 200 ms, of `nlevels` a side; ``None`` for all."""
        levels = {} if nlevels is None else {"nlevels": nlevels}
        self._subscribe({"type": "l2Snapshot", "symbol": symbol, **levels})
        self._reader.markets.book(symbol)

    async def subscribe_orderbook_delta(self, symbol: str) -> None:
        """Subscribe to a book by its changes; this is the book of `get_book` then."""
        self._subscribe({"type": "l2Delta", "symbol": symbol})
        self._reader.markets.book(symbol)

    async def subscribe_candles(self, symbol: str, interval: str) -> None:
        """Subscribe to candles, which begin with up to 5000 past ones.

        Raises:
            ValueError: there is no such interval.
        """
        if interval not in INTERVALS:
            hint = did_you_mean(interval, INTERVALS) or f"; there are: {', '.join(INTERVALS)}"
            raise ValueError(f"no interval {interval!r}{hint}")
        self._subscribe({"type": "candle", "symbol": symbol, "interval": INTERVALS[interval]})

    async def subscribe_account(self, user_pubkey: str) -> None:
        """Watch an account; that of the signer is watched without being asked for.

        The first one that is watched without a signer is the one that `open_orders`, `margin` and the like are about.
        """
        self._subscribe({"type": "account", "user": user_pubkey})
        self._reader.account_key = self._reader.account_key or user_pubkey

    async def subscribe(self, subscription: Subscription) -> None:
        """Subscribe to anything else that the venue offers, such as ``{"type": "risk", "symbol": ...}``."""
        self._subscribe(dict(subscription))

    async def unsubscribe(self, topic: str) -> None:
        """Give a topic such as ``"ticker.BTC-USD"`` back.

        Raises:
            RuntimeError: not connected.
        """
        link = self._connected()
        self._reader.subscriptions.remove(topic)
        self._send(link, {"method": "unsubscribe", "topic": topic})

    def _subscribe(self, *subscriptions: Subscription) -> None:
        """Ask for topics, now and after every reconnect.

        Raises:
            RuntimeError: not connected.
            ValueError: more topics than one connection may have.
        """
        link = self._connected()
        self._reader.subscriptions.add(*subscriptions)
        if subscriptions:
            self._send(link, {"method": "subscribe", "subscription": list(subscriptions)})

    def _renew(self, subscription: Subscription) -> None:
        link = self._link
        if link is not None and link.is_connected:
            self._send(link, {"method": "unsubscribe", "topic": topic_of(subscription)})
            self._send(link, {"method": "subscribe", "subscription": [subscription]})

    # Trading

    async def place_orders(
        self, actions: Sequence[Action], timeout: float | None = None, nonce: int | None = None
    ) -> list[OrderResponse]:
        """Send actions as one transaction, done in this order and as a whole; return one response for each.

        An order that the venue rejects is no exception but a response with ``is_error()``.

        Args:
            timeout: seconds to wait for the answer; `default_timeout` for ``None``.
            nonce: a number that this account never used; by default the time in nanoseconds.

        Raises:
            RuntimeError: no signer, not connected, or the venue refused the transaction; the text is the venue's.
            ValueError: there are no actions, or one has a price or a size that cannot be sent.
            TimeoutError: no answer in time; the transaction may still be done.
            ResultUnknownError: the connection ended before the answer.
        """
        transaction = self._signed(actions, nonce)
        link = self._connected()
        wait = self.default_timeout if timeout is None else timeout
        try:
            statuses = await self._reader.requests.ask(lambda number: self._post(link, transaction, number), wait)
        except ConnectionLost as lost:
            raise ResultUnknownError(lost.cause, [number for each in actions if (number := each.order_id())]) from None
        return responses(actions, statuses)

    async def place_limit_order(
        self,
        symbol: str,
        side: Side,
        price: Number,
        size: Number,
        reduce_only: bool = False,
        time_in_force: TimeInForce = TimeInForce.GTC,
        timeout: float | None = None,
        nonce: int | None = None,
    ) -> OrderResponse:
        """Place one limit order. Raises as `place_orders` does."""
        order = LimitOrder(symbol, side, price, size, reduce_only, time_in_force)
        return (await self.place_orders([order], timeout, nonce))[0]

    async def place_market_order(
        self,
        symbol: str,
        side: Side,
        size: Number,
        reduce_only: bool = False,
        timeout: float | None = None,
        nonce: int | None = None,
    ) -> OrderResponse:
        """Place one market order. Raises as `place_orders` does."""
        return (await self.place_orders([MarketOrder(symbol, side, size, reduce_only)], timeout, nonce))[0]

    async def cancel_order(
        self, side: Side | None, symbol: str, order_id: str, timeout: float | None = None, nonce: int | None = None
    ) -> OrderResponse:
        """Cancel one order; the side is not sent. Raises as `place_orders` does."""
        return (await self.place_orders([CancelOrder(symbol, order_id, side)], timeout, nonce))[0]

    async def cancel_all(
        self, symbols: Sequence[str] | None = None, timeout: float | None = None, nonce: int | None = None
    ) -> OrderResponse:
        """Cancel every open order, of some markets or of all. Raises as `place_orders` does."""
        return (await self.place_orders([CancelAll(symbols)], timeout, nonce))[0]

    async def update_oracle(
        self, actions: Sequence[OraclePrice], timeout: float | None = None, nonce: int | None = None
    ) -> None:
        """Tell oracle prices, without waiting for the answer: a refusal is an event of `Topic.ERROR`.

        Args:
            nonce: by default that of the first action, else the time.

        Raises:
            RuntimeError, ValueError: as `place_orders` does.
        """
        own = actions[0].nonce if actions else None
        transaction = self._signed(actions, own if nonce is None else nonce)
        self._post(self._connected(), transaction, self._reader.requests.number())

    def _signed(self, actions: Sequence[Action], nonce: int | None) -> dict[str, Any]:
        signer = self.signer
        if signer is None or self._domain is None:
            raise RuntimeError("Signer not configured")
        self._connected()
        account = self._reader.account_key or signer.public_key
        return signed_transaction(signer, actions, account, self._domain, nonce, self._now_ns())

    def _connected(self) -> Link:
        link = self._link
        if link is None or not link.is_connected:
            raise RuntimeError("Not connected to WebSocket")
        return link

    def _post(self, link: Link, transaction: dict[str, Any], number: int) -> None:
        self._send(link, {"method": "post", "request": {"type": "action", "payload": transaction}, "id": number})

    def _send(self, link: Link, frame: dict[str, Any]) -> None:
        link.send(self._traced(frame))

    def _traced(self, frame: dict[str, Any]) -> str:
        text = msgspec.json.encode(frame).decode()
        if self._trace is not None:
            self._trace.debug("> %s", _SIGNATURE.sub(rf"\g<1>{MASK}", text))
        return text

    # What the link tells

    def greeting(self) -> list[str]:
        """Return what is sent first on every new connection."""
        return [self._traced({"method": "subscribe", "subscription": self.subscriptions})] if self.subscriptions else []

    def take(self, payload: bytes) -> None:
        """Take a frame."""
        if self._trace is not None:
            self._trace.debug("< %s", payload.decode(errors="replace"))
        self._reader.take(payload)

    def reject(self, detail: str) -> None:
        """A frame came that cannot be read."""
        self._reader.reject(detail)

    def lost(self, cause: str) -> None:
        """The connection ended."""
        self._reader.lost(cause)
