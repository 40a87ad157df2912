"""Lists in pages, with cursors.

Source: Vega data node v0.79.0, API v2, "Pagination", October 2024. What a cursor holds is the node's own affair, and so
is the order of a list that says nothing of it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..base import whole
from .errors import INVALID_ARGUMENT, NodeError
from .messages import Row

_MOST = 5000


def page(
    query: Mapping[str, str], rows: Sequence[tuple[str, Row]], *, size: int, newest_first: bool = False
) -> dict[str, Any]:
    """Return the part of a list that a query asks for.

    Args:
        rows: all of the list, each with a key that tells its place: oldest, or smallest, first.
        size: of a page, unless the query says another.

    Raises:
        NodeError: a cursor that is none, or a size that is too large or too small.
    """
    asked = query.get("pagination.newestFirst")
    is_reversed = newest_first if asked is None else asked == "true"
    listed = list(reversed(rows)) if is_reversed else list(rows)
    start, end = 0, len(listed)
    if query.get("pagination.after"):
        key = _key(query["pagination.after"])
        start = sum(row[0] >= key if is_reversed else row[0] <= key for row in listed)
    if query.get("pagination.before"):
        key = _key(query["pagination.before"])
        end = sum(row[0] > key if is_reversed else row[0] < key for row in listed)
    first, last = _count(query, "pagination.first"), _count(query, "pagination.last")
    if last is not None:
        start = max(start, end - last)
    else:
        end = min(end, start + (size if first is None else first))
    edges = [{"node": row, "cursor": _cursor(key)} for key, row in listed[start:end]]
    return {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": end < len(listed),
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else "",
            "endCursor": edges[-1]["cursor"] if edges else "",
        },
    }


def _count(query: Mapping[str, str], name: str) -> int | None:
    try:
        count = whole(query.get(name), None, 1, _MOST + 1)
    except ValueError:
        raise NodeError(INVALID_ARGUMENT, f"{name} must be a positive number") from None
    if count is not None and count > _MOST:
        raise NodeError(INVALID_ARGUMENT, f"{name} must be at most {_MOST}")
    return count


def _cursor(key: str) -> str:
    return base64.b64encode(json.dumps({"key": key}).encode()).decode()


def _key(cursor: str) -> str:
    try:
        return str(json.loads(base64.b64decode(cursor, validate=True))["key"])
    except (ValueError, KeyError, TypeError):
        raise NodeError(INVALID_ARGUMENT, "invalid cursor") from None
