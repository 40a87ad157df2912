"""The market model: one story, told alike by trades, candles, tickers and books."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_api_py.simulator.candles import DAY, MINUTE, UTC8, interval
from bt_api_py.simulator.instruments import canonical, listed, split
from bt_api_py.simulator.market import ASK, BID, Market

START = 1_795_219_200_123


def open_market(symbol="BTCUSDT", seed="s", rate=1.0):
    return Market(listed(7, 3)[symbol], seed=seed, path_seed="p", start_ms=START, rate=rate)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=30))
def test_time_may_be_cut_anyhow(steps):
    """How the way to a time is cut into steps changes neither trades nor book."""
    small, large = open_market(), open_market()
    for step in steps:
        small.advance(small.now_ms + step)
    large.advance(small.now_ms)
    assert small.trades == large.trades
    assert small.changes == large.changes


def test_the_seed_decides():
    """Another seed gives another market, the same seed the same one."""
    markets = [open_market(seed=seed) for seed in ("a", "a", "b")]
    for market in markets:
        market.advance(START + 20_000)
    first, same, other = ([trade[1:5] for trade in market.trades] for market in markets)
    assert first == same
    assert first != other


@pytest.mark.parametrize("text", ["1s", "1m", "5m", "1h", "1d", "1w", "1M"])
def test_candles_add_up_to_the_trades(text):
    """Every candle of the live time is what its trades say."""
    market, rule = open_market(rate=10), interval(text)
    series = market.series(rule)
    before = {key: (bar.volume, bar.count) for key, bar in series.bars.items()}
    market.advance(START + 3 * MINUTE)
    live = [trade for trade in market.trades if trade.id >= market.first_live_id]
    assert len(live) > 500
    for open_ms, bar in series.bars.items():
        inside = [trade for trade in live if rule.open_of(trade.ms) == open_ms]
        volume, count = before.get(open_ms, (0, 0))
        assert bar.volume == volume + sum(trade.quantity for trade in inside)
        assert bar.count == count + len(inside)
        if inside and open_ms not in before:
            prices = [trade.price for trade in inside]
            assert (bar.open, bar.high, bar.low, bar.close) == (prices[0], max(prices), min(prices), prices[-1])
            assert (bar.first_id, bar.last_id) == (inside[0].id, inside[-1].id)


def test_a_long_interval_is_the_sum_of_its_minutes():
    """An hour asked for late equals an hour kept from the start, and the sum of its minutes."""
    market = open_market()
    kept = market.series(interval("1h"))
    market.advance(START + 2 * MINUTE)
    minutes = list(market.series(interval("1m")).bars.values())
    for open_ms, bar in kept.bars.items():
        inside = [minute for minute in minutes if open_ms <= minute.open_ms < open_ms + 60 * MINUTE]
        assert bar.volume == sum(minute.volume for minute in inside)
        assert bar.count == sum(minute.count for minute in inside)


def test_the_day_agrees_with_its_candles():
    """The 24-hour figures are those of the last 1440 minutes, and the last trade closes them."""
    market = open_market()
    market.advance(START + 90_000)
    day = market.day()
    inside = list(market.series(interval("1m")).between(day.open_ms, market.now_ms))
    assert day.bar.volume == sum(bar.volume for bar in inside)
    assert day.bar.high == max(bar.high for bar in inside)
    assert day.bar.close == market.last.price
    assert day.bar.volume > 1_000 * 10**market.instrument.quantity_decimals
    assert market.now_ms - day.open_ms <= DAY


def test_trade_ids_are_consecutive_and_history_is_deep():
    """Trade ids rise by one without a seam between history and live trades."""
    market = open_market()
    assert len(market.trades) >= 2_000
    assert len(market.series(interval("1m")).bars) >= 1_000
    market.advance(START + 30_000)
    first = market.trades[0].id
    assert [trade.id for trade in market.trades] == list(range(first, first + len(market.trades)))
    assert [row.id for row in market.merged] == list(range(market.merged[0].id, market.merged[-1].id + 1))
    ids = [number for row in market.merged for number in range(row.first_id, row.last_id + 1)]
    assert ids == list(range(first, first + len(market.trades)))


def test_the_book_is_never_crossed_and_keeps_its_depth():
    """Best bid stays below best ask and close to it, and both sides keep the instrument's number of levels."""
    market = open_market(rate=5)
    narrow = market.instrument.price // 1_000
    for _ in range(300):
        market.advance(market.now_ms + 200)
        assert 0 < market.best(ASK)[0] - market.best(BID)[0] < narrow
        for side in (BID, ASK):
            assert 300 <= len(market.levels(side)) <= 410


def test_orders_come_and_go_without_trading():
    """Levels shrink and vanish by cancelled orders too, not by trades alone."""
    market = open_market()
    market.advance(START + 20_000)
    traded = {(trade.ms, trade.price) for trade in market.trades}
    best_half = [change for change in market.changes if (change.ms, change.price) not in traded]
    assert any(0 < change.quantity < change.before for change in best_half)
    assert any(change.quantity == 0 for change in best_half)


def test_the_past_of_a_book_is_its_changes_undone():
    """A book of the past plus the changes since is the book of now."""
    market = open_market()
    before = market.update_id
    start = (dict(market.levels(BID)), dict(market.levels(ASK)))
    market.advance(START + 20_000)
    bids, asks = market.book_at(before)
    assert (dict(bids), dict(asks)) == start
    for change in market.changes_after(before):
        if change.quantity:
            start[change.side][change.price] = change.quantity
        else:
            del start[change.side][change.price]
    assert start == (dict(market.levels(BID)), dict(market.levels(ASK)))
    with pytest.raises(LookupError):
        market.book_at(before - 1)
    with pytest.raises(LookupError):
        market.book_at(market.update_id + 1)


def test_a_long_absence_costs_little():
    """A market nobody looked at for a week is caught up with a bounded number of actions."""
    market = open_market()
    trades = len(market.trades)
    market.advance(START + 7 * DAY)
    assert 500 < len(market.trades) - trades < 60_000
    assert abs(market.best(BID)[0] - market.fair(market.now_ms)) < market.instrument.price // 200


def test_a_halted_market_stands_still():
    """A halted market has a book and no trades."""
    market = open_market("HALTUSDT")
    last, update = market.last, market.update_id
    market.advance(START + DAY)
    assert (market.last, market.update_id) == (last, update)


@pytest.mark.parametrize(
    ("text", "shift", "ms", "expected"),
    [
        ("1w", 0, 1_795_219_200_000, 1_794_787_200_000),  # Monday 2026-11-16 00:00 UTC
        ("1d", UTC8, 1_795_219_200_000, 1_795_190_400_000),  # 2026-11-20 16:00 UTC
        ("1M", 0, 1_795_219_200_000, 1_793_491_200_000),  # 2026-11-01
        ("3M", 0, 1_795_219_200_000, 1_790_812_800_000),  # 2026-10-01
        ("12M", UTC8, 1_795_219_200_000, 1_767_196_800_000),  # 2025-12-31 16:00 UTC
    ],
)
def test_bars_open_on_their_boundaries(text, shift, ms, expected):
    """Weeks open on Monday, months on the first, and days in UTC+8 at 16:00 UTC."""
    rule = interval(text, shift)
    assert rule.open_of(ms) == expected
    assert rule.open_of(rule.next_of(expected) - 1) == expected
    assert rule.open_of(rule.next_of(expected)) == rule.next_of(expected)


def test_symbols_are_split_by_the_longest_quote():
    """A joined symbol splits at the longest quote asset that ends it."""
    assert split("eth-btc") == ("ETH", "BTC")
    assert split("BTCFDUSD") == ("BTC", "FDUSD")
    assert canonical("btc/usdt") == "BTCUSDT"
    with pytest.raises(ValueError, match="no known quote"):
        split("NOSUCH")
