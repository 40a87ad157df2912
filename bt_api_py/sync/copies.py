"""Local copies, read from a thread that has no event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ..containers import BalanceData, OrderBookData, OrderData, PositionData
from ..net.stream import State
from ..stores import account, local, order_book
from .background import Background
from .stream import Stream

CopyT = TypeVar("CopyT", bound=local.LocalCopy)


class _LocalCopy(Generic[CopyT]):
    """What the local copies share; see `bt_api_py.stores.local.LocalCopy`."""

    def __init__(self, copy: CopyT, background: Background) -> None:
        self._copy = copy
        self._background = background

    @property
    def state(self) -> State:
        """``connecting``, ``live``, ``stale``, ``resyncing``, ``closed`` or ``failed``."""
        return self._copy.state

    @property
    def is_live(self) -> bool:
        """Whether it can be trusted now."""
        return self._copy.is_live

    def start(self) -> None:
        """Begin to fill it, without waiting; ``with`` and `wait_live` do it too.

        Raises:
            StreamUsageError: it was closed.
            BtApiError: it has failed before; the cause.
        """
        self._background.call(self._copy.start)

    def wait_live(self, timeout: float | None = None) -> None:
        """Wait until it can be trusted.

        Raises:
            TimeoutError: not within `timeout` seconds; it goes on trying.
            StreamUsageError: it was closed.
            BtApiError: it has failed for good; the cause.
        """
        self._background.call(self._copy.wait_live, timeout)

    def close(self) -> None:
        """Give it back; whoever waits for it is told."""
        if self._background.is_open:
            self._background.call(self._copy.aclose)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._copy)


class MaintainedBook(_LocalCopy[order_book.MaintainedBook]):
    """The maintained order book of one market; see `bt_api_py.MaintainedBook`.

    Every read sees the book of its own moment; `snapshot` gives both sides of one.
    """

    def snapshot(self, levels: int | None = None) -> OrderBookData:
        """Return both sides as they are now; raises `BookError` while the book is not live."""
        return self._background.ask(self._copy.snapshot, levels)

    def best_bid(self) -> list[float] | None:
        """Return the highest ``[price, quantity]``, ``None`` without a bid; raises as `snapshot`."""
        return self._background.ask(self._copy.best_bid)

    def best_ask(self) -> list[float] | None:
        """Return the lowest ``[price, quantity]``, ``None`` without an ask; raises as `snapshot`."""
        return self._background.ask(self._copy.best_ask)

    def levels(self, side: order_book.BookSide, n: int | None = None) -> list[list[float]]:
        """Return the best `n` ``[price, quantity]`` of one side, all for ``None``; raises as `snapshot`."""
        return self._background.ask(self._copy.levels, side, n)

    @property
    def spread(self) -> float:
        """Best ask minus best bid, ``nan`` when a side is empty; raises as `snapshot`."""
        return self.snapshot(1).get_spread()

    def __iter__(self) -> Iterator[Self]:
        """Yield this book when it has changed, and when it has become live or ceased to be; at once if it is live."""
        changes = aiter(self._copy)
        while self._background.call(_comes, changes):
            yield self


async def _comes(changes: AsyncIterator[Any]) -> bool:
    """Wait for the next item and return whether there is one."""
    async for _ in changes:
        return True
    return False


class AccountState(_LocalCopy[account.AccountState]):
    """The state of one's own account; see `bt_api_py.AccountState`. The dictionaries are copies as of now."""

    @property
    def balances(self) -> Mapping[str, BalanceData]:
        """Balances by asset."""
        return self._background.ask(dict, self._copy.balances)

    @property
    def open_orders(self) -> Mapping[str, OrderData]:
        """Orders that may still be filled, by the venue's id."""
        return self._background.ask(dict, self._copy.open_orders)

    @property
    def positions(self) -> Mapping[str, PositionData]:
        """Open positions by symbol; empty where the exchange has none."""
        return self._background.ask(dict, self._copy.positions)

    def __iter__(self) -> Stream[account.AccountChange]:
        """Stream what is entered, and the fills: the present state first, then every change, once."""
        return Stream(aiter(self._copy), self._background)
