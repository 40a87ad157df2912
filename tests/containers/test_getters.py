"""The getters, their aliases and the fields they read, typed out once more and held against the classes."""

from __future__ import annotations

import inspect
import math
from typing import Any, NamedTuple

import pytest

from bt_api_py import containers
from bt_api_py.containers import (
    AccountData,
    BalanceData,
    BarData,
    BookState,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    OrderData,
    PositionData,
    SymbolData,
    TickerData,
    Topic,
    TradeData,
)


class Getter(NamedTuple):
    """What a getter reads, how it turns that into its value, and the other names for it."""

    kind: str
    field: str
    aliases: tuple[str, ...] = ()


def number(field: str, *aliases: str) -> Getter:
    return Getter("number", field, aliases)


def quantity(field: str, *aliases: str) -> Getter:
    return Getter("quantity", field, aliases)


def text(field: str, *aliases: str) -> Getter:
    return Getter("text", field, aliases)


def time(field: str, *aliases: str) -> Getter:
    return Getter("time", field, aliases)


def flag(field: str, *aliases: str) -> Getter:
    return Getter("flag", field, aliases)


def special(*aliases: str) -> Getter:
    """A getter with a rule of its own, which has a test of its own."""
    return Getter("special", "", aliases)


COMMON = {
    "get_symbol": special("get_symbol_name"),
    "get_venue_symbol": special(),
    "get_timestamp": special(),
    "get_server_time": special(),
    "get_local_update_time": special(),
    "get_latency_ms": special(),
    "get_exchange_name": special(),
    "get_venue": special(),
    "get_asset_type": special(),
    "get_event": special(),
    "get_origin": special(),
    "get_quantity_unit": special(),
    "get_raw_data": special(),
    "get_all_data": special(),
}

GETTERS: dict[type[Any], dict[str, Getter]] = {
    TickerData: {
        "get_last_price": number("last_price"),
        "get_last_volume": quantity("last_quantity"),
        "get_bid_price": number("bid_price"),
        "get_bid_volume": quantity("bid_quantity"),
        "get_ask_price": number("ask_price"),
        "get_ask_volume": quantity("ask_quantity"),
        "get_open_price": number("open_price", "get_open_24h"),
        "get_high_price": number("high_price", "get_high_24h"),
        "get_low_price": number("low_price", "get_low_24h"),
        "get_prev_close": number("previous_close"),
        "get_volume": quantity("volume", "get_volume_24h", "get_vol_24h"),
        "get_turnover_24h": number("turnover", "get_vol_ccy_24h"),
        "get_price_change": number("price_change_percent", "get_price_change_pct"),
        "get_price_change_abs": number("price_change"),
        "get_venue_symbol": special("get_ticker_symbol_name"),
    },
    OrderBookData: {
        "get_bids": special(),
        "get_asks": special(),
        "get_bid_price_list": special(),
        "get_ask_price_list": special(),
        "get_bid_volume_list": special(),
        "get_ask_volume_list": special(),
        "get_bid_trade_nums": special(),
        "get_ask_trade_nums": special(),
        "get_bid_orders_list": special(),
        "get_ask_orders_list": special(),
        "get_bid_liquidation_list": special(),
        "get_ask_liquidation_list": special(),
        "get_sequence": special(),
        "get_checksum": special(),
        "get_action": special(),
        "get_best_bid": special(),
        "get_best_ask": special(),
        "get_mid_price": special(),
        "get_spread": special(),
        "get_venue_symbol": special("get_order_book_symbol_name"),
    },
    TradeData: {
        "get_price": special("get_trade_price"),
        "get_quantity": special("get_trade_volume", "get_trade_qty", "get_qty"),
        "get_side": special("get_trade_side"),
        "get_trade_time": special(),
        "get_trade_id": special(),
        "get_trade_type": text("trade_type"),
        "get_order_id": text("order_id"),
        "get_client_order_id": text("client_order_id"),
        "get_trade_fee": number("fee", "get_fee"),
        "get_trade_fee_symbol": text("fee_asset"),
        "get_trade_offset": text("offset"),
        "get_trade_accumulate_volume": quantity("accumulated_quantity"),
        "get_first_trade_id": text("first_trade_id"),
        "get_last_trade_id": text("last_trade_id"),
        "get_venue_symbol": special("get_trade_symbol_name"),
    },
    BarData: {
        "get_open_time": special(),
        "get_close_time": special(),
        "get_open": number("open", "get_open_price"),
        "get_high": number("high", "get_high_price"),
        "get_low": number("low", "get_low_price"),
        "get_close": number("close", "get_close_price"),
        "get_volume": quantity("volume", "get_base_asset_volume"),
        "get_amount": number("amount", "get_quote_asset_volume"),
        "get_num_trades": special(),
        "get_bar_status": special("is_closed"),
        "get_interval": special(),
        "get_taker_buy_base_asset_volume": quantity("taker_buy_volume"),
        "get_taker_buy_quote_asset_volume": number("taker_buy_amount"),
        "get_venue_symbol": special("get_bar_symbol_name"),
    },
    OrderData: {
        "get_status": special(),
        "get_order_status": special(),
        "get_order_id": special(),
        "get_client_order_id": text("client_order_id"),
        "get_side": text("side", "get_order_side"),
        "get_quantity": quantity("quantity", "get_order_size", "get_order_qty"),
        "get_filled_quantity": quantity("filled_quantity", "get_executed_qty", "get_order_filled_qty"),
        "get_avg_price": number("average_price", "get_order_avg_price"),
        "get_price": number("price", "get_order_price"),
        "get_order_type": text("order_type", "get_origin_order_type"),
        "get_cum_quote": number("cumulative_quote"),
        "get_order_time_in_force": text("time_in_force"),
        "get_reduce_only": flag("reduce_only"),
        "get_close_position": flag("close_position"),
        "get_position_side": text("position_side"),
        "get_order_offset": text("offset"),
        "get_order_exchange_id": text("exchange_order_id"),
        "get_trade_id": text("trade_id"),
        "get_create_time": time("create_time"),
        "get_update_time": special(),
        "get_fee": number("fee"),
        "get_fee_asset": text("fee_asset"),
        "get_stop_loss_price": number("stop_loss_price"),
        "get_stop_loss_trigger_price": number("stop_loss_trigger_price"),
        "get_stop_loss_trigger_price_type": text("stop_loss_trigger_price_type"),
        "get_take_profit_price": number("take_profit_price"),
        "get_take_profit_trigger_price": number("take_profit_trigger_price"),
        "get_take_profit_trigger_price_type": text("take_profit_trigger_price_type"),
        "get_trailing_stop_price": number("trailing_stop_price"),
        "get_trailing_stop_trigger_price": number("trailing_stop_trigger_price"),
        "get_trailing_stop_trigger_price_type": text("trailing_stop_trigger_price_type"),
        "get_trailing_stop_callback_rate": number("trailing_stop_callback_rate"),
        "get_venue_symbol": special("get_order_symbol_name"),
    },
    BalanceData: {
        "get_asset": special("get_currency", "get_symbol_name"),
        "get_free_balance": number("free", "get_available_margin", "get_free"),
        "get_locked_balance": number("locked", "get_used_margin", "get_locked"),
        "get_total_balance": number("total", "get_margin", "get_total"),
        "get_account_type": text("account_type"),
        "get_account_id": text("account_id"),
        "get_unrealized_profit": number("unrealized_profit"),
        "get_interest": number("interest"),
        "get_maintain_margin": number("maintain_margin"),
        "get_max_withdraw_amount": number("max_withdraw_amount"),
        "get_position_initial_margin": number("position_initial_margin"),
        "get_open_order_initial_margin": number("open_order_initial_margin"),
        "get_open_order_maintenance_margin": number("open_order_maintenance_margin"),
        "get_fee_tier": text("fee_tier"),
    },
    AccountData: {
        "get_balances": special(),
        "get_positions": special(),
        "get_account_id": text("account_id"),
        "get_account_type": text("account_type"),
        "get_can_trade": flag("can_trade"),
        "get_can_deposit": flag("can_deposit"),
        "get_can_withdraw": flag("can_withdraw"),
        "get_fee_tier": text("fee_tier"),
        "get_total_wallet_balance": number("total_wallet_balance"),
        "get_total_margin": number("total_margin"),
        "get_total_available_margin": number("total_available_margin"),
        "get_total_used_margin": number("total_used_margin"),
        "get_total_maintain_margin": number("total_maintain_margin"),
        "get_total_unrealized_profit": number("total_unrealized_profit"),
        "get_total_position_initial_margin": number("total_position_initial_margin"),
        "get_total_open_order_initial_margin": number("total_open_order_initial_margin"),
        "get_max_withdraw_amount": number("max_withdraw_amount"),
        "get_spot_maker_commission_rate": number("spot_maker_commission_rate"),
        "get_spot_taker_commission_rate": number("spot_taker_commission_rate"),
        "get_future_maker_commission_rate": number("future_maker_commission_rate"),
        "get_future_taker_commission_rate": number("future_taker_commission_rate"),
        "get_option_maker_commission_rate": number("option_maker_commission_rate"),
        "get_option_taker_commission_rate": number("option_taker_commission_rate"),
        "get_is_multi_assets_margin": flag("is_multi_assets_margin"),
    },
    PositionData: {
        "get_quantity": quantity("quantity", "get_position_volume", "get_position"),
        "get_side": special("get_position_side"),
        "get_avg_price": number("average_price", "get_open_price"),
        "get_mark_price": number("mark_price"),
        "get_liquidation_price": number("liquidation_price"),
        "get_unrealized_pnl": number("unrealized_pnl", "get_position_unrealized_pnl", "get_unrealized_profit"),
        "get_realized_pnl": number("realized_pnl", "get_position_realized_pnl"),
        "get_leverage": number("leverage"),
        "get_margin_type": text("margin_type"),
        "get_is_isolated": flag("is_isolated"),
        "get_is_auto_add_margin": flag("is_auto_add_margin"),
        "get_initial_margin": number("initial_margin"),
        "get_maintain_margin": number("maintain_margin", "get_maintenance_margin"),
        "get_position_initial_margin": number("position_initial_margin"),
        "get_max_notional_value": number("max_notional_value"),
        "get_position_fee": number("fee", "get_position_commission"),
        "get_position_funding_value": number("funding_value"),
        "get_position_id": text("position_id"),
        "get_account_id": text("account_id"),
        "get_trade_num": number("trade_num"),
        "get_open_order_initial_margin": number("open_order_initial_margin", "open_order_initial_margin"),
        "get_venue_symbol": special("get_position_symbol_name"),
    },
    MarkPriceData: {
        "get_mark_price": number("mark_price"),
        "get_index_price": number("index_price"),
        "get_settlement_price": number("settlement_price"),
        "get_venue_symbol": special("get_mark_price_symbol_name"),
    },
    FundingRateData: {
        "get_current_funding_rate": number("current_funding_rate"),
        "get_next_funding_rate": number("next_funding_rate"),
        "get_current_funding_time": time("current_funding_time"),
        "get_next_funding_time": time("next_funding_time"),
        "get_pre_funding_rate": number("pre_funding_rate"),
        "get_pre_funding_time": time("pre_funding_time"),
        "get_max_funding_rate": number("max_funding_rate"),
        "get_min_funding_rate": number("min_funding_rate"),
        "get_settlement_funding_rate": number("settlement_funding_rate"),
        "get_settlement_status": text("settlement_status"),
        "get_method": text("method"),
        "get_venue_symbol": special("get_funding_rate_symbol_name"),
    },
    LiquidationData: {
        "get_price": number("price"),
        "get_quantity": quantity("quantity", "get_size"),
        "get_side": text("side"),
        "get_position_side": text("position_side", "get_pos_side"),
        "get_bankruptcy_price": number("bankruptcy_price"),
    },
    OpenInterestData: {
        "get_open_interest": quantity("open_interest"),
        "get_open_interest_ccy": number("open_interest_ccy"),
    },
    SymbolData: {
        "get_base_asset": special(),
        "get_quote_asset": special(),
        "get_price_unit": number("tick_size", "get_tick_size"),
        "get_qty_unit": quantity("lot_size", "get_lot_size"),
        "get_price_digital": special(),
        "get_qty_digital": special(),
        "get_min_price": number("min_price"),
        "get_max_price": number("max_price"),
        "get_min_qty": quantity("min_quantity"),
        "get_max_qty": quantity("max_quantity"),
        "get_min_notional": number("min_notional"),
        "get_contract_multiplier": special(),
        "get_contract_type": text("contract_type"),
        "get_settle_asset": special(),
        "get_delivery_time": time("delivery_time"),
        "get_maintain_margin_percent": number("maintain_margin_percent"),
        "get_required_margin_percent": number("required_margin_percent"),
        "get_status": special(),
    },
}

# Not getters: what else users may call.
OTHER_METHODS = {"init_data", "spelled", "told_as", "holding", "as_closed", "is_trading", "figure"}

EVENTS = {
    TickerData: "TickerEvent",
    OrderBookData: "OrderBookEvent",
    TradeData: "TradeEvent",
    BarData: "BarEvent",
    OrderData: "OrderEvent",
    BalanceData: "BalanceEvent",
    AccountData: "AccountEvent",
    PositionData: "PositionEvent",
    MarkPriceData: "MarkPriceEvent",
    FundingRateData: "FundingEvent",
    LiquidationData: "LiquidationWarningEvent",
    OpenInterestData: "OpenInterestEvent",
    SymbolData: "SymbolEvent",
}

CLASSES = pytest.mark.parametrize("cls", GETTERS, ids=lambda cls: cls.__name__)
FACTOR = 0.5
SWAP = Topic("NIMBUS___SWAP", "any", "BTC/USDT", "BTC-USDT-SWAP", interval="1m", factor=FACTOR)

# What makes each object what it is, for the getters that refuse to do without.
ESSENTIALS = {
    TradeData: {"trade_id": "1", "price": 1.0, "quantity": 1.0, "side": "buy"},
    OrderData: {"order_id": "1"},
    BalanceData: {"asset": "usdt"},
    SymbolData: {"base": "btc", "quote": "usdt"},
}


def readers(cls: type[Any], *kinds: str) -> list[tuple[str, Getter]]:
    """Return the getters of these kinds by name."""
    return [(name, getter) for name, getter in GETTERS[cls].items() if getter.kind in kinds]


def as_sent(cls: type[Any]) -> dict[str, Any]:
    """Return a record in which no two fields have the same value, except flags, which have but two."""
    fields: dict[str, Any] = {"timestamp": 1700000000000}
    for place, getter in enumerate(GETTERS[cls].values(), start=1):
        if getter.kind in ("number", "quantity"):
            fields[getter.field] = f"{place}.25"
        elif getter.kind == "text":
            fields[getter.field] = f"word {place}"
        elif getter.kind == "time":
            fields[getter.field] = 1700000000000 + place
        elif getter.kind == "flag":
            fields[getter.field] = place % 2 == 0
    return ESSENTIALS.get(cls, {}) | fields


def object_of(cls: type[Any], build: Any, **fields: Any) -> Any:
    """Return an object with these fields; books are made of levels and have no fields of that kind."""
    if cls is OrderBookData:
        return OrderBookData(BookState([["1.5", "2"]], [["1.75", "4"]], timestamp=1700000000000), SWAP, 1.0)
    return build(cls, topic=SWAP, **fields)


def same(first: Any, second: Any) -> bool:
    both_nan = isinstance(first, float) and isinstance(second, float) and math.isnan(first)
    return math.isnan(second) if both_nan else first == second


@CLASSES
def test_every_public_method_is_in_the_table(cls: type[Any]) -> None:
    """A class has the getters and aliases of the table, and no public method besides."""
    table = COMMON | GETTERS[cls]
    # A class may add an alias to a common getter.
    expected = OTHER_METHODS & set(dir(cls)) | {"get_symbol_name"}
    for name, getter in table.items():
        expected |= {name, *getter.aliases}
    found = {name for name, value in inspect.getmembers(cls, callable) if not name.startswith("_")}
    assert found == expected


@CLASSES
def test_every_method_is_documented(cls: type[Any]) -> None:
    """Every public method has a docstring that begins with a verb in the imperative."""
    for name, method in inspect.getmembers(cls, callable):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
            assert inspect.getdoc(method).split()[0] in ("Return", "Convert"), name  # type: ignore[union-attr]


@CLASSES
def test_aliases_give_the_same_value(cls: type[Any], build: Any) -> None:
    """An alias returns what the getter returns."""
    item = object_of(cls, build, **as_sent(cls))
    for name, getter in (COMMON | GETTERS[cls]).items():
        for alias in getter.aliases:
            if (cls, alias) == (BalanceData, "get_symbol_name") and name == "get_symbol":
                continue  # an alias of get_asset there
            assert same(getattr(item, alias)(), getattr(item, name)()), alias


@CLASSES
def test_each_getter_reads_its_own_field(cls: type[Any], build: Any) -> None:
    """A getter returns its own field of a full record: numbers as float, quantities in base units."""
    sent = as_sent(cls)
    item = object_of(cls, build, **sent)
    for name, getter in readers(cls, "number", "quantity", "text", "time", "flag"):
        value, expected = getattr(item, name)(), sent[getter.field]
        if getter.kind == "number":
            expected = float(expected)
        elif getter.kind == "quantity":
            expected = float(expected) * FACTOR
        assert (type(value), value) == (type(expected), expected), name


@CLASSES
def test_nothing_sent_is_nan_or_none(cls: type[Any], build: Any) -> None:
    """Of an empty record a number is nan, a text or a claim None, a time 0."""
    item = object_of(cls, build)
    for name, _ in readers(cls, "number", "quantity"):
        assert math.isnan(getattr(item, name)()), name
    for name, _ in readers(cls, "text", "flag"):
        assert getattr(item, name)() is None, name
    for name, _ in readers(cls, "time"):
        assert getattr(item, name)() == 0, name


@pytest.mark.parametrize("junk", [None, "", "abc", "inf", "-Infinity", "NaN", math.inf, [], "1e999"], ids=repr)
@CLASSES
def test_no_junk_gets_through_as_a_number(cls: type[Any], junk: Any, build: Any) -> None:
    """What is empty, no number or not finite is nan, and as a time 0."""
    fields = {getter.field: junk for _, getter in readers(cls, "number", "quantity", "time")}
    item = object_of(cls, build, **fields)
    for name, _ in readers(cls, "number", "quantity"):
        assert math.isnan(getattr(item, name)()), name
    for name, _ in readers(cls, "time"):
        assert getattr(item, name)() == 0, name


def test_an_integer_too_large_for_a_float_is_nan(build: Any) -> None:
    """An integer of 400 digits is no price."""
    assert math.isnan(build(TickerData, last_price=10**400).get_last_price())


@CLASSES
def test_the_event_names_the_class(cls: type[Any], build: Any) -> None:
    """get_event returns the class's own event name."""
    assert object_of(cls, build, **as_sent(cls)).get_event() == EVENTS[cls]


def test_all_classes_are_exported_and_in_the_table() -> None:
    """The package exports exactly the data classes of the table, and __all__ is complete."""
    exported = {getattr(containers, name) for name in containers.__all__ if name.endswith("Data")}
    assert exported == set(GETTERS)
    assert containers.__all__ == sorted(containers.__all__)
