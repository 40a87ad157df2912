"""Vega's wallet service, which signs and sends for its user: JSON-RPC over HTTP.

Source: Vega wallet v0.79.0, API v2, October 2024. The words of errors, and the answers of methods other than
`client.send_transaction` and `client.list_keys`, are not documented.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...margin import MarginAccount
from ..base import Request, Response, json_response
from .commands import SPAM, Refused, checked
from .listing import is_id
from .rest import ROOT

if TYPE_CHECKING:
    from . import VegaFuture

_PARSE, _INVALID, _UNKNOWN, _PARAMS = -32700, -32600, -32601, -32602
_STANDARD = {
    _PARSE: "Parse error",
    _INVALID: "Invalid Request",
    _UNKNOWN: "Method not found",
    _PARAMS: "Invalid params",
}
_HOST, _AUTHENTICATION = -32002, -32003
_NO_NODE, _NOT_PERMITTED = 1000, 2000
_MODES: dict[Any, int] = {"TYPE_ASYNC": 1, "TYPE_SYNC": 2, "TYPE_COMMIT": 3, 1: 1, 2: 2, 3: 3}
_COMMIT = 3


class RpcError(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, data: str, *, status: int = 400) -> None:
        super().__init__(data)
        self.code = code
        self.status = status

    @property
    def body(self) -> dict[str, Any]:
        """Return the error as the wallet tells it."""
        return {"code": self.code, "message": _message(self.code), "data": str(self)}


def _message(code: int) -> str:
    if code in _STANDARD:
        return _STANDARD[code]
    if code < 0:
        return "Server error"
    return "Network error" if code < _NOT_PERMITTED else "Application error"


def answer_wallet(dialect: VegaFuture, request: Request) -> Response | None:
    """Return the answer of the wallet; None to a request that is not for it."""
    match request.method, request.path.removeprefix(ROOT):
        case "GET", "/health":
            return Response(200)
        case "GET", "/methods":
            return json_response({"registeredMethods": list(_METHODS)})
        case "POST", "/requests":
            return _requested(dialect, request)
    return None


def _requested(dialect: VegaFuture, request: Request) -> Response:
    number: Any = None
    try:
        if not request.headers.get("origin"):
            raise RpcError(_HOST, "the Origin header is required")
        message = _parsed(request.body)
        number = message.get("id")
        result = _METHODS[message["method"]](dialect, _token(dialect, message, request), message.get("params") or {})
    except RpcError as error:
        answer = {"jsonrpc": "2.0", "error": error.body} | ({"id": number} if isinstance(number, str) else {})
        return json_response(answer, error.status)
    if number is None:
        return Response(204)
    return json_response({"jsonrpc": "2.0", "result": result, "id": number})


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        raise RpcError(_PARSE, "not JSON") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        raise RpcError(_INVALID, "not a JSON-RPC 2.0 request")
    if not isinstance(message.get("id", ""), str):
        raise RpcError(_INVALID, "the id must be a string")
    if message["method"] not in _METHODS:
        raise RpcError(_UNKNOWN, f"unknown method {message['method']!r}")
    if not isinstance(message.get("params") or {}, dict):
        raise RpcError(_PARAMS, "the params must be an object")
    return message


def _token(dialect: VegaFuture, message: Mapping[str, Any], request: Request) -> str:
    """Return the token of a request that needs one.

    Raises:
        RpcError: it has none, or one that opens no wallet.
    """
    if message["method"] in _OPEN:
        return ""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "VWT" or not token:
        raise RpcError(_AUTHENTICATION, "the Authorization header must hold a token: VWT <token>", status=401)
    if dialect.accounts.strict and not _keys(dialect, token):
        raise RpcError(_AUTHENTICATION, "the token is not valid", status=401)
    return token


def _keys(dialect: VegaFuture, token: str) -> list[MarginAccount]:
    """Return the parties whose keys a token opens: any that there are, unless strict."""
    return [party for party in dialect.parties() if not dialect.accounts.strict or party.secret == token]


# -- methods -----------------------------------------------------------------------------------------------------

_Params = Mapping[str, Any]


def _nothing(dialect: VegaFuture, token: str, params: _Params) -> Any:
    return None


def _chain(dialect: VegaFuture, token: str, params: _Params) -> Any:
    return {"chainID": "bt-api-simulator"}


def _list_keys(dialect: VegaFuture, token: str, params: _Params) -> Any:
    keys = [{"name": f"Key {party.number}", "publicKey": party.api_key} for party in _keys(dialect, token)]
    return {"keys": keys}


def _sign(dialect: VegaFuture, token: str, params: _Params) -> Any:
    account, batch = _taken(dialect, token, params)
    return {"transaction": _signed(account, batch)}


def _send(dialect: VegaFuture, token: str, params: _Params) -> Any:
    received = _moment(dialect)
    mode = _MODES.get(params.get("sendingMode"))
    if mode is None:
        raise RpcError(_PARAMS, "the sending mode is required: TYPE_ASYNC, TYPE_SYNC or TYPE_COMMIT")
    account, batch = _taken(dialect, token, params)
    if dialect.venue.faults.refuse is not None:
        raise RpcError(_NO_NODE, "no healthy node available")
    if not dialect.may_send(account):
        raise RpcError(SPAM, "the transaction was refused by the spam protection")
    transaction = dialect.send(account, batch)
    if mode == _COMMIT:
        dialect.make_block()
    return {
        "receivedAt": received,
        "sentAt": _moment(dialect),
        dialect.hash_name: transaction.hash,
        "transaction": _signed(account, batch),
    }


def _taken(dialect: VegaFuture, token: str, params: _Params) -> tuple[MarginAccount, dict[str, Any]]:
    """Return the party and the batch of a transaction.

    Raises:
        RpcError: the party is not this token's, or the network would not take the transaction.
    """
    key = params.get("publicKey")
    account = dialect.party(key) if isinstance(key, str) and is_id(key) else None
    if account is None:
        raise RpcError(_PARAMS, "the public key is required, and must be known")
    if account not in _keys(dialect, token):
        raise RpcError(_NOT_PERMITTED, "the public key is not allowed to be used")
    try:
        return account, checked(params.get("transaction"))
    except Refused as error:
        raise RpcError(error.code, str(error)) from None


def _signed(account: MarginAccount, batch: Mapping[str, Any]) -> dict[str, Any]:
    data = base64.b64encode(json.dumps({"batchMarketInstructions": batch}).encode()).decode()
    return {"inputData": data, "pubKey": account.api_key}


def _moment(dialect: VegaFuture) -> str:
    moment = datetime.fromtimestamp(dialect.venue.server_ms() / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_METHODS: dict[str, Callable[[VegaFuture, str, _Params], Any]] = {
    "client.connect_wallet": _nothing,
    "client.disconnect_wallet": _nothing,
    "client.list_keys": _list_keys,
    "client.get_chain_id": _chain,
    "client.sign_transaction": _sign,
    "client.check_transaction": _sign,
    "client.send_transaction": _send,
}
_OPEN = ("client.get_chain_id",)  # methods that need no token
