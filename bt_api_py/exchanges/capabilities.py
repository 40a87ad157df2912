"""What each exchange offers, read from the declarations of its adapter: the source of `docs/exchanges/index.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..book.sequence import Linked, Rule, Spanning, Unnumbered, Whole
from ..exceptions import UnsupportedError
from . import EXCHANGES, exchange_class
from .base import Endpoint, Exchange, Rate

KINDS = ("ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest", "liquidations")
ACCOUNT_KINDS = ("orders", "fills", "balances", "positions")
_SHALLOW = 20  # levels that most books are read with
_PAIR = ("BTC", "USDT")

_INTRODUCTION = """\
# Exchanges

What each exchange offers, drawn from its adapter's declarations. To draw this page again:
`bt-api exchanges --markdown > docs/exchanges/index.md`.

What the columns of books mean is told in [Adding an exchange](../adding-an-exchange.md): an update names the one before
(*linked*), or the numbers that it covers (*spanning*), or tells of none before (*unnumbered*); or every frame is a
*whole* book.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a venue allows on one endpoint. `lifetime`: seconds until it cuts a socket."""

    endpoint: str
    topics_per_socket: int
    messages: str
    connects: str
    lifetime: float | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What one exchange offers.

    Attributes:
        streams: kinds of public streams; polled: those of them that REST is asked for.
        intervals: of candles; built: those of them that are made from trades.
        account: kinds of account streams.
        book, whole_book: how a book of a few levels, and all of it, is kept true; empty where there is none.
        checksum: whether the venue sends one that is checked.
        missed_trades, missed_klines: by what they are fetched: `"number"`, `"time"`, `"latest"` or nothing.
    """

    exchange: str
    streams: list[str]
    polled: list[str]
    account: list[str]
    intervals: list[str]
    built: list[str]
    book: str
    whole_book: str
    checksum: bool
    missed_trades: str
    missed_klines: str
    limits: list[Limits]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, JSON-ready."""
        return asdict(self)


def offer(name: str) -> Offer:
    """Return what an exchange offers.

    Raises:
        ExchangeNotFoundError: none has this name.
    """
    cls = exchange_class(name)
    exchange = cls()
    books = [_book(exchange, levels) for levels in (_SHALLOW, None)] if "depth" in cls.kinds else []
    endpoints = [*cls.endpoints.items(), *(cls.account.endpoints.items() if cls.account is not None else ())]
    return Offer(
        exchange=cls.name,
        streams=list(cls.kinds),
        polled=list(cls.polled),
        account=list(cls.account.kinds) if cls.account is not None else [],
        intervals=list(cls.intervals) if "klines" in cls.kinds else [],
        built=[word for word in cls.intervals if word in cls.built],
        book=books[0][0] if books else "",
        whole_book=books[1][0] if books else "",
        checksum=any(checked for _, checked in books),
        missed_trades=_missed(cls, "trades"),
        missed_klines=_missed(cls, "klines"),
        limits=[_limits(word, endpoint) for word, endpoint in endpoints],
    )


def _book(exchange: Exchange, levels: int | None) -> tuple[str, bool]:
    try:
        place = exchange.place("depth", exchange.symbols.join(*_PAIR), levels=levels)
    except UnsupportedError:
        return "", False
    book = exchange.channel_of(place.name).book
    assert book is not None, f"{exchange.name}: {place.name} is no book"
    return _word(book.rule), book.checksum is not None


def _word(rule: Rule) -> str:
    match rule:
        case Spanning(linked=True):
            return "spanning and linked"
        case Spanning():
            return "spanning"
        case Linked():
            return "linked"
        case Whole():
            return "whole"
        case Unnumbered():
            return "unnumbered"


def _missed(cls: type[Exchange], kind: str) -> str:
    if kind not in cls.kinds:
        return ""
    between, latest = f"{kind}_between", f"{kind}_request"
    if getattr(cls, between) is not getattr(Exchange, between):
        return "number" if kind == "trades" else "time"
    return "latest" if getattr(cls, latest) is not getattr(Exchange, latest) else ""


def _limits(word: str, endpoint: Endpoint) -> Limits:
    messages = ", ".join(map(_rate, endpoint.paces))
    return Limits(word, endpoint.topics_per_socket, messages, _rate(endpoint.connects), endpoint.lifetime)


def _rate(rate: Rate) -> str:
    return f"{rate.count} in {rate.per_s:g} s"


# The page


def page() -> str:
    """Return `docs/exchanges/index.md`."""
    offers = [offer(name) for name in sorted(EXCHANGES)]
    parts = [_INTRODUCTION, _streams(offers), _accounts(offers), _books(offers), _sockets(offers)]
    return "\n".join(parts)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}", "", _line(head), _line("---" for _ in head), *map(_line, rows)]
    return "\n".join([*lines, ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _link(item: Offer) -> str:
    return f"[`{item.exchange}`]({item.exchange.partition('___')[0].lower()}.md)"


def _streams(offers: Iterable[Offer]) -> str:
    def cells(item: Offer) -> Iterator[str]:
        yield _link(item)
        for kind in KINDS:
            is_built = kind == "klines" and item.built == item.intervals != []
            known = "from trades" if is_built else "yes" if kind in item.streams else ""
            yield "by REST" if kind in item.polled else known

    head = ("exchange", *(kind.replace("_", " ") for kind in KINDS))
    return _table("Market data", head, [list(cells(item)) for item in offers])


def _accounts(offers: Iterable[Offer]) -> str:
    rows = [[_link(item), *("yes" if kind in item.account else "" for kind in ACCOUNT_KINDS)] for item in offers]
    return _table("Your own account", ("exchange", *ACCOUNT_KINDS), rows)


def _books(offers: Iterable[Offer]) -> str:
    head = (
        "exchange",
        f"book, {_SHALLOW} levels",
        "whole book",
        "checksum",
        "missed trades by",
        "missed candles by",
        "candles",
    )
    rows = [
        [
            _link(item),
            item.book,
            item.whole_book,
            "yes" if item.checksum else "",
            item.missed_trades,
            item.missed_klines,
            " ".join(f"`{word}`" for word in item.intervals),
        ]
        for item in offers
    ]
    return _table("Books and back-fill", head, rows)


def _sockets(offers: Iterable[Offer]) -> str:
    head = ("exchange", "socket", "topics on one", "messages sent", "new sockets", "cut after")
    rows = []
    for item in offers:
        for limits in item.limits:
            cut = "" if limits.lifetime is None else f"{limits.lifetime / 3600:g} h"
            counts = (str(limits.topics_per_socket), limits.messages, limits.connects)
            rows.append([_link(item), limits.endpoint, *counts, cut])
    return _table("Limits that are kept", head, rows)
