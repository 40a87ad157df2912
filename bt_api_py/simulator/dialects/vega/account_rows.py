"""Vega's records of a party: orders, positions, accounts, margin levels and its own trades, in the form of REST.

Source: Vega data node v0.79.0, API v2, October 2024. What margin levels hold is not documented: here as the network's
usual factors give it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ...account import AccountFill, AccountOrder, AccountPosition
from ...contracts import mark_price
from ...margin import MarginAccount
from ...market import BUY
from ...matching import CROSSING, MARGIN, REDUCE_ONLY, SELF_CROSSING
from .figures import NS
from .listing import asset_id, asset_places, hex_id, market_id, price_places, scaled
from .messages import Row

if TYPE_CHECKING:
    from . import VegaFuture

CLOSED, OFF_TICK = "market closed", "price not on a tick"
_TIMES_IN_FORCE = {"limit": "GTC", "limit_maker": "GTC", "market": "IOC", "ioc": "IOC", "fok": "FOK"}
_REASONS = {
    CLOSED: "ORDER_ERROR_MARKET_CLOSED",
    MARGIN: "ORDER_ERROR_MARGIN_CHECK_FAILED",
    SELF_CROSSING: "ORDER_ERROR_SELF_TRADING",
    CROSSING: "ORDER_ERROR_POST_ONLY_ORDER_WOULD_TRADE",
    OFF_TICK: "ORDER_ERROR_PRICE_NOT_IN_TICK_SIZE",
}
_STOPPED = (SELF_CROSSING, REDUCE_ONLY)
_LEVELS = {  # of the margin that is set aside
    "maintenanceMargin": Decimal("0.6"),
    "searchLevel": Decimal("0.8"),
    "initialMargin": Decimal(1),
    "collateralReleaseLevel": Decimal("1.2"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What Vega knows of an order beyond `AccountOrder`.

    Attributes:
        time_in_force: such as "GTT". expires: in ns, 0 for never. amended_ms: 0 before the first amendment.
        price: as it was sent, where the market knows no such price.
    """

    reference: str = ""
    time_in_force: str = "GTC"
    expires: int = 0
    version: int = 1
    amended_ms: int = 0
    price: str = ""


def terms_of(order: AccountOrder) -> Terms:
    """Return the terms of an order that no transaction made."""
    return Terms(order.client_order_id, _TIMES_IN_FORCE[order.type])


def order_row(dialect: VegaFuture, account: MarginAccount, order: AccountOrder) -> Row:
    """Return an order."""
    item = dialect.venue.instruments[order.symbol]
    terms = dialect.terms(order)
    updated = order.updated_ms if dialect.fills_touch_orders and order.filled else terms.amended_ms
    limit = "0" if order.price is None else scaled(order.price, price_places(item))
    row: Row = {
        "id": order.order_id,
        "marketId": market_id(item),
        "partyId": account.api_key,
        "side": f"SIDE_{order.side.upper()}",
        "price": terms.price or limit,
        "size": scaled(order.quantity, item.quantity_decimals),
        "remaining": scaled(order.remaining, item.quantity_decimals),
        "timeInForce": f"TIME_IN_FORCE_{terms.time_in_force}",
        "type": _type_of(order),
        "createdAt": str(order.created_ms * NS),
        "status": f"STATUS_{_status_of(order, terms)}",
        "expiresAt": str(terms.expires),
        "reference": terms.reference,
        "updatedAt": str(updated * NS),
        "version": str(terms.version),
        "batchId": "1",
        "postOnly": order.type == "limit_maker",
        "reduceOnly": order.reduce_only,
        "peggedOrder": None,
        "icebergOrder": None,
        "liquidityProvisionId": "",
    }
    if order.status == "rejected" and order.reason in _REASONS:
        row["reason"] = _REASONS[order.reason]
    return row


def _type_of(order: AccountOrder) -> str:
    if order.type != "market":
        return "TYPE_LIMIT"
    return "TYPE_NETWORK" if order.reason else "TYPE_MARKET"  # it was the network that placed it, for that reason


def _status_of(order: AccountOrder, terms: Terms) -> str:
    if order.status == "expired":
        if terms.time_in_force not in ("IOC", "FOK"):
            return "EXPIRED"
        return "PARTIALLY_FILLED" if order.filled else "STOPPED"
    if order.status in ("rejected", "canceled") and order.reason in _STOPPED:
        return "STOPPED"
    words = {"new": "ACTIVE", "partial": "ACTIVE", "filled": "FILLED", "canceled": "CANCELLED", "rejected": "REJECTED"}
    return words[order.status]


def position_row(dialect: VegaFuture, account: MarginAccount, position: AccountPosition) -> Row:
    """Return a position: what it is now, and all profit that the party has made in the market."""
    item = dialect.venue.instruments[position.symbol]
    places = asset_places(item.quote)
    before = [row for row in account.closed_positions() if row.symbol == position.symbol]
    every = [*before, position] if position.quantity else before
    unrealised = position.unrealized(mark_price(dialect.venue.market(item.symbol)))
    entry = position.avg_price if position.quantity else Decimal(0)
    return {
        "marketId": market_id(item),
        "partyId": account.api_key,
        "openVolume": scaled(position.quantity, item.quantity_decimals),
        "realisedPnl": scaled(sum((row.realized for row in every), Decimal(0)), places),
        "unrealisedPnl": scaled(unrealised, places),
        "averageEntryPrice": scaled(entry, price_places(item)),
        "updatedAt": str(position.updated_ms * NS),
        "lossSocialisationAmount": "0",
        "positionStatus": "POSITION_STATUS_UNSPECIFIED",
        "takerFeesPaid": scaled(sum((row.fees for row in every), Decimal(0)), places),
        "makerFeesReceived": "0",
        "fundingPaymentAmount": "0",
    }


def position_rows(dialect: VegaFuture, account: MarginAccount) -> Iterator[Row]:
    """Yield the positions that a party has, or had."""
    for symbol in account.leverages():
        position = account.position_of(symbol)
        if position.position_id:
            yield position_row(dialect, account, position)


def general_row(account: MarginAccount, asset: str) -> Row:
    """Return what a party holds of an asset and may use."""
    held = account.balances()[asset]
    return {
        "owner": account.api_key,
        "balance": scaled(held.free, asset_places(asset)),
        "asset": asset_id(asset),
        "marketId": "",
        "type": "ACCOUNT_TYPE_GENERAL",
    }


def margin_row(dialect: VegaFuture, account: MarginAccount, symbol: str) -> Row:
    """Return what is set aside for a market."""
    item = dialect.venue.instruments[symbol]
    return {
        "owner": account.api_key,
        "balance": scaled(account.margin_of(symbol), asset_places(item.quote)),
        "asset": asset_id(item.quote),
        "marketId": market_id(item),
        "type": "ACCOUNT_TYPE_MARGIN",
    }


def account_rows(dialect: VegaFuture, account: MarginAccount) -> Iterator[Row]:
    """Yield the accounts of a party: one per asset, and one per market that it ever used."""
    for asset in account.balances():
        yield general_row(account, asset)
    for symbol in dict.fromkeys([*account.leverages(), *(order.symbol for order in account.orders())]):
        yield margin_row(dialect, account, symbol)


def margin_levels_row(dialect: VegaFuture, account: MarginAccount, symbol: str) -> Row:
    """Return at which margins of a market the network acts."""
    item = dialect.venue.instruments[symbol]
    places, used = asset_places(item.quote), account.margin_of(symbol)
    return {
        **{name: scaled(used * share, places) for name, share in _LEVELS.items()},
        "partyId": account.api_key,
        "marketId": market_id(item),
        "asset": asset_id(item.quote),
        "timestamp": str(dialect.venue.server_ms() * NS),
    }


def own_trade_row(dialect: VegaFuture, account: MarginAccount, fill: AccountFill) -> Row:
    """Return a match of a party's order, with the party on its side of it."""
    item = dialect.venue.instruments[fill.symbol]
    own = (account.api_key, fill.order_id)
    other = (hex_id("party", fill.trade_id), hex_id("other", fill.trade_id))
    bought = fill.side == BUY
    (buyer, buys), (seller, sells) = (own, other) if bought else (other, own)
    paid, free = _fees(scaled(fill.fee, asset_places(item.quote))), _fees("0")
    return {
        "id": fill.trade_id,
        "marketId": market_id(item),
        "price": scaled(fill.price, price_places(item)),
        "size": scaled(fill.quantity, item.quantity_decimals),
        "buyer": buyer,
        "seller": seller,
        "aggressor": "SIDE_BUY" if bought != fill.is_maker else "SIDE_SELL",
        "buyOrder": buys,
        "sellOrder": sells,
        "timestamp": str(fill.ms * NS),
        "type": "TYPE_DEFAULT",
        "buyerFee": paid if bought else free,
        "sellerFee": free if bought else paid,
    }


def _fees(amount: str) -> Row:
    """Return what one side of a trade pays, all of it for the infrastructure."""
    return {"makerFee": "0", "infrastructureFee": amount, "liquidityFee": "0"}
