"""The words a venue is described in, and the decoder that all venues share.

Everything here is pure: bytes in, objects out. No socket, no task, no clock and no random number.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from ..book.orderbook import OrderBook
from ..book.sequence import BookRow, Rule
from ..containers.base import Container, Frame, Origin, Row, Topic, nan
from ..containers.instrument import SymbolData
from ..exceptions import BtApiError, ConfigurationError, DataParseError, UnsupportedError, did_you_mean
from ..settings import ExchangeSettings
from ..symbols import SymbolStyle

if TYPE_CHECKING:
    from .account_base import PrivateSide

# How a venue is reached


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `per_s` seconds. `name` tells budgets of one host apart."""

    count: int
    per_s: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How a socket is kept alive and how its death is noticed. Times in seconds.

    Attributes:
        send: what we send after silence: a text, or ``None`` for nothing; ``PING_FRAME`` for a websocket ping.
        within: the venue closes a socket that was silent for longer; the user's `ping_interval` is cut to less.
        silence: without any frame for so long the socket is dead, whatever the settings say; for venues that ping us.
    """

    send: str | None
    within: float | None = None
    silence: float | None = None


PING_FRAME = "\x00websocket ping"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One websocket address of a venue, and its manners.

    Attributes:
        base: scheme, host and port; `path` is appended to it or to the user's base.
        topics_per_socket: a further topic opens another socket.
        sends: messages that we may send on one socket.
        connects: sockets that one address may open.
        lifetime: seconds after which the venue cuts the socket; ``None``: never.
        private: logs in first.
        spares: further bases that serve the same; a second socket of the same topics uses them.
    """

    base: str
    path: str
    heartbeat: Heartbeat
    topics_per_socket: int
    sends: Rate
    connects: Rate
    testnet_base: str | None = None
    lifetime: float | None = None
    private: bool = False
    spares: tuple[str, ...] = ()

    def url(self, settings: ExchangeSettings, host: int = 0) -> str:
        """Return the address to connect to; `host` counts through the base and its spares."""
        base = settings.private_ws_url if self.private else settings.ws_url
        if base is None:
            bases = (self.testnet_base,) if settings.testnet and self.testnet_base else (self.base, *self.spares)
            base = bases[host % len(bases)]
        return base + self.path


@dataclass(frozen=True, slots=True)
class Book:
    """How the frames of a depth channel become a book.

    Attributes:
        rule: see `book.sequence`.
        depth: levels a side that the venue keeps true; ``None``: all it sends.
        checksum: computes what the venue sends, where it does.
        order_count_at: position of the number of orders in a level.
        rest_numbers: whether the book by REST is numbered like the stream.
    """

    rule: Rule
    depth: int | None = None
    checksum: Callable[[OrderBook], int] | None = None
    order_count_at: int | None = None
    rest_numbers: bool = False


class Channel:
    """One kind of frame: which record it holds, where in the frame the record lies, and what it becomes."""

    __slots__ = (
        "_decode",
        "_decode_apart",
        "_is_checked",
        "_rows",
        "book",
        "container",
        "contiguous",
        "many",
        "path",
        "row",
        "sort",
    )

    def __init__(
        self,
        container: type[Container] | None,
        row: Any,
        path: Sequence[str] = (),
        *,
        many: bool = False,
        sort: Callable[[Any], Any] | None = None,
        book: Book | None = None,
        contiguous: bool = False,
    ) -> None:
        """Describe a channel.

        Args:
            container: what users receive; ``None`` for books, whose records go to a keeper.
            row: the `Row` class, as sent by the venue.
            path: keys from the top of the frame to the record; empty when the frame is the record. ``"*"`` stands
                for every element of a list: the records of all groups count as one list.
            many: whether a list of records lies there.
            sort: key that puts the records of one frame in order, where the venue does not promise it.
            book: for depth channels.
            contiguous: for trades: ids grow by exactly one, so a hole can be counted.
        """
        self.container = container
        self.row = row
        self.path = tuple(path)
        self.many = many
        self.sort = sort
        self.book = book
        self.contiguous = contiguous
        self._decode = _decoder(list[row] if many else row, self.path)
        self._decode_apart = _decoder(list[msgspec.Raw] if many else msgspec.Raw, self.path)
        self._rows = _finder(self.path)
        self._is_checked = getattr(row, "defect", None) is not Row.defect

    def read_one(self, payload: bytes) -> Any:
        """Return the only record, ``None`` when there is something wrong with it; `read` then says what.

        Raises:
            msgspec.DecodeError: the payload is no JSON.
        """
        try:
            found = self._decode(payload)
        except msgspec.ValidationError:
            return None
        if self._rows is not None:
            found = self._rows(found)
        return found if not self._is_checked or found.defect() is None else None

    def read(self, payload: bytes) -> tuple[Sequence[tuple[int, Any]], list[str]]:
        """Return the records with their positions, -1 for a single one, and why others were refused.

        Raises:
            msgspec.DecodeError: the payload is no JSON, or there is no record at the path.
        """
        try:
            found = self._decode(payload)
        except msgspec.ValidationError:
            return self._read_apart(payload)
        if self._rows is not None:
            found = self._rows(found)
        if self.many:
            return self._usable(enumerate(found))
        defect = found.defect()
        return ([(-1, found)], []) if defect is None else ([], [defect])

    def _usable(self, rows: Iterable[tuple[int, Any]]) -> tuple[Sequence[tuple[int, Any]], list[str]]:
        usable, refused = [], []
        for index, row in rows:
            defect = row.defect()
            if defect is None:
                usable.append((index, row))
            else:
                refused.append(f"{defect} in row {index}")
        if self.sort is not None and len(usable) > 1:
            key = self.sort
            usable.sort(key=lambda entry: key(entry[1]))
        return usable, refused

    def _read_apart(self, payload: bytes) -> tuple[Sequence[tuple[int, Any]], list[str]]:
        """Decode one record at a time, so that a bad one costs only itself."""
        found = self._decode_apart(payload)
        if self._rows is not None:
            found = self._rows(found)
        good, refused = [], []
        for index, raw in enumerate(found) if self.many else [(-1, found)]:
            try:
                good.append((index, msgspec.json.decode(raw, type=self.row, strict=False)))
            except msgspec.ValidationError as error:
                refused.append(f"{error}" + (f" in row {index}" if self.many else ""))
        usable, defects = self._usable(good)
        return usable, refused + defects


def _decoder(leaf: Any, path: tuple[str, ...]) -> Callable[[bytes], Any]:
    """Return a typed decoder of a payload in which `leaf` lies at `path`."""
    kind = leaf
    for key in reversed(path):
        # A key such as "trade-id" is no attribute name, so paths use plain names only.
        kind = list.__class_getitem__(kind) if key == "*" else msgspec.defstruct("Payload", [(key, kind)])
    return msgspec.json.Decoder(kind, strict=False).decode


def _finder(path: tuple[str, ...]) -> Callable[[Any], Any] | None:
    """Return what leads from a decoded payload to the records, ``None`` when they are the same."""
    if "*" not in path:
        return attrgetter(".".join(path)) if path else None
    star = path.index("*")
    groups, inside = attrgetter(".".join(path[:star])), attrgetter(".".join(path[star + 1 :]))
    return lambda payload: [record for group in groups(payload) for record in inside(group)]


# What a frame can say besides data


class Ack(msgspec.Struct, frozen=True):
    """The venue accepted a command: the one with this id, or the one for this name."""

    id: str | None = None
    name: str | None = None


class Refusal(msgspec.Struct, frozen=True):
    """The venue refused a command: the one with this id, or the one for this name; neither: it did not say which."""

    detail: str
    id: str | None = None
    name: str | None = None
    code: str = ""
    is_symbol: bool = False  # the market does not exist, rather than the channel
    is_pace: bool = False  # too many messages: worth another try
    is_login: bool = False  # key, signature, passphrase, address or permission
    is_clock: bool = False  # the time stamp of a login


class Answer(msgspec.Struct, frozen=True):
    """Send this back at once: the venue pings."""

    payload: str


class Alive(msgspec.Struct, frozen=True):
    """A sign of life without content, such as the answer to our ping."""


class Expired(msgspec.Struct, frozen=True):
    """What was subscribed here is over without the socket being closed: a key was revoked, a token ran out."""

    detail: str


class Farewell(msgspec.Struct, frozen=True):
    """The venue announces that it will close this socket soon."""

    detail: str


class Rejected(msgspec.Struct, frozen=True):
    """A record or a whole frame that could not be used, and why."""

    detail: str


class Ignored(msgspec.Struct, frozen=True):
    """A frame of a kind that this adapter does not know; counted once per kind."""

    kind: str


# What decoders raise for a text that they cannot read; the last for one that is nested without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Control = Ack | Refusal | Answer | Alive | Expired | Farewell | Rejected | Ignored
Item = tuple[str, Any]


class Command(msgspec.Struct, frozen=True):
    """A text to send, the names of the topics it is about, and the id that its answer will carry."""

    payload: str
    names: tuple[str, ...]
    id: str


class Subscription(msgspec.Struct, frozen=True):
    """Where a topic is found: the endpoint, and the venue's name for it there."""

    endpoint: str
    name: str


class Request(msgspec.Struct, frozen=True):
    """A REST call.

    Attributes:
        path: behind the base address.
        query: parameters in the order in which they are sent.
        channel: how the answer is read.
        rate: the budget it is taken from; one without a name is the path's own.
        cost: units of that budget.
        signed: the private side signs it.
    """

    path: str
    channel: Channel
    query: dict[str, str] = {}
    rate: Rate = Rate(10, 1.0)
    cost: int = 1
    signed: bool = False

    @property
    def budget(self) -> str:
        """The name of the budget."""
        return self.rate.name or self.path


# Asks for one page after another: yields a request, is sent the objects of its answer, and ends when that is enough.
Pages = Generator[Request, list[Any], None]


@dataclass(slots=True)
class _Route:
    """A name seen on the wire, resolved once."""

    name: str
    channel: Channel
    topic: Topic


ContainerT = TypeVar("ContainerT", bound=Container)

_LARGEST_PAGE = 1_000_000  # of a list: an adapter cuts it to what its venue gives
_MOST_ROUTES = 50_000  # names that a socket may bring in before the table is started again


def batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield `items` in parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class Exchange:
    """One exchange, described. Subclasses declare facts and give a few short methods for what is odd.

    To declare: `name`, `rest`, `endpoints`, `heartbeat` of each, `symbols`, `intervals`, `channels`. To write:
    `head`, `route`, `split`, `place`, `control`, `subscribe`, `unsubscribe`, the requests and `failure`.
    """

    name: ClassVar[str]
    rest: ClassVar[str]
    testnet_rest: ClassVar[str | None] = None
    endpoints: ClassVar[Mapping[str, Endpoint]]
    symbols: ClassVar[SymbolStyle]
    intervals: ClassVar[Mapping[str, str]]  # the user's word -> the venue's
    channels: ClassVar[Mapping[str, Channel]]  # the venue's channel -> how its frames are read
    kinds: ClassVar[tuple[str, ...]] = ("ticker", "depth", "trades", "klines")
    used_weight_header: ClassVar[str | None] = None
    account: ClassVar[type[PrivateSide] | None] = None  # the private side, where there is one

    def __init__(self, settings: ExchangeSettings | None = None) -> None:
        self.settings = settings or ExchangeSettings()
        self._routes: dict[bytes, _Route] = {}
        self._topics: dict[str, Topic] = {}

    # What a venue writes

    def head(self, payload: bytes) -> bytes | None:
        """Return the bytes that name the topic of a data frame, found without parsing; ``None`` when unsure."""
        return None

    def route(self, payload: bytes) -> str | None:
        """Return the name of the topic of a data frame, by parsing it; ``None`` when it carries no data.

        Raises:
            msgspec.DecodeError: the payload is no JSON.
        """
        raise NotImplementedError

    def split(self, name: str) -> tuple[str, str, str]:
        """Return (channel, venue symbol, venue interval) of a name; empty texts for what it does not hold."""
        raise NotImplementedError

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        """Return where a topic is found.

        Args:
            kind: one of `kinds`.
            interval: of klines, the venue's word.
            levels: of depth; ``None`` for the whole book.
        """
        raise NotImplementedError

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        """Return where the venue's own channel is found; `venue_symbol` is empty when there is none."""
        raise NotImplementedError

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        """Return the commands that ask for these topics of one endpoint; `ids` are unique on the socket."""
        raise NotImplementedError

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        """Return the commands that give these topics back."""
        raise NotImplementedError

    def ask_snapshot(self, name: str, ids: Iterator[int]) -> list[Command]:
        """Return the commands that bring the book's first state over the same socket (rule ``request``)."""
        raise UnsupportedError(self.name, f"{name}: no snapshot on request")

    def control(self, payload: bytes) -> list[Control]:
        """Return what a frame without data says.

        Raises:
            msgspec.DecodeError: the payload is no JSON.
        """
        raise NotImplementedError

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        """Return the error that a REST answer means, ``None`` when it is none; 418 and 429 are judged elsewhere."""
        raise NotImplementedError

    def ticker_request(self, venue_symbol: str) -> Request:
        """Return the call for one ticker."""
        raise UnsupportedError(self.name, "no ticker by REST")

    def tickers_request(self) -> Request:
        """Return the call for the tickers of the whole market."""
        raise UnsupportedError(self.name, "no list of tickers by REST")

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        """Return the call for the book, at least `levels` a side where the venue has them."""
        raise UnsupportedError(self.name, "no book by REST")

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        """Return the call for the latest trades."""
        raise UnsupportedError(self.name, "no trades by REST")

    def last_trade_request(self, venue_symbol: str) -> Request:
        """Return the cheapest call that tells the latest trade: trades, or a ticker with a `last_trade_id`."""
        return self.trades_request(venue_symbol, 1)

    def trades_between(self, venue_symbol: str, after: int, before: int) -> Pages:
        """Ask for the trades whose ids lie between two ids; without a list by id, the latest have to do."""
        yield self.trades_request(venue_symbol, _LARGEST_PAGE)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        """Return the call for the latest bars; `interval` is the venue's word."""
        raise UnsupportedError(self.name, "no klines by REST")

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        """Ask for the bars that open from `start` to `end`, milliseconds; without a list by time, the latest."""
        yield self.klines_request(venue_symbol, interval, _LARGEST_PAGE)

    def instruments_request(self) -> Request:
        """Return the call for the list of markets."""
        raise UnsupportedError(self.name, "no list of markets")

    def time_request(self) -> Request:
        """Return the call for the venue's clock."""
        raise UnsupportedError(self.name, "no server time")

    # What all share

    @property
    def rest_url(self) -> str:
        """The base address of REST calls."""
        if self.settings.rest_url is not None:
            return self.settings.rest_url
        return self.testnet_rest if self.settings.testnet and self.testnet_rest else self.rest

    @property
    def rest_headers(self) -> Mapping[str, str]:
        """Headers that every REST call needs."""
        return {}

    def venue_interval(self, interval: str) -> str:
        """Return the venue's word for an interval.

        Raises:
            ConfigurationError: the venue does not have it; the message names what it has.
        """
        try:
            return self.intervals[interval]
        except (KeyError, TypeError):
            hint = did_you_mean(interval, self.intervals) if isinstance(interval, str) else ""
            raise ConfigurationError(
                f"no interval {interval!r}{hint or ';'} offered: {', '.join(self.intervals)}", exchange_name=self.name
            ) from None

    def user_interval(self, venue_interval: str) -> str:
        """Return the user's word for the venue's interval."""
        return next((word for word, theirs in self.intervals.items() if theirs == venue_interval), venue_interval)

    def bind(self, name: str, topic: Topic) -> None:
        """Let objects of this name carry `topic`: the caller's spelling and the contract factor."""
        self._topics[name] = topic
        self._routes.clear()

    def unbind(self, name: str) -> None:
        """Undo `bind`."""
        if self._topics.pop(name, None) is not None:
            self._routes.clear()

    def decode_raw(self, payload: bytes) -> list[Item]:
        """Return what one frame says, data as plain decoded JSON: the whole frame, as the venue sent it."""
        try:
            name = self.route(payload)
            if name is None:
                return [("", control) for control in self.control(payload)]
            return [(name, msgspec.json.decode(payload))]
        except UNREADABLE as error:
            return [("", Rejected(f"frame is not understood: {error}"))]

    def decode(self, payload: bytes, received: float = nan) -> list[Item]:
        """Return what one frame says, in order: (name, object) for data, ("", control) for the rest.

        The object is a container, for books a `BookRow`, or `Rejected` for a record that cannot be used. Nothing that
        a venue may send raises.

        Args:
            payload: the frame as text in UTF-8, already inflated.
            received: local time of receipt, epoch seconds.
        """
        head = self.head(payload)
        route = self._routes.get(head) if head is not None else None
        if route is None:
            try:
                name = self.route(payload)
                if name is None:
                    return [("", control) for control in self.control(payload)]
                route = self._resolve(name)
            except UNREADABLE as error:
                return [("", Rejected(f"frame is not understood: {error}"))]
            if route is None:
                return [("", Ignored(name))]
            # An escape may hide where the name ends, so that two names would share a head.
            if head is not None and b"\\" not in head:
                if len(self._routes) >= _MOST_ROUTES:
                    self._routes.clear()
                self._routes[head] = route
        channel = route.channel
        name, container = route.name, channel.container
        try:
            if not channel.many:
                # The common case by the shortest way: one record, nothing wrong with it.
                row = channel.read_one(payload)
                if row is not None:
                    return [(name, row if container is None else container(row, route.topic, received, payload))]
            rows, refused = channel.read(payload)
        except UNREADABLE as error:
            return [(name, Rejected(f"frame is not understood: {error}"))]
        items: list[Item]
        if container is None:
            items = [(name, row) for _, row in rows]
        else:
            topic = route.topic
            items = [(name, container(row, topic, received, payload, index)) for index, row in rows]
        if refused:
            items.extend((name, Rejected(detail)) for detail in refused)
        return items

    def channel_of(self, name: str) -> Channel:
        """Return the channel that a name belongs to.

        Raises:
            UnsupportedError: this adapter has none of that name.
        """
        word, _, _ = self.split(name)
        try:
            return self.channels[word]
        except KeyError:
            raise UnsupportedError(self.name, f"no channel {word!r}") from None

    def _resolve(self, name: str) -> _Route | None:
        word, venue_symbol, interval = self.split(name)
        channel = self.channels.get(word)
        if channel is None:
            return None
        topic = self._topics.get(name)
        if topic is None:
            topic = Topic(
                exchange=self.name,
                kind=word,
                symbol=venue_symbol,
                venue_symbol=venue_symbol,
                interval=self.user_interval(interval),
            )
        return _Route(name, channel, msgspec.structs.replace(topic, path=channel.path))

    def read(
        self, request: Request, payload: bytes, topic: Topic, received: float = nan, origin: Origin = "snapshot"
    ) -> tuple[list[Any], list[str]]:
        """Return the objects of a REST answer, trades and bars oldest first, and why records were refused.

        Records that name their own market carry that, otherwise `topic`'s.

        Raises:
            DataParseError: the answer as a whole is not understood.
        """
        channel = request.channel
        try:
            rows, refused = channel.read(payload)
        except UNREADABLE as error:
            raise DataParseError(request.path, str(error), exchange_name=self.name) from error
        if channel.container is None:
            return [row for _, row in rows], refused
        frame = Frame(payload, channel.path)
        topic = msgspec.structs.replace(topic, origin=origin)
        objects: list[Any] = []
        for index, row in rows:
            own = getattr(row, "venue_symbol", None)
            about = topic
            if own is not None and own != topic.venue_symbol:
                factor = getattr(row, "factor", topic.factor)
                about = msgspec.structs.replace(topic, symbol=own, venue_symbol=own, factor=factor)
            objects.append(channel.container(row, about, received, frame, index))
        return objects, refused


class InstrumentRow(Row):
    """Base of the records that describe a market: `venue_symbol`, `base`, `quote` are what makes one."""

    def defect(self) -> str | None:
        for name in ("venue_symbol", "base", "quote"):
            if not getattr(self, name):
                return f"no {name}"
        return None


def instruments(row: type[InstrumentRow], *path: str) -> Channel:
    """Return the channel of a list of markets."""
    return Channel(SymbolData, row, path, many=True)


class Stamp(Row):
    """Base of the record that carries the venue's clock: `timestamp`, milliseconds."""


class TimeData(Container):
    """The venue's clock."""

    __slots__ = ()
    event = "TimeEvent"


def inflate(data: bytes, limit: int) -> bytes:
    """Return the content of one gzip member.

    Raises:
        DataParseError: it is none, or larger than `limit` bytes when inflated.
    """
    inflater = zlib.decompressobj(31)
    try:
        text = inflater.decompress(data, limit)
    except zlib.error as error:
        raise DataParseError("frame", f"no gzip: {error}") from error
    if inflater.unconsumed_tail:
        raise DataParseError("frame", f"larger than {limit} bytes when inflated")
    if not inflater.eof:
        raise DataParseError("frame", "gzip data ends early")
    return text


__all__ = [
    "PING_FRAME",
    "UNREADABLE",
    "Ack",
    "Alive",
    "Answer",
    "Book",
    "BookRow",
    "Channel",
    "Command",
    "Control",
    "Endpoint",
    "Exchange",
    "Expired",
    "Farewell",
    "Heartbeat",
    "Ignored",
    "InstrumentRow",
    "Item",
    "Pages",
    "Rate",
    "Refusal",
    "Rejected",
    "Request",
    "Stamp",
    "Subscription",
    "TimeData",
    "batches",
    "inflate",
    "instruments",
]
