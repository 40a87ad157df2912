from __future__ import annotations

import math
from typing import Any

import msgspec
import orjson
import pytest

from bt_api_py.containers import (
    AccountData,
    BalanceData,
    BarData,
    BookState,
    Container,
    Frame,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    OrderData,
    PositionData,
    Row,
    SymbolData,
    TickerData,
    Topic,
    TradeData,
)
from bt_api_py.exceptions import DataParseError

SPOT = Topic("NIMBUS___SPOT", "trades", "BTC/USDT", "btc_usdt")
BY_FIELDS = (
    AccountData,
    BalanceData,
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderData,
    PositionData,
    SymbolData,
    TickerData,
    TradeData,
)
LEAST: dict[type[Container], dict[str, Any]] = {
    TradeData: {"trade_id": "1", "price": 1.5, "quantity": 2.0, "side": "buy"},
    OrderData: {"order_id": "1"},
    BalanceData: {"asset": "usdt"},
    SymbolData: {"base": "btc", "quote": "usdt"},
}


@pytest.fixture(params=[*BY_FIELDS, OrderBookData], ids=lambda cls: cls.__name__)
def item(request: Any, build: Any) -> Container:
    """One object of each class with the least that makes it one."""
    if request.param is OrderBookData:
        return OrderBookData(BookState([], []), SPOT)
    made: Container = build(request.param, topic=SPOT, **LEAST.get(request.param, {}))
    return made


def test_init_data_may_be_called_any_number_of_times(item: Container) -> None:
    """init_data returns the object itself and changes nothing that can be read."""
    before = item.get_all_data()
    assert item.init_data() is item
    assert item.init_data().init_data() is item
    assert item.get_all_data() == before


def test_objects_take_no_further_attributes(item: Container) -> None:
    """An object has no dictionary, so nothing can be hung on it and a misspelt name is an error."""
    with pytest.raises(AttributeError):
        item.last_price = 1.0  # type: ignore[attr-defined]
    assert not hasattr(item, "__dict__")


def test_repr_is_one_line_that_names_class_and_exchange(item: Container) -> None:
    """repr works on any object, on one line, and names the class, the exchange and the symbol."""
    text = repr(item)
    assert text.startswith(f"<{type(item).__name__} NIMBUS___SPOT {item.get_symbol()} ")
    assert text.endswith(">")
    assert "\n" not in text


def test_all_data_can_be_written_as_json(item: Container) -> None:
    """get_all_data names values as their getters do, goes through orjson and comes back equal."""
    data = item.get_all_data()
    assert orjson.loads(orjson.dumps(data)) == data
    for name in ("symbol", "venue_symbol", "timestamp", "exchange_name", "event", "origin"):
        assert data[name] == getattr(item, f"get_{name}")()


def test_all_data_is_a_copy(item: Container) -> None:
    """What a caller does to the dict of get_all_data does not reach the object."""
    item.get_all_data().clear()
    assert item.get_all_data()["exchange_name"] == "NIMBUS___SPOT"


def test_all_data_leaves_aliases_out(build: Any) -> None:
    """get_all_data has one entry per value, not one per alias."""
    data = build(TickerData, volume="12.5", last_price="").get_all_data()
    assert data["volume"] == 12.5
    assert data["last_price"] is None
    assert "volume_24h" not in data
    assert "ticker_symbol_name" not in data


def test_common_getters_come_from_the_topic(build: Any) -> None:
    """Symbol, exchange, venue, product and origin are those of the subscription."""
    topic = Topic("HTX___USDT_SWAP", "ticker", "BTC/USDT", "BTC-USDT", origin="backfill", factor=0.001)
    ticker = build(TickerData, topic=topic)
    assert ticker.get_symbol() == "BTC/USDT"
    assert ticker.get_venue_symbol() == "BTC-USDT"
    assert ticker.get_exchange_name() == "HTX___USDT_SWAP"
    assert ticker.get_venue() == "HTX"
    assert ticker.get_asset_type() == "USDT_SWAP"
    assert ticker.get_origin() == "backfill"
    assert ticker.get_quantity_unit() == "base"


def test_times_of_an_object(build: Any) -> None:
    """Event time is an int and a float of milliseconds, receipt is in seconds, latency is the difference."""
    ticker = build(TickerData, received=1700000000.25, timestamp=1700000000000)
    assert ticker.get_timestamp() == 1700000000000
    assert type(ticker.get_timestamp()) is int
    assert ticker.get_server_time() == 1700000000000.0
    assert type(ticker.get_server_time()) is float
    assert ticker.get_local_update_time() == 1700000000.25
    assert ticker.get_latency_ms() == 250.0


def test_without_event_time_the_receipt_stands_in(build: Any) -> None:
    """A record without a time carries that of its receipt, and no latency."""
    ticker = build(TickerData, received=1700000000.25)
    assert ticker.get_timestamp() == 1700000000250
    assert math.isnan(ticker.get_latency_ms())


def test_without_any_time_the_timestamp_is_zero(build: Any) -> None:
    """An object with neither event time nor receipt has timestamp 0."""
    assert build(TickerData, received=math.nan).get_timestamp() == 0


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (1700000000123, 1700000000123),
        ("1700000000123", 1700000000123),
        (1700000000123.75, 1700000000123),
        ("1700000000123.75", 1700000000123),
    ],
)
def test_a_time_is_an_integer_however_it_is_sent(sent: Any, expected: int, build: Any) -> None:
    """A time is whole milliseconds, sent as number or text, with or without a fraction."""
    value = build(OrderData, order_id="1", create_time=sent).get_create_time()
    assert (type(value), value) == (int, expected)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(True, True), (False, False), ("true", True), ("False", False), ("", None), (0, False)],
)
def test_a_flag_may_be_sent_as_text(sent: Any, expected: bool | None, build: Any) -> None:
    """A claim is read from a JSON truth value, its text, or a number."""
    assert build(OrderData, order_id="1", reduce_only=sent).get_reduce_only() is expected


@pytest.mark.parametrize("sent", [9007199254740993, "9007199254740993", 1234567890123456789012345, "00042", "0x7f-ab"])
def test_ids_keep_every_digit(sent: Any, build: Any) -> None:
    """An id is the text or the exact digits that the venue sent, beyond 2**53 too."""
    order = build(OrderData, order_id=sent, client_order_id=sent, trade_id=sent)
    assert order.get_order_id() == order.get_client_order_id() == order.get_trade_id() == str(sent)
    assert orjson.loads(orjson.dumps(order.get_all_data()))["order_id"] == str(sent)


def test_an_object_without_what_makes_it_one_says_so(build: Any) -> None:
    """A getter for a field that the record must have raises an error naming class, exchange and field."""
    with pytest.raises(DataParseError, match=r"NIMBUS___SPOT OrderData: no field 'order_id'"):
        build(OrderData, topic=SPOT).get_order_id()


def test_spelled_changes_the_symbol_and_nothing_else(build: Any) -> None:
    """The same record under another topic has the other spelling and all the same values."""
    ticker = build(TickerData, topic=SPOT, last_price="2.5", timestamp=7)
    other = ticker.spelled(msgspec.structs.replace(SPOT, symbol="BTCUSDT"))
    assert other.get_symbol() == "BTCUSDT"
    assert ticker.get_symbol() == "BTC/USDT"
    assert {**other.get_all_data(), "symbol": "BTC/USDT"} == ticker.get_all_data()


class Fill(Row):
    """A record as an invented venue sends it."""

    trade_id: int | str = msgspec.field(name="i")
    price: float = msgspec.field(name="p")
    quantity: float = msgspec.field(name="q")
    side: str = "buy"


def test_raw_data_of_a_frame_with_one_record() -> None:
    """Raw data is the venue's record under the venue's names, its numbers' text and big integers exact."""
    payload = b'{"data": {"i": 1234567890123456789012345, "p": "27000.10", "q": "0.00100000"}, "n": 3}'
    row = msgspec.json.decode(
        b'{"i": 1234567890123456789012345, "p": "27000.10", "q": "0.001"}', type=Fill, strict=False
    )
    trade = TradeData(row, SPOT, 1.0, Frame(payload, ("data",)))
    assert trade.get_raw_data() == {"i": 1234567890123456789012345, "p": "27000.10", "q": "0.00100000"}
    assert trade.get_trade_id() == "1234567890123456789012345"
    assert trade.get_price() == 27000.1


def test_raw_data_of_a_frame_with_several_records() -> None:
    """Each object of a frame gives its own record back, and the frame may nest lists."""
    payload = b'[7, {"rows": [{"i": "a", "p": "1", "q": "2"}, {"i": "b", "p": "3", "q": "4"}]}]'
    found = msgspec.json.decode(payload)[1]["rows"]
    rows = [msgspec.convert(row, Fill, strict=False) for row in found]
    frame = Frame(payload, (1, "rows"))
    trades = [TradeData(row, SPOT, 1.0, frame, index) for index, row in enumerate(rows)]
    assert [trade.get_raw_data() for trade in trades] == found
    assert [trade.get_trade_id() for trade in trades] == ["a", "b"]


def test_raw_data_of_a_frame_is_a_copy() -> None:
    """What a caller does to the raw data does not reach the object."""
    trade = TradeData(Fill("a", 1.0, 2.0), SPOT, 1.0, Frame(b'{"i": "a"}'))
    trade.get_raw_data().clear()
    assert trade.get_raw_data() == {"i": "a"}


def test_raw_data_may_be_at_hand() -> None:
    """Where there is no frame, raw data is the record that was given, or None."""
    row = Fill("a", 1.0, 2.0)
    assert TradeData(row, SPOT, 1.0, {"i": "a"}).get_raw_data() == {"i": "a"}
    assert TradeData(row, SPOT).get_raw_data() is None
