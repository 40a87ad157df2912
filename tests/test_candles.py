"""Candles from trades, beside a computation that shares nothing with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.candles import BuiltBar, Candles
from bt_api_py.containers import BarData, TradeData
from bt_api_py.containers.bar import BarRow
from bt_api_py.containers.base import Side, Topic
from bt_api_py.containers.trade import TradeRow

MINUTE = 60_000
BEGIN = 1_795_219_200_000  # a midnight
TOPIC = Topic("NIMBUS___SPOT", "trades", "BTCUSDT", "BTC-USDT")
BARS = Topic("NIMBUS___SPOT", "klines", "BTCUSDT", "BTC-USDT", "1m")


class Trade(TradeRow):
    timestamp: int
    trade_id: int
    price: float
    quantity: float
    side: Side = "buy"


class Merged(Trade):
    first_trade_id: int = 0
    last_trade_id: int = 0


class Candle(BarRow):
    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float | str
    amount: float | str | None = None
    num_trades: int | None = None


def trade(ms: int, price: float = 10.0, quantity: float = 1.0, side: Side = "buy", number: int = 1) -> TradeData:
    """Return a trade so many milliseconds after the beginning."""
    return TradeData(Trade(BEGIN + ms, number, price, quantity, side), TOPIC)


def candle(ms: int, *prices: float, volume: float | str = 1.0, **more: Any) -> BarData:
    """Return a closed candle of a minute as a venue lists it."""
    return BarData(Candle(BEGIN + ms, *prices, volume, **more), BARS)


def figures(bar: BuiltBar) -> tuple[Any, ...]:
    return bar.timestamp - BEGIN, bar.open, bar.high, bar.low, bar.close, float(bar.volume), bar.closed


TRADES = st.lists(
    st.tuples(
        st.integers(0, 40 * MINUTE),
        st.decimals("0.00001", "90000", places=5).map(float),
        st.decimals("0.00000001", "5000", places=8).map(float),
        st.sampled_from(["buy", "sell"]),
    ),
    max_size=60,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


def computed(rows: Sequence[tuple[int, float, float, str]], length: int) -> dict[int, tuple[Any, ...]]:
    """Return the candles of trades by their open times, computed as the definition says, with fractions."""
    found: dict[int, list[tuple[int, float, float, str]]] = {}
    for row in rows:
        found.setdefault(row[0] // length * length, []).append(row)
    return {
        start: (
            part[0][1],
            max(price for _, price, _, _ in part),
            min(price for _, price, _, _ in part),
            part[-1][1],
            sum(Fraction(str(quantity)) for _, _, quantity, _ in part),
            sum(Fraction(str(price)) * Fraction(str(quantity)) for _, price, quantity, _ in part),
            len(part),
            sum((Fraction(str(quantity)) for _, _, quantity, side in part if side == "buy"), Fraction()),
        )
        for start, part in found.items()
    }


def summed(bar: BuiltBar) -> tuple[Any, ...]:
    assert bar.amount is not None
    assert bar.taker_buy_volume is not None
    prices = bar.open, bar.high, bar.low, bar.close
    sums = Fraction(bar.volume), Fraction(bar.amount), bar.num_trades, Fraction(bar.taker_buy_volume)
    return *prices, *sums


@pytest.mark.parametrize(("word", "length"), [("1s", 1000), ("1m", MINUTE), ("5m", 5 * MINUTE), ("1h", 60 * MINUTE)])
@given(rows=TRADES)
def test_candles_are_what_the_trades_make(word: str, length: int, rows: Any) -> None:
    """Every closed candle, and the running one at its last state, equals an independent computation, to the digit."""
    candles = Candles(word, BEGIN)
    told: dict[int, BuiltBar] = {}
    closed: list[int] = []
    for number, (ms, price, quantity, side) in enumerate(rows):
        *done, running = candles.add(trade(ms, price, quantity, side, number))
        for bar in done:
            assert bar.closed
            closed.append(bar.timestamp)
            assert told[bar.timestamp] == BuiltBar(**{**_fields(bar), "is_closed": False})
        assert not running.closed
        told[running.timestamp] = running
    truth = computed(rows, length)
    assert {start - BEGIN: summed(bar) for start, bar in told.items()} == truth
    assert closed == sorted(set(closed)) == sorted(told)[:-1]


def _fields(bar: BuiltBar) -> dict[str, Any]:
    return {name: getattr(bar, name) for name in bar.__struct_fields__}


@given(rows=TRADES, cuts=st.lists(st.integers(0, 41 * MINUTE), max_size=8))
def test_when_the_clock_looks_does_not_matter(rows: Any, cuts: list[int]) -> None:
    """Closing by the clock between trades gives the same candles as closing by the next trade."""
    events = sorted([(row[0], 1, row) for row in rows] + [(cut, 0, None) for cut in cuts], key=lambda event: event[:2])
    by_clock, by_trade = Candles("1m", BEGIN), Candles("1m", BEGIN)
    seen: list[list[BuiltBar]] = [[], []]
    for ms, _, row in events:
        if row is None:
            seen[0] += by_clock.close(BEGIN + ms)
        else:
            seen[0] += [bar for bar in by_clock.add(trade(*row)) if bar.closed]
            seen[1] += [bar for bar in by_trade.add(trade(*row)) if bar.closed]
    for kept, candles in zip(seen, (by_clock, by_trade), strict=True):
        kept += candles.close(BEGIN + 100 * MINUTE)
    assert seen[0] == seen[1]


@given(rows=TRADES, split=st.integers(1, 39))
def test_a_candle_may_begin_with_shorter_ones(rows: Any, split: int) -> None:
    """An hour made of closed minutes and the trades after them has the prices and the volume of one made of trades."""
    whole, pieced, minutes = Candles("1h", BEGIN), Candles("1h", BEGIN), Candles("1m", BEGIN)
    border = split * MINUTE
    for row in rows:
        whole.add(trade(*row))
        if row[0] < border:
            minutes.add(trade(*row))
    early = Candles("1m", BEGIN)
    listed = [bar for row in rows if row[0] < border for bar in early.add(trade(*row)) if bar.closed]
    for bar in (*listed, *early.close(BEGIN + border)):
        pieced.begin_with(candle(*figures(bar)[:5], volume=str(bar.volume)))
    for row in rows:
        if row[0] >= border:
            pieced.add(trade(*row))
    ours, truth = pieced.running, whole.running
    if truth is None or ours is None:
        assert ours is truth is None
        return
    assert figures(ours) == figures(truth)
    assert ours.volume == truth.volume
    if any(row[0] < border for row in rows):
        assert ours.amount is ours.num_trades is ours.taker_buy_volume is None  # the minutes did not tell


def test_edges() -> None:
    """The first millisecond of a minute belongs to it, and the last one too."""
    candles = Candles("1m", BEGIN)
    assert [figures(bar) for bar in candles.add(trade(0, 1.0))] == [(0, 1.0, 1.0, 1.0, 1.0, 1.0, False)]
    assert [figures(bar) for bar in candles.add(trade(MINUTE - 1, 3.0))] == [(0, 1.0, 3.0, 1.0, 3.0, 2.0, False)]
    assert [figures(bar) for bar in candles.add(trade(MINUTE, 2.0))] == [
        (0, 1.0, 3.0, 1.0, 3.0, 2.0, True),
        (MINUTE, 2.0, 2.0, 2.0, 2.0, 1.0, False),
    ]


def test_the_clock_closes_after_the_last_millisecond() -> None:
    """A candle is over when its last millisecond has passed, once; without a trade there was none."""
    candles = Candles("1m", BEGIN)
    assert candles.close(BEGIN + 5 * MINUTE) == []
    candles.add(trade(5 * MINUTE))
    assert candles.close(BEGIN + 6 * MINUTE - 1) == []
    assert [bar.closed for bar in candles.close(BEGIN + 6 * MINUTE)] == [True]
    assert candles.close(BEGIN + 6 * MINUTE) == []
    assert candles.running is None
    assert (candles.begin, candles.end) == (BEGIN + 6 * MINUTE, BEGIN + 7 * MINUTE - 1)


def test_a_trade_of_a_closed_candle_changes_nothing() -> None:
    """What is closed stays as it was handed out."""
    candles = Candles("1m", BEGIN)
    candles.add(trade(MINUTE))
    before = candles.running
    assert candles.add(trade(MINUTE - 1, 99.0)) == []
    assert candles.running == before


def test_what_was_handed_out_stays_as_it_was() -> None:
    """A later trade does not reach into a candle that a reader has."""
    candles = Candles("1m", BEGIN)
    [first] = candles.add(trade(0, 1.0))
    candles.add(trade(1, 5.0))
    assert figures(first) == (0, 1.0, 1.0, 1.0, 1.0, 1.0, False)


@pytest.mark.parametrize("flat", [False, True])
def test_a_time_without_trades(flat: bool) -> None:
    """It has a candle at the price before where the venue lists one, and otherwise none."""
    candles = Candles("1m", BEGIN, flat=flat)
    candles.add(trade(0, 7.0))
    bars = [figures(bar) for bar in candles.add(trade(3 * MINUTE, 8.0))]
    between = [(minute * MINUTE, 7.0, 7.0, 7.0, 7.0, 0.0, True) for minute in (1, 2)] if flat else []
    first, last = (0, 7.0, 7.0, 7.0, 7.0, 1.0, True), (3 * MINUTE, 8.0, 8.0, 8.0, 8.0, 1.0, False)
    assert bars == [first, *between, last]
    assert len(candles.close(BEGIN + 6 * MINUTE)) == (3 if flat else 1)


def test_a_long_silence_is_bounded() -> None:
    """A trade from far ahead does not make millions of candles."""
    candles = Candles("1s", BEGIN, flat=True)
    candles.add(trade(0))
    assert len(candles.add(trade(10**12))) < 10_000


def test_a_merged_trade_counts_its_matches() -> None:
    """A record that stands for several matches counts as so many trades."""
    candles = Candles("1m", BEGIN)
    [bar] = candles.add(TradeData(Merged(BEGIN, 3, 10.0, 2.0, first_trade_id=10, last_trade_id=14), TOPIC))
    assert bar.num_trades == 5


def test_quantities_of_contracts() -> None:
    """Quantities stay in the venue's unit, as in its own records, and values are in the quote asset."""
    topic = Topic("NIMBUS___SWAP", "trades", "BTCUSDT", "BTC-USDT-SWAP", factor=0.01)
    candles = Candles("1m", BEGIN)
    [bar] = candles.add(TradeData(Trade(BEGIN, 1, 50_000.0, 3.0), topic))
    assert (bar.volume, bar.amount) == (Decimal(3), Decimal(1500))
    item = BarData(bar, Topic("NIMBUS___SWAP", "klines", interval="1m", factor=0.01))
    assert (item.get_volume(), item.get_amount(), item.get_num_trades()) == (0.03, 1500.0, 1)


@pytest.mark.parametrize(
    ("bar", "known"),
    [
        (candle(0, 5.0, 6.0, 4.0, 5.5, volume="2", amount="11", num_trades=3), (11.0, 3)),
        (candle(0, 5.0, 6.0, 4.0, 5.5, volume="2", amount=""), (math.nan, math.nan)),
        (candle(0, 5.0, 6.0, 4.0, 5.5, volume="2", amount="NaN"), (math.nan, math.nan)),
    ],
)
def test_what_a_list_does_not_tell_stays_unknown(bar: BarData, known: tuple[float, float]) -> None:
    """The value and the number of trades of a candle are those of all its parts, or missing."""
    candles = Candles("5m", BEGIN)
    candles.begin_with(bar)
    assert candles.running is not None
    item = BarData(candles.running, BARS)
    assert (item.get_amount(), item.get_num_trades()) == pytest.approx(known, nan_ok=True)
    assert (item.get_open(), item.get_high(), item.get_low(), item.get_volume()) == (5.0, 6.0, 4.0, 2.0)


@pytest.mark.parametrize("bar", [candle(0, 5.0, 5.0, 5.0, 5.0, volume=0.0), candle(5 * MINUTE, 5.0, 5.0, 5.0, 5.0)])
def test_parts_that_are_none_are_left_out(bar: BarData) -> None:
    """A minute without trades has no price of its own, and one from elsewhere does not belong."""
    candles = Candles("5m", BEGIN)
    candles.begin_with(bar)
    assert candles.running is None
