"""The margin account: positions, profit, fees and margin; and the matching of what clients send."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_api_py.simulator.matching import CROSSING, MARGIN, REDUCE_ONLY, SELF_CROSSING

from .simulated import VirtualWorld

NAME = "BULK___SWAP"
MAKER, TAKER = Decimal("0.00018"), Decimal("0.00033")


@pytest.fixture
def world(virtual):
    """An exchange of contracts in virtual time."""
    return virtual(exchanges=[NAME])


@pytest.fixture
def account(world):
    """An account with 100000 USDC and leverage 5."""
    return world.account(NAME, balances={"USDC": 100_000})


def trade(account, side, quantity, price, *, is_maker=True):
    return account.partial(account.place("BTC-USD", side, quantity, price), quantity, is_maker=is_maker)


def test_a_position_opens_grows_shrinks_and_closes(world, account):
    """Entry is the mean of what opened; closing realises the difference and leaves the entry; zero ends it."""
    trade(account, "buy", 1, 80_000)
    trade(account, "buy", 1, 90_000)
    [position] = account.positions()
    assert (position.symbol, position.quantity, position.avg_price) == ("BTCUSDC", 2, 85_000)
    trade(account, "sell", "0.5", 86_000)
    [position] = account.positions()
    assert (position.quantity, position.avg_price, position.realized) == (Decimal("1.5"), 85_000, 500)
    trade(account, "sell", "1.5", 84_000)
    assert account.positions() == []
    assert [row.quantity for row in world.truth.positions(NAME)] == [1, 2, Decimal("1.5"), 0]
    [closed] = account.closed_positions()
    assert (closed.quantity, closed.realized) == (0, 500 - 1500)
    fees = MAKER * (80_000 + 90_000 + 43_000 + 126_000)
    assert closed.fees == fees
    margin = account.margin("USDC")
    assert (margin.total, margin.used, margin.realized, margin.fees) == (100_000 - 1000 - fees, 0, -1000, fees)


def test_a_flip_ends_one_position_and_opens_another(account):
    """Selling more than is held realises all of it and goes short at the trade's price."""
    trade(account, "buy", 1, 80_000)
    trade(account, "sell", 3, 81_000, is_maker=False)
    [position] = account.positions()
    assert (position.quantity, position.avg_price, position.realized) == (-2, 81_000, 0)
    [closed] = account.closed_positions()
    assert (closed.realized, closed.position_id != position.position_id) == (1000, True)
    assert closed.fees + position.fees == MAKER * 80_000 + TAKER * 243_000
    assert position.unrealized(Decimal(80_500)) == 1000


def test_orders_and_positions_take_margin(account):
    """An order takes its value by leverage; one that closes takes none; what ends gives it back."""
    order = account.place("BTC-USD", "buy", 1, 80_000)
    assert account.margin("USDC").used == 16_000
    account.fill(order)
    assert account.margin("USDC").used == 16_000
    closing = account.place("BTC-USD", "sell", 1, 82_000)
    assert account.margin("USDC").used == 16_000
    beyond = account.place("BTC-USD", "sell", 2, 82_000)
    assert account.margin("USDC").used == (3 * 82_000 - 80_000) / 5
    account.cancel(beyond)
    account.amend(closing, "0.5")
    assert account.margin("USDC").used == 16_000
    account.set_leverage("BTC-USD", 10)
    assert account.margin("USDC").used == 8_000
    assert account.leverages() == {"BTCUSDC": 10}


def test_more_than_is_free_is_refused(account):
    """An order, a leverage or a transfer that needs more margin than is free changes nothing."""
    account.place("BTC-USD", "buy", 5, 80_000)
    free = account.margin("USDC").available
    for attempt in (
        lambda: account.place("BTC-USD", "buy", 2, 80_000),
        lambda: account.set_leverage("BTC-USD", 2),
        lambda: account.set_leverage("BTC-USD", 0),
        lambda: account.transfer("USDC", -50_000),
    ):
        with pytest.raises(ValueError, match=r"needed|1 or more"):
            attempt()
    assert account.margin("USDC").available == free == 20_000
    assert account.leverages() == {}
    assert account.affords("BTC-USD", "sell", 5, 80_000)
    assert not account.affords("BTC-USD", "buy", 2, 80_000)


def test_a_loss_may_take_more_than_is_free(account):
    """A fill happens whatever it costs: what is available goes below zero."""
    trade(account, "buy", 5, 90_000)
    trade(account, "sell", 1, 60_000)
    assert account.margin("USDC").available < 0
    assert account.positions()[0].quantity == 4


def test_the_venue_may_close_a_position(account):
    """A liquidation cancels the symbol's orders and closes all of the position, with the reason on the fill."""
    trade(account, "sell", 1, 80_000)
    waiting = account.place("BTC-USD", "buy", "0.1", 70_000)
    other = account.place("ETH-USD", "buy", 1, 2_000)
    order = account.liquidate("BTC-USD", 95_000)
    assert (order.side, order.status, order.last.price, order.last.reason) == ("buy", "filled", 95_000, "liquidation")
    assert account.order(waiting).status == "canceled"
    assert account.order(other).is_open
    assert account.closed_positions()[0].realized == -15_000
    with pytest.raises(ValueError, match="no position"):
        account.liquidate("BTC-USD")


STEPS = st.tuples(
    st.sampled_from(["buy", "sell", "part", "fill", "cancel", "amend", "leverage"]),
    st.integers(1, 300),
    st.integers(60_000, 100_000),
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_money_is_conserved(steps):
    """Total is what was paid in plus realised profit minus fees; realised and open profit are what the fills say."""
    world = VirtualWorld(exchanges=[NAME], symbols=["BTC-USD"])
    account = world.account(NAME, balances={"USDC": 10_000_000})
    for step, number, price in steps:
        lots, waiting = Decimal(number) / 100, account.orders(is_open=True)
        if step in ("buy", "sell"):
            account.place("BTC-USD", step, lots, price)
        elif step == "leverage":
            account.set_leverage("BTC-USD", 5 + number % 20)
        elif waiting:
            order = waiting[number % len(waiting)]
            if step == "part":
                account.partial(order, min(order.remaining, lots))
            elif step == "amend":
                account.amend(order, order.filled + lots)
            else:
                getattr(account, step)(order)
    margin, fills = account.margin("USDC"), account.fills()
    sign = {"buy": 1, "sell": -1}
    cash = -sum((sign[fill.side] * fill.quantity * fill.price for fill in fills), Decimal(0))
    [held] = [position.quantity for position in account.positions()] or [Decimal(0)]
    assert held == sum(sign[fill.side] * fill.quantity for fill in fills)
    entry = account.position_of("BTC-USD").avg_price if held else Decimal(0)
    assert margin.fees == pytest.approx(sum(fill.fee for fill in fills), abs=Decimal("1e-15"))
    assert margin.realized == pytest.approx(cash + held * entry, abs=Decimal("1e-15"))
    assert margin.total == pytest.approx(10_000_000 + margin.realized - margin.fees, abs=Decimal("1e-12"))
    assert margin.available + margin.used == margin.total
    orders = account.orders(is_open=True)
    bought = sum(order.remaining * order.price for order in orders if order.side == "buy")
    sold = sum(order.remaining * order.price for order in orders if order.side == "sell")
    exposure = max(abs(held * entry), abs(held * entry + bought), abs(held * entry - sold))
    assert margin.used == pytest.approx(exposure / account.position_of("BTC-USD").leverage, abs=Decimal("1e-7"))


@pytest.fixture
def submit(world, account):
    """Send an order as a client does."""
    matching = world.world.find(NAME).matching
    return lambda *given, **options: matching.submit(account, "BTC-USD", *given, **options)


def best(world):
    book = world.truth.book(NAME, "BTC-USD")
    return book.bids[0], book.asks[0]


def until(world, condition):
    """Let time pass until a condition holds, ten minutes at most."""
    for _ in range(12_000):
        world.run(0.05)
        if condition():
            return
    pytest.fail("ten minutes passed")


def test_a_market_order_walks_the_book(world, submit):
    """A market order takes the best levels in turn, each at its price, as a taker; the market stays as it was."""
    book = world.truth.book(NAME, "BTC-USD")
    wanted = book.asks[0][1] + book.asks[1][1] / 2
    lots = wanted.quantize(Decimal("0.00001"))
    order = submit("buy", lots, type="market")
    assert (order.status, order.filled) == ("filled", lots)
    paid = book.asks[0][0] * book.asks[0][1] + book.asks[1][0] * (lots - book.asks[0][1])
    assert order.value == paid
    assert not order.last.is_maker
    assert world.truth.book(NAME, "BTC-USD") == book


def test_a_limit_order_rests_until_the_market_comes(world, account, submit):
    """What does not cross rests, and fills at its own price as a maker when the market reaches it."""
    (bid, _), _ = best(world)
    order = submit("buy", "0.001", bid - 5)
    assert order.status == "new"
    until(world, lambda: account.order(order).status != "new" or best(world)[1][0] <= bid - 5)
    assert best(world)[1][0] <= bid - 5
    order = account.order(order)
    assert (order.status, order.last.price, order.last.is_maker) == ("filled", bid - 5, True)


def test_an_order_that_crosses_takes_and_the_rest_rests(world, account, submit):
    """A limit order takes what is no worse than its limit, and the rest waits at the limit."""
    _, (ask, offered) = best(world)
    order = submit("buy", offered + 1, ask)
    assert (order.status, order.filled, order.remaining) == ("partial", offered, 1)
    assert account.order(order).is_open


@pytest.mark.parametrize(("kind", "filled"), [("ioc", True), ("fok", False)])
def test_what_may_not_rest_lapses(world, submit, kind, filled):
    """IOC takes what there is and lapses; FOK takes all or nothing."""
    _, (ask, offered) = best(world)
    order = submit("buy", offered + 1, ask, kind)
    assert (order.status, order.filled) == ("expired", offered if filled else 0)


def test_refusals_have_their_reason(world, account, submit):
    """Post-only that crosses, more than the margin, an own order in the way, nothing to reduce: each is told."""
    (bid, _), (ask, _) = best(world)
    assert submit("buy", "0.01", ask, "limit_maker").reason == CROSSING
    assert submit("buy", 100, bid - 100).reason == MARGIN
    assert submit("sell", "0.01", ask, reduce_only=True).reason == REDUCE_ONLY
    resting = submit("sell", "0.01", ask + 500)
    assert submit("buy", "0.01", ask + 500).reason == SELF_CROSSING
    assert {order.status for order in account.orders(is_open=False)} == {"rejected"}
    assert account.orders(is_open=True) == [resting]
    with pytest.raises(ValueError, match="multiple"):
        submit("buy", "0.000001", bid)


def test_reduce_only_reduces_and_no_more(world, account, submit):
    """It is cut to the position, and what rests is cancelled when there is nothing left to reduce."""
    account.position("BTC-USD", "0.02", 88_000)
    (bid, _), _ = best(world)
    resting = submit("sell", "0.01", bid + 5, reduce_only=True)
    order = submit("sell", 1, type="market", reduce_only=True)
    assert (order.status, order.quantity) == ("filled", Decimal("0.02"))
    assert account.positions() == []
    until(world, lambda: not account.order(resting).is_open)
    assert (account.order(resting).status, account.order(resting).reason) == ("canceled", REDUCE_ONLY)


def test_a_spot_account_has_nothing_to_reduce(virtual):
    """Reducing needs a position."""
    world = virtual(exchanges=["OKX___SPOT"])
    matching, account = world.world.find("OKX___SPOT").matching, world.account("OKX___SPOT")
    assert matching.submit(account, "BTC-USDT", "buy", "0.001", type="market").status == "filled"
    with pytest.raises(ValueError, match="position"):
        matching.submit(account, "BTC-USDT", "sell", "0.001", type="market", reduce_only=True)


def test_an_order_amended_to_another_price_takes_its_chance_there(world, account, submit):
    """It rests where it moved or takes what is there; it crosses no own order, and a maker's not the book either."""
    amend = world.world.find(NAME).matching.amend
    (bid, _), (ask, _) = best(world)
    order, other = submit("buy", "0.01", bid - 50), submit("sell", "0.01", ask + 50)
    moved = amend(account, account.order(order), "0.02", bid - 60)
    assert (moved.status, moved.price, moved.quantity) == ("new", bid - 60, Decimal("0.02"))
    with pytest.raises(ValueError, match=SELF_CROSSING):
        amend(account, moved, "0.02", ask + 50)
    maker = submit("buy", "0.01", bid - 50, type="limit_maker")
    with pytest.raises(ValueError, match=CROSSING):
        amend(account, account.order(maker), "0.01", ask)
    account.cancel(other)
    taken = amend(account, moved, "0.001", ask)
    assert (taken.status, taken.last.is_maker) == ("filled", False)
    assert account.margin("USDC").used == account.margin_of("BTC-USD")


def test_orders_of_a_test_are_left_alone(world, account):
    """What a test placed by hand is not filled by the market."""
    order = account.place("BTC-USD", "buy", "0.01", 99_000)
    world.run(2)
    assert account.order(order).status == "new"


def test_any_key_lives_on_margin_too(world):
    """An unknown key gets an account whose orders and positions change by themselves."""
    account = world.account(NAME, "key", lively=True)
    world.run(60)
    assert {"place", "fill"} <= {change.cause for change in account.changes}
    assert {position.symbol for position in account.positions()} <= set(world.truth.symbols(NAME))
    assert account.margin("USDC").fees > 0
