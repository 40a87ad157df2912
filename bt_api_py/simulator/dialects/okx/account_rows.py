"""OKX account figures: orders, fills, balances and positions as pushes and as REST rows.

Source: OKX v5 documentation, "Order channel", "Account channel", "Positions channel" and their REST twins, July 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountFill, AccountOrder, AccountPosition
from ...instruments import Instrument
from ...text import decimal_text
from .figures import inst_id, inst_type

_TYPES = {"limit": "limit", "market": "market", "limit_maker": "post_only", "ioc": "ioc", "fok": "fok"}
_STATES = {"new": "live", "partial": "partially_filled", "filled": "filled"}  # every other end is "canceled"
_BY_USER, _FOK_REST, _IOC_REST, _WOULD_TAKE = "1", "13", "14", "31"


def whole(number: Decimal) -> str:
    """Return a mean, a profit or a margin, which may have digits without end, with those that are told."""
    return decimal_text(round(number, 18))


def _size(quantity: Decimal | None, item: Instrument) -> str:
    """Return a quantity of the base asset in the venue's unit."""
    return decimal_text(None if quantity is None else quantity / item.contract_value)


def _paid(fee: Decimal) -> str:
    return decimal_text(-fee)  # the venue's fees are negative when they are paid


def _source(order: AccountOrder) -> str:
    if order.status == "canceled":
        return _BY_USER
    if order.status == "rejected":
        return _WOULD_TAKE
    return "" if order.status != "expired" else _FOK_REST if order.type == "fok" else _IOC_REST


def order_row(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an order as REST tells it."""
    last = order.last
    is_spot = inst_type(item) == "SPOT"
    return {
        "instType": inst_type(item),
        "instId": inst_id(item),
        "ordId": order.order_id,
        "clOrdId": order.client_order_id,
        "tag": "",
        "px": decimal_text(order.price),
        "sz": _size(order.quantity, item),
        "ordType": _TYPES[order.type],
        "side": order.side,
        "posSide": "net",
        "tdMode": "cash" if is_spot else "cross",
        "tgtCcy": "base_ccy" if is_spot and order.type == "market" else "",
        "accFillSz": _size(order.filled, item),
        "avgPx": "" if order.avg_price is None else whole(order.avg_price),
        "fillPx": decimal_text(last.price if last else None),
        "fillSz": _size(last.quantity if last else Decimal(0), item),
        "tradeId": last.trade_id if last else "",
        "fillTime": str(last.ms) if last else "",
        "fee": _paid(order.fee),
        "feeCcy": order.fee_asset,
        "rebate": "0",
        "rebateCcy": item.quote,
        "pnl": "0",
        "state": _STATES.get(order.status, "canceled"),
        "lever": "0" if is_spot else "10",
        "cancelSource": _source(order),
        "cancelSourceReason": order.reason,
        "category": "normal",
        "source": "",
        "stpMode": "cancel_maker",
        "reduceOnly": str(order.reduce_only).lower(),
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
    }


def order_push(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an order as the `orders` channel tells it."""
    row, last = order_row(order, item), order.last
    price = order.price if order.price is not None else order.avg_price
    row |= {
        "notionalUsd": decimal_text(order.quantity * price if price is not None else None),
        "fillFee": _paid(last.fee) if last else "0",
        "fillFeeCcy": last.fee_asset if last else "",
        "execType": ("M" if last.is_maker else "T") if last else "",
        "amendResult": "",
        "amendSource": "",
        "reqId": "",
        "code": "0",
        "msg": "",
    }
    return {name: row[name] for name in _PUSH_ORDER}


_PUSH_ORDER = (
    "instType", "instId", "ordId", "clOrdId", "tag", "px", "sz", "notionalUsd", "ordType", "side", "posSide", "tdMode",
    "tgtCcy", "accFillSz", "avgPx", "fillPx", "fillSz", "tradeId", "fillTime", "fillFee", "fillFeeCcy", "execType",
    "fee", "feeCcy", "rebate", "rebateCcy", "pnl", "state", "lever", "cancelSource", "cancelSourceReason", "category",
    "amendResult", "amendSource", "reqId", "code", "msg", "source", "stpMode", "reduceOnly", "cTime", "uTime",
)  # fmt: skip


def fill_row(fill: AccountFill, item: Instrument) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "instType": inst_type(item),
        "instId": inst_id(item),
        "tradeId": fill.trade_id,
        "ordId": fill.order_id,
        "clOrdId": fill.client_order_id,
        "billId": str(int(fill.trade_id) + 10**18),
        "tag": "",
        "fillPx": decimal_text(fill.price),
        "fillSz": _size(fill.quantity, item),
        "side": fill.side,
        "posSide": "net",
        "execType": "M" if fill.is_maker else "T",
        "feeCcy": fill.fee_asset,
        "fee": _paid(fill.fee),
        "fillTime": str(fill.ms),
        "ts": str(fill.ms),
    }


def account_row(balances: Iterable[AccountBalance], total: Decimal, ms: int) -> dict[str, Any]:
    """Return the balances as the `account` channel and REST tell them; total in USD."""
    details = [
        {
            "ccy": held.asset,
            "eq": decimal_text(held.total),
            "cashBal": decimal_text(held.total),
            "availBal": decimal_text(held.free),
            "availEq": decimal_text(held.free),
            "frozenBal": decimal_text(held.locked),
            "ordFrozen": decimal_text(held.locked),
            "upl": "0",
            "uTime": str(held.ms),
        }
        for held in balances
    ]
    return {"uTime": str(ms), "totalEq": decimal_text(round(total, 2)), "details": details}


def total_usd(balances: Iterable[AccountBalance], instruments: Mapping[str, Instrument]) -> Decimal:
    """Return what everything is worth at the usual prices; what has none counts nothing."""
    total = Decimal(0)
    for held in balances:
        item = instruments.get(f"{held.asset}USDT")
        if held.asset in ("USDT", "USDC"):
            total += held.total
        elif item is not None:
            total += held.total * Decimal(item.price).scaleb(-item.price_decimals)
    return total


def position_row(position: AccountPosition, item: Instrument, mark: Decimal, ms: int) -> dict[str, Any]:
    """Return a position as the `positions` channel and REST tell it, at a mark price."""
    notional = abs(position.quantity) * mark
    gain = position.unrealized(mark)
    margin = abs(position.quantity) * position.avg_price / position.leverage
    entry = whole(position.avg_price) if position.quantity else ""
    return {
        "instType": inst_type(item),
        "instId": inst_id(item),
        "posId": position.position_id,
        "posSide": "net",
        "pos": _size(position.quantity, item),
        "avgPx": entry,
        "upl": whole(gain),
        "uplRatio": whole(gain / margin) if margin else "0",
        "lever": decimal_text(position.leverage),
        "liqPx": "",
        "markPx": decimal_text(mark),
        "mgnMode": "cross",
        "margin": "",
        "imr": whole(notional / position.leverage),
        "mmr": whole(notional / 250),
        "notionalUsd": whole(notional),
        "ccy": item.quote,
        "realizedPnl": whole(position.realized - position.fees),
        "fee": whole(-position.fees),
        "fundingFee": "0",
        "bePx": entry,
        "adl": "1",
        "cTime": str(position.created_ms),
        "uTime": str(position.updated_ms),
        "pTime": str(ms),
    }


def light_position_row(position: AccountPosition, item: Instrument) -> dict[str, Any]:
    """Return a position as `balance_and_position` tells it."""
    return {
        "posId": position.position_id,
        "tradeId": "",
        "instId": inst_id(item),
        "instType": inst_type(item),
        "mgnMode": "cross",
        "posSide": "net",
        "pos": _size(position.quantity, item),
        "ccy": item.quote,
        "posCcy": "",
        "avgPx": whole(position.avg_price),
        "uTime": str(position.updated_ms),
    }
