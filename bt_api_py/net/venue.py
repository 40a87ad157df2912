"""One exchange as one program uses it: its markets, its REST calls, its topics and the sockets they are spread over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..containers import BarData, SymbolData
from ..containers.base import Origin, Topic, row_of
from ..containers.derivatives import FIGURES, FigureData
from ..exceptions import BtApiError, DataParseError, InvalidSymbolError, SubscribeError, UnsupportedError
from ..exchanges.account_base import PrivateSide
from ..exchanges.base import Answers, Channel, Exchange, Request, Subscription
from ..symbols import SymbolTable
from .account import KINDS, Account
from .books import BookFeed
from .built import BuiltKlineFeed
from .carrier import Carrier
from .feed import Feed, respelled
from .figures import FigureFeed, LiquidationFeed
from .klines import KlineFeed
from .making import MADE, Making
from .polling import POLLED, Polling
from .rest import RestClient
from .session import Session
from .snapshots import SnapshotQueue
from .stream import EventKind, Mailbox, StreamEvent
from .trades import TradeFeed
from .venue_clock import VenueClock

if TYPE_CHECKING:
    from .hub import Hub

log = logging.getLogger("bt_api_py.net")

E = TypeVar("E", bound=Exchange)

_MARKETS_KEPT = 3600.0  # seconds for which a list of markets is believed
_FAILURE_KEPT = 0.5  # seconds for which it counts as out of reach: a group of topics asks once, not once for each
_CLOSING_GRACE_MS = 2000  # clocks differ: a bar that ended this recently may still change

_FEEDS: dict[str, type[Feed]] = {
    "trades": TradeFeed,
    "klines": KlineFeed,
    "depth": BookFeed,
    "liquidations": LiquidationFeed,
    **dict.fromkeys(FIGURES, FigureFeed),
}


class Venue:
    """Feeds and sessions of one exchange."""

    def __init__(self, hub: Hub, exchange: Exchange) -> None:
        self.hub = hub
        self.exchange = exchange
        self._scales = exchange.scales  # one table for all adapters of this exchange
        self.name = exchange.name
        self.settings = exchange.settings
        self.clock = hub.clock
        self.transport = hub.transport
        self.rest = RestClient(exchange, hub.transport, hub.clock)
        self.feeds: dict[tuple[str, str, bool], Feed] = {}
        self.sessions: list[Carrier] = []
        self.numbers = count(1)  # of sessions, for their labels
        self._markets: SymbolTable[SymbolData] | None = None
        self._markets_at = 0.0
        self._asking_markets: asyncio.Task[SymbolTable[SymbolData]] | None = None
        self._no_markets: tuple[float, BtApiError] | None = None  # when and why they were out of reach
        self.account: Account | None = None
        self.time = VenueClock(self)
        self.snapshots = SnapshotQueue(self)

    def now_ms(self) -> int:
        """Return the time of day in milliseconds."""
        return int(self.clock.now() * 1000)

    # Markets

    async def markets(self, *, anew: bool = False) -> SymbolTable[SymbolData]:
        """Return the list of markets, from memory for an hour unless it is wanted anew.

        Raises:
            BtApiError: the venue's list is out of reach.
        """
        known = None if anew else self.known_markets
        if known is None:
            topic = Topic(self.name, "symbols")
            found = await self.collect(self.exchange.instruments(), topic, origin="snapshot", attempts=1)
            known = self._markets = SymbolTable(self.name, [self._own_name(market) for market in found])
            self._markets_at = self.clock.monotonic()
            for market in found:
                scale = row_of(market).scale
                if scale is not None:
                    self._scales[market.get_venue_symbol()] = scale
        return known

    @property
    def known_markets(self) -> SymbolTable[SymbolData] | None:
        """The list of markets if it is at hand and not too old."""
        is_fresh = self.clock.monotonic() - self._markets_at < _MARKETS_KEPT
        return self._markets if is_fresh else None

    def _own_name(self, market: SymbolData) -> SymbolData:
        base, quote = market.get_base_asset(), market.get_quote_asset()
        topic = Topic(
            self.name,
            "symbols",
            symbol=f"{base}-{quote}",
            venue_symbol=market.get_venue_symbol(),
            origin="snapshot",
            factor=market.get_contract_multiplier(),
        )
        return market.spelled(topic)

    async def resolve(self, symbol: str, kind: str, interval: str = "") -> Topic:
        """Return the topic that a symbol in any spelling names.

        Without the venue's list of markets (REST is out of reach) the spelling is guessed by known quote assets.

        Raises:
            InvalidSymbolError: no such market; the message names near ones.
        """
        try:
            market = (await self._shared_markets()).find(symbol)
        except InvalidSymbolError:
            raise
        except BtApiError as error:
            if self.exchange.symbols.is_opaque:
                raise
            guess = self.exchange.symbols.guess(symbol)
            if guess is None:
                detail = f"the list of markets is out of reach ({error}) and the quote asset is not a known one"
                raise InvalidSymbolError(self.name, symbol, detail) from error
            log.warning("%s: list of markets out of reach (%s); taking %s for %s", self.name, error, guess, symbol)
            return Topic(self.name, kind, symbol, guess, interval)
        factor = market.get_contract_multiplier()
        return Topic(self.name, kind, symbol, market.get_venue_symbol(), interval, factor=factor)

    async def _shared_markets(self) -> SymbolTable[SymbolData]:
        """Return the list of markets; callers at one time share one call, and its failure."""
        known = self.known_markets
        if known is not None:
            return known
        if self._no_markets is not None and self.clock.monotonic() - self._no_markets[0] < _FAILURE_KEPT:
            raise self._no_markets[1]
        task = self._asking_markets
        if task is None:
            task = self._asking_markets = self.hub.spawn(self.markets(), f"{self.name} markets")
            task.add_done_callback(self._markets_asked)
        return await asyncio.shield(task)

    def _markets_asked(self, task: asyncio.Task[Any]) -> None:
        self._asking_markets = None
        error = None if task.cancelled() else task.exception()  # callers have it; nobody may be left to look
        self._no_markets = (self.clock.monotonic(), error) if isinstance(error, BtApiError) else None

    # Topics

    async def open(self, box: Mailbox) -> None:
        """Find the feed of a box, or make it, and begin to fill the box.

        Raises:
            InvalidSymbolError, UnsupportedError: the venue does not have it.
        """
        wish = box.wish
        if wish.kind in KINDS:
            await self._open_private(box)
            return
        topic = (
            await self.resolve(wish.symbol, wish.kind, wish.interval) if wish.symbol else Topic(self.name, wish.kind)
        )
        if box.is_closed:
            return
        raw = wish.kind == "raw"
        if raw:
            place = self.exchange.place_raw(wish.channel, topic.venue_symbol)
        elif wish.kind in self.exchange.polled:
            place = Subscription(POLLED, f"{wish.kind} {topic.venue_symbol}")
        elif wish.kind == "klines" and wish.interval in self.exchange.built:
            place = Subscription(MADE, f"klines {topic.venue_symbol} {wish.interval}")
        else:
            interval = self.exchange.venue_interval(wish.interval) if wish.interval else ""
            place = self.exchange.place(wish.kind, topic.venue_symbol, interval=interval, levels=wish.levels)
        self._feed_at(place, topic, raw).attach(box, topic)

    def feed_of_trades(self, topic: Topic) -> Feed:
        """Return the feed of a market's trades."""
        return self._feed_at(self.exchange.place("trades", topic.venue_symbol), topic, raw=False)

    def _feed_at(self, place: Subscription, topic: Topic, raw: bool) -> Feed:
        return self.feeds.get((place.endpoint, place.name, raw)) or self._new_feed(place, topic, raw)

    def _new_feed(self, place: Subscription, topic: Topic, raw: bool) -> Feed:
        session = self._session_for(place.endpoint, raw)
        has_no_channel = raw or place.endpoint in (POLLED, MADE)
        channel = _RAW if has_no_channel else self.exchange.channel_of(place.name)
        if channel.container is not None and topic.kind in FIGURES:
            # The channel may be another kind's, whose records tell this figure too.
            topic = msgspec.structs.replace(topic, kind=channel.container.kind)
        kind = Feed if raw else BuiltKlineFeed if place.endpoint == MADE else _FEEDS.get(topic.kind, Feed)
        feed = kind(self, session, place.name, channel, topic)
        self.feeds[place.endpoint, place.name, raw] = feed
        session.add(feed)
        return feed

    def _session_for(self, endpoint: str, raw: bool) -> Carrier:
        for session in self.sessions:
            if session.endpoint_name == endpoint and session.raw == raw and session.has_room:
                return session
        new: Carrier
        if endpoint == POLLED:
            new = Polling(self, next(self.numbers))
        elif endpoint == MADE:
            new = Making(self, next(self.numbers))
        else:
            self._check_room(endpoint)
            new = Session(self, endpoint, next(self.numbers), exchange=self._adapter(type(self.exchange)), raw=raw)
        self.sessions.append(new)
        return new

    def _adapter(self, kind: type[E]) -> E:
        """Return an adapter that knows what this exchange has learnt of its markets."""
        adapter = kind(self.settings)
        adapter.scales = self._scales
        return adapter

    def _check_room(self, name: str) -> None:
        """Check that the venue lets another socket be opened.

        Raises:
            SubscribeError: it does not.
        """
        most = self.exchange.endpoints[name].most_sockets
        if most is not None and sum(session.endpoint_name == name for session in self.sessions) >= most:
            raise SubscribeError(self.name, f"no more than {most} sockets may be open; close a stream first")

    def release(self, box: Mailbox) -> None:
        """Take a box off its feed; a feed without readers is given back after a while."""
        feed = box.source
        box.source = None
        if isinstance(feed, Account):
            feed.detach(box)
            if not feed.boxes:
                feed.unused_since = self.clock.monotonic()
                if self.hub.is_closing or not self.settings.websocket.linger:
                    self.drop_account(feed)
        if not isinstance(feed, Feed):
            return
        feed.detach(box)
        if not feed.boxes:
            feed.unused_since = self.clock.monotonic()
            if self.hub.is_closing or not self.settings.websocket.linger:
                self._drop(feed)

    def _drop(self, feed: Feed) -> None:
        key = feed.session.endpoint_name, feed.name, feed.session.raw
        if self.feeds.get(key) is feed:
            del self.feeds[key]
        feed.session.remove(feed)
        if not feed.session.feeds and feed.session in self.sessions:
            self.sessions.remove(feed.session)
            self.hub.spawn(feed.session.close(), f"{feed.session.label} closing")

    def fail(self, feed: Feed, error: BtApiError) -> None:
        """End a topic: every reader gets the error, and the next one starts afresh."""
        feed.fail(error)
        for box in feed.boxes:
            box.source = None
        feed.boxes.clear()
        self._drop(feed)

    # The account

    async def _open_private(self, box: Mailbox) -> None:
        wish = box.wish
        topic = await self.resolve(wish.symbol, wish.kind) if wish.symbol else Topic(self.name, wish.kind)
        try:
            markets = await self._shared_markets()
        except BtApiError as error:
            log.warning(
                "%s: list of markets out of reach (%s); symbols stay as the venue writes them", self.name, error
            )
            markets = None
        if box.is_closed:
            return
        if self.account is None:
            kind = self.exchange.account
            assert kind is not None, f"{self.name} has no account streams"
            self.account = Account(self, self._adapter(kind), markets)
            self.account.open()
        self.account.attach(box, topic)

    def private_rest(self, private: PrivateSide) -> RestClient:
        """Return a client whose signed calls carry the venue's time."""
        return RestClient(
            private, self.transport, self.clock, signing_ms=self.time.for_signing, refused=self.time.forget
        )

    def drop_account(self, account: Account) -> None:
        """Give the account's subscriptions back and close its sockets."""
        if self.account is account:
            self.account = None
        for session in account.sessions:
            if session in self.sessions:
                self.sessions.remove(session)
                self.hub.spawn(session.close(), f"{session.label} closing")

    # Services for feeds and sessions

    def later(self, delay: float, call: Callable[[], None]) -> None:
        """Call after some seconds of the hub's clock."""

        async def wait() -> None:
            await self.clock.sleep(delay)
            call()

        self.hub.spawn(wait(), f"{self.name} timer")

    def tell(self, event: StreamEvent) -> None:
        """Pass an event on to those who watch the status."""
        self.hub.tell(event)

    def announce(self, kind: EventKind, connection: str, cause: str = "") -> None:
        """Tell those who watch the status what happened to a connection."""
        text = f"{connection}: {cause}" if cause else connection
        self.tell(StreamEvent(kind, self.name, cause=text, timestamp=self.now_ms()))

    @property
    def shortest_patience(self) -> float:
        """The shortest `stale_after` of any reader."""
        return min((feed.stale_after for feed in self.feeds.values()), default=self.settings.websocket.stale_after)

    def restart(self, cause: str) -> None:
        """Replace every socket."""
        for session in self.sessions:
            session.restart(cause)

    def tick(self) -> None:
        """Called about once a second."""
        unused_before = self.clock.monotonic() - self.settings.websocket.linger
        for feed in list(self.feeds.values()):
            if not feed.boxes and feed.unused_since <= unused_before:
                self._drop(feed)
            else:
                feed.tick()
        for session in self.sessions:
            session.tick()
        account = self.account
        if account is not None and not account.boxes and account.unused_since <= unused_before:
            self.drop_account(account)

    def health(self) -> dict[str, Any]:
        """Return what is known of this exchange, JSON-ready."""
        return {
            "connections": {session.label: session.health() for session in self.sessions},
            "topics": [feed.health() for feed in self.feeds.values()],
            "snapshots": self.snapshots.health(),
            "account": None if self.account is None else self.account.health(),
            "rest_calls": self.rest.calls,
            "rest_rejected": self.rest.rejected,
        }

    # Snapshots for users

    async def collect(
        self,
        pages: Answers,
        topic: Topic,
        rest: RestClient | None = None,
        *,
        origin: Origin = "backfill",
        attempts: int = 3,
    ) -> list[Any]:
        """Return the objects of all pages that an adapter asks for, or what it made of them; of a back-fill, a part
        that goes beyond `backfill_limit` is enough to know that it is too long.

        Raises:
            BtApiError: as `RestClient.fetch`.
        """
        most = self.settings.websocket.backfill_limit
        found: list[Any] = []
        try:
            page = next(pages)
            while True:
                rows = await (rest or self.rest).fetch(page, topic, origin=origin, attempts=attempts)
                found.extend(rows)
                if origin == "backfill" and len(found) > most:
                    pages.close()
                    return found
                page = pages.send(rows)
        except StopIteration as end:
            return found if end.value is None else list(end.value)

    async def server_time(self) -> int:
        """Return the venue's clock, milliseconds."""
        request = self.exchange.time_request()
        found = await self.rest.fetch(request, Topic(self.name, "time"))
        if not found:
            raise DataParseError(request.path, "no time in the answer", exchange_name=self.name)
        return int(found[0].get_timestamp())

    async def latest(
        self, kind: str, symbol: str, *, interval: str = "", levels: int | None = None, limit: int = 100
    ) -> Any:
        """Return REST data as the objects that streams give; see `BtApi.async_get_tick` and the like."""
        topic = await self.resolve(symbol, kind, interval)
        name = topic.venue_symbol
        exchange = self.exchange
        if kind in FIGURES:
            figure = await self.figure(topic)
            return [] if figure is None else [figure]
        if kind == "klines":
            request = self.klines_request(name, exchange.venue_interval(interval), limit)
        elif kind == "trades":
            request = exchange.trades_request(name, limit)
        elif kind == "depth":
            request = exchange.book_request(name, levels)
        else:
            request = exchange.ticker_request(name)
        found = await self.rest.fetch(request, topic)
        return [self._judged(bar) for bar in found] if kind == "klines" else found

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        """Return the call for the latest bars, asked of an adapter that knows the time where the call carries it."""
        if self.exchange.is_timed:
            self.exchange.now_ms = self.time.now_ms()
        return self.exchange.klines_request(venue_symbol, interval, limit)

    async def figure(self, topic: Topic, *, attempts: int = 3) -> FigureData | None:
        """Return the figure that a topic is about, as it is now; ``None`` when the venue does not tell it.

        Raises:
            UnsupportedError: the venue has it by stream only.
            BtApiError: as `RestClient.fetch`.
        """
        request = self.exchange.figure_request(topic.kind, topic.venue_symbol)
        found = await self.rest.fetch(request, topic, attempts=attempts)
        figure: FigureData | None = respelled(found[-1], topic) if found else None
        return figure

    def _judged(self, bar: BarData) -> BarData:
        """Return a bar whose end has passed as closed, where the venue's list does not say so."""
        is_over = row_of(bar).closed is None and bar.get_close_time() < self.now_ms() - _CLOSING_GRACE_MS
        return bar.as_closed() if is_over else bar


def check_kind(exchange: type[Exchange], kind: str) -> None:
    """Check that an exchange has such a stream.

    Raises:
        UnsupportedError: it does not; the message names what it has.
    """
    if kind not in exchange.kinds:
        raise UnsupportedError(exchange.name, f"no {kind} stream; it has: {', '.join(exchange.kinds)}")


_RAW = Channel(None, Any)
