"""Pace: no window ever holds more than the rate, whoever is late."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.exchanges.base import Rate
from bt_api_py.net.limits import Budget, HostLimits, host_of, limits_of

from .fakes import FakeClock

rates = st.builds(Rate, st.integers(1, 8), st.sampled_from([0.1, 1.0, 2.0, 60.0]))
seconds = st.floats(0, 5, allow_nan=False)


def fullest(used, span):
    """Return the largest cost inside any half-open window of that many seconds."""
    return max(sum(cost for at, cost in used if start <= at < start + span) for start, _ in used)


def use(turn, now, late=0.0):
    """Wait for a turn, each time a little too long, and return when it was used."""
    for _ in range(1000):
        wait = turn.wait(now)
        if wait == 0:
            return now
        now += wait + late
    raise AssertionError("the turn never came")


@given(rates, st.lists(st.tuples(seconds, st.integers(1, 10), seconds), min_size=1, max_size=40))
def test_no_window_exceeds_the_rate(rate, asks):
    """Whatever is asked for when, and however late each one wakes up, any window holds at most the rate."""
    budget = Budget(rate)
    now = 100.0
    used = []
    for pause, cost, late in asks:
        now += pause
        now = use(budget.reserve(now, cost), now, late)
        used.append((now, min(cost, rate.count)))
    assert fullest(used, rate.per_s) <= rate.count


@given(rates, st.lists(st.integers(1, 10), min_size=2, max_size=30))
def test_those_who_ask_at_once_come_in_order(rate, costs):
    """Of many who ask at the same time, none overtakes another, and no window exceeds the rate."""
    budget = Budget(rate)
    turns = [budget.reserve(0.0, cost) for cost in costs]
    times = [use(turn, 0.0) for turn in turns]
    assert all(first <= second for first, second in pairwise(times))
    assert (
        fullest([(at, min(cost, rate.count)) for at, cost in zip(times, costs, strict=True)], rate.per_s) <= rate.count
    )


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=30))
def test_what_is_on_its_way_counts_when_it_arrives(steps):
    """Calls whose answers take their time are counted at the answer, so that arrivals keep the rate too."""
    limits, rate = HostLimits(), Rate(3, 1.0)
    now, arrivals = 50.0, []
    for pause, journey in steps:
        now += pause
        turn = limits.reserve("calls", rate, now)
        now = use(turn, now) + journey
        turn.arrived(now)
        arrivals.append((now, 1))
    assert fullest(arrivals, rate.per_s) <= rate.count


def test_a_stalled_call_holds_the_others_back():
    """While all units are on their way, nobody else goes, however long that takes."""
    limits, rate = HostLimits(), Rate(2, 1.0)
    stalled = [limits.reserve("connects", rate, 0.0) for _ in range(2)]
    assert [turn.wait(0.0) for turn in stalled] == [0, 0]
    third = limits.reserve("connects", rate, 0.0)
    assert third.wait(500.0) > 0
    stalled[0].arrived(500.0)
    stalled[1].arrived(500.0)
    assert third.wait(500.5) > 0
    assert third.wait(502.0) == 0


def test_the_full_rate_is_used():
    """Pace costs no more than it must: a hundred units at ten a second take about ten seconds."""
    budget = Budget(Rate(10, 1.0))
    times = [use(budget.reserve(0.0), 0.0) for _ in range(100)]
    assert 9.0 <= times[-1] <= 11.0


def test_a_cost_above_the_budget_waits_for_all_of_it():
    """Something dearer than the whole budget is possible, alone."""
    budget = Budget(Rate(5, 1.0))
    assert use(budget.reserve(0.0, 50), 0.0) == 0.0
    assert use(budget.reserve(0.0, 1), 0.0) >= 1.0


def test_a_blocked_host_makes_everybody_wait():
    """After a block nobody goes before its end, whatever the budget, not even who had a turn already."""
    limits, rate = HostLimits(), Rate(10, 1.0)
    early = limits.reserve("weight", rate, 0.0)
    limits.block(0.0, 30.0)
    assert early.wait(0.0) == 30.0
    assert limits.reserve("another", rate, 10.0).wait(10.0) == 20.0
    assert limits.blocked_for(29.0) == 1.0
    assert limits.blocked_for(31.0) == 0.0
    limits.block(31.0, 5.0)
    limits.block(31.0, 1.0)
    assert limits.blocked_for(31.0) == 5.0
    assert early.wait(37.0) == 0


def test_the_venues_own_count_is_believed_when_it_is_higher():
    """Weight that others of the same address have used is taken into account; a lower count changes nothing."""
    limits, rate = HostLimits(), Rate(100, 60.0)
    assert limits.reserve("weight", rate, 0.0, 10).wait(0.0) == 0
    limits.observe("weight", 0.0, 100)
    assert limits.reserve("weight", rate, 1.0, 1).wait(1.0) > 50
    limits = HostLimits()
    assert limits.reserve("weight", rate, 0.0, 10).wait(0.0) == 0
    limits.observe("weight", 0.0, 5)
    assert limits.reserve("weight", rate, 1.0, 90).wait(1.0) == 0


def test_budgets_of_one_host_are_apart_by_name_and_hosts_are_apart():
    """Two names do not share units; nor do two hosts."""
    limits, rate = HostLimits(), Rate(1, 60.0)
    assert limits.reserve("a", rate, 0.0).wait(0.0) == 0
    assert limits.reserve("b", rate, 0.0).wait(0.0) == 0
    assert limits.reserve("a", rate, 0.0).wait(0.0) > 0
    assert HostLimits().reserve("a", rate, 0.0).wait(0.0) == 0


def test_all_users_of_a_clock_share_a_host():
    """The budgets of a host are one object for everybody with the same clock, and go with the clock."""
    clock, other = FakeClock(), FakeClock()
    assert limits_of(clock).host("api.example") is limits_of(clock).host("api.example")
    assert limits_of(clock).host("api.example") is not limits_of(clock).host("ws.example")
    assert limits_of(clock).host("api.example") is not limits_of(other).host("api.example")


@pytest.mark.parametrize("order", [range(6), reversed(range(6))], ids=["in order", "backwards"])
def test_who_waited_for_a_quiet_host_goes_on_at_the_pace(order):
    """When a host wants to hear nothing for a while, those who waited do not all go at its end, whoever asks first."""
    host = HostLimits()
    host.block(0.0, 10.0)
    turns = [host.reserve("connects", Rate(3, 1.0), 0.0) for _ in range(6)]
    assert sum(turns[number].wait(10.0) == 0 for number in order) <= 3


def test_a_turn_that_is_given_up_holds_nobody_up():
    """A turn that is left before it was used is counted no longer, even by somebody who still holds it."""
    host = HostLimits()
    host.block(0.0, 10.0)
    left = []
    for _ in range(3):
        with host.reserve("connects", Rate(3, 1.0), 0.0) as turn:
            left.append(turn)
            assert turn.wait(0.0) == 10.0
    with host.reserve("connects", Rate(3, 1.0), 0.0) as last:
        assert last.wait(10.0) == 0
        last.arrived(10.0)
    # One that was used stays counted.
    assert [host.reserve("connects", Rate(3, 1.0), 10.0).wait(10.0) == 0 for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://api.binance.com", "wss://api.binance.com", True),
        ("https://api.binance.com", "https://api1.binance.com", False),
        ("wss://stream.binance.com:9443", "wss://stream.binance.com:443", False),
        ("http://127.0.0.1:9/OKX___SPOT", "ws://127.0.0.1:9/OKX___SPOT", True),
        ("http://127.0.0.1:9/OKX___SPOT", "http://127.0.0.1:9/HTX___SPOT", False),
        ("http://127.0.0.1:9/OKX___SPOT", "ws://127.0.0.1:9/OKX___SPOT/ws/v5/public", True),
        ("wss://ws.okx.com:8443/ws/v5/public", "wss://ws.okx.com:8443/business", True),
    ],
)
def test_what_a_venue_counts_by(one, other, same):
    """Budgets belong to a host and port; on this machine, where simulated venues share those, to each venue."""
    assert (host_of(one) == host_of(other)) is same
