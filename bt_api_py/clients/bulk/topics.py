"""What a program can listen to, and how its handlers are called: in order, and never by whoever reads the socket."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from ...net.tasks import end, start

Handler = Callable[[Any], Any]  # plain, or returning something to await

_MOST_WAITING = 10_000  # events of one topic that may wait for its handlers


class Topic(StrEnum):
    """A kind of event, and what its handlers are given."""

    TICKER = "ticker"  # Ticker
    TRADES = "trades"  # list[Trade]
    L2SNAPSHOT = "l2_snapshot"  # L2Snapshot
    L2DELTA = "l2_delta"  # L2Delta
    CANDLE = "candle"  # Candle, one event each
    ACCOUNT = "account_snapshot"  # AccountSnapshot
    MARGIN = "margin_update"  # MarginUpdate
    POSITION = "position_update"  # PositionUpdate
    ORDER = "order_state"  # OrderState
    FILL = "fill"  # Fill
    LEVERAGE = "leverage_update"  # list[LeverageSetting]
    ERROR = "error"  # dict with "message"
    OTHER = "other"  # dict: what has no topic of its own, as the venue sent it


class Handlers:
    """The handlers of a client, by topic.

    Each topic has a queue and, while something is in it, a task: a handler may await an order, or wait for an event of
    another topic. A full queue loses its oldest events; that is counted in `dropped` and logged.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._handlers: dict[Topic, list[Handler]] = {}
        self._waiting: dict[Topic, deque[Any]] = {}
        self._tasks: dict[Topic, asyncio.Task[None]] = {}
        self.dropped: Counter[Topic] = Counter()

    def on(self, topic: Topic, handler: Handler) -> None:
        """Call a handler with every event of a topic, after those that are there already.

        Raises:
            ValueError: there is no such topic.
            TypeError: the handler cannot be called.
        """
        if not callable(handler):
            raise TypeError(f"a handler must be callable, not {handler!r}")
        self._handlers.setdefault(Topic(topic), []).append(handler)

    def off(self, topic: Topic, handler: Handler) -> None:
        """Call a handler no more; one that is not there is left alone."""
        known = self._handlers.get(Topic(topic), [])
        if handler in known:
            known.remove(handler)

    def publish(self, topic: Topic, event: Any) -> None:
        """Hand an event to the handlers of its topic, soon; returns at once."""
        if not self._handlers.get(topic):
            return
        waiting = self._waiting.setdefault(topic, deque())
        if len(waiting) >= _MOST_WAITING:
            waiting.popleft()
            if not self.dropped[topic]:
                self._log.warning("handlers of %s are too slow: their oldest events are left out", topic.value)
            self.dropped[topic] += 1
        waiting.append(event)
        if topic not in self._tasks:
            self._tasks[topic] = start(self._drain(topic, waiting), f"BULK handlers of {topic.value}")

    async def _drain(self, topic: Topic, waiting: deque[Any]) -> None:
        try:
            while waiting:
                event = waiting.popleft()
                for handler in tuple(self._handlers[topic]):
                    await self._call(topic, handler, event)
        finally:
            self._tasks.pop(topic, None)

    async def _call(self, topic: Topic, handler: Handler, event: Any) -> None:
        try:
            result = handler(event)
            if inspect.isawaitable(result):
                await result
        except Exception:
            self._log.exception("a handler of %s failed: %r", topic.value, handler)

    async def stop(self) -> None:
        """Forget what waits, and end the handlers that run, except the one that asks for it."""
        for waiting in self._waiting.values():
            waiting.clear()
        own = asyncio.current_task()
        await end([task for task in self._tasks.values() if task is not own])
