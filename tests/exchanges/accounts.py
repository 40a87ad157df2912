"""What the tests of all private sides share."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from bt_api_py.containers.base import Topic
from bt_api_py.exchanges.account_base import PrivateSide
from bt_api_py.exchanges.base import Command, Page, Pages, Request

from .material import CAPTURES


def ids() -> Any:
    """Return what numbers the commands of a socket."""
    return itertools.count(1)


def sent(command: Command | None) -> Any:
    """Return what a command says."""
    assert command is not None
    return json.loads(command.payload)


def rows_of(side: PrivateSide, frame: Any) -> list[Any]:
    """Return the records of a frame, each of which must belong to a subscription."""
    items = side.decode(json.dumps(frame).encode(), 0.0)
    assert all(name in side.names for name, _ in items), items
    return [row for _, row in items]


def row_of(side: PrivateSide, frame: Any) -> Any:
    """Return the only record of a frame."""
    (row,) = rows_of(side, frame)
    return row


def said(side: PrivateSide, frame: Any) -> list[Any]:
    """Return what a frame without data says."""
    items = side.decode(json.dumps(frame).encode(), 0.0)
    assert [name for name, _ in items] == [""] * len(items)
    return [item for _, item in items]


def fields(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return some fields of a record."""
    return {name: getattr(row, name) for name in names}


def walk(side: PrivateSide, pages: Pages, answers: Sequence[Any]) -> tuple[list[Request], list[Any]]:
    """Answer the requests of a generator one by one; return the requests, and the records of all answers."""
    asked: list[Request] = []
    found: list[Any] = []
    request = next(pages, None)
    for answer in answers:
        assert request is not None, "more answers than requests"
        asked.append(request)
        body = json.dumps(answer).encode()
        rows, refused = side.read(request, body, Topic(side.name, "account"))
        assert refused == []
        found.extend(rows)
        try:
            request = pages.send(Page(rows, body=body))
        except StopIteration:
            request = None
    assert request is None, f"one more request than answers: {request}"
    return asked, found


def messages(venue: str, channel: str) -> list[Any]:
    """Return recorded single messages; skip the test where they are missing."""
    path = CAPTURES / "messages" / venue / f"{channel}.jsonl"
    if not path.exists():
        pytest.skip(f"recorded messages are not at hand: {path}")
    return [json.loads(line)["data"] for line in path.read_text().splitlines()]
