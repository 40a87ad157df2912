"""A websocket of Vega's data node: one stream, from its opening to its end.

Source: Vega data node v0.79.0, API v2, streams, October 2024.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...margin import MarginAccount
from ...text import encode
from ..base import Session
from .errors import INVALID_ARGUMENT, NodeError
from .feeds import Feed, symbol_of
from .messages import Row

if TYPE_CHECKING:
    from . import VegaFuture

_MOST_IMAGE = 1000


class VegaSession(Session):
    """A client of one stream."""

    dialect: VegaFuture
    feed: Feed | None = None

    def fail(self, error: NodeError) -> None:
        """Send an error, after which the node closes."""
        self.reply({"error": error.body})
        self.end(1000)

    @property
    def is_private(self) -> bool:
        return self.feed is not None

    # -- a stream of parties -----------------------------------------------------------------------------------

    def follow(self, feed: Feed) -> None:
        """Read what there is; tell it, and what happens from then on, when the node's gap is over.

        Raises:
            NodeError: there is too much to tell.
        """
        self.feed = feed
        self._pending: list[tuple[str, Row]] = []  # (market's key, record) of what happened since the last push
        self._image: list[Row] | None = feed.image() if feed.has_image else []
        if len(self._image) > _MOST_IMAGE:
            raise NodeError(INVALID_ARGUMENT, "initial image spans multiple pages")
        if not self.dialect.snapshot_gap:
            self._attach(feed)

    def push_due(self, now: float) -> None:
        """Push what is due on a stream of parties."""
        if self.feed is None:
            return
        if self._image is not None and now >= self.opened + self.dialect.snapshot_gap:
            self._attach(self.feed)
        if self._pending:
            happened, self._pending = self._pending, []
            keys = {key for key, _ in happened}
            self._push(self.feed.updates([row for _, row in happened]), keys.pop() if len(keys) == 1 else "")

    def _attach(self, feed: Feed) -> None:
        image, self._image = self._image, None
        for account in feed.accounts:
            account.listeners[self] = None
        self._push(feed.snapshot(image or []))

    def _push(self, results: Iterable[Any], key: str = "") -> None:
        assert self.feed is not None  # only its results are pushed here
        for result in results:
            self.push(Frame(encode({"result": result}), DATA, self.feed.kind, self.feed.field, key))

    def changed(self, account: Account, change: AccountChange) -> None:
        """Remember what a change means, for the next block."""
        assert isinstance(account, MarginAccount)  # what every account here is
        if self.feed is not None and not self.is_frozen:
            key = symbol_of(change)
            self._pending += [(key, row) for row in self.feed.after(account, change)]

    def revoked(self, account: Account) -> None:
        """End a stream of a party that is gone."""
        self.end(1000)

    def closed(self) -> None:
        for account in self.feed.accounts if self.feed is not None else ():
            account.listeners.pop(self, None)
