"""Recorded frames become what they say, judged by a reading with the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bt_api_py.book.sequence import BookRow
from bt_api_py.containers import MarkPriceData, OpenInterestData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exchanges.base import Accepted, Ack, Answer, Exchange, Ignored, Rejected, Subscribed
from bt_api_py.exchanges.binance import BinanceSpot, BinanceSwap
from bt_api_py.exchanges.coinbase import CoinbaseSpot
from bt_api_py.exchanges.deribit import DeribitSwap
from bt_api_py.exchanges.htx import HtxSpot, HtxSwap
from bt_api_py.exchanges.okx import OkxSpot, OkxSwap

from .material import recorded, reordered

BINANCE = ("binance_spot_20210404", "binance_spot_20210405", "binance_spot_20210417", "binance_spot_20211012")
BINANCE_SWAP = ("binance_usdm_20210405", "binance_usdm_20210722")
OKX = ("okx_20220227", "okx_20220513")
HTX = "htx_spot_20210417"
HTX_SWAP = "htx_swap_20220219"  # with contracts that settle in coins, which are spelled alike
COINBASE = "coinbase_20210417"
DERIBIT = ("deribit_20210405", "deribit_20210722")  # options only, whose amounts are in base asset
RECORDINGS: list[tuple[type[Exchange], str]] = [
    *((BinanceSpot, name) for name in BINANCE),
    *((BinanceSwap, name) for name in BINANCE_SWAP),
    *((OkxSpot, name) for name in OKX),
    *((OkxSwap, name) for name in OKX),
    (HtxSpot, HTX),
    (HtxSwap, HTX_SWAP),
    (CoinbaseSpot, COINBASE),
    *((DeribitSwap, name) for name in DERIBIT),
]


def number(text: Any) -> float:
    """Return a figure as a number; what is empty or missing is no number."""
    return float(text) if text not in (None, "") else math.nan


def same(found: float, expected: Any) -> bool:
    """Return whether a figure is the one that was sent, or both are missing."""
    wanted = number(expected)
    return found == wanted or (math.isnan(found) and math.isnan(wanted))


def levels(side: Any) -> list[tuple[float, ...]]:
    """Return the levels of a side as numbers."""
    return [tuple(map(float, level)) for level in side]


@pytest.mark.parametrize(("cls", "name"), RECORDINGS, ids=lambda value: value if isinstance(value, str) else "")
def test_nothing_is_refused(cls: type[Exchange], name: str) -> None:
    """Of a whole recording no frame is refused, and none is of an unknown kind."""
    exchange = cls()
    items = [item for message in recorded(name) if message.kind == "ws" for item in exchange.decode(message.payload)]
    assert len(items) > 100
    assert [item for item in items if isinstance(item[1], (Rejected, Ignored))] == []


@pytest.mark.parametrize(
    ("cls", "name"), [*((BinanceSpot, name) for name in BINANCE), *((BinanceSwap, name) for name in BINANCE_SWAP)]
)
def test_binance(cls: type[Exchange], name: str) -> None:
    """Every figure of every recorded Binance frame is the one that was sent, on spot and on futures."""
    exchange = cls()
    seen = 0
    for message in recorded(name):
        if message.kind != "ws":
            continue
        plain = message.plain
        ((topic, item),) = exchange.decode(message.payload, message.received)
        assert topic == plain["stream"]
        row = plain["data"]
        seen += 1
        if topic.endswith("@depth@100ms"):
            assert (item.first, item.last, item.timestamp) == (row["U"], row["u"], row["E"])
            assert item.previous == row.get("pu")
            assert [list(level) for level in item.bids] == row["b"]
            assert [list(level) for level in item.asks] == row["a"]
            continue
        assert item.get_venue_symbol() == row["s"]
        assert item.get_local_update_time() == message.received
        if topic.endswith("@bookTicker"):
            assert item.get_raw_data() == row
            assert (item.get_bid_price(), item.get_bid_volume()) == (float(row["b"]), float(row["B"]))
            assert (item.get_ask_price(), item.get_ask_volume()) == (float(row["a"]), float(row["A"]))
        elif topic.endswith("@aggTrade"):
            assert item.get_raw_data() == row
            assert item.get_trade_id() == str(row["a"])
            assert (item.get_price(), item.get_quantity()) == (float(row["p"]), float(row["q"]))
            assert item.get_side() == ("sell" if row["m"] else "buy")
            assert item.get_timestamp() == row["T"]
            assert (item.get_first_trade_id(), item.get_last_trade_id()) == (str(row["f"]), str(row["l"]))
        else:
            bar = row["k"]
            assert item.get_raw_data() == bar
            assert (item.get_timestamp(), item.get_close_time()) == (bar["t"], bar["T"])
            assert [item.get_open(), item.get_high(), item.get_low(), item.get_close()] == [
                float(bar[key]) for key in "ohlc"
            ]
            assert (item.get_volume(), item.get_amount()) == (float(bar["v"]), float(bar["q"]))
            assert (item.get_num_trades(), item.get_bar_status()) == (bar["n"], bar["x"])
            assert item.get_interval() == bar["i"]
    assert seen > 200


def check_okx_ticker(item: TickerData, row: dict[str, Any]) -> None:
    """Compare a ticker."""
    for getter, key in {
        "last_price": "last",
        "last_volume": "lastSz",
        "bid_price": "bidPx",
        "bid_volume": "bidSz",
        "ask_price": "askPx",
        "ask_volume": "askSz",
        "open_price": "open24h",
        "high_price": "high24h",
        "low_price": "low24h",
        "volume": "vol24h",
        "turnover_24h": "volCcy24h",
    }.items():
        assert same(getattr(item, f"get_{getter}")(), row[key]), getter


def check_okx_trade(item: TradeData, row: dict[str, Any]) -> None:
    """Compare a trade."""
    assert item.get_trade_id() == row["tradeId"]
    assert (item.get_price(), item.get_quantity()) == (float(row["px"]), float(row["sz"]))
    assert item.get_side() == row["side"]
    assert item.get_first_trade_id() is None


@pytest.mark.parametrize("name", OKX)
def test_okx(name: str) -> None:
    """Every figure of every recorded OKX frame is the one that was sent."""
    exchange = OkxSpot()
    checks: dict[str, Callable[[Any, dict[str, Any]], None]] = {
        "tickers": check_okx_ticker,
        "trades": check_okx_trade,
    }
    for message in recorded(name):
        if message.kind != "ws":
            continue
        plain = message.plain
        items = exchange.decode(message.payload, message.received)
        argument = plain["arg"]
        topic = f"{argument['channel']}:{argument['instId']}"
        if plain.get("event"):
            assert items == [("", Ack(None, topic))]
            continue
        assert [found for found, _ in items] == [topic] * len(plain["data"])
        for (_, item), row in zip(items, plain["data"], strict=True):
            if isinstance(item, BookRow):
                assert item.is_snapshot == (plain["action"] == "snapshot")
                assert (item.checksum, item.timestamp) == (row["checksum"], int(row["ts"]))
                assert [list(level) for level in item.bids] == row["bids"]
                assert [list(level) for level in item.asks] == row["asks"]
                continue
            checks[argument["channel"]](item, row)
            assert item.get_timestamp() == int(row["ts"])
            assert item.get_venue_symbol() == row["instId"]
            assert item.get_raw_data() == row


@pytest.mark.parametrize(
    ("cls", "name", "number", "book"),
    [(HtxSpot, HTX, "tradeId", "version"), (HtxSwap, HTX_SWAP, "id", "mrid")],
    ids=["spot", "swap"],
)
def test_htx(cls: type[Exchange], name: str, number: str, book: str) -> None:
    """Every figure of every recorded HTX frame is the one that was sent, trades in the order of their ids."""
    exchange = cls()
    for message in recorded(name):
        if message.kind != "ws":
            continue
        plain = message.plain
        items = exchange.decode(message.payload, message.received)
        if "ping" in plain:
            assert items == [("", Answer(f'{{"pong":{plain["ping"]}}}'))]
        elif "subbed" in plain:
            assert items == [("", Ack(str(plain["id"]), plain["subbed"]))]
        elif plain["ch"].endswith("depth.step0"):
            ((topic, item),) = items
            tick = plain["tick"]
            assert (topic, item.last, item.timestamp) == (plain["ch"], tick[book], tick["ts"])
            assert levels(item.bids) == levels(tick["bids"])
            assert levels(item.asks) == levels(tick["asks"])
        else:
            rows = sorted(plain["tick"]["data"], key=lambda row: row[number])
            for (topic, item), row in zip(items, rows, strict=True):
                assert topic == plain["ch"]
                assert item.get_trade_id() == str(row[number])
                assert (item.get_price(), item.get_quantity()) == (row["price"], row["amount"])
                assert (item.get_side(), item.get_timestamp()) == (row["direction"], row["ts"])
                assert item.get_raw_data() == row


def check_coinbase_ticker(item: TickerData, row: dict[str, Any]) -> None:
    """Compare a ticker."""
    for getter, key in {
        "last_price": "price",
        "last_volume": "last_size",
        "bid_price": "best_bid",
        "ask_price": "best_ask",
        "open_price": "open_24h",
        "high_price": "high_24h",
        "low_price": "low_24h",
        "volume": "volume_24h",
    }.items():
        assert same(getattr(item, f"get_{getter}")(), row[key]), getter


def test_coinbase() -> None:
    """Every figure of every recorded Coinbase frame is the one that was sent."""
    exchange = CoinbaseSpot()
    channels = {"ticker": "ticker", "match": "matches", "last_match": "matches"}
    for message in recorded(COINBASE):
        if message.kind != "ws":
            continue
        plain = message.plain
        ((topic, item),) = exchange.decode(message.payload, message.received)
        kind = plain["type"]
        if kind == "subscriptions":
            listed = {f"{entry['name']}:{market}" for entry in plain["channels"] for market in entry["product_ids"]}
            assert item == Subscribed(frozenset(listed))
            continue
        assert topic == f"{channels.get(kind, 'level2_batch')}:{plain['product_id']}"
        if kind in ("snapshot", "l2update"):
            assert item.is_snapshot == (kind == "snapshot")
            changes = plain.get("changes", ())
            assert [list(level) for level in item.bids] == plain.get("bids", [c[1:] for c in changes if c[0] == "buy"])
            assert [list(level) for level in item.asks] == plain.get("asks", [c[1:] for c in changes if c[0] == "sell"])
            continue
        moment = datetime.fromisoformat(plain["time"])
        whole = int(moment.replace(microsecond=0).timestamp())
        assert item.get_timestamp() == whole * 1000 + moment.microsecond // 1000
        assert item.get_raw_data() == plain
        if kind == "ticker":
            check_coinbase_ticker(item, plain)
        else:
            assert item.get_trade_id() == str(plain["trade_id"])
            assert (item.get_price(), item.get_quantity()) == (float(plain["price"]), float(plain["size"]))
            assert item.get_side() == {"sell": "buy", "buy": "sell"}[plain["side"]]


def check_deribit_ticker(item: TickerData, row: dict[str, Any]) -> None:
    """Compare a ticker; an empty side has the price 0."""
    for getter, expected in {
        "last_price": row["last_price"],
        "bid_price": row["best_bid_price"] or None,
        "bid_volume": row["best_bid_amount"],
        "ask_price": row["best_ask_price"] or None,
        "ask_volume": row["best_ask_amount"],
        "high_price": row["stats"]["high"],
        "low_price": row["stats"]["low"],
        "volume": row["stats"]["volume"],
        "price_change": row["stats"]["price_change"],
    }.items():
        assert same(getattr(item, f"get_{getter}")(), expected), getter
    figures = {MarkPriceData: row["mark_price"], OpenInterestData: row["open_interest"]}
    for kind, expected in figures.items():
        assert item.told_as(kind, Topic(item.get_exchange_name(), kind.kind)).figure() == expected


@pytest.mark.parametrize("name", DERIBIT)
def test_deribit(name: str) -> None:
    """Every figure of every recorded Deribit frame is the one that was sent."""
    exchange = DeribitSwap()
    for message in recorded(name):
        if message.kind != "ws":
            continue
        plain = message.plain
        ((topic, item),) = exchange.decode(message.payload, message.received)
        if "result" in plain:
            assert item == Accepted("0", frozenset(plain["result"]))
            continue
        assert topic == plain["params"]["channel"]
        row = plain["params"]["data"]
        if topic.startswith("book."):
            assert (item.last, item.previous) == (row["change_id"], row.get("prev_change_id"))
            assert item.is_snapshot == (row["type"] == "snapshot")
            assert levels(item.bids) == [tuple(level[1:]) for level in row["bids"]]
            assert levels(item.asks) == [tuple(level[1:]) for level in row["asks"]]
            continue
        check_deribit_ticker(item, row)
        assert item.get_raw_data() == row
        assert (item.get_timestamp(), item.get_venue_symbol()) == (row["timestamp"], row["instrument_name"])


@pytest.mark.parametrize(("cls", "name"), RECORDINGS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_short_way_and_the_long_way_agree(cls: type[Exchange], name: str) -> None:
    """A frame whose keys stand in another order, with blanks, says the same as the one that was recorded."""
    short, long = cls(), cls()
    messages = [message for message in recorded(name) if message.kind == "ws"]
    for message in messages[:: max(1, len(messages) // 300)]:
        as_sent = short.decode(message.payload, message.received)
        turned = long.decode(reordered(message.payload), message.received)
        assert [plain(item) for item in turned] == [plain(item) for item in as_sent]


def plain(item: tuple[str, Any]) -> tuple[str, Any]:
    """Return an item in a form that can be compared."""
    name, found = item
    return name, found.get_all_data() if hasattr(found, "get_all_data") else found


@pytest.mark.parametrize(
    ("cls", "name", "url", "least"),
    [
        (BinanceSpot, "binance_spot_20211012", "exchangeInfo", 3),
        (BinanceSwap, "binance_usdm_20210722", "exchangeInfo", 120),
        (OkxSpot, "okx_20220513", "instType=SPOT", 400),
        (OkxSwap, "okx_20220513", "instType=SWAP", 100),
        (HtxSpot, HTX, "common/symbols", 900),
        (HtxSwap, HTX_SWAP, "linear-swap-api", 120),
        (CoinbaseSpot, COINBASE, "/products", 150),
    ],
)
def test_lists_of_markets(cls: type[Exchange], name: str, url: str, least: int) -> None:
    """A recorded list of markets is read whole, with assets, steps and a market for each row."""
    exchange = cls()
    (message,) = [message for message in recorded(name) if message.kind == "http" and url in message.url]
    request = exchange.instruments_request()
    markets, refused = exchange.read(request, message.payload, Topic(exchange.name, "instruments"))
    assert refused == []
    assert len(markets) >= least
    assert len({market.get_venue_symbol() for market in markets}) == len(markets)
    for market in markets:
        assert type(market) is SymbolData
        assert market.get_tick_size() > 0
        assert market.get_lot_size() > 0
        joined = exchange.symbols.join(market.get_base_asset(), market.get_quote_asset())
        assert market.get_venue_symbol() == joined or market.get_contract_type() == "future"
