"""OKX v5 spot.

Source: OKX v5 documentation, "WebSocket overview", "Order book trading", "Public data", "Trading account", July 2026.
"""

from decimal import Decimal

from ...account import House
from ...instruments import Instrument, listed
from .rest import ROUTES
from .streams import CHANNELS
from .venue import Okx

_DECIMALS = {"BTCUSDT": (1, 8), "BTCUSDC": (1, 8), "BNBUSDT": (1, 6)}
_QUIET = 120


class OkxSpot(Okx):
    """Spot market data and accounts of OKX."""

    name = "OKX___SPOT"
    product = "SPOT"
    hosts = ("www.okx.com", "openapi.okx.com", "ws.okx.com")  # those of all products: one recording is one exchange
    house = House(2_497_956_918_703_120_384, 742_000_554, Decimal("0.0008"), Decimal("0.001"))
    channels = CHANNELS
    routes = ROUTES

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)
