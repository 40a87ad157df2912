"""Scenarios: faults at chosen times, in Python and in TOML."""

import asyncio

import pytest

from bt_api_py import StreamEvent
from bt_api_py.simulator import Scenario, run_virtual

OKX, BINANCE = "OKX___SPOT", "BINANCE___SPOT"
TOML = """
[[fault]]
at = 6.0
do = "refuse"
exchange = "OKX___SPOT"
on = false

[[fault]]
at = 2.0
do = "refuse"
exchange = "OKX___SPOT"

[[fault]]
at = 2.5
do = "disconnect"
code = 1001
"""


@pytest.fixture
def file(tmp_path):
    """A scenario in TOML, its steps out of order."""
    path = tmp_path / "outage.toml"
    path.write_text(TOML)
    return path


def played(scenario):
    """Return the virtual time of every loss and return that a scenario causes on two exchanges."""

    async def main(sim):
        found = []

        async def watch(exchange, stream):
            async for item in stream:
                if isinstance(item, StreamEvent) and item.kind in ("connected", "disconnected"):
                    found.append((exchange, item.kind, sim.clock.monotonic()))

        settings = {"max_reconnect": None, "reconnect_delay": 0.1, "reconnect_max_delay": 0.2}
        async with sim.api(websocket=settings) as api:
            tasks = [
                asyncio.ensure_future(watch(name, api.stream_trades(name, "BTCUSDT", events=True)))
                for name in sim.exchanges
            ]
            await sim.play(scenario)
            await asyncio.sleep(3)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return found

    return run_virtual(main, exchanges=[OKX, BINANCE], symbols=["BTCUSDT"])


def test_faults_happen_at_their_times(file):
    """Steps are played in the order of their times; one without an exchange happens on all."""
    events = played(Scenario.from_toml(file))
    losses = [(name, at) for name, kind, at in events if kind == "disconnected"]
    assert {name for name, _ in losses} == {OKX, BINANCE}
    assert 2.5 <= min(at for _, at in losses) < 2.7
    back = {name: at for name, kind, at in events if kind == "connected"}
    assert back[BINANCE] < 4
    assert back[OKX] > 6


def test_toml_and_python_say_the_same(file):
    """A file and a list of the same steps are the same scenario."""
    listed = Scenario(
        [
            (2.0, "refuse", {"exchange": OKX}),
            (2.5, "disconnect", {"code": 1001}),
            (6.0, "refuse", {"exchange": OKX, "on": False}),
        ]
    )
    assert Scenario.from_toml(file).steps == listed.steps


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ((1, "disconect", {}), "did you mean disconnect"),
        ((1, "disconnect", {"cod": 1006}), "did you mean code"),
        ((1, "sequence_reset", {}), "symbol"),
        ((-1, "disconnect", {}), "at=-1"),
        (("soon", "disconnect", {}), "at='soon'"),
        ((float("nan"), "disconnect", {}), "at=nan"),
    ],
)
def test_a_mistake_is_named_before_anything_happens(step, words):
    """Unknown faults and arguments, missing arguments and bad times are refused, with the nearest known name."""
    with pytest.raises(ValueError, match=words):
        Scenario([step])


@pytest.mark.parametrize("text", ["[[fault]]\nat = 1\n", "[faults]\nat = 1\n", "[[fault]]\ndo = 'clear'\n", "at ="])
def test_a_file_that_is_no_scenario_is_refused(tmp_path, text):
    """A file without the right tables, or that is no TOML, is an error that tells where."""
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"fault|TOML|value"):
        Scenario.from_toml(path)


async def test_the_fixture_plays_a_scenario(simulator, api):
    """With the fixtures of the plugin a scenario runs against real sockets."""
    exchange = simulator.exchanges[0]
    async with api.stream_trades(exchange, "BTCUSDT", events=True) as trades, asyncio.timeout(15):
        await anext(trades)
        await simulator.play(Scenario([(0, "disconnect", {"exchange": exchange})]))
        async for item in trades:
            if isinstance(item, StreamEvent) and item.kind == "disconnected":
                break
    assert trades.stats.state == "closed"
