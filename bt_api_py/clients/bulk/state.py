"""What a client of BULK knows: markets and accounts, each changed by the venue's messages and by nothing else."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .account import AccountSnapshot, Fill, LeverageSetting, Margin, OrderState, Position
from .actions import Side
from .book import OrderBook, SpotCheck
from .fields import first, rows
from .inventory import Inventory
from .market import L2Delta, L2Snapshot, Ticker
from .topics import Topic

Event = tuple[Topic, Any]

_REMEMBERED = 10_000  # sides of orders, and ids of fills


class Markets:
    """Tickers, mark prices and books, by symbol. A book is empty whenever it could be wrong."""

    def __init__(self) -> None:
        self.tickers: dict[str, Ticker] = {}
        self.prices: dict[str, float] = {}
        self.order_books: dict[str, OrderBook] = {}
        self._checks: dict[str, SpotCheck] = {}

    def book(self, symbol: str) -> OrderBook:
        """Return the book of a market, an empty one when there is none yet."""
        book = self.order_books.get(symbol)
        if book is None:
            book = self.order_books[symbol] = OrderBook(symbol)
            self._checks[symbol] = SpotCheck(book)
        return book

    def ticker(self, data: Any) -> Ticker:
        """Take a ticker. Raises ValueError for a record that is none."""
        ticker = Ticker.from_api(data.get("ticker", data))
        self.tickers[ticker.symbol] = ticker
        if ticker.mark_price is not None:
            self.prices[ticker.symbol] = ticker.mark_price
        return ticker

    def snapshot(self, data: Any, *, has_changes: bool) -> L2Snapshot:
        """Take a whole book.

        Args:
            has_changes: the book is kept by its changes, so that this one, which may be cut, only serves to check it.

        Raises:
            ValueError, BookError, DataParseError: the record is no book.
        """
        snapshot = L2Snapshot.from_api(data.get("book", data))
        book = self.book(snapshot.symbol)
        if has_changes:
            self._checks[snapshot.symbol].note(snapshot)
        else:
            book.load(snapshot)
        return snapshot

    def delta(self, data: Any) -> tuple[L2Delta | L2Snapshot, str]:
        """Take changes of a book, or the whole book with which they begin.

        Returns:
            What came, and why the book has to be asked for anew; an empty text when it has not.

        Raises:
            ValueError, BookError, DataParseError: the record is none, or the book is wrong.
        """
        row = data.get("book", data)
        if row.get("updateType") == "snapshot":
            snapshot = L2Snapshot.from_api(row)
            self.book(snapshot.symbol).load(snapshot)
            self._checks[snapshot.symbol].clear()
            return snapshot, ""
        delta = L2Delta.from_api(row)
        book = self.book(delta.symbol)
        if self._checks[delta.symbol].is_wrong(delta):
            self.forget(delta.symbol)
            return delta, "it differs from the venue's snapshots"
        book.apply_delta(delta)
        return delta, ""

    def forget(self, symbol: str) -> None:
        """Empty a book until its next snapshot."""
        self.book(symbol).clear()
        self._checks[symbol].clear()

    def lost(self) -> None:
        """The connection ended: tickers are old from now on, and books are empty."""
        for symbol, ticker in self.tickers.items():
            self.tickers[symbol] = replace(ticker, is_stale=True)
        for symbol in self.order_books:
            self.forget(symbol)


class AccountState:
    """One account. A snapshot replaces everything; what the venue says of a position wins over one's own counting.

    Attributes:
        snapshot: the last one, as it came.
        margin: as of the last message.
        positions: those that are not flat, by symbol.
        open_orders: by id.
        leverage_settings: by symbol.
        inventory: positions and profit counted from fills.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.snapshot: AccountSnapshot | None = None
        self.margin: Margin | None = None
        self.positions: dict[str, Position] = {}
        self.open_orders: dict[str, OrderState] = {}
        self.leverage_settings: dict[str, float] = {}
        self.inventory = inventory
        self._sides: OrderedDict[str, Side] = OrderedDict()  # of orders, which those of their fills are
        self._fills: OrderedDict[str, None] = OrderedDict()  # ids that were counted
        self._first: Margin | None = None
        self._counted = 0.0  # profit realised by the fills that came
        self._fees = 0.0  # of the fills that came

    def take(self, data: dict[str, Any], now_ns: int) -> Iterable[Event]:
        """Take a message of the account stream and return the events it means.

        Raises:
            ValueError: it is damaged.
        """
        match data.get("type"):
            case "accountSnapshot":
                snapshot = AccountSnapshot.from_api(data, now_ns)
                self._restart(snapshot)
                return [(Topic.ACCOUNT, snapshot)]
            case "marginUpdate":
                self.margin = Margin.from_api(data)
                return [(Topic.MARGIN, self.margin)]
            case "positionUpdate":
                position = Position.from_api(data)
                self._hold(position)
                self.inventory.told(position.symbol, position.size, position.price)
                return [(Topic.POSITION, position)]
            case "orderUpdate":
                order = OrderState.from_api(data)
                self._order(order)
                return [(Topic.ORDER, order)]
            case "fill":
                return self._fill(Fill.from_api(data))
            case "leverageUpdate":
                settings = [LeverageSetting.from_api(row) for row in rows(first(data, "leverage"))]
                self.leverage_settings |= {setting.symbol: setting.leverage for setting in settings}
                return [(Topic.LEVERAGE, settings)]
            case "order":
                return []  # what older servers say of an order before they send its update
        return [(Topic.OTHER, data)]

    def _restart(self, snapshot: AccountSnapshot) -> None:
        self.snapshot = snapshot
        self.margin = snapshot.margin
        self.positions.clear()
        self.open_orders.clear()
        for position in snapshot.positions:
            self._hold(position)
        for order in snapshot.open_orders:
            self._order(order)
        self.leverage_settings.clear()
        self.leverage_settings |= {setting.symbol: setting.leverage for setting in snapshot.leverage_settings}
        self.inventory.restart({row.symbol: (row.size, row.price) for row in snapshot.positions})
        self._catch_up(snapshot.margin)

    def _catch_up(self, margin: Margin) -> None:
        """Count the profit and the fees of fills that nobody saw: those of an outage are in the venue's sums only."""
        if self._first is None:
            self._first = margin
            return
        unseen = margin.realized_pnl - self._first.realized_pnl - self._counted
        self.inventory.realized += unseen
        self._counted += unseen
        unseen = margin.fees - self._first.fees - self._fees
        self.inventory.fees += unseen
        self._fees += unseen

    def _hold(self, position: Position) -> None:
        if position.size:
            self.positions[position.symbol] = position
        else:
            self.positions.pop(position.symbol, None)

    def _order(self, order: OrderState) -> None:
        if order.is_open:
            self.open_orders[order.order_id] = order
        else:
            self.open_orders.pop(order.order_id, None)
        self._sides[order.order_id] = order.side
        if len(self._sides) > _REMEMBERED:
            self._sides.popitem(last=False)

    def _fill(self, fill: Fill) -> list[Event]:
        if fill.trade_id and fill.trade_id in self._fills:
            return []
        if fill.trade_id:
            self._fills[fill.trade_id] = None
            if len(self._fills) > _REMEMBERED:
                self._fills.popitem(last=False)
        # By some servers the flag tells the side of the taker, so the order's own side goes first.
        fill.side = self._sides.get(fill.order_id, fill.side)
        before = self.inventory.realized
        self.inventory.traded(fill.symbol, 1 if fill.side is Side.BUY else -1, fill.size, fill.price, fill.fee)
        self._counted += self.inventory.realized - before
        self._fees += fill.fee
        return [(Topic.FILL, fill)]
