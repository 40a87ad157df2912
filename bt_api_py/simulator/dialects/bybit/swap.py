"""Bybit linear contracts: market data and accounts.

Source: Bybit v5 documentation, "Public streams", "Market", July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed
from ...margin import MarginAccount
from ...market import Market
from ...text import plain
from .session import BybitSession
from .swap_streams import CHANNELS, ticker_figures
from .venue import Bybit

_DECIMALS = {"BTCUSDT": (1, 3), "ETHUSDT": (2, 2), "BTCUSDC": (1, 3)}
_QUIET = 120


def _uuid(number: int) -> str:
    digits = f"{number:016x}"
    return f"{digits[:8]}-{digits[8:12]}-5{digits[12:15]}-8{digits[15]}00-9c5ff1d23ab4"


class BybitSwap(Bybit):
    """Market data and accounts of Bybit's contracts that settle in stable coins."""

    name = "BYBIT___SWAP"
    category = "linear"
    channels = CHANNELS
    account_type = MarginAccount
    house = House(1_523_347_543_495_541_248, 2_290_000_000, Decimal("0.0002"), Decimal("0.00055"), write_trade_id=_uuid)
    direction = {"L": "PlusTick"}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        found = listed(seed, _QUIET, _DECIMALS)
        return {key: item for key, item in found.items() if item.quote in ("USDT", "USDC")}

    def instrument_row(self, item: Instrument) -> dict[str, Any]:
        lot, tick = plain(1, item.quantity_decimals), plain(1, item.price_decimals)
        lots = {"qtyStep": lot, "minOrderQty": lot, "maxOrderQty": "1190", "maxMktOrderQty": "500"}
        return {
            "symbol": item.symbol,
            "contractType": "LinearPerpetual",
            "status": "Closed" if item.halted else "Trading",
            "baseCoin": item.base,
            "quoteCoin": item.quote,
            "settleCoin": item.quote,
            "launchTime": "1585526400000",
            "deliveryTime": "0",
            "priceScale": str(item.price_decimals),
            "priceFilter": {"minPrice": tick, "maxPrice": "1999999.8", "tickSize": tick},
            "lotSizeFilter": lots | {"minNotionalValue": "5"},
            "fundingInterval": 480,
        }

    def ticker_row(self, market: Market, ms: int) -> dict[str, str]:
        return ticker_figures(market, ms)

    def pong(self, session: BybitSession, message: Mapping[str, Any]) -> dict[str, Any]:
        number = message.get("req_id", "")
        return {"success": True, "ret_msg": "pong", "conn_id": session.connection, "req_id": number, "op": "ping"}
