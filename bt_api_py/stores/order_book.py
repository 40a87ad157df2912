"""The order book of one market as the gateway keeps it: readable at any moment, and never when it cannot be trusted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Literal, Self, TypeVar

from ..containers import OrderBookData
from ..exceptions import BookError, ConfigurationError
from ..net.books import BookFeed
from ..net.stream import Owner, Wish
from .local import LocalCopy, Watch

BookSide = Literal["bids", "asks"]


class MaintainedBook(LocalCopy):
    """The maintained book of one market, shared with everybody who reads this market.

    Nothing is copied until something is read, and what was read does not change afterwards. Reads made without an
    ``await`` between them see the same book.

    Every read raises `BookError` while the book is not live: before its first state, after a lost connection, a missing
    update or a wrong checksum, and when its feed has gone stale. So a price that cannot be trusted is never read by
    accident. When the book has failed for good, a read raises the cause.
    """

    def __init__(self, wish: Wish, owner_for_loop: Callable[[], Owner]) -> None:
        super().__init__(Watch(wish), owner_for_loop)

    @property
    def is_live(self) -> bool:
        """Whether the book is true now, as far as anybody here can know."""
        feed = self._box.source
        return self._box.state == "live" and isinstance(feed, BookFeed) and feed.keeper.is_live

    def snapshot(self, levels: int | None = None) -> OrderBookData:
        """Return both sides as they are now, as an object that will not change.

        Args:
            levels: as many a side at most; ``None`` for all.

        Raises:
            BookError: the book is not live.
            BtApiError: it has failed; the cause.
        """
        feed, topic = self._box.source, self._box.topic
        if self.is_live and isinstance(feed, BookFeed) and topic is not None:
            return feed.present(_checked(levels), topic)
        self._check_open()
        wish = self._box.wish
        detail = f"the book is not live ({self.state}); wait_live() returns when it is"
        raise BookError(wish.exchange, detail, topic=wish.kind, symbol=wish.symbol)

    def best_bid(self) -> list[float] | None:
        """Return the highest ``[price, quantity]``, quantity in base asset; ``None`` without a bid.

        Raises:
            BtApiError: as `snapshot`.
        """
        return self.snapshot(1).get_best_bid()

    def best_ask(self) -> list[float] | None:
        """Return the lowest ``[price, quantity]``, quantity in base asset; ``None`` without an ask.

        Raises:
            BtApiError: as `snapshot`.
        """
        return self.snapshot(1).get_best_ask()

    def levels(self, side: BookSide, n: int | None = None) -> list[list[float]]:
        """Return the best `n` ``[price, quantity]`` of one side, best first; all for ``None``.

        Raises:
            ConfigurationError: a side other than ``"bids"`` and ``"asks"``, or an `n` below 1.
            BtApiError: as `snapshot`.
        """
        if side not in ("bids", "asks"):
            raise ConfigurationError(f"side must be 'bids' or 'asks', not {side!r}")
        book = self.snapshot(n)
        return book.get_bids() if side == "bids" else book.get_asks()

    @property
    def spread(self) -> float:
        """Best ask minus best bid, quote asset; ``nan`` when a side is empty. Raises as `snapshot`."""
        return self.snapshot(1).get_spread()

    def __aiter__(self) -> AsyncIterator[Self]:
        """Yield this book when it has changed, and when it has become live or ceased to be; at once if it is live.

        A slow reader gets the present book, however many changes it missed. The iteration ends when the book is closed,
        and raises the cause when it has failed. It opens the book if nobody has.
        """
        return _Changes(self, self._box)


BookT = TypeVar("BookT", bound=MaintainedBook)


class _Changes(AsyncIterator[BookT]):
    def __init__(self, book: BookT, box: Watch) -> None:
        self._book = book
        self._box = box
        self._seen: int | None = None

    async def __anext__(self) -> BookT:
        book, box = self._book, self._box
        if not self._has_ended():
            await book.start()
            if self._seen is None:
                self._seen = box.version - book.is_live
            await box.beyond(self._seen)
            self._seen = box.version
        if self._has_ended():
            raise StopAsyncIteration
        await book.start()  # raises when it has failed
        return book

    def _has_ended(self) -> bool:
        return self._box.is_closed and self._box.error is None


def _checked(levels: int | None) -> int | None:
    if levels is not None and (isinstance(levels, bool) or not isinstance(levels, int) or levels < 1):
        raise ConfigurationError(f"the number of levels must be a whole number of at least 1, or None, not {levels!r}")
    return levels
