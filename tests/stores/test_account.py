"""The state of an account: equal to the venue's after every outage, and never called live while it is not known."""

import asyncio

import pytest

from bt_api_py import (
    AuthenticationError,
    BalanceData,
    BtApi,
    ConfigurationError,
    OrderData,
    TradeData,
    UnsupportedError,
)
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import run_virtual

from ..net.fakes import FakeClock, FakeTransport, settle
from ..net.own_account import OwnAccount, OwnVenue, listed, order
from ..simulation.account_life import LIVELY, SYMBOLS, Life, PrivateMischief
from ..simulation.accounts import PHRASE, SECRET
from ..simulation.gateway import check_nothing_left
from ..simulation.judge import same

SPOT = "BINANCE___SPOT"
UNNOTICED = 65.0  # seconds until a client that cannot ask takes a silent connection for dead
WEBSOCKET = {
    "ping_interval": 4,
    "ping_timeout": 2,
    "connect_timeout": 3,
    "reconnect_delay": 0.2,
    "reconnect_max_delay": 1.5,
    "max_reconnect": None,
    "linger": 1,
}


def play(main, exchange, seed=7, prepare=lambda sim: None, **keys):
    """Run `main(sim, api, account)` on virtual time; nothing may be left behind, and no limit broken."""

    async def run(sim):
        others = asyncio.all_tasks()
        prepare(sim)
        account = sim.account(exchange, secret=SECRET, passphrase=PHRASE)
        given = {"api_key": account.api_key, "secret": SECRET, "passphrase": PHRASE} | keys
        async with sim.api(**given, websocket=WEBSOCKET, timeout=3.0) as api:
            await main(sim, api, account)
        await check_nothing_left(sim, others)
        assert not sim.stats[exchange].breaches

    run_virtual(run, seed=seed, exchanges=[exchange], symbols=SYMBOLS, strict_keys=True, limit=1200.0)


def check(state, account):
    """Hold the mappings to what the venue knows."""
    assert state.is_live
    true = {one.order_id: (one.symbol, one.status, float(one.filled)) for one in account.orders(is_open=True)}
    got = {
        number: (item.get_symbol(), item.get_status(), round(item.get_filled_quantity(), 12))
        for number, item in state.open_orders.items()
    }
    assert got == true
    assert all(item.get_order_id() == number for number, item in state.open_orders.items())
    for asset, held in account.balances().items():
        item = state.balances.get(asset)
        had = (0, 0, 0) if item is None else _figures(item)
        assert all(map(same, had, (held.free, held.locked, held.total))), f"{asset}: {had}, in truth {held}"
    for asset in set(state.balances) - set(account.balances()):
        assert _figures(state.balances[asset]) == (0, 0, 0)
    positions = {one.symbol: one.quantity for one in account.positions()}
    assert set(state.positions) == set(positions)
    assert all(same(item.get_quantity(), positions[symbol]) for symbol, item in state.positions.items())


async def arrive(state, account, exchange):
    """Wait until everything that happened has been told; by REST a venue tells it when its budget allows."""
    for _ in range(60 if EXCHANGES[exchange].account.balances_by_rest else 2):
        await asyncio.sleep(1)
        if _is_true(state, account):
            break
    check(state, account)


def _is_true(state, account):
    try:
        check(state, account)
    except AssertionError:
        return False
    return True


def _figures(item):
    return item.get_free_balance(), item.get_locked_balance(), item.get_total_balance()


class TestTruth:
    @pytest.mark.parametrize("exchange", LIVELY)
    def test_the_state_is_the_venue_s_after_every_outage(self, exchange):
        """What happens while the connection is away is there when the state is live again, and live changes follow."""

        async def main(sim, api, account):
            life = Life(sim, exchange, account, 3)
            for _ in range(20):
                life.act()
            await asyncio.sleep(0.5)
            async with api.account(exchange) as state:
                await state.wait_live(30)
                check(state, account)
                seen = set(state.open_orders)
                for fault in (sim.faults.disconnect, sim.faults.expire_token, sim.faults.disconnect):
                    await life.live(5)
                    await arrive(state, account, exchange)
                    fault(exchange)
                    await asyncio.sleep(0.1)
                    assert not state.is_live
                    for _ in range(8):
                        life.act()
                    await state.wait_live(60)
                    check(state, account)
                    seen.update(state.open_orders)
                assert seen
                assert len(state.open_orders) < len(life.orders)  # some have ended

        play(main, exchange)

    @pytest.mark.parametrize("exchange", LIVELY)
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_the_state_ends_true_after_random_faults(self, exchange, seed):
        """After frames were lost, doubled and damaged, tokens ended and clocks leapt, the mappings are the venue's."""

        mischiefs = []  # it sets the venue's clock, which must not leap back once there is an account

        async def main(sim, api, account):
            [mischief] = mischiefs
            life = Life(sim, exchange, account, seed)
            async with api.account(exchange) as state:
                await state.wait_live(60)
                living = asyncio.ensure_future(life.live(23.0))
                await mischief.run(20.0, every=2.5)
                await living
                await asyncio.sleep(UNNOTICED)
                await state.wait_live(120)
                check(state, account)

        play(main, exchange, seed, lambda sim: mischiefs.append(PrivateMischief(sim, f"{exchange}/{seed}")))

    @pytest.mark.parametrize("exchange", LIVELY)
    def test_a_loss_ends_the_trust_at_once_and_the_state_stays_readable(self, exchange):
        """With the venue gone for good, the state is not live before any further frame, and stands as it was."""

        async def main(sim, api, account):
            placed = account.place("BTCUSDT", "buy", "0.01", "80000")
            async with api.account(exchange) as state:
                await state.wait_live(30)
                sim.faults.refuse(exchange)
                sim.faults.disconnect(exchange)
                await asyncio.sleep(0.1)
                assert not state.is_live
                account.cancel(placed)
                await asyncio.sleep(5)
                assert list(state.open_orders) == [placed.order_id]
                with pytest.raises(TimeoutError, match=f"{exchange} account: not live within 1 s, still connecting"):
                    await state.wait_live(1)
                sim.faults.refuse(exchange, on=False)
                await state.wait_live(60)
                assert dict(state.open_orders) == {}
                check(state, account)

        play(main, exchange)

    @pytest.mark.parametrize("exchange", LIVELY)
    def test_an_order_enters_changes_and_leaves(self, exchange):
        """An open order stands under its id with what is filled; one that is over is gone, and its money is back."""

        async def main(sim, api, account):
            async with api.account(exchange) as state:
                await state.wait_live(30)
                placed = account.place("BTCUSDT", "buy", "0.01", "80000")
                await arrive(state, account, exchange)
                assert state.open_orders[placed.order_id].get_status() == "new"
                assert state.balances["USDT"].get_locked_balance() > 0
                account.partial(placed, "0.004")
                await arrive(state, account, exchange)
                assert state.open_orders[placed.order_id].get_filled_quantity() == pytest.approx(0.004)
                account.fill(placed)
                await arrive(state, account, exchange)
                assert placed.order_id not in state.open_orders
                check(state, account)
                for mapping in (state.balances, state.open_orders, state.positions):
                    with pytest.raises(TypeError):
                        mapping["x"] = None
                if "positions" not in EXCHANGES[exchange].account.kinds:
                    assert dict(state.positions) == {}

        play(main, exchange)


class TestChanges:
    @pytest.mark.parametrize("exchange", LIVELY)
    def test_what_is_entered_is_told_once_and_in_order(self, exchange):
        """The iteration tells the present state, then every order, fill and balance; the mappings hold it by then."""

        async def main(sim, api, account):
            first = account.place("BTCUSDT", "buy", "0.01", "80000")
            told = []

            async def follow(state):
                async for item in state:
                    if isinstance(item, BalanceData) and item.get_origin() == "live":
                        assert _figures(state.balances[item.get_asset()]) == _figures(item)
                    told.append(item)

            async with api.account(exchange) as state:
                following = asyncio.ensure_future(follow(state))
                await state.wait_live(30)
                await asyncio.sleep(1)
                begun = list(told)
                account.fill(first)
                await arrive(state, account, exchange)
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            assert {item.get_origin() for item in begun} == {"snapshot"}
            assert [item.get_order_id() for item in begun if isinstance(item, OrderData)] == [first.order_id]
            assert {item.get_asset() for item in begun if isinstance(item, BalanceData)} == set(state.balances)
            later = told[len(begun) :]
            assert {item.get_origin() for item in later} == {"live"}
            assert [item.get_status() for item in later if isinstance(item, OrderData)] == ["filled"]
            assert [item.get_trade_id() for item in later if isinstance(item, TradeData)] == [
                fill.trade_id for fill in account.fills()
            ]

        play(main, exchange)

    def test_the_iteration_is_a_stream_of_its_own(self):
        """It can be closed, and counts; closing the state does not end it."""

        async def main(sim, api, account):
            state = api.account(SPOT)
            async with aiter(state) as changes:
                async with state:
                    await state.wait_live(30)
                assert (await anext(changes)).get_origin() == "snapshot"
                assert changes.stats.delivered == 1
                assert changes.stats.state == "live"

        play(main, SPOT)


class TestPositions:
    @pytest.fixture
    async def venue(self, monkeypatch):
        """Yield the venue of an account with positions."""
        monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
        monkeypatch.setattr(EXCHANGES[SPOT], "account", OwnAccount)
        clock = FakeClock()
        transport = FakeTransport(clock)
        keys = {"api_key": "key-nobody-may-see", "secret": "secret-nobody-may-see"}
        async with BtApi({SPOT: keys | {"websocket": WEBSOCKET}}, clock=clock, transport=transport) as api:
            yield OwnVenue(api, transport)
        await settle()

    async def test_a_position_stands_under_its_symbol_until_it_is_closed(self, venue):
        """Positions come from the first state and from changes, and one of quantity 0 is gone."""
        venue.pages["positions"] = listed({"venue_symbol": "BTCUSDT", "quantity": 2})
        async with venue.api.account(SPOT) as state:
            await settle()
            assert state.is_live
            assert {symbol: item.get_quantity() for symbol, item in state.positions.items()} == {"BTCUSDT": 2.0}
            await venue.send("positions", {"venue_symbol": "ETHUSDT", "quantity": -3})
            assert {symbol: item.get_quantity() for symbol, item in state.positions.items()} == {
                "BTCUSDT": 2.0,
                "ETHUSDT": -3.0,
            }
            await venue.send("positions", {"venue_symbol": "BTCUSDT", "quantity": 0})
            assert list(state.positions) == ["ETHUSDT"]

    async def test_both_sides_of_a_market_are_told_apart(self, venue):
        """While a long and a short position are held, each has its side in its name; a lone one has not."""
        long, short = ({"venue_symbol": "BTCUSDT", "quantity": n, "side": s} for n, s in ((2, "long"), (1, "short")))
        venue.pages["positions"] = listed(long)
        async with venue.api.account(SPOT) as state:
            await settle()
            assert list(state.positions) == ["BTCUSDT"]
            await venue.send("positions", short)
            assert {name: item.get_quantity() for name, item in state.positions.items()} == {
                "BTCUSDT long": 2.0,
                "BTCUSDT short": -1.0,
            }
            await venue.send("positions", long | {"quantity": 0})
            assert {name: item.get_quantity() for name, item in state.positions.items()} == {"BTCUSDT": -1.0}

    async def test_a_position_that_was_closed_during_an_outage_is_gone(self, venue):
        """The state that is read after a loss takes away what it does not list."""
        venue.pages["positions"] = listed({"venue_symbol": "BTCUSDT", "quantity": 2})
        venue.pages["open"] = listed(order("1", "new"))
        async with venue.api.account(SPOT) as state:
            await settle()
            venue.pages["positions"] = listed()
            await venue.lose()
            assert not state.is_live
            await venue.transport.clock.run(5)
            assert state.is_live
            assert dict(state.positions) == {}
            assert list(state.open_orders) == ["1"]


class TestRefusals:
    def test_missing_keys_are_named_in_the_call(self):
        """Without keys the call itself says which settings and which variables are wanted."""
        with pytest.raises(ConfigurationError, match=r"account needs api_key, secret.*BT_API_BINANCE_API_KEY"):
            BtApi().account(SPOT)

    def test_an_exchange_without_accounts_says_so(self, monkeypatch):
        """An exchange without account streams is refused in the call, which names what it has."""
        monkeypatch.setattr(EXCHANGES[SPOT], "account", None)
        with pytest.raises(UnsupportedError, match=r"no account streams; it has: .*ticker"):
            BtApi().account(SPOT)

    @pytest.mark.parametrize("exchange", LIVELY)
    def test_wrong_keys_reach_who_waits_and_who_iterates(self, exchange):
        """The venue's refusal is raised by waiting and by the iteration, and shows no secret."""

        async def main(sim, api, account):
            async with api.account(exchange) as state:
                with pytest.raises(AuthenticationError) as caught:
                    await state.wait_live(30)
                assert not state.is_live
            with pytest.raises(AuthenticationError):
                async for _ in api.account(exchange):
                    pytest.fail("nothing is known of this account")
            for text in (repr(state), str(caught.value)):
                assert "nobody-may-see" not in text

        is_signed = "secret" in EXCHANGES[exchange].account.credentials
        wrong = {"secret": "another-secret-nobody-may-see"} if is_signed else {"api_key": "nobody"}
        play(main, exchange, **wrong)
