"""Deribit: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper, BookRow
from bt_api_py.containers import (
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    SymbolData,
    TickerData,
    Topic,
    TradeData,
)
from bt_api_py.containers.base import row_of
from bt_api_py.exceptions import BookGapError, BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from bt_api_py.exchanges.base import Accepted, Ack, Alive, Answer, Ignored, Page, Refusal, Rejected, Subscription
from bt_api_py.exchanges.deribit import DeribitSwap

from .accounts import messages
from .material import objects, only, recorded, values

NAME = "DERIBIT___SWAP"
BTC = Topic(NAME, "ticker", "BTC-USD", "BTC-PERPETUAL")
TICKER = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-PERPETUAL.100ms","data":'
    '{"timestamp":1765541474086,"state":"open","stats":{"high":93612.0,"low":89277.5,"price_change":2.3275,'
    '"volume":11897.27640428,"volume_usd":1092371540.0,"volume_notional":1092371540.0},"index_price":92263.55,'
    '"instrument_name":"BTC-PERPETUAL","last_price":92283.5,"settlement_price":92464.66,"min_price":90897.5,'
    '"max_price":93666.5,"open_interest":1132329370.0,"mark_price":92281.78,"best_ask_price":92284.0,'
    '"best_bid_price":92283.5,"estimated_delivery_price":92263.55,"best_ask_amount":186520.0,'
    '"best_bid_amount":117660.0,"current_funding":0.0,"funding_8h":0.00001742}}}'
)
QUOTE = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":'
    '{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"best_bid_price":92288.0,'
    '"best_ask_amount":99470.0,"best_bid_amount":133440.0}}}'
)
TRADES = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":'
    '[{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,'
    '"instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"mark_price":92287.11,"tick_direction":2,'
    '"contracts":1.0,"trade_id":"403691824"}]}}'
)
SNAPSHOT = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":'
    '{"type":"snapshot","instrument_name":"BTC-PERPETUAL","timestamp":1699999999000,"change_id":123456789,'
    '"prev_change_id":null,"bids":[["new",42500.0,1000.0]],"asks":[["new",42501.0,800.0]]}}}'
)
CHANGE = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"change",'
    '"instrument_name":"BTC-PERPETUAL","timestamp":1699999999500,"change_id":123456790,"prev_change_id":123456789,'
    '"bids":[["change",42500.0,950.0],["new",42498.5,300.0]],"asks":[["delete",42501.0,0.0]]}}}'
)
WHOLE = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.none.10.100ms","data":'
    '{"instrument_name":"BTC-PERPETUAL","timestamp":1769246173071,"change_id":136725664747,"bids":[[89532.5,254900.0]],'
    '"asks":[[89533.0,91570.0]]}}}'
)
CANDLE = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"chart.trades.BTC-PERPETUAL.1","data":'
    '{"tick":1767200040000,"open":87490.0,"high":87500.0,"low":87465.0,"close":87474.0,"volume":0.95978896,'
    '"cost":83970.0}}}'
)
INSTRUMENT = (
    '{"price_index":"btc_usd","kind":"future","instrument_name":"BTC-PERPETUAL","max_leverage":50,'
    '"maker_commission":0.0,"taker_commission":0.0005,"instrument_type":"reversed",'
    '"expiration_timestamp":32503708800000,"creation_timestamp":1534167754000,"is_active":true,"tick_size":0.5,'
    '"tick_size_steps":[],"contract_size":10.0,"instrument_id":124972,"min_trade_amount":10.0,'
    '"future_type":"reversed","settlement_currency":"BTC","settlement_period":"perpetual","base_currency":"BTC",'
    '"counter_currency":"USD","quote_currency":"USD"}'
)
COLUMNS = (
    '{"id":2,"jsonrpc":"2.0","result":{"close":[87456.5,87456.0],"cost":[257490.0,20200.0],"high":[87456.5,87456.5],'
    '"low":[87451.0,87456.0],"open":[87451.0,87456.5],"status":"ok","ticks":[1766483460000,1766483580000],'
    '"volume":[2.94375216,0.23097259]},"testnet":false,"usDiff":5240}'
)


@pytest.fixture
def deribit() -> DeribitSwap:
    return DeribitSwap()


def changed(frame: str, **data: Any) -> str:
    """Return a frame with other values in its data, or in the first record of a list."""
    plain = json.loads(frame)
    record = plain["params"]["data"]
    (record[0] if isinstance(record, list) else record).update(data)
    return json.dumps(plain)


def answered(deribit: DeribitSwap, request: Any, result: Any) -> list[Any]:
    """Return the objects of a REST answer."""
    found, refused = deribit.read(request, json.dumps({"jsonrpc": "2.0", "result": result}).encode(), BTC)
    assert refused == []
    return found


class TestMarketData:
    def test_a_ticker(self, deribit: DeribitSwap) -> None:
        """Amounts in US dollars become base asset, and the opening price follows from the change in percent."""
        ticker = only(deribit, TICKER)
        assert type(ticker) is TickerData
        expected = {
            "venue_symbol": "BTC-PERPETUAL",
            "timestamp": 1765541474086,
            "last_price": 92283.5,
            "bid_price": 92283.5,
            "bid_volume": 117660.0 / 92283.5,
            "ask_price": 92284.0,
            "ask_volume": 186520.0 / 92284.0,
            "high_price": 93612.0,
            "low_price": 89277.5,
            "volume": 11897.27640428,
            "turnover_24h": 1092371540.0,
            "price_change": 2.3275,
            "open_price": 92283.5 / 1.023275,
        }
        assert values(ticker, list(expected)) == expected
        assert ticker.get_raw_data() == json.loads(TICKER)["params"]["data"]

    def test_the_figures_in_a_ticker(self, deribit: DeribitSwap) -> None:
        """The record of a ticker tells mark price, funding and open interest too."""
        ticker = only(deribit, TICKER)
        mark = ticker.told_as(MarkPriceData, BTC)
        assert (mark.get_mark_price(), mark.get_index_price(), mark.get_settlement_price()) == (
            92281.78,
            92263.55,
            92263.55,
        )
        funding = ticker.told_as(FundingRateData, BTC)
        assert (funding.get_current_funding_rate(), funding.get_pre_funding_rate()) == (0.0, 0.00001742)
        assert ticker.told_as(OpenInterestData, BTC).get_open_interest() == 1132329370.0 / 92281.78

    def test_a_linear_contract(self, deribit: DeribitSwap) -> None:
        """Amounts of a contract priced in a stable coin are base asset already, and its turnover is notional."""
        text = changed(
            TICKER, instrument_name="BTC_USDC-PERPETUAL", stats={"volume_usd": 5.0, "volume_notional": 4.0, "volume": 1}
        )
        ticker = only(deribit, text)
        assert (ticker.get_bid_volume(), ticker.get_turnover_24h()) == (117660.0, 4.0)
        assert ticker.told_as(OpenInterestData, BTC).get_open_interest() == 1132329370.0

    def test_what_a_ticker_leaves_out(self, deribit: DeribitSwap) -> None:
        """An empty side has the price 0; before the first trade there is neither price nor change."""
        bare = changed(TICKER, best_bid_price=0, best_bid_amount=0, last_price=None, stats={"price_change": None})
        ticker = only(deribit, bare)
        for name in ("bid_price", "bid_volume", "last_price", "open_price", "price_change", "volume", "turnover_24h"):
            assert math.isnan(getattr(ticker, f"get_{name}")()), name

    def test_a_quote(self, deribit: DeribitSwap) -> None:
        """The channel of best prices is read like a ticker."""
        quote = only(deribit, QUOTE)
        expected = {
            "timestamp": 1765541767174,
            "bid_price": 92288.0,
            "bid_volume": 133440.0 / 92288.0,
            "ask_price": 92288.5,
            "ask_volume": 99470.0 / 92288.5,
        }
        assert values(quote, list(expected)) == expected

    def test_a_trade(self, deribit: DeribitSwap) -> None:
        """A trade has the venue's id, and beside it the number by which holes are judged."""
        trade = only(deribit, TRADES)
        assert type(trade) is TradeData
        expected = {
            "timestamp": 1765531356452,
            "trade_id": "403691824",
            "price": 92294.5,
            "quantity": 10.0 / 92294.5,
            "side": "sell",
            "first_trade_id": "271252854",
        }
        assert values(trade, list(expected)) == expected
        assert row_of(trade).span == (271252854, 271252854)
        assert trade.get_raw_data()["amount"] == 10.0
        assert only(deribit, changed(TRADES, trade_id="ETH-284830839")).get_trade_id() == "ETH-284830839"

    def test_trades_come_in_the_order_of_their_numbers(self, deribit: DeribitSwap) -> None:
        """The records of one frame are put in order."""
        plain = json.loads(TRADES)
        row = plain["params"]["data"][0]
        plain["params"]["data"] = [row | {"trade_seq": 9, "trade_id": "b"}, row | {"trade_seq": 8, "trade_id": "a"}]
        assert [trade.get_trade_id() for trade in objects(deribit, json.dumps(plain))] == ["a", "b"]

    def test_liquidations(self, deribit: DeribitSwap) -> None:
        """Of the slower channel of trades only liquidations count; a maker's has the other side than the trade."""
        slow = TRADES.replace("100ms", "agg2")
        assert objects(deribit, slow) == []
        taker = only(deribit, changed(slow, liquidation="T"))
        assert type(taker) is LiquidationData
        expected = {"side": "sell", "position_side": "long", "price": 92294.5, "quantity": 10.0 / 92294.5}
        assert values(taker, list(expected)) == expected
        assert only(deribit, changed(slow, liquidation="MT")).get_side() == "sell"
        assert only(deribit, changed(slow, liquidation="M")).get_side() == "buy"

    def test_a_candle(self, deribit: DeribitSwap) -> None:
        """Market and interval are told by the name of the channel alone, and nothing says whether it is final."""
        bar = only(deribit, CANDLE)
        assert type(bar) is BarData
        expected = {
            "venue_symbol": "BTC-PERPETUAL",
            "interval": "1m",
            "timestamp": 1767200040000,
            "open": 87490.0,
            "high": 87500.0,
            "low": 87465.0,
            "close": 87474.0,
            "volume": 0.95978896,
            "amount": 83970.0,
            "bar_status": False,
        }
        assert values(bar, list(expected)) == expected
        assert row_of(bar).closed is None

    @pytest.mark.parametrize("broken", [{"price": 0}, {"amount": None}, {"trade_seq": "x"}, {"direction": "up"}])
    def test_a_trade_without_a_number_that_counts(self, deribit: DeribitSwap, broken: dict[str, Any]) -> None:
        """A trade that lacks what makes it one is refused; at the price 0 US dollars buy any quantity."""
        assert type(only(deribit, changed(TRADES, **broken))) is Rejected


class TestBooks:
    def keeper(self, deribit: DeribitSwap, name: str) -> BookKeeper:
        book = deribit.channel_of(name).book
        assert book is not None
        return BookKeeper(book.rule, depth=book.depth)

    def test_updates(self, deribit: DeribitSwap) -> None:
        """A snapshot, then an update that names it: levels are set and deleted, quantities are in base asset."""
        keeper = self.keeper(deribit, "book.BTC-PERPETUAL.100ms")
        assert keeper.take(only(deribit, SNAPSHOT))
        assert keeper.take(only(deribit, CHANGE))
        book = OrderBookData(keeper.state(None), BTC)
        assert book.get_bids() == [[42500.0, 950.0 / 42500.0], [42498.5, 300.0 / 42498.5]]
        assert book.get_asks() == []
        assert (book.get_sequence(), book.get_timestamp()) == (123456790, 1699999999500)
        assert book.get_raw_data()["bids"][0] == ["42500.0", str(950.0 / 42500.0), "950.0"]

    def test_a_missing_update(self, deribit: DeribitSwap) -> None:
        """Numbers may jump, but an update that names another one than the last shows a hole."""
        keeper = self.keeper(deribit, "book.BTC-PERPETUAL.100ms")
        keeper.take(only(deribit, SNAPSHOT))
        keeper.take(only(deribit, changed(CHANGE, change_id=123456999)))
        with pytest.raises(BookGapError, match="expected 123456999, received 123457001"):
            keeper.take(only(deribit, changed(CHANGE, change_id=123457005, prev_change_id=123457001)))

    def test_messages_of_older_days(self, deribit: DeribitSwap) -> None:
        """Without a type, a message that names none before it is the whole book."""
        plain = json.loads(SNAPSHOT)
        for name in ("type", "prev_change_id"):
            del plain["params"]["data"][name]
        assert only(deribit, json.dumps(plain)).is_snapshot
        assert not only(deribit, changed(CHANGE, type="")).is_snapshot

    def test_whole_books(self, deribit: DeribitSwap) -> None:
        """Each message of the grouped channel replaces the book; its rows have two entries."""
        keeper = self.keeper(deribit, "book.BTC-PERPETUAL.none.10.100ms")
        assert keeper.take(only(deribit, WHOLE))
        state = keeper.state(None)
        assert [float(value) for value in state.bids[0]] == [89532.5, 254900.0 / 89532.5, 254900.0]
        assert not keeper.take(only(deribit, WHOLE))

    def test_a_level_without_a_price(self, deribit: DeribitSwap) -> None:
        """A level that no quantity can be told of breaks the book and nothing else."""
        keeper = self.keeper(deribit, "book.BTC-PERPETUAL.none.10.100ms")
        for price in (0, "NaN", "sNaN", "1e999"):
            with pytest.raises(BtApiError, match="no usable price or quantity"):
                keeper.take(only(deribit, changed(WHOLE, bids=[[price, 10]])))

    def test_by_rest(self, deribit: DeribitSwap) -> None:
        """The book by REST is a whole one, with the least list of levels that serves."""
        [book] = answered(deribit, deribit.book_request("BTC-PERPETUAL", 7), json.loads(WHOLE)["params"]["data"])
        assert isinstance(book, BookRow)
        assert (book.last, book.is_snapshot) == (136725664747, True)
        depths = [deribit.book_request("X", levels).query["depth"] for levels in (1, 7, 50, 51, 20_000, None)]
        assert depths == ["1", "10", "50", "100", "10000", "10000"]


class TestTopics:
    def test_places(self, deribit: DeribitSwap) -> None:
        """One channel tells the ticker and the figures; small books come whole, others as updates."""
        for kind in ("ticker", "mark_price", "funding_rate", "open_interest"):
            assert deribit.place(kind, "BTC-PERPETUAL") == Subscription("market", "ticker.BTC-PERPETUAL.100ms")
        names = [deribit.place("depth", "BTC-PERPETUAL", levels=levels).name for levels in (1, 5, 20, 21, None)]
        assert names == [
            "book.BTC-PERPETUAL.none.1.100ms",
            "book.BTC-PERPETUAL.none.10.100ms",
            "book.BTC-PERPETUAL.none.20.100ms",
            "book.BTC-PERPETUAL.100ms",
            "book.BTC-PERPETUAL.100ms",
        ]
        assert deribit.place("klines", "BTC-26DEC25", interval="1D").name == "chart.trades.BTC-26DEC25.1D"
        assert deribit.place("liquidations", "BTC-PERPETUAL").name == "trades.BTC-PERPETUAL.agg2"

    @pytest.mark.parametrize(
        ("channel", "symbol", "name"),
        [
            ("ticker", "BTC-PERPETUAL", "ticker.BTC-PERPETUAL.100ms"),
            ("ticker.agg2", "BTC-PERPETUAL", "ticker.BTC-PERPETUAL.agg2"),
            ("quote", "BTC-PERPETUAL", "quote.BTC-PERPETUAL"),
            ("book.none.20.agg2", "BTC-PERPETUAL", "book.BTC-PERPETUAL.none.20.agg2"),
            ("chart.trades.60", "BTC-PERPETUAL", "chart.trades.BTC-PERPETUAL.60"),
            ("deribit_volatility_index.btc_usd", "", "deribit_volatility_index.btc_usd"),
        ],
    )
    def test_raw_channels(self, deribit: DeribitSwap, channel: str, symbol: str, name: str) -> None:
        """The instrument goes behind the first word of a channel, and a pace that is left out is the fastest."""
        assert deribit.place_raw(channel, symbol).name == name

    def test_names_without_a_list(self, deribit: DeribitSwap) -> None:
        """A pair names its perpetual contract, in US dollars the inverse one; a name of the venue's is itself."""
        guesses = {
            "BTC-USD": "BTC-PERPETUAL",
            "ethusd": "ETH-PERPETUAL",
            "BTC-PERPETUAL": "BTC-PERPETUAL",
            "ETH-USDC": "ETH_USDC-PERPETUAL",
            "eth_usdc-perpetual": "ETH_USDC-PERPETUAL",
            "BTC-USD-SWAP": "BTC-PERPETUAL",
            "btc-26dec25": "BTC-26DEC25",
            "BTC-26DEC25-100000-C": None,
        }
        assert {word: deribit.symbols.guess(word) for word in guesses} == guesses


class TestCommands:
    def test_many_channels_in_one_message(self, deribit: DeribitSwap) -> None:
        """Channels share a command, up to a hundred."""
        [command] = deribit.subscribe(["trades.BTC-PERPETUAL.100ms", "book.BTC-PERPETUAL.100ms"], count(3))
        assert command.payload == (
            '{"jsonrpc":"2.0","id":3,"method":"public/subscribe","params":{"channels":'
            '["trades.BTC-PERPETUAL.100ms","book.BTC-PERPETUAL.100ms"]}}'
        )
        [command] = deribit.unsubscribe(["trades.BTC-PERPETUAL.100ms"], count(4))
        assert command.payload == (
            '{"jsonrpc":"2.0","id":4,"method":"public/unsubscribe","params":{"channels":["trades.BTC-PERPETUAL.100ms"]}}'
        )
        assert len(deribit.subscribe([f"ticker.X{number}.100ms" for number in range(250)], count(1))) == 3

    def test_the_heartbeat(self, deribit: DeribitSwap) -> None:
        """Every socket begins by asking for a heartbeat, and each request to show a sign of life is answered."""
        opening = json.loads(deribit.endpoints["market"].opening)
        assert (opening["method"], opening["params"]) == ("public/set_heartbeat", {"interval": 10})
        assert only(deribit, '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}') == Alive()
        answer = only(deribit, '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}')
        assert type(answer) is Answer
        assert json.loads(answer.payload)["method"] == "public/test"

    @pytest.mark.parametrize(
        ("frame", "said"),
        [
            (
                '{"jsonrpc":"2.0","id":3,"result":["trades.BTC-PERPETUAL.100ms","book.BTC-PERPETUAL.100ms"],'
                '"usIn":1699999999000000,"usOut":1699999999001000,"usDiff":1000,"testnet":false}',
                Accepted("3", frozenset({"trades.BTC-PERPETUAL.100ms", "book.BTC-PERPETUAL.100ms"})),
            ),
            ('{"jsonrpc":"2.0","id":4,"result":[]}', Accepted("4", frozenset())),
            ('{"jsonrpc":"2.0","id":0,"result":"ok"}', Ack("0")),
            (
                '{"jsonrpc":"2.0","id":1,"error":{"code":10028,"message":"too_many_requests","data":null}}',
                Refusal("too_many_requests", id="1", code="10028", is_pace=True),
            ),
            (
                '{"jsonrpc":"2.0","id":5,"error":{"code":13778,'
                '"message":"raw_subscriptions_not_available_for_unauthorized"}}',
                Refusal("raw_subscriptions_not_available_for_unauthorized", id="5", code="13778"),
            ),
            (
                '{"jsonrpc":"2.0","id":1,"error":{"message":"Invalid params","data":{"reason":"invalid format",'
                '"param":"nonce"},"code":-32602},"usIn":"1655391709417993"}',
                Refusal("Invalid params: nonce invalid format", id="1", code="-32602"),
            ),
            ('{"jsonrpc":"2.0","method":"announcement"}', Ignored("announcement")),
        ],
    )
    def test_answers(self, deribit: DeribitSwap, frame: str, said: Any) -> None:
        """An answer names what was accepted; what it leaves out is refused."""
        assert only(deribit, frame) == said


class TestRest:
    @pytest.mark.parametrize(
        ("kind", "getter", "expected"),
        [
            ("mark_price", "get_mark_price", 92281.78),
            ("funding_rate", "get_current_funding_rate", 0.0),
            ("open_interest", "get_open_interest", 1132329370.0 / 92281.78),
        ],
    )
    def test_figures(self, deribit: DeribitSwap, kind: str, getter: str, expected: float) -> None:
        """The figures are told by the ticker there too."""
        request = deribit.figure_request(kind, "BTC-PERPETUAL")
        [item] = answered(deribit, request, json.loads(TICKER)["params"]["data"])
        assert (item.kind, getattr(item, getter)()) == (kind, expected)
        assert request.path == "/api/v2/public/ticker"

    def test_trades_between_two_numbers(self, deribit: DeribitSwap) -> None:
        """The list is asked for by number, page after page, until it holds the last one."""
        row = json.loads(TRADES)["params"]["data"][0]
        pages = deribit.trades_between("BTC-PERPETUAL", 100, 2000, 0)
        request = next(pages)
        assert request.query == {
            "instrument_name": "BTC-PERPETUAL",
            "start_seq": "100",
            "end_seq": "1999",
            "count": "1000",
            "sorting": "asc",
        }
        listed = {"trades": [row | {"trade_seq": number} for number in (1099, 1098)], "has_more": True}
        request = pages.send(answered(deribit, request, listed))
        assert request.query["start_seq"] == "1100"
        with pytest.raises(StopIteration):
            pages.send(answered(deribit, request, {"trades": [row | {"trade_seq": 1999}], "has_more": False}))

    def test_trades_since_a_time(self, deribit: DeribitSwap) -> None:
        """The list is asked for below a number, newest first, until it reaches back to a trade from before the time."""
        row = json.loads(TRADES)["params"]["data"][0]
        pages = deribit.trades_since("BTC-PERPETUAL", 5000, 300)
        request, seen = next(pages), []
        for number, time in ((200, 6000), (100, 4999)):
            seen.append(request.query["end_seq"])
            rows = [row | {"trade_seq": number + 1, "timestamp": time}, row | {"trade_seq": number, "timestamp": time}]
            try:
                request = pages.send(Page(answered(deribit, request, {"trades": rows, "has_more": True})))
            except StopIteration:
                break
        assert seen == ["299", "199"]
        assert request.query["sorting"] == "desc"

    def test_candles_in_columns(self, deribit: DeribitSwap) -> None:
        """The n-th entries of all columns make a candle, whose raw data are these entries."""
        deribit.now_ms = 1766483600000
        request = deribit.klines_request("BTC-PERPETUAL", "1", 3)
        assert request.query == {
            "instrument_name": "BTC-PERPETUAL",
            "start_timestamp": "1766483420001",
            "end_timestamp": "1766483600000",
            "resolution": "1",
        }
        bars, refused = deribit.read(request, COLUMNS.encode(), BTC)
        assert refused == []
        assert [(bar.get_timestamp(), bar.get_close(), bar.get_amount()) for bar in bars] == [
            (1766483460000, 87456.5, 257490.0),
            (1766483580000, 87456.0, 20200.0),
        ]
        assert bars[1].get_raw_data() == {
            "close": 87456.0,
            "cost": 20200.0,
            "high": 87456.5,
            "low": 87456.0,
            "open": 87456.5,
            "ticks": 1766483580000,
            "volume": 0.23097259,
        }
        with pytest.raises(BtApiError, match="unequal length"):
            deribit.read(request, COLUMNS.replace("[87451.0,87456.0]", "[87451.0]").encode(), BTC)

    def test_candles_of_a_long_time(self, deribit: DeribitSwap) -> None:
        """A long time is asked for in parts that join."""
        pages = deribit.klines_between("BTC-PERPETUAL", "60", 0, 6000 * 3_600_000)
        spans = [(int(page.query["start_timestamp"]), int(page.query["end_timestamp"])) for page in pages]
        assert spans == [(0, 4999 * 3_600_000), (4999 * 3_600_000 + 1, 6000 * 3_600_000)]

    def test_an_inverse_contract(self, deribit: DeribitSwap) -> None:
        """What is sized in US dollars has no steps in base asset, but a least value."""
        [market] = answered(deribit, deribit.instruments_request(), [json.loads(INSTRUMENT)])
        assert type(market) is SymbolData
        expected = {
            "venue_symbol": "BTC-PERPETUAL",
            "base_asset": "BTC",
            "quote_asset": "USD",
            "settle_asset": "BTC",
            "tick_size": 0.5,
            "price_digital": 1,
            "min_notional": 10.0,
            "contract_type": "perpetual",
            "contract_multiplier": 1.0,
            "delivery_time": 0,
            "status": "trading",
        }
        assert values(market, list(expected)) == expected
        assert math.isnan(market.get_lot_size())
        assert math.isnan(market.get_min_qty())

    def test_a_dated_and_a_linear_contract(self, deribit: DeribitSwap) -> None:
        """A dated contract ends, and a linear one has steps in base asset."""
        rows = [
            json.loads(INSTRUMENT)
            | {"instrument_name": "BTC-26DEC25", "settlement_period": "month", "expiration_timestamp": 1766736000000},
            json.loads(INSTRUMENT)
            | {"instrument_name": "ETH_USDC-PERPETUAL", "min_trade_amount": 0.001, "is_active": False},
        ]
        dated, linear = answered(deribit, deribit.instruments_request(), rows)
        assert (dated.get_contract_type(), dated.get_delivery_time()) == ("future", 1766736000000)
        assert (linear.get_lot_size(), linear.get_min_qty(), linear.get_qty_digital()) == (0.001, 0.001, 3)
        assert linear.get_status() == "inactive"

    def test_the_clock(self, deribit: DeribitSwap) -> None:
        """The time of the venue is the whole result."""
        [time] = answered(deribit, deribit.time_request(), 1733338800000)
        assert time.get_timestamp() == 1733338800000

    @pytest.mark.parametrize(
        ("status", "fault", "error"),
        [
            (400, {"code": 10028, "message": "too_many_requests"}, RateLimitError),
            (
                400,
                {"code": -32602, "message": "Invalid params", "data": {"param": "instrument_name", "reason": "wrong"}},
                InvalidSymbolError,
            ),
            (400, {"code": -32602, "message": "Invalid params", "data": {"param": "depth"}}, RequestFailedError),
        ],
    )
    def test_errors(self, deribit: DeribitSwap, status: int, fault: Any, error: type[BtApiError]) -> None:
        """An error of JSON-RPC is told with its code and the parameter that the venue blames."""
        found = deribit.failure("/x", status, json.dumps({"jsonrpc": "2.0", "error": fault}).encode())
        assert type(found) is error

    @pytest.mark.parametrize("code", [10040, 10041, 10047, 10066, 11051, 11094, 13028, 13888])
    def test_errors_worth_another_try(self, deribit: DeribitSwap, code: int) -> None:
        """The venue settles, or is busy: the same call may succeed later."""
        body = json.dumps({"jsonrpc": "2.0", "error": {"code": code, "message": "busy"}}).encode()
        found = deribit.failure("/x", 400, body)
        assert found is not None
        assert found.retryable

    def test_answers_that_are_no_error(self, deribit: DeribitSwap) -> None:
        """A result is none, and a page of HTML with a bad status is."""
        assert deribit.failure("/x", 200, b'{"jsonrpc":"2.0","result":[]}') is None
        found = deribit.failure("/x", 503, b"<html>")
        assert isinstance(found, RequestFailedError)
        assert found.retryable


def test_a_recorded_list_of_markets(deribit: DeribitSwap) -> None:
    """A list of 2021 is read whole; its contracts have the names that their pairs lead to."""
    [message] = [message for message in recorded("deribit_20210722") if "currency=BTC" in message.url]
    markets, refused = deribit.read(deribit.instruments_request(), message.payload, BTC)
    assert refused == []
    assert len(markets) == 398
    kinds = [market.get_contract_type() for market in markets]
    assert (kinds.count("perpetual"), kinds.count("future"), kinds.count(None)) == (1, 7, 390)
    [perpetual] = [market for market in markets if market.get_contract_type() == "perpetual"]
    joined = deribit.symbols.join(perpetual.get_base_asset(), perpetual.get_quote_asset())
    assert perpetual.get_venue_symbol() == joined == "BTC-PERPETUAL"


@pytest.mark.parametrize("channel", ["ticker", "trades", "klines", "depth", "control", "other"])
def test_recorded_messages(deribit: DeribitSwap, channel: str) -> None:
    """Every recorded public message is understood, those of options, combinations and older days too."""
    for message in messages("deribit", channel):
        items = objects(deribit, json.dumps(message))
        assert items
        assert not [item for item in items if isinstance(item, (Rejected, Ignored))], message


def test_recorded_answers(deribit: DeribitSwap) -> None:
    """Recorded answers of REST hold what the calls ask for."""
    kinds = {
        "trades": deribit.trades_request("X", 10),
        "change_id": deribit.book_request("X", 20),
        "ticks": deribit.klines_request("X", "1", 5),
    }
    seen = dict.fromkeys(kinds, 0)
    for message in messages("deribit", "http"):
        result = message["result"]
        for key in kinds.keys() & (result if isinstance(result, dict) else {}):
            found, refused = deribit.read(kinds[key], json.dumps(message).encode(), BTC)
            assert (len(found) > 0, refused) == (True, [])
            seen[key] += 1
    assert seen == {"trades": 4, "change_id": 1, "ticks": 1}
