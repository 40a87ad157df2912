"""OKX v5 perpetual contracts that settle in the quote asset.

Source: OKX v5 documentation, "WebSocket overview", "Order book trading", "Public data", "Trading account", July 2026.
"""

from dataclasses import replace
from decimal import Decimal

from ...account import House
from ...instruments import Instrument, listed
from ...margin import MarginAccount
from .swap_rest import ROUTES
from .swap_streams import CHANNELS
from .venue import Okx

_QUIET = 120
# Base asset per contract; a lot is a hundredth of a contract at least, so that it has these decimals of the base asset.
_VALUES = {"BTC": "0.01", "ETH": "0.1", "SOL": "1", "BNB": "0.01", "XRP": "100", "DOGE": "1000"}
_DECIMALS = {
    "BTCUSDT": (1, 4),
    "BTCUSDC": (1, 4),
    "ETHUSDT": (2, 3),
    "SOLUSDT": (2, 2),
    "BNBUSDT": (1, 4),
    "XRPUSDT": (4, 0),
    "DOGEUSDT": (5, 0),
}
_QUIET_VALUE = "10"


class OkxSwap(Okx):
    """Market data and accounts of OKX's contracts."""

    name = "OKX___SWAP"
    product = "SWAP"
    account_type = MarginAccount
    house = House(2_510_789_768_709_120_384, 1_310_000_554, Decimal("0.0002"), Decimal("0.0005"))
    channels = CHANNELS
    routes = ROUTES

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        found = listed(seed, _QUIET, _DECIMALS)
        return {key: _contract(item) for key, item in found.items() if item.quote in ("USDT", "USDC")}


def _contract(item: Instrument) -> Instrument:
    value = Decimal(_VALUES.get(item.base, _QUIET_VALUE))
    return replace(item, name=f"{item.base}-{item.quote}-SWAP", contract_value=value)
