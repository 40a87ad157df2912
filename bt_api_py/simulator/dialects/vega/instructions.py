"""What the instructions of a transaction do, once it is in a block.

Source: Vega v0.79.0, commands "Batch market instructions", October 2024.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...account import AccountOrder
from ...instruments import Instrument
from ...margin import MarginAccount
from ...market import BUY, SELL
from .account_rows import CLOSED, OFF_TICK, Terms
from .commands import Transaction
from .errors import NodeError
from .listing import hex_id, price_places

if TYPE_CHECKING:
    from . import VegaFuture


def execute(dialect: VegaFuture, account: MarginAccount, transaction: Transaction) -> None:
    """Carry out a transaction: cancellations, then amendments, then submissions. What fails stops nothing else."""
    transaction.is_done = True
    for name, act in (("cancellations", _cancel), ("amendments", _amend), ("submissions", _submit)):
        for place, item in enumerate(transaction.batch[name]):
            try:
                act(dialect, account, item, f"{transaction.hash}/{place}")
            except (NodeError, ValueError) as error:
                transaction.errors.append(f"{name}.{place}: {error}")


def _order(account: MarginAccount, item: Mapping[str, Any], market: Instrument) -> AccountOrder:
    try:
        order = account.order(item["orderId"])
    except KeyError:
        raise ValueError("order not found") from None
    if not order.is_open or order.symbol != market.symbol:
        raise ValueError("order not found")
    return order


def _cancel(dialect: VegaFuture, account: MarginAccount, item: Mapping[str, Any], name: str) -> None:
    market = dialect.market(item["marketId"]) if item.get("marketId") else None
    if market is not None and item.get("orderId"):
        account.cancel(_order(account, item, market))
        return
    for order in account.orders(is_open=True):
        if market is None or order.symbol == market.symbol:
            account.cancel(order)


def _amend(dialect: VegaFuture, account: MarginAccount, item: Mapping[str, Any], name: str) -> None:
    market = dialect.market(item["marketId"])
    order = _order(account, item, market)
    quantity = order.quantity
    if item.get("size") is not None:
        quantity = _size(market, item["size"])
    elif item.get("sizeDelta") is not None:
        quantity += _size(market, item["sizeDelta"])
    if quantity <= order.filled:
        account.cancel(order)
        return
    price = _price(market, item["price"]) if item.get("price") is not None else None
    before = dialect.terms(order)
    time_in_force = str(item.get("timeInForce") or before.time_in_force).removeprefix("TIME_IN_FORCE_")
    expires = int(item.get("expiresAt") or before.expires) if time_in_force == "GTT" else 0
    if time_in_force not in ("GTC", "GTT", before.time_in_force) or (time_in_force == "GTT" and not expires):
        raise ValueError("an order becomes GTC, or GTT with expiresAt")
    now = dialect.venue.server_ms()
    after = replace(before, time_in_force=time_in_force, expires=expires, version=before.version + 1, amended_ms=now)
    dialect.set_terms(order.order_id, after, account)
    try:
        dialect.matching.amend(account, order, quantity, price)
    except ValueError:
        dialect.set_terms(order.order_id, before, account)
        raise


def _submit(dialect: VegaFuture, account: MarginAccount, item: Mapping[str, Any], name: str) -> None:
    market = dialect.market(item["marketId"])
    time_in_force = item["timeInForce"].removeprefix("TIME_IN_FORCE_")
    is_market = item["type"] == "TYPE_MARKET"
    number, reference = hex_id("order", name), str(item.get("reference") or "")
    quantity, price, refusal, odd = _size(market, item["size"]), None, "", ""
    if not is_market:
        price = _price(market, item["price"])
        tick = Decimal(1).scaleb(-market.price_decimals)
        if price % tick:
            refusal, odd = OFF_TICK, str(item["price"])
            price = max(tick, price // tick * tick)
    if market.halted:
        refusal = CLOSED
    elif time_in_force == "GFA":
        refusal = "good for auction"
    kind = "market" if is_market else _kind(time_in_force, bool(item.get("postOnly")))
    expires = int(item.get("expiresAt") or 0)
    dialect.set_terms(number, Terms(reference, time_in_force, expires, price=odd), account)
    side = BUY if item["side"] == "SIDE_BUY" else SELL
    given = (market.symbol, side, quantity, price, kind, reference or None)
    reduce_only = bool(item.get("reduceOnly"))
    if refusal:
        account.refuse(*given, reason=refusal, order_id=number, reduce_only=reduce_only)
    else:
        dialect.matching.submit(account, *given, order_id=number, reduce_only=reduce_only)


def _kind(time_in_force: str, is_post_only: bool) -> str:
    if time_in_force in ("IOC", "FOK"):
        return time_in_force.lower()
    return "limit_maker" if is_post_only else "limit"


def _size(market: Instrument, units: Any) -> Decimal:
    return Decimal(units).scaleb(-market.quantity_decimals)


def _price(market: Instrument, units: Any) -> Decimal:
    return Decimal(units).scaleb(-price_places(market))
