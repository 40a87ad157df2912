"""The rules by which venues number the updates of a book, and the keeper that holds a book to them.

Four rules cover the venues known so far. `Spanning`: an update carries its first and last number, the first state is
fetched apart. `Linked`: an update names the one before. `Whole`: every frame replaces the book. `Unnumbered`: nothing
in an update tells of the one before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from ..containers.base import Row
from ..containers.orderbook import BookState, Level
from ..exceptions import BookCrossedError, BookError, BookGapError, ChecksumError, DataParseError
from .orderbook import OrderBook

_LARGEST_BACKLOG = 10_000  # updates kept while a snapshot is awaited


class BookRow(Row):
    """Base of the depth records. A venue declares those of these names that it sends, as fields or properties."""

    @property
    def bids(self) -> Sequence[Level]:
        """Levels: price, quantity, and what the venue adds."""
        return ()

    @property
    def asks(self) -> Sequence[Level]:
        """Levels: price, quantity, and what the venue adds."""
        return ()

    @property
    def first(self) -> int | None:
        """Number of the first change in the update."""
        return None

    @property
    def last(self) -> int | None:
        """Number of the last change in the update."""
        return None

    @property
    def previous(self) -> int | None:
        """Number of the update before this one."""
        return None

    @property
    def timestamp(self) -> int | None:
        """Event time, milliseconds."""
        return None

    @property
    def checksum(self) -> int | None:
        """What the venue computed over its book; 0 and ``None`` mean none."""
        return None

    @property
    def is_snapshot(self) -> bool:
        """Whether the record is a whole book."""
        return False


# A property costs a call for every message, so what a venue does not declare is a plain attribute where the code runs.
for _name, _absent in [("bids", ()), ("asks", ()), ("is_snapshot", False)]:
    setattr(BookRow, _name, _absent)
for _name in ("first", "last", "previous", "timestamp", "checksum"):
    setattr(BookRow, _name, None)


class Verdict(Enum):
    """What a rule says of an update."""

    APPLY = "apply"
    STALE = "stale"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Spanning:
    """An update covers the numbers `first` to `last`; the first state comes from a request.

    The next update must begin at or before the number after the last one. With `linked`, updates after the first name
    the one before instead (Binance USD-M: ``pu``), and the first must contain the snapshot's number.
    """

    linked: bool = False
    snapshot: Literal["rest"] = "rest"

    def judge(self, last: int, row: BookRow, joined: bool) -> Verdict:
        """Return what to do with `row` when the book stands at `last`; `joined`: an update has been applied to it."""
        if row.last is None or row.first is None:
            return Verdict.GAP
        if self.linked and joined:
            return Verdict.APPLY if row.previous == last else Verdict.GAP
        if self.linked:
            if row.last < last:
                return Verdict.STALE
            return Verdict.APPLY if row.first <= last else Verdict.GAP
        if row.last <= last:
            return Verdict.STALE
        return Verdict.APPLY if row.first <= last + 1 else Verdict.GAP

    def expected(self, last: int) -> str:
        """Return what an update had to say, for the error message."""
        return str(last) if self.linked else str(last + 1)


@dataclass(frozen=True, slots=True)
class Linked:
    """An update names the number of the one before it.

    Attributes:
        snapshot: where the first state comes from: sent after subscribing (``"stream"``), asked for on the same socket
            (``"request"``).
        may_restart: numbers may legally become smaller, so age is never judged by size.
    """

    snapshot: Literal["stream", "request"] = "stream"
    may_restart: bool = False

    def judge(self, last: int, row: BookRow, joined: bool) -> Verdict:
        """Return what to do with `row` when the book stands at `last`."""
        if row.previous == last:
            return Verdict.APPLY
        if not self.may_restart and row.last is not None and row.last <= last:
            return Verdict.STALE
        return Verdict.GAP

    def expected(self, last: int) -> str:
        """Return what an update had to say, for the error message."""
        return str(last)


@dataclass(frozen=True, slots=True)
class Whole:
    """Every record is a whole book; one whose number is not newer than the last is left out.

    Without numbers, one that is older by its time is.

    With `may_restart` numbers may legally become smaller, so only a repetition is left out.
    """

    snapshot: Literal["stream"] = "stream"
    may_restart: bool = False

    def judge(self, last: int, row: BookRow, joined: bool) -> Verdict:
        """Return what to do with `row` when the book stands at `last`."""
        if row.last is None:
            return Verdict.APPLY
        is_old = row.last == last if self.may_restart else row.last <= last
        return Verdict.STALE if is_old else Verdict.APPLY

    def expected(self, last: int) -> str:
        """Return what an update had to say, for the error message."""
        return str(last)


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """No number tells of the update before: the venue promises to deliver each one as long as the connection stands.

    The first state is sent after subscribing. A lost update cannot be seen, so whatever could have been one counts as
    a fault: a frame on the socket that cannot be read, and an update that is older than the one before. Age is told by
    numbers that grow by any step, where updates have such, and by time elsewhere; what the first state holds already,
    or comes twice under one number, is left out.
    """

    snapshot: Literal["stream"] = "stream"


Rule = Spanning | Linked | Whole | Unnumbered
Top = tuple[int | None, list[BookState]]  # levels a side, and states of a book with so many


class BookKeeper:
    """One book, held to its venue's rule. Pure: rows in, states out; the caller fetches what `wants_snapshot` asks.

    Between the first row and the snapshot, rows are kept; the snapshot joins them. Every broken promise is an
    error, after which the book is absent until a new snapshot has joined.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        exchange: str = "",
        symbol: str = "",
        depth: int | None = None,
        reach: int | None = None,
        checksum: Callable[[OrderBook], int] | None = None,
        order_count_at: int | None = None,
    ) -> None:
        self.rule = rule
        self.book = OrderBook(depth, reach)
        self._is_sent = rule.snapshot == "stream"
        self._is_whole = isinstance(rule, Whole)
        self._is_spanning = isinstance(rule, Spanning)
        self._is_linked = isinstance(rule, Linked) or (isinstance(rule, Spanning) and rule.linked)
        self._label = exchange, symbol
        self._checksum = checksum
        self._order_count_at = order_count_at
        self._waiting: deque[BookRow] = deque(maxlen=_LARGEST_BACKLOG)
        self._last: int | None = None
        self._joined = False
        self._row: BookRow | None = None
        self._timestamp: int | None = None  # the newest, where some rows carry none
        self.is_live = False

    @property
    def wants_snapshot(self) -> bool:
        """Whether the first state must be asked for now: rows have come, and there is nothing to apply them to."""
        return not self.is_live and not self._is_sent and bool(self._waiting)

    @property
    def sequence(self) -> int | None:
        """The venue's number of the last update applied."""
        return self._last

    def reset(self) -> None:
        """Forget everything: the connection was lost, or the venue starts again."""
        self._waiting.clear()
        self._forget()

    def _forget(self) -> None:
        self.book.clear()
        self._last = None
        self._joined = False
        self._row = None
        self._timestamp = None
        self.is_live = False

    def take(self, row: BookRow) -> bool:
        """Take one record, sent or asked for, and return whether the book changed or was confirmed by it.

        A snapshot that was asked for joins the rows that came meanwhile. When it is too old, or rows are missing
        behind it, the answer is ``False`` and `wants_snapshot` stays true: ask again.

        Raises:
            BookGapError, BookCrossedError, ChecksumError: the book is absent from now on.
            DataParseError: a level is none; the book is absent from now on.
        """
        if row.is_snapshot or self._is_whole:
            return self._replace(row) if self._is_sent else self._join(row)
        if self.is_live:
            return self._advance(row)
        if not self._is_sent:
            self._waiting.append(row)
        return False

    def follow(self, rows: Iterable[BookRow], tops: Sequence[Top]) -> tuple[int, BookError | DataParseError | None]:
        """Take updates as long as each plainly comes next by its number; any other row is left to `take`.

        It does what `take` does, by a shorter way.

        Args:
            tops: numbers of levels, each with a list to which the state after each update is added.

        Returns:
            How many updates were taken, and the error that the next one was, as `take` would have raised it.
        """
        taken, last = 0, self._last
        if not self._joined:
            return taken, None
        is_spanning, is_linked, has_checksum = self._is_spanning, self._is_linked, self._checksum is not None
        book, state = self.book, self.state
        bids, asks, apply = book.bids._ranks, book.asks._ranks, book.apply
        try:
            for row in rows:
                number = row.last
                if last is None or row.is_snapshot:
                    break
                if is_linked:
                    if row.previous != last or (is_spanning and (number is None or row.first is None)):
                        break
                elif not is_spanning or row.first != last + 1 or number is None or number <= last:
                    break
                apply(row.bids, row.asks)
                self._last = last = number
                self._row = row
                # As `is_crossed`, of which the calls cost as much again.
                if has_checksum or (len(bids) > 1 < len(asks) and bids[-2] >= -asks[-2]):
                    self._check(row)
                for levels, states in tops:
                    states.append(state(levels))
                taken += 1
        except (BookError, DataParseError) as error:
            self._forget()
            return taken, error
        return taken, None

    def _join(self, row: BookRow) -> bool:
        assert not isinstance(self.rule, Unnumbered), "its first state is sent, so nothing is ever joined"
        waiting = list(self._waiting)
        self._forget()
        self._load(row)
        for at, update in enumerate(waiting):
            verdict = self.rule.judge(self._last if self._last is not None else 0, update, self._joined)
            if verdict is Verdict.GAP:
                self._forget()
                # Rows before the hole can never join; the others may join a newer snapshot.
                self._waiting = deque(waiting[at:], maxlen=_LARGEST_BACKLOG)
                return False
            if verdict is Verdict.APPLY:
                self._apply(update)
        self._waiting.clear()
        if self.book.is_crossed():
            raise self._crossed()
        self.is_live = True
        return True

    def state(self, levels: int | None) -> BookState:
        """Return the best `levels` a side, all for ``None``, as an object that later updates leave alone."""
        book, row = self.book, self._row
        bids, asks = book.bids.shown(levels), book.asks.shown(levels)
        time, checksum = self._timestamp, None
        if row is not None:
            if row.timestamp is not None:
                time = row.timestamp
            if self._checksum is not None:
                checksum = row.checksum or None
        action: Literal["snapshot", "update"] = "update" if self._joined else "snapshot"
        return BookState(bids, asks, time, self._last, checksum, action, self._order_count_at, True)

    def _replace(self, row: BookRow) -> bool:
        last = self._last
        if isinstance(self.rule, Whole):
            if last is not None and self.rule.judge(last, row, True) is Verdict.STALE:
                return False
            if row.last is None and self._is_older(row):
                return False
        self._forget()
        self._load(row)
        self._check(row)
        self.is_live = True
        return True

    def _is_older(self, row: BookRow) -> bool:
        """Return whether a row without a number was made before the last one."""
        now, before = row.timestamp, self._timestamp
        return now is not None and before is not None and now < before

    def _load(self, row: BookRow) -> None:
        self.book.load(row.bids, row.asks)
        self._last = row.last
        self._row = row
        self._timestamp = row.timestamp

    def _advance(self, row: BookRow) -> bool:
        last = self._last
        if isinstance(self.rule, Unnumbered):
            if self._is_known(row):
                return False
            self._check_order(row)
        elif last is None or (row.previous is None and row.last is None):
            # No number to go by: only a checksum can vouch for the update.
            if self._checksum is None or not row.checksum:
                raise self._broken(BookGapError, "an update carries neither a number nor a checksum")
        elif row.last == last and row.previous != last and self._row is not None and row.previous == self._row.previous:
            return False  # the same update once more
        else:
            verdict = self.rule.judge(last, row, self._joined)
            if verdict is Verdict.STALE:
                return False
            if verdict is Verdict.GAP:
                received = row.previous if row.previous is not None else row.first
                # The row that shows the hole is the first that may join a new snapshot.
                error = self._broken(
                    BookGapError, f"book gap, expected {self.rule.expected(last)}, received {received}"
                )
                if not self._is_sent:
                    self._waiting.append(row)
                raise error
        self._apply(row)
        self._check(row)
        return True

    def _is_known(self, row: BookRow) -> bool:
        """Return whether the book holds an update already, by the number of the update itself."""
        last = self._last
        if last is None or row.last is None:
            return False
        return row.last == last or (row.last < last and not self._joined)

    def _check_order(self, row: BookRow) -> None:
        now, before, last = row.timestamp, self._timestamp, self._last
        if last is not None and row.last is not None:
            if row.last < last:
                raise self._broken(BookGapError, f"update {last} was followed by {row.last}")
        elif self._is_older(row):
            raise self._broken(BookGapError, f"an update of {before} ms was followed by one of {now} ms")
        self._timestamp = now if now is not None else before

    def _apply(self, row: BookRow) -> None:
        try:
            self.book.apply(row.bids, row.asks)
        except DataParseError:
            self._forget()
            raise
        self._last = row.last
        self._joined = True
        self._row = row

    def _check(self, row: BookRow) -> None:
        if self.book.is_crossed():
            raise self._crossed()
        if self._checksum is not None and row.checksum:
            ours = self._checksum(self.book)
            if ours != row.checksum:
                raise self._broken(ChecksumError, f"book checksum {ours}, the venue says {row.checksum}")

    def _crossed(self) -> BookGapError | BookCrossedError | ChecksumError:
        bid, ask = self.book.bids.best(), self.book.asks.best()
        return self._broken(BookCrossedError, f"book crossed, bid {bid} and ask {ask}")

    def _broken(
        self, error: type[BookGapError | BookCrossedError | ChecksumError], detail: str
    ) -> BookGapError | BookCrossedError | ChecksumError:
        self._forget()
        exchange, symbol = self._label
        return error(exchange, detail, topic="depth", symbol=symbol)
