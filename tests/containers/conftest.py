from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bt_api_py.containers import Container, Row, Topic


@pytest.fixture
def build() -> Callable[..., Any]:
    """Return a function that makes a container of one class from the fields of its record."""

    def make(
        cls: type[Container], *, topic: Topic | None = None, received: float = 1700000000.25, **fields: Any
    ) -> Any:
        row = msgspec.defstruct("SentRow", [(name, Any) for name in fields], bases=(Row,))(**fields)
        return cls(row, topic or Topic("NIMBUS___SPOT", "any", "BTC/USDT", "btc_usdt"), received)

    return make


@pytest.fixture
def swap() -> Topic:
    """The topic of a contract worth a quarter of a base unit."""
    return Topic("NIMBUS___SWAP", "any", "BTC/USDT", "BTC-USDT-SWAP", factor=0.25)
