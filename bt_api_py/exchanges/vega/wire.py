"""What everything that talks to a Vega data node shares: paths, sockets, words, numbers and refusals.

Source: Vega v0.79.0, data node API v2 and protocol buffers, state of 2024-10. The network was closed in 2024, so no
address is built in.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Place
from ...exceptions import BtApiError, ConfigurationError, DataParseError, InvalidSymbolError, RequestFailedError
from ...settings import ExchangeSettings
from ..base import PING_FRAME, UNREADABLE, Channel, Endpoint, Expired, Heartbeat, Page, Rate, Request

NAME = "VEGA___FUTURE"
API = "/api/v2"
STREAMS = f"{API}/stream"
PACE = Rate(20, 1.0, "node")  # the node refills 20 calls each second, and bans for ten minutes who goes on above that
NOWHERE = "https://vega.invalid"  # no node may be assumed: the user names one

INVALID_ARGUMENT, NOT_FOUND = 3, 5  # gRPC status numbers, in `code`
HOPELESS = {INVALID_ARGUMENT, NOT_FOUND, 7, 12, 16}  # forbidden, unimplemented, unauthenticated: the same next time

TOO_LONG = "initial image spans multiple pages"  # more than a thousand rows for the beginning of a stream

UNSPECIFIED = "UNSPECIFIED"
LONGEST_PAGE = 5000  # rows that a list may have on a page
_LONGEST = 80  # digits of a number: the largest that the network has are of 256 bits
_MOST_STREAMS = 250 - 4  # of one address; four are left for an account


class Words:
    """An enumeration: its numbers, which streams send, and its names, which REST sends."""

    def __init__(self, prefix: str, **numbers: int) -> None:
        self._names = {number: f"{prefix}_{name}" for name, number in numbers.items()}
        self.unspecified = f"{prefix}_{UNSPECIFIED}"

    def read(self, value: object) -> str:
        """Return the name in full, whichever form it came in; what was left out is ``..._UNSPECIFIED``.

        A number that nobody knows is ``UNKNOWN_<number>``.
        """
        if value in (None, 0, "", "0"):
            return self.unspecified
        if isinstance(value, str) and not value.isdecimal():
            return value
        try:
            number = int(str(value))
        except ValueError:
            return f"UNKNOWN_{value}"
        return self._names.get(number, f"UNKNOWN_{number}")


SIDE = Words("SIDE", BUY=1, SELL=2)
ORDER_STATUS = Words(
    "STATUS", ACTIVE=1, EXPIRED=2, CANCELLED=3, STOPPED=4, FILLED=5, REJECTED=6, PARTIALLY_FILLED=7, PARKED=8
)
ORDER_TYPE = Words("TYPE", LIMIT=1, MARKET=2, NETWORK=3)
TIME_IN_FORCE = Words("TIME_IN_FORCE", GTC=1, GTT=2, IOC=3, FOK=4, GFA=5, GFN=6)
ACCOUNT_TYPE = Words(
    "ACCOUNT_TYPE",
    INSURANCE=1,
    SETTLEMENT=2,
    MARGIN=3,
    GENERAL=4,
    FEES_INFRASTRUCTURE=5,
    FEES_LIQUIDITY=6,
    FEES_MAKER=7,
    BOND=9,
    EXTERNAL=10,
    GLOBAL_INSURANCE=11,
    GLOBAL_REWARD=12,
    PENDING_TRANSFERS=13,
    HOLDING=18,
    LP_LIQUIDITY_FEES=19,
    NETWORK_TREASURY=21,
    VESTING_REWARDS=22,
    VESTED_REWARDS=23,
    ORDER_MARGIN=29,
)
MARKET_STATE = Words(
    "STATE",
    PROPOSED=1,
    REJECTED=2,
    PENDING=3,
    CANCELLED=4,
    ACTIVE=5,
    SUSPENDED=6,
    CLOSED=7,
    TRADING_TERMINATED=8,
    SETTLED=9,
    SUSPENDED_VIA_GOVERNANCE=10,
)
TRADING_MODE = Words(
    "TRADING_MODE",
    CONTINUOUS=1,
    BATCH_AUCTION=2,
    OPENING_AUCTION=3,
    MONITORING_AUCTION=4,
    NO_TRADING=5,
    SUSPENDED_VIA_GOVERNANCE=6,
    LONG_BLOCK_AUCTION=7,
    PROTOCOL_AUTOMATED_PURCHASE_AUCTION=8,
)
ASSET_STATUS = Words("STATUS", PROPOSED=1, REJECTED=2, PENDING_LISTING=3, ENABLED=4)
ORDER_ERROR = Words(
    "ORDER_ERROR",
    INVALID_MARKET_ID=1,
    MARKET_CLOSED=13,
    MARGIN_CHECK_FAILED=14,
    INVALID_SIZE=17,
    SELF_TRADING=20,
    INSUFFICIENT_FUNDS_TO_PAY_FEES=21,
    POST_ONLY_ORDER_WOULD_TRADE=49,
    PRICE_NOT_IN_TICK_SIZE=53,
)


def whole(value: object) -> int:
    """Return a whole number, sent as text or as a number; what was left out is 0.

    Raises:
        ValueError: it is none.
    """
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > _LONGEST:
        raise ValueError(f"no whole number: {str(value)[:_LONGEST]!r}")
    return int(value)


def endpoint(path: str = "", *, private: bool = False) -> Endpoint:
    """Return the socket of one stream; `path` holds its filter as well."""
    return Endpoint(
        NOWHERE.replace("https", "wss"),
        f"{STREAMS}/{path}",
        Heartbeat(send=PING_FRAME),  # the node itself never pings
        topics_per_socket=1,
        sends=Rate(1, 1.0),
        connects=PACE,
        private=private,
        most_sockets=_MOST_STREAMS,
    )


class Refused(msgspec.Struct):
    """How a node refuses, by REST and in streams."""

    code: int = 0
    message: str = ""

    @classmethod
    def of(cls, body: bytes) -> Refused:
        """Return the refusal in a REST answer, an empty one where it holds none."""
        try:
            return _refused(body)
        except UNREADABLE:
            return cls()


_refused = msgspec.json.Decoder(Refused).decode


def ended(error: Refused) -> Expired:
    """Return that a stream has ended, and may be had again."""
    return Expired(f"the node ended the stream: {error.message} (code {error.code})")


class Frame(msgspec.Struct):
    """A message of a stream."""

    result: dict[str, msgspec.Raw] = {}
    error: Refused | None = None

    @property
    def held(self) -> str:
        """What a result is about, or ``"snapshot"`` or ``"updates"``; empty when there is none."""
        return next(iter(self.result), "")


frame = msgspec.json.Decoder(Frame).decode


def failure(path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    if status < 400:
        return None
    refused = Refused.of(body)
    text = refused.message or "no error text"
    if refused.code == NOT_FOUND and path.startswith(f"{API}/market/"):
        return InvalidSymbolError(NAME, path.removeprefix(f"{API}/market/").split("/")[0], text)
    return RequestFailedError(NAME, path, text, status, str(refused.code or ""))


def node_of(settings: ExchangeSettings) -> str:
    """Return the address of the node.

    Raises:
        ConfigurationError: the user names none.
    """
    if settings.rest_url is None:
        raise ConfigurationError("no public node is left: name one by rest_url and ws_url", exchange_name=NAME)
    return settings.rest_url


# Lists


class Edge(msgspec.Struct):
    """An entry of a list."""

    node: msgspec.Raw


class PageInfo(msgspec.Struct):
    """Whether a list goes on, and where."""

    has_next: bool = field(name="hasNextPage", default=False)
    end: str = field(name="endCursor", default="")


class Listing(msgspec.Struct):
    """A page of a list."""

    edges: list[Edge] = []
    info: PageInfo = field(name="pageInfo", default_factory=PageInfo)


_listings = msgspec.json.Decoder(dict[str, Listing]).decode


def listing(path: str, body: bytes) -> Listing:
    """Return the only list of an answer.

    Raises:
        DataParseError: there is none.
    """
    try:
        [found] = _listings(body).values()
    except (*UNREADABLE, ValueError) as error:
        raise DataParseError(path, f"no list in pages: {error}", exchange_name=NAME) from error
    return found


def next_cursor(path: str, page: Listing, cursor: str) -> str:
    """Return the cursor that leads on behind a page, which `cursor` led to; empty on the last one.

    Raises:
        DataParseError: there is more, and nothing leads there.
    """
    if not page.info.has_next:
        return ""
    if page.info.end in ("", cursor):
        raise DataParseError(path, "more pages, and no cursor that leads there", exchange_name=NAME)
    return page.info.end


def every_page(request: Request) -> Generator[Request, Page, list[Any]]:
    """Ask for a list to its last page, and return its objects."""
    found: list[Any] = []
    page = yield request
    cursor = ""
    while True:
        found += page
        cursor = next_cursor(request.path, listing(request.path, page.body), cursor)
        if not cursor:
            return found
        page = yield msgspec.structs.replace(request, query={**request.query, "pagination.after": cursor})


class ListChannel(Channel):
    """A page of a list, whose records lie in `edges`, each in a `node` of its own."""

    __slots__ = ()

    def __init__(self, container: Any, row: Any, key: str, *, newest_first: bool = False) -> None:
        super().__init__(container, row, (key, "edges"), many=True, newest_first=newest_first)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        good: list[tuple[Place, Any]] = []
        refused = []
        for index, edge in enumerate(_edges(payload, self.path[0])):
            try:
                good.append(((index, "node"), msgspec.json.decode(edge.node, type=self.row, strict=False)))
            except msgspec.ValidationError as error:
                refused.append(f"{error} in row {index}")
        usable, defects = self._usable(good)
        return usable, refused + defects


def _edges(payload: bytes, key: str) -> list[Edge]:
    lists = _listings(payload)
    if key not in lists:
        raise msgspec.ValidationError(f"no list {key!r}")
    return lists[key].edges
