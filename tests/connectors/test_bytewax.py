"""Whole dataflows against simulated venues: every message once, true books, and nothing lost over a restart."""

import socket
import subprocess
import sys
import threading
from collections import defaultdict
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("bytewax", reason="Bytewax has releases for Python before 3.13")

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, cluster_main, run_main

from bt_api_py.connectors.bytewax import StreamPartition, StreamSource
from examples.bytewax_orderbook import PRODUCTS, CoinbaseSource, OrderBookState, orderbook

ROOT = Path(__file__).parents[2]
COINBASE = "COINBASE___SPOT"
PATIENCE = 30
_KEPT = 8  # decimals of the spread


class Ending:
    """Mixed into a source: each partition ends after so many items, or with an error."""

    def __init__(self, *args, most, then=StopIteration, at=None, **options):
        super().__init__(*args, **options)
        self.most, self.then, self.at = most, then, at or (lambda number: None)

    def build_part(self, step_id, for_part, resume_state):
        partition = super().build_part(step_id, for_part, resume_state)
        inner = partition.next_batch
        given = [0]

        def next_batch():
            if given[0] >= self.most:
                raise self.then
            batch = inner()
            given[0] += len(batch)
            if batch:
                self.at(given[0])
            return batch

        partition.next_batch = next_batch
        assert isinstance(partition, StreamPartition)
        return partition


class Trades(Ending, StreamSource):
    """Trades of some products, so many of each."""


class Books(Ending, CoinbaseSource):
    """The example's source, so many books of each product."""


def trades_flow(found, products=PRODUCTS, **ending):
    flow = Dataflow("trades")
    trades = op.input("input", flow, Trades(COINBASE, "trades", products, **ending))
    op.output("out", trades, TestingSink(found))
    return flow


def by_symbol(items):
    found = defaultdict(list)
    for symbol, item in items:
        found[symbol].append(item)
    return found


def numbers(trades):
    return [int(trade.get_trade_id()) for trade in trades]


def true_tops(venues, symbol):
    """Return the best prices and sizes that a market had at any time, and has."""

    def read():
        market = venues.simulator.world.find(COINBASE).venue.market(symbol)
        item, changes = market.instrument, list(market.changes)
        price, size = 10**item.price_decimals, 10**item.quantity_decimals
        tops = set()
        for update in range(changes[0].id, market.update_id + 1):
            bids, asks = market.book_at(update)
            if bids and asks:
                tops.add((bids[0][0] / price, bids[0][1] / size, asks[0][0] / price, asks[0][1] / size))
        return tops

    return venues.call(read)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_every_trade_once_however_many_workers(venues, workers):
    """Four products over 1, 2 or 4 workers give each product's trades once and in order."""
    found = []
    cluster_main(trades_flow(found, most=8), [], 0, worker_count_per_proc=workers)
    assert set(by_symbol(found)) == set(PRODUCTS)
    for trades in by_symbol(found).values():
        ids = numbers(trades)
        assert len(ids) >= 8
        assert ids == list(range(ids[0], ids[0] + len(ids)))


@pytest.mark.parametrize("workers", [1, 2])
def test_spreads_are_true_also_across_a_disconnect(venues, workers):
    """No summary is crossed and each is the top of the true book, although every socket is cut on the way."""
    cut = threading.Event()

    def disturb(number):
        if number >= 8 and not cut.is_set():
            cut.set()
            venues.call(venues.simulator.faults.disconnect, COINBASE)

    found = []
    flow = orderbook(0, Books(PRODUCTS, most=24, at=disturb), TestingSink(found))
    cluster_main(flow, [], 0, worker_count_per_proc=workers)
    assert cut.is_set()
    assert set(by_symbol(found)) == set(PRODUCTS)
    for symbol, summaries in by_symbol(found).items():
        tops = true_tops(venues, symbol)
        for summary in summaries:
            top = summary.bid_price, summary.bid_size, summary.ask_price, summary.ask_size
            assert top in tops, f"{symbol}: {summary} never was"
            assert summary.spread == round(summary.ask_price - summary.bid_price, _KEPT) > 0


def test_a_narrow_spread_is_not_printed(venues):
    """What the filter refuses does not reach the output."""
    found = []
    run_main(orderbook(0.5, Books(["BTC-USD"], most=3), TestingSink(found)))
    assert found == []


def test_an_empty_side_and_a_second_snapshot_end_nothing(venues):
    """A book without a side has no summary, and the next book takes its place whole."""

    class Book:
        def __init__(self, bid, ask):
            self.get_best_bid, self.get_best_ask, self.get_timestamp = lambda: bid, lambda: ask, lambda: 5

    state = OrderBookState()
    assert state.update(Book([100.1, 1], [100.3, 2])).spread == 0.2
    assert state.update(Book(None, [100.3, 2])) is None
    summary = state.update(Book([90.0, 1], [91.0, 2]))
    assert (summary.bid_price, summary.ask_price, summary.spread, summary.time) == (90.0, 91.0, 1.0, 5)


def test_a_flow_that_breaks_goes_on_with_recovery_and_loses_no_trade(venues, tmp_path):
    """After an error in the middle, the restarted flow has each later trade; only those of the last epoch twice."""
    init_db_dir(tmp_path, 1)
    config = RecoveryConfig(tmp_path)
    before, after = [], []
    with pytest.raises(Exception, match="next_batch"):
        run_main(
            trades_flow(before, ["BTC-USD"], most=6, then=RuntimeError("broken on purpose")),
            epoch_interval=timedelta(0),
            recovery_config=config,
        )
    run_main(
        trades_flow(after, ["BTC-USD"], most=6), epoch_interval=timedelta(0), recovery_config=RecoveryConfig(tmp_path)
    )
    old, new = numbers(by_symbol(before)["BTC-USD"]), numbers(by_symbol(after)["BTC-USD"])
    assert new == list(range(new[0], new[0] + len(new)))
    assert old[0] < new[0] <= old[-1] + 1


IDS = """
import sys
from datetime import timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main

from bt_api_py.connectors.bytewax import LineSink, StreamSource

flow = Dataflow("ids")
trades = op.input("input", flow, StreamSource("COINBASE___SPOT", "trades", ["BTC-USD"]))
op.output("out", op.map_value("id", trades, lambda trade: trade.get_trade_id()), LineSink())
run_main(flow, epoch_interval=timedelta(0), recovery_config=RecoveryConfig(sys.argv[1]))
"""


def ids_until_killed(venues, directory, count):
    """Run a flow that prints the ids of trades, kill it after so many, and return all that it printed."""
    command = [sys.executable, "-c", IDS, str(directory)]
    environment = {"BT_API_SIMULATOR": venues.url, "PYTHONPATH": str(ROOT), "PATH": ""}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        guard = threading.Timer(PATIENCE, process.kill)
        guard.start()
        lines = list(islice(process.stdout, count))
        process.kill()
        lines += process.stdout
        guard.cancel()
    guard.join()
    return [int(line.split()[-1]) for line in lines if line.endswith("\n")]


def test_a_flow_that_is_killed_goes_on_with_recovery_and_loses_no_trade(venues, tmp_path):
    """After SIGKILL the restarted flow goes on where the recovery store says, without a hole."""
    init_db_dir(tmp_path, 1)
    old, new = (ids_until_killed(venues, tmp_path, 20) for _ in range(2))
    assert min(len(old), len(new)) >= 20
    for ids in (old, new):
        assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert old[0] < new[0] <= old[-1] + 1


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def own_lines(process):
    return (line for line in process.stdout if "OrderBookSummary" in line)


def test_two_processes_share_the_products_and_die_together(venues):
    """Two processes read each product once between them; when one is killed the other ends."""
    addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(2))
    command = [sys.executable, "-m", "bytewax.run", "examples.bytewax_orderbook:orderbook(threshold=0)"]
    environment = {"BT_API_SIMULATOR": venues.url, "PYTHONPATH": str(ROOT), "PATH": ""}
    cluster = [
        subprocess.Popen(
            [*command, "-i", str(number), "-a", addresses],
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for number in range(2)
    ]
    guard = threading.Timer(PATIENCE, lambda: [process.kill() for process in cluster])
    guard.start()
    try:
        # The engine itself prints that a process has to wait for the other one.
        lines = [[line for line, _ in zip(own_lines(process), range(8), strict=False)] for process in cluster]
        symbols = [{line.split()[0] for line in own} for own in lines]
        assert not symbols[0] & symbols[1]
        assert symbols[0] | symbols[1] <= set(PRODUCTS)
        assert all("spread=-" not in line for own in lines for line in own)
        cluster[0].kill()
        assert cluster[1].wait(PATIENCE) != 0
    finally:
        guard.cancel()
        for process in cluster:
            process.kill()
            process.wait()
            process.stdout.close()
    guard.join()


def test_without_bytewax_the_error_says_what_to_install():
    """The import names the extra, and the engine-neutral part works without it."""
    code = (
        "import sys; sys.modules['bytewax'] = None\n"
        "import bt_api_py.connectors.source\n"
        "try:\n    import bt_api_py.connectors.bytewax\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE)
    assert "pip install 'bt_api_py[bytewax]'" in done.stdout
    assert done.stderr == ""
