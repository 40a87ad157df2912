"""The words in which the private side of a venue is described: login, signatures, orders, fills, balances, positions.

Pure like `base`: bytes in, records out. A private side is an `Exchange` of its own, with its own sockets, channels and
REST calls, which the public one names in `Exchange.account`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import msgspec

from ..containers.instrument import SymbolData
from ..containers.order import OrderStatus
from ..exceptions import AuthenticationError
from ..secrets import MASK
from ..settings import ExchangeSettings
from ..symbols import SymbolStyle
from .account_records import (
    BalanceHint,
    BalanceRow,
    FillRow,
    HoldingsRow,
    Kind,
    Note,
    OrderEvent,
    OrderRow,
    OwnFill,
    PositionRow,
    SizedOrder,
    number_of,
    paid,
    status_of,
    time_of,
)
from .base import Answers, Command, Exchange, Pages, Refusal, Request

# What a user can look at when a venue refuses a login or a signature; see `PrivateSide.advice`.
CHECK_KEY = "check the key: does it exist, and is it for this venue, region and environment?"
CHECK_SECRET = "check the secret"
CHECK_PASSPHRASE = "check the passphrase"
CHECK_CLOCK = "check the clock"
CHECK_RIGHTS = "is this address allowed to use the key, and does the key permit reading?"


class SignedCall(msgspec.Struct, frozen=True):
    """A REST call ready to be sent: the query, or the body of a POST, exactly as it was signed, and the headers."""

    query: str
    headers: dict[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"SignedCall('{MASK}')"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("query", MASK)]  # the inherited one shows every field


class LoginCommand(Command, frozen=True):
    """A login: its text holds a key, a signature or a passphrase and shows itself to nobody."""

    def __repr__(self) -> str:
        return f"LoginCommand('{MASK}', id={self.id!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("payload", MASK)]


class PrivateSide(Exchange):
    """The account of one user at one venue.

    To declare: `endpoints` with one entry ``"account"``, `names` (everything that is subscribed there), `channels`
    by the word that `split` gives, `credentials`, `kinds`, `advice`. To write: `login`, `route`, `command`, `control`,
    `sign` and the calls that read the present state.
    """

    kinds: ClassVar[tuple[str, ...]] = ("orders", "fills", "balances")
    symbols = SymbolStyle()
    intervals = {}
    credentials: ClassVar[tuple[str, ...]] = ("api_key", "secret")
    names: ClassVar[tuple[str, ...]]
    advice: ClassVar[Mapping[str, str]]  # the venue's code of a refused login or signature -> what to look at
    endpoint_name: ClassVar[str] = "account"
    lists_by_market: ClassVar[bool] = False  # closed orders and fills are listed for one market at a time
    balances_by_rest: ClassVar[bool] = False  # no event tells balances whole, so they are read again after each
    balances_every: ClassVar[float] = 0.0  # seconds at least between two such readings, where the budget is small
    fills_by_rest: ClassVar[bool] = False  # events tell no fees: fills are read as soon as an order counts more of them
    settles_in: ClassVar[float] = 0.0  # seconds until events are sure to come; the state is read after that
    fills_only: ClassVar[bool] = False  # live events tell fills and no sums: a lost one is missing until the next state
    cancels: ClassVar[frozenset[OrderStatus]] = frozenset()  # ends that the venue tells as a cancellation

    def __init__(self, settings: ExchangeSettings | None = None) -> None:
        super().__init__(settings)
        self.unknown_words: set[str] = set()
        self.markets: Sequence[SymbolData] = ()  # what is listed, for venues whose accounts are subscribed by market

    def login(self, now_ms: int, ids: Iterator[int]) -> Command | None:
        """Return what has to be sent, and acknowledged, before anything is subscribed; ``None`` for nothing.

        Args:
            now_ms: the venue's time.
        """
        raise NotImplementedError

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        """Return a REST call with its signature; `now_ms` is the venue's time."""
        raise NotImplementedError

    def is_clock_error(self, error: Exception) -> bool:
        """Whether the venue refused a call because of its time stamp."""
        return isinstance(error, AuthenticationError) and self.hint(error.code, error.detail) == CHECK_CLOCK

    def hint(self, code: str, text: str) -> str | None:
        """Return what to look at when the venue refused with this code and text; ``None`` when it is no login."""
        return self.advice.get(code)

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self.command(verb, name, next(ids)) for name in names]

    def command(self, verb: str, name: str, number: int) -> Command:
        """Return the command for one subscription: asked for apart, each is refused by itself."""
        raise NotImplementedError

    # The present state. Each yields requests, is sent the records of the answers, and ends when that is all.

    def balances(self) -> Answers:
        """Ask for every balance."""
        raise NotImplementedError

    def positions(self) -> Pages:
        """Ask for every open position."""
        yield from ()

    def open_orders(self) -> Answers:
        """Ask for every open order."""
        raise NotImplementedError

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        """Ask for orders that changed since a time; `symbols` are the venue's, where it wants them one by one."""
        raise NotImplementedError

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        """Ask for one order; of a longer list, the others are left out."""
        raise NotImplementedError

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        """Ask for one's own fills since a time."""
        raise NotImplementedError

    def fills_of(self, venue_symbol: str, order_id: str) -> Pages:
        """Ask for the fills of one order, where `fills_by_rest`."""
        raise NotImplementedError

    # What all share

    def key(self, name: str) -> str:
        """Return a credential.

        Raises:
            KeyError: it is not set; checked before a stream is opened.
        """
        value = getattr(self.settings, name)
        if value is None:
            raise KeyError(name)
        return value if isinstance(value, str) else str(value.reveal())

    def refusal(
        self, text: str, code: str, *, id: str | None = None, name: str | None = None, is_pace: bool = False
    ) -> Refusal:
        """Return a refusal, with what to look at where that is known."""
        hint = self.hint(code, text)
        is_clock = hint == CHECK_CLOCK
        is_login = hint is not None and not is_clock
        detail = advised(text, code, hint)
        return Refusal(detail, id, name, code, is_pace=is_pace, is_login=is_login, is_clock=is_clock)

    @classmethod
    def missing(cls, settings: ExchangeSettings) -> list[str]:
        """Return the names of the credentials that are not set."""
        return [name for name in cls.credentials if not getattr(settings, name)]


def advised(text: str, code: str, hint: str | None) -> str:
    """Return the venue's text with its code, and what to look at where that is known."""
    return (f"{text} (code {code})" if code else text) + (f"; {hint}" if hint else "")


def login_error(exchange_name: str, text: str, code: str, hint: str) -> AuthenticationError:
    """Return the error of a call that the venue does not let this key make."""
    return AuthenticationError(exchange_name, advised(text, code, hint), code=code)


def pages_back(request: Request, parameter: str, field: str, full: int) -> Pages:
    """Ask for a list that begins with the newest, page by page, until one is shorter than a `full` one.

    Args:
        parameter: of the call, for where to go on: behind the record with this number.
        field: of the record, for its number.
    """
    oldest = ""
    while True:
        query = request.query | ({parameter: oldest} if oldest else {})
        rows = yield msgspec.structs.replace(request, query=query)
        last = str(getattr(rows[-1], field)) if rows else oldest
        if len(rows) < full or last == oldest:
            return
        oldest = last


def encoded(query: Mapping[str, str]) -> str:
    """Return a query as it is sent and signed: percent-encoded with upper-case digits, in the given order."""
    return urlencode(query, quote_via=quote, safe="")


__all__ = [
    "CHECK_CLOCK",
    "CHECK_KEY",
    "CHECK_PASSPHRASE",
    "CHECK_RIGHTS",
    "CHECK_SECRET",
    "BalanceHint",
    "BalanceRow",
    "FillRow",
    "HoldingsRow",
    "Kind",
    "LoginCommand",
    "Note",
    "OrderEvent",
    "OrderRow",
    "OwnFill",
    "PositionRow",
    "PrivateSide",
    "SignedCall",
    "SizedOrder",
    "advised",
    "encoded",
    "login_error",
    "number_of",
    "pages_back",
    "paid",
    "status_of",
    "time_of",
]
