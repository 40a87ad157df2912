"""The channels and the lists of Bybit's markets, most of which spot and contracts share.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from operator import attrgetter

from ...book.sequence import Linked, Whole
from ...containers import BarData, TickerData, TradeData
from ..base import Book, Channel, TimeData, instruments
from .listing import Instrument
from .rows import Candle, KeptFrame, RestBook, RestCandle, RestTrade, ServerTime, Trade, WholeFrame
from .tickers import RestTicker
from .wire import DatedChannel

DEPTHS = (50, 200, 1000)

INTERVALS = {
    **{f"{minutes}m": str(minutes) for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": str(hours * 60) for hours in (1, 2, 4, 6, 12)},
    "1d": "D",
    "1w": "W",
    "1M": "M",
}

CHANNELS = {
    "publicTrade": Channel(TradeData, Trade, ("data",), many=True),
    "kline": Channel(BarData, Candle, ("data",), many=True),
    # The best levels are sent again after three seconds without a change, under the same number.
    "orderbook.1": Channel(None, WholeFrame, book=Book(Whole(may_restart=True))),
    **{f"orderbook.{depth}": Channel(None, KeptFrame, book=Book(Linked(), depth=depth)) for depth in DEPTHS},
}

REST_TICKERS = DatedChannel(TickerData, RestTicker, ("result", "list"), many=True)
REST_BOOK = Channel(None, RestBook, ("result",))
REST_TRADES = Channel(TradeData, RestTrade, ("result", "list"), many=True, newest_first=True)
REST_CANDLES = Channel(BarData, RestCandle, ("result", "list"), many=True, sort=attrgetter("timestamp"))
REST_INSTRUMENTS = instruments(Instrument, "result", "list")
REST_TIME = Channel(TimeData, ServerTime)
