"""The rule by which values of a feed and answers of REST become one picture of a market.

Pure: no socket, no task, no clock; the time is handed in. Keys and values are of any type.

A feed tells every change from the moment it is open, so what it says is newer than any answer to a request that was
sent after that moment, whenever the answer arrives. REST only fills what the feed has not told yet. When the feed is
lost, nothing is known to be current any more: values stay readable, marked stale, until the feed is open again and
either side brings a fresh one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Literal, NamedTuple, TypeVar

Source = Literal["ws", "rest"]  # the feed comes by web socket
KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Moment(NamedTuple):
    """One instant on both clocks, in seconds."""

    wall: float  # since 1970 UTC
    monotonic: float  # for ages and differences


class Ticket(NamedTuple):
    """When a request was sent; it comes back with the answer."""

    epoch: int
    sent_at: Moment


@dataclass(frozen=True, slots=True)
class Entry(Generic[ValueT]):
    """A value, and what is known of it.

    Attributes:
        source: who brought it.
        received_at: when it arrived.
        epoch: the connection that stood then, counted from 1.
        stale: whether that connection was lost since, so that the value may be out of date.
    """

    value: ValueT
    source: Source
    received_at: Moment
    epoch: int
    stale: bool = False


@dataclass(slots=True)
class MergeCounts:
    """What happened so far.

    Attributes:
        fed: values that the feed brought.
        asked: requests sent.
        filled_by_feed, filled_by_rest: missing or stale values that either side replaced.
        late: values of an answer that came too late: there was one already.
        outdated: values of an answer to a request that was sent before the feed was opened for the last time.
        unasked: values of keys that are not in the list.
    """

    fed: int = 0
    asked: int = 0
    filled_by_feed: int = 0
    filled_by_rest: int = 0
    late: int = 0
    outdated: int = 0
    unasked: int = 0


class Merge(Generic[KeyT, ValueT]):
    """The values of a list of keys, filled by REST and kept by a feed.

    Args:
        keys: what is wanted, in the order in which it is asked for; None: whatever a whole answer lists.

    Attributes:
        epoch: how often the feed was opened.
        opened_at: when it was opened last; None before.
        counts: see `MergeCounts`.
    """

    def __init__(self, keys: Iterable[KeyT] | None = None) -> None:
        self.epoch = 0
        self.opened_at: Moment | None = None
        self.counts = MergeCounts()
        self._is_listed = keys is not None
        self._keys: dict[KeyT, None] | None = None if keys is None else dict.fromkeys(keys)
        self._entries: dict[KeyT, Entry[ValueT]] = {}
        self._needed: dict[KeyT, None] = dict.fromkeys(self._keys or ())
        # A feed may come over several sockets: of each key, the epoch in which it was opened; 0 while it is lost.
        self._everywhere = 0
        self._epochs: dict[KeyT, int] = {}

    # What is known

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[KeyT]:
        return iter(self._entries)

    def get(self, key: KeyT) -> Entry[ValueT] | None:
        """Return what is known of a key, stale or not; None before its first value."""
        return self._entries.get(key)

    @property
    def keys(self) -> tuple[KeyT, ...] | None:
        """The keys that are wanted; None until a whole answer has listed them."""
        return None if self._keys is None else tuple(self._keys)

    @property
    def is_complete(self) -> bool:
        """Whether every key has a value that an open feed keeps up to date."""
        return self._keys is not None and not self._needed

    def needed(self) -> list[KeyT]:
        """Return the keys to ask REST for: those without a value first, then the stale ones, in the list's order.

        A key whose feed is not open is not among them: by the time it is, the answer would be out of date.
        """
        wanted = [key for key in self._keys or () if key in self._needed and self._epoch_of(key)]
        return sorted(wanted, key=self._entries.__contains__)

    # What happens

    def opened(self, at: Moment, keys: Iterable[KeyT] | None = None) -> None:
        """Note that the feed is open from now on: for these keys, or for all."""
        self.epoch += 1
        self.opened_at = at
        self._begin(keys, self.epoch)

    def lost(self, keys: Iterable[KeyT] | None = None) -> None:
        """Note that the feed is lost, for these keys or for all: their values become stale."""
        self._begin(keys, 0)

    def _begin(self, keys: Iterable[KeyT] | None, epoch: int) -> None:
        if keys is None:
            self._everywhere = epoch
            self._epochs.clear()
            affected = list(self._entries)
        else:
            affected = list(keys)
            self._epochs.update(dict.fromkeys(affected, epoch))
        for key in affected:
            entry = self._entries.get(key)
            if entry is not None and not entry.stale:
                self._entries[key] = replace(entry, stale=True)
                self._needed[key] = None

    def discard(self, key: KeyT) -> None:
        """Take a key off the list, with its value: it is none after all."""
        if self._keys is not None:
            self._keys.pop(key, None)
        for known in (self._entries, self._needed, self._epochs):
            known.pop(key, None)

    def ask(self, at: Moment) -> Ticket:
        """Note that a request is sent now and return what its answer is judged by."""
        self.counts.asked += 1
        return Ticket(self.epoch, at)

    def feed(self, key: KeyT, value: ValueT, at: Moment) -> bool:
        """Take a value of the feed and return whether its key is wanted. It replaces whatever was there."""
        if not self._is_wanted(key):
            self.counts.unasked += 1
            return False
        self.counts.fed += 1
        epoch = self._epoch_of(key)
        self.counts.filled_by_feed += bool(epoch) and self._is_needed(key)
        # What was still on its way when the feed was lost is news, but it will not stay current.
        self._put(key, Entry(value, "ws", at, epoch or self.epoch, stale=not epoch))
        return True

    def fill(self, values: Mapping[KeyT, ValueT], ticket: Ticket, at: Moment, *, whole: bool = False) -> list[KeyT]:
        """Take an answer of REST and return the keys that it filled.

        Args:
            whole: the answer lists every key there is. Without a list of one's own this is the list from now on.
        """
        if whole and not self._is_listed and self._everywhere and ticket.epoch >= self._everywhere:
            self._list(values)
        filled = []
        for key, value in values.items():
            epoch = self._epoch_of(key)
            if not self._is_wanted(key):
                self.counts.unasked += 1
            elif ticket.epoch < (epoch or self.epoch):
                self.counts.outdated += 1
            elif key in self._entries and not (epoch and self._entries[key].stale):
                self.counts.late += 1
            else:
                # Without a feed it is better than nothing, but nobody would tell when it changes.
                self._put(key, Entry(value, "rest", at, epoch or self.epoch, stale=not epoch))
                filled.append(key)
        self.counts.filled_by_rest += len(filled)
        return filled

    def _list(self, listed: Iterable[KeyT]) -> None:
        """Take a whole answer for the list; what it leaves out, and the feed does not tell, is gone."""
        fresh = (key for key, entry in self._entries.items() if not entry.stale)
        self._keys = dict.fromkeys([*listed, *fresh])
        self._entries = {key: entry for key, entry in self._entries.items() if key in self._keys}
        self._needed = {key: None for key in self._keys if self._is_needed(key)}

    def _epoch_of(self, key: KeyT) -> int:
        return self._epochs.get(key, self._everywhere)

    def _is_wanted(self, key: KeyT) -> bool:
        return not self._is_listed or self._keys is None or key in self._keys

    def _is_needed(self, key: KeyT) -> bool:
        entry = self._entries.get(key)
        return entry is None or entry.stale

    def _put(self, key: KeyT, entry: Entry[ValueT]) -> None:
        self._entries[key] = entry
        if self._keys is not None:
            self._keys.setdefault(key)
        if entry.stale:
            self._needed[key] = None
        else:
            self._needed.pop(key, None)
