"""Tables and panels for the terminal, made from a `Board`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from . import figures
from .board import Board

LADDER = 10  # levels a side that the depth view of one symbol shows


def colour(value: float) -> str:
    """Return green for a gain, red for a loss."""
    return "green" if value > 0 else "red" if value < 0 else ""


def side(word: str) -> Text:
    """Return ``buy`` or ``sell`` in its colour."""
    return Text(word, style="green" if word == "buy" else "red")


def table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table; a column that begins with ``<`` is flush left, the others right."""
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        grid.add_column(column.removeprefix("<"), justify="left" if column.startswith("<") else "right", no_wrap=True)
    return grid


def clock(ms: int) -> str:
    """Return a time of day in UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(ms / 1000))


def tickers(board: Board) -> RenderableType:
    """Return one row per symbol: last price, change, best prices, volume."""
    grid = table("<symbol", "last", "24 h", "bid", "ask", "volume 24 h", "updates/s", "age")
    for symbol, ticker in board.latest.items():
        change = ticker.get_price_change()
        grid.add_row(
            symbol,
            figures.price(ticker.get_last_price()),
            Text(figures.percent(change), style=colour(change)),
            figures.price(ticker.get_bid_price()),
            figures.price(ticker.get_ask_price()),
            figures.quantity(ticker.get_volume()),
            f"{board.rate(symbol):.1f}",
            figures.age(board.age(symbol)),
        )
    return grid


def depth(board: Board) -> RenderableType:
    """Return the ladder of one book, or the best prices of several."""
    if len(board.latest) == 1:
        return ladder(next(iter(board.latest.values())))
    grid = table("<symbol", "bid quantity", "bid", "ask", "ask quantity", "spread", "updates/s", "age")
    for symbol, book in board.latest.items():
        bids, asks = book.get_bids(), book.get_asks()
        bid, ask = (bids or [[float("nan")] * 2])[0], (asks or [[float("nan")] * 2])[0]
        grid.add_row(
            symbol,
            figures.quantity(bid[1]),
            Text(figures.price(bid[0]), style="green"),
            Text(figures.price(ask[0]), style="red"),
            figures.quantity(ask[1]),
            figures.price(book.get_spread(), book.get_mid_price()),
            f"{board.rate(symbol):.1f}",
            figures.age(board.age(symbol)),
        )
    return grid


def ladder(book: Any) -> RenderableType:
    """Return the first levels of both sides, bids left and asks right, each with its sum so far."""
    grid = table("sum", "quantity", "bid", "ask", "quantity", "sum")
    bids, asks = book.get_bids()[:LADDER], book.get_asks()[:LADDER]
    bid_sum = ask_sum = 0.0
    for row in range(max(len(bids), len(asks))):
        left, right = ["", "", ""], ["", "", ""]
        if row < len(bids):
            bid_sum += bids[row][1]
            left = [figures.quantity(bid_sum), figures.quantity(bids[row][1]), figures.price(bids[row][0])]
        if row < len(asks):
            ask_sum += asks[row][1]
            right = [figures.price(asks[row][0]), figures.quantity(asks[row][1]), figures.quantity(ask_sum)]
        grid.add_row(*left[:2], Text(left[2], style="green"), Text(right[0], style="red"), *right[1:])
    spread = figures.price(book.get_spread(), book.get_mid_price())
    middle = f"mid {figures.price(book.get_mid_price())}   spread {spread}"
    return Group(grid, Text(middle, style="dim"))


def trades(board: Board) -> RenderableType:
    """Return the latest trades, newest first."""
    grid = table("<time", "<symbol", "<side", "price", "quantity", "<id")
    for trade in reversed(board.recent):
        grid.add_row(
            clock(trade.get_timestamp()),
            trade.get_symbol(),
            side(trade.get_side()),
            figures.price(trade.get_price()),
            figures.quantity(trade.get_quantity()),
            trade.get_trade_id(),
        )
    return grid


def klines(board: Board) -> RenderableType:
    """Return the latest candles, newest first; of each bar only its latest state."""
    grid = table("<time", "<symbol", "open", "high", "low", "close", "volume", "<")
    latest = {(bar.get_symbol(), bar.get_timestamp()): bar for bar in board.recent}
    for bar in sorted(latest.values(), key=lambda bar: (-bar.get_timestamp(), bar.get_symbol())):
        move = bar.get_close() - bar.get_open()
        grid.add_row(
            clock(bar.get_timestamp()),
            bar.get_symbol(),
            *(figures.price(value) for value in (bar.get_open(), bar.get_high(), bar.get_low())),
            Text(figures.price(bar.get_close()), style=colour(move)),
            figures.quantity(bar.get_volume()),
            "closed" if bar.get_bar_status() else "building",
        )
    return grid


def mark_prices(board: Board) -> RenderableType:
    """Return one row per contract: mark price, index price."""
    grid = table("<symbol", "mark", "index", "updates/s", "age")
    for symbol, item in board.latest.items():
        prices = (figures.price(item.get_mark_price()), figures.price(item.get_index_price()))
        grid.add_row(symbol, *prices, f"{board.rate(symbol):.1f}", figures.age(board.age(symbol)))
    return grid


def funding_rates(board: Board) -> RenderableType:
    """Return one row per contract: rate of the running interval, and when it or the next one is settled (UTC)."""
    grid = table("<symbol", "rate", "settled at", "age")
    for symbol, item in board.latest.items():
        rate = item.get_current_funding_rate()
        due = item.get_current_funding_time() or item.get_next_funding_time()
        shown = Text(f"{100 * rate:+.4f}%", style=colour(rate))
        grid.add_row(symbol, shown, clock(due) if due else "-", figures.age(board.age(symbol)))
    return grid


def open_interests(board: Board) -> RenderableType:
    """Return one row per contract: the quantity held open."""
    grid = table("<symbol", "open interest", "age")
    for symbol, item in board.latest.items():
        grid.add_row(symbol, figures.quantity(item.get_open_interest()), figures.age(board.age(symbol)))
    return grid


def liquidations(board: Board) -> RenderableType:
    """Return the latest liquidations, newest first."""
    grid = table("<time", "<symbol", "<side", "price", "quantity", "<position")
    for item in reversed(board.recent):
        grid.add_row(
            clock(item.get_timestamp()),
            item.get_symbol(),
            side(item.get_side()),
            figures.price(item.get_price()),
            figures.quantity(item.get_quantity()),
            item.get_position_side() or "",
        )
    return grid


BODIES = {
    "ticker": tickers,
    "depth": depth,
    "trades": trades,
    "klines": klines,
    "mark_price": mark_prices,
    "funding_rate": funding_rates,
    "open_interest": open_interests,
    "liquidations": liquidations,
}


def page(kind: str, title: str, board: Board, stats: Mapping[str, Any]) -> RenderableType:
    """Return the whole view: heading, data or a sign of connecting, events, errors, state."""
    parts: list[RenderableType] = [Text(title, style="bold")]
    if board.items:
        parts.append(BODIES[kind](board))
    elif len(board.errors) < len(stats):
        parts.append(Spinner("dots", text=f"connecting: {', '.join(key for key in stats if key not in board.errors)}"))
    parts.extend(Text(line, style="yellow") for line in board.events)
    parts.extend(Text(line, style="red") for line in board.errors.values())
    parts.append(footer(board, stats))
    return Group(*parts)


def footer(board: Board, stats: Mapping[str, Any]) -> Text:
    """Return one line: states, and what was delivered, dropped, missing."""
    states = sorted({entry.state for entry in stats.values()})
    ages = [age for key in stats if (age := board.age(key)) is not None]
    sums = {
        name: sum(getattr(entry, name) for entry in stats.values()) for name in ("dropped", "missing", "reconnects")
    }
    counts = "  ".join(f"{name} {value:,}" for name, value in sums.items())
    last = figures.age(min(ages) if ages else None)
    hint = "" if set(states) <= {"closed", "failed"} else "  Ctrl-C ends"
    return Text(f"{'/'.join(states)}  items {board.items:,}  {counts}  last {last} ago{hint}", style="dim")
