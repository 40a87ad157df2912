"""Streams as a source of Bytewax dataflows. Needs the extra `bytewax`, which exists for Python before 3.13.

Source: Bytewax 0.21 documentation, "Custom connectors" and "Recovery", state of 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

try:
    from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
    from bytewax.outputs import DynamicSink, StatelessSinkPartition
except ImportError as error:
    raise ImportError(
        "bt_api_py.connectors.bytewax needs Bytewax, which has releases for Python before 3.13: "
        "pip install 'bt_api_py[bytewax]'"
    ) from error

from .source import Partition, Position, Source


class StreamPartition(StatefulSourcePartition[tuple[str, Any], Position | None]):
    """One market for a worker. An error that concerns it alone ends it and no other."""

    def __init__(self, partition: Partition, symbol: str) -> None:
        self._partition = partition
        self._symbol = symbol

    def next_batch(self) -> list[tuple[str, Any]]:
        """Return what has come, without waiting."""
        batch = self._partition.take()
        if not batch and self._partition.is_over:
            raise StopIteration
        return [(self._symbol, item) for item in batch]

    def next_awake(self) -> datetime | None:
        """Return when to look again; ``None`` for at once."""
        pause = self._partition.pause()
        return datetime.now(UTC) + timedelta(seconds=pause) if pause else None

    def snapshot(self) -> Position | None:
        """Return the last trade that was handed on; nothing of anything else, which begins anew."""
        return self._partition.position

    def close(self) -> None:
        """Give the stream back."""
        self._partition.close()


class StreamSource(FixedPartitionedSource[tuple[str, Any], Position | None]):
    """The streams of one kind of several markets: items ``(symbol, object)``, keyed for stateful steps.

    There is a partition for each symbol, and each is read once in the whole cluster. The workers of a process share one
    background loop and its sockets, reconnecting stays inside, and no worker ever waits for the network. With
    recovery, trades go on after the last one of the snapshot: those in between are fetched, in order; books begin anew.
    With ``events=True`` the stream's `StreamEvent` objects are items too.

    Args:
        exchange: full name such as ``"COINBASE___SPOT"``.
        kind: ``"ticker"``, ``"depth"``, ``"trades"``, ``"klines"`` …
        symbols: in any spelling; items carry the same.
        exchange_kwargs: settings by exchange name, see `BtApi`.
        batch_size: objects handed on at once, at most.
        timeout: seconds. What has come is handed on at the next look; the pauses between looks grow with the silence of
            the market, to a tenth of it, and never beyond `timeout`.
        options: of the stream, such as ``levels`` or ``interval``.

    Raises:
        BtApiError: the exchange, the kind, the settings or an option is wrong.
    """

    def __init__(
        self,
        exchange: str,
        kind: str,
        symbols: Sequence[str],
        *,
        exchange_kwargs: Mapping[str, Mapping[str, Any]] | None = None,
        batch_size: int = 100,
        timeout: float = 0.5,
        **options: Any,
    ) -> None:
        self._source = Source(
            exchange,
            kind,
            symbols,
            exchange_kwargs=exchange_kwargs,
            batch_size=batch_size,
            timeout=timeout,
            **options,
        )

    def list_parts(self) -> list[str]:
        """Return the names of the partitions: the same in every process."""
        return list(self._source.partitions)

    def build_part(self, step_id: str, for_part: str, resume_state: Position | None) -> StreamPartition:
        """Begin to read one partition, in the worker that it was given to."""
        return StreamPartition(self._source.open(for_part, resume_state), self._source.partitions[for_part])


class LineSink(DynamicSink[tuple[str, Any]], StatelessSinkPartition[tuple[str, Any]]):
    """Standard output, a line for each ``(key, value)``; workers do not write into each other's lines."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> LineSink:
        """Return what every worker writes to."""
        return self

    def write_batch(self, items: list[tuple[str, Any]]) -> None:
        """Write whole lines in one call."""
        print("".join(f"{key} {value}\n" for key, value in items), end="", flush=True)
