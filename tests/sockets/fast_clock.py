"""A clock that runs fast, for both sides of a socket."""

import asyncio
import time


class FastClock:
    """The machine's clock, `speed` times as fast, for both sides of a connection; chance is always `luck`."""

    def __init__(self, speed=1.0, luck=0.5):
        self.speed = speed
        self.luck = luck
        self._began = time.time()
        self._zero = time.monotonic()

    def now(self):
        return self._began + self.monotonic()

    def monotonic(self):
        return (time.monotonic() - self._zero) * self.speed

    async def sleep(self, seconds):
        await asyncio.sleep(seconds / self.speed)

    def random(self):
        return self.luck
