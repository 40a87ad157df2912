"""What every exchange shares: the decoder, and the list of what an adapter declares and writes.

Everything here is pure: bytes in, objects out. No socket, no task, no clock and no random number. An adapter imports
all its words from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from ..book.sequence import BookRow
from ..containers.base import Frame, Origin, Place, Topic, nan
from ..exceptions import BtApiError, ConfigurationError, DataParseError, UnsupportedError, did_you_mean
from ..settings import ExchangeSettings
from ..symbols import SymbolStyle
from .channel import (
    UNREADABLE,
    Book,
    Channel,
    ColumnChannel,
    Digits,
    Forms,
    InstrumentRow,
    KeyedChannel,
    PairChannel,
    PatchRow,
    Reader,
    Selection,
    Stamp,
    StepRow,
    TimeData,
    instruments,
)
from .scale import Scale, ScaledRow
from .words import (
    PING_FRAME,
    Accepted,
    Ack,
    Alive,
    Answer,
    Answers,
    Command,
    Control,
    Endpoint,
    Expired,
    Farewell,
    Heartbeat,
    Ignored,
    Item,
    Page,
    Pages,
    Rate,
    Refusal,
    Rejected,
    Request,
    Subscribed,
    Subscription,
    batches,
)

if TYPE_CHECKING:
    from .account_base import PrivateSide


def until(payload: bytes, end: bytes, start: int = 0) -> bytes | None:
    """Return what a frame begins with, up to and with the first `end` behind `start`; ``None`` where there is none."""
    found = payload.find(end, start)
    return payload[: found + len(end)] if found >= 0 else None


@dataclass(slots=True)
class _Route:
    """A name seen on the wire, resolved once."""

    name: str
    channel: Channel
    topic: Topic


_LARGEST_PAGE = 1_000_000  # of a list: an adapter cuts it to what its venue gives
_MOST_ROUTES = 50_000  # names that a socket may bring in before the table is started again


class Exchange:
    """One exchange, described. Subclasses declare facts and give a few short methods for what is odd.

    To declare: `name`, `rest`, `endpoints`, `heartbeat` of each, `symbols`, `intervals`, `channels`. To write:
    `head`, `route`, `split`, `place`, `control`, `commands` (or `subscribe` and `unsubscribe`), the requests and
    `failure`.
    """

    name: ClassVar[str]
    rest: ClassVar[str]
    testnet_rest: ClassVar[str | None] = None
    endpoints: ClassVar[Mapping[str, Endpoint]]
    symbols: ClassVar[SymbolStyle]
    intervals: ClassVar[Mapping[str, str]]  # the user's word -> the venue's
    channels: ClassVar[Mapping[str, Channel]]  # the venue's channel -> how its frames are read
    built: ClassVar[frozenset[str]] = frozenset()  # intervals of which the feed has no bars: they are made from trades
    lists_quiet_bars: ClassVar[bool] = False  # a time without trades has a bar too in the venue's list
    mark: ClassVar[bytes | None] = None  # what ends the part of a data frame that names its topic: see `head`
    heads_lead: ClassVar[bool] = False  # see `head`
    kinds: ClassVar[tuple[str, ...]] = ("ticker", "depth", "trades", "klines")
    polled: ClassVar[Mapping[str, float]] = {}  # kinds that the venue has by REST only -> seconds between two calls
    used_weight_header: ClassVar[str | None] = None
    is_timed: ClassVar[bool] = False  # commands, or calls for the latest bars, carry the time, see `now_ms`
    answers_in_order: ClassVar[bool] = False  # a refusal that names nothing belongs to the oldest unanswered command
    renewal: ClassVar[float | None] = None  # seconds after which what `ticket_request` brought is renewed
    account: ClassVar[type[PrivateSide] | None] = None  # the private side, where there is one

    def __init__(self, settings: ExchangeSettings | None = None) -> None:
        self.settings = settings or ExchangeSettings()
        self._routes: dict[bytes | tuple[str, str] | None, _Route] = {}  # by head, or by frame and market
        self.now_ms = 0  # the venue's time, told before whatever carries it is asked for
        self._topics: dict[str, Topic] = {}
        self._whole: dict[str, PatchRow] = {}  # the newest record of topics whose frames tell only what changed
        self.scales: dict[str, Scale] = {}  # of markets that count in whole units, by the venue's name; see `ScaledRow`
        self.unlisted: set[str] = set()  # markets of which a record came before the list that tells their scale

    # What a venue writes

    def head(self, payload: bytes) -> bytes | None:
        """Return the bytes that name the topic of a data frame, found without parsing; ``None`` when unsure.

        Where `heads_lead`, a head is what its frames begin with, and it holds what ends it: none begins another.
        """
        return None if self.mark is None else until(payload, self.mark)

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

    def ticket_request(self, endpoint_name: str) -> Request | None:
        """Return the call that a venue wants before every socket of an endpoint, for a token or an address."""
        return None

    def renewal_request(self, endpoint_name: str) -> Request:
        """Return the call that keeps a ticket good; made every `renewal` seconds as long as the socket stands."""
        raise NotImplementedError

    def admit(self, url: str, ticket: Any) -> str:
        """Take the record that answers `ticket_request` and return the address to connect to, by default `url`."""
        return url

    def address(self, url: str, names: Sequence[str]) -> str:
        """Return where a socket for these topics is opened: `url`, unless the venue wants them named there."""
        return url

    def heartbeat(self, endpoint_name: str) -> Heartbeat:
        """Return how the next socket is kept alive: as its endpoint says, unless the ticket told otherwise."""
        return self.endpoints[endpoint_name].heartbeat

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        """Return the commands that ask for these topics of one endpoint; `ids` are unique on the socket."""
        return self.commands("subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        """Return the commands that give these topics back."""
        return self.commands("unsubscribe", names, ids)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        """Return the commands for these topics, where asking and giving back differ by a word and no more.

        Args:
            verb: ``"subscribe"`` or ``"unsubscribe"``.
        """
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
        """Return the cheapest call that tells whether anything was traded.

        Trades, a ticker with a `last_trade_id`, or one whose price is all that the venue tells.
        """
        return self.trades_request(venue_symbol, 1)

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        """Ask for the trades whose ids lie between two ids; without a list by id or by time, the latest have to do.

        Args:
            since_ms: the time of the trade `after`, for venues that list by time.
        """
        yield self.trades_request(venue_symbol, _LARGEST_PAGE)

    def trades_since(self, venue_symbol: str, since_ms: int, before: int) -> Pages:
        """Ask for the trades below an id, back to one from before a time; without a list by id, the latest have to do.

        Args:
            since_ms: milliseconds.
        """
        yield self.trades_request(venue_symbol, _LARGEST_PAGE)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        """Return the call for the latest bars; `interval` is the venue's word."""
        raise UnsupportedError(self.name, "no klines by REST")

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        """Ask for the bars that open from `start` to `end`, milliseconds; without a list by time, the latest."""
        yield self.klines_request(venue_symbol, interval, _LARGEST_PAGE)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        """Return the call for a figure of a contract as it is now: ``"mark_price"``, ``"funding_rate"`` …"""
        raise UnsupportedError(self.name, f"no {kind} by REST")

    def instruments_request(self) -> Request:
        """Return the call for the list of markets."""
        raise UnsupportedError(self.name, "no list of markets")

    def instruments(self) -> Answers:
        """Ask for the list of markets, where that takes more than one call."""
        yield self.instruments_request()
        return None

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
        self.forget(name)
        if self._topics.pop(name, None) is not None:
            self._routes.clear()

    def forget(self, name: str) -> None:
        """Leave out what only tells changes of this topic until it is told whole again."""
        self._whole.pop(name, None)

    def decode_raw(self, payload: bytes) -> list[Item]:
        """Return what one frame says, data as plain decoded JSON: the whole frame, as the venue sent it."""
        try:
            name = self.route(payload)
            if name is None:
                return [("", control) for control in self.control(payload)]
            frame = msgspec.json.decode(payload)
            return [(each, frame) for each in self._names_in(name, payload)]
        except UNREADABLE as error:
            return [("", Rejected(f"frame is not understood: {error}"))]

    def reader(self, head: bytes) -> Reader | None:
        """Return what reads frames with this head by the shortest way; ``None`` for heads that `decode` has not seen.

        It returns the objects of frames that hold regular records with nothing wrong; ``None``: `decode` has to look.
        """
        route = self._routes.get(head)
        # An adapter that decodes in a way of its own is asked in that way alone.
        if route is None or type(self).decode is not Exchange.decode:
            return None
        return route.channel.reader(route.topic)

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
            rows, refused = channel.read(payload)
        except UNREADABLE as error:
            return [(name, Rejected(f"frame is not understood: {error}"))]
        if channel.patches:
            rows = self._completed(name, rows, refused)
        if channel.is_scaled:
            rows = self._scaled(rows, route.topic.venue_symbol, refused)
        items: list[Item]
        if channel.mixed:
            items = []
            for index, row in rows:
                own = self._own_route(name, row.venue_symbol)
                item = row if container is None else container(row, own.topic, received, payload, index)
                items.append((own.name, item))
        elif container is None:
            items = [(name, row) for _, row in rows]
        else:
            topic = route.topic
            items = [(name, container(row, topic, received, payload, index)) for index, row in rows]
        if refused:
            items.extend((name, Rejected(detail)) for detail in refused)
        return items

    def _completed(
        self, name: str, rows: Sequence[tuple[Place, Any]], refused: list[str]
    ) -> Sequence[tuple[Place, Any]]:
        """Return the records with what those before told; a change of what was never told whole is refused."""
        found: list[tuple[Place, Any]] = []
        for index, row in rows:
            before = self._whole.get(name)
            whole = row.completed(before)
            if whole is not None:
                self._whole[name] = whole
                found.append((index, whole))
            elif before is None:
                refused.append("a change came before the whole record")
        return found

    def _scaled(
        self, rows: Sequence[tuple[Place, Any]], venue_symbol: str, refused: list[str]
    ) -> Sequence[tuple[Place, Any]]:
        """Return the records with decimal places in their numbers; those of a market without a scale are refused."""
        found: list[tuple[Place, Any]] = []
        for index, row in rows:
            symbol = getattr(row, "venue_symbol", "") or venue_symbol
            scale = self.scales.get(symbol)
            if scale is None:
                self.unlisted.add(symbol)
                refused.append(f"market {symbol!r} is not listed, so its decimal places are not known")
            else:
                row.scale_by(scale)
                found.append((index, row))
        return found

    def _own_route(self, name: str, venue_symbol: str) -> _Route:
        """Return the route of one market in a frame of several."""
        key = name, venue_symbol
        route = self._routes.get(key)
        if route is None:
            word, _, _ = self.split(name)
            route = self._resolve(self.place_raw(word, venue_symbol).name)
            assert route is not None, f"{name} is a channel, so {venue_symbol} has a place there"
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            self._routes[key] = route
        return route

    def _names_in(self, name: str, payload: bytes) -> list[str]:
        """Return the names under which a raw frame is looked for: the channel's, and those of the markets in it."""
        channel = self.channels.get(self.split(name)[0])
        if channel is None or not channel.mixed:
            return [name]
        rows, _ = channel.read(payload)
        return list(dict.fromkeys([name, *(self._own_route(name, row.venue_symbol).name for _, row in rows)]))

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
        if channel.is_scaled:
            rows = self._scaled(rows, topic.venue_symbol, refused)
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


__all__ = [
    "PING_FRAME",
    "UNREADABLE",
    "Accepted",
    "Ack",
    "Alive",
    "Answer",
    "Answers",
    "Book",
    "BookRow",
    "Channel",
    "ColumnChannel",
    "Command",
    "Control",
    "Digits",
    "Endpoint",
    "Exchange",
    "Expired",
    "Farewell",
    "Forms",
    "Heartbeat",
    "Ignored",
    "InstrumentRow",
    "Item",
    "KeyedChannel",
    "Page",
    "Pages",
    "PairChannel",
    "PatchRow",
    "Rate",
    "Reader",
    "Refusal",
    "Rejected",
    "Request",
    "Scale",
    "ScaledRow",
    "Selection",
    "Stamp",
    "StepRow",
    "Subscribed",
    "Subscription",
    "TimeData",
    "batches",
    "instruments",
]
