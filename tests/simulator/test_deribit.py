"""The simulated Deribit speaks as the venue's documents say."""

import pytest

from bt_api_py.simulator.dialects.deribit.keys import signature

from .simulated import START, VirtualWorld, like

DERIBIT = "DERIBIT___SWAP"
PATH = "/ws/api/v2"
API = "/api/v2/public"


@pytest.fixture
def world():
    return VirtualWorld(exchanges=[DERIBIT], rate=10.0)


def call(method, number=1, **params):
    return {"jsonrpc": "2.0", "id": number, "method": f"public/{method}", "params": params}


def subscribed(world, *channels):
    """Return a client that has subscribed."""
    client = world.connect(DERIBIT, PATH)
    [answer] = world.send(client, call("subscribe", channels=list(channels)))
    assert answer["result"] == list(channels)
    return client


def data_of(client, channel):
    """Return what a client was told in a channel."""
    frames = [frame for frame in client.take() if frame.get("method") == "subscription"]
    return [frame["params"]["data"] for frame in frames if frame["params"]["channel"] == channel]


SAMPLES = {
    "ticker.BTC-PERPETUAL.100ms": '{"timestamp":1765541474086,"state":"open","stats":{"high":93612.0,"low":89277.5,'
    '"price_change":2.3275,"volume":11897.27640428,"volume_usd":1092371540.0,"volume_notional":1092371540.0},'
    '"index_price":92263.55,"instrument_name":"BTC-PERPETUAL","last_price":92283.5,"settlement_price":92464.66,'
    '"min_price":90897.5,"max_price":93666.5,"open_interest":1132329370.0,"mark_price":92281.78,'
    '"best_ask_price":92284.0,"best_bid_price":92283.5,"estimated_delivery_price":92263.55,'
    '"best_ask_amount":186520.0,"best_bid_amount":117660.0,"current_funding":0.0,"funding_8h":0.00001742}',
    "quote.BTC-PERPETUAL": '{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,'
    '"best_bid_price":92288.0,"best_ask_amount":99470.0,"best_bid_amount":133440.0}',
    "chart.trades.BTC-PERPETUAL.1": '{"tick":1767200040000,"open":87490.0,"high":87500.0,"low":87465.0,'
    '"close":87474.0,"volume":0.95978896,"cost":83970.0}',
    "book.BTC-PERPETUAL.100ms": '{"type":"snapshot","instrument_name":"BTC-PERPETUAL","timestamp":1699999999000,'
    '"change_id":123456789,"prev_change_id":null,"bids":[["new",42500.0,1000.0]],"asks":[["new",42501.0,800.0]]}',
    "book.BTC-PERPETUAL.none.10.100ms": '{"instrument_name":"BTC-PERPETUAL","timestamp":1769246173071,'
    '"change_id":136725664747,"bids":[[89532.5,254900.0]],"asks":[[89533.0,91570.0]]}',
}
TRADE = (
    '{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,'
    '"instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"mark_price":92287.11,"tick_direction":2,'
    '"contracts":1.0,"trade_id":"403691824"}'
)


@pytest.mark.parametrize("channel", SAMPLES)
def test_data_has_the_form_of_the_documents(world, channel):
    """Every channel looks as printed."""
    client = subscribed(world, channel)
    world.run(5)
    assert like(data_of(client, channel)[0], SAMPLES[channel])


def test_trades(world):
    """Trades come in lists, are numbered without a hole, and their ids count those of all markets."""
    channel = "trades.ETH-PERPETUAL.100ms"
    client = subscribed(world, channel)
    world.run(20)
    rows = [row for data in data_of(client, channel) for row in data]
    assert like({key: value for key, value in rows[0].items() if key != "liquidation"}, TRADE)
    numbers = [row["trade_seq"] for row in rows]
    assert numbers == list(range(numbers[0], numbers[0] + len(rows)))
    assert all(row["trade_id"].startswith("ETH-") for row in rows)
    truth = world.truth.trades(DERIBIT, "ETHUSD")
    assert [float(row.price) * float(row.quantity) for row in truth] == pytest.approx([row["amount"] for row in rows])


def test_liquidations_are_trades_that_say_so(world):
    """The matches of a liquidation carry a mark, and no others do."""
    channel = "trades.BTC-PERPETUAL.agg2"
    client = subscribed(world, channel)
    world.run(60)
    rows = [row for data in data_of(client, channel) for row in data]
    marked = [(row["timestamp"], row["direction"], row["price"]) for row in rows if "liquidation" in row]
    truth = world.truth.liquidations(DERIBIT, "BTCUSD")
    assert marked
    assert marked == [(row.ms, row.side, float(row.price)) for row in truth]


def test_an_update_names_the_one_before(world):
    """After the whole book each message names the last, and says what became of each level."""
    channel = "book.BTC_USDC-PERPETUAL.100ms"
    client = subscribed(world, channel)
    world.run(10)
    first, *changes = data_of(client, channel)
    known = {side: {price: amount for _, price, amount in first[side]} for side in ("bids", "asks")}
    before = first["change_id"]
    for change in changes:
        assert (change["type"], change["prev_change_id"]) == ("change", before)
        before = change["change_id"]
        for side, levels in known.items():
            for action, price, amount in change[side]:
                if action == "delete":
                    assert (levels.pop(price) > 0, amount) == (True, 0)
                    continue
                assert action == ("change" if price in levels else "new")
                levels[price] = amount
    truth = world.truth.book(DERIBIT, "BTCUSDC", before)
    assert known["bids"] == {float(price): float(quantity) for price, quantity in truth.bids}


def test_an_unknown_channel_is_left_out(world):
    """The answer names what was accepted and is silent about the rest; a new subscription begins with a snapshot."""
    client = world.connect(DERIBIT, PATH)
    good = "book.BTC-PERPETUAL.100ms"
    asked = [good, "book.FOO-PERPETUAL.100ms", "nonsense", "chart.trades.BTC-PERPETUAL.7", "ticker.BTC-PERPETUAL.5s"]
    [answer] = world.send(client, call("subscribe", number=5, channels=asked))
    assert (answer["id"], answer["result"]) == (5, [good])
    world.run(1)
    assert data_of(client, good)[0]["type"] == "snapshot"
    [answer] = world.send(client, call("unsubscribe", channels=[good, "nonsense"]))
    assert answer["result"] == [good]
    world.run(1)
    assert data_of(client, good) == []
    world.send(client, call("subscribe", channels=[good]))
    world.run(1)
    assert data_of(client, good)[0]["type"] == "snapshot"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", -32700),
        (call("subscribe", channels=["trades.BTC-PERPETUAL.raw"]), 13778),
        (call("subscribe"), -32602),
        (call("set_heartbeat", interval=5), -32602),
        (call("no_such_method"), -32601),
        (call("ticker", instrument_name="FOO"), -32602),
    ],
)
def test_refusals(world, message, code):
    """A message that cannot be carried out is answered with a code."""
    client = world.connect(DERIBIT, PATH)
    [answer] = world.send(client, message)
    assert answer["error"]["code"] == code


def test_a_heartbeat_wants_answers(world):
    """Who asked for a heartbeat and does not answer its test is sent away; who answers stays."""
    silent, lively, other = (world.connect(DERIBIT, PATH) for _ in range(3))
    for client in (silent, lively):
        assert world.send(client, call("set_heartbeat", interval=10))[0]["result"] == "ok"
    for _ in range(3):
        world.run(10)
        kinds = [frame["params"]["type"] for frame in lively.take()]
        assert kinds == ["heartbeat", "test_request"]
        assert world.send(lively, call("test"))[0]["result"] == {"version": "1.2.26"}
    assert (silent.ended, lively.ended, other.ended) == ((1000, "heartbeat timeout"), None, None)
    assert world.stats[DERIBIT].breaches == {"heartbeat": 1}


def test_limits(world):
    """Commands, sockets and credits have bounds, and each breach is counted."""
    client = world.connect(DERIBIT, PATH)
    answers = [world.send(client, call("unsubscribe", channels=["x"]))[0] for _ in range(12)]
    assert answers[-1]["error"] == {"code": 10028, "message": "too_many_requests"}
    for _ in range(31):
        world.connect(DERIBIT, PATH)
    assert world.world.find(DERIBIT).admit(PATH, {}).status == 429
    answers = [world.get(DERIBIT, f"{API}/get_time") for _ in range(101)]
    assert [status for status, _, _ in answers[-2:]] == [200, 400]
    assert answers[-1][1]["error"]["code"] == 10028
    assert set(world.stats[DERIBIT].breaches) == {"commands", "sockets", "credits"}


class TestRest:
    def ask(self, world, method, **query):
        return world.get(DERIBIT, f"{API}/{method}", **query)[1]

    def test_lists_of_markets(self, world):
        """Markets are listed by the currency that they settle in."""
        rows = self.ask(world, "get_instruments", currency="any", kind="future")["result"]
        assert {row["settlement_currency"] for row in rows} == {"BTC", "ETH", "USDC", "USDT"}
        [bitcoin] = self.ask(world, "get_instruments", currency="BTC")["result"]
        sample = (
            '{"price_index":"btc_usd","kind":"future","instrument_name":"BTC-PERPETUAL","max_leverage":50,'
            '"maker_commission":0.0,"taker_commission":0.0005,"instrument_type":"reversed",'
            '"expiration_timestamp":32503708800000,"creation_timestamp":1534167754000,"is_active":true,'
            '"tick_size":0.5,"tick_size_steps":[],"contract_size":10.0,"instrument_id":124972,'
            '"min_trade_amount":10.0,"future_type":"reversed","settlement_currency":"BTC",'
            '"settlement_period":"perpetual","base_currency":"BTC","counter_currency":"USD","quote_currency":"USD"}'
        )
        assert like(bitcoin, sample)
        assert self.ask(world, "get_instruments", currency="BTC", kind="option")["result"] == []

    def test_trades_by_number(self, world):
        """A list between two numbers holds both, from either end, and says when it was cut."""
        name = "BTC-PERPETUAL"
        last = self.ask(world, "get_last_trades_by_instrument", instrument_name=name, count="1")["result"]
        newest = last["trades"][0]["trade_seq"]
        query = {"instrument_name": name, "start_seq": str(newest - 9), "end_seq": str(newest - 2)}
        found = self.ask(world, "get_last_trades_by_instrument", **query, count="3", sorting="asc")["result"]
        assert [row["trade_seq"] for row in found["trades"]] == [newest - 9, newest - 8, newest - 7]
        assert found["has_more"]
        found = self.ask(world, "get_last_trades_by_instrument", **query, count="100")["result"]
        assert [row["trade_seq"] for row in found["trades"]] == list(range(newest - 2, newest - 10, -1))
        assert not found["has_more"]

    def test_candles_in_columns(self, world):
        """Candles are listed as columns of equal length, by time."""
        now = int(START * 1000)
        query = {"start_timestamp": str(now - 300_000), "end_timestamp": str(now), "resolution": "1"}
        result = self.ask(world, "get_tradingview_chart_data", instrument_name="BTC-PERPETUAL", **query)["result"]
        assert {len(column) for name, column in result.items() if name != "status"} == {6}
        assert result["ticks"] == sorted(result["ticks"])
        none = self.ask(
            world,
            "get_tradingview_chart_data",
            instrument_name="BTC-PERPETUAL",
            start_timestamp="0",
            end_timestamp="1",
            resolution="1D",
        )
        assert none["result"]["status"] == "no_data"

    def test_what_is_not_there(self, world):
        """An unknown path is no page, and an unknown depth an error."""
        assert world.get(DERIBIT, "/nothing")[0] == 404
        answer = self.ask(world, "get_order_book", instrument_name="BTC-PERPETUAL", depth="7")
        assert answer["error"]["data"]["param"] == "depth"
        assert "status" not in answer


class TestAccount:
    @pytest.fixture
    def strict(self):
        return VirtualWorld(exchanges=[DERIBIT], strict_keys=True)

    def auth(self, **params):
        return call("auth", number=9, **params)

    def signed(self, account, **changed):
        stamp, nonce = str(int(START * 1000)), "abcd1234"
        params = {"client_id": account.api_key, "timestamp": int(stamp), "nonce": nonce, "data": ""}
        params |= {"signature": signature(account.secret, stamp, nonce, "")} | changed
        return self.auth(grant_type="client_signature", **params)

    def private(self, method, **params):
        return {"jsonrpc": "2.0", "id": 1, "method": f"private/{method}", "params": params}

    def ask(self, world, account, method, raw_query="", key=None):
        stamp = str(int(START * 1000))
        path = f"/api/v2/private/{method}"
        data = f"GET\n{path}{'?' if raw_query else ''}{raw_query}\n\n"
        signed = f"ts={stamp},nonce=1,sig={signature(account.secret, stamp, '1', data)}"
        headers = {"Authorization": f"deri-hmac-sha256 id={key or account.api_key},{signed}"}
        return world.request(DERIBIT, path, raw_query, headers)

    def test_the_vector_of_the_documents(self):
        """The published example has its signature."""
        assert signature("docsSecret", "1700000000000", "abcd1234", "") == (
            "fa7c868ea6be753b9d3604a32140a6e30375510d4c662f3cabc1b0376264e7c4"
        )

    def test_logins(self, strict):
        """A signature or the secret opens an account; anything else is refused in the venue's words."""
        account, client = strict.account(DERIBIT), strict.connect(DERIBIT, PATH)
        secret = self.auth(grant_type="client_credentials", client_id=account.api_key, client_secret=account.secret)
        for login in (self.signed(account), secret):
            [answer] = strict.send(client, login)
            assert (answer["id"], answer["result"]["token_type"], answer["result"]["expires_in"]) == (9, "bearer", 900)
        refused = {
            13004: [self.signed(account, signature="ab"), self.signed(account, client_id="nobody")],
            -32602: [self.signed(account, timestamp=1700000000000), self.auth(grant_type="password")],
        }
        for code, logins in refused.items():
            for login in logins:
                [answer] = strict.send(strict.connect(DERIBIT, PATH), login)
                assert answer["error"]["code"] == code

    def test_private_channels_want_a_login(self, strict):
        """Before a login private methods and channels are refused; an unknown channel is left out after it."""
        account, client = strict.account(DERIBIT), strict.connect(DERIBIT, PATH)
        wanted = self.private("subscribe", channels=["user.portfolio.any", "user.nonsense"])
        for message in (wanted, self.private("get_open_orders")):
            [answer] = strict.send(client, message)
            assert answer["error"] == {"code": 13009, "message": "unauthorized"}
        strict.send(client, self.signed(account))
        [answer] = strict.send(client, wanted)
        assert answer["result"] == ["user.portfolio.any"]
        [answer] = strict.send(client, self.private("unsubscribe", channels=["user.portfolio.any", "x"]))
        assert answer["result"] == ["user.portfolio.any"]

    def test_what_channels_tell(self, strict):
        """A fill is told in one frame of changes, in lists of their own, and in the portfolio."""
        account, client = strict.account(DERIBIT), strict.connect(DERIBIT, PATH)
        strict.send(client, self.signed(account))
        names = ["user.changes.future.any.raw", "user.orders.any.any.raw", "user.orders.any.USDT.100ms"]
        names += ["user.trades.any.any.raw", "user.portfolio.any", "user.trades.any.BTC.raw"]
        strict.send(client, self.private("subscribe", channels=names))
        account.fill(account.place("BTCUSDT", "buy", "0.01", "80000"))
        frames = [(frame["params"]["channel"], frame["params"]["data"]) for frame in client.take()]
        told = {name: [data for channel, data in frames if channel == name] for name in names}
        assert told[names[5]] == []
        last = told[names[0]][-1]
        [order], [trade], [position] = last["orders"], last["trades"], last["positions"]
        assert (order["order_state"], order["filled_amount"], order["average_price"]) == ("filled", 0.01, 80000)
        assert (trade["order_id"], trade["amount"], trade["fee_currency"]) == (order["order_id"], 0.01, "USDT")
        assert (position["direction"], position["size"], position["average_price"]) == ("buy", 0.01, 80000)
        assert told[names[1]][-1] == order
        assert told[names[2]][-1] == [order]
        assert told[names[3]] == [[trade]]
        portfolio, held = told[names[4]][-1], account.balances()["USDT"]
        assert (portfolio["currency"], portfolio["available_funds"]) == ("USDT", float(held.free))
        sample = (
            '{"order_id":"USDC-104819327443","label":"my-1","instrument_name":"ETH_USDC-PERPETUAL","direction":"buy",'
            '"order_type":"limit","time_in_force":"good_til_cancelled","price":2973.55,"amount":0.001,'
            '"filled_amount":0.0,"average_price":0.0,"order_state":"open","creation_timestamp":1767978363493,'
            '"last_update_timestamp":1767978363493,"post_only":true,"reduce_only":false,"contracts":1.0,'
            '"replaced":false,"is_liquidation":false,"api":true,"web":false}'
        )
        assert like(order, sample)

    def test_lists(self, strict):
        """Orders, trades, positions and balances are listed to who signs, by currency where that is wanted."""
        account = strict.account(DERIBIT)
        done = account.fill(account.place("BTCUSDT", "buy", "0.01", "80000"))
        account.cancel(account.place("BTCUSDT", "sell", "0.02", "120000"))
        waiting = account.place("BTCUSDT", "sell", "0.02", "110000")
        status, body = self.ask(strict, account, "get_open_orders", "kind=future")
        assert (status, [row["order_id"] for row in body["result"]]) == (200, [waiting.order_id])
        _, body = self.ask(strict, account, "get_order_history_by_currency", "currency=USDT&kind=future")
        assert [row["order_id"] for row in body["result"]] == [done.order_id]
        _, body = self.ask(strict, account, "get_order_history_by_currency", "currency=USDT&include_unfilled=true")
        assert len(body["result"]) == 2
        _, body = self.ask(strict, account, "get_order_state", f"order_id={waiting.order_id}")
        assert body["result"]["order_state"] == "open"
        times = "currency=USDT&start_timestamp=0&end_timestamp=4102444800000"
        _, body = self.ask(strict, account, "get_user_trades_by_currency_and_time", times)
        assert [row["order_id"] for row in body["result"]["trades"]] == [done.order_id]
        _, body = self.ask(strict, account, "get_positions", "currency=any&kind=future")
        assert [row["size"] for row in body["result"]] == [0.01]
        _, body = self.ask(strict, account, "get_account_summaries")
        assert {row["currency"] for row in body["result"]["summaries"]} >= {"USDT", "BTC"}

    @pytest.mark.parametrize(
        ("method", "query", "code"),
        [
            ("get_order_history_by_currency", "", -32602),
            ("get_order_history_by_currency", "currency=BTC&count=5000", -32602),
            ("get_user_trades_by_currency_and_time", "currency=BTC", -32602),
            ("get_order_state", "order_id=7", 10004),
        ],
    )
    def test_refused_lists(self, strict, method, query, code):
        """A list that is asked for in a wrong way is refused with a code."""
        status, body = self.ask(strict, strict.account(DERIBIT), method, query)
        assert (status, body["error"]["code"]) == (400, code)

    def test_calls_of_others(self, strict):
        """Without a signature, or with an unknown key, nothing is listed."""
        account = strict.account(DERIBIT)
        assert strict.get(DERIBIT, "/api/v2/private/get_open_orders")[1]["error"]["code"] == 13009
        assert self.ask(strict, account, "get_open_orders", key="nobody")[1]["error"]["code"] == 13004
