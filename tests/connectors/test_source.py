"""Partitions: they never make an engine wait, share one gateway, and go on where an earlier run stopped."""

import logging
import pickle
import threading
from time import monotonic, sleep

import pytest

from bt_api_py import ConfigurationError, ExchangeNotFoundError, StreamEvent, StreamOverflowError
from bt_api_py.connectors.source import Gateway, Source

COINBASE = "COINBASE___SPOT"
PATIENCE = 20


@pytest.fixture
def opened(venues):
    """Return a maker of the partitions of a source; they are closed at the end."""
    partitions = []

    def make(kind, *symbols, position=None, **options):
        source = Source(COINBASE, kind, symbols, **options)
        made = [source.open(name, position) for name in source.partitions]
        partitions.extend(made)
        return made

    yield make
    for partition in partitions:
        partition.close()
    assert Gateway._shared == []


def loops():
    """Return how many background loops run."""
    return sum(thread.name == "bt_api_py loop" for thread in threading.enumerate())


def eventually(happens):
    """Wait until something that another thread does has happened."""
    end = monotonic() + PATIENCE
    while not happens():
        assert monotonic() < end, "not in time"
        sleep(0.01)


def collect(partition, count):
    """Poll a partition as an engine does until it has given so many items."""
    items, end = [], monotonic() + PATIENCE
    while len(items) < count:
        assert monotonic() < end, f"only {len(items)} of {count} items"
        items += partition.take()
        sleep(partition.pause())
    return items


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("COINBASE___SPOTT", "depth", ["BTC-USD"]), {}, ExchangeNotFoundError, "did you mean"),
        ((COINBASE, "books", ["BTC-USD"]), {}, ConfigurationError, "kind must be one of"),
        ((COINBASE, "depth", "BTC-USD"), {}, ConfigurationError, "must be a list"),
        ((COINBASE, "depth", ["BTC-USD", "BTC-USD"]), {}, ConfigurationError, "each once"),
        ((COINBASE, "depth", ["BTC-USD"]), {"batch_size": 0}, ConfigurationError, "batch_size"),
        ((COINBASE, "depth", ["BTC-USD"]), {"timeout": 0}, ConfigurationError, "timeout"),
        ((COINBASE, "depth", ["BTC-USD"]), {"overflows": "latest"}, ConfigurationError, "did you mean 'overflow'"),
        ((COINBASE, "trades", ["BTC-USD"]), {"after": ("1", 1)}, ConfigurationError, "recovery"),
    ],
)
def test_wrong_arguments_are_told_at_once(arguments, options, error, says):
    """What can be wrong without a network is an error where the source is made, and starts no thread."""
    before = threading.active_count()
    with pytest.raises(error, match=says):
        Source(*arguments, **options)
    assert threading.active_count() == before


def test_partitions_of_one_process_share_a_gateway(opened):
    """Partitions of two sources have one background loop and one socket; the last one to close ends both."""
    partitions = [*opened("trades", "BTC-USD", "ETH-USD"), *opened("ticker", "BTC-USD", "ETH-USD")]
    assert loops() == 1
    for partition in partitions:
        assert collect(partition, 1)
    [gateway] = Gateway._shared
    assert len(gateway.background.ask(gateway.api.health)[COINBASE]["connections"]) == 1
    for partition in partitions:
        assert gateway.background.is_open
        partition.close()
        partition.close()
    assert loops() == 0


def test_what_an_engine_leaves_lying_waits_in_order(opened):
    """A look gives one batch at most, a little is made ready, and the rest waits in the stream."""
    [partition] = opened("trades", "BTC-USD", batch_size=2)
    numbers = [int(trade.get_trade_id()) for trade in collect(partition, 3)]
    eventually(lambda: len(partition._ready) == 4)
    while len(numbers) < 12:
        batch = partition.take()
        assert len(batch) <= 2
        assert len(partition._ready) <= 4
        numbers += [int(trade.get_trade_id()) for trade in batch]
        sleep(partition.pause())
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_trades_go_on_after_a_restart(opened, venues):
    """A new partition begins with the trade after the position, fetched, each once; the position can be pickled."""
    [first] = opened("trades", "ETH-USD")
    before = collect(first, 3)
    position = pickle.loads(pickle.dumps(first.position))
    first.close()
    assert position == (before[-1].get_trade_id(), before[-1].get_timestamp())
    number = int(position[0])
    truth = venues.simulator.truth
    eventually(lambda: int(venues.call(truth.trades, COINBASE, "ETH-USD")[-1].id) > number + 2)
    [second] = opened("trades", "ETH-USD", position=position)
    after = collect(second, 6)
    assert [int(trade.get_trade_id()) for trade in after] == list(range(number + 1, number + 1 + len(after)))
    assert after[0].get_origin() == "backfill"


def test_a_bad_symbol_ends_one_partition(opened, caplog):
    """The partition of a market that does not exist is over, with the cause in the log; others go on."""
    bad, good = opened("ticker", "NOSUCH-USD", "BTC-USD")
    eventually(lambda: bad.is_over)
    assert bad.take() == []
    assert "InvalidSymbol" in repr(bad._error)
    assert "NOSUCH-USD" in caplog.text
    assert collect(good, 1)


def test_an_engine_that_falls_behind_is_told(opened, caplog):
    """Trades are never lost in silence: beyond the buffer the flow gets the error, after what was queued."""
    with caplog.at_level(logging.DEBUG, "bt_api_py.net"):
        [partition] = opened("trades", "BTC-USD", batch_size=1, buffer=1)
        eventually(lambda: "kind='overflow'" in caplog.text)
    with pytest.raises(StreamOverflowError, match="fell behind by 1 items"):
        eventually(lambda: partition.take() is None)


@pytest.mark.parametrize("kind", ["depth", "trades"])
def test_what_is_handed_on_survives_the_way_to_another_process(opened, kind):
    """Objects and events can be pickled and say the same afterwards."""
    [partition] = opened(kind, "BTC-USD", events=True)
    items = collect(partition, 3)
    events = [item for item in items if isinstance(item, StreamEvent)]
    assert events
    assert pickle.loads(pickle.dumps(events)) == events
    for item in items:
        if item not in events:
            assert pickle.loads(pickle.dumps(item)).get_all_data() == item.get_all_data()
