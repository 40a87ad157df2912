"""Vega's data node, REST and streams.

The wallet service answers here too: `/api/v2/requests` and its like are no paths of the node.

Source: Vega data node and wallet v0.79.0, API v2, October 2024, with which the network ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

from ...account import House
from ...instruments import Instrument
from ...limits import BanningLimit
from ...margin import MarginAccount
from ..base import Dialect, Response, UnknownTopicError, json_response
from ..topics import Topic
from .errors import EXHAUSTED, INVALID_ARGUMENT, NOT_FOUND, NodeError, body_of
from .figures import INTERVALS, instruments, market_id, order_number, parse_candle_id, trade_number
from .rest import ROOT, answer
from .session import VegaSession
from .streams import CHANNELS

STREAMS = f"{ROOT}/stream/"
_MOST_STREAMS = 250


class VegaFuture(Dialect[VegaSession]):
    """Market data, accounts and orders of Vega's contracts.

    Attributes:
        page_size: rows on one page of a list, candles aside, unless the client wants another number: fewer than the
            1000 of a real node, so that cursors are needed.
    """

    name = "VEGA___FUTURE"
    session_type = VegaSession
    account_type = MarginAccount
    house = House(1, 1, Decimal(0), Decimal("0.0005"), write_id=order_number, write_trade_id=trade_number)
    intervals = INTERVALS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page_size = 8
        self._markets = {market_id(item): item for item in self.venue.instruments.values()}
        self._requests = BanningLimit(20, 100, 600)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return instruments(seed)

    def wire_symbol(self, item: Instrument) -> str:
        return market_id(item)

    def market(self, number: str) -> Instrument:
        """Return the market of an id.

        Raises:
            NodeError: there is none that is traded.
        """
        if not is_id(number):
            raise NodeError(INVALID_ARGUMENT, "invalid market id")
        if number not in self._markets:
            raise NodeError(NOT_FOUND, "market not found")
        return self._markets[number]

    # -- streams ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path.startswith(STREAMS) and path.removeprefix(STREAMS) in CHANNELS:
            return None
        return json_response(NodeError(NOT_FOUND, "Not Found").body, 404)

    def opened(self, session: VegaSession) -> None:
        if len(self.sessions) > _MOST_STREAMS:
            self.venue.stats.breaches["streams"] += 1
            session.fail(NodeError(EXHAUSTED, "client reached max subscription allowed"))
            return
        try:
            self._begin(session)
        except NodeError as error:
            session.fail(error)

    def _begin(self, session: VegaSession) -> None:
        channel = session.path.removeprefix(STREAMS)
        asked = parse_qs(session.raw_query)
        if channel == "candle/data":
            given = {"candleId": asked.get("candleId", [""])}
        else:
            wanted = asked.get("marketIds") or list(self._markets)
            given = {"marketIds": sorted(set(wanted))}
        name = f"{channel}?{urlencode(given, doseq=True)}"
        try:
            self.join(session, name, self.topic(session, name))
        except UnknownTopicError as error:
            raise NodeError(NOT_FOUND, str(error)) from None

    def resolve(self, session: VegaSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, query = name.partition("?")
        given = parse_qs(query)
        if channel == "candle/data":
            try:
                numbers = [parse_candle_id(given.get("candleId", [""])[0])[1]]
            except ValueError:
                raise NodeError(INVALID_ARGUMENT, "invalid candle id") from None
        else:
            numbers = given["marketIds"]
        keys = [self.market(number).symbol for number in numbers]
        if self.venue.faults.rejected.intersection(keys):
            raise UnknownTopicError("market not found")
        return CHANNELS[channel], channel, keys[0] if len(keys) == 1 else ""

    def received(self, session: VegaSession, text: str) -> None:
        """Take no notice: clients have nothing to say."""

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        return body_of(status)

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if not self._requests.allow(self.venue.now()):
            self.venue.stats.breaches["requests"] += 1
            return json_response(self.error_body(429), 429)
        try:
            return json_response(answer(self, path, query))
        except NodeError as error:
            return json_response(error.body, error.status)


def is_id(text: str) -> bool:
    """Tell whether a text is an id: 64 letters of a hexadecimal number, in lower case."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")
