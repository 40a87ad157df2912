"""What is told of a contract beside its market: pure views, so that the market is the same with them and without."""

from itertools import groupby

from bt_api_py.simulator.contracts import FUNDING_MS, Contract, liquidation

from .test_market import START, open_market


def test_figures_depend_on_the_moment_alone():
    """However often one looks, and whatever was traded meanwhile, a moment has the same figures."""
    one, other = open_market(), open_market()
    before = [Contract(one).at(START + step * 1000) for step in range(200)]
    one.advance(START + 200_000)
    assert [Contract(one).at(START + step * 1000) for step in range(200)] == before
    assert [Contract(other).at(figures.ms) for figures in before] == before
    assert one.trades[: len(other.trades)] == other.trades


def test_figures_are_those_of_a_contract():
    """The mark price stays near the index, the rate moves, and an interval is settled at the rate it ended with."""
    contract = Contract(open_market())
    moments = [contract.at(START + hours * 1_800_000) for hours in range(48)]
    for figures in moments:
        assert abs(figures.mark_price / figures.index_price - 1) < 0.0002
        assert 0 < figures.funding_ms - figures.ms <= FUNDING_MS
        assert figures.settled_rate == contract.at(figures.funding_ms - FUNDING_MS).funding_rate
        assert figures.open_interest > 0
    for name in ("mark_price", "funding_rate", "open_interest"):
        assert len({getattr(figures, name) for figures in moments}) > 10


def test_liquidations_are_taker_orders():
    """A liquidation has the side, the worst price and the whole quantity of the matches it made."""
    market = open_market(rate=20)
    market.advance(START + 20_000)
    orders = [list(rows) for _, rows in groupby(market.trades, key=lambda trade: trade.order)]
    found = [one for one in map(liquidation, orders) if one is not None]
    assert 5 < len(found) < len(orders) / 10
    for one in found:
        assert one.quantity == sum(trade.quantity for trade in one.trades)
        assert {(trade.ms, trade.side) for trade in one.trades} == {(one.ms, one.side)}
        prices = [trade.price for trade in one.trades]
        assert one.price == (min(prices) if one.side == "sell" else max(prices))
        assert min(prices) <= one.average <= max(prices)
