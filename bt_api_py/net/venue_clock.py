"""The venue's clock, which signatures have to carry."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..exceptions import BtApiError, UnsupportedError

if TYPE_CHECKING:
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_BELIEVED = 600.0  # seconds for which a measurement holds
_TOLD_MS = 1000  # a larger difference is told, once; some venues tell whole seconds


class VenueClock:
    """How far the venue's clock is from ours, measured when somebody needs it."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._offset_ms = 0.0
        self._measured_at: float | None = None
        self._was_told = False

    async def measured(self) -> int:
        """Return the venue's time in milliseconds; our own where the venue's cannot be read."""
        clock = self._venue.clock
        if self._measured_at is None or clock.monotonic() - self._measured_at > _BELIEVED:
            began = clock.now()
            try:
                server = await self._venue.server_time()
            except UnsupportedError:
                self._measured_at = clock.monotonic()  # the venue tells no time
            except BtApiError as error:
                log.warning("%s: the clock cannot be read (%s); taking our own", self._venue.name, error)
            else:
                began = max(began, self._venue.rest.sent_at)
                self._offset_ms = server - 500 * (began + clock.now())
                self._measured_at = clock.monotonic()
                self._tell()
        return self.now_ms()

    for_signing = measured

    def now_ms(self) -> int:
        """Return the venue's time in milliseconds, as far as it is known."""
        return int(self._venue.clock.now() * 1000 + self._offset_ms)

    def observe(self, server_ms: int) -> None:
        """Take over the time that the venue told just now; it is older by the way that the answer took."""
        self._offset_ms = server_ms - 1000 * self._venue.clock.now()
        self._measured_at = self._venue.clock.monotonic()

    def forget(self) -> None:
        """Measure anew before the next signature: the venue refused a time stamp."""
        self._measured_at = None

    def _tell(self) -> None:
        if abs(self._offset_ms) > _TOLD_MS and not self._was_told:
            self._was_told = True
            log.warning(
                "%s: this machine's clock is %.0f ms off the venue's; signatures are corrected, but set it right",
                self._venue.name,
                -self._offset_ms,
            )
