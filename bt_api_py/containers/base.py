"""What all data objects have in common: a thin view over one record of the venue.

A record is decoded once, typed, when it arrives (`Row`, filled by msgspec). The object that users hold adds
getters and converts a number only when somebody asks for it, so one that a filter throws away costs little.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from math import isfinite
from operator import attrgetter
from typing import Any, ClassVar, Literal, Self, TypeVar

import msgspec

from ..exceptions import DataParseError

C = TypeVar("C", bound="Container")

nan = math.nan

Origin = Literal["live", "backfill", "snapshot", "built"]
Side = Literal["buy", "sell"]

# An optional number as venues send it: a JSON number, a text, an empty text, null, or not at all.
Number = float | str | None

# Where in a frame's list or object of records one lies: a position or a key, or both, one inside the other; -1 when the
# frame holds just one.
Place = int | str | tuple[int | str, ...]


COLUMNS = "|"  # in a path: the fields of the records lie in lists of their own


class Row(msgspec.Struct, gc=False):
    """One record of a venue under our field names; the wire's names stand in ``msgspec.field(name=...)``.

    A venue declares the fields that it sends. What it does not send is absent, and the getter gives ``nan``
    or ``None``.

    Attributes:
        checks: by field and declared type, a narrower type of nearly all values that come; see `exchanges.regular`.
    """

    checks: ClassVar[dict[str, dict[Any, Any]]] = {}

    def defect(self) -> str | None:
        """Return why this record cannot be used, or ``None`` when it can."""
        return None


# Programs read these of every message. What a record does not declare is a plain attribute where the code runs, which
# costs less than to ask whether it is there.
for _name in ("timestamp", "last_price", "bid_price", "ask_price", "volume", "price_change_percent"):
    setattr(Row, _name, None)


class Topic(msgspec.Struct, frozen=True):
    """What all objects of one subscription share.

    Attributes:
        exchange: ``"BINANCE___SPOT"``.
        kind: ``"ticker"``, ``"depth"``, ``"trades"``, ``"klines"`` …
        symbol: as the caller wrote it.
        venue_symbol: as the venue writes it.
        interval: of klines, as the caller wrote it.
        origin: where these objects come from.
        factor: base units per unit of the venue's quantities; 1 on spot, the contract value on a swap.
        path: keys from the top of a frame to its records.
    """

    exchange: str
    kind: str
    symbol: str = ""
    venue_symbol: str = ""
    interval: str = ""
    origin: Origin = "live"
    factor: float = 1.0
    path: tuple[str | int, ...] = ()


class Frame(msgspec.Struct):
    """The payload a row came in and where it lies there, kept so that the venue's exact text can be shown.

    In `path`, ``"*"`` stands for every element of a list: what lies behind it counts as one list. ``"|"`` at its end
    stands for records that are made of columns.
    """

    payload: bytes
    path: tuple[str | int, ...] = ()

    def row(self, index: Place) -> Any:
        """Return the row as the venue sent it, decoded from JSON and otherwise untouched."""
        # The standard library keeps integers of any size, which venues use for ids.
        # Decoding overlooks a damaged text in a field that nobody needs, so this must not fail on it either.
        value = _at(json.loads(self.payload.decode(errors="replace")), self.path)
        for key in index if isinstance(index, tuple) else (index,):
            if key != -1:
                value = value[key]
        return value


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for place, key in enumerate(path):
        if key == "*":
            return [record for group in value for record in _at(group, path[place + 1 :])]
        if key == COLUMNS:
            columns = {name: column for name, column in value.items() if isinstance(column, list)}
            return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        value = value[key]
    return value


def as_number(value: Any) -> float:
    """Return an optional number; ``nan`` when it is missing, empty, not a number or not finite."""
    if type(value) is not float:
        try:
            value = float(value)
        except (TypeError, ValueError, OverflowError):
            return nan
    return value if value - value == 0.0 else nan  # the difference is no number where the value is none


class Container(msgspec.Struct, eq=False, gc=False):
    """A data object: getters over one record. It never changes after it was handed out.

    The collector of reference cycles leaves these objects alone: they come by the million and hold no cycle.

    Attributes:
        _row: the record under our field names, see `Row`.
        _topic: what it belongs to.
        _received: local time of receipt, epoch seconds.
        _frame: the payload it came in, as bytes (its path is the topic's) or as a `Frame`, or the venue's own record
            where that is at hand.
        _index: place of the record in the frame, -1 when the frame holds just one.
    """

    _row: Any
    _topic: Topic
    _received: float = nan
    _frame: Any = None
    _index: Place = -1

    event: ClassVar[str] = "Event"
    kind: ClassVar[str] = ""  # of the streams that hand out such objects

    # Shared by all

    def init_data(self) -> Self:
        """Return the object itself.

        The record was decoded and checked on arrival, so there is nothing left that could fail; every getter
        works without this call.
        """
        return self

    def get_symbol(self) -> str:
        """Return the symbol as the caller wrote it."""
        return self._topic.symbol

    get_symbol_name = get_symbol

    def get_venue_symbol(self) -> str:
        """Return the symbol as the venue writes it."""
        return self._topic.venue_symbol

    def get_timestamp(self) -> int:
        """Return the venue's event time, milliseconds since 1970 UTC; of receipt where it sent none."""
        value = self._row.timestamp
        if type(value) is int:
            return value
        if value is None:
            return 0 if math.isnan(self._received) else int(self._received * 1000)
        return int(value)

    def get_server_time(self) -> float:
        """Return `get_timestamp` as a float, milliseconds."""
        try:
            return float(self.get_timestamp())
        except OverflowError:  # a number of hundreds of digits, which no clock tells
            return nan

    def get_local_update_time(self) -> float:
        """Return the local time of receipt, epoch seconds."""
        return self._received

    def get_latency_ms(self) -> float:
        """Return receipt minus event time in milliseconds; ``nan`` when the venue sends no time."""
        value = getattr(self._row, "timestamp", None)
        return nan if value is None else self._received * 1000 - self.get_server_time()

    def get_exchange_name(self) -> str:
        """Return the full name, ``"BINANCE___SPOT"``."""
        return self._topic.exchange

    def get_venue(self) -> str:
        """Return the venue, ``"BINANCE"``."""
        return self._topic.exchange.partition("___")[0]

    def get_asset_type(self) -> str:
        """Return the product, ``"SPOT"``."""
        return self._topic.exchange.partition("___")[2]

    def get_event(self) -> str:
        """Return the kind of object as one word, ``"TickerEvent"`` and the like."""
        return self.event

    def get_origin(self) -> Origin:
        """Return where the object comes from.

        ``"live"``: sent as it happened. ``"backfill"``: fetched later to fill a hole. ``"snapshot"``: the
        present state, sent or fetched. ``"built"``: computed from trades.
        """
        return self._topic.origin

    def get_quantity_unit(self) -> Literal["base"]:
        """Return ``"base"``: every quantity is in base asset, contracts are converted on all venues."""
        return "base"

    def get_raw_data(self) -> Any:
        """Return the venue's own record, untouched; its exact decimal text and its own units live here."""
        frame = self._frame
        if isinstance(frame, bytes):
            frame = Frame(frame, self._topic.path)
        return frame.row(self._index) if isinstance(frame, Frame) else frame

    def get_all_data(self) -> dict[str, Any]:
        """Return every field by the name of its getter without ``get_``.

        JSON-ready: a missing number is ``None``, and so is one that JSON cannot hold.
        """
        data: dict[str, Any] = {}
        for name in _plain_getters(type(self)):
            value = getattr(self, name)()
            if isinstance(value, float) and not isfinite(value):
                value = None
            elif isinstance(value, list) and value and isinstance(value[0], Container):
                value = [item.get_all_data() for item in value]
            data[name[4:]] = value
        return data

    def __repr__(self) -> str:
        words = [type(self).__name__, self._topic.exchange, self.get_symbol()]
        words += [f"{name}={value!r}" for name, value in self._summary()]
        return f"<{' '.join(word for word in words if word)}>"

    def _summary(self) -> Iterable[tuple[str, Any]]:
        """Yield the few fields that a reader of a log wants to see."""
        return ()

    # For the machinery

    def spelled(self, topic: Topic) -> Self:
        """Return the same record under another topic, for a caller who writes the symbol differently."""
        return self.told_as(type(self), topic)

    def told_as(self, kind: type[C], topic: Topic) -> C:
        """Return another object made from the same record: some venues tell several figures in one."""
        frame = self._frame
        if isinstance(frame, bytes):
            frame = Frame(frame, self._topic.path)
        return kind(self._row, topic, self._received, frame, self._index)

    def holding(self, row: Any) -> Self:
        """Return an object like this one around another record."""
        return type(self)(row, self._topic, self._received, self._frame, self._index)

    # For getters

    def _number(self, name: str) -> float:
        """Return an optional number; ``nan`` when it is missing, empty, not a number or not finite."""
        value = getattr(self._row, name, None)
        return value if type(value) is float and value - value == 0.0 else as_number(value)

    def _quantity(self, name: str) -> float:
        """Return an optional quantity in base units."""
        return self._number(name) * self._topic.factor

    def _text(self, name: str) -> str | None:
        """Return an optional identifier or word as text; ``None`` when missing or empty."""
        value = getattr(self._row, name, None)
        return None if value is None or value == "" else str(value)

    def _time(self, name: str) -> int:
        """Return an optional time in milliseconds; 0 when it is missing or not a number."""
        value = getattr(self._row, name, None)
        if isinstance(value, int):
            return value
        number = self._number(name)
        return 0 if math.isnan(number) else int(number)

    def _flag(self, name: str) -> bool | None:
        """Return an optional truth value; ``None`` when missing."""
        value = getattr(self._row, name, None)
        if value is None or value == "":
            return None
        return value.lower() == "true" if isinstance(value, str) else bool(value)

    def _required(self, name: str) -> Any:
        """Return a field without which the object would not be one.

        Raises:
            DataParseError: the record has no such field.
        """
        try:
            return getattr(self._row, name)
        except AttributeError:
            raise DataParseError(
                type(self).__name__, f"no field {name!r} in {self._row!r}", exchange_name=self._topic.exchange
            ) from None


_GETTERS: dict[type[Container], tuple[str, ...]] = {}
_NOT_FIELDS = {"get_all_data", "get_raw_data", "get_latency_ms"}


def _plain_getters(cls: type[Container]) -> tuple[str, ...]:
    """Return the names of the getters of a class; an alias is the same function under a second name."""
    names = _GETTERS.get(cls)
    if names is None:
        names = _GETTERS[cls] = tuple(
            name
            for name in dir(cls)
            if name.startswith("get_") and name not in _NOT_FIELDS and getattr(cls, name).__name__ == name
        )
    return names


row_of: Callable[[Container], Any] = attrgetter("_row")  # the record behind an object; for the machinery
