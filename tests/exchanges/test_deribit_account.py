"""Deribit's account side: the vectors, events and answers of its documents, one by one."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, PositionData, SymbolData, Topic
from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges.account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS
from bt_api_py.exchanges.base import Accepted, Ack, Refusal
from bt_api_py.exchanges.deribit import DeribitAccount, DeribitSwap
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, sent, walk

ABOUT = Topic("DERIBIT___SWAP", "account")
ORDER = {
    "order_id": "USDC-104819327443", "label": "my-1", "instrument_name": "ETH_USDC-PERPETUAL", "direction": "buy",
    "order_type": "limit", "time_in_force": "good_til_cancelled", "price": 2973.55, "amount": 0.001,
    "filled_amount": 0.0, "average_price": 0.0, "order_state": "open", "creation_timestamp": 1767978363493,
    "last_update_timestamp": 1767978363493, "post_only": True, "reduce_only": False, "contracts": 1.0,
    "replaced": False, "is_liquidation": False, "api": True, "web": False,
}  # fmt: skip
FILL = {
    "trade_seq": 149546319, "trade_id": "219381310", "timestamp": 1655421193564, "tick_direction": 0,
    "state": "filled", "self_trade": False, "reduce_only": False, "profit_loss": 0, "price": 20236.5,
    "post_only": False, "order_type": "market", "order_id": "46108941243", "matching_id": None,
    "mark_price": 20233.96, "liquidity": "T", "instrument_name": "BTC-PERPETUAL", "index_price": 20253.31,
    "fee_currency": "BTC", "fee": 2.5e-07, "direction": "buy", "amount": 10,
}  # fmt: skip
POSITION = {
    "instrument_name": "ETH_USDC-PERPETUAL", "kind": "future", "direction": "sell", "size": -1.5,
    "size_currency": -1.5, "average_price": 3010.5, "mark_price": 3000.0, "floating_profit_loss": 15.75,
    "realized_profit_loss": -0.5, "estimated_liquidation_price": 4100.0, "leverage": 25, "initial_margin": 180.0,
    "maintenance_margin": 90.0,
}  # fmt: skip


@pytest.fixture
def side() -> DeribitAccount:
    return DeribitAccount(ExchangeSettings(api_key="docsKey", secret="docsSecret"))


def changes(**lists: Any) -> dict[str, Any]:
    """Return a frame of changes; what is not given is empty."""
    data = {"instrument_name": "X", "trades": [], "orders": [], "positions": []} | lists
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": DeribitAccount.names[0], "data": data}}


class TestCommands:
    def test_the_signature_of_the_documents(self, side: DeribitAccount) -> None:
        """Time, nonce and data, one in a line, are signed."""
        assert side._signature(1700000000000, "abcd1234", "") == (
            "fa7c868ea6be753b9d3604a32140a6e30375510d4c662f3cabc1b0376264e7c4"
        )

    def test_a_login(self, side: DeribitAccount) -> None:
        """The secret is never sent, and every login has a nonce of its own."""
        first, second = (side.login(1700000000000, ids()) for _ in range(2))
        params = sent(first)["params"]
        assert sent(first)["method"] == "public/auth"
        assert params["grant_type"] == "client_signature"
        assert (params["client_id"], params["timestamp"], params["data"]) == ("docsKey", 1700000000000, "")
        assert params["signature"] == side._signature(1700000000000, params["nonce"], "")
        assert params["nonce"] != sent(second)["params"]["nonce"]
        assert "docsSecret" not in first.payload
        assert "docsKey" not in repr(first)

    def test_a_signed_call(self, side: DeribitAccount) -> None:
        """Method, address and body are signed, each in a line."""
        request = next(side.positions())
        call = side.sign(request, 1700000000000)
        assert call.query == "currency=any&kind=future"
        data = f"GET\n/api/v2/private/get_positions?{call.query}\n\n"
        signature = side._signature(1700000000000, "00000001", data)
        assert call.headers == {
            "Authorization": f"deri-hmac-sha256 id=docsKey,ts=1700000000000,nonce=00000001,sig={signature}"
        }
        assert "docsKey" not in repr(call)
        plain = side.sign(next(side.balances()), 1700000000000)
        data = "GET\n/api/v2/private/get_account_summaries\n\n"
        assert plain.headers["Authorization"].endswith(f"sig={side._signature(1700000000000, '00000002', data)}")

    def test_subscriptions(self, side: DeribitAccount) -> None:
        """All channels share a private command."""
        [command] = side.subscribe(side.names, ids())
        assert sent(command)["method"] == "private/subscribe"
        assert sent(command)["params"]["channels"] == ["user.changes.future.any.raw", "user.portfolio.any"]

    @pytest.mark.parametrize(
        ("frame", "expected"),
        [
            (
                {"id": 9, "result": {"token_type": "bearer", "scope": "session:bt", "access_token": "..",
                                     "expires_in": 900}},
                Ack("9"),
            ),
            ({"id": 2, "result": ["user.portfolio.any"]}, Accepted("2", frozenset({"user.portfolio.any"}))),
            (
                {"id": 9, "error": {"code": 13004, "message": "invalid_credentials"}},
                Refusal(f"invalid_credentials (code 13004); {CHECK_KEY}", id="9", code="13004", is_login=True),
            ),
            (
                {"id": 2, "error": {"code": 13009, "message": "unauthorized"}},
                Refusal(f"unauthorized (code 13009); {CHECK_RIGHTS}", id="2", code="13009", is_login=True),
            ),
            (
                {"id": 9, "error": {"code": -32602, "message": "Invalid params",
                                    "data": {"param": "timestamp", "reason": "too old"}}},
                Refusal(
                    f"Invalid params: timestamp too old (code -32602); {CHECK_CLOCK}",
                    id="9", code="-32602", is_clock=True,
                ),
            ),
            (
                {"id": 2, "error": {"code": 11051, "message": "system_maintenance"}},
                Refusal("system_maintenance (code 11051)", id="2", code="11051", is_pace=True),
            ),
        ],
    )  # fmt: skip
    def test_answers(self, side: DeribitAccount, frame: Any, expected: Any) -> None:
        """A login is acknowledged by its number; what is refused says what to look at."""
        assert said(side, {"jsonrpc": "2.0", **frame}) == [expected]

    def test_errors_by_rest(self, side: DeribitAccount) -> None:
        """Wrong keys and a wrong clock are told from each other."""
        faults = [{"code": 13009, "message": "unauthorized"}]
        faults += [{"code": -32602, "message": "Invalid params", "data": {"param": "timestamp", "reason": "old"}}]
        errors = [side.failure("/x", 400, json.dumps({"error": fault}).encode()) for fault in faults]
        assert [type(error) for error in errors] == [AuthenticationError, AuthenticationError]
        assert [side.is_clock_error(error) for error in errors if error is not None] == [False, True]


class TestRecords:
    def test_an_order(self, side: DeribitAccount) -> None:
        """An order has the venue's figures under our names."""
        row = row_of(side, changes(orders=[ORDER]))
        expected = {
            "order_id": "USDC-104819327443",
            "client_order_id": "my-1",
            "venue_symbol": "ETH_USDC-PERPETUAL",
            "side": "buy",
            "order_type": "limit",
            "time_in_force": "GTC",
            "price": 2973.55,
            "quantity": 0.001,
            "filled_quantity": 0.0,
            "average_price": None,
            "status": "new",
            "create_time": 1767978363493,
            "timestamp": 1767978363493,
            "reduce_only": False,
            "total_fee_asset": "USDC",
        }
        assert fields(row, list(expected)) == expected

    def test_a_market_order_that_waits(self, side: DeribitAccount) -> None:
        """A word stands for the price of a market order, and one that waits for its trigger has no filled amount."""
        waiting = {key: value for key, value in ORDER.items() if key not in ("filled_amount", "average_price")}
        waiting |= {"price": "market_price", "order_state": "untriggered", "order_type": "stop_market"}
        row = row_of(side, changes(orders=[waiting]))
        assert (row.status, row.filled_quantity, row.quantity) == ("new", 0.0, 0.001)
        assert math.isnan(OrderData(row, ABOUT).get_price())

    @pytest.mark.parametrize(
        ("state", "filled", "status"),
        [
            ("open", 0, "new"),
            ("open", 0.0005, "partial"),
            ("untriggered", 0, "new"),
            ("triggered", 0, "new"),
            ("filled", 0.001, "filled"),
            ("cancelled", 0.0005, "canceled"),
            ("rejected", 0, "rejected"),
            ("asleep", 0, "unknown"),
        ],
    )
    def test_the_table_of_states(self, side: DeribitAccount, state: str, filled: float, status: str) -> None:
        """Every state has its normalised word."""
        changed = ORDER | {"order_state": state, "filled_amount": filled, "average_price": 2973.5 if filled else 0}
        assert row_of(side, changes(orders=[changed])).status == status

    def test_an_inverse_order(self, side: DeribitAccount) -> None:
        """What is ordered is counted at the limit, what is filled at the mean price; the fee is in the base asset."""
        inverse = ORDER | {
            "instrument_name": "BTC-PERPETUAL", "price": 50000.0, "amount": 1000, "filled_amount": 400,
            "average_price": 49000.0, "commission": 4e-6,
        }  # fmt: skip
        row = row_of(side, changes(orders=[inverse]))
        assert (row.quantity, row.filled_quantity) == (1000 / 50000, 400 / 49000)
        assert (row.total_fee, row.total_fee_asset) == (4e-6, "BTC")
        market = inverse | {"price": "market_price", "filled_amount": 0, "average_price": 0}
        row = row_of(side, changes(orders=[market]))
        assert (row.quantity, row.filled_quantity, row.average_price) == (None, 0.0, None)

    def test_a_fill(self, side: DeribitAccount) -> None:
        """A fill has its fee in the asset of settlement; a rebate is negative."""
        row = row_of(side, changes(trades=[FILL]))
        expected = {
            "trade_id": "219381310",
            "order_id": "46108941243",
            "client_order_id": None,
            "side": "buy",
            "price": 20236.5,
            "quantity": 10 / 20236.5,
            "trade_type": "taker",
            "fee": 2.5e-07,
            "fee_asset": "BTC",
            "timestamp": 1655421193564,
        }
        assert fields(row, list(expected)) == expected

    @pytest.mark.parametrize(
        ("told", "quantity", "held"),
        [
            ({}, -1.5, "short"),
            ({"direction": "buy", "size": 1.5}, 1.5, "long"),
            ({"direction": "sell", "size": 1.5}, -1.5, "short"),
            ({"direction": "zero", "size": 0, "size_currency": 0}, 0.0, "net"),
            ({"instrument_name": "BTC-PERPETUAL", "size": -30000, "size_currency": -0.5}, -0.5, "short"),
            ({"instrument_name": "BTC-PERPETUAL", "size": -30000, "size_currency": None}, -10.0, "short"),
        ],
    )
    def test_positions(self, side: DeribitAccount, told: dict[str, Any], quantity: float, held: str) -> None:
        """The direction gives the sign; an inverse position tells its base asset beside its dollars."""
        position = PositionData(row_of(side, changes(positions=[POSITION | told])), ABOUT)
        assert (position.get_quantity(), position.get_side()) == (quantity, held)
        assert (position.get_avg_price(), position.get_liquidation_price()) == (3010.5, 4100.0)
        assert (position.get_unrealized_pnl(), position.get_leverage()) == (15.75, 25.0)
        assert (position.get_initial_margin(), position.get_maintain_margin()) == (180.0, 90.0)

    def test_all_at_one_moment(self, side: DeribitAccount) -> None:
        """Of one frame, fills come before the orders that they moved, and positions last."""
        rows = rows_of(side, changes(orders=[ORDER], trades=[FILL], positions=[POSITION]))
        assert [row.kind for row in rows] == ["fill", "order", "position"]

    def test_balances(self, side: DeribitAccount) -> None:
        """The recorded portfolio: what is not available is locked."""
        [frame] = messages("deribit", "balances")
        balance = BalanceData(row_of(side, frame), ABOUT)
        assert balance.get_asset() == "USDT"
        assert (balance.get_total_balance(), balance.get_free_balance()) == (55.00055, 53.868247)
        assert balance.get_locked_balance() == pytest.approx(1.132303)


class TestState:
    def test_balances_of_all_currencies(self, side: DeribitAccount) -> None:
        """Where currencies vouch for each other, no more is free of one than there is of it."""
        summaries = [answer for answer in messages("deribit", "http") if "summaries" in str(answer["result"])]
        found = {}
        for answer in summaries:
            _, rows = walk(side, side.balances(), [answer])
            for row in rows:
                found[row.asset, row.total] = row.free
        assert found["BTC", 302.61869214] == 301.38059622
        assert found["USDT", 23.61869] == 23.61869
        assert all(free <= total for (_, total), free in found.items())

    def test_open_orders_and_positions(self, side: DeribitAccount) -> None:
        """One call tells all of them."""
        [request], [row] = walk(side, side.open_orders(), [{"result": [ORDER]}])
        assert (request.path, request.query) == ("/api/v2/private/get_open_orders", {"kind": "future"})
        assert row.order_id == ORDER["order_id"]
        _, [row] = walk(side, side.positions(), [{"result": [POSITION]}])
        assert row.quantity == -1.5
        [request], _ = walk(side, side.order("X", "7"), [{"result": ORDER}])
        assert request.query == {"order_id": "7"}

    def listed(self, side: DeribitAccount) -> None:
        """Let the side know a list of contracts that settle in two currencies."""
        rows = [{"instrument_name": f"X{asset}-PERPETUAL", "base_currency": "X", "quote_currency": "USD",
                 "kind": "future", "settlement_currency": asset} for asset in ("USDC", "BTC", "USDC")]  # fmt: skip
        answer = json.dumps({"result": rows}).encode()
        found, refused = DeribitSwap().read(DeribitSwap().instruments_request(), answer, ABOUT)
        assert refused == []
        side.markets = [market for market in found if type(market) is SymbolData]

    def test_past_orders(self, side: DeribitAccount) -> None:
        """Every currency of settlement is asked for, page by page, until one is older than wanted."""
        self.listed(side)
        page = [ORDER | {"last_update_timestamp": 2000}] * 1000
        old = [ORDER | {"last_update_timestamp": 999}] * 1000
        asked, _ = walk(side, side.orders_since(1000, []), [{"result": page}, {"result": old}, {"result": []}])
        seen = [(request.query["currency"], request.query["offset"]) for request in asked]
        assert seen == [("BTC", "0"), ("BTC", "1000"), ("USDC", "0")]
        assert {request.query["include_unfilled"] for request in asked} == {"true"}

    def test_past_fills(self, side: DeribitAccount) -> None:
        """Fills are asked for from a time on, oldest first; the next page begins with the last moment of this one."""
        self.listed(side)
        page = {"trades": [FILL | {"timestamp": time} for time in range(1000, 2000)], "has_more": True}
        last = {"trades": [FILL | {"timestamp": 1999}], "has_more": False}
        asked, rows = walk(side, side.fills_since(1000, []), [{"result": page}, {"result": last}, {"result": last}])
        starts = [(request.query["currency"], request.query["start_timestamp"]) for request in asked]
        assert starts == [("BTC", "1000"), ("BTC", "1999"), ("USDC", "1000")]
        assert len(rows) == 1002

    def test_without_a_list_of_contracts(self, side: DeribitAccount) -> None:
        """The currencies that contracts are known to settle in are asked for then."""
        asked, _ = walk(side, side.orders_since(0, []), [{"result": []}] * 4)
        assert [request.query["currency"] for request in asked] == ["BTC", "ETH", "USDC", "USDT"]
