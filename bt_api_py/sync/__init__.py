"""The same gateway for programs without asyncio: plain functions and plain iterators.

One event loop runs in a thread of its own and does all the work; the calling thread waits for what it asked for, and
gets errors as they are. The thread begins with the first stream or call, and ends with `BtApi.close`, with the last
reference to what uses it, or with the program.
"""

from .api import BtApi
from .copies import AccountState, MaintainedBook
from .stream import Stream
from .ticker_map import TickerMap

__all__ = ["AccountState", "BtApi", "MaintainedBook", "Stream", "TickerMap"]
