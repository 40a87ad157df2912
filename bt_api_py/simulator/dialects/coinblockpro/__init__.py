"""Coinblockpro: two REST calls and a feed that nobody subscribes.

Source: coinblockpro 0.0.2 (package index, 2021), its REST and web socket servers as they answer.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from itertools import combinations
from typing import Any, Literal

from ...faults import DATA, Frame, HttpFault
from ...instruments import Instrument, canonical
from ...limits import SlidingLimit
from ...text import encode
from ..base import Dialect, Response, Session, UnknownTopicError, json_response
from ..topics import Topic
from .prices import PriceChange, PriceVenue, listed

FEED = "/ticker_feed"
FULL, SINGLE = "/full_ticker", "/single_ticker"

_ASSETS = ("BTC", "LTC", "ETH", "ETC", "XLM", "XRP", "BCH", "DOT", "EUR", "USD")
_PAIRS = tuple(combinations(_ASSETS, 2))
markets = tuple(f"{base}_{quote}".lower() for base, quote in _PAIRS)


class CoinblockproSpot(Dialect[Session]):
    """The 45 prices of Coinblockpro.

    Attributes:
        mode: of the feed's frames: ``"repr"``, the text of a Python dictionary, as the original sends them, or
            ``"json"``.
        is_faithful: as the original does, give each change to one client only and ``None`` to the others, lose a change
            that another overtakes, and begin a connection with the last change that nobody has read. Otherwise every
            client gets every change.
        failure_rate: the share of REST calls that is answered with 500.
        requests_per_second: further REST calls are answered with 429; None: there is no limit.
    """

    name = "COINBLOCKPRO___SPOT"
    session_type = Session
    venue_type = PriceVenue
    venue: PriceVenue

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode: Literal["repr", "json"] = "repr"
        self.is_faithful = False
        self.failure_rate = 0.0
        self.requests_per_second: int | None = None
        self._requests = SlidingLimit(0, 1.0)
        self._unread: Frame | None = None

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _PAIRS)

    def wire_symbol(self, item: Instrument) -> str:
        return f"{item.base}_{item.quote}".lower()

    # -- prices ----------------------------------------------------------------------------------------------

    def push(self, market: str, price: float) -> None:
        """Let a market take a price now and tell it to the clients: at once, or with the next tick when faithful.

        Raises:
            ValueError: no such market, or no price above 0.
        """
        self.venue.set_price(market, price)
        self._publish()

    @property
    def prices(self) -> dict[str, float]:
        """The present price of every market, as both REST and the feed tell it."""
        return {self.wire_symbol(item): self.venue.figure(key) for key, item in self.venue.instruments.items()}

    # -- the feed --------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        return None if path == FEED else self._page(404)

    def opened(self, session: Session) -> None:
        self.join(session, FEED, None)
        if self._unread is not None:
            session.push(self._unread)
            self._unread = None

    def received(self, session: Session, text: str) -> None:
        """Do nothing: the venue reads nothing."""

    def resolve(self, session: Session, name: str) -> tuple[type[Topic], str, str]:
        raise UnknownTopicError(name)

    def tick(self, now: float) -> None:
        super().tick(now)
        self._publish()
        if self._unread is not None and self.sessions:
            lucky = self.venue.random.choice(list(self.sessions))
            for session in list(self.sessions):
                session.push(self._unread if session is lucky else Frame(b"null"))
            self._unread = None

    def _publish(self) -> None:
        for change in self.venue.take_fresh():
            frame = self._frame(change)
            if self.is_faithful:
                self._unread = frame
                continue
            for session in list(self.sessions):
                session.push(frame)

    def _frame(self, change: PriceChange) -> Frame:
        item = self.venue.instruments[change.key]
        payload = encode({self.wire_symbol(item): change.price / 10**item.price_decimals})
        return Frame(payload, DATA, "ticker", "ticker", change.key)

    def spoken(self, data: bytes) -> bytes:
        if self.mode == "json":
            return data
        try:
            return repr(json.loads(data)).encode()
        except ValueError:  # a fault has made rubbish of it
            return data.replace(b'"', b"'")

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return None

    # -- REST ------------------------------------------------------------------------------------------------

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if self.requests_per_second is not None:
            self._requests.count = self.requests_per_second
            if not self._requests.allow(self.venue.now()):
                return self._page(429)
        if self.failure_rate and self.venue.random.random() < self.failure_rate:
            return self._page(500)
        if path == FULL:
            return json_response({"result": self.prices})
        if path == SINGLE:
            return self._single(query.get("market"))
        return self._page(404)

    def _single(self, market: str | None) -> Response:
        if not market:
            return json_response({"error": 'must give "market" parameter!'}, 400)
        item = self.venue.instruments.get(canonical(market))
        if item is None or self.wire_symbol(item) != market:
            return json_response({"error": "market code not recognised!"}, 400)
        return json_response({"result": {market: self.venue.figure(item.symbol)}})

    def error_body(self, status: int) -> str:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
        return f"<!DOCTYPE html><title>{status}</title><h1>{status}: {phrase}</h1>"

    def error_response(self, status: int, fault: HttpFault | None) -> Response:
        headers = super().error_response(status, fault).headers
        return Response(status, self.error_body(status).encode(), headers, "text/html")

    def _page(self, status: int) -> Response:
        return self.error_response(status, None)
