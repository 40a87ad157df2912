"""What the hand-over to a Bytewax worker costs: `python -m benchmarks.dataflow`.

The same objects go through the same dataflow twice: from a list in memory, and through a partition of `StreamSource`,
whose background loop is fed from memory as well. The difference is the connector alone, without a network.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.testing import TestingSink, TestingSource, run_main

from bt_api_py.connectors.bytewax import StreamSource

_ITEMS = 200_000
_ROUNDS = 5


class _Feed:
    """Stands for a stream: hands out numbers and ends."""

    def __init__(self) -> None:
        self._items = iter(range(_ITEMS))

    async def __aenter__(self) -> _Feed:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""

    def __aiter__(self) -> _Feed:
        return self

    async def __anext__(self) -> int:
        for item in self._items:
            return item
        raise StopAsyncIteration


def _through_partition() -> Source[Any]:
    source = StreamSource("COINBASE___SPOT", "trades", ["BTC-USD"], timeout=0.005)
    source._source._stream = lambda *_: _Feed()  # type: ignore[method-assign,assignment,return-value]
    return source


def _seconds(source: Source[Any]) -> float:
    found: list[Any] = []
    flow = Dataflow("benchmark")
    op.output("out", op.input("in", flow, source), TestingSink(found))
    began = time.process_time()
    run_main(flow)
    assert len(found) == _ITEMS
    return time.process_time() - began


def main() -> None:
    """Print microseconds of processor time for each object, both ways, and their ratio."""
    listed = [("BTC-USD", number) for number in range(_ITEMS)]
    plain = median(_seconds(TestingSource(listed, batch_size=100)) for _ in range(_ROUNDS))
    ours = median(_seconds(_through_partition()) for _ in range(_ROUNDS))
    for name, seconds in (("list in memory", plain), ("partition of StreamSource", ours)):
        print(f"{name:<26} {seconds / _ITEMS * 1e6:6.2f} us, {_ITEMS / seconds:9,.0f} objects/s")
    print(f"ratio {ours / plain:.1f}")


if __name__ == "__main__":
    main()
