"""HTX's contracts: every public message of their documents becomes what they say."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import (
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    SymbolData,
    TickerData,
    Topic,
    TradeData,
)
from bt_api_py.exceptions import BookGapError, InvalidSymbolError, RateLimitError, RequestFailedError
from bt_api_py.exchanges import exchange_class
from bt_api_py.exchanges.base import Ack, Alive, Answer, Farewell, Ignored, Refusal, Rejected, Subscription
from bt_api_py.exchanges.htx import HtxSwap
from bt_api_py.settings import ExchangeSettings

from .accounts import messages
from .material import objects, only, own_frames, values

DETAIL = (
    '{"ch":"market.BTC-USDT.detail","ts":1795219201007,"tick":{"id":1795219200,"mrid":131599205,"open":89400.1,'
    '"close":88881.2,"high":90100,"low":88000,"amount":30316.2,"vol":30316200,"trade_turnover":2695073491.8,'
    '"count":298300,"ask":[88881.2,206],"bid":[88881.1,38]}}'
)
BBO = (
    '{"ch":"market.BTC-USDT.bbo","ts":1795219201010,"tick":{"mrid":131599726,"id":1795219201,"bid":[88881.1,38],'
    '"ask":[88881.2,205],"ts":1795219201009,"version":131599726,"ch":"market.BTC-USDT.bbo"}}'
)
TRADE = (
    '{"ch":"market.BTC-USDT.trade.detail","ts":1795219201021,"tick":{"id":131602265,"ts":1795219201019,"data":['
    '{"amount":2,"quantity":0.002,"trade_turnover":177.7624,"ts":1795219201019,"id":1316022650000,"price":88881.2,'
    '"direction":"buy"}]}}'
)
SNAPSHOT = (
    '{"ch":"market.BTC-USDT.depth.size_150.high_freq","ts":1795219201101,"tick":{"asks":[[88881.2,206]],'
    '"bids":[[88881.1,38]],"ch":"market.BTC-USDT.depth.size_150.high_freq","event":"snapshot","id":131597620,'
    '"mrid":131597620,"ts":1795219201100,"version":1512467}}'
)
UPDATE = (
    '{"ch":"market.BTC-USDT.depth.size_150.high_freq","ts":1795219201131,"tick":{"asks":[],"bids":[[88881.1,0]],'
    '"ch":"market.BTC-USDT.depth.size_150.high_freq","event":"update","id":131597655,"mrid":131597655,'
    '"ts":1795219201130,"version":1512468}}'
)
KLINE = (
    '{"ch":"market.BTC-USDT.kline.1min","ts":1795219202003,"tick":{"id":1795219200,"mrid":131592424,"open":88890,'
    '"close":88899.9,"low":88880,"high":88901,"amount":12.332,"vol":12332,"trade_turnover":1096190.11,"count":122}}'
)
MARK = (
    '{"ch":"market.BTC-USDT.mark_price.1min","ts":1795219202011,"tick":{"id":1795219200,"vol":"0","close":"88880.55",'
    '"count":"0","high":"88890.1","low":"88879","open":"88881","trade_turnover":"0","amount":"0"}}'
)
FUNDING = (
    '{"op":"notify","topic":"public.BTC-USDT.funding_rate","ts":1606780803260,"data":[{"symbol":"BTC",'
    '"contract_code":"BTC-USDT","fee_asset":"USDT","funding_time":"1606780740000","funding_rate":'
    '"0.000100000000000000","estimated_rate":"0.000236636095370214","settlement_time":"1606780800000"}]}'
)
CONTRACT = {
    "symbol": "BTC",
    "contract_code": "BTC-USDT",
    "contract_size": 0.001,
    "price_tick": 0.1,
    "delivery_time": "",
    "contract_status": 1,
    "support_margin_mode": "all",
    "business_type": "swap",
    "trade_partition": "USDT",
}
DEPTH = "market.BTC-USDT.depth.size_150.high_freq"
BTC = Topic("HTX___USDT_SWAP", "", "BTC-USDT", "BTC-USDT", factor=0.001)


@pytest.fixture
def swap() -> HtxSwap:
    """Return a fresh adapter, which knows what a contract of its markets is worth."""
    swap = HtxSwap()
    for payload in (DETAIL, BBO, TRADE, KLINE):
        swap.bind(json.loads(payload)["ch"], BTC)
    swap.bind("public.BTC-USDT.liquidation_orders", BTC)
    return swap


@pytest.fixture
def book(swap: HtxSwap) -> BookKeeper:
    """Return an empty book of the deep channel."""
    rule = swap.channel_of(DEPTH).book
    assert rule is not None
    return BookKeeper(rule.rule, depth=rule.depth)


# Frames


def test_a_ticker(swap: HtxSwap) -> None:
    """Quantities are contracts on the wire and base asset here, where the venue's own conversion agrees."""
    ticker = only(swap, DETAIL)
    assert type(ticker) is TickerData
    expected = {
        "timestamp": 1795219201007,
        "last_price": 88881.2,
        "open_price": 89400.1,
        "high_price": 90100.0,
        "low_price": 88000.0,
        "bid_price": 88881.1,
        "bid_volume": 0.038,
        "ask_price": 88881.2,
        "ask_volume": 0.206,
        "volume": 30316.2,
        "turnover_24h": 2695073491.8,
    }
    assert values(ticker, list(expected)) == pytest.approx(expected)
    assert ticker.get_raw_data() == json.loads(DETAIL)
    bare = json.loads(DETAIL)
    bare["tick"] |= {"bid": [], "ask": None}
    ticker = only(swap, json.dumps(bare))
    assert math.isnan(ticker.get_bid_price())
    assert math.isnan(ticker.get_ask_volume())


def test_best_prices(swap: HtxSwap) -> None:
    """The channel of best prices tells them in pairs, with the time of the quote."""
    ticker = only(swap, BBO)
    expected = {"timestamp": 1795219201009, "bid_price": 88881.1, "bid_volume": 0.038, "ask_volume": 0.205}
    assert values(ticker, list(expected)) == pytest.approx(expected)
    assert math.isnan(ticker.get_last_price())


def test_a_trade(swap: HtxSwap) -> None:
    """A trade is counted in contracts on the wire and in base asset here."""
    trade = only(swap, TRADE)
    assert type(trade) is TradeData
    assert trade.get_quantity() == 0.002
    expected = {"trade_id": "1316022650000", "price": 88881.2, "side": "buy", "timestamp": 1795219201019}
    assert values(trade, list(expected)) == expected
    assert trade.get_raw_data() == json.loads(TRADE)["tick"]["data"][0]


def test_trades_are_put_in_order(swap: HtxSwap) -> None:
    """The trades of one frame come in the order of their numbers, also where one has a digit more."""
    frame = json.loads(TRADE)
    frame["tick"]["data"] = [{**frame["tick"]["data"][0], "id": number} for number in (100000, 90001, 90000)]
    assert [trade.get_trade_id() for trade in objects(swap, json.dumps(frame))] == ["90000", "90001", "100000"]


def test_a_candle(swap: HtxSwap) -> None:
    """Time is in seconds, volume in contracts and turnover in money; no state is claimed."""
    bar = only(swap, KLINE)
    assert type(bar) is BarData
    expected = {"timestamp": 1795219200000, "close": 88899.9, "amount": 1096190.11, "num_trades": 122}
    assert values(bar, list(expected)) == expected
    assert bar.get_volume() == pytest.approx(json.loads(KLINE)["tick"]["amount"])
    assert bar.get_bar_status() is False


def test_a_book_of_updates(swap: HtxSwap, book: BookKeeper) -> None:
    """A whole book is sent first, then what changed in it, each update with the next number."""
    assert book.take(only(swap, SNAPSHOT))
    assert (book.sequence, book.state(1).timestamp) == (1512467, 1795219201100)
    assert book.take(only(swap, UPDATE))
    state = book.state(None)
    assert (state.bids, state.asks) == ([], [(Decimal("88881.2"), Decimal(206))])
    assert book.sequence == 1512468


def test_an_update_that_does_not_follow(swap: HtxSwap, book: BookKeeper) -> None:
    """A number that was skipped ends the book, and a whole one, with whatever number, begins it anew."""
    book.take(only(swap, SNAPSHOT))
    with pytest.raises(BookGapError, match="expected 1512467, received 1512468"):
        book.take(only(swap, UPDATE.replace('"version":1512468', '"version":1512469')))
    assert not book.is_live
    assert not book.take(only(swap, UPDATE))
    assert book.take(only(swap, SNAPSHOT.replace('"version":1512467', '"version":12')))
    assert book.sequence == 12


def test_an_empty_book(swap: HtxSwap, book: BookKeeper) -> None:
    """A book without any level comes without its sides."""
    bare = SNAPSHOT.replace('"asks":[[88881.2,206]],"bids":[[88881.1,38]],', "")
    assert book.take(only(swap, bare))
    assert book.state(None).bids == []


def test_whole_books_are_numbered_by_matches(swap: HtxSwap) -> None:
    """What is called a version there is a second, so of two books the number of the last match tells which is newer."""
    name = "market.BTC-USDT.depth.step0"
    rule = swap.channel_of(name).book
    assert rule is not None
    keeper = BookKeeper(rule.rule)
    frame = json.loads(SNAPSHOT)
    frame["ch"] = name
    del frame["tick"]["event"]
    frame["tick"]["version"] = 1795219201
    assert keeper.take(only(swap, json.dumps(frame)))
    frame["tick"] |= {"mrid": 131597621, "ts": 1795219201099, "bids": [[1, 1]]}
    assert keeper.take(only(swap, json.dumps(frame)))
    assert not keeper.take(only(swap, json.dumps(frame)))
    frame["tick"] |= {"mrid": 131597619, "ts": 1795219201199}
    assert not keeper.take(only(swap, json.dumps(frame)))
    assert (keeper.sequence, keeper.state(1).bids) == (131597621, [(Decimal(1), Decimal(1))])


def test_a_mark_price(swap: HtxSwap) -> None:
    """The newest mark price is where the running bar of them stands."""
    mark = only(swap, MARK)
    assert type(mark) is MarkPriceData
    assert (mark.get_mark_price(), mark.get_timestamp()) == (88880.55, 1795219202011)
    assert math.isnan(mark.get_index_price())


def test_funding(swap: HtxSwap) -> None:
    """The push tells the rate of the running interval, when it is settled, and what is expected of the next."""
    funding = only(swap, FUNDING)
    assert type(funding) is FundingRateData
    expected = {
        "current_funding_rate": 0.0001,
        "current_funding_time": 1606780800000,
        "next_funding_rate": 0.000236636095370214,
        "timestamp": 1606780803260,
    }
    assert values(funding, list(expected)) == expected
    bare = only(swap, FUNDING.replace('"0.000236636095370214"', "null"))
    assert math.isnan(bare.get_next_funding_rate())
    assert isinstance(only(swap, FUNDING[: FUNDING.index("[")] + "[]}"), Rejected)


def test_a_liquidation(swap: HtxSwap) -> None:
    """A long position is closed by an order to sell; its quantity is counted in contracts."""
    [frame] = messages("htx_usdt_swap", "liquidations")
    liquidation = only(swap, json.dumps(frame))
    assert type(liquidation) is LiquidationData
    expected = {"side": "sell", "position_side": "long", "price": 23350.5, "timestamp": 1608226502284}
    assert values(liquidation, list(expected)) == expected
    assert liquidation.get_quantity() == pytest.approx(0.227)
    assert liquidation.get_raw_data()["volume"] == 227


@pytest.mark.parametrize("channel", ["ticker", "depth", "trades", "funding", "control"])
def test_recorded_messages(swap: HtxSwap, channel: str) -> None:
    """Single recorded messages of all years are read; only a trade without a side is none."""
    for frame in messages("htx_usdt_swap", channel):
        found = objects(swap, json.dumps(frame))
        is_unusable = channel == "trades" and frame["tick"]["data"][0]["direction"] == ""
        assert [type(item) is Rejected for item in found] == [is_unusable]


def test_our_own_frames(swap: HtxSwap) -> None:
    """Each frame is data of its market, or an answer that is understood."""
    for frame in own_frames("htx_swap"):
        assert all(name.partition(".")[2].startswith("ETH-USDT.") or not name for name, _ in swap.decode(frame)), frame


# What is sent, and what comes back


@pytest.mark.parametrize(
    ("kind", "options", "place"),
    [
        ("ticker", {}, Subscription("market", "market.BTC-USDT.detail")),
        ("trades", {}, Subscription("market", "market.BTC-USDT.trade.detail")),
        ("klines", {"interval": "60min"}, Subscription("market", "market.BTC-USDT.kline.60min")),
        ("depth", {"levels": 20}, Subscription("market", "market.BTC-USDT.depth.size_20.high_freq")),
        ("depth", {"levels": 21}, Subscription("market", DEPTH)),
        ("depth", {"levels": None}, Subscription("market", DEPTH)),
        ("mark_price", {}, Subscription("index", "market.BTC-USDT.mark_price.1min")),
        ("funding_rate", {}, Subscription("notification", "public.BTC-USDT.funding_rate")),
        ("liquidations", {}, Subscription("notification", "public.BTC-USDT.liquidation_orders")),
    ],
)
def test_places(swap: HtxSwap, kind: str, options: dict[str, Any], place: Subscription) -> None:
    """Each kind has its channel, on the socket that carries it."""
    assert swap.place(kind, "BTC-USDT", **options) == place
    assert swap.split(place.name)[1] == "BTC-USDT"
    assert swap.channel_of(place.name)


def test_addresses(swap: HtxSwap) -> None:
    """Market data, mark prices and notifications have sockets of their own, on any host that the user names."""
    urls = [endpoint.url(swap.settings) for endpoint in swap.endpoints.values()]
    paths = ["/linear-swap-ws", "/ws_index", "/linear-swap-notification"]
    assert urls == [f"wss://api.hbdm.com{path}" for path in paths]
    own = ExchangeSettings(ws_url="wss://api.hbdm.vn")
    assert swap.endpoints["index"].url(own) == "wss://api.hbdm.vn/ws_index"
    assert exchange_class("HTX___SWAP") is HtxSwap


def test_commands(swap: HtxSwap) -> None:
    """A book is asked for, and given back, as changes; notifications have commands of another form."""
    names = [DEPTH, "market.BTC-USDT.detail", "public.BTC-USDT.funding_rate"]
    found = [json.loads(command.payload) for command in swap.subscribe(names, count(13))]
    assert found == [
        {"sub": DEPTH, "data_type": "incremental", "id": "13"},
        {"sub": names[1], "id": "14"},
        {"op": "sub", "cid": "15", "topic": names[2]},
    ]
    found = [json.loads(command.payload) for command in swap.unsubscribe(names, count(16))]
    assert found == [
        {"unsub": DEPTH, "data_type": "incremental", "id": "16"},
        {"unsub": names[1], "id": "17"},
        {"op": "unsub", "cid": "18", "topic": names[2]},
    ]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"ping":1492420473027}', Answer('{"pong":1492420473027}')),
        ('{"pong":1}', Alive()),
        ('{"op":"ping","ts":"1492420473058"}', Answer('{"op":"pong","ts":"1492420473058"}')),
        ('{"op":"ping","ts":1492420473058}', Answer('{"op":"pong","ts":1492420473058}')),
        (f'{{"id":"3","subbed":"{DEPTH}","ts":1606780800116,"status":"ok"}}', Ack("3", DEPTH)),
        (
            '{"op":"sub","cid":"14","topic":"public.BTC-USDT.liquidation_orders","ts":1592904821340,"err-code":0}',
            Ack("14", "public.BTC-USDT.liquidation_orders"),
        ),
        (
            '{"op":"sub","cid":"14","topic":"public.B.funding_rate","ts":1,"err-code":2014,"err-msg":"Repeated"}',
            Ack("14", "public.B.funding_rate"),
        ),
        ('{"op":"close","ts":1592904821340}', Farewell("the venue closes the socket")),
        ('{"op":"error","ts":1592904821340}', Refusal("")),
        ('{"op":"hello"}', Ignored("hello")),
    ],
)
def test_what_answers_mean(swap: HtxSwap, frame: str, expected: Any) -> None:
    """Pings are answered in their own form with the very same time, and answers find their commands."""
    assert objects(swap, frame) == [expected]


def test_refusals(swap: HtxSwap) -> None:
    """A refusal says whether the market is unknown, or the venue was asked too often."""
    text = '{"status":"error","ts":1,"id":"10","err-code":"bad-request","err-msg":"invalid symbol NOSUCH-USDT"}'
    refusal = only(swap, text)
    assert (refusal.id, refusal.is_symbol, refusal.is_pace) == ("10", True, False)
    text = (
        '{"op":"sub","cid":"11","topic":"public.LTC-USDT.funding_rate","err-code":2011,"err-msg":"Contract doesn\'t '
        'exist.","ts":1}'
    )
    refusal = only(swap, text)
    assert (refusal.id, refusal.name, refusal.code) == ("11", "public.LTC-USDT.funding_rate", "2011")
    assert (refusal.is_symbol, refusal.is_pace) == (True, False)
    refusal = only(swap, '{"op":"sub","cid":"12","err-code":2004,"err-msg":"Number of visits exceeds limit.","ts":1}')
    assert (refusal.is_symbol, refusal.is_pace) == (False, True)


# REST


def read(swap: HtxSwap, request: Any, answer: dict[str, Any], topic: Topic = BTC) -> list[Any]:
    """Return the objects of a REST answer of which nothing is refused."""
    found, refused = swap.read(request, json.dumps({"status": "ok", "ts": 1795219201100, **answer}).encode(), topic)
    assert refused == []
    return found


def test_requests(swap: HtxSwap) -> None:
    """Market data and reference data have budgets of their own, and lists stay within the longest page."""
    trades = swap.trades_request("BTC-USDT", 9999)
    assert (trades.path, trades.query) == (
        "/linear-swap-ex/market/history/trade",
        {"contract_code": "BTC-USDT", "size": "2000"},
    )
    assert (trades.budget, trades.rate.count, trades.rate.per_s) == ("market", 800, 1.0)
    figure = swap.figure_request("open_interest", "BTC-USDT")
    assert (figure.budget, figure.rate.count, figure.rate.per_s) == ("reference", 240, 3.0)
    assert swap.book_request("BTC-USDT", 20).query["type"] == "step6"
    assert swap.book_request("BTC-USDT", None).query["type"] == "step0"
    assert swap.klines_request("BTC-USDT", "60min", 7).query == {
        "contract_code": "BTC-USDT",
        "period": "60min",
        "size": "7",
    }


def test_candles_of_a_time_are_asked_for_in_pages(swap: HtxSwap) -> None:
    """A list holds 2000 bars at most, so a longer time is asked for in several parts that do not overlap."""
    minute = 60_000
    pages = list(swap.klines_between("BTC-USDT", "1min", 0, 4000 * minute))
    times = [(int(page.query["from"]), int(page.query["to"])) for page in pages]
    assert times[0] == (0, 1999 * 60)
    assert times[-1][1] == 4000 * 60
    assert all(last - first <= 1999 * 60 for first, last in times)
    assert sum(last // 60 - (first - 1) // 60 for first, last in times) == 4001


def test_one_ticker_by_rest(swap: HtxSwap) -> None:
    """In the ticker of one market figures may be texts, and the best prices stand in lists."""
    tick = json.loads(DETAIL)["tick"] | {"amount": "30316.2", "vol": "30316200", "ts": 1795219201007}
    [ticker] = read(swap, swap.ticker_request("BTC-USDT"), {"ch": "market.BTC-USDT.detail.merged", "tick": tick})
    expected = {"symbol": "BTC-USDT", "bid_volume": 0.038, "volume": 30316.2, "timestamp": 1795219201100}
    assert values(ticker, list(expected)) == pytest.approx(expected)


def test_all_tickers_by_rest(swap: HtxSwap) -> None:
    """In the list of tickers contracts stand under another name, and the volume is money."""
    row = {
        "id": 1650792083,
        "ts": 1650792083179,
        "ask": [39736.6, 1285],
        "bid": [39736.5, 6070],
        "business_type": "swap",
        "contract_code": "BTC-USDT",
        "open": "39760",
        "close": "39736.6",
        "low": "39316.3",
        "high": "39971.2",
        "amount": "6891.566",
        "count": 48262,
        "vol": "273472535.834",
        "number_of": "6891566",
    }
    [ticker] = read(swap, swap.tickers_request(), {"ticks": [row]})
    expected = {"last_price": 39736.6, "volume": 6891.566, "turnover_24h": 273472535.834, "timestamp": 1650792083179}
    assert values(ticker, list(expected)) == pytest.approx(expected)


def test_trades_and_books_by_rest(swap: HtxSwap) -> None:
    """Trades lie in groups, newest first, and come oldest first; a book is whole."""
    row = json.loads(TRADE)["tick"]["data"][0]
    groups = [
        {"id": 2, "ts": 2, "data": [row | {"id": 20001}, row | {"id": 20000}]},
        {"id": 1, "ts": 1, "data": [row | {"id": 10000}]},
    ]
    trades = read(swap, swap.trades_request("BTC-USDT", 3), {"data": groups})
    assert [trade.get_trade_id() for trade in trades] == ["10000", "20000", "20001"]
    assert trades[0].get_quantity() == 0.002
    tick = json.loads(SNAPSHOT)["tick"]
    [book] = read(swap, swap.book_request("BTC-USDT", 20), {"tick": tick})
    assert (book.is_snapshot, book.last, book.timestamp) == (True, 131597620, 1795219201100)


def test_figures_by_rest(swap: HtxSwap) -> None:
    """Figures carry the time of the answer; open interest is in contracts on the wire."""
    bars = [{"id": 1, "close": "1"}, {"id": 2, "close": "31078.68"}]
    [mark] = read(swap, swap.figure_request("mark_price", "BTC-USDT"), {"data": bars})
    assert (type(mark), mark.get_mark_price()) == (MarkPriceData, 31078.68)
    row = {
        "funding_rate": "0.0001",
        "contract_code": "BTC-USDT",
        "funding_time": "1603699200000",
        "estimated_rate": None,
    }
    [funding] = read(swap, swap.figure_request("funding_rate", "BTC-USDT"), {"data": row})
    assert (funding.figure(), funding.get_current_funding_time()) == (0.0001, 1603699200000)
    row = {"volume": 78696, "amount": 78.696, "symbol": "BTC", "value": 3823138.2456, "contract_code": "BTC-USDT"}
    [interest] = read(swap, swap.figure_request("open_interest", "BTC-USDT"), {"data": [row]})
    assert type(interest) is OpenInterestData
    assert interest.get_open_interest() == pytest.approx(78.696)
    assert interest.get_open_interest_ccy() == 78.696
    for item in (mark, funding, interest):
        assert (item.get_timestamp(), item.get_origin()) == (1795219201100, "snapshot")
    _, refused = swap.read(swap.figure_request("open_interest", "BTC-USDT"), b'{"ts":1,"data":[]}', BTC)
    assert refused == ["empty list"]


def test_contracts(swap: HtxSwap) -> None:
    """A contract tells what it is worth, which is the least step of a quantity; a dated one tells when it ends."""
    dated = CONTRACT | {
        "contract_code": "BTC-USDT-261225",
        "business_type": "futures",
        "delivery_time": "1798185600000",
        "contract_status": 3,
    }
    everything = Topic(swap.name, "instruments")
    swap_, future = read(swap, swap.instruments_request(), {"data": [CONTRACT, dated]}, everything)
    assert type(swap_) is SymbolData
    expected = {
        "venue_symbol": "BTC-USDT",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "settle_asset": "USDT",
        "tick_size": 0.1,
        "contract_type": "perpetual",
        "contract_multiplier": 0.001,
        "delivery_time": 0,
        "status": "trading",
    }
    assert values(swap_, [name for name in expected if name != "contract_multiplier"]) == {
        name: value for name, value in expected.items() if name != "contract_multiplier"
    }
    expected = {"contract_type": "future", "delivery_time": 1798185600000, "quote_asset": "USDT", "status": "suspended"}
    assert values(future, list(expected)) == expected
    body = json.dumps({"data": [CONTRACT | {"contract_size": 0}]}).encode()
    _, [refused] = swap.read(swap.instruments_request(), body, everything)
    assert "contract value" in refused


def test_the_clock(swap: HtxSwap) -> None:
    """The venue's clock is the time of the answer."""
    [clock] = read(swap, swap.time_request(), {})
    assert clock.get_timestamp() == 1795219201100


@pytest.mark.parametrize(
    ("code", "text", "kind", "retryable"),
    [
        (1014, "This contract doesn't exist.", InvalidSymbolError, False),
        (1032, "The number of access exceeded the limit.", RateLimitError, True),
        (1004, "System busy. Please try again later.", RequestFailedError, True),
        (1017, "Order doesn't exist.", RequestFailedError, False),
    ],
)
def test_failures(swap: HtxSwap, code: int, text: str, kind: type[Exception], retryable: bool) -> None:
    """Errors of contracts are spelled with underscores and numbers."""
    body = json.dumps({"status": "error", "err_code": code, "err_msg": text, "ts": 1795219201100}).encode()
    error = swap.failure("/linear-swap-ex/market/depth", 200, body)
    assert type(error) is kind
    assert text in str(error)
    assert error.retryable is retryable
