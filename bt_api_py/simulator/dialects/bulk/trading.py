"""BULK transactions: who may send them, and what each action of one does.

Source: BULK API 1.0.15, "Trading", "Signing", "Order responses", May 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...account import AccountOrder
from ...contracts import mark_price
from ...instruments import Instrument
from ...margin import MarginAccount
from ...market import BUY, SELL
from ...signatures import is_ed25519_raw
from ..base import UnknownTopicError
from .account_rows import SETTLED_IN, number, reason_of, signed, status_of
from .base58 import decode, encode
from .codec import Malformed, action_bytes, leverages, message, order_id, pubkey, whole
from .codec import number as parsed
from .figures import MAX_LEVERAGE, MIN_NOTIONAL

if TYPE_CHECKING:
    from . import BulkSwap

_TYPES = {"GTC": "limit", "IOC": "ioc", "ALO": "limit_maker"}
_FAUCET = Decimal(10_000)
_FAUCET_EVERY_MS = 24 * 3_600_000
_ORACLES = ("px", "o")

Status = dict[str, Any]


class Failed(Exception):
    """A transaction that is refused as a whole."""


@dataclass(slots=True)
class Trader:
    """What the venue remembers of an account beside its orders.

    Attributes:
        nonces: used ones, with the signature of their transaction. agents: keys that may sign for it.
        faucet_ms: when it last got funds.
    """

    nonces: dict[int, str] = field(default_factory=dict)
    agents: dict[str, None] = field(default_factory=dict)
    faucet_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Transaction:
    dialect: BulkSwap
    account: MarginAccount
    trader: Trader
    nonce: int


def execute(dialect: BulkSwap, payload: Any) -> Mapping[str, Any]:
    """Carry out a transaction and return the payload of the answer: the one of the websocket, and of `POST /order`."""
    try:
        return {"status": "ok", "response": {"type": "order", "data": {"statuses": _statuses(dialect, payload)}}}
    except Failed as error:
        return {"status": "error", "response": str(error)}


def posts_prices(payload: Any) -> bool:
    """Tell whether a transaction is one of oracle prices alone: the websocket answers it in another form."""
    actions = payload.get("actions") if isinstance(payload, dict) else None
    return (
        isinstance(actions, list)
        and bool(actions)
        and all(isinstance(a, dict) and set(a) <= {*_ORACLES} for a in actions)
    )


def _statuses(dialect: BulkSwap, payload: Any) -> list[Status]:
    if not isinstance(payload, dict) or not isinstance(payload.get("actions"), list) or not payload["actions"]:
        raise Failed("Invalid transaction: no actions")
    try:
        parts = [action_bytes(action) for action in payload["actions"]]
        nonce = whole(payload.get("nonce"))
        key, signer = pubkey(payload.get("account")), pubkey(payload.get("signer"))
        signature = payload.get("signature")
        if not isinstance(signature, str):
            raise Malformed("no signature")
    except ValueError as error:
        raise Failed(f"Invalid transaction: {error}") from None
    account = dialect.account(encode(key))
    if account is None:
        raise Failed("Unknown account")
    trader = dialect.trader(account)
    if signer != key and encode(signer) not in trader.agents:
        raise Failed("Signer is not authorized for this account")
    signed_bytes = message([action + builder for action, builder in parts], nonce, key, dialect.domain)
    if not _is_signed(dialect, signer, signed_bytes, signature):
        raise Failed("Invalid signature")
    ids = [order_id(place, action, nonce, key) for place, (action, _) in enumerate(parts)]
    if nonce in trader.nonces:
        if trader.nonces[nonce] == signature:
            return [{"rejectedDuplicate": {"oid": oid}} for oid in ids]
        raise Failed("Duplicate nonce")
    trader.nonces[nonce] = signature
    transaction = _Transaction(dialect, account, trader, nonce)
    statuses: list[Status] = []
    for action, oid in zip(payload["actions"], ids, strict=True):
        [(tag, body)] = action.items()
        statuses += _HANDLERS[tag](transaction, body, oid)
    return statuses


def _is_signed(dialect: BulkSwap, signer: bytes, signed_bytes: bytes, signature: str) -> bool:
    if not dialect.accounts.strict:
        return bool(signature)
    try:
        return is_ed25519_raw(signer, signed_bytes, decode(signature, 64))
    except ValueError:
        return False


# -- orders ----------------------------------------------------------------------------------------------------


def _limit(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    return [_placed(deal, body, oid, _TYPES[body["tif"]], parsed(body["px"]))]


def _market(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    return [_placed(deal, body, oid, "market", None)]


def _placed(deal: _Transaction, body: Mapping[str, Any], oid: str, kind: str, price: Decimal | None) -> Status:
    try:
        item = _traded(deal, body["c"])
        size = parsed(body["sz"])
        value = size * (price if price is not None else mark_price(deal.dialect.venue.market(item.symbol)))
        if value < Decimal(str(MIN_NOTIONAL)):
            raise ValueError(f"notional {value:.8f} is less than {MIN_NOTIONAL}")
        side = BUY if body["b"] else SELL
        order = deal.dialect.matching.submit(
            deal.account, item.symbol, side, size, price, kind, order_id=oid, reduce_only=body["r"]
        )
    except ValueError as error:
        return {"rejectedInvalid": {"oid": oid, "reason": str(error)}}
    return _told(order)


def _traded(deal: _Transaction, symbol: str) -> Instrument:
    try:
        item = deal.dialect.instrument(symbol)
    except UnknownTopicError:
        raise ValueError(f"unknown symbol: {symbol}") from None
    if item.halted:
        raise ValueError(f"trading is suspended: {symbol}")
    return item


def _told(order: AccountOrder) -> Status:
    """Return how a response tells what became of an order."""
    word, body = status_of(order), {"oid": order.order_id}
    done = signed(order, order.filled)
    if word == "filled" or (word == "cancelledIoc" and order.type == "market" and order.filled):
        word = "filled" if word == "filled" else "partiallyFilled"
        return {word: body | {"totalSz": done, "avgPx": number(order.avg_price)}}
    if word == "working":
        left = signed(order, order.remaining)
        return {word: body | {"filledSz": done, "remainingSz": left, "vwap": number(order.avg_price)}}
    if word == "cancelledIoc":
        return {word: body | {"filledSz": done}}
    if word in ("rejectedRiskLimit", "rejectedInvalid"):
        return {word: body | {"reason": reason_of(order)}}
    return {word: body}


def _open_order(deal: _Transaction, body: Mapping[str, Any]) -> AccountOrder | None:
    try:
        order = deal.account.order(body["oid"])
    except KeyError:
        return None
    return order if order.is_open and deal.dialect.spelled(order.symbol) == body["c"] else None


def _modify(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    named = {"oid": body["oid"]}
    order = _open_order(deal, body)
    if order is None:
        return [{"rejectedInvalid": named | {"reason": "Order not found"}}]
    try:
        deal.account.amend(order, parsed(body["sz"]))
    except ValueError as error:
        return [{"rejectedInvalid": named | {"reason": str(error)}}]
    return [{"modified": named}]


def _cancel(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    order = _open_order(deal, body)
    if order is None:
        refusal = {"reason": "Order not found"}
        deal.dialect.tell(deal.account, "cancelOneRejected", {"symbol": body["c"], "orderId": body["oid"], **refusal})
        return [{"cancelOneRejected": {"oid": body["oid"], **refusal}}]
    deal.account.cancel(order)
    return [{"cancelled": {"oid": order.order_id}}]


def _cancel_all(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    symbols = body["c"]
    chosen = [
        order
        for order in deal.account.orders(is_open=True)
        if not symbols or deal.dialect.spelled(order.symbol) in symbols
    ]
    if not chosen:
        refusal = {"reason": "No open orders"}
        for symbol in symbols or [""]:
            deal.dialect.tell(deal.account, "cancelAllRejected", {"symbol": symbol, **refusal})
        return [{"cancelAllRejected": refusal}]
    return [{"cancelled": {"oid": deal.account.cancel(order).order_id}} for order in chosen]


# -- all else --------------------------------------------------------------------------------------------------


def _error(words: str) -> list[Status]:
    return [{"error": {"message": words}}]


def _oracle(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    if "oracle" not in deal.account.permissions:
        return _error("not an oracle account")
    try:
        item = deal.dialect.instrument(body["c"])
    except UnknownTopicError:
        return _error(f"unknown symbol: {body['c']}")
    deal.dialect.oracles[item.symbol] = float(body["px"])
    return []


def _pyth(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    # The feeds' numbers belong to Pyth: which symbol they mean is not the venue's to say, so no price changes.
    return [] if "oracle" in deal.account.permissions else _error("not an oracle account")


def _faucet(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    account = deal.dialect.account(body["u"])
    now = deal.dialect.venue.server_ms()
    if account is None:
        return [{"depositFailed": {"message": "Unknown account"}}]
    trader = deal.dialect.trader(account)
    if trader.faucet_ms is not None and now - trader.faucet_ms < _FAUCET_EVERY_MS:
        return [{"depositFailed": {"message": "Faucet: once per 24 h"}}]
    amount = _FAUCET if body.get("amount") is None else parsed(body["amount"])
    trader.faucet_ms = now
    account.transfer(SETTLED_IN, amount)
    return [{"deposit": {"amount": number(amount)}}]


def _agent(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    agents = deal.trader.agents
    if body["d"] and body["a"] not in agents:
        return [{"agentWalletFailed": {"message": "Unknown agent wallet"}}]
    if body["d"]:
        del agents[body["a"]]
    else:
        agents[body["a"]] = None
    return [{"agentWallet": {"agentWallet": body["a"]}}]


def _settings(deal: _Transaction, body: Mapping[str, Any], oid: str) -> list[Status]:
    """Choose leverages. No status is known for a success, so there is none: `leverageUpdate` tells of it."""
    for symbol, leverage in leverages(body):
        try:
            if not 1 <= parsed(leverage) <= Decimal(MAX_LEVERAGE):
                raise ValueError(f"leverage {leverage}: 1 to {MAX_LEVERAGE:g}")
            deal.account.set_leverage(_traded(deal, symbol).symbol, parsed(leverage))
        except ValueError as error:
            return _error(str(error))
    return []


_HANDLERS: dict[str, Callable[[_Transaction, Mapping[str, Any], str], Sequence[Status]]] = {
    "l": _limit,
    "m": _market,
    "mod": _modify,
    "cx": _cancel,
    "cxa": _cancel_all,
    "px": _oracle,
    "o": _pyth,
    "faucet": _faucet,
    "agentWalletCreation": _agent,
    "updateUserSettings": _settings,
}
