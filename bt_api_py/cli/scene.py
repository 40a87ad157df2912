"""The picture of ``bt-api demo``."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from . import figures
from .demo import Lane, Scene
from .render import clock, colour, table


def page(scene: Scene) -> RenderableType:
    """Return the exchanges side by side, their candles, and what happened to the connections."""
    events = Text("\n".join(scene.board.events) or "none yet", style="yellow", no_wrap=True)
    return Group(
        Text(f"{scene.symbol} on simulated exchanges; Ctrl-C ends", style="bold"),
        _prices(scene),
        _candles(scene),
        Panel(events, title="connections: one is cut now and then", title_align="left", border_style="dim"),
    )


def _prices(scene: Scene) -> RenderableType:
    grid = table(
        "<exchange", "<market", "last", "24 h", "bid", "ask", "spread", "trades/s", "latency", "<price", "<state"
    )
    for lane in scene.lanes:
        state = Text(lane.error or lane.stream.stats.state, style="dim")
        grid.add_row(lane.exchange, lane.symbol, *_figures(lane, scene), state)
    return grid


def _figures(lane: Lane, scene: Scene) -> list[RenderableType]:
    ticker = lane.ticker
    if not ticker:
        return [""] * 8
    change = ticker.get_price_change()
    return [
        Text(figures.price(ticker.get_last_price()), style="bold"),
        Text(figures.percent(change), style=colour(change)),
        figures.price(ticker.get_bid_price()),
        figures.price(ticker.get_ask_price()),
        figures.price(lane.spread, ticker.get_last_price()),
        f"{scene.board.rate(lane.exchange):.1f}",
        figures.milliseconds(lane.latency),
        Text(figures.sparkline(lane.prices), style="cyan"),
    ]


def _candles(scene: Scene) -> RenderableType:
    grid = table("<exchange", "<candle", "open", "high", "low", "close", "volume", title="\none minute")
    for lane in scene.lanes:
        bar = lane.candle
        if bar:
            move = bar.get_close() - bar.get_open()
            prices = (bar.get_open(), bar.get_high(), bar.get_low())
            grid.add_row(
                lane.exchange,
                clock(bar.get_timestamp()),
                *(figures.price(value) for value in prices),
                Text(figures.price(bar.get_close()), style=colour(move)),
                figures.quantity(bar.get_volume()),
            )
    return grid
