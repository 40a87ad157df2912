"""Binance USD-M futures: every public message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import FundingRateData, LiquidationData, MarkPriceData, OpenInterestData, SymbolData, Topic
from bt_api_py.exchanges.base import Ack, Refusal, Rejected, Subscription
from bt_api_py.exchanges.binance import BinanceSwap, BinanceSwapAccount
from bt_api_py.settings import ExchangeSettings
from bt_api_py.symbols import SymbolTable

from .accounts import messages
from .material import only, values

TICKER = (
    '{"stream":"btcusdt@ticker","data":{"e":"24hrTicker","E":1795219201007,"s":"BTCUSDT","p":"-512.30000000",'
    '"P":"-0.573","w":"89021.11000000","c":"88899.90000000","Q":"0.00120000","o":"89412.20000000",'
    '"h":"90100.00000000","l":"88010.00000000","v":"15234.11200000","q":"1356170000.12000000",'
    '"O":1795132801000,"C":1795219201000,"F":5512000100,"L":5514100221,"n":2100122,"st":1}}'
)
BOOK_TICKER = (
    '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":9811223344,"E":1795219201010,"T":1795219201008,'
    '"s":"BTCUSDT","ps":"BTCUSDT","b":"88881.10","B":"5.102","a":"88881.20","A":"1.300","st":1}}'
)
AGGREGATE = (
    '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1795219201031,"s":"BTCUSDT","a":3321110001,'
    '"p":"88899.91","q":"0.500","nq":"0.480","f":6600100,"l":6600104,"T":1795219200990,"m":true,"st":1}}'
)
DIFFERENCE = (
    '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1795219201112,"T":1795219201109,"s":"BTCUSDT",'
    '"ps":"BTCUSDT","U":9811223301,"u":9811223344,"pu":9811223298,"b":[["88881.10","5.102"]],'
    '"a":[["88890.00","0.000"]],"st":1}}'
)
MARK = (
    '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT",'
    '"p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"0.00038167","T":1562306400000}}'
)
FORCED = (
    '{"stream":"btcusdt@forceOrder","data":{"e":"forceOrder","E":1698871323061,"o":{"s":"BTCUSDT","S":"BUY",'
    '"o":"LIMIT","f":"IOC","q":"1.437","p":"35100.81","ap":"34959.70","X":"FILLED","l":"1.437","z":"1.437",'
    '"T":1698871323059}}}'
)
BTC = Topic("BINANCE___SWAP", "mark_price", "BTC-USDT", "BTCUSDT")


@pytest.fixture
def swap() -> BinanceSwap:
    """Return a fresh adapter."""
    return BinanceSwap()


def read(swap: BinanceSwap, request: Any, answer: Any) -> Any:
    """Return the only object of a REST answer."""
    (item,), refused = swap.read(request, json.dumps(answer).encode(), BTC)
    assert refused == []
    return item


# Streams


def test_a_ticker_has_no_best_prices(swap: BinanceSwap) -> None:
    """What the venue leaves out on futures is no number; the rest is as on spot."""
    expected = {"last_price": 88899.9, "volume": 15234.112, "price_change": -0.573, "timestamp": 1795219201007}
    ticker = only(swap, TICKER)
    assert values(ticker, list(expected)) == expected
    assert all(map(math.isnan, (ticker.get_bid_price(), ticker.get_ask_price(), ticker.get_prev_close())))


def test_best_prices_have_a_time(swap: BinanceSwap) -> None:
    """Best prices come with their time, unlike those of spot."""
    expected = {"bid_price": 88881.1, "bid_volume": 5.102, "ask_price": 88881.2, "timestamp": 1795219201010}
    assert values(only(swap, BOOK_TICKER), list(expected)) == expected


def test_trades_are_aggregates(swap: BinanceSwap) -> None:
    """A trade has the number of the aggregate and those of its first and last match; the quantity is the whole one."""
    expected = {"trade_id": "3321110001", "first_trade_id": "6600100", "last_trade_id": "6600104", "quantity": 0.5}
    trade = only(swap, AGGREGATE)
    assert values(trade, list(expected)) == expected
    assert (trade.get_side(), trade.get_timestamp()) == ("sell", 1795219200990)


def test_a_mark_price_and_the_funding_in_its_record(swap: BinanceSwap) -> None:
    """One record tells mark, index and settlement price, and the rate of the interval that ends next."""
    mark = only(swap, MARK)
    assert type(mark) is MarkPriceData
    expected = {"mark_price": 11794.15, "index_price": 11784.62659091, "settlement_price": 11784.25641265}
    assert values(mark, list(expected)) == expected
    funding = mark.told_as(FundingRateData, BTC)
    expected = {"current_funding_rate": 0.00038167, "current_funding_time": 1562306400000, "next_funding_time": 0}
    assert values(funding, list(expected)) == expected


@pytest.mark.parametrize("rate", ["", "0.00000000"])
def test_a_dated_contract_has_no_funding(swap: BinanceSwap, rate: str) -> None:
    """Where nothing is ever settled, no rate is told, whatever stands in its place."""
    frame = json.loads(MARK)
    frame["data"] |= {"r": rate, "T": 0}
    mark = only(swap, json.dumps(frame))
    assert mark.get_mark_price() == 11794.15
    assert math.isnan(mark.told_as(FundingRateData, BTC).figure())


def test_a_liquidation(swap: BinanceSwap) -> None:
    """The side is that of the order, which closes the other one; price and quantity are the order's."""
    item = only(swap, FORCED)
    assert type(item) is LiquidationData
    expected = {
        "side": "buy",
        "position_side": "short",
        "price": 35100.81,
        "quantity": 1.437,
        "timestamp": 1698871323059,
    }
    assert values(item, list(expected)) == expected
    assert item.get_raw_data()["ap"] == "34959.70"


def test_a_damaged_liquidation_is_refused(swap: BinanceSwap) -> None:
    """Without a price that is a number there is no liquidation."""
    assert type(only(swap, FORCED.replace('"35100.81"', '"nan"'))) is Rejected


def test_a_book_is_linked(swap: BinanceSwap) -> None:
    """After the snapshot an update must hold its number, and each later one name the one before."""
    row = only(swap, DIFFERENCE)
    assert (row.first, row.last, row.previous, row.timestamp) == (9811223301, 9811223344, 9811223298, 1795219201112)
    book = swap.channel_of("btcusdt@depth@100ms").book
    assert book is not None
    keeper = BookKeeper(book.rule)
    keeper.take(row)
    answer = (
        b'{"lastUpdateId":9811223310,"E":5,"T":4,"bids":[["88881.00","1"]],"asks":[["88890.00","2"],["88891","1"]]}'
    )
    (snapshot,), _ = swap.read(swap.book_request("BTCUSDT", 100), answer, BTC)
    assert keeper.take(snapshot)
    assert keeper.sequence == 9811223344
    assert list(map(list, keeper.state(None).asks)) == [["88891", "1"]]


def test_a_partial_book_replaces_the_one_before(swap: BinanceSwap) -> None:
    """What looks like an update is a whole book when its stream says so."""
    whole = only(swap, DIFFERENCE.replace("@depth@", "@depth20@").replace("0.000", "0.001"))
    assert whole.is_snapshot
    book = swap.channel_of("btcusdt@depth20@100ms").book
    assert book is not None
    keeper = BookKeeper(book.rule)
    assert keeper.take(whole)
    assert keeper.sequence == 9811223344


def test_answers(swap: BinanceSwap) -> None:
    """Confirmations and refusals are as on spot."""
    assert only(swap, '{"result":null,"id":1}') == Ack("1")
    assert only(swap, '{"code":2,"msg":"Invalid request","id":5}') == Refusal("Invalid request", "5", code="2")


# Addresses and names


@pytest.mark.parametrize(
    ("kind", "more", "place"),
    [
        ("ticker", {}, Subscription("market", "btcusdt@ticker")),
        ("trades", {}, Subscription("market", "btcusdt@aggTrade")),
        ("klines", {"interval": "1M"}, Subscription("market", "btcusdt@kline_1M")),
        ("depth", {"levels": 5}, Subscription("public", "btcusdt@depth20@100ms")),
        ("depth", {"levels": None}, Subscription("public", "btcusdt@depth@100ms")),
        ("mark_price", {}, Subscription("market", "btcusdt@markPrice@1s")),
        ("funding_rate", {}, Subscription("market", "btcusdt@markPrice@1s")),
        ("liquidations", {}, Subscription("market", "btcusdt@forceOrder")),
    ],
)
def test_each_stream_has_its_route(swap: BinanceSwap, kind: str, more: dict[str, Any], place: Subscription) -> None:
    """Books have a route of their own: on the wrong one nothing ever comes."""
    assert swap.place(kind, "BTCUSDT", **more) == place
    assert swap.split(place.name)[1] == "BTCUSDT"


@pytest.mark.parametrize(
    ("channel", "symbol", "place"),
    [
        ("bookTicker", "BTCUSDT", Subscription("public", "btcusdt@bookTicker")),
        ("rpiDepth@500ms", "BTCUSDT", Subscription("public", "btcusdt@rpiDepth@500ms")),
        ("!bookTicker", "", Subscription("public", "!bookTicker")),
        ("!markPrice@arr@1s", "", Subscription("market", "!markPrice@arr@1s")),
        ("continuousKline_1m", "BTCUSDT_PERPETUAL", Subscription("market", "btcusdt_perpetual@continuousKline_1m")),
    ],
)
def test_raw_streams_find_their_route_too(swap: BinanceSwap, channel: str, symbol: str, place: Subscription) -> None:
    """The venue's own channels are looked for where they are."""
    assert swap.place_raw(channel, symbol) == place


def test_addresses(swap: BinanceSwap) -> None:
    """Both routes lie on one host, whose base can be replaced."""
    urls = {name: endpoint.url(swap.settings) for name, endpoint in swap.endpoints.items()}
    assert urls == {
        "public": "wss://fstream.binance.com/public/stream",
        "market": "wss://fstream.binance.com/market/stream",
    }
    own = ExchangeSettings(ws_url="ws://127.0.0.1:9/BINANCE___SWAP")
    assert swap.endpoints["market"].url(own) == "ws://127.0.0.1:9/BINANCE___SWAP/market/stream"
    assert BinanceSwap.account is BinanceSwapAccount
    [command] = swap.subscribe(["btcusdt@markPrice@1s"], count(1))
    assert json.loads(command.payload) == {"method": "SUBSCRIBE", "params": ["btcusdt@markPrice@1s"], "id": 1}


# REST


def test_figures_by_rest(swap: BinanceSwap) -> None:
    """Mark price and funding come by one path, the open interest by another; each is the object that was asked for."""
    answer = {
        "symbol": "BTCUSDT",
        "markPrice": "11793.63104562",
        "indexPrice": "11781.80495970",
        "estimatedSettlePrice": "11781.16138815",
        "lastFundingRate": "0.00038246",
        "interestRate": "0.00010000",
        "nextFundingTime": 1597392000000,
        "time": 1597370495002,
    }
    mark = read(swap, swap.figure_request("mark_price", "BTCUSDT"), answer)
    assert (mark.get_mark_price(), mark.get_index_price(), mark.get_timestamp()) == (
        11793.63104562,
        11781.8049597,
        1597370495002,
    )
    rate = read(swap, swap.figure_request("funding_rate", "BTCUSDT"), answer)
    assert (rate.get_current_funding_rate(), rate.get_current_funding_time()) == (0.00038246, 1597392000000)
    interest = read(
        swap,
        swap.figure_request("open_interest", "BTCUSDT"),
        {"openInterest": "10659.509", "symbol": "BTCUSDT", "time": 1589437530011},
    )
    assert type(interest) is OpenInterestData
    assert (interest.get_open_interest(), interest.get_timestamp()) == (10659.509, 1589437530011)


def test_lists_by_rest(swap: BinanceSwap) -> None:
    """Ticker, trades and candles by REST carry what the streams do."""
    ticker = {"symbol": "BTCUSDT", "lastPrice": "88899.90", "openPrice": "89412.20", "volume": "15234.1"}
    ticker |= {"priceChangePercent": "-0.573", "closeTime": 1795219201000, "lastId": 5514100221}
    item = read(swap, swap.ticker_request("BTCUSDT"), ticker)
    assert (item.get_last_price(), item.get_price_change()) == (88899.9, -0.573)
    row = json.loads(AGGREGATE)["data"]
    trade = read(swap, swap.trades_request("BTCUSDT", 5000), [row])
    assert (trade.get_trade_id(), trade.get_side()) == ("3321110001", "sell")
    bar = [1795219200000, "88890.00", "88901.00", "88880.00", "88899.91", "12.331", 1795219259999, "1096100.11"]
    item = read(swap, swap.klines_request("BTCUSDT", "1m", 9), [[*bar, 122, "6.1", "542210.1", "0"]])
    assert (item.get_close(), item.get_num_trades()) == (88899.91, 122)


@pytest.mark.parametrize(
    ("levels", "limit", "cost"),
    [(1, "5", 2), (20, "20", 2), (21, "50", 2), (100, "100", 5), (500, "500", 10), (None, "1000", 20)],
)
def test_books_by_rest_have_a_few_sizes(swap: BinanceSwap, levels: int | None, limit: str, cost: int) -> None:
    """The smallest size that is enough is asked for, at its weight."""
    request = swap.book_request("BTCUSDT", levels)
    assert (request.path, request.query["limit"], request.cost) == ("/fapi/v1/depth", limit, cost)
    assert (request.rate.count, request.rate.per_s) == (2400, 60)


def test_missing_trades_are_asked_for_by_number(swap: BinanceSwap) -> None:
    """Aggregates between two numbers are fetched page by page, and nothing is asked once they are there."""
    pages = swap.trades_between("BTCUSDT", 100, 2101, 0)
    first = next(pages)
    assert (first.path, first.query) == (
        "/fapi/v1/aggTrades",
        {"symbol": "BTCUSDT", "fromId": "101", "limit": "1000"},
    )
    row = json.loads(AGGREGATE)["data"]
    found, _ = swap.read(first, json.dumps([row | {"a": 1100}]).encode(), BTC)
    assert pages.send(found).query["fromId"] == "1101"
    found, _ = swap.read(first, json.dumps([row | {"a": 2100}]).encode(), BTC)
    with pytest.raises(StopIteration):
        pages.send(found)


def test_markets(swap: BinanceSwap) -> None:
    """A market says what kind of contract it is, what it settles in, and its steps; no precision counts as a step."""
    row = {
        "symbol": "BTCUSDT",
        "pair": "BTCUSDT",
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": 2,
        "filters": [
            {"minPrice": "556.72", "maxPrice": "1000000", "filterType": "PRICE_FILTER", "tickSize": "0.10"},
            {"stepSize": "0.001", "filterType": "LOT_SIZE", "maxQty": "1000", "minQty": "0.001"},
            {"stepSize": "0.01", "filterType": "MARKET_LOT_SIZE", "maxQty": "100", "minQty": "0.01"},
            {"notional": "5", "filterType": "MIN_NOTIONAL"},
        ],
    }
    dated = row | {"symbol": "BTCUSDT_261225", "contractType": "NEXT_QUARTER", "deliveryDate": 1798185600000}
    odd = row | {"symbol": "NEWUSDT", "baseAsset": "NEW", "contractType": "", "status": "PENDING_TRADING"}
    new = row | {"symbol": "XAUUSDT", "baseAsset": "XAU", "contractType": "TRADIFI_PERPETUAL"}
    answer = json.dumps({"symbols": [dated, row, odd, new]}).encode()
    markets, refused = swap.read(swap.instruments_request(), answer, BTC)
    assert refused == []
    assert [market.get_contract_type() for market in markets] == ["future", "perpetual", None, "perpetual"]
    assert [market.get_delivery_time() for market in markets] == [1798185600000, 0, 0, 0]
    perpetual: SymbolData = markets[1]
    expected = {
        "price_unit": 0.1,
        "qty_unit": 0.001,
        "min_qty": 0.001,
        "min_notional": 5.0,
        "settle_asset": "USDT",
        "maintain_margin_percent": 2.5,
        "required_margin_percent": 5.0,
        "contract_multiplier": 1.0,
        "status": "trading",
    }
    assert values(perpetual, list(expected)) == expected
    assert markets[2].get_status() == "pending_trading"
    table = SymbolTable(swap.name, markets)
    for spelling in ("BTC-USDT", "BTCUSDT", "BTC/USDT:USDT", "BTC-USDT-SWAP", "btc_usdt_perp"):
        assert table.find(spelling) is perpetual
    assert table.find("BTCUSDT_261225") is markets[0]


# Recorded messages


@pytest.mark.parametrize(
    "channel",
    [
        "ticker",
        "trades",
        "trades.templated",
        "klines",
        "depth",
        "depth.templated",
        "funding",
        "funding.templated",
        "liquidations",
    ],
)
def test_recorded_messages(swap: BinanceSwap, channel: str) -> None:
    """Recorded single messages of these channels are read whole, also those with fields of later years."""
    seen = 0
    for message in messages("binance_usdm", channel):
        frame = message if "stream" in message else {"stream": stream_of(message), "data": message}
        for name, item in swap.decode(json.dumps(frame).encode()):
            if swap.split(name)[0] not in swap.channels:
                continue  # a channel that the venue does not document
            row = frame["data"]
            if row["e"] == "aggTrade" and "a" not in row:
                continue  # of 2019, when aggregates had no number
            assert type(item) is not Rejected, item
            seen += 1
    assert seen


def stream_of(message: dict[str, Any]) -> str:
    """Return the stream by which a bare payload would come."""
    words = {
        "24hrTicker": "ticker",
        "bookTicker": "bookTicker",
        "aggTrade": "aggTrade",
        "trade": "trade",
        "kline": "kline_1m",
        "depthUpdate": "depth@100ms",
        "markPriceUpdate": "markPrice@1s",
        "forceOrder": "forceOrder",
    }
    symbol = message.get("s") or message["o"]["s"]
    return f"{symbol.lower()}@{words.get(message['e'], message['e'])}"
