"""Binance spot: market streams, the WebSocket API of user streams, public and signed REST.

Source: binance-spot-api-docs, "WebSocket Streams", "WebSocket API", "General endpoints", "Market data endpoints",
"Account endpoints", "User Data Streams", "CHANGELOG" 2026-02-20, July 2026.
"""

from collections.abc import Mapping
from decimal import Decimal

from ...account import House
from ...instruments import Instrument, listed
from ..base import Request, Response, json_response
from .account_rest import SPOT_ROUTES as ACCOUNT_ROUTES
from .figures import INTERVALS
from .rest import SPOT_ROUTES, spot_weight
from .session import BinanceSession
from .streams import STREAMS, MiniTickers
from .user import USER_PATH, UserSession
from .venue import Binance

_QUIET = 490  # generated markets, so that 500 symbols can be subscribed


class BinanceSpot(Binance):
    """Spot market streams, user streams and REST of Binance."""

    name = "BINANCE___SPOT"
    hosts = ("api.binance.com", "www.binance.com", "stream.binance.com", "data-api.binance.vision")
    house = House(55_120_016, 5_514_200_000, Decimal("0.001"), Decimal("0.001"))
    intervals = INTERVALS
    timeless = frozenset({"/api/v3/ping", "/api/v3/time", "/api/v3/exchangeInfo"})
    weight_limit = 6_000
    streams = STREAMS
    arrays = {"!miniTicker@arr": MiniTickers}
    routes = SPOT_ROUTES
    account_routes = ACCOUNT_ROUTES

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET)

    def weight(self, path: str, query: Mapping[str, str]) -> int:
        return spot_weight(path, query)

    def takes(self, path: str) -> bool:
        return path == USER_PATH or path.split("/")[1] in ("ws", "stream")

    def session_for(self, path: str) -> type[BinanceSession]:
        return UserSession if path == USER_PATH else BinanceSession

    def opened(self, session: BinanceSession) -> None:
        if isinstance(session, UserSession):
            self.spend(2)
        else:
            super().opened(session)

    def obey(self, session: BinanceSession, text: str) -> None:
        if isinstance(session, UserSession):
            session.received(text)
        else:
            super().obey(session, text)

    def announce_end(self, session: BinanceSession) -> None:
        event = {"e": "serverShutdown", "E": self.venue.now_ms()}
        if isinstance(session, UserSession):
            session.reply({"event": event})
        else:
            session.reply({"stream": "!serverShutdown", "data": event} if session.combined else event)

    def account_answer(self, request: Request) -> Response | None:
        if request.path == "/api/v3/userDataStream":
            gone = {"code": -1000, "msg": "This endpoint is no longer available."}
            return self.weighed(2, lambda: json_response(gone, 410))
        return super().account_answer(request)

    def expire_logins(self) -> None:
        for session in list(self.sessions):
            if isinstance(session, UserSession):
                session.terminate()
