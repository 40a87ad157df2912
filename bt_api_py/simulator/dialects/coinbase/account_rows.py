"""Coinbase account figures: the messages of the user and balance channels, and the rows of REST.

Source: Coinbase Exchange documentation, "WebSocket channels: user, balance", "Accounts"; the rows of orders and fills
are from general knowledge; November 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from ...account import Account, AccountBalance, AccountFill, AccountOrder
from ...instruments import Instrument
from .figures import moment, product_id

_IN_FORCE = {"ioc": "IOC", "fok": "FOK"}
_OTHER = "00000000-0000-4000-8000-00000000ffff"  # the other side of a match


def text(number: Decimal) -> str:
    """Return a number as the venue writes it, with eight decimals at least."""
    written = f"{number.normalize():f}"
    whole, _, rest = written.partition(".")
    return f"{whole}.{rest:<08}"


def user_name(account: Account) -> str:
    return f"{account.number:024x}"


def profile_name(account: Account) -> str:
    return str(UUID(int=account.number, version=4))


def part_name(account: Account, asset: str) -> str:
    """Return the name of an asset's part of the account."""
    number = int.from_bytes(asset.encode()[:6], "big")
    return str(UUID(int=(account.number << 64) | number, version=4))


def _event(kind: str, order: AccountOrder, item: Instrument, sequence: int) -> dict[str, Any]:
    return {"type": kind, "time": moment(order.updated_ms), "product_id": product_id(item), "sequence": sequence}


def received(account: Account, order: AccountOrder, item: Instrument, sequence: int) -> dict[str, Any]:
    row = _event("received", order, item, sequence) | {"order_id": order.order_id, "size": text(order.quantity)}
    if order.price is not None:
        row["price"] = text(order.price)
    if order.budget is not None:
        row["funds"] = text(order.budget)
    kind = "market" if order.type == "market" else "limit"
    row |= {"side": order.side, "order_type": kind, "client_oid": order.client_order_id}
    return row | _owner(account)


def opened(account: Account, order: AccountOrder, item: Instrument, sequence: int) -> dict[str, Any]:
    row = _event("open", order, item, sequence) | {"order_id": order.order_id}
    row |= {"price": text(order.price or Decimal()), "remaining_size": text(order.remaining), "side": order.side}
    return row | _owner(account)


def matched(
    account: Account, order: AccountOrder, fill: AccountFill, item: Instrument, sequence: int, rate: Decimal
) -> dict[str, Any]:
    row = _event("match", order, item, sequence)
    names = (order.order_id, _OTHER) if fill.is_maker else (_OTHER, order.order_id)
    opposite = "sell" if fill.side == "buy" else "buy"
    role = "maker" if fill.is_maker else "taker"
    row |= {
        "trade_id": int(fill.trade_id),
        "maker_order_id": names[0],
        "taker_order_id": names[1],
        "size": text(fill.quantity),
        "price": text(fill.price),
        "side": fill.side if fill.is_maker else opposite,
        f"{role}_user_id": user_name(account),
        f"{role}_profile_id": profile_name(account),
        f"{role}_fee_rate": f"{rate:f}",
    }
    return row | _owner(account)


def done(account: Account, order: AccountOrder, item: Instrument, sequence: int) -> dict[str, Any]:
    row = _event("done", order, item, sequence) | {"order_id": order.order_id}
    if order.price is not None:
        row |= {"price": text(order.price), "remaining_size": text(order.remaining)}
    return row | {"side": order.side, "reason": _reason(order)} | _owner(account)


def _reason(order: AccountOrder) -> str:
    return "filled" if order.status == "filled" else "canceled"


def _owner(account: Account) -> dict[str, Any]:
    return {"user_id": user_name(account), "profile_id": profile_name(account)}


def balance(account: Account, held: AccountBalance) -> dict[str, Any]:
    return {
        "type": "balance",
        "account_id": part_name(account, held.asset),
        "currency": held.asset,
        "holds": text(held.locked),
        "available": text(held.free),
        "updated": moment(held.ms),
        "timestamp": moment(held.ms),
    }


def account_row(account: Account, held: AccountBalance) -> dict[str, Any]:
    return {
        "id": part_name(account, held.asset),
        "currency": held.asset,
        "balance": text(held.total),
        "hold": text(held.locked),
        "available": text(held.free),
        "profile_id": profile_name(account),
        "trading_enabled": True,
    }


def order_row(account: Account, order: AccountOrder, item: Instrument) -> dict[str, Any]:
    row: dict[str, Any] = {"id": order.order_id}
    if order.price is not None:
        row["price"] = text(order.price)
    row |= {
        "size": text(order.quantity),
        "product_id": product_id(item),
        "profile_id": profile_name(account),
        "side": order.side,
        "type": "market" if order.type == "market" else "limit",
        "time_in_force": _IN_FORCE.get(order.type, "GTC"),
        "post_only": order.type == "limit_maker",
        "created_at": moment(order.created_ms),
        "fill_fees": text(order.fee),
        "filled_size": text(order.filled),
        "executed_value": text(order.value),
        "status": "open" if order.is_open else "done",
        "settled": not order.is_open,
        "client_oid": order.client_order_id,
    }
    if not order.is_open:
        row |= {"done_at": moment(order.updated_ms), "done_reason": _reason(order)}
    return row


def fill_row(account: Account, fill: AccountFill, item: Instrument) -> dict[str, Any]:
    return {
        "created_at": moment(fill.ms),
        "trade_id": int(fill.trade_id),
        "product_id": product_id(item),
        "order_id": fill.order_id,
        "user_id": user_name(account),
        "profile_id": profile_name(account),
        "liquidity": "M" if fill.is_maker else "T",
        "price": text(fill.price),
        "size": text(fill.quantity),
        "fee": text(fill.fee),
        "side": fill.side,
        "settled": True,
        "usd_volume": text(fill.price * fill.quantity),
    }
