"""A party's world in memory: accounts, orders, positions and one market, kept in step with a data node.

Source: Vega v0.79.0, data node API v2, state of 2024-10.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import BtApiError, StreamUsageError
from ...exchanges.vega.wire import NAME
from ...net.stream import Stream, Wish
from ...net.tasks import end, start
from ...net.transport import DefaultTransport, Transport
from ...stores.changes import Changes
from ...sync.background import Background
from .api import VegaApiClient
from .follower import Follower
from .models import MarketData, Order, with_data
from .picture import Picture
from .stream import VegaStreamError
from .tables import GONE, StoreChange, Table
from .websocket import VegaWebSocketClient, stream_path

log = logging.getLogger("bt_api_py.vega")

_REMEMBERED = 1000  # orders by their reference, the ends of them too


class VegaStore(Picture):
    """What a data node knows of one party and one market, readable at any moment and from any thread.

    The sockets are opened first and their messages queued; then REST is read, the queue applied, and from then on the
    streams are followed. After every loss the same is done again. Records are immutable, and a getter returns one
    state.

    Programs with asyncio use `async_start` and `async_stop`, or ``async with`` after `async_start`; others `start` and
    `stop`, which run an event loop in a thread.

    Args:
        websocket_url, rest_api_url: of the data node, with or without ``/api/v2``.
        clock, transport: time and network, for tests.

    Raises:
        ConfigurationError: an address is neither encrypted nor of loopback.
    """

    def __init__(
        self,
        websocket_url: str,
        rest_api_url: str,
        *,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        super().__init__()
        self._clock = clock or SYSTEM_CLOCK
        self._transport = transport or DefaultTransport()
        self._api = VegaApiClient(rest_api_url, clock=self._clock, transport=self._transport)
        self._sockets = VegaWebSocketClient(websocket_url, clock=self._clock, transport=self._transport)
        self._followers: list[Follower] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._turned = asyncio.Event()  # set with every sync and every failure
        self._error: BtApiError | None = None
        self._is_started = False
        self._background: Background | None = None
        self._changes = Changes(Wish(exchange=NAME, kind="changes"), self._clock, self._check)

    # Life

    def start(self, market_id: str, party_id: str, *, timeout: float = 30.0) -> None:
        """Start in a thread of its own, and return when everything is known.

        Raises:
            TimeoutError: not everything was known within `timeout` seconds.
            BtApiError: as `async_start`.
        """
        if self._background is not None:
            raise StreamUsageError("the store is started")
        background = self._background = Background(self.async_stop)

        async def begin() -> None:
            await self.async_start(market_id, party_id)
            await self.wait_ready(timeout)

        try:
            background.call(begin)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what `start` began; what is known stays readable."""
        background, self._background = self._background, None
        if background is not None:
            background.close()

    async def async_start(self, market_id: str, party_id: str) -> None:
        """Open the streams, read markets and assets, and begin to follow; `wait_ready` waits for the rest.

        Raises:
            NetworkError: the node cannot be reached.
            BtApiError: it refuses.
            StreamUsageError: the store is started.
        """
        if self._is_started:
            raise StreamUsageError("the store is started")
        self._is_started = True
        self._error = None
        try:
            await self._open(market_id, party_id)
            # Assets come first: everything else is counted in their decimals.
            self._assets = {asset.asset_id: asset for asset in await self._api.get_assets()}
            self._markets = {market.market_id: market for market in await self._api.get_markets()}
        except BaseException:
            await self.async_stop()
            raise
        self._tasks = [start(follower.run(), f"{NAME} follower") for follower in self._followers]

    async def async_stop(self) -> None:
        """Close the streams; what is known stays readable."""
        tasks, self._tasks = self._tasks, []
        await end(tasks)
        await self._sockets.stop()
        await self._api.close()
        self._followers = []
        self._is_started = False
        self._changes.end()
        self._turned.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.async_stop()

    async def _open(self, market_id: str, party_id: str) -> None:
        data = self._follower("marketData", self._enter_data, partial(self._load_data_of, market_id), has_image=False)
        accounts = self._follower(
            "accounts",
            partial(self._enter, "account", self._accounts, self._api.read_account),
            partial(self._load, "account", self._accounts, partial(self._api.get_accounts, party_id)),
        )
        orders = self._follower(
            "orders",
            partial(self._enter, "order", self._orders, self._api.read_order),
            partial(self._load, "order", self._orders, partial(self._api.get_open_orders, party_id, market_id)),
        )
        positions = self._follower(
            "positions",
            partial(self._enter, "position", self._positions, self._api.read_position),
            partial(self._load, "position", self._positions, partial(self._api.get_positions, party_id, market_id)),
        )
        self._followers = [data, accounts, orders, positions]
        for path, follower in (
            (stream_path("markets/data", marketIds=market_id), data),
            # Not by market: general accounts have none, and would fall out.
            (stream_path("accounts", partyId=party_id), accounts),
            (stream_path("orders", marketIds=market_id, partyIds=party_id), orders),
            (stream_path("positions", partyId=party_id, marketId=market_id), positions),
        ):
            await self._sockets.follow(path, follower)

    def _follower(self, field: str, enter: Any, load: Any, *, has_image: bool = True) -> Follower:
        return Follower(
            field,
            enter,
            load,
            has_image=has_image,
            clock=self._clock,
            synced=self._turned.set,
            failed=self._fail,
        )

    def _fail(self, error: VegaStreamError) -> None:
        if error.is_final:
            self._error = error
            self._changes.end(error)
            self._turned.set()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if not self._is_started:
            raise StreamUsageError("the store is not started")

    # State of the whole

    @property
    def is_ready(self) -> bool:
        """Whether everything has been known once."""
        return bool(self._followers) and all(follower.was_synced for follower in self._followers)

    @property
    def is_live(self) -> bool:
        """Whether everything is known now: all streams are up, and joined with what REST says."""
        return bool(self._followers) and all(follower.is_synced for follower in self._followers)

    @property
    def rejected(self) -> int:
        """Records and messages that could not be used."""
        records = sum(follower.rejected for follower in self._followers)
        return records + sum(stream.rejected for stream in self._sockets.streams)

    @property
    def reconnects(self) -> int:
        """How often a stream was lost and tried again."""
        return sum(stream.reconnects for stream in self._sockets.streams)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until everything has been known once.

        Raises:
            TimeoutError: not within `timeout` seconds.
            VegaStreamError: the node refuses a stream for good.
            StreamUsageError: the store is not started, or was stopped.
        """
        await self._until(lambda: self.is_ready, timeout)

    async def wait_live(self, timeout: float | None = None) -> None:
        """Wait until everything is known now. Raises as `wait_ready`."""
        await self._until(lambda: self.is_live, timeout)

    async def confirm(self, reference: str, timeout: float | None = 10.0) -> Order:
        """Return the latest state of the order with a reference, as soon as the stream has told of it.

        A wallet's answer says no more than that the mempool took the order: its status here says what became of it, and
        `Order.reason` why it was rejected or stopped.

        Raises:
            TimeoutError: nothing was heard of it within `timeout` seconds.
            BtApiError: as `wait_ready`.
        """
        await self._until(lambda: reference in self._by_reference, timeout)
        return self._by_reference[reference]

    async def _until(self, condition: Callable[[], bool], timeout: float | None) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                self._check()
                self._turned.clear()
                await self._turned.wait()

    def changes(self) -> Stream[StoreChange]:
        """Return every change from now on, to be iterated in the loop of the store.

        Raises:
            BtApiError: from the first item; as `wait_ready`.
        """
        return self._changes.stream()

    # How it is known

    async def load_data(self, party_id: str) -> None:
        """Read everything of a party once by REST, without any stream: assets, markets, accounts, orders, positions."""
        self._assets = {asset.asset_id: asset for asset in await self._api.get_assets()}
        self._markets = {market.market_id: market for market in await self._api.get_markets()}
        await self._load("account", self._accounts, partial(self._api.get_accounts, party_id), set())
        await self._load("order", self._orders, partial(self._api.get_open_orders, party_id), set())
        await self._load("position", self._positions, partial(self._api.get_positions, party_id), set())

    async def _enter(self, kind: Any, table: Table[Any], read: Any, node: Any, of_snapshot: bool) -> str:
        record = await read(node)
        if table.enter(record):
            self._tell(kind, record, "snapshot" if of_snapshot else "update")
        key: str = table.key(record)
        return key

    async def _load(self, kind: Any, table: Table[Any], fetch: Any, seen: set[str]) -> bool:
        rows = await fetch()
        news, gone = table.replace(rows, seen)
        for record in news:
            self._tell(kind, record, "snapshot")
        for record in gone:
            self._tell(kind, record, GONE)
        return not set(table.records) <= {table.key(row) for row in rows}

    async def _enter_data(self, node: Any, of_snapshot: bool) -> str:
        data = await self._api.read_market_data(node)
        return await self._apply_data(data, "update")

    async def _load_data_of(self, market_id: str, seen: set[str]) -> bool:
        await self._apply_data(await self._api.get_market_data(market_id), "snapshot")
        return False

    async def _apply_data(self, data: MarketData, cause: str) -> str:
        known = self._markets.get(data.market_id) or await self._api.known_market(data.market_id)
        market = with_data(known, data)
        if market != known:
            self._markets = {**self._markets, market.market_id: market}
            self._tell("market", market, cause)
        return market.market_id

    def _tell(self, kind: Any, record: Any, cause: str) -> None:
        if isinstance(record, Order) and record.reference and cause != GONE:
            self._by_reference.pop(record.reference, None)
            self._by_reference[record.reference] = record
            if len(self._by_reference) > _REMEMBERED:
                del self._by_reference[next(iter(self._by_reference))]
            self._turned.set()
        self._changes.push(StoreChange(kind, record, cause))
