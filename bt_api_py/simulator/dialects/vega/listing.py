"""What Vega lists, markets and assets, and how it writes ids and numbers: every number is a whole one, in text.

Source: Vega data node v0.79.0, API v2, October 2024.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import NamedTuple

from ...account import START
from ...instruments import Instrument, listed
from .messages import Row

_QUIET = 20
_DECIMALS = {
    "BTCUSDT": (1, 4),
    "BTCUSDC": (1, 4),
    "ETHUSDT": (2, 3),
    "SOLUSDT": (2, 1),
    "XRPUSDT": (4, 0),
    "DOGEUSDT": (5, -1),  # counted in tens
}
_FINER = {"SOLUSDT": 1}  # decimals of the price beyond those of its tick
_DATED = ("SOLUSDT", "XRPUSDT")
_ASSETS = {"USDT": (6, "Tether USD"), "USDC": (6, "USD Coin"), "BTC": (8, "Bitcoin"), "VEGA": (18, "Vega")}
_USUAL_PLACES = 18


@lru_cache(100_000)
def hex_id(kind: str, name: object) -> str:
    """Return the id of a thing: 64 letters."""
    return sha256(f"{kind}/{name}".encode()).hexdigest()


def order_number(count: int) -> str:
    """Return the id of an order that no transaction made."""
    return hex_id("order", count)


def draw_keys(chance: Random, secret: str | None) -> tuple[str, str]:
    """Return a party, and the token that opens its wallet."""
    return chance.randbytes(32).hex(), secret or chance.randbytes(32).hex()


def trade_number(count: int) -> str:
    """Return the id of a trade."""
    return hex_id("trade", count)


def instruments(seed: int) -> dict[str, Instrument]:
    """Return the markets that are traded, or were, by key."""
    found = [item for item in listed(seed, _QUIET, _DECIMALS).values() if item.quote in ("USDT", "USDC")]
    return {item.symbol: replace(item, name=market_id(item)) for item in found}


def market_id(item: Instrument) -> str:
    """Return the id of a market."""
    return hex_id("market", item.symbol)


# -- numbers -----------------------------------------------------------------------------------------------------


def price_places(item: Instrument) -> int:
    """Return the decimal places of a market's prices."""
    return item.price_decimals + _FINER.get(item.symbol, 0)


def tick_size(item: Instrument) -> int:
    """Return the smallest step of a market's prices, in the units of the wire."""
    return int(10 ** _FINER.get(item.symbol, 0))


def price(item: Instrument, ticks: int) -> str:
    """Return ticks of the model as the wire's price."""
    return str(ticks * tick_size(item))


def scaled(value: Decimal, places: int) -> str:
    """Return a decimal as a whole number of its smallest unit; what is finer is cut off."""
    return f"{value.scaleb(places).to_integral_value(ROUND_DOWN) + 0:f}"  # + 0: no minus before a zero


# -- assets and markets ------------------------------------------------------------------------------------------


def asset_id(symbol: str) -> str:
    """Return the id of an asset."""
    return hex_id("asset", symbol)


def asset_places(symbol: str) -> int:
    """Return the decimal places of an asset."""
    return _ASSETS[symbol][0] if symbol in _ASSETS else _USUAL_PLACES


def assets(items: Iterable[Instrument]) -> dict[str, str]:
    """Return the symbols of all assets by id: what accounts hold, and what the markets settle in."""
    return {asset_id(symbol): symbol for symbol in [*_ASSETS, *START, *(item.quote for item in items)]}


def asset_row(symbol: str) -> Row:
    """Return an asset."""
    places = asset_places(symbol)
    details = {
        "name": _named(symbol),
        "symbol": symbol,
        "decimals": str(places),
        "quantum": str(10**places),
        "erc20": {"contractAddress": f"0x{hex_id('contract', symbol)[:40]}"},
    }
    return {"id": asset_id(symbol), "details": details, "status": "STATUS_ENABLED"}


def market_row(item: Instrument) -> Row:
    """Return a market."""
    kind = "future" if item.symbol in _DATED else "perpetual"
    product = {"settlementAsset": asset_id(item.quote), "quoteName": item.quote}
    words = {"future": "Future", "perpetual": "Perpetual"}[kind]
    return _market_row(
        market_id(item),
        f"{item.base}/{item.quote}",
        f"{_named(item.base)} / {_named(item.quote)} ({words})",
        {kind: product},
        (price_places(item), item.quantity_decimals),
        status_of(item),
        tick_size(item),
    )


class Unlisted(NamedTuple):
    """A market that only the list of markets knows."""

    id: str
    row: Row
    is_settled: bool


def unlisted() -> list[Unlisted]:
    """Return a spot market that was only proposed, and a contract that was settled."""
    spot, past = hex_id("market", "VEGA/USDT"), hex_id("market", "ETH/USDT-JUN24")
    traded = {"baseAsset": asset_id("VEGA"), "quoteAsset": asset_id("USDT")}
    settled = {"settlementAsset": asset_id("USDT"), "quoteName": "USDT"}
    proposed, over = ("STATE_PROPOSED", "TRADING_MODE_NO_TRADING"), ("STATE_SETTLED", "TRADING_MODE_NO_TRADING")
    return [
        Unlisted(
            spot, _market_row(spot, "VEGA/USDT", "Vega / Tether (Spot)", {"spot": traded}, (4, 2), proposed), False
        ),
        Unlisted(
            past, _market_row(past, "ETH/USDT-JUN24", "ETHUSDT June 2024", {"future": settled}, (2, 3), over), True
        ),
    ]


def _named(symbol: str) -> str:
    return _ASSETS[symbol][1] if symbol in _ASSETS else symbol


def _market_row(
    number: str,
    code: str,
    name: str,
    product: Row,
    places: tuple[int, int],
    status: tuple[str, str],
    tick: int = 1,
) -> Row:
    state, mode = status
    return {
        "id": number,
        "tradableInstrument": {"instrument": {"id": "", "code": code, "name": name, **product}},
        "decimalPlaces": str(places[0]),
        "positionDecimalPlaces": str(places[1]),
        "tradingMode": mode,
        "state": state,
        "tickSize": str(tick),
    }


def status_of(item: Instrument) -> tuple[str, str]:
    """Return the state and the trading mode of a market."""
    if item.halted:
        return "STATE_SUSPENDED_VIA_GOVERNANCE", "TRADING_MODE_SUSPENDED_VIA_GOVERNANCE"
    return "STATE_ACTIVE", "TRADING_MODE_CONTINUOUS"


def is_id(text: str) -> bool:
    """Tell whether a text is an id: 64 letters of a hexadecimal number, in lower case."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")
