"""The account model: what orders do to balances, what is refused, and accounts that trade on their own."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .simulated import VirtualWorld

NAME = "BINANCE___SPOT"


@pytest.fixture
def world(virtual):
    """One exchange in virtual time."""
    return virtual(exchanges=[NAME])


@pytest.fixture
def account(world):
    """An account with 1000 USDT and one bitcoin."""
    return world.account(NAME, balances={"USDT": 1000, "BTC": 1})


def held(account):
    return {asset: (one.free, one.locked) for asset, one in account.balances().items()}


def test_a_buy_locks_its_value_and_pays_its_fee_in_the_base_asset(account):
    """A limit buy locks quantity times limit; a cheaper fill frees the difference; the fee is taken from what came."""
    order = account.place("BTC-USDT", "buy", "0.01", "90000")
    assert account.balances()["USDT"].locked == 900
    assert account.balances()["USDT"].free == 100
    order = account.partial(order, "0.004", "80000")
    assert (order.status, order.filled, order.value, order.avg_price) == ("partial", Decimal("0.004"), 320, 80000)
    assert (order.fee, order.fee_asset) == (Decimal("0.000004"), "BTC")
    usdt, btc = account.balances()["USDT"], account.balances()["BTC"]
    assert (usdt.free, usdt.locked) == (140, 540)
    assert btc.free == Decimal("1.003996")
    order = account.fill(order)
    assert (order.status, order.filled, order.remaining) == ("filled", Decimal("0.01"), 0)
    assert (account.balances()["USDT"].free, account.balances()["USDT"].locked) == (140, 0)
    assert [fill.quantity for fill in account.fills()] == [Decimal("0.004"), Decimal("0.006")]


def test_a_sell_locks_the_base_asset_and_pays_its_fee_in_the_quote_asset(account):
    """A sell locks its quantity; its proceeds come without the fee; what is cancelled comes back."""
    order = account.place("BTCUSDT", "sell", "0.5", 90000)
    account.partial(order, "0.1", 91000)
    assert account.balances()["BTC"].locked == Decimal("0.4")
    assert account.balances()["USDT"].free == 1000 + 9100 - Decimal("9.1")
    assert account.cancel(order).status == "canceled"
    assert (account.balances()["BTC"].free, account.balances()["BTC"].locked) == (Decimal("0.9"), 0)


@pytest.mark.parametrize("end", ["cancel", "expire", "reject"])
def test_an_order_that_ends_gives_everything_back(account, end):
    """However an unfilled order ends, the balances are what they were, and it cannot end twice."""
    before = held(account)
    order = account.place("BTCUSDT", "buy", "0.01", 90000)
    how = getattr(account, end)
    ended = how(order, "why") if end == "reject" else how(order)
    assert ended.status == {"cancel": "canceled", "expire": "expired", "reject": "rejected"}[end]
    assert held(account) == before
    with pytest.raises(ValueError, match="already"):
        account.fill(order)


def test_a_market_order_is_filled_at_the_market(world, account):
    """A market order has no price, and fills as a taker at the best price of the other side."""
    order = account.fill(account.place("BTCUSDT", "sell", "0.1", type="market"))
    assert order.price is None
    assert order.avg_price == world.truth.book(NAME, "BTCUSDT").bids[0][0]
    assert not order.last.is_maker


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NOSUCH", "buy", 1, 1), "no symbol"),
        (("BTCUSDT", "hold", 1, 1), "choose buy or sell"),
        (("BTCUSDT", "buy", 1), "needs a price"),
        (("BTCUSDT", "buy", 1, 1, "market"), "has no price"),
        (("BTCUSDT", "buy", 0, 1), "quantity"),
        (("BTCUSDT", "buy", "0.000001", 1), "multiple of 0.00001"),
        (("BTCUSDT", "buy", 1, "1.001"), "multiple of 0.01"),
        (("BTCUSDT", "buy", 1, 1001), "1000 free"),
    ],
)
def test_orders_that_cannot_be_are_refused(account, arguments, words):
    """A mistake of the test is a ValueError that says what is wrong, and changes nothing."""
    with pytest.raises(ValueError, match=words):
        account.place(*arguments)
    assert account.orders() == []
    assert account.balances()["USDT"].locked == 0


def test_fills_stay_inside_the_order(account):
    """Neither more than is left nor a price worse than the limit is filled."""
    order = account.place("BTCUSDT", "buy", "0.01", 90000)
    with pytest.raises(ValueError, match="left"):
        account.partial(order, "0.02")
    with pytest.raises(ValueError, match="worse"):
        account.partial(order, "0.01", 90001)
    account.partial(order, "0.004")
    with pytest.raises(ValueError, match="cannot be rejected"):
        account.reject(order, "too late")


def test_a_transfer_moves_what_is_free(account):
    """A transfer changes what is free; more than that cannot leave."""
    assert account.transfer("ETH", "2.5").free == Decimal("2.5")
    assert account.transfer("USDT", -400).free == 600
    with pytest.raises(ValueError, match="600 free"):
        account.transfer("USDT", -601)


def test_truth_tells_what_happened_in_order(world, account):
    """The truth holds every state of every order, every fill and every balance, of one key or of all."""
    order = account.place("BTCUSDT", "buy", "0.01", 90000)
    world.clock.time += 1
    other = world.account(NAME, "other")
    other.cancel(other.place("ETHUSDT", "sell", 1, 3000))
    world.clock.time += 1
    account.fill(account.partial(order, "0.004"))
    assert [row.status for row in world.truth.orders(NAME)] == ["new", "new", "canceled", "partial", "filled"]
    assert [row.status for row in world.truth.orders(NAME, account.api_key)] == ["new", "partial", "filled"]
    assert world.truth.fills(NAME, account.api_key) == account.fills() == world.truth.fills(NAME)
    usdt = [row.total for row in world.truth.balances(NAME, account.api_key) if row.asset == "USDT"]
    assert usdt == [1000, 1000, 640, 100]


def test_a_known_key_has_one_account(world):
    """Asking again for a key gives the same account; keys that are not given are drawn from the seed."""
    assert world.account(NAME, "k") is world.account(NAME, "k")
    first = world.account(NAME)
    assert len(first.api_key) == len(first.secret) == 64
    assert first.credentials() == {"api_key": first.api_key, "secret": first.secret, "passphrase": first.passphrase}
    with pytest.raises(ValueError, match="has an account already"):
        world.account(NAME, "k", balances={"BTC": 1})


STEPS = st.tuples(st.sampled_from(["place", "partial", "fill", "cancel", "expire", "transfer"]), st.integers(1, 400))


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_nothing_appears_or_vanishes(steps):
    """Totals are what came and went by fills, fees and transfers; what is locked is what open orders need."""
    world = VirtualWorld(exchanges=[NAME], symbols=["BTCUSDT"])
    account = world.account(NAME, balances={"USDT": 9_000_000, "BTC": 90})
    expected = {"USDT": Decimal(9_000_000), "BTC": Decimal(90)}
    for step, number in steps:
        side, lots = ("buy", "sell")[number % 2], Decimal(number) / 1000
        waiting = account.orders(is_open=True)
        if step == "place":
            account.place("BTCUSDT", side, lots, 80_000 + 100 * number, type="limit")
        elif step == "transfer":
            account.transfer("USDT", number)
            expected["USDT"] += number
        elif waiting:
            order = waiting[number % len(waiting)]
            if step == "partial":
                account.partial(order, min(order.remaining, lots))
            else:
                getattr(account, step)(order)
    for fill in account.fills():
        sign = 1 if fill.side == "buy" else -1
        expected["BTC"] += sign * fill.quantity
        expected["USDT"] -= sign * fill.quantity * fill.price
        expected[fill.fee_asset] -= fill.fee
    assert {asset: one.total for asset, one in account.balances().items()} == expected
    waiting = account.orders(is_open=True)
    locked = {
        "USDT": sum(order.remaining * order.price for order in waiting if order.side == "buy"),
        "BTC": sum(order.remaining for order in waiting if order.side == "sell"),
    }
    assert {asset: one.locked for asset, one in account.balances().items()} == locked
    assert all(one.free >= 0 for one in account.balances().values())


def lived(world, key, seconds=60):
    account = world.account(NAME, key, lively=True)
    world.run(seconds)
    return account, [(change.cause, change.ms, change.order) for change in account.changes]


def test_lively_accounts_repeat_with_the_seed(virtual):
    """The same seed and key live the same life, another key another one."""
    lives = [lived(virtual(exchanges=[NAME], symbols=["BTCUSDT"]), key)[1] for key in ("one", "one", "two")]
    assert lives[0] == lives[1]
    assert lives[0] != lives[2]


def test_lively_accounts_do_everything_gently_and_keep_their_books(world):
    """In two minutes orders are placed, filled and cancelled, at most a few are open, and every balance adds up."""
    account, life = lived(world, "key", 120)
    assert {cause for cause, _, _ in life} == {"open", "place", "fill", "cancel"}
    assert 40 < len(life) < 200
    assert 0 < len(account.orders(is_open=True)) <= 4
    locked = dict.fromkeys(account.balances(), Decimal(0))
    for order in account.orders(is_open=True):
        item = world.world.find(NAME).venue.instruments[order.symbol]
        source, amount = (
            (item.quote, order.remaining * order.price) if order.side == "buy" else (item.base, order.remaining)
        )
        locked[source] += amount
    assert {asset: one.locked for asset, one in account.balances().items()} == locked


def test_an_account_of_a_test_waits_for_the_test(world):
    """An account that a test asked for does nothing by itself, even when a client's use had brought it to life."""
    world.world.find(NAME).accounts.find("key")
    world.run(10)
    account = world.account(NAME, "key")
    count = len(account.changes)
    assert count > 1
    world.run(10)
    assert len(account.changes) == count
