"""The public side of Binance as far as spot and futures agree: streams, commands, answers, REST calls.

Source: Binance spot API documentation (web socket streams, general and market data endpoints), state of 2026-07-21;
USD-M futures documentation (market streams, market data), state of 2026-05.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import field

from ...containers import BarData
from ...exceptions import BtApiError
from ..base import (
    Ack,
    Channel,
    Command,
    Control,
    Exchange,
    Farewell,
    Ignored,
    Pages,
    Rate,
    Refusal,
    Request,
    TimeData,
    batches,
)
from .rows import RestKline, ServerTime
from .wire import Fault, failure

_NAMES_PER_COMMAND = 200  # no cap is documented; practice of other clients

INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")


class Envelope(Fault):
    """What a frame may hold at its top, whichever kind it is."""

    stream: str | None = None
    event: str | None = field(name="e", default=None)
    id: int | str | None = None
    error: Fault | None = None
    result: Any = msgspec.UNSET


_envelope = msgspec.json.Decoder(Envelope).decode

_REST_KLINES = Channel(BarData, RestKline, many=True)
_REST_TIME = Channel(TimeData, ServerTime)


class BinanceMarkets(Exchange):
    """To declare beside what an exchange does: `api`, `weight`, `klines_page` and its weight."""

    mark = b',"data":'
    heads_lead = True
    used_weight_header = "X-MBX-USED-WEIGHT-1M"
    api: ClassVar[str]  # what all paths of REST calls begin with
    weight: ClassVar[Rate]  # per address and minute
    klines_page: ClassVar[tuple[int, int]]  # the most bars of a call, and what so many weigh

    def route(self, payload: bytes) -> str | None:
        name = _envelope(payload).stream
        return None if name == "!serverShutdown" else name

    def split(self, name: str) -> tuple[str, str, str]:
        symbol, _, rest = name.partition("@")
        word, _, _ = rest.partition("@")  # what follows is a speed or a time zone
        word, _, interval = word.partition("_")
        return word, symbol.upper(), interval

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        commands = []
        for part in batches(names, _NAMES_PER_COMMAND):
            number = next(ids)
            text = msgspec.json.encode({"method": verb.upper(), "params": part, "id": number}).decode()
            commands.append(Command(text, tuple(part), str(number)))
        return commands

    def control(self, payload: bytes) -> list[Control]:
        frame = _envelope(payload)
        if frame.event == "serverShutdown" or frame.stream == "!serverShutdown":
            return [Farewell("the venue announced a shutdown")]
        number = None if frame.id is None else str(frame.id)
        fault = frame.error or frame
        if frame.error is not None or fault.msg:
            return [Refusal(fault.msg, id=number, code=str(fault.code))]
        if frame.result is not msgspec.UNSET:
            return [Ack(id=number)]
        return [Ignored(frame.event or "frame without stream, result or error")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ask(self, path: str, channel: Channel, cost: int = 1, **query: str) -> Request:
        """Return a REST call that weighs so much."""
        return Request(self.api + path, channel, query, self.weight, cost)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        page, cost = self.klines_page
        count = str(min(limit, page))
        return self.ask("/klines", _REST_KLINES, cost, symbol=venue_symbol, interval=interval, limit=count)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        page, cost = self.klines_page
        query = {"symbol": venue_symbol, "interval": interval, "endTime": str(end), "limit": str(page)}
        while start <= end:
            bars = yield self.ask("/klines", _REST_KLINES, cost, **query, startTime=str(start))
            if not bars:
                return
            start = bars[-1].get_close_time() + 1

    def trades_by_id(self, path: str, channel: Channel, cost: int, venue_symbol: str, after: int, before: int) -> Pages:
        """Ask for the trades between two ids, page by page."""
        start = after + 1
        while start < before:
            limit = str(min(1000, before - start))
            trades = yield self.ask(path, channel, cost, symbol=venue_symbol, fromId=str(start), limit=limit)
            if not trades:
                return
            start = int(trades[-1].get_trade_id()) + 1

    def time_request(self) -> Request:
        return self.ask("/time", _REST_TIME)
