"""BULK by REST: one method for each call of the venue.

Source: BULK OpenAPI 3.0.10, read 2026-07.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import DataParseError
from ...exchanges.base import UNREADABLE, Channel, Rate, Request
from ...exchanges.bulk import BulkSwap
from ...exchanges.bulk.wire import API, INTERVALS, NAME
from ...net.rest import RestClient
from ...net.transport import DefaultTransport, Transport
from .account import AccountSnapshot, Fill, OrderState
from .actions import Action, signed_transaction
from .fields import rows
from .market import Candle, L2Snapshot, Ticker
from .networks import DEFAULT_REST_URL, network_of, rest_settings
from .reader import outcome_of_payload
from .responses import OrderResponse, responses
from .signing import TransactionSigner, domain_byte

T = TypeVar("T")

_PLAIN = Channel(None, Any)
_RATE = Rate(10, 1.0)  # the venue states no limit for REST; a modest one of our own
_ATTEMPTS = 3
_MOST_CANDLES = 1000


class BulkHttpClient:
    """The REST calls of BULK. Reads need no key; `place_orders` needs a signer.

    Reads are repeated when the venue is in trouble, a transaction never is.

    Args:
        url: base of the calls, with or without ``/api/v1``; the venue's own give way to the simulator that
            ``BT_API_SIMULATOR`` names.
        signer: for `place_orders`, and the account that is meant when none is given.
        signature_domain, account: as in `BulkWebSocketClient`.
        clock, transport: time and network, for tests.

    Raises:
        ValueError: the network of `url` is not known, and a signer needs it.
        ConfigurationError: `url` is no ``https://`` address (``http://`` to loopback).
    """

    def __init__(
        self,
        url: str = DEFAULT_REST_URL,
        signer: TransactionSigner | None = None,
        *,
        signature_domain: int | str | None = None,
        account: str | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        settings = rest_settings(url)
        domain = signature_domain if signature_domain is not None else network_of(settings.rest_url or url)
        if signer is not None and domain is None:
            raise ValueError(f"explicit SignatureDomain is required for {url}: its network is not known")
        self.signer = signer
        self._domain = None if domain is None else domain_byte(domain)
        self._account = account or (signer.public_key if signer is not None else None)
        self._clock = clock or SYSTEM_CLOCK
        self._transport = transport or DefaultTransport()
        self._rest = RestClient(BulkSwap(settings), self._transport, self._clock)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # Markets

    async def exchange_info(self) -> list[dict[str, Any]]:
        """Return every market as the venue describes it: assets, status, steps, least value, highest leverage.

        Raises:
            ExchangeConnectionError: no answer, or one that tells of an error.
            DataParseError: the answer is not understood.
        """
        return _rows("exchangeInfo", await self._get("/exchangeInfo"))

    async def ticker(self, symbol: str) -> Ticker:
        """Return the 24-hour figures of a market. Raises as `exchange_info`; InvalidSymbolError for no market."""
        return _read("ticker", Ticker.from_api, await self._get(f"/ticker/{symbol}"))

    async def klines(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> list[Candle]:
        """Return candles, oldest first; times in milliseconds, `limit` at most 1000 (the venue's default is 500).

        Raises:
            ValueError: there is no such interval.
            BtApiError: as `exchange_info`.
        """
        if interval not in INTERVALS:
            raise ValueError(f"no interval {interval!r}; there are: {', '.join(INTERVALS)}")
        word = INTERVALS[interval]
        most = None if limit is None else min(limit, _MOST_CANDLES)
        given = {"startTime": start_time, "endTime": end_time, "limit": most}
        found = await self._get("/klines", symbol=symbol, interval=word, **given)
        return [_read("klines", lambda row: Candle.from_api(row, symbol, word), row) for row in _rows("klines", found)]

    async def l2book(self, symbol: str, nlevels: int | None = None, aggregation: float | None = None) -> L2Snapshot:
        """Return the book of a market; `aggregation` joins levels to buckets of price. Raises as `ticker`."""
        found = await self._get("/l2book", type="l2Book", coin=symbol, nlevels=nlevels, aggregation=aggregation)
        return _read("l2book", lambda row: L2Snapshot.from_api(row.get("book", row)), found)

    async def stats(self, period: str | None = None, symbol: str | None = None) -> Any:
        """Return the venue's statistics as it sends them. Raises as `exchange_info`."""
        return await self._get("/stats", period=period, symbol=symbol)

    async def fee_state(self) -> Any:
        """Return the venue's fees as it sends them. Raises as `exchange_info`."""
        return await self._get("/feeState")

    # Accounts; `user` is a public key, that of the signer when it is left out

    async def full_account(self, user: str | None = None) -> AccountSnapshot:
        """Return the whole state of an account. Raises as `exchange_info`; ValueError without any key."""
        [row] = await self._account_rows("fullAccount", user) or [{}]
        return _read("account", lambda given: AccountSnapshot.from_api(given, int(self._clock.now() * 1e9)), row)

    async def open_orders(self, user: str | None = None) -> list[OrderState]:
        """Return the open orders of an account. Raises as `full_account`."""
        return [_read("account", OrderState.from_api, row) for row in await self._account_rows("openOrders", user)]

    async def fills(self, user: str | None = None, **page: Any) -> list[Fill]:
        """Return fills of an account; `page` may hold ``limit``, ``startSlot``, ``endSlot``, ``cursor``."""
        return [_read("account", Fill.from_api, row) for row in await self._account_rows("fills", user, **page)]

    async def order_history(self, user: str | None = None, **page: Any) -> list[dict[str, Any]]:
        """Return past orders as the venue sends them. Raises as `full_account`."""
        return await self._account_rows("orderHistory", user, **page)

    async def closed_positions(self, user: str | None = None, **page: Any) -> list[dict[str, Any]]:
        """Return closed positions as the venue sends them. Raises as `full_account`."""
        return await self._account_rows("positions", user, **page)

    async def funding_history(self, user: str | None = None, **page: Any) -> list[dict[str, Any]]:
        """Return what was paid and received for funding. Raises as `full_account`."""
        return await self._account_rows("fundingHistory", user, **page)

    async def risk_history(self, user: str | None = None, **page: Any) -> list[dict[str, Any]]:
        """Return liquidations and the like. Raises as `full_account`."""
        return await self._account_rows("riskHistory", user, **page)

    async def fee_tier(self, user: str | None = None) -> list[dict[str, Any]]:
        """Return the fee tiers of an account. Raises as `full_account`."""
        return await self._account_rows("feeTier", user)

    async def _account_rows(self, kind: str, user: str | None, **page: Any) -> list[dict[str, Any]]:
        key = user or self._account
        if key is None:
            raise ValueError("name an account by its public key, or give the client a signer")
        found = await self._post("/account", {"type": kind, "user": key, **page}, _ATTEMPTS)
        return [unwrapped(row) for row in (_rows("account", found) if isinstance(found, list) else [found])]

    # Trading

    async def place_orders(self, actions: Sequence[Action], nonce: int | None = None) -> list[OrderResponse]:
        """Send actions as one transaction and return one response for each; it is sent once, whatever happens.

        Raises:
            RuntimeError: no signer, or the venue refused the transaction; the text is the venue's.
            ValueError: there are no actions, or one cannot be sent.
            ExchangeConnectionError: no answer; the transaction may have been done.
        """
        signer = self.signer
        if signer is None or self._domain is None:
            raise RuntimeError("Signer not configured")
        account = self._account or signer.public_key
        transaction = signed_transaction(signer, actions, account, self._domain, nonce, int(self._clock.now() * 1e9))
        statuses, trouble = outcome_of_payload(await self._post("/order", transaction, attempts=1))
        if trouble is not None:
            raise RuntimeError(trouble)
        return responses(actions, statuses)

    async def _get(self, path: str, **given: Any) -> Any:
        query = {name: str(value) for name, value in given.items() if value is not None}
        answer = await self._rest.send(Request(API + path, _PLAIN, query, _RATE), attempts=_ATTEMPTS)
        return _decoded(path, answer.body)

    async def _post(self, path: str, given: dict[str, Any], attempts: int) -> Any:
        request = Request(API + path, _PLAIN, rate=_RATE, body=msgspec.json.encode(given))
        return _decoded(path, (await self._rest.send(request, attempts=attempts)).body)


def unwrapped(row: Any) -> Any:
    """Return a record without the object of one key, named after its kind, that lists of this venue wrap around it."""
    if isinstance(row, dict) and len(row) == 1:
        [inner] = row.values()
        return inner if isinstance(inner, dict) else row
    return row


def _decoded(path: str, body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise DataParseError(path, str(error), exchange_name=NAME) from error


def _rows(path: str, found: Any) -> list[Any]:
    try:
        return rows(found)
    except ValueError as error:
        raise DataParseError(path, str(error), exchange_name=NAME) from error


def _read(path: str, make: Callable[[Any], T], row: Any) -> T:
    try:
        return make(row)
    except (ValueError, TypeError, AttributeError) as error:
        raise DataParseError(path, str(error), exchange_name=NAME) from error
