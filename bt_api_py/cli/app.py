"""The commands, their arguments and their help; what they do is in the other files, loaded when needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

HELP = """Market data of crypto exchanges in the terminal.

On a terminal the commands draw tables; in a pipe they write lines, JSON where it says so.
With --simulate everything works without a network, against a simulator inside the command.

Examples:
  bt-api demo
  bt-api stream ticker BINANCE___SPOT BTCUSDT ETHUSDT
  bt-api stream trades OKX___SPOT BTC-USDT --json --count 100 | jq .price
  bt-api simulate -- python my_script.py

Exit codes: 0, 1 failure, 2 wrong usage, 130 interrupted. Commands that run until Ctrl-C end with 0.
"""

app = typer.Typer(
    name="bt-api",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Kind(StrEnum):
    """The kinds of data that `stream` follows."""

    ticker = "ticker"
    depth = "depth"
    trades = "trades"
    klines = "klines"
    mark_price = "mark_price"
    funding_rate = "funding_rate"
    open_interest = "open_interest"
    liquidations = "liquidations"


class Column(StrEnum):
    """What the rows of `tickers` can be sorted by."""

    symbol = "symbol"
    last = "last"
    change = "change"
    bid = "bid"
    ask = "ask"
    volume = "volume"
    age = "age"


Exchange = Annotated[str, typer.Argument(metavar="EXCHANGE", help="Such as BINANCE___SPOT; see `bt-api exchanges`.")]
Simulate = Annotated[bool, typer.Option("--simulate", help="Use a simulator inside this command, no network.")]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object per line, also on a terminal.")]
Seconds = Annotated[float | None, typer.Option("--seconds", min=0.1, metavar="S", help="End after so many seconds.")]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="bt-api")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bt-api {version('bt_api_py')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Log connections to standard error; -vv: frames.")
    ] = 0,
) -> None:
    """Take the options that stand before the command."""
    import logging

    # What went wrong is told in one line by the commands themselves; the log is for those who ask for it.
    if verbose:
        logging.basicConfig(level=logging.INFO if verbose == 1 else logging.DEBUG)
    else:
        logging.getLogger("bt_api_py").addHandler(logging.NullHandler())


@app.command(epilog="Try: bt-api stream trades OKX___SPOT BTCUSDT ETHUSDT --json --count 100 | jq .price")
def stream(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=f"{', '.join(Kind)}.")],
    exchange: Exchange,
    symbols: Annotated[list[str], typer.Argument(metavar="SYMBOL", help="BTCUSDT, BTC-USDT or BTC/USDT.")],
    interval: Annotated[str, typer.Option("--interval", "-i", help="Of the candles: 1m, 5m, 1h, 1d ...")] = "1m",
    levels: Annotated[int, typer.Option("--levels", "-l", min=1, help="Of the book, per side.")] = 20,
    json: Json = False,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="End after so many objects.")] = None,
    seconds: Seconds = None,
    simulate: Simulate = False,
    events: Annotated[
        bool,
        typer.Option("--events", help="Also lines about connections and gaps (always on in the live view)."),
    ] = False,
) -> None:
    """Follow market data of one kind: a live view on a terminal, JSON lines in a pipe."""
    from . import stream as command
    from .running import run as run_coroutine

    request = command.Request(
        kind=kind.value,
        exchange=exchange,
        symbols=tuple(dict.fromkeys(symbols)),
        interval=interval,
        levels=levels,
        events=events,
        count=count,
        seconds=seconds,
        simulate=simulate,
        live=sys.stdout.isatty() and not json,
    )
    raise typer.Exit(run_coroutine(lambda: command.stream(request), interrupted=0))


@app.command(epilog="Try: bt-api tickers BINANCE___SPOT --watch --sort volume")
def tickers(
    exchange: Exchange,
    symbols: Annotated[
        list[str] | None, typer.Argument(metavar="SYMBOL", help="Only these; the whole market when left out.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and show every change.")] = False,
    sort: Annotated[
        Column, typer.Option("--sort", "-s", metavar="COLUMN", help=f"{', '.join(Column)}.")
    ] = Column.symbol,
    json: Json = False,
    seconds: Seconds = None,
    simulate: Simulate = False,
) -> None:
    """Show the tickers of a whole market: a table on a terminal, JSON lines in a pipe.

    It waits until every market has a value. Without --watch that is all; --seconds ends either.
    """
    from . import tickers as command
    from .running import INTERRUPTED
    from .running import run as run_coroutine

    request = command.Request(
        exchange=exchange,
        symbols=tuple(dict.fromkeys(symbols or ())),
        watch=watch,
        sort=sort.value,
        seconds=seconds,
        simulate=simulate,
        table=sys.stdout.isatty() and not json,
    )
    raise typer.Exit(run_coroutine(lambda: command.tickers(request), interrupted=0 if watch else INTERRUPTED))


@app.command()
def exchanges(
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The page of the documentation.")] = False,
) -> None:
    """List the exchanges and what each offers."""
    from . import listing

    raise typer.Exit(listing.exchanges(json, markdown))


@app.command(epilog="Try: bt-api symbols HTX___SPOT --search eth")
def symbols(
    exchange: Exchange,
    search: Annotated[str, typer.Option("--search", "-s", metavar="TEXT", help="Only names that contain it.")] = "",
    json: Json = False,
    simulate: Simulate = False,
) -> None:
    """List the markets of an exchange, with tick and lot sizes."""
    from . import listing
    from .running import run as run_coroutine

    raise typer.Exit(run_coroutine(lambda: listing.symbols(exchange, search, json, simulate)))


@app.command(epilog="Try: bt-api plan BINANCE___SPOT --topics trades,depth --symbols BTCUSDT,ETHUSDT --processes 2")
def plan(
    exchange: Exchange,
    topics: Annotated[
        list[str], typer.Option("--topics", "-t", metavar="KIND,...", help=f"Of each market: {', '.join(Kind)}.")
    ],
    symbols: Annotated[list[str], typer.Option("--symbols", "-s", metavar="SYMBOL,...", help="The markets.")],
    processes: Annotated[
        int | None, typer.Option("--processes", "-p", min=1, help="As few as it takes when left out.")
    ] = None,
    most_topics: Annotated[int, typer.Option("--most-topics", min=1, help="That one process can follow.")] = 1000,
    interval: Annotated[str, typer.Option("--interval", "-i", help="Of the candles.")] = "1m",
    json: Json = False,
) -> None:
    """Show which process takes which markets, and how many sockets that needs under the declared limits."""
    from . import plan as command

    code = command.show(
        exchange, topics, symbols, processes=processes, most_topics=most_topics, interval=interval, as_json=json
    )
    raise typer.Exit(code)


@app.command(
    epilog="Try: bt-api simulate -- python my_script.py",
    context_settings={"allow_interspersed_args": False},
)
def simulate(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="Run it against the simulator.")
    ] = None,
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65535, help="0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same market.")] = 7,
    rate: Annotated[float, typer.Option("--rate", min=0, help="Speed, 1 is normal; 0 plays a capture at once.")] = 1.0,
    capture: Annotated[
        Path | None,
        typer.Option("--capture", metavar="FILE", exists=True, dir_okay=False, help="Play a recording instead."),
    ] = None,
) -> None:
    """Run simulated venues on this machine; with COMMAND, run that against them and return its exit code.

    COMMAND finds the simulator through the variable BT_API_SIMULATOR;
    any program that uses BtApi runs unchanged.
    """
    from . import simulate as simulation
    from .running import run as run_coroutine

    options = simulation.Options(port=port, seed=seed, rate=rate, capture=capture)
    raise typer.Exit(run_coroutine(lambda: simulation.simulate(options, command or []), interrupted=0))


@app.command()
def demo(
    seconds: Seconds = None,
    every: Annotated[bool, typer.Option("--all", help="All simulated exchanges, not just three.")] = False,
    symbol: Annotated[str, typer.Option("--symbol", help="The market to show.")] = "BTCUSDT",
) -> None:
    """Watch simulated venues side by side; now and then a connection is cut, to show how it heals.

    Without --seconds it ends with Ctrl-C, and in a pipe after 20 seconds.
    """
    from . import demo as command
    from .running import run as run_coroutine

    raise typer.Exit(run_coroutine(lambda: command.demo(symbol, every, seconds), interrupted=0))


@app.command()
def doctor(
    exchanges: Annotated[list[str] | None, typer.Argument(metavar="EXCHANGE", help="All when left out.")] = None,
    json: Json = False,
    simulate: Simulate = False,
) -> None:
    """Check that REST and socket of each exchange answer, how fast, and how far its clock is from ours."""
    from . import doctor as command
    from .running import run as run_coroutine

    raise typer.Exit(run_coroutine(lambda: command.doctor(exchanges or [], json, simulate)))
