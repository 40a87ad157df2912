"""Run a coroutine as a command: signals, closed pipes and errors become an exit code and at most one line."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from ..exceptions import (
    AuthenticationError,
    BtApiError,
    ConfigurationError,
    ExchangeConnectionError,
    ExchangeNotFoundError,
    InvalidSymbolError,
    RateLimitError,
    UnsupportedError,
    WebSocketError,
)

OK, FAILURE, USAGE, INTERRUPTED = 0, 1, 2, 130

# Mistakes in what was typed, although some are known only once the venue has listed its markets.
_USAGE_ERRORS = (ConfigurationError, ExchangeNotFoundError, InvalidSymbolError, UnsupportedError)


def remedy(error: BtApiError) -> str:
    """Return what the user of the command can do about an error; empty when the message says it all."""
    exchange = error.exchange_name or "EXCHANGE"
    match error:
        case ExchangeNotFoundError():
            return "`bt-api exchanges` lists them all"
        case InvalidSymbolError():
            return f"`bt-api symbols {exchange} --search TEXT` looks for one"
        case RateLimitError():
            return "wait, or ask for less"
        case AuthenticationError():
            return "check the key and its permissions"
        case WebSocketError() | ExchangeConnectionError():
            return f"`bt-api doctor {exchange}` looks at the connection; `--simulate` needs none"
        case _:
            return ""


def describe(error: BtApiError) -> str:
    """Return one line: venue and cause, then the remedy in brackets."""
    text = " ".join(str(error).split())
    advice = remedy(error)
    return f"{text} ({advice})" if advice and "bt-api" not in text else text


def exit_code(error: BtApiError) -> int:
    """Return 2 for a mistake in what was typed, otherwise 1."""
    return USAGE if isinstance(error, _USAGE_ERRORS) else FAILURE


def complain(text: str) -> None:
    """Print one line about an error."""
    print(f"bt-api: {text}", file=sys.stderr, flush=True)


def run(main: Callable[[], Awaitable[int]], *, interrupted: int = INTERRUPTED) -> int:
    """Run `main` in a new event loop and return the exit code.

    Args:
        interrupted: the code after Ctrl-C or SIGTERM; 0 for a command that has no other end.
    """
    try:
        return asyncio.run(_stoppable(main))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return interrupted
    except BrokenPipeError:
        _forget_stdout()
        return OK
    except BtApiError as error:
        complain(describe(error))
        return exit_code(error)
    except OSError as error:
        complain(error.strerror or str(error))
        return FAILURE


async def _stoppable(main: Callable[[], Awaitable[int]]) -> int:
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows; there the process just ends
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await main()


async def first_to_end(*works: Coroutine[Any, Any, object], seconds: float | None = None) -> bool:
    """Run side by side until one has ended, then end the others; raise what it raised.

    Returns:
        Whether one has ended; `False` when the time was up before.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()
    return bool(ended)


async def all_of(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run side by side until all have ended."""
    await asyncio.gather(*works)


def _forget_stdout() -> None:
    """Let the interpreter flush into nowhere at exit: the reader of our pipe has gone."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
