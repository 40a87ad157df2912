"""One's own account at one venue: orders, fills, balances, positions, kept true over every hole.

Live records and the state that REST tells are joined: after every connect the state is read while live records wait,
what was missed is handed out once and in order, then the waiting records follow. An order only moves forward, a fill
counts once, so whatever comes late or twice changes nothing.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Iterable
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from ..containers import BalanceData, Container, OrderData, PositionData, TradeData
from ..containers.base import Origin, Topic, row_of
from ..exceptions import AuthenticationError, BtApiError, InvalidSymbolError, RequestFailedError, WebSocketError
from ..exchanges.account_base import BalanceRow, OrderRow, PositionRow, PrivateSide
from ..exchanges.base import Answers, Channel, batches
from ..symbols import SymbolTable
from .feed import Feed
from .order_state import FORWARD, OVER, Order, Sums, filled_by, is_amended, merged, number_or_none
from .session import Session
from .stream import EventKind, Mailbox, State, StreamEvent

if TYPE_CHECKING:
    from .leg import Leg
    from .venue import Venue

log = logging.getLogger("bt_api_py.account")

_CLOSED_ORDERS_KEPT = 5_000
_FILLS_REMEMBERED = 20_000
_MARGIN_MS = 60_000  # how far before the last known record a state is read again: clocks and indexes lag
_LONGEST_LOOK_BACK_MS = 86_400_000  # for the earlier fills of orders that are open at the beginning
_FILL_AWAITED = 1.0  # seconds that an order waits for the fill that carries its fee
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two attempts to read the state
_FILLS_READ_WITHIN = 15.0  # seconds that it waits where fills are read by REST: a slow answer, another try
_FILLS_PAUSE = 0.25  # seconds until fills are read anew that the venue did not list yet
_MOST_READINGS = 10
_BALANCES_PAUSE = 0.5  # seconds between an event and the reading of balances that it changed
_MOST_ATTEMPTS = 8
_NOT_FOUND = 404

WHOLE = "account"  # what a reader of every kind of record asks for
KINDS = ("orders", "fills", "balances", "positions", WHOLE)


class Unread(msgspec.Struct):
    """An order whose fills have to be read until they add up to what it counts."""

    venue_symbol: str
    before: Decimal  # filled before the first one known
    filled: Decimal = Decimal()
    readings: int = 0  # since it counted more


class Found(msgspec.Struct):
    """The state of an account as REST tells it."""

    generation: int  # of the connection that it is read for
    asked_ms: int  # the venue's time before the first call
    open_orders: list[Any] = []
    changed: list[Any] = []  # orders, those that are over too
    fills: list[Any] = []
    balances: list[Any] = []
    positions: list[Any] = []


class OutdatedError(Exception):
    """The connection for which a state was being read is gone; the rest of it need not be asked for."""


class Forgotten(OrderRow):
    """Stands for an open order that the venue no longer knows."""

    venue_symbol: str
    order_id: str
    timestamp: int
    status: str = "canceled"


class NoBalance(BalanceRow):
    """Stands for an asset of which the account holds nothing any more."""

    asset: str
    free: float = 0.0
    locked: float = 0.0


class Closed(PositionRow):
    """Stands for a position that is held no more."""

    venue_symbol: str
    side: str | None = None
    quantity: float = 0.0


class AccountPart(Feed):
    """One of the account's subscriptions, as its session sees it; everything it learns goes to the account."""

    def __init__(self, account: Account, session: Session, name: str) -> None:
        super().__init__(account.venue, session, name, _PRIVATE, Topic(account.venue.name, "account"))
        self._account = account
        self.boxes = account.boxes

    def take(self, item: Any, leg: Leg) -> None:
        self.last_at = leg.heard
        self._account.joined(self.name)  # some venues send data before they confirm
        self._account.take(item)

    def subscribed(self) -> None:
        self._account.joined(self.name)

    def lost(self, cause: str) -> None:
        self._account.lost(self.name, cause)

    def fail(self, error: BtApiError) -> None:
        self._account.fail(error)

    def tick(self) -> None:
        """An idle account is silent: the connection's own signs of life have to do."""


_PRIVATE = Channel(None, Any)


class Account:
    """The account of one set of keys, and those who read it."""

    def __init__(self, venue: Venue, private: PrivateSide, markets: SymbolTable[Any] | None) -> None:
        self.venue = venue
        self.private = private
        self.rest = venue.private_rest(private)
        self.boxes: list[Mailbox] = []
        self.last_at: float | None = None
        self.unused_since = 0.0
        self.is_live = False
        self.reconciliations = 0
        self._markets = markets
        private.markets = tuple(markets or ())
        self._topics: dict[tuple[str, str, Origin], Topic] = {}
        room = private.endpoints[private.endpoint_name].topics_per_socket
        self.sessions: list[Session] = []
        self._parts: list[AccountPart] = []
        for names in batches(private.names, room):
            session = Session(venue, private.endpoint_name, next(venue.numbers), exchange=private, rest=self.rest)
            self.sessions.append(session)
            self._parts += [AccountPart(self, session, name) for name in names]
        self._joined: set[str] = set()
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._fills: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._sums: OrderedDict[str, Sums] = OrderedDict()  # by order
        self._balances: dict[str, Any] = {}
        self._positions: dict[str, Any] = {}
        self._held: deque[Any] = deque()
        self._stranded: dict[str, str] = {}  # orders, and their markets, whose records waited when the connection ended
        self._awaited: dict[str, Any] = {}  # order records that wait for their fill
        self._ahead: dict[str, deque[Any]] = {}  # by order: records that count fills which did not come yet
        self._newcomers: set[Mailbox] = set()  # they get the present state with the next one that is read
        self._began_ms: int | None = None  # the venue's time of the first state; what is older was never missed
        self._since_ms = 0  # of the last record
        self._was_lost = ""
        self._generation = 0
        self._unread: dict[str, Unread] = {}  # by order
        self._reading: set[str] = set()  # orders whose fills are being read
        self._wants_balances = False
        self._is_reading_balances = False

    def open(self) -> None:
        """Begin: connect, log in, subscribe."""
        self.venue.sessions += self.sessions
        for part in self._parts:
            part.session.add(part)

    # Readers

    def attach(self, box: Mailbox, topic: Topic) -> None:
        """Begin to fill a box; what is known is handed out at once."""
        box.topic = topic
        box.source = self
        self.boxes.append(box)
        if self.is_live:
            box.state = "live"
            self._greet(box)
        else:
            self._newcomers.add(box)

    def _greet(self, box: Mailbox) -> None:
        for item in self._present(box.wish.kind):
            self._push(box, item)

    def detach(self, box: Mailbox) -> None:
        """Stop filling a box."""
        self._newcomers.discard(box)
        if box in self.boxes:
            self.boxes.remove(box)

    def _present(self, kind: str) -> Iterable[Container]:
        """Yield the present state of a kind, as a new reader gets it."""
        if kind in ("orders", WHOLE):
            for order in self._orders.values():
                if not order.is_over:
                    yield self._made(OrderData, msgspec.structs.replace(order), "snapshot")
        if kind in ("balances", WHOLE):
            for row in self._balances.values():
                yield self._made(BalanceData, row, "snapshot")
        if kind in ("positions", WHOLE):
            for row in self._positions.values():
                yield self._made(PositionData, row, "snapshot")

    def _hand_out(self, kind: str, item: Container) -> None:
        self.last_at = self.venue.clock.monotonic()
        is_live = item.get_origin() == "live"
        for box in tuple(self.boxes):  # one that overflows goes meanwhile
            if box.wish.kind in (kind, WHOLE) and (is_live or box not in self._newcomers):
                self._push(box, item)

    def _push(self, box: Mailbox, item: Container) -> None:
        wanted = box.topic.venue_symbol if box.topic is not None else ""
        if wanted and item.get_venue_symbol() != wanted:
            return
        if item.get_origin() == "backfill":
            box.backfilled += 1
        if wanted and box.topic is not None:
            about = msgspec.structs.replace(box.topic, origin=item.get_origin())
            item = item.spelled(about)
        box.push(item)

    def _made(self, kind: type[Container], row: Any, origin: Origin) -> Any:
        return kind(row, self._about(kind, row, origin), self.venue.clock.now())

    def _about(self, kind: type[Container], row: Any, origin: Origin) -> Topic:
        symbol = getattr(row, "venue_symbol", "") or ""
        topic = self._topics.get((kind.event, symbol, origin))
        if topic is None:
            topic = self._topics[kind.event, symbol, origin] = self._topic(symbol, origin)
        return topic

    def _topic(self, venue_symbol: str, origin: Origin) -> Topic:
        """Return the topic of a market, under the joined upper-case name that account streams use."""
        symbol, factor = venue_symbol.upper(), 1.0
        if venue_symbol and self._markets is not None:
            try:
                market = self._markets.find(venue_symbol)
                symbol = f"{market.get_base_asset()}{market.get_quote_asset()}"
                factor = market.get_contract_multiplier()
            except InvalidSymbolError:
                log.info("%s: the venue's list has no market %s", self.venue.name, venue_symbol)
        return Topic(self.venue.name, "account", symbol, venue_symbol, origin=origin, factor=factor)

    # Connection

    def joined(self, name: str) -> None:
        """The venue serves one of the subscriptions; with the last of them the state is read."""
        if name in self._joined:
            return  # on another socket that takes over
        self._joined.add(name)
        if self._joined.issuperset(self.private.names):
            self._generation += 1
            generation = self._generation
            self.venue.hub.spawn(self._reconcile(generation), f"{self.venue.name} account state")

    def lost(self, name: str, cause: str) -> None:
        """The connection of one of the subscriptions ended: what happens now is read afterwards."""
        was_whole = self._joined.issuperset(self.private.names)
        self._joined.discard(name)
        if self._was_lost and not was_whole:
            return
        self._generation += 1
        # The state that is read next is newer than what is left out here.
        self._awaited.clear()
        self._stranded |= {number: rows[0].venue_symbol for number, rows in self._ahead.items()}
        self._ahead.clear()
        self._held = deque(row for row in self._held if row.kind in ("order", "fill"))
        self._stranded |= {str(row.order_id): row.venue_symbol for row in self._held}
        if self.is_live:
            for box in self.boxes:
                box.reconnects += 1
        self.is_live = False
        self._was_lost = cause
        self._set_state("connecting")
        self._tell("disconnected", cause)

    def fail(self, error: BtApiError) -> None:
        """End every reader's stream."""
        if self.venue.account is not self:
            return  # told by another of the account's subscriptions
        self._generation += 1
        self.is_live = False
        for box in self.boxes:
            box.fail(error)
            box.source = None
        self._tell("failed", str(error))
        self.boxes.clear()
        self._newcomers.clear()
        self.venue.drop_account(self)

    def _set_state(self, state: State) -> None:
        for box in self.boxes:
            box.state = state

    def _tell(self, kind: EventKind, cause: str, **details: Any) -> None:
        event = StreamEvent(kind, self.venue.name, "account", "", cause, timestamp=self.venue.now_ms(), **details)
        for box in self.boxes:
            box.push_event(event)
        self.venue.tell(event)

    # State by REST

    async def _reconcile(self, generation: int) -> None:
        """Read the state, hand out what was missed, then what waited meanwhile."""
        try:
            await self._read_and_join(generation)
        except Exception as error:
            # A defect of ours: it must not leave readers waiting for ever.
            log.exception("%s: the account cannot be kept", self.venue.name)
            wrapped = WebSocketError(self.venue.name, f"stopped by an unexpected error: {error!r}", topic="account")
            wrapped.__cause__ = error
            self.fail(wrapped)

    async def _read_and_join(self, generation: int) -> None:
        if self.private.settles_in:
            await self.venue.clock.sleep(self.private.settles_in)
            if generation != self._generation:
                return
        pause = _FIRST_PAUSE
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                found = await self._read_state(generation)
                break
            except OutdatedError:
                return
            except BtApiError as error:
                if generation != self._generation:
                    return
                is_clock = self.private.is_clock_error(error)  # and the venue's could not be read
                if isinstance(error, AuthenticationError) and not is_clock:
                    self.fail(error)
                    return
                log.warning("%s: account state cannot be read: %s", self.venue.name, error)
                if not (error.retryable or is_clock) or attempt == _MOST_ATTEMPTS:
                    detail = f"the state cannot be read: {error}"
                    self.fail(WebSocketError(self.venue.name, detail, topic="account"))
                    return
                await self.venue.clock.sleep(pause)
                if generation != self._generation:
                    return
                pause = min(_LONGEST_PAUSE, 2 * pause)
        if generation != self._generation:
            return
        self._join(found)

    async def _read_state(self, generation: int) -> Found:
        """Read the state. Fills after orders, so that none of an order is missing; balances last: they include all."""
        if self.private.unlisted:
            await self._learn_markets()
        found = Found(generation, self.venue.time.now_ms())
        found.open_orders = await self._read(self.private.open_orders(), found)
        known = self._stranded | {number: order.venue_symbol for number, order in self._orders.items()}
        symbols = sorted({*known.values(), *(row.venue_symbol for row in found.open_orders)})
        if self._began_ms is None:
            await self._read_untold(found, known)
            found.fills = await self._read_earlier_fills(found)
        else:
            since = max(self._began_ms, self._since_ms - _MARGIN_MS)
            # Some lists reach further back than they are asked to.
            changed = await self._read_changed(found, since, symbols)
            found.changed = [row for row in changed if row.timestamp >= since]
            await self._read_untold(found, known)
            symbols = sorted({*symbols, *(row.venue_symbol for row in found.changed)})
            fills = await self._read(self.private.fills_since(since, symbols), found)
            found.fills = [row for row in fills if row.timestamp >= since]
            await self._read_untold(found, {str(row.order_id): row.venue_symbol for row in found.fills})
        if "positions" in self.private.kinds:
            found.positions = await self._read(self.private.positions(), found)
        found.balances = await self._read(self.private.balances(), found)
        return found

    async def _learn_markets(self) -> None:
        """Read the list of markets anew: there is one that it did not have."""
        self._markets = await self.venue.markets(anew=True)
        self._topics.clear()
        self.private.unlisted.clear()

    async def _read_untold(self, found: Found, orders: dict[str, str]) -> None:
        """Read those orders, with their markets, that are not known to be over and that no list told."""
        told = {row.order_id for row in (*found.open_orders, *found.changed)}
        for number, symbol in orders.items():
            if number not in told and not self._is_over(number):
                found.changed += await self._read_one(found, symbol, number)

    async def _read_earlier_fills(self, found: Found) -> list[Any]:
        """Return the fills that orders had before the beginning: their fees and means are sums over all of them."""
        filled = {
            row.order_id: row for row in found.open_orders if number_or_none(getattr(row, "filled_quantity", None))
        }
        if not filled:
            return []
        oldest = min(getattr(row, "create_time", None) or row.timestamp for row in filled.values())
        since = max(int(oldest), found.asked_ms - _LONGEST_LOOK_BACK_MS)
        symbols = sorted({row.venue_symbol for row in filled.values()})
        fills = await self._read(self.private.fills_since(since, symbols), found)
        return [row for row in fills if str(row.order_id) in filled]

    async def _read_changed(self, found: Found, since: int, symbols: list[str]) -> list[Any]:
        """Return the orders that changed since a time; none where the venue turns out to have no such list."""
        try:
            return await self._read(self.private.orders_since(since, symbols), found)
        except RequestFailedError as error:
            if error.status_code != _NOT_FOUND:
                raise
            log.info("%s: no list of closed orders: %s", self.venue.name, error)
            return []

    async def _read_one(self, found: Found, symbol: str, number: str) -> list[Any]:
        """Return one order. Venues forget orders that were cancelled without a fill: such a one is over."""
        try:
            rows = await self._read(self.private.order(symbol, number), found)
            rows = [row for row in rows if row.order_id == number]
        except RequestFailedError as error:
            if error.retryable:
                raise
            log.info("%s: order %s is not known any more: %s", self.venue.name, number, error)
            rows = []
        return rows or [Forgotten(symbol, number, self.venue.time.now_ms())]

    def _is_over(self, order_id: str) -> bool:
        order = self._orders.get(order_id)
        return order is not None and order.is_over

    async def _read(self, pages: Answers, found: Found | None = None) -> list[Any]:
        rows = await self.venue.collect(pages, Topic(self.venue.name, "account"), self.rest, origin="snapshot")
        if found is not None and found.generation != self._generation:
            raise OutdatedError
        return rows

    def _join(self, found: Found) -> None:
        is_first = self._began_ms is None
        origin: Origin = "snapshot" if is_first else "backfill"
        if is_first:
            self._began_ms = self._since_ms = found.asked_ms
        counted = sum(box.backfilled for box in self.boxes)
        lost = self._was_lost
        if lost and not is_first:
            for box in self.boxes:
                box.gaps += box not in self._newcomers
            self._tell("gap", lost, from_ms=self._since_ms, to_ms=self.venue.time.now_ms())
        for row in sorted(found.fills, key=lambda row: (row.timestamp, str(row.trade_id))):
            self._take_fill(row, origin)
        for row in self._held:
            # An order that was read a moment later may know of these already, and its sums are over all its fills.
            fill = _fill_in(row)
            if fill is not None:
                self._take_fill(fill, "live")
        for row in sorted((*found.changed, *found.open_orders), key=lambda row: row.timestamp or 0):
            self._take_order(row, origin)
        for row in (*found.balances, *self._emptied(found.balances)):
            self._take_balance(row, origin)
        for row in (*found.positions, *self._closed(found.positions)):
            self._take_position(row, origin)
        self.reconciliations += 1
        self.is_live = True
        self._set_state("live")
        for box in self.boxes:
            if box in self._newcomers:
                self._greet(box)
        self._newcomers.clear()
        self._stranded.clear()
        self._tell("connected", "the state of the account is known")
        self._was_lost = ""
        if lost and not is_first:
            missed = sum(box.backfilled for box in self.boxes) - counted
            is_whole = not self.private.lists_by_market
            doubt = "" if is_whole else "; orders that began and ended meanwhile in other markets cannot be listed"
            self._tell("backfilled", lost + doubt, count=missed, filled=is_whole)
        for number in tuple(self._unread):
            self._read_fills_soon(number)
        while self._held:
            self._step(self._held.popleft())

    def _emptied(self, listed: list[Any]) -> list[Any]:
        """Return balances of nothing for the assets that a complete list leaves out."""
        left = set(self._balances) - {row.asset.upper() for row in listed if row.counts}
        return [NoBalance(asset) for asset in sorted(left)]

    def _closed(self, listed: list[Any]) -> list[Any]:
        """Return positions of nothing for those that a complete list leaves out."""
        left = {row.key for row in listed}
        gone = [row for key, row in self._positions.items() if key not in left]
        return [Closed(row.venue_symbol, getattr(row, "side", None)) for row in gone]

    # Records

    def take(self, row: Any) -> None:
        """Take a live record; while the state is being read it waits."""
        if self.is_live:
            self._step(row)
        else:
            self._held.append(row)

    def _step(self, row: Any) -> None:
        kind = row.kind
        if self.private.balances_by_rest and kind != "order":
            self._read_balances_soon()
        if kind == "order":
            self._take_live_order(row)
        elif kind == "fill":
            self._take_fill(row, "live")
        elif kind == "balance":
            self._take_balance(row, "live")
        elif kind == "position":
            self._take_position(row, "live")
        elif kind == "holdings":
            self._take_holdings(row)

    def _note_time(self, timestamp: int | None) -> None:
        if timestamp is not None and timestamp > self._since_ms:
            self._since_ms = timestamp

    def _take_live_order(self, row: Any) -> None:
        awaited = row.awaits_fill
        if row.fills_apart:
            self._take_behind_fills(row)
        elif awaited is None:
            fill = _fill_in(row)
            if fill is not None:
                self._take_fill(fill, "live")
            self._take_order(row, "live")
        elif (row.venue_symbol, str(awaited)) in self._fills:
            self._take_order(row, "live")
        else:
            # The fill with the fee comes by another channel, in no particular order.
            self._awaited[str(awaited)] = row
            self.venue.later(_FILL_AWAITED, lambda: self._wait_is_over(str(awaited)))

    def _take_behind_fills(self, row: Any) -> None:
        """Hand an order out behind the fills that it counts, or when they have been waited for."""
        waiting = self._ahead.setdefault(row.order_id, deque())
        waiting.append(row)
        self._catch_up(row.order_id)
        if not waiting:
            return
        patience = _FILL_AWAITED
        if self.private.fills_by_rest:
            self._want_fills(row)
            patience = _FILLS_READ_WITHIN
        self.venue.later(patience, lambda: self._catch_up(row.order_id, row))

    def _catch_up(self, order_id: str, overdue: Any = None) -> None:
        """Hand out the records of an order whose fills are known, and those up to one that is overdue."""
        waiting = self._ahead.get(order_id, deque())
        late = next((place for place, row in enumerate(waiting) if row is overdue), -1) + 1
        while waiting and (late > 0 or not self._counts_more(waiting[0])):
            late -= 1
            self._take_order(waiting.popleft(), "live")
        if not waiting:
            self._ahead.pop(order_id, None)

    def _counts_more(self, row: Any) -> bool:
        """Whether an order is filled further than its known fills tell."""
        sums = self._sums.get(row.order_id)
        known = sums.quantity + sums.earlier if sums is not None else Decimal()
        return Decimal(str(row.filled_quantity)) > known

    def _want_fills(self, row: Any) -> None:
        """Have the fills read that an order counts and that are not known."""
        number = row.order_id
        unread = self._unread.get(number)
        if unread is None:
            sums = self._sums.get(number, Sums())
            unread = self._unread[number] = Unread(row.venue_symbol, sums.earlier)
        unread.filled = max(unread.filled, Decimal(str(row.filled_quantity)))
        unread.readings = 0
        self._read_fills_soon(number)

    def _read_fills_soon(self, number: str) -> None:
        if number not in self._reading:
            self._reading.add(number)
            self.venue.hub.spawn(self._read_fills(number), f"{self.venue.name} fills of {number}")

    async def _read_fills(self, number: str) -> None:
        """Read the fills of an order until it counts no more than are known; a list may lag behind the events."""
        generation, pause = self._generation, _FIRST_PAUSE
        try:
            while self._lacks_fills(number) and generation == self._generation:
                unread = self._unread[number]
                try:
                    found = await self._read(self.private.fills_of(unread.venue_symbol, number))
                except BtApiError as error:
                    is_refused = isinstance(error, AuthenticationError) and not self.private.is_clock_error(error)
                    if is_refused and generation == self._generation:
                        self.fail(error)
                        return
                    log.warning("%s: fills of order %s cannot be read: %s", self.venue.name, number, error)
                    await self.venue.clock.sleep(pause)
                    pause = min(_LONGEST_PAUSE, 2 * pause)
                    continue
                if generation != self._generation:
                    break
                for row in sorted(found, key=lambda row: (row.timestamp, str(row.trade_id))):
                    self._take_fill(row, "live")
                if self._lacks_fills(number):
                    unread.readings += 1
                    await self.venue.clock.sleep(min(_LONGEST_PAUSE, _FILLS_PAUSE * 2**unread.readings))
        finally:
            self._reading.discard(number)
        if self.is_live and self._lacks_fills(number):
            self._read_fills_soon(number)  # the connection was another one when this began

    def _lacks_fills(self, number: str) -> bool:
        """Whether fills of an order are still to be read."""
        unread = self._unread.get(number)
        if unread is None:
            return False
        sums = self._sums.get(number, Sums())
        is_whole = unread.before + sums.quantity >= unread.filled
        if not is_whole and unread.readings >= _MOST_READINGS:
            log.warning("%s: the venue does not list all fills of order %s", self.venue.name, number)
            is_whole = True
        if is_whole:
            del self._unread[number]
        return not is_whole

    def _wait_is_over(self, trade_id: str) -> None:
        row = self._awaited.pop(trade_id, None)
        if row is not None:
            self._take_order(row, "live")

    def _take_order(self, row: Any, origin: Origin) -> None:
        """Hand an order out when the record moves it forward."""
        self._note_time(row.timestamp)
        known = self._orders.get(row.order_id)
        if known is None and (row.continues or not row.venue_symbol):
            # Its beginning was lost; the state that is read after a new connection has all of it.
            for session in self.sessions:
                session.restart(f"a change of order {row.order_id}, of which nothing is known")
            return
        status = row.status
        if status == "unknown":
            word = getattr(row, "venue_status", None)
            if word not in self.private.unknown_words:
                self.private.unknown_words.add(str(word))
                log.warning("%s: order status %r is not known", self.venue.name, word)
        sums = self._sums.get(row.order_id)
        filled = filled_by(row, known, sums)
        if row.amends and known is not None:
            status = known.status
        elif status == "new" and filled > 0:
            status = "partial"
        elif row.adds_up and known is not None and filled >= (number_or_none(known.quantity) or inf):
            status = "filled"
        if not row.adds_up and filled == filled and (sums is not None or filled):
            sums = self._sums.setdefault(row.order_id, Sums())
            sums.earlier = max(Decimal(), Decimal(str(filled)) - sums.quantity)
        if known is not None:
            rank, before = FORWARD[status], FORWARD[known.status]
            if before == OVER or rank < before:
                return
            if rank == before and filled <= known.filled_quantity and not is_amended(row, known):
                return
        order = self._orders[row.order_id] = merged(row, status, known, sums)
        if order.is_over:
            self._orders.move_to_end(row.order_id)
            self._forget_old()
        self._hand_out("orders", self._made(OrderData, msgspec.structs.replace(order), origin))
        if self.private.balances_by_rest and origin == "live":
            self._read_balances_soon()  # it locks or frees something

    def _forget_old(self) -> None:
        if len(self._orders) <= _CLOSED_ORDERS_KEPT:
            return
        closed = [number for number, order in self._orders.items() if order.is_over]
        for number in closed[: max(0, len(closed) - _CLOSED_ORDERS_KEPT)]:
            del self._orders[number]

    def _take_fill(self, row: Any, origin: Origin) -> None:
        """Hand a fill out once, and add its fee to its order."""
        key = row.venue_symbol, str(row.trade_id)
        if key in self._fills:
            return
        self._note_time(row.timestamp)
        order = self._orders.get(row.order_id)
        if order is not None and order.side is not None and order.side != row.side:
            row = row.sided(order.side)
        self._fills[key] = None
        if len(self._fills) > _FILLS_REMEMBERED:
            self._fills.popitem(last=False)
        if origin != "snapshot":
            self._hand_out("fills", self._made(TradeData, row, origin))
        self._sums.setdefault(row.order_id, Sums()).add(row, self._about(TradeData, row, origin).factor)
        if len(self._sums) > _FILLS_REMEMBERED:
            self._sums.popitem(last=False)
        awaiting = self._awaited.pop(str(row.trade_id), None)
        if awaiting is not None:
            self._take_order(awaiting, origin)
        self._catch_up(row.order_id)

    def _read_balances_soon(self) -> None:
        self._wants_balances = True
        if not self._is_reading_balances:
            self._is_reading_balances = True
            self.venue.hub.spawn(self._read_balances(), f"{self.venue.name} balances")

    async def _read_balances(self) -> None:
        """Read balances that events do not tell, a moment after the first of several events, until there is no more."""
        generation, pause = self._generation, _BALANCES_PAUSE
        try:
            while self._wants_balances and generation == self._generation:
                await self.venue.clock.sleep(pause)
                self._wants_balances = False
                try:
                    found = await self._read(self.private.balances())
                except BtApiError as error:
                    is_refused = isinstance(error, AuthenticationError) and not self.private.is_clock_error(error)
                    if is_refused and generation == self._generation:
                        self.fail(error)
                        return
                    log.warning("%s: balances cannot be read: %s", self.venue.name, error)
                    self._wants_balances = True
                    pause = min(_LONGEST_PAUSE, 2 * pause)
                    continue
                pause = _BALANCES_PAUSE
                if generation == self._generation:
                    for row in (*found, *self._emptied(found)):
                        self._take_balance(row, "live")
                await self.venue.clock.sleep(self.private.balances_every)
        finally:
            self._is_reading_balances = False
        if self._wants_balances and self.is_live:
            self._read_balances_soon()  # the connection was another one when this began

    def _take_balance(self, row: Any, origin: Origin) -> None:
        if not row.counts:
            return
        asset = row.asset.upper()
        known = self._balances.get(asset)
        if known is not None and _is_late(row, known):
            return
        item = self._made(BalanceData, row, origin)
        if known is not None and _amounts(item) == _amounts(self._made(BalanceData, known, origin)):
            return
        self._balances[asset] = row
        self._note_time(getattr(row, "timestamp", None))
        self._hand_out("balances", item)

    def _take_holdings(self, row: Any) -> None:
        """Take what was held at one moment, unless what is known is newer."""
        known = (self._balances.get(balance.asset.upper()) for balance in row.balances)
        if any(_is_late(now, before) for now, before in zip(row.balances, known, strict=True)):
            return
        for balance in row.balances:
            self._take_balance(balance, "live")
        for position in (*row.positions, *self._closed(row.positions)):
            self._take_position(position, "live")

    def _take_position(self, row: Any, origin: Origin) -> None:
        key = row.key
        known = self._positions.get(key)
        item = self._made(PositionData, row, origin)
        if known is None and item.get_quantity() == 0:
            return  # some venues list those too in which nothing is held
        if known is not None and (_is_late(row, known) or self._tells_nothing_new(item, known)):
            return
        if item.get_quantity() == 0:
            self._positions.pop(key, None)
        else:
            self._positions[key] = row
        self._note_time(getattr(row, "timestamp", None))
        self._hand_out("positions", item)

    def _tells_nothing_new(self, item: PositionData, known: Any) -> bool:
        row = row_of(item)
        if type(row) is type(known):
            return bool(row == known)
        # A list and an event tell different figures of a position, so only what makes it one can be compared.
        held = self._made(PositionData, known, "live")
        return (item.get_quantity(), item.get_avg_price()) == (held.get_quantity(), held.get_avg_price())

    def health(self) -> dict[str, Any]:
        """Return what is known of the account's connection, JSON-ready; nothing of what it holds."""
        return {
            "live": self.is_live,
            "readers": len(self.boxes),
            "reconciliations": self.reconciliations,
            "connections": {session.label: session.health() for session in self.sessions},
        }


def _fill_in(row: Any) -> Any:
    """Return the fill that a live record tells whole, with its fee; ``None`` when it tells none."""
    if row.kind == "order":
        return row.fill if row.awaits_fill is None else None
    return row if row.kind == "fill" else None


def _amounts(item: Any) -> tuple[float, float, float]:
    return item.get_free_balance(), item.get_locked_balance(), item.get_total_balance()


def _is_late(row: Any, known: Any) -> bool:
    """Return whether a record tells of an earlier time than the one that is known, where both tell."""
    time, before = getattr(row, "timestamp", None), getattr(known, "timestamp", None)
    return time is not None and before is not None and time < before
