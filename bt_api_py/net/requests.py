"""Questions asked over a socket whose answers carry the number of the question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any


class Requests:
    """The answers that are awaited, by number. Whatever happens to a question, nothing of it is left."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def number(self) -> int:
        """Return a number that no question has had."""
        return next(self._numbers)

    async def ask(self, send: Callable[[int], None], timeout: float) -> Any:
        """Send a question under a new number and return its answer.

        Raises:
            TimeoutError: no answer within `timeout` seconds.
            Exception: what `fail` or `fail_all` was given, and what `send` raises.
        """
        number = self.number()
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                send(number)
                return await answer
        finally:
            self._waiting.pop(number, None)

    def answer(self, number: int, value: Any) -> bool:
        """Hand an answer to whoever waits for it; return whether somebody did."""
        waiting = self._waiting.pop(number, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(value)
        return True

    def fail(self, number: int, error: Exception) -> bool:
        """End a question with an error; return whether somebody waited."""
        waiting = self._waiting.pop(number, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_exception(error)
        return True

    def fail_all(self, make_error: Callable[[], Exception]) -> int:
        """End every question, each with an error of its own, and return how many there were."""
        return sum(self.fail(number, make_error()) for number in list(self._waiting))
