"""The wallet service on the user's machine, which holds keys, signs and sends.

Source: Vega v0.79.0, wallet service API v2 (JSON-RPC), state of 2024-10.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import BtApiError, DataParseError, ExchangeConnectionError
from ...exchanges.base import UNREADABLE, Channel, Exchange, Rate, Request
from ...exchanges.vega.wire import API, NAME, NOWHERE
from ...net.rest import RestClient
from ...net.transport import DefaultTransport, Transport
from ...secrets import Secret
from ...settings import ExchangeSettings
from .addresses import rest_settings

SendingMode = Literal["TYPE_ASYNC", "TYPE_SYNC", "TYPE_COMMIT"]

_PATH = f"{API}/requests"
_PLAIN = Channel(None, Any)
_PACE = Rate(50, 1.0, "wallet")
_MEANINGS = {
    -32700: "parse error",
    -32600: "invalid request",
    -32601: "unknown method",
    -32602: "invalid parameters",
    -32603: "internal error",
    -32000: "trouble in the wallet",
    -32001: "interrupted",
    -32002: "the wallet misses the name of the caller",
    -32003: "the token is not accepted; look at WALLET_TOKEN",
    1000: "the wallet reaches no node",
    1051: "the network finds the transaction invalid",
    1060: "the network cannot read the transaction",
    1070: "the network could not process the transaction",
    1080: "the network does not support the transaction",
    1089: "refused by the spam protection; send less often",
    2000: "this key is not permitted",
    2001: "cancelled by the application",
    3000: "the user closed the connection",
    3001: "the user rejected it",
    3002: "the user cancelled it",
}


class WalletError(ExchangeConnectionError):
    """The wallet, or the network behind it, refused; `code` and `data` are the wallet's, `status` is HTTP's."""

    def __init__(self, code: int, message: str, data: str, status: int = 200) -> None:
        meaning = _MEANINGS.get(code, message or "no error text")
        super().__init__(NAME, f"wallet, code {code}: {meaning}{f' ({data})' if data else ''}")
        self.code = code
        self.data = data
        self.status = status


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A transaction that the mempool accepted, which is not yet done: the stream of orders tells what became of it.

    Times are text, as the wallet sends them.
    """

    transaction_hash: str
    received_at: str
    sent_at: str


class _Failure(msgspec.Struct):
    code: int = 0
    message: str = ""
    data: Any = ""


class _Answer(msgspec.Struct):
    result: Any = None
    error: _Failure | None = None


_answer = msgspec.json.Decoder(_Answer).decode


class _Service(Exchange):
    """The wallet as REST calls see it."""

    name = NAME
    rest = NOWHERE

    def __init__(self, settings: ExchangeSettings, token: Secret, origin: str) -> None:
        super().__init__(settings)
        self._token = token
        self._origin = origin

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return {"Origin": self._origin, "Authorization": f"VWT {self._token.reveal()}"}

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        try:
            told = _answer(body).error if body else None
        except UNREADABLE:
            told = None
        if told is not None:
            return WalletError(told.code, told.message, str(told.data or ""), status)
        return None if status < 400 else WalletError(0, f"HTTP {status}", "", status)


class VegaWallet:
    """A key of a wallet service, by a long-living token. A transaction is sent once, whatever happens.

    Args:
        token: is seen by nobody but the wallet.
        wallet_url: such as ``http://localhost:1789``; with or without ``/api/v2``.
        pub_key: the public key, which is the party.
        origin: the name under which this program asks; the wallet wants one.
        timeout: seconds for one call.
        clock, transport: time and network, for tests.

    Every call raises:
        WalletError: the wallet or the network refused; the code says why.
        RequestTimeoutError, NetworkError: no answer; a transaction may have been sent.
    """

    def __init__(
        self,
        token: str | Secret,
        wallet_url: str,
        pub_key: str,
        *,
        origin: str = "bt_api_py",
        timeout: float = 10.0,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.pub_key = pub_key
        self._service = _Service(
            rest_settings(wallet_url, timeout), token if isinstance(token, Secret) else Secret(token), origin
        )
        self._clock = clock or SYSTEM_CLOCK
        self._transport = transport or DefaultTransport()
        self._rest = RestClient(self._service, self._transport, self._clock)

    def __repr__(self) -> str:
        return f"VegaWallet('***', {self._service.rest_url!r}, {self.pub_key!r})"

    async def submit_transaction(
        self, tx: Mapping[str, Any], *, sending_mode: SendingMode = "TYPE_SYNC"
    ) -> SentTransaction:
        """Sign and send a transaction, such as `instruction_to_json` makes, and return when the mempool has it."""
        params = {"publicKey": self.pub_key, "sendingMode": sending_mode, "transaction": dict(tx)}
        result = await self.call("client.send_transaction", params)
        found = result if isinstance(result, dict) else {}
        number = found.get("transactionHash") or found.get("txHash")
        if not isinstance(number, str):
            raise DataParseError("wallet", "no hash of the transaction", exchange_name=NAME)
        return SentTransaction(number, str(found.get("receivedAt", "")), str(found.get("sentAt", "")))

    def submit_transaction_sync(
        self, tx: Mapping[str, Any], *, sending_mode: SendingMode = "TYPE_SYNC"
    ) -> SentTransaction:
        """Do what `submit_transaction` does, for programs without asyncio; the connection is closed afterwards.

        Raises:
            RuntimeError: an event loop runs in this thread; await `submit_transaction` there.
        """

        async def submit() -> SentTransaction:
            async with VegaWallet(
                self._service._token,
                self._service.rest_url,
                self.pub_key,
                origin=self._service._origin,
                timeout=self._service.settings.timeout,
                clock=self._clock,
            ) as wallet:
                return await wallet.submit_transaction(tx, sending_mode=sending_mode)

        return asyncio.run(submit())

    async def list_keys(self) -> list[str]:
        """Return the public keys that the token opens."""
        result = await self.call("client.list_keys", {})
        keys = result.get("keys") if isinstance(result, dict) else None
        return [str(key.get("publicKey", "")) for key in keys or () if isinstance(key, dict)]

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Call any other method of the service and return its result."""
        message = {"jsonrpc": "2.0", "method": method, "id": "request", "params": params}
        request = Request(_PATH, _PLAIN, rate=_PACE, body=msgspec.json.encode(message))
        response = await self._rest.send(request, attempts=1)
        try:
            return _answer(response.body).result
        except UNREADABLE as error:
            raise DataParseError("wallet", str(error), exchange_name=NAME) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
