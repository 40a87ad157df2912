"""HTX contract figures: quantities in contracts, and beside them in base asset and in money."""

from typing import Any

from ...candles import MINUTE, Bar
from ...contracts import RATE_DECIMALS, Contract, Figures
from ...instruments import Instrument
from ...market import ASK, BID, Market, Trade
from ...text import exact, fixed, plain
from .figures import day_figures, depth_sides, level_rows

_FIRST_MATCH = 131_000_000_000
_FUNDING_DECIMALS = 18


def contract_code(item: Instrument) -> str:
    """Return the venue's name of a market."""
    return item.name


def trade_id(number: int) -> str:
    """Return the id of a trade: the match behind it, and its place there."""
    return f"{number}0000"


def match_id(market: Market) -> int:
    """Return the number of the last match, which most messages carry."""
    return _FIRST_MATCH + market.update_id


def _contracts(market: Market, lots: int) -> Any:
    item = market.instrument
    return exact(lots, item.quantity_decimals + item.contract_value.adjusted())


def _base(market: Market, lots: int) -> Any:
    return exact(lots, market.instrument.quantity_decimals)


def _money(market: Market, quote: int) -> Any:
    item = market.instrument
    return exact(quote, item.price_decimals + item.quantity_decimals)


def best_pairs(market: Market) -> dict[str, Any]:
    """Return the best prices with their quantities."""
    bid, ask = level_rows(market, [market.best(BID), market.best(ASK)])
    return {"bid": bid, "ask": ask}


def _volumes(market: Market, bar: Bar) -> dict[str, Any]:
    return {
        "amount": _base(market, bar.volume),
        "vol": _contracts(market, bar.volume),
        "trade_turnover": _money(market, bar.quote),
        "count": bar.count,
    }


def detail_body(market: Market) -> dict[str, Any]:
    """Return the figures of 24 hours and the best prices."""
    day = day_figures(market)
    prices = {name: day[name] for name in ("open", "close", "high", "low")}
    minute = market.now_ms // MINUTE * 60
    return {"id": minute, "mrid": match_id(market)} | prices | _volumes(market, market.day().bar) | best_pairs(market)


def listed_ticker(market: Market) -> dict[str, Any]:
    """Return a row of the list of tickers, whose numbers are texts; `vol` is money there."""
    body = detail_body(market)
    return {
        "id": body["id"],
        "ts": market.now_ms,
        "ask": body["ask"],
        "bid": body["bid"],
        "business_type": "swap",
        "contract_code": contract_code(market.instrument),
        **{name: f"{body[name]:f}" for name in ("open", "close", "low", "high", "amount")},
        "count": body["count"],
        "vol": f"{body['trade_turnover']:f}",
        "trade_turnover": f"{body['trade_turnover']:f}",
        "number_of": f"{body['vol']:f}",
        "trade_partition": market.instrument.quote,
    }


def kline_row(market: Market, bar: Bar) -> dict[str, Any]:
    """Return a bar."""
    places = market.instrument.price_decimals
    names = ("open", "close", "high", "low")
    prices = {name: exact(getattr(bar, name), places) for name in names}
    return {"id": bar.open_ms // 1000, "mrid": match_id(market)} | prices | _volumes(market, bar)


def trade_row(trade: Trade, market: Market) -> dict[str, Any]:
    """Return a trade."""
    return {
        "amount": _contracts(market, trade.quantity),
        "quantity": _base(market, trade.quantity),
        "trade_turnover": _money(market, trade.price * trade.quantity),
        "ts": trade.ms,
        "id": int(trade_id(trade.id)),
        "price": exact(trade.price, market.instrument.price_decimals),
        "direction": trade.side,
    }


def depth_body(market: Market, step: int) -> dict[str, Any]:
    """Return a `depth.stepN` book: 150 levels to step5, 20 from step6 on; `version` is a time in seconds."""
    sides = depth_sides(market, step % 6, 150 if step < 6 else 20)
    seconds = market.now_ms // 1000
    return {"mrid": match_id(market), "id": seconds} | sides | {"ts": market.now_ms, "version": seconds}


def mark_row(market: Market, ms: int) -> dict[str, Any]:
    """Return the running bar of mark prices."""
    contract, opened = Contract(market), ms // MINUTE * MINUTE
    first, last = contract.at(opened).mark_price, contract.at(ms).mark_price
    prices = {"open": first, "close": last, "high": max(first, last), "low": min(first, last)}
    texts = {name: plain(ticks, market.instrument.price_decimals) for name, ticks in prices.items()}
    return {"id": opened // 1000} | texts | {"amount": "0", "vol": "0", "trade_turnover": "0", "count": "0"}


def funding_row(item: Instrument, figures: Figures, **moments: int | None) -> dict[str, Any]:
    """Return the funding of a contract, with the times that the place tells."""
    return {
        "symbol": item.base,
        "contract_code": contract_code(item),
        "fee_asset": item.quote,
        "funding_rate": fixed(figures.funding_rate, RATE_DECIMALS, _FUNDING_DECIMALS),
        "estimated_rate": None,
        **{name: None if ms is None else str(ms) for name, ms in moments.items()},
    }


def open_interest_row(market: Market, figures: Figures) -> dict[str, Any]:
    """Return what is held open, and what was traded in 24 hours."""
    item, traded = market.instrument, _volumes(market, market.day().bar)
    return {
        "volume": _contracts(market, figures.open_interest),
        "amount": _base(market, figures.open_interest),
        "symbol": item.base,
        "value": _money(market, figures.open_interest * figures.mark_price),
        "contract_code": contract_code(item),
        "trade_amount": traded["amount"],
        "trade_volume": traded["vol"],
        "trade_turnover": traded["trade_turnover"],
        "business_type": "swap",
        "pair": contract_code(item),
        "contract_type": "swap",
        "trade_partition": item.quote,
    }


def liquidation_row(market: Market, side: str, price: int, lots: int, ms: int) -> dict[str, Any]:
    """Return a position that was closed by force."""
    item = market.instrument
    return {
        "symbol": item.base,
        "contract_code": contract_code(item),
        "direction": side,
        "offset": "close",
        "volume": _contracts(market, lots),
        "price": exact(price, item.price_decimals),
        "created_at": ms,
        "amount": _base(market, lots),
        "trade_turnover": _money(market, price * lots),
    }
