"""The time source of a simulator: real by default, replaceable for runs in virtual time."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What a simulator needs of time."""

    def now(self) -> float:
        """Return seconds since 1970 UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return when that many seconds of this clock have passed."""


class SystemClock:
    """The computer's clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
