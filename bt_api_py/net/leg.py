"""One socket of a session: connect, subscribe, read, back off, again."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from ..containers.base import Topic
from ..exceptions import (
    AuthenticationError,
    BtApiError,
    DataParseError,
    InvalidSymbolError,
    RateLimitError,
    SubscribeError,
)
from ..exchanges.account_base import PrivateSide
from ..exchanges.base import (
    Accepted,
    Ack,
    Alive,
    Answer,
    Command,
    Expired,
    Farewell,
    Ignored,
    Refusal,
    Rejected,
    Subscribed,
)
from .connection import Connection
from .errors import ConnectionLost, manner_of, pause_after
from .feed import Feed, Lane
from .tasks import end, start

if TYPE_CHECKING:
    from .session import Session

log = logging.getLogger("bt_api_py.net")

_RENEWAL_PAUSE = 60.0  # seconds before a renewal that failed is tried again
_FRAMES_KEPT = 20  # the last ones, for whoever has to find out what a venue sent
_MOST_HEADS = 50_000  # heads of frames that a socket may bring in before the table is started again
_MOST_BAD_FRAMES = 50  # in a row: the stream of bytes itself is damaged


class _Pending(msgspec.Struct):
    """A command whose answer is awaited."""

    command: Command
    deadline: float
    subscribes: bool


class _Way:
    """The short way of one topic's frames, and those that wait to go it together."""

    __slots__ = ("lane", "waiting")

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.waiting: list[bytes] = []


def _no_lane(payloads: Sequence[bytes], received: float) -> bool:
    return False


class Leg:
    """One socket of a session. A session has one, two while it rotates, or as many as `redundancy` asks for."""

    def __init__(self, session: Session, number: int, host: int = 0) -> None:
        self.session = session
        self.label = f"{session.label}.{number}" if number else session.label
        self._venue = session.venue
        self._host = host
        self._connection: Connection | None = None
        self._ids = count(1)
        self._pending: dict[str, _Pending] = {}
        self._subscribed: set[str] = set()  # asked for on this connection
        self._alone: set[str] = set()  # to be asked for one by one, after a refusal that named none
        self._dropping: set[str] = set()
        self._changed = asyncio.Event()
        self._is_open = asyncio.Event()  # connected, and logged in where that is needed
        self._bad_in_a_row = 0
        self._joined: set[str] = set()  # accepted by the venue, or proven by data, on this connection
        self._ways: dict[str, _Way] = {}  # of topics from which data came
        self._ways_by_head: dict[bytes | None, _Way] = {}
        self._turn = Feed.turn  # the shortest of those topics
        self.failures = 0  # in a row
        self.is_proven = False  # data came on this connection
        self.farewell = ""  # what the venue announced
        self.last_frames: deque[bytes] = deque(maxlen=_FRAMES_KEPT)
        self.frames = 0
        self.rejected = 0
        self.reconnects = 0
        self.firsts = 0  # records that came here first, while there is another leg
        self.seconds = 0  # records that another leg had brought
        self.late_s = 0.0  # by how much, in sum
        self.connected_ms: int | None = None
        self.last_cause = ""
        self.heard = 0.0  # when the frame came that is being read

    # What the session asks of it

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._connection is not None

    @property
    def is_sending(self) -> bool:
        """Whether commands wait for their turn."""
        return self._connection is not None and self._connection.is_sending

    @property
    def age(self) -> float:
        """Seconds since the socket was opened; 0 while there is none."""
        return 0.0 if self._connection is None else self._venue.clock.monotonic() - self._connection.opened

    @property
    def silence(self) -> float | None:
        """Seconds since anything was heard, ``None`` while there is no socket."""
        return None if self._connection is None else self._venue.clock.monotonic() - self._connection.heard

    def has_joined(self, name: str) -> bool:
        """Whether the venue serves this topic here."""
        return name in self._joined

    @property
    def has_joined_all(self) -> bool:
        """Whether the venue serves every topic of the session here."""
        return self.is_connected and self._joined.issuperset(self.session.feeds)

    def look(self) -> None:
        """Look again at what the session's feeds need."""
        self._changed.set()

    def keep(self, name: str) -> None:
        """Do not give this topic back after all."""
        self.forget_lanes()  # it may be another feed's now
        self._dropping.discard(name)
        self._changed.set()

    def drop(self, name: str) -> None:
        """Give a topic back with the next batch. One that is still wanted is then asked for anew."""
        if name in self._subscribed:
            self._dropping.add(name)
        self._joined.discard(name)
        self.forget_lanes()
        self._changed.set()

    def ask_snapshot(self, name: str) -> None:
        """Ask for a book's first state over this socket."""
        if self._connection is not None:
            for command in self.session.exchange.ask_snapshot(name, self._ids):
                self._connection.send(command.payload)

    def forget_lanes(self) -> None:
        """Look at every record again: another leg may bring the same ones, or the readers are others."""
        for way in self._ways.values():
            way.lane = _no_lane  # for frames that wait already
        self._ways.clear()
        self._ways_by_head.clear()
        self._turn = Feed.turn

    def restart(self, cause: str) -> None:
        """Drop the socket and connect again."""
        if self._connection is not None:
            self._connection.give_up(cause)

    # Life

    async def run(self) -> None:
        """Serve the session's feeds until it takes this leg off, or reconnecting gives up."""
        while self.session.feeds:
            try:
                await self._serve()
            except ConnectionLost as lost:
                if not self.is_proven:
                    self.failures += 1
                self.last_cause = lost.cause
                self.connected_ms = None
                log.info("%s: %s", self.label, lost.cause)
                self._dump_frames()
                if self.session.leg_lost(self, lost):
                    return
                await self._back_off(lost)
            except AuthenticationError as error:
                self.session.refuse_login(error)
                return

    async def _serve(self) -> None:
        venue, endpoint = self._venue, self.session.endpoint
        self.is_proven = False
        url = await self._address()
        beat = self.session.exchange.heartbeat(self.session.endpoint_name)
        connection = await Connection.open(
            endpoint, venue.settings, venue.transport, venue.clock, self.label, url, beat
        )
        self._connection = connection
        self._bad_in_a_row = 0
        self.farewell = ""
        self.connected_ms = venue.now_ms()
        venue.announce("connected", self.label)
        workers = [start(self._command(connection), f"{self.label} commands")]
        if self.session.exchange.renewal is not None:
            workers.append(start(self._renew(connection, self.session.exchange.renewal), f"{self.label} renewal"))
        try:
            if endpoint.greets:
                await self._be_greeted(connection)
            if endpoint.opening:
                connection.send(endpoint.opening)
            if endpoint.private:
                await self._log_in(connection)
            self._is_open.set()
            self._changed.set()
            await self._read(connection)
        except GeneratorExit:
            raise  # the loop is gone: nothing can be awaited any more
        except BaseException:
            self._connection = None
            self._is_open.clear()
            self._pending.clear()
            self._subscribed.clear()
            self._joined.clear()
            self.forget_lanes()
            self._dropping.clear()
            try:
                await end(workers)
            finally:  # the session may end this leg while it cleans up after a loss
                await connection.close()
            raise

    async def _address(self) -> str:
        """Return where to connect to; what the venue wants to be asked for before is asked for.

        Raises:
            AuthenticationError: the venue refuses the keys.
            ConnectionLost: it did not give what a socket needs.
        """
        venue, exchange = self._venue, self.session.exchange
        url = exchange.address(self.session.endpoint.url(venue.settings, self._host), tuple(self.session.feeds))
        request = exchange.ticket_request(self.session.endpoint_name)
        if request is None:
            return url
        try:
            found = await self.session.rest.fetch(request, Topic(venue.name, "ticket"), attempts=1)
        except BtApiError as error:
            is_clock = isinstance(exchange, PrivateSide) and exchange.is_clock_error(error)
            if isinstance(error, AuthenticationError) and not is_clock:
                raise
            wait = error.retry_after if isinstance(error, RateLimitError) else None
            raise ConnectionLost(f"no ticket for a socket: {error}", retry_after=wait) from error
        if not found:
            raise ConnectionLost("no ticket for a socket: the venue's answer cannot be used")
        return exchange.admit(url, found[0])

    async def _renew(self, connection: Connection, every: float) -> None:
        """Keep the ticket good by which the socket was opened, as long as it stands."""
        venue, request = self._venue, self.session.exchange.renewal_request(self.session.endpoint_name)
        pause = every
        while True:
            await venue.clock.sleep(pause)
            try:
                await self.session.rest.fetch(request, Topic(venue.name, "ticket"))
                pause = every
            except BtApiError as error:
                if not error.retryable:
                    connection.give_up(f"what the socket was opened with cannot be renewed: {error}")
                    return
                pause = min(every, _RENEWAL_PAUSE)

    async def _be_greeted(self, connection: Connection) -> None:
        """Wait for the venue's first word.

        Raises:
            ConnectionLost: it did not come in time.
        """
        timeout = self._venue.settings.websocket.connect_timeout
        try:
            async with asyncio.timeout(timeout):
                while not (payload := await connection.receive()):
                    pass
        except TimeoutError:
            raise ConnectionLost(f"no word of greeting within {timeout:g} s") from None
        self._hand_on(connection, payload, self._venue.clock.now(), None)

    async def _log_in(self, connection: Connection) -> None:
        """Log in and wait for the venue's answer.

        Raises:
            AuthenticationError: the venue refuses; trying again does not help.
            ConnectionLost: no answer in time, or the clocks differ; the next attempt measures the venue's clock anew.
        """
        venue, exchange = self._venue, self.session.exchange
        assert isinstance(exchange, PrivateSide), f"{self.label} has no way to log in"
        command = exchange.login(await venue.time.for_signing(), self._ids)
        if command is None:
            return
        connection.send(command.payload)
        timeout = venue.settings.websocket.connect_timeout
        try:
            async with asyncio.timeout(timeout):
                while not await self._is_answered(connection, command):
                    pass
        except TimeoutError:
            raise ConnectionLost(f"no answer to the login within {timeout:g} s") from None

    async def _is_answered(self, connection: Connection, command: Command) -> bool:
        payload = await connection.receive()
        if not payload:
            return False
        for name, item in self.session.exchange.decode(payload, self._venue.clock.now()):
            kind = type(item)
            # A refusal that names nothing may be about what was subscribed along with the login.
            is_nameless = kind is Refusal and item.id is None and self.session.exchange.answers_in_order
            if kind is Refusal and (item.id == command.id or is_nameless or item.is_login or item.is_clock):
                if item.is_clock:
                    self._venue.time.forget()
                if item.is_clock or item.is_pace or (is_nameless and not item.is_login):
                    raise ConnectionLost(f"login refused: {item.detail}")
                raise AuthenticationError(self._venue.name, item.detail, topic="account")
            if kind is Ack and (item.id == command.id or item.name in command.names):
                return True
            if not name:
                self._control(connection, item, payload)
        return False

    async def _read(self, connection: Connection) -> NoReturn:
        ways, now, take = self._ways_by_head, self._venue.clock.now, connection.take
        head_of, heads_lead = self.session.exchange.head, self.session.exchange.heads_lead
        touched: deque[_Way] = deque()
        size = 0
        while True:
            try:
                first = await connection.receive()
            except DataParseError as error:
                self._reject(error.detail, b"")
                continue
            # What has arrived with it is handled together with it, under one time of receipt.
            self.heard, received = connection.heard, now()
            portion = self._turn * max(1, len(self._ways))
            payloads = [first, *take(portion - 1)] if first else take(portion)
            self.frames += len(payloads)
            self.last_frames.extend(payloads[-_FRAMES_KEPT:])
            way = ways.get(payloads[0][:size]) if len(payloads) == 1 else None
            if way is not None and way.lane(payloads, received):
                continue
            for payload in payloads:
                way = ways.get(payload[:size])  # most heads are as long as the one before
                if way is None:
                    head = head_of(payload)
                    way = ways.get(head)
                    if way is None:
                        while touched:
                            self._go(connection, touched, received)
                        if payload:
                            self._hand_on(connection, payload, received, head)
                        continue
                    if heads_lead and head is not None:
                        size = len(head)
                waiting = way.waiting
                if not waiting:
                    touched.append(way)
                waiting.append(payload)
            self._go(connection, touched, received)
            while touched:
                await asyncio.sleep(0)
                self._go(connection, touched, received)
            if len(payloads) >= portion:
                await asyncio.sleep(0)

    def _go(self, connection: Connection, ways: deque[_Way], received: float) -> None:
        """Let frames that wait go their ways, those of a topic together, until there have been enough for one turn.

        One that cannot go its way goes the general one.
        """
        done, turn = 0, self._turn
        while ways and done < turn:
            way = ways[0]
            payloads, way.waiting = way.waiting[:turn], way.waiting[turn:]
            done += len(payloads)
            if not way.waiting:
                ways.popleft()
            if not way.lane(payloads, received):
                is_one = len(payloads) == 1
                for payload in payloads:
                    if is_one or not way.lane([payload], received):
                        self._hand_on(connection, payload, received, self.session.exchange.head(payload))

    def _hand_on(self, connection: Connection, payload: bytes, received: float, head: bytes | None) -> None:
        session = self.session
        exchange, feeds = session.exchange, session.feeds
        for name, item in exchange.decode_raw(payload) if session.raw else exchange.decode(payload, received):
            feed = feeds.get(name)
            if feed is not None and type(item) is not Rejected:
                # An answer joins a topic too, but only data proves the connection.
                if not self.is_proven or name not in self._joined:
                    self._join(name)
                if head not in self._ways_by_head:
                    self._pave(head, name, feed)
                feed.take(item, self)
            elif not name:
                self._control(connection, item, payload)
            elif type(item) is Rejected:
                self._reject(item.detail, payload, feed)

    def _pave(self, head: bytes | None, name: str, feed: Feed) -> None:
        """Let later frames of a topic take a shorter way than the first one."""
        if head is None or name not in self._joined or self.session.raw or self.session.is_doubled:
            return
        way = self._ways.get(name)
        if way is None:
            read = self.session.exchange.reader(head)
            if read is None:
                return
            way = self._ways[name] = _Way(feed.lane(read, self))
            self._turn = min(self._turn, feed.turn)
        if len(self._ways_by_head) >= _MOST_HEADS:
            self._ways_by_head.clear()
        self._ways_by_head[head] = way

    def _join(self, name: str) -> None:
        if name in self._subscribed:
            self._joined.add(name)
        if not self.is_proven:
            self.is_proven = True
            self.failures = 0

    def _reject(self, detail: str, payload: bytes, feed: Feed | None = None) -> None:
        self.rejected += 1
        log.warning("%s: a frame or record was left out: %s", feed.label if feed else self.label, detail)
        log.debug("%s: the frame was %.500r", self.label, payload)
        if feed is not None:
            feed.reject(detail)
        else:
            self.session.unreadable += 1
        if self.session.endpoint.private:
            # It may have been a fill. The state is read again after every connect, so nothing stays unknown.
            self.restart("an unreadable frame on an account's socket")
            return
        for each in [feed] if feed is not None else list(self.session.feeds.values()):
            each.doubt(self, detail)
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= _MOST_BAD_FRAMES:
            self.restart(f"{self._bad_in_a_row} unreadable frames in a row")

    def _dump_frames(self) -> None:
        """Put the last frames before a loss into the log, for whoever has to find out what a venue sent."""
        for payload in self.last_frames:
            log.debug("%s: among the last frames: %.500r", self.label, payload)
        self.last_frames.clear()

    async def _back_off(self, lost: ConnectionLost) -> None:
        """Wait before the next attempt: full jitter under a ceiling that doubles, and what the cause asks for."""
        options = self._venue.settings.websocket
        share = 0.0 if manner_of(lost).at_once and not self.failures else self._venue.clock.random()
        first, most = options.reconnect_delay, options.reconnect_max_delay
        delay = pause_after(lost, self.failures, first=first, most=most, share=share)
        self.reconnects += 1
        if delay > 0:
            log.debug("%s: next attempt in %.2f s", self.label, delay)
            await self._venue.clock.sleep(delay)

    # Commands and their answers

    async def _command(self, connection: Connection) -> None:
        """Ask for what the feeds need and give back what they no longer need, in batches."""
        clock = self._venue.clock
        timeout = self._venue.settings.websocket.connect_timeout
        await self._is_open.wait()
        while True:
            await self._wait_for_work(timeout)
            # Let everything that is asked for in this turn of the loop share one batch.
            await asyncio.sleep(0)
            self._changed.clear()
            now = clock.monotonic()
            late = [pending for pending in self._pending.values() if pending.deadline <= now]
            if late and not connection.is_sending:
                connection.give_up(f"no answer to a command within {timeout:g} s")
                return
            await self._tell_time()
            dropping = sorted(self._dropping & self._subscribed)
            self._dropping.clear()
            if dropping:
                self._subscribed.difference_update(dropping)
                self._send(connection, self.session.exchange.unsubscribe(dropping, self._ids), subscribes=False)
                await self._settled()
            wanted = [name for name in self.session.feeds if name not in self._subscribed]
            together = [name for name in wanted if name not in self._alone]
            commands = self.session.exchange.subscribe(together, self._ids) if together else []
            for name in wanted:
                if name in self._alone:
                    commands += self.session.exchange.subscribe([name], self._ids)
            self._alone.difference_update(wanted)
            self._subscribed.update(wanted)
            self._send(connection, commands, subscribes=True)
            asked = {name for command in commands for name in command.names}
            for name in wanted:
                if name not in asked:  # the login brought it
                    self._note_joined(name)
            if self._dropping:  # asked for while the venue was confirming
                self._changed.set()

    async def _tell_time(self) -> None:
        """Tell the adapter the venue's time, where commands carry it; a signature needs it measured."""
        exchange, time = self.session.exchange, self._venue.time
        if exchange.is_timed:
            exchange.now_ms = await time.for_signing() if self.session.endpoint.private else time.now_ms()

    async def _wait_for_work(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout if self._pending else None):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _settled(self) -> None:
        """Wait until the venue has confirmed what was given back, or the deadline of the answer."""
        deadline = self._venue.clock.monotonic() + self._venue.settings.websocket.connect_timeout
        while any(not pending.subscribes for pending in self._pending.values()):
            left = deadline - self._venue.clock.monotonic()
            if left <= 0:
                return
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return

    def _send(self, connection: Connection, commands: Iterable[Command], *, subscribes: bool) -> None:
        options = self._venue.settings.websocket
        now = self._venue.clock.monotonic()
        sends = self.session.endpoint.sends
        for place, command in enumerate(commands):
            wait = place * sends.per_s / sends.count  # its turn to be sent
            deadline = now + wait + options.connect_timeout
            self._pending[command.id] = _Pending(command, deadline, subscribes)
            connection.send(command.payload)

    def _control(self, connection: Connection, item: Any, payload: bytes) -> None:
        kind = type(item)
        if kind is Answer:
            connection.answer(item.payload)
        elif kind is Ack:
            self._acknowledge(item)
        elif kind is Subscribed:
            self._compare(item.names)
        elif kind is Accepted:
            self._settle(item)
        elif kind is Refusal:
            self._refuse(item)
        elif kind is Rejected:
            self._reject(item.detail, payload)
            return
        elif kind is Ignored:
            self.session.note_ignored(item.kind)
        elif kind is Expired:
            self.restart(item.detail)
        elif kind is Farewell:
            log.info("%s: %s", self.label, item.detail)
            self.farewell = item.detail
        elif kind is not Alive:
            raise TypeError(f"{self.label}: {kind.__name__} is no control frame")
        self._bad_in_a_row = 0

    def _acknowledge(self, ack: Ack) -> None:
        if ack.time_ms is not None:
            self._venue.time.observe(ack.time_ms)
        pending = self._find(ack.id, ack.name)
        if pending is None:
            return
        names = (ack.name,) if ack.name is not None else pending.command.names
        left = tuple(name for name in pending.command.names if name not in names)
        if left:
            self._pending[pending.command.id] = _Pending(
                msgspec.structs.replace(pending.command, names=left), pending.deadline, pending.subscribes
            )
        else:
            del self._pending[pending.command.id]
        if pending.subscribes:
            for name in names:
                self._note_joined(name)
        elif not left:
            self._changed.set()

    def _compare(self, subscribed: frozenset[str]) -> None:
        """Settle the commands that are carried out, by what the venue says is subscribed."""
        for pending in list(self._pending.values()):
            for name in pending.command.names:
                if (name in subscribed) == pending.subscribes:
                    self._acknowledge(Ack(pending.command.id, name))

    def _settle(self, accepted: Accepted) -> None:
        """Settle the command of which the venue names what it accepted: the rest of it is refused."""
        pending = self._pending.get(accepted.id)
        if pending is None:
            return
        for name in pending.command.names:
            if name in accepted.names:
                self._acknowledge(Ack(accepted.id, name))
        if accepted.id in self._pending:
            self._refuse(Refusal("left out of what it accepted", id=accepted.id))

    def _note_joined(self, name: str) -> None:
        feed = self.session.feeds.get(name)
        if feed is not None and name not in self._joined:
            self._joined.add(name)
            feed.subscribed()

    def _find(self, number: str | None, name: str | None) -> _Pending | None:
        if number is not None and number in self._pending:
            return self._pending[number]
        if name is not None:
            return next((entry for entry in self._pending.values() if name in entry.command.names), None)
        return None

    def _refuse(self, refusal: Refusal) -> None:
        if refusal.is_login:  # where a subscription shows the key
            raise AuthenticationError(self._venue.name, refusal.detail, topic="account")
        pending = self._find(refusal.id, refusal.name)
        if refusal.id is None and refusal.name is None and self.session.exchange.answers_in_order:
            pending = next(iter(self._pending.values()), None)
        name = refusal.name or self._named(pending, refusal.symbol)
        if pending is not None:
            del self._pending[pending.command.id]
            if not pending.subscribes:
                self._changed.set()
                return
        if name is not None:
            names: tuple[str, ...] = (name,)
            others = tuple(other for other in (pending.command.names if pending else ()) if other != name)
            if pending is not None and others and refusal.is_partial:
                command = msgspec.structs.replace(pending.command, names=others)
                self._pending[command.id] = _Pending(command, pending.deadline, pending.subscribes)
            elif others:
                # The rest of the command is still unanswered, and some venues act on none of it.
                self._ask_alone(others)
        else:
            names = pending.command.names if pending is not None else ()
        if refusal.is_login or refusal.is_clock:
            self._refuse_keys(refusal)
        elif refusal.is_pace:
            self.restart(f"the venue asks for fewer messages: {refusal.detail}")
        elif len(names) > 1:
            self._ask_alone(names)
        elif names:
            self._fail_one(names[0], refusal)
        else:
            log.warning("%s: the venue refused something and did not say what: %s", self.label, refusal.detail)

    def _named(self, pending: _Pending | None, symbol: str | None) -> str | None:
        """Return the topic of a command that is about a market."""
        if pending is None or symbol is None:
            return None
        split = self.session.exchange.split
        return next((name for name in pending.command.names if split(name)[1] == symbol), None)

    def _refuse_keys(self, refusal: Refusal) -> None:
        """A subscription that carries keys was refused for their sake."""
        if refusal.is_clock:
            self._venue.time.forget()
            self.restart(f"refused for its time: {refusal.detail}")
        else:
            self.session.refuse_login(AuthenticationError(self._venue.name, refusal.detail, topic="account"))

    def _ask_alone(self, names: Iterable[str]) -> None:
        for name in names:
            self._alone.add(name)
            self._subscribed.discard(name)
        self._changed.set()

    def _fail_one(self, name: str, refusal: Refusal) -> None:
        feed = self.session.feeds.get(name)
        if feed is None:
            return
        detail = f"refused by the venue: {refusal.detail}{f' (code {refusal.code})' if refusal.code else ''}"
        error: BtApiError
        if refusal.is_symbol:
            error = InvalidSymbolError(self._venue.name, feed.topic.symbol, detail)
        else:
            error = feed.error(SubscribeError, detail)
        self._subscribed.discard(name)
        self._venue.fail(feed, error)

    def health(self) -> dict[str, Any]:
        """Return what is known of this socket, JSON-ready."""
        return {
            "connected": self.is_connected,
            "connected_ms": self.connected_ms,
            "last_heard_age": self.silence,
            "frames": self.frames,
            "rejected": self.rejected,
            "reconnects": self.reconnects,
            "failures_in_a_row": self.failures,
            "last_cause": self.last_cause,
            "first": self.firsts,
            "second": self.seconds,
            "mean_lateness_ms": 1000 * self.late_s / self.seconds if self.seconds else None,
        }
