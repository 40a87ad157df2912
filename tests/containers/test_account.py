from __future__ import annotations

from typing import Any

import orjson

from bt_api_py.containers import AccountData, BalanceData, PositionData


def test_an_account_holds_balances_and_positions(build: Any, swap: Any) -> None:
    """Balances and positions are the objects that the record holds, in lists of the caller's own."""
    balance = build(BalanceData, asset="USDT", free="1", locked="2")
    position = build(PositionData, topic=swap, quantity="8")
    account = build(AccountData, account_id=9007199254740993, balances=[balance], positions=[position])
    assert account.get_balances() == [balance]
    assert account.get_positions() == [position]
    account.get_balances().clear()
    assert account.get_balances() == [balance]
    assert account.get_account_id() == "9007199254740993"


def test_the_data_of_an_account_contain_those_of_its_parts(build: Any, swap: Any) -> None:
    """get_all_data nests the data of balances and positions, JSON-ready."""
    balance = build(BalanceData, asset="USDT", free="1", locked="2")
    position = build(PositionData, topic=swap, quantity="8")
    data = build(AccountData, balances=[balance], positions=[position]).get_all_data()
    assert data["balances"] == [balance.get_all_data()]
    assert data["positions"][0]["quantity"] == 2.0
    assert orjson.loads(orjson.dumps(data)) == data


def test_an_empty_account_has_empty_lists(build: Any) -> None:
    """An account of which only the fees were sent has no balances and no positions."""
    account = build(AccountData, spot_maker_commission_rate="0.001")
    assert account.get_balances() == account.get_positions() == []
    assert account.get_spot_maker_commission_rate() == 0.001
