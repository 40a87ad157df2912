"""Binance USD-M futures: market streams on their routes, listen keys and user streams, public and signed REST.

Source: USD-M futures documentation, "Websocket Market Streams", "User Data Streams", "Market Data", "Account", change
log to May 2026.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import Account, House
from ...instruments import Instrument, listed
from ...margin import MarginAccount
from ..base import Request, Response, UnknownTopicError, json_response
from ..topics import Topic
from .account_rest import refusal
from .figures import INTERVALS
from .keys import RefusedError, key_owner
from .session import BinanceSession, SwapSession
from .swap_account_rest import ACCOUNT_ROUTES
from .swap_rest import ROUTES, swap_weight
from .swap_streams import ARRAYS, NUMBERS_PER_CHANGE, OF_BOOKS, STREAMS, number_of
from .swap_user import SwapUserSession
from .venue import Binance

_QUIET = 490  # generated markets, so that 500 symbols can be subscribed
_DECIMALS = {"BTCUSDT": (1, 3), "ETHUSDT": (2, 3), "BTCUSDC": (1, 3)}
_KEY_PATH = "/fapi/v1/listenKey"
_KEY_LIFE_S = 3600.0


class BinanceSwap(Binance):
    """Market streams, user streams and REST of Binance's contracts that settle in stable coins."""

    name = "BINANCE___SWAP"
    hosts = ("fapi.binance.com", "fstream.binance.com")
    session_type = SwapSession
    account_type = MarginAccount
    house = House(8_886_774_001, 714_200_000, Decimal("0.0002"), Decimal("0.0005"))
    intervals = {text: rule for text, rule in INTERVALS.items() if text != "1s"}
    timeless = frozenset({"/fapi/v1/ping", "/fapi/v1/time", "/fapi/v1/exchangeInfo"})
    weight_limit = 2_400
    streams = STREAMS
    arrays = ARRAYS
    routes = ROUTES
    account_routes = ACCOUNT_ROUTES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keys: dict[str, tuple[Account, float]] = {}  # by listen key: whose it is, and when it runs out

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        found = listed(seed, _QUIET, _DECIMALS)
        return {key: item for key, item in found.items() if item.quote in ("USDT", "USDC")}

    def weight(self, path: str, query: Mapping[str, str]) -> int:
        return swap_weight(path, query)

    # -- sockets ---------------------------------------------------------------------------------------------

    def takes(self, path: str) -> bool:
        first, *rest = path.strip("/").split("/")
        form = first if first in ("ws", "stream") else rest[0] if rest else ""
        return first in ("public", "market", "private", "ws", "stream") and form in ("ws", "stream")

    def session_for(self, path: str) -> type[BinanceSession]:
        return SwapUserSession if path.startswith("/private/") else SwapSession

    def opened(self, session: BinanceSession) -> None:
        if not isinstance(session, SwapUserSession):
            super().opened(session)

    def resolve(self, session: BinanceSession, name: str) -> tuple[type[Topic], str, str]:
        kind, channel, key = super().resolve(session, name)
        wanted = "public" if issubclass(kind, OF_BOOKS) else "market"
        if isinstance(session, SwapSession) and session.route != wanted:
            raise UnknownTopicError(name)
        return kind, channel, key

    def topic(self, session: BinanceSession, name: str) -> Topic:
        if self.playback is None:
            self.resolve(session, name)  # a topic that exists may still be silent on this route
        return super().topic(session, name)

    def keep_alive(self, session: BinanceSession, now: float) -> None:
        super().keep_alive(session, now)
        if isinstance(session, SwapUserSession) and session.account is not None:
            _, until = self._keys.get(session.listen_key, (None, 0.0))
            if now >= until:
                session.expire()

    # -- listen keys -----------------------------------------------------------------------------------------

    def holder(self, listen_key: str) -> Account | None:
        """Return whose listen key that is; None: nobody's, or it has run out."""
        account, until = self._keys.get(listen_key, (None, 0.0))
        return account if self.venue.now() < until else None

    def expire_logins(self) -> None:
        self._keys.clear()
        for session in list(self.sessions):
            if isinstance(session, SwapUserSession) and session.account is not None:
                session.expire()

    def account_answer(self, request: Request) -> Response | None:
        if request.path == _KEY_PATH and request.method in ("POST", "PUT", "DELETE"):
            return self.weighed(1, lambda: self._key_answer(request))
        return super().account_answer(request)

    def _key_answer(self, request: Request) -> Response:
        try:
            account = key_owner(self, request.headers.get("x-mbx-apikey", ""))
        except RefusedError as error:
            return refusal(error)
        known = next((key for key, (owner, _) in self._keys.items() if owner is account and self.holder(key)), None)
        if request.method != "POST" and known is None:
            return refusal(RefusedError(400, -1125, "This listenKey does not exist."))
        if request.method == "DELETE":
            self._keys.pop(known or "")
            return json_response({})
        if known is None:
            known = "".join(self.venue.random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=64))
        self._keys[known] = (account, self.venue.now() + _KEY_LIFE_S)
        return json_response({"listenKey": known})

    # -- update numbers --------------------------------------------------------------------------------------

    def update_of(self, key: str, sequence: int) -> int:
        return sequence // NUMBERS_PER_CHANGE

    def sequence_of(self, key: str) -> int:
        return number_of(super().sequence_of(key))
