"""What the live views show, drawn on a terminal that is a text."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from bt_api_py import StreamEvent
from bt_api_py.cli import render
from bt_api_py.cli.board import RATE_WINDOW, Board, event_line
from bt_api_py.containers import (
    BarData,
    BookState,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    TickerData,
    Topic,
    TradeData,
)


class Told(SimpleNamespace):
    """A record; what every record has, told or not, stands here."""

    timestamp = ask_price = None


TOPIC = Topic(exchange="OKX___SPOT", kind="", symbol="BTCUSDT", venue_symbol="BTC-USDT", interval="1m")
TICKER = TickerData(
    Told(last_price="88899.9", price_change_percent="-0.57", bid_price="88899.8", volume="7617"),
    TOPIC,
)
BOOK = OrderBookData(BookState([["100.5", "2"], ["100", "3"]], [["101", "1"]]), TOPIC)
TRADE = TradeData(
    Told(timestamp=1_795_219_201_019, price=88899.9, quantity=0.0035, side="buy", trade_id="742"),
    TOPIC,
)
BAR = BarData(
    Told(timestamp=1_795_219_200_000, open=1.5, high=3, low=1, close=2, volume=5, closed=True),
    TOPIC,
)
MARK = MarkPriceData(Told(mark_price="88881.12", index_price="88880"), TOPIC)
FUNDING = FundingRateData(
    Told(current_funding_rate="0.0001", current_funding_time=1_795_248_000_000),
    TOPIC,
)
INTEREST = OpenInterestData(Told(open_interest="73211.4"), TOPIC)
LIQUIDATION = LiquidationData(
    Told(timestamp=1_795_219_201_000, price=88000.0, quantity=0.014, side="sell"),
    TOPIC,
)


def stats(state: str = "live") -> SimpleNamespace:
    return SimpleNamespace(state=state, dropped=1, missing=2, reconnects=3)


def drawn(kind: str, board: Board, state: str = "live") -> str:
    """Return a view as the text that a terminal of 110 columns would show."""
    console = Console(file=io.StringIO(), width=110)
    console.print(render.page(kind, f"OKX___SPOT {kind}", board, {"BTCUSDT": stats(state)}))
    return console.file.getvalue()


def holding(*items: object) -> Board:
    board = Board(clock=lambda: 0.0)
    for item in items:
        board.put("BTCUSDT", item)
    return board


@pytest.mark.parametrize(
    ("kind", "item", "texts"),
    [
        ("ticker", TICKER, ["88,899.90", "-0.57%", "88,899.80", "7,617"]),
        ("depth", BOOK, ["100.5000", "101.0000", "5.0000", "spread 0.5000"]),
        ("trades", TRADE, ["00:00:01", "buy", "0.0035", "742"]),
        ("klines", BAR, ["00:00:00", "1.5000", "3.0000", "closed"]),
        ("mark_price", MARK, ["88,881.12", "88,880.00"]),
        ("funding_rate", FUNDING, ["+0.0100%", "08:00:00"]),
        ("open_interest", INTEREST, ["73,211"]),
        ("liquidations", LIQUIDATION, ["00:00:01", "sell", "88,000.00", "0.0140", "long"]),
    ],
)
def test_view_shows_its_figures(kind, item, texts):
    """Each view shows the object's figures, its state, and what was dropped, missing and reconnected."""
    shown = drawn(kind, holding(item))
    for text in [
        *texts,
        "BTCUSDT" if kind != "depth" else "mid",
        "live",
        "dropped 1",
        "missing 2",
        "reconnects 3",
    ]:
        assert text in shown


def test_view_says_that_it_is_connecting():
    """Before the first object the view names what it waits for."""
    assert "connecting: BTCUSDT" in drawn("ticker", Board(), "connecting")


def test_view_shows_events_and_errors():
    """Events and errors have lines of their own, and a failed stream is not shown as connecting."""
    board = Board()
    board.note(StreamEvent("disconnected", "OKX___SPOT", cause="closed by the venue, 1006", timestamp=0))
    board.errors["BTCUSDT"] = "OKX___SPOT: gave up"
    shown = drawn("ticker", board, "failed")
    assert "00:00:00 disconnected OKX___SPOT: closed by the venue, 1006" in shown
    assert "OKX___SPOT: gave up" in shown
    assert "connecting:" not in shown


def test_books_of_several_markets_are_a_table():
    """With more than one book, each is a row with its best prices; an empty side is a dash."""
    board = holding(BOOK)
    board.put("ETHUSDT", OrderBookData(BookState([["50", "1"]], []), TOPIC))
    rows = drawn("depth", board).splitlines()
    assert any(row.split()[:5] == ["BTCUSDT", "2.0000", "100.5000", "101.0000", "1.0000"] for row in rows)
    assert any(row.split()[:5] == ["ETHUSDT", "1.0000", "50.0000", "-", "-"] for row in rows)


def test_a_bar_is_shown_in_its_latest_state():
    """Several states of one bar are one row."""
    building = BarData(
        SimpleNamespace(timestamp=1_795_219_200_000, open=1.5, high=9, low=1, close=2, volume=5, closed=False),
        TOPIC,
    )
    shown = drawn("klines", holding(building, BAR))
    assert "closed" in shown
    assert "building" not in shown


def test_rate_counts_the_last_seconds():
    """The rate is over the window; what came earlier no longer counts, and the age grows."""
    now = [0.0]
    board = Board(clock=lambda: now[0])
    for _ in range(10):
        board.put("BTCUSDT", TRADE)
    assert board.rate("BTCUSDT") == 10 / RATE_WINDOW
    now[0] = RATE_WINDOW + 1
    board.put("BTCUSDT", TRADE)
    assert board.rate("BTCUSDT") == 1 / RATE_WINDOW
    now[0] += 2
    assert board.age("BTCUSDT") == 2
    assert board.age("ETHUSDT") is None


def test_a_gap_is_told_in_one_line():
    """The line of a gap says where, why, how many, which ids, and whether it was filled."""
    event = StreamEvent("gap", "OKX___SPOT", "trades", "BTCUSDT", "ids jump", "118", "120", count=3, filled=True)
    assert event_line(event) == (
        "00:00:00 gap          OKX___SPOT trades BTCUSDT: ids jump, 3 items, ids 118 to 120, filled"
    )
