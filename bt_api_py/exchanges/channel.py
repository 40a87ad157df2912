"""How the frames of a channel, and the answers to REST calls, become records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import attrgetter, methodcaller
from typing import Annotated, Any, Self

import msgspec

from ..book.checksum import Checksum
from ..book.sequence import Rule, Unnumbered
from ..containers.base import COLUMNS, Container, Place, Row, Topic
from ..containers.instrument import SymbolData
from .regular import regular
from .scale import Scale, ScaledRow

# What decoders raise for a text that they cannot read; the last for one that is nested without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


# Of payloads, and the time of their receipt, epoch seconds; see `Channel.reader`.
Reader = Callable[[Sequence[bytes], float], list[Any] | None]

# The places of records in their frames, one for each: of those that are no element of a list, and of first elements.
_ALONE: Iterable[Place] = repeat(-1)
_FIRST: Iterable[Place] = repeat(0)
_defect = methodcaller("defect")


@dataclass(frozen=True, slots=True)
class Book:
    """How the frames of a depth channel become a book.

    Attributes:
        rule: see `book.sequence`.
        depth: levels a side that the venue keeps true; ``None``: all it sends.
        checksum: computes what the venue sends, where it does.
        order_count_at: position of the number of orders in a level.
        rest_numbers: whether the book by REST is numbered like the stream.
        reach: levels a side of the first state, where the venue tells no more: what lies behind the last of them stays
            unknown. When fewer than half are left of a side, another first state is fetched.
    """

    rule: Rule
    depth: int | None = None
    checksum: Checksum | None = None
    order_count_at: int | None = None
    rest_numbers: bool = False
    reach: int | None = None

    @property
    def vouched(self) -> int | None:
        """Levels a side that a checksum vouches for where updates have no numbers; ``None``: no such bound."""
        return self.checksum.levels if isinstance(self.rule, Unnumbered) and self.checksum is not None else None


class Channel:
    """One kind of frame: which record it holds, where in the frame the record lies, and what it becomes."""

    __slots__ = (
        "_decode_apart",
        "_regular",
        "begins_with_past",
        "book",
        "container",
        "contiguous",
        "decode",
        "find",
        "is_checked",
        "is_scaled",
        "many",
        "mixed",
        "newest_first",
        "patches",
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
        mixed: bool = False,
        sort: Callable[[Any], Any] | None = None,
        newest_first: bool = False,
        patches: bool = False,
        book: Book | None = None,
        contiguous: bool = False,
        begins_with_past: bool = False,
    ) -> None:
        """Describe a channel.

        Args:
            container: what users receive; ``None`` for books, whose records go to a keeper.
            row: the `Row` class, as sent by the venue.
            path: keys from the top of the frame to the record; empty when the frame is the record. ``"*"`` stands
                for every element of a list: the records of all groups count as one list.
            many: whether a list of records lies there.
            mixed: whether records of several topics come in one frame; each names its market by `venue_symbol`.
            sort: key that puts the records of one frame in order, where the venue does not promise it.
            newest_first: whether the list begins with the newest record, where no field tells the order.
            patches: whether a record may tell only what changed; its `completed` adds what was told before.
            book: for depth channels.
            contiguous: for trades: ids grow by exactly one, so a hole can be counted.
            begins_with_past: for trades: the first frame of a subscription tells the latest ones before it.
        """
        self.container = container
        self.row = row
        self.path = tuple(path)
        self.many = many
        self.mixed = mixed
        self.sort = sort
        self.newest_first = newest_first
        self.patches = patches
        self.book = book
        self.contiguous = contiguous
        self.begins_with_past = begins_with_past
        # What a payload holds; `find` leads from there to the records, ``None`` where they are the same.
        self.decode = _decoder(list[row] if many else row, self.path)
        self._decode_apart = _decoder(list[msgspec.Raw] if many else msgspec.Raw, self.path)
        self.find = _finder(self.path)
        # Made when it is first needed, see `reader`; and whether what it brings has to be checked.
        self._regular: tuple[Callable[[bytes], Any], bool] | None = None
        self.is_checked = getattr(row, "defect", None) is not Row.defect
        self.is_scaled = isinstance(row, type) and issubclass(row, ScaledRow)

    def reader(self, topic: Topic) -> Reader | None:
        """Return what reads frames of regular records, with nothing wrong, by the shortest way, where there is one.

        It takes the payloads of one topic and returns their objects in order, or ``None`` when `read` has to look at
        one of them. As long as each frame holds one record, nothing in it is a step of Python for each.
        """
        if self.mixed or self.patches or self.is_scaled or type(self).read is not Channel.read:
            return None
        if self._regular is None:
            row_class, is_sound = regular(self.row)
            kind = list.__class_getitem__(row_class) if self.many else row_class
            self._regular = _decoder(kind, self.path), self.is_checked and not is_sound
        decode, is_checked = self._regular
        find, container, is_many = self.find, self.container, self.many
        is_plain = not is_many and not is_checked

        def read(payloads: Sequence[bytes], received: float) -> list[Any] | None:
            try:
                if is_plain and len(payloads) == 1:  # what is made for many costs more for one
                    row = decode(payloads[0]) if find is None else find(decode(payloads[0]))
                    return [row] if container is None else [container(row, topic, received, payloads[0])]
                found = list(map(decode, payloads) if find is None else map(find, map(decode, payloads)))
            except UNREADABLE:
                return None
            rows, frames, places = found, payloads, _ALONE
            if is_many:
                rows = list(chain.from_iterable(found))
                places = _FIRST
                if len(rows) != len(found) or not all(found):
                    entries = [self._arranged(list(enumerate(group))) for group in found]
                    places = [place for group in entries for place, _ in group]
                    rows = [row for group in entries for _, row in group]
                    frames = [payload for payload, group in zip(payloads, found, strict=True) for _ in group]
            if is_checked and any(map(_defect, rows)):
                return None
            if container is None:
                return rows
            return list(map(container, rows, repeat(topic), repeat(received), frames, places))

        return read

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        """Return the records with their positions, -1 for a single one, and why others were refused.

        Raises:
            msgspec.DecodeError: the payload is no JSON, or there is no record at the path.
        """
        try:
            found = self.decode(payload)
        except msgspec.ValidationError:
            return self._read_apart(payload)
        if self.find is not None:
            found = self.find(found)
        if self.many:
            if self.sort is None and not self.is_checked and not self.newest_first:
                return list(enumerate(found)), []
            return self._usable(enumerate(found))
        defect = found.defect()
        return ([(-1, found)], []) if defect is None else ([], [defect])

    def _usable(self, rows: Iterable[tuple[Place, Any]]) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        usable, refused = [], []
        for index, row in rows:
            defect = row.defect()
            if defect is None:
                usable.append((index, row))
            else:
                refused.append(f"{defect} in row {index}")
        return self._arranged(usable), refused

    def _arranged(self, entries: list[tuple[Place, Any]]) -> list[tuple[Place, Any]]:
        """Put the records of one frame in order."""
        if self.sort is not None and len(entries) > 1:
            key = self.sort
            entries.sort(key=lambda entry: key(entry[1]))
        if self.newest_first:
            entries.reverse()
        return entries

    def _read_apart(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        """Decode one record at a time, so that a bad one costs only itself."""
        found = self._decode_apart(payload)
        if self.find is not None:
            found = self.find(found)
        good: list[tuple[Place, Any]] = []
        refused = []
        for index, raw in enumerate(found) if self.many else [(-1, found)]:
            try:
                good.append((index, msgspec.json.decode(raw, type=self.row, strict=False)))
            except msgspec.ValidationError as error:
                refused.append(f"{error}" + (f" in row {index}" if self.many else ""))
        usable, defects = self._usable(good)
        return usable, refused + defects


class Selection(Channel):
    """A list of records of which only some count: those whose attribute `only` is true."""

    __slots__ = ("_counts",)

    def __init__(self, container: type[Container] | None, row: Any, path: Sequence[str] = (), *, only: str) -> None:
        super().__init__(container, row, path, many=True)
        self._counts = attrgetter(only)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        return [(place, row) for place, row in rows if self._counts(row)], refused


class ColumnChannel(Channel):
    """Records whose fields lie in lists of their own: ``{"open": [1, 2], "close": [3, 4]}`` holds two.

    What is no list beside them is left out.
    """

    __slots__ = ("_decode_columns",)

    def __init__(
        self,
        container: type[Container] | None,
        row: Any,
        path: Sequence[str] = (),
        *,
        sort: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(container, row, path, many=True, sort=sort)
        self._decode_columns = _decoder(dict[str, Any], self.path)
        self.path = (*self.path, COLUMNS)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        found = self._decode_columns(payload)
        table = self.find(found) if self.find is not None else found
        columns = {name: column for name, column in table.items() if isinstance(column, list)}
        if len({len(column) for column in columns.values()}) > 1:
            raise msgspec.ValidationError("columns of unequal length")
        good: list[tuple[Place, Any]] = []
        refused = []
        for index, values in enumerate(zip(*columns.values(), strict=True)):
            try:
                good.append((index, msgspec.convert(dict(zip(columns, values, strict=True)), self.row, strict=False)))
            except msgspec.ValidationError as error:
                refused.append(f"{error} in row {index}")
        usable, defects = self._usable(good)
        return usable, refused + defects


class KeyedChannel(Channel):
    """Records under keys that are data themselves: ``{"XBTUSD": {…}}``, or with `many` ``{"XBTUSD": [[…], …]}``.

    A row class with a field `key` is given the key. Beside the records there may be a cursor: what is neither an object
    nor a list is left out.
    """

    __slots__ = ("_decode_groups", "_has_key")

    def __init__(
        self,
        container: type[Container] | None,
        row: Any,
        path: Sequence[str] = (),
        *,
        many: bool = False,
        sort: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(container, row, path, many=many, sort=sort)
        self._decode_groups = _decoder(dict[str, msgspec.Raw], self.path)
        self._has_key = "key" in row.__struct_fields__

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        groups = self._decode_groups(payload)
        good: list[tuple[Place, Any]] = []
        refused = []
        for key, group in (self.find(groups) if self.find is not None else groups).items():
            if bytes(group)[:1] not in (b"{", b"["):
                continue
            for place, raw in self._places(key, group):
                try:
                    row = msgspec.json.decode(raw, type=self.row, strict=False)
                except msgspec.ValidationError as error:
                    refused.append(f"{error} in row {place}")
                    continue
                if self._has_key:
                    row.key = key
                good.append((place, row))
        usable, defects = self._usable(good)
        return usable, refused + defects

    def _places(self, key: str, group: msgspec.Raw) -> Iterable[tuple[Place, msgspec.Raw]]:
        if not self.many:
            return [(key, group)]
        return [((key, place), raw) for place, raw in enumerate(msgspec.json.decode(group, type=list[msgspec.Raw]))]


class PairChannel(Channel):
    """Records that are no more than a key and its value, ``{"btc_ltc": 2775.344}``: each is read from that pair."""

    __slots__ = ("_decode_pairs",)

    def __init__(
        self, container: type[Container] | None, row: Any, path: Sequence[str] = (), *, mixed: bool = False
    ) -> None:
        super().__init__(container, row, path, many=True, mixed=mixed)
        self._decode_pairs = _decoder(dict[str, Any], self.path)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        found = self._decode_pairs(payload)
        good: list[tuple[Place, Any]] = []
        refused = []
        for pair in (self.find(found) if self.find is not None else found).items():
            try:
                good.append((pair[0], msgspec.convert(pair, self.row, strict=False)))
            except msgspec.ValidationError as error:
                refused.append(f"{error} in row {pair[0]!r:.50}")
        usable, defects = self._usable(good)
        return usable, refused + defects


class Forms(Channel):
    """A channel whose records lie in one of several places, by the age of the server, or by where it runs."""

    __slots__ = ("_forms",)

    def __init__(
        self, container: type[Container], row: Any, path: Sequence[str], *forms: tuple[tuple[str, ...], bool]
    ) -> None:
        """Describe a channel; `forms`, the newest first: keys behind `path`, and whether a list lies there."""
        super().__init__(container, row, path, many=True)
        self._forms = [(more, Channel(container, row, (*self.path, *more), many=many)) for more, many in forms]

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        refusal: msgspec.ValidationError | None = None
        for path, form in self._forms:
            try:
                rows, refused = form.read(payload)
            except msgspec.ValidationError as error:
                refusal = refusal or error
                continue
            return [((*path, *(place if isinstance(place, tuple) else (place,))), row) for place, row in rows], refused
        raise refusal or msgspec.ValidationError("no form is declared")


def _decoder(leaf: Any, path: tuple[str, ...]) -> Callable[[bytes], Any]:
    """Return a typed decoder of a payload in which `leaf` lies at `path`."""
    kind = leaf
    for key in reversed(path):
        # A key such as "trade-id" is no attribute name, so paths use plain names only.
        kind = list.__class_getitem__(kind) if key == "*" else msgspec.defstruct("Payload", [(key, kind)], gc=False)
    return msgspec.json.Decoder(kind, strict=False).decode


def _finder(path: tuple[str, ...]) -> Callable[[Any], Any] | None:
    """Return what leads from a decoded payload to the records, ``None`` when they are the same."""
    if "*" not in path:
        return attrgetter(".".join(path)) if path else None
    star = path.index("*")
    inside = attrgetter(".".join(path[star + 1 :]))
    if not star:
        return lambda payload: [record for group in payload for record in inside(group)]
    groups = attrgetter(".".join(path[:star]))
    return lambda payload: [record for group in groups(payload) for record in inside(group)]


class PatchRow(Row):
    """Base of records that may tell only what changed since the one before."""

    def completed(self, before: Self | None) -> Self | None:
        """Return the whole record, given the one before; ``None`` where that cannot be told."""
        raise NotImplementedError


class InstrumentRow(Row):
    """Base of the records that describe a market: `venue_symbol`, `base`, `quote` are what makes one."""

    @property
    def scale(self) -> Scale | None:
        """The decimal places of its numbers on the wire, where the venue counts in whole units."""
        return None

    def defect(self) -> str | None:
        for name in ("venue_symbol", "base", "quote"):
            if not getattr(self, name):
                return f"no {name}"
        return None


Digits = Annotated[int, msgspec.Meta(ge=0, le=30)]  # decimals of a step


class StepRow(InstrumentRow):
    """Base of those whose steps are told by their `Digits`: `price_digits` and `quantity_digits`."""

    @property
    def tick_size(self) -> str:
        row: Any = self
        return f"1e-{row.price_digits}"

    @property
    def lot_size(self) -> str:
        row: Any = self
        return f"1e-{row.quantity_digits}"


def instruments(row: type[InstrumentRow], *path: str) -> Channel:
    """Return the channel of a list of markets."""
    return Channel(SymbolData, row, path, many=True)


class Stamp(Row):
    """Base of the record that carries the venue's clock: `timestamp`, milliseconds."""


class TimeData(Container):
    """The venue's clock."""

    event = "TimeEvent"
