"""Records of the data node, of REST and of streams alike, as models.

Streams send enumerations as numbers and leave out what is 0, empty or false; REST sends names, and everything. One
function reads both.

Source: Vega v0.79.0, data node API v2 and protocol buffers, state of 2024-10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar

from ...exceptions import DataParseError
from ...exchanges.scale import scaled
from ...exchanges.vega.wire import (
    ACCOUNT_TYPE,
    ASSET_STATUS,
    MARKET_STATE,
    NAME,
    ORDER_ERROR,
    ORDER_STATUS,
    ORDER_TYPE,
    SIDE,
    TIME_IN_FORCE,
    TRADING_MODE,
    whole,
)
from .models import Account, Asset, Market, MarketData, Order, Position

P = ParamSpec("P")
R = TypeVar("R")
Node = Mapping[str, Any]

_PRODUCTS = ("future", "perpetual", "spot")


def _checked(parse: Callable[Concatenate[Node, P], R]) -> Callable[Concatenate[Node, P], R]:
    """Let a function raise DataParseError for whatever is wrong with a record."""

    @wraps(parse)
    def parsed(node: Node, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return parse(node, *args, **kwargs)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            signature(parse).bind(node, *args, **kwargs)  # a call that is wrong is the caller's TypeError
            what = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise DataParseError(parse.__name__.removeprefix("parse_"), what, exchange_name=NAME) from error

    return parsed


@_checked
def parse_asset(node: Node) -> Asset:
    """Return an asset. Raises DataParseError, as all of these do."""
    details = node["details"]
    return Asset(
        _text(node["id"]),
        ASSET_STATUS.read(node.get("status")),
        _text(details.get("name")),
        _text(details.get("symbol")),
        whole(details.get("decimals")),
    )


@_checked
def parse_market(node: Node) -> Market:
    """Return a market of any kind of product; its prices are in `parse_market_data`'s."""
    instrument = node["tradableInstrument"]["instrument"]
    kind = next((kind for kind in _PRODUCTS if instrument.get(kind)), "")
    product = instrument[kind] if kind else {}
    places = whole(node.get("decimalPlaces"))
    return Market(
        _text(node["id"]),
        MARKET_STATE.read(node.get("state")),
        TRADING_MODE.read(node.get("tradingMode")),
        places,
        whole(node.get("positionDecimalPlaces")),
        _text(instrument.get("code")),
        _text(instrument.get("name")),
        _text(product.get("quoteAsset" if kind == "spot" else "settlementAsset")),
        product=kind,
        base_asset_id=_text(product.get("baseAsset")),
        tick_size=scaled(node.get("tickSize") or 1, places),
    )


@_checked
def parse_market_data(node: Node, *, price_decimal_places: int, position_decimal_places: int) -> MarketData:
    """Return what a market is like."""
    price, size = price_decimal_places, position_decimal_places
    return MarketData(
        _text(node["market"]),
        scaled(node.get("markPrice"), price),
        scaled(node.get("bestBidPrice"), price),
        scaled(node.get("bestOfferPrice"), price),
        scaled(node.get("bestBidVolume"), size),
        scaled(node.get("bestOfferVolume"), size),
        scaled(node.get("openInterest"), size),
        TRADING_MODE.read(node.get("marketTradingMode")),
        MARKET_STATE.read(node.get("marketState")),
        whole(node.get("timestamp")),
    )


@_checked
def parse_account(node: Node, asset_decimal_places: int) -> Account:
    """Return an account."""
    return Account(
        _text(node["owner"]),
        ACCOUNT_TYPE.read(node.get("type")),
        scaled(node.get("balance"), asset_decimal_places),
        _text(node["asset"]),
        _text(node.get("marketId")),
    )


@_checked
def parse_order(node: Node, *, position_decimal_places: int, price_decimal_places: int) -> Order:
    """Return an order."""
    reason = node.get("reason")
    return Order(
        _text(node["id"]),
        _text(node["marketId"]),
        scaled(node.get("size"), position_decimal_places),
        scaled(node.get("remaining"), position_decimal_places),
        scaled(node.get("price"), price_decimal_places),
        ORDER_TYPE.read(node.get("type")),
        TIME_IN_FORCE.read(node.get("timeInForce")),
        ORDER_STATUS.read(node.get("status")),
        _text(node["partyId"]),
        SIDE.read(node.get("side")),
        _text(node.get("reference")),
        whole(node.get("version")),
        whole(node.get("createdAt")),
        whole(node.get("updatedAt")),
        "" if ORDER_ERROR.read(reason) == ORDER_ERROR.unspecified else ORDER_ERROR.read(reason),
    )


@_checked
def parse_position(
    node: Node, *, position_decimal_places: int, price_decimal_places: int, asset_decimal_places: int
) -> Position:
    """Return a position. Profit is counted in the decimals of the settlement asset."""
    return Position(
        _text(node["partyId"]),
        _text(node["marketId"]),
        scaled(node.get("openVolume"), position_decimal_places),
        scaled(node.get("averageEntryPrice"), price_decimal_places),
        scaled(node.get("unrealisedPnl"), asset_decimal_places),
        scaled(node.get("realisedPnl"), asset_decimal_places),
        whole(node.get("updatedAt")),
    )


parsers: Mapping[str, Callable[..., Any]] = {
    "markets": parse_market,
    "assets": parse_asset,
    "accounts": parse_account,
    "orders": parse_order,
    "positions": parse_position,
}


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"no text: {str(value)[:80]!r}")
    return value
