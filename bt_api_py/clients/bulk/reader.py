"""What the venue's frames mean for a client: state that changes, events for handlers, answers to requests.

Source: BULK API 1.0.15, WebSocket guide, read 2026-07.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from ...exceptions import BookError, DataParseError
from ...exchanges.bulk.wire import NAME, topic_name
from ...net.errors import ConnectionLost
from ...net.requests import Requests
from .inventory import Inventory
from .market import L2Delta, candles_in, trades_in
from .state import AccountState, Markets
from .subscriptions import Subscriptions, topic_of
from .topics import Handlers, Topic

_KEPT = ("l2delta", "account")  # topics whose messages build on each other


class Reader:
    """Reads the frames of one client. Never waits, and no frame makes it fail.

    Attributes:
        own: the client's own account. own_is_known: set while its state is that of this connection.
        account_key: its public key, ``None`` while there is none.
    """

    def __init__(
        self,
        handlers: Handlers,
        own: AccountState,
        log: logging.Logger,
        now_ns: Callable[[], int],
        renew: Callable[[dict[str, Any]], None],
    ) -> None:
        """Make a reader; `renew` gives a subscription back and asks for it again."""
        self.markets = Markets()
        self.own = own
        self.own_is_known = asyncio.Event()
        self.account_key: str | None = None
        self.subscriptions = Subscriptions()
        self.requests = Requests()
        self._handlers = handlers
        self._log = log
        self._now_ns = now_ns
        self._renew = renew
        self._others: dict[str, AccountState] = {}  # accounts that are watched besides

    def take(self, payload: bytes) -> None:
        """Take a frame."""
        try:
            frame = msgspec.json.decode(payload)
            if not isinstance(frame, dict):
                raise ValueError("it is no object")
        except (ValueError, RecursionError) as error:
            self.reject(str(error))
            return
        topic = frame.get("topic")
        topic = topic if isinstance(topic, str) else ""
        try:
            self._understand(str(frame.get("type")), frame, topic)
        except (ValueError, TypeError, KeyError, AttributeError, BookError, DataParseError) as error:
            self._report(f"{topic or frame.get('type')}: {error}", topic=topic)
            self._mend(topic, str(error))

    def reject(self, detail: str) -> None:
        """A frame cannot be read, and nobody knows what it was about: everything that builds on it begins anew."""
        self._report(f"a frame cannot be read: {detail}")
        for subscription in list(self.subscriptions.asked):
            self._mend(topic_of(subscription), "a frame before could not be read")

    def lost(self, cause: str) -> None:
        """The connection ended: nothing of it can be relied on."""
        self.subscriptions.lost()
        self.own_is_known.clear()
        self.markets.lost()
        failed = self.requests.fail_all(lambda: ConnectionLost(cause))
        if failed:
            self._report(f"{cause}; the results of {failed} requests are unknown")

    def _mend(self, topic: str, cause: str) -> None:
        """Ask for a topic anew that can be relied on no more: its next message is a whole state."""
        channel, _, symbol = topic_name(topic).partition(".")
        if channel not in _KEPT:
            return
        if channel == "l2delta":
            self.markets.forget(symbol)
        subscription = self.subscriptions.find(topic)
        if subscription is None:
            return
        if self.subscriptions.may_renew(topic):
            self._log.warning("%s: %s is asked for anew: %s", NAME, topic, cause)
            self._renew(subscription)
        else:
            self._log.error("%s: %s stays damaged, and is left alone: %s", NAME, topic, cause)

    def _understand(self, kind: str, frame: dict[str, Any], topic: str) -> None:
        data = frame.get("data")
        match kind:
            case "ticker":
                self._publish(Topic.TICKER, self.markets.ticker(data))
            case "trades":
                self._publish(Topic.TRADES, trades_in(data))
            case "l2Snapshot":
                _, _, symbol = topic.partition(".")
                has_changes = self.subscriptions.find(f"l2delta.{symbol}") is not None
                self._publish(Topic.L2SNAPSHOT, self.markets.snapshot(data, has_changes=has_changes))
            case "l2Delta":
                self._changed(data, topic)
            case "candle":
                symbol, _, interval = topic.partition(".")[2].rpartition(".")
                for candle in candles_in(data or {}, symbol, interval):
                    self._publish(Topic.CANDLE, candle)
            case "account":
                self._account(data, topic)
            case "post":
                self._answered(frame)
            case "subscriptionResponse":
                self.subscriptions.confirm(frame["topics"])
            case "unsubscribeResponse":
                self.subscriptions.end(topic)
            case "error":
                self._refused(frame.get("error"))
            case _:
                self._publish(Topic.OTHER, frame)

    def _changed(self, data: Any, topic: str) -> None:
        event, trouble = self.markets.delta(data)
        if isinstance(event, L2Delta):
            self._publish(Topic.L2DELTA, event)
        else:
            self.subscriptions.is_well(topic)
            self._publish(Topic.L2SNAPSHOT, event)
        if trouble:
            self._mend(topic, trouble)

    def _account(self, data: Any, topic: str) -> None:
        _, _, key = topic.partition(".")
        is_own = not key or self.account_key in (None, key)
        state = self.own if is_own else self._others.setdefault(key, AccountState(Inventory()))
        for kind, event in state.take(data, self._now_ns()):
            if kind is Topic.ACCOUNT:
                self.subscriptions.is_well(topic)
                if is_own:
                    self.own_is_known.set()
            self._publish(kind, event)

    def _answered(self, frame: dict[str, Any]) -> None:
        number = int(frame["id"])
        statuses, trouble = outcome(frame.get("data"))
        if trouble is None:
            self.requests.answer(number, statuses)
            return
        self.requests.fail(number, RuntimeError(trouble))
        self._report(trouble, id=number)

    def _refused(self, error: Any) -> None:
        """An error names nothing that it is about, so everything that is under way has to be taken for refused."""
        text = str(error.get("message") or error) if isinstance(error, dict) else str(error)
        self.requests.fail_all(lambda: RuntimeError(text))
        self._report(text)

    def _report(self, text: str, **details: Any) -> None:
        self._log.warning("%s: %s", NAME, text)
        self._publish(Topic.ERROR, {"message": text, **details})

    def _publish(self, topic: Topic, event: Any) -> None:
        self._handlers.publish(topic, event)


def outcome(data: Any) -> tuple[list[Any], str | None]:
    """Return the statuses of an answer, or the venue's text when the transaction failed as a whole."""
    if not isinstance(data, dict):
        return [], f"an answer that is not understood: {data!r}"
    if data.get("type") == "ack":
        return [], None if data.get("ok") else str(data.get("message") or "refused")
    return outcome_of_payload(data.get("payload"))


def outcome_of_payload(payload: Any) -> tuple[list[Any], str | None]:
    """Return the same of the inner part of an answer, which is all that REST sends."""
    if isinstance(payload, dict) and payload.get("status") == "ok":
        response = payload.get("response")
        inner = response.get("data") if isinstance(response, dict) else None
        statuses = inner.get("statuses") if isinstance(inner, dict) else None
        return (statuses if isinstance(statuses, list) else []), None
    reason = payload.get("response") if isinstance(payload, dict) else payload
    return [], reason if isinstance(reason, str) else msgspec.json.encode(reason).decode()
