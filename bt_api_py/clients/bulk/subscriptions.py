"""What a client has asked for, and asks for again on every new connection.

Source: BULK API 1.0.15, chapter "Subscriptions", read 2026-07.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...exchanges.bulk.wire import MOST_TOPICS, topic_name

Subscription = dict[str, Any]

_MOST_RENEWALS = 3  # of a topic whose messages are damaged, without a good one between


def topic_of(subscription: Subscription) -> str:
    """Return the name of the topic that a subscription brings."""
    parts = [str(subscription["type"]), *(subscription.get(key) for key in ("symbol", "user", "interval"))]
    return topic_name(".".join(part for part in parts if part))


class Subscriptions:
    """The subscriptions of one connection, each topic once.

    Attributes:
        asked: in order. active: the topics that the venue confirmed.
    """

    def __init__(self) -> None:
        self.asked: list[Subscription] = []
        self.active: set[str] = set()
        self._renewals: Counter[str] = Counter()

    def add(self, *subscriptions: Subscription) -> None:
        """Ask for topics; one that was asked for in another way is replaced.

        Raises:
            ValueError: more than one connection may have.
        """
        topics = {topic_of(each) for each in subscriptions}
        kept = [each for each in self.asked if topic_of(each) not in topics]
        if len(kept) + len(subscriptions) > MOST_TOPICS:
            raise ValueError(f"one connection may have at most {MOST_TOPICS} subscriptions")
        self.asked[:] = [*kept, *subscriptions]

    def remove(self, topic: str) -> None:
        """Ask for a topic no more."""
        self.asked[:] = [each for each in self.asked if topic_of(each) != topic_name(topic)]

    def find(self, topic: str) -> Subscription | None:
        """Return what was asked for to get a topic."""
        return next((each for each in self.asked if topic_of(each) == topic_name(topic)), None)

    def confirm(self, topics: list[str]) -> None:
        """The venue serves these topics."""
        self.active |= {topic_name(topic) for topic in topics}

    def end(self, topic: str) -> None:
        """The venue serves a topic no more."""
        self.active.discard(topic_name(topic))

    def may_renew(self, topic: str) -> bool:
        """Count an attempt to mend a topic, and return whether it is worth it."""
        self._renewals[topic_name(topic)] += 1
        return self._renewals[topic_name(topic)] <= _MOST_RENEWALS

    def is_well(self, topic: str) -> None:
        """A topic is whole again."""
        self._renewals.pop(topic_name(topic), None)

    def lost(self) -> None:
        """The connection ended."""
        self.active.clear()
        self._renewals.clear()
