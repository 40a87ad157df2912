"""Vega: every message of its documents becomes what they say, with the decimal places of its market."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import BarData, MarkPriceData, OpenInterestData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.containers.base import row_of
from bt_api_py.exceptions import ConfigurationError, DataParseError, InvalidSymbolError, RequestFailedError
from bt_api_py.exchanges.base import Expired, Ignored, Page, Refusal, Rejected, Scale
from bt_api_py.exchanges.vega import VegaFuture
from bt_api_py.settings import ExchangeSettings
from bt_api_py.symbols import SymbolTable

from .material import FRAMES, objects, only, values

MARKET, ASSET = "a" * 64, "b" * 64
TOPIC = Topic("VEGA___FUTURE", "trades", "BTCUSDT", MARKET)
CANDLES = f"candle/data?candleId=trades_candle_1_minute_{MARKET}"


def frames(name: str) -> list[bytes]:
    """Return our own frames of a stream."""
    return (FRAMES / "vega" / f"{name}.jsonl").read_bytes().splitlines()


TICKER, AUCTION = frames("ticker")
CHANGE, NO_CHANGE = frames("depth")
[TRADES], [CANDLE] = frames("trades"), frames("klines")
EXHAUSTED, NOT_FOUND, OTHER = frames("control")


class OneMarket(VegaFuture):
    """An adapter that knows the market of the frames, and reads its candles."""

    def __init__(self, settings: ExchangeSettings | None = None) -> None:
        super().__init__(settings)
        self.scales[MARKET] = Scale(price=1, quantity=4, money=6, asset="USDT")
        self.bind(CANDLES, Topic(self.name, "klines", "BTCUSDT", MARKET, "1m"))


@pytest.fixture
def vega() -> OneMarket:
    """Return an adapter that has seen the list of markets."""
    return OneMarket()


def answer(*nodes: Any, key: str, cursor: str = "") -> bytes:
    """Return a page of a list; with a cursor, another one follows."""
    info = {"hasNextPage": bool(cursor), "hasPreviousPage": False, "startCursor": "", "endCursor": cursor}
    return json.dumps({key: {"edges": [{"node": node, "cursor": "x"} for node in nodes], "pageInfo": info}}).encode()


def market(**changes: Any) -> dict[str, Any]:
    """Return the market of the documents."""
    product = {"perpetual": {"settlementAsset": ASSET, "quoteName": "USDT"}}
    instrument = {"id": "", "code": "BTC/USDT", "name": "Bitcoin / Tether (Perpetual)", **product}
    return {
        "id": MARKET, "tradableInstrument": {"instrument": instrument}, "decimalPlaces": "1",
        "positionDecimalPlaces": "4", "tradingMode": "TRADING_MODE_CONTINUOUS", "state": "STATE_ACTIVE",
        "tickSize": "1", **changes,
    }  # fmt: skip


USDT = {
    "id": ASSET,
    "details": {"name": "Tether USD", "symbol": "USDT", "decimals": "6", "quantum": "1000000"},
    "status": "STATUS_ENABLED",
}


def listed(vega: VegaFuture, *markets: dict[str, Any]) -> list[SymbolData]:
    """Return the markets of a node whose list has these."""
    asking = vega.instruments()
    request = next(asking)
    for body in (answer(USDT, key="assets"), answer(*markets, key="markets")):
        rows, refused = vega.read(request, body, Topic("VEGA___FUTURE", "symbols"))
        assert not refused
        try:
            request = asking.send(Page(rows, {}, body))
        except StopIteration as end:
            return list(end.value)
    raise AssertionError("it asks for more")


def test_market_data(vega: OneMarket) -> None:
    """A streamed record gives last and best prices exact to the last digit, in quote and base units."""
    ticker = only(vega, TICKER)
    assert isinstance(ticker, TickerData)
    assert values(ticker, ["last_price", "bid_price", "bid_volume", "ask_price", "ask_volume"]) == {
        "last_price": 65000.5, "bid_price": 64999.0, "bid_volume": 1.5, "ask_price": 65001.0, "ask_volume": 2.0,
    }  # fmt: skip
    assert ticker.get_timestamp() == 1700000000000
    assert ticker.get_venue_symbol() == MARKET
    assert ticker.get_raw_data()["lastTradedPrice"] == "650005"


def test_in_an_auction_there_are_no_best_prices(vega: OneMarket) -> None:
    """A best price of 0 is none, and an open interest that is left out is 0."""
    ticker = only(vega, AUCTION)
    assert math.isnan(ticker.get_bid_price())
    assert math.isnan(ticker.get_ask_price())
    assert math.isnan(ticker.get_bid_volume())
    assert ticker.get_last_price() == 65000.5
    assert OpenInterestData(row_of(ticker), TOPIC).get_open_interest() == 0


def test_the_record_tells_the_contract_s_figures_too(vega: OneMarket) -> None:
    """Mark price and open interest lie in the same record, and are found in the same stream."""
    row = row_of(only(vega, TICKER))
    assert MarkPriceData(row, TOPIC).get_mark_price() == 65000.0
    assert OpenInterestData(row, TOPIC).get_open_interest() == 3.0
    names = {vega.place(kind, MARKET).name for kind in ("ticker", "mark_price", "open_interest")}
    assert names == {f"markets/data?marketIds={MARKET}"}


@pytest.mark.parametrize(
    ("places", "price", "quantity"),
    [((2, 3), 6500.05, 15.0), ((0, 0), 650005.0, 15000.0), ((5, -1), 6.50005, 150000.0)],
)
def test_decimal_places_are_the_market_s(places: tuple[int, int], price: float, quantity: float) -> None:
    """The same numbers mean what the places of their market say; negative places count tens."""
    vega = OneMarket()
    vega.scales[MARKET] = Scale(*places)
    ticker = only(vega, TICKER)
    assert (ticker.get_last_price(), ticker.get_bid_volume()) == (price, quantity)


def test_a_market_without_a_scale_is_refused(vega: OneMarket) -> None:
    """A price is not handed out in the wrong unit: its record is refused, and the market is noted as unlisted."""
    vega.scales.clear()
    [refused] = objects(vega, TICKER)
    assert isinstance(refused, Rejected)
    assert "decimal places" in refused.detail
    assert vega.unlisted == {MARKET}


def test_books(vega: OneMarket) -> None:
    """An update joins a book by REST at the number behind the one that it names, and a level without volume is gone."""
    body = json.dumps({
        "marketId": MARKET, "buy": [{"price": "649980", "numberOfOrders": "1", "volume": "7"}],
        "sell": [{"price": "650010", "numberOfOrders": "3", "volume": "1"}], "sequenceNumber": "11",
    }).encode()  # fmt: skip
    [whole], _ = vega.read(vega.book_request(MARKET, None), body, TOPIC)
    book = vega.channel_of("markets/depth/updates").book
    assert book is not None
    keeper = BookKeeper(book.rule, order_count_at=book.order_count_at)
    keeper.take(only(vega, CHANGE))
    assert keeper.take(whole)
    assert keeper.take(only(vega, NO_CHANGE))
    state = keeper.state(None)
    assert state.numbers(0, 1.0) == [[64999.0, 1.5]]
    assert state.numbers(1, 1.0) == [[65001.0, 2.0]]
    assert (state.sequence, [level[2] for level in state.bids]) == (13, ["2"])


def test_trades(vega: OneMarket) -> None:
    """A trade has its hash, the side of whoever took, and nanoseconds cut to milliseconds; ids have no order."""
    first, second = objects(vega, TRADES)
    assert isinstance(first, TradeData)
    assert values(first, ["price", "quantity", "side", "trade_id"]) == {
        "price": 65000.5, "quantity": 0.15, "side": "buy", "trade_id": "1" * 64,
    }  # fmt: skip
    assert (second.get_quantity(), second.get_side(), second.get_timestamp()) == (0.0001, "sell", 1700000000000)
    assert row_of(first).span is None


@pytest.mark.parametrize("damage", [{"price": ""}, {"price": "NaN"}, {"size": "-1"}, {"id": ""}, {"aggressor": 0}])
def test_a_trade_that_is_none(vega: OneMarket, damage: dict[str, Any]) -> None:
    """A trade without what makes it one is refused, and its neighbour is taken."""
    frame = json.loads(TRADES)
    frame["result"]["trades"][0] |= damage
    items = objects(vega, json.dumps(frame))
    assert [type(item) for item in items] == [TradeData, Rejected]


def test_candles(vega: OneMarket) -> None:
    """A candle belongs to the stream that its socket was opened for."""
    bar = only(vega, CANDLE)
    assert isinstance(bar, BarData)
    assert values(bar, ["open", "high", "low", "close", "volume", "amount", "interval"]) == {
        "open": 65000.0, "high": 65010.0, "low": 64990.0, "close": 65000.5, "volume": 3.0, "amount": 195000.0,
        "interval": "1m",
    }  # fmt: skip
    assert (bar.get_timestamp(), bar.get_symbol()) == (1700000040000, "BTCUSDT")


@pytest.mark.parametrize(
    "prices", [{}, dict.fromkeys(("open", "high", "low", "close"), "0"), {"open": "", "volume": "0"}]
)
def test_a_candle_without_trades(vega: OneMarket, prices: dict[str, str]) -> None:
    """Without a trade a candle has no prices, left out or 0: nothing is handed out, and nothing refused."""
    frame = {"result": {"candle": {"start": "1700000100000000000", "lastUpdate": "1700000100000000000", **prices}}}
    assert vega.decode(json.dumps(frame).encode()) == []


def test_errors(vega: OneMarket) -> None:
    """What will be refused again ends the stream; what may pass ends the socket."""
    refusal, ended = only(vega, NOT_FOUND), only(vega, EXHAUSTED)
    assert isinstance(refusal, Refusal)
    assert (refusal.name, refusal.is_symbol, refusal.code) == (CANDLES, True, "5")
    assert isinstance(ended, Expired)
    assert "max subscription" in ended.detail
    assert only(vega, OTHER) == Ignored("networkParameter")


def test_a_stream_is_an_address(vega: OneMarket) -> None:
    """A topic is where its socket is opened; nothing is sent."""
    places = {
        "depth": f"markets/depth/updates?marketIds={MARKET}",
        "trades": f"trades?marketIds={MARKET}",
        "klines": f"candle/data?candleId=trades_candle_15_minutes_{MARKET}",
    }
    for kind, name in places.items():
        place = vega.place(kind, MARKET, interval=vega.venue_interval("15m"))
        assert place.name == name
        url = vega.endpoints[place.endpoint].url(ExchangeSettings(ws_url="wss://node.example"))
        assert vega.address(url, [name]) == f"wss://node.example/api/v2/stream/{name}"
    assert vega.split(places["klines"]) == ("candle/data", MARKET, "15 minutes")
    assert vega.place_raw("governance", "").name == "governance"
    assert vega.subscribe([places["depth"]], count(1)) == vega.unsubscribe([places["depth"]], count(1)) == []


def test_a_list_of_markets(vega: OneMarket) -> None:
    """A market says its pair, its steps in real units, its kind and its asset; the network's code names it too."""
    [btc] = listed(vega, market())
    assert values(btc, ["base_asset", "quote_asset", "tick_size", "lot_size", "contract_type", "settle_asset"]) == {
        "base_asset": "BTC", "quote_asset": "USDT", "tick_size": 0.1, "lot_size": 0.0001,
        "contract_type": "perpetual", "settle_asset": "USDT",
    }  # fmt: skip
    assert btc.get_status() == "trading"
    assert row_of(btc).scale == Scale(1, 4, 6, "USDT")


def test_markets_of_every_kind(vega: OneMarket) -> None:
    """Dated contracts and spot are told apart; a pair names what trades, and one in an auction says so."""

    def of(kind: str, number: str, code: str, **changes: Any) -> dict[str, Any]:
        spot = {"baseAsset": "f" * 64, "quoteAsset": ASSET}
        product = spot if kind == "spot" else {"settlementAsset": ASSET, "quoteName": "USDT"}
        return market(id=number * 64, tradableInstrument={"instrument": {"code": code, kind: product}}, **changes)

    found = listed(
        vega,
        of("perpetual", "1", "BTC/USDT", state="STATE_SETTLED", tradingMode="TRADING_MODE_NO_TRADING"),
        of("perpetual", "2", "BTC/USDT-PERP"),
        of("future", "3", "ETHUSDT", tradingMode="TRADING_MODE_MONITORING_AUCTION"),
        of("spot", "4", "VEGA/USDT"),
    )
    by_id = {item.get_venue_symbol()[0]: item for item in found}
    assert [by_id[number].get_contract_type() for number in "1234"] == ["perpetual", "perpetual", "future", None]
    assert [by_id[number].get_status() for number in "1234"] == ["settled", "trading", "monitoring_auction", "trading"]
    assert [by_id[number].get_base_asset() for number in "1234"] == ["BTC", "BTC", "ETH", "VEGA"]
    assert by_id["4"].get_settle_asset() is None
    table = SymbolTable("VEGA___FUTURE", found)
    leads = {"BTCUSDT": "2", "BTC-USDT-SWAP": "2", "ETHUSDT": "3", "VEGA/USDT": "4", "1" * 64: "1"}
    for symbol, number in leads.items():
        assert table.find(symbol).get_venue_symbol() == number * 64


def test_a_name_that_is_an_id_cannot_be_guessed(vega: OneMarket) -> None:
    """Without the list, no spelling leads to an id."""
    assert vega.symbols.guess("BTCUSDT") is None


def test_lists_in_pages(vega: OneMarket) -> None:
    """Candles are asked for by time, page by page with the cursor of the one before, and quiet ones are left out."""
    asking = vega.klines_between(MARKET, "1 minute", 60_000, 180_000)
    request = next(asking)
    assert request.query == {
        "candleId": f"trades_candle_1_minute_{MARKET}", "fromTimestamp": "60000000000", "toTimestamp": "180001000000",
    }  # fmt: skip
    prices = {"open": "10", "high": "10", "low": "10", "close": "10"}
    traded, quiet = {"start": "60000000000", "volume": "5", **prices}, {"start": "120000000000", "volume": "0"}
    body = answer(traded, quiet, key="candles", cursor="eyJ+/=")
    bars, refused = vega.read(request, body, TOPIC)
    assert ([bar.get_timestamp() for bar in bars], refused) == ([60_000], [])
    request = asking.send(Page(bars, {}, body))
    assert request.query["pagination.after"] == "eyJ+/="
    with pytest.raises(DataParseError, match="cursor"):
        asking.send(Page(bars, {}, body))


def test_trades_by_rest(vega: OneMarket) -> None:
    """The latest trades come oldest first, and a damaged one costs itself."""
    request = vega.trades_request(MARKET, 5000)
    assert request.query == {
        "marketIds": MARKET, "pagination.newestFirst": "true", "pagination.first": "1000",
    }  # fmt: skip
    first, second = json.loads(TRADES)["result"]["trades"]
    rows = [second | {"aggressor": "SIDE_SELL"}, {"id": 5}, first | {"aggressor": "SIDE_BUY"}]
    trades, refused = vega.read(request, answer(*rows, key="trades"), TOPIC)
    assert [trade.get_side() for trade in trades] == ["buy", "sell"]
    assert trades[0].get_raw_data() == rows[2]
    assert len(refused) == 1


def test_tickers_by_rest(vega: OneMarket) -> None:
    """The list of all markets names each one, and each has its own decimal places."""
    vega.scales["e" * 64] = Scale(2, 0)
    [row] = json.loads(TICKER)["result"]["marketData"]
    body = json.dumps({"marketsData": [row, row | {"market": "e" * 64}]}).encode()
    tickers, _ = vega.read(vega.tickers_request(), body, Topic("VEGA___FUTURE", "ticker"))
    assert [ticker.get_last_price() for ticker in tickers] == [65000.5, 6500.05]
    [single], _ = vega.read(vega.ticker_request(MARKET), json.dumps({"marketData": row}).encode(), TOPIC)
    assert single.get_symbol() == "BTCUSDT"


def test_a_node_must_be_named(vega: OneMarket) -> None:
    """Without an address in the settings the error says which are wanted."""
    with pytest.raises(ConfigurationError, match="rest_url and ws_url"):
        assert vega.rest_url
    assert VegaFuture(ExchangeSettings(rest_url="https://node.example")).rest_url == "https://node.example"


def test_the_clock(vega: OneMarket) -> None:
    """The node's time is in nanoseconds."""
    [time], _ = vega.read(vega.time_request(), b'{"timestamp":"1700000000123456789"}', TOPIC)
    assert time.get_timestamp() == 1700000000123


def test_refusals_by_rest(vega: OneMarket) -> None:
    """A market that is not there and a bad request are told apart."""
    body = b'{"code":5,"message":"market not found","details":[]}'
    assert isinstance(vega.failure(f"/api/v2/market/data/{MARKET}/latest", 404, body), InvalidSymbolError)
    error = vega.failure("/api/v2/orders", 400, b'{"code":3,"message":"invalid party id"}')
    assert isinstance(error, RequestFailedError)
    assert "invalid party id" in str(error)
    assert vega.failure("/api/v2/orders", 200, b"") is None
