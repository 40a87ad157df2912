from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from bt_api_py.containers import BarData, BarRow, Topic

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
