from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.containers import BarData, BarRow, Topic
from bt_api_py.containers.bar import bar_end, bar_start

MINUTE = 60_000


class Candle(BarRow, array_like=True):
    """A candle as an invented venue sends it: a list, without a close time."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float

    @property
    def close_time(self) -> int:
        """Return the last millisecond."""
        return self.timestamp + MINUTE - 1


def candle(payload: bytes) -> Candle:
    return msgspec.json.decode(payload, type=Candle, strict=False)


@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf])
def test_a_candle_needs_four_finite_prices(name: str, price: float) -> None:
    """A price that is not finite is a defect, which is named."""
    row = Candle(0, 1.0, 2.0, 0.5, 1.5)
    assert row.defect() is None
    setattr(row, name, price)
    assert row.defect() == f"{name} {price!r}"


def test_the_timestamp_is_the_open_time(build: Any) -> None:
    """Timestamp and open time are when the candle opened."""
    bar = build(BarData, timestamp=1700000040000)
    assert bar.get_timestamp() == 1700000040000
    assert bar.get_open_time() == 1700000040000.0
    assert type(bar.get_open_time()) is float


def test_a_venue_may_compute_the_close_time() -> None:
    """A close time that the record computes is as good as one that was sent."""
    bar = BarData(candle(b'["1700000040000", "1", "2", "0.5", "1.5"]'), Topic("NIMBUS___SPOT", "klines"))
    assert bar.get_close_time() == 1700000040000 + MINUTE - 1
    assert bar.get_close() == 1.5


def test_a_close_time_that_is_not_sent_is_computed(build: Any) -> None:
    """Without a close time of the venue, the interval tells the end; one of unknown length tells nothing."""
    minute = Topic("NIMBUS___SPOT", "klines", interval="1m")
    assert build(BarData, topic=minute, timestamp=1700000040000).get_close_time() == 1700000099999
    assert build(BarData, topic=minute, timestamp=1700000040000, close_time=5).get_close_time() == 5
    other = Topic("NIMBUS___SPOT", "klines", interval="5ticks")
    assert build(BarData, topic=other, timestamp=1700000040000).get_close_time() == 0


@given(
    opened=st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    offset=st.integers(-11, 14),
    months=st.integers(1, 24),
)
def test_a_month_ends_where_the_next_begins(opened: datetime, offset: int, months: int) -> None:
    """In any time zone, a candle of months ends before the first of the month that follows it."""
    zone = timezone(timedelta(hours=offset))
    first = datetime(opened.year, opened.month, 1, tzinfo=zone)
    years, month = divmod(opened.month - 1 + months, 12)
    following = datetime(opened.year + years, month + 1, 1, tzinfo=zone)
    end = bar_end(int(first.timestamp()) * 1000, f"{months}M")
    assert end == int(following.timestamp()) * 1000 - 1


@pytest.mark.parametrize("opened", [-1, 0, 253_402_300_799_999, 10**40])
@pytest.mark.parametrize("interval", ["1s", "99999y", "1M", "0m", "m", "1 m", "१m", ""])
def test_any_open_time_and_any_interval_have_an_end_or_none(opened: int, interval: str) -> None:
    """An end is later than the beginning, or 0 where there is none to tell."""
    end = bar_end(opened, interval)
    assert end == 0 or end > opened


_WORDS = ["1s", "7s", "1m", "15min", "4h", "1d", "3d", "1w", "2w", "1M", "3M", "7M", "1y", "10y"]


@given(time=st.integers(0, 7_000_000_000_000), interval=st.sampled_from(_WORDS))
def test_every_time_lies_in_one_candle(time: int, interval: str) -> None:
    """A candle holds the time for which it was asked, and the next one begins where it ends."""
    start = bar_start(time, interval)
    end = bar_end(max(start, 0), interval)
    assert start <= time
    if start >= 0:
        assert time <= end
        assert bar_start(start, interval) == start
        assert bar_start(end + 1, interval) == end + 1


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("1m", "2026-11-20T15:47"), ("15m", "2026-11-20T15:45"), ("4h", "2026-11-20T12:00"), ("1d", "2026-11-20T00:00"),
        ("1w", "2026-11-16T00:00"), ("1M", "2026-11-01T00:00"), ("3M", "2026-10-01T00:00"), ("1y", "2026-01-01T00:00"),
    ],
)  # fmt: skip
def test_candles_open_at_round_times(interval: str, expected: str) -> None:
    """Days begin at midnight in UTC, weeks on Monday, quarters in January, April, July and October."""
    time = datetime(2026, 11, 20, 15, 47, 12, tzinfo=UTC)
    opened = datetime.fromisoformat(f"{expected}+00:00")
    assert bar_start(int(time.timestamp() * 1000), interval) == int(opened.timestamp() * 1000)


@pytest.mark.parametrize(("time", "interval"), [(-1, "1m"), (10**40, "1m"), (0, "1 m"), (0, ""), (0, "0m")])
def test_no_candle_opens_there(time: int, interval: str) -> None:
    """A time out of range and an unknown interval have no candle."""
    assert bar_start(time, interval) == -1


def test_the_interval_is_the_callers_word(build: Any) -> None:
    """The interval is spelt as the caller did."""
    topic = Topic("NIMBUS___SPOT", "klines", "BTCUSDT", "btcusdt", interval="1h")
    assert build(BarData, topic=topic).get_interval() == "1h"


@pytest.mark.parametrize(
    ("sent", "closed"), [(True, True), (False, False), (None, False), ("true", True), ("false", False)]
)
def test_a_bar_is_closed_only_when_that_is_known(sent: Any, closed: bool, build: Any) -> None:
    """The status is True for a closed bar and False for an open one and for one nobody knows about."""
    bar = build(BarData, closed=sent)
    assert bar.get_bar_status() is bar.is_closed() is closed


def test_the_number_of_trades_is_whole_or_missing(build: Any) -> None:
    """The number of trades is an int where sent and nan where not."""
    sent = build(BarData, num_trades="12345").get_num_trades()
    assert (type(sent), sent) == (int, 12345)
    assert f"{sent:,}" == "12,345"
    assert math.isnan(build(BarData).get_num_trades())


def test_latency_is_counted_from_the_event_not_from_the_open(build: Any) -> None:
    """The latency of a candle uses its event time, and is nan where none is sent."""
    bar = build(BarData, received=1700000050.5, timestamp=1700000040000, event_time=1700000050000)
    assert bar.get_latency_ms() == 500.0
    assert math.isnan(build(BarData, received=1700000050.5, timestamp=1700000040000).get_latency_ms())


def test_contracts_become_base_units_and_values_do_not(build: Any, swap: Any) -> None:
    """Volumes are multiplied by the contract value, values in quote asset are not."""
    bar = build(BarData, topic=swap, volume="100", amount="100", taker_buy_volume="40", taker_buy_amount="40")
    assert bar.get_volume() == 25.0
    assert bar.get_amount() == 100.0
    assert bar.get_taker_buy_base_asset_volume() == 10.0
    assert bar.get_taker_buy_quote_asset_volume() == 40.0


def test_an_empty_bar_can_be_printed(build: Any) -> None:
    """The formats of the guide work on a bar with nothing in it."""
    bar = build(BarData)
    prices = bar.get_open(), bar.get_high(), bar.get_low(), bar.get_close()
    assert " ".join(f"{price:.2f}" for price in prices) == "nan nan nan nan"
    assert f"{bar.get_volume():,.0f}" == "nan"
