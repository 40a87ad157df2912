"""``bt-api plan``: which process takes what, without a network."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import orjson

from ..connectors.plan import Plan, Share, plan
from ..exceptions import BtApiError
from .listing import print_table
from .running import OK, complain, describe, exit_code

_SYMBOLS_SHOWN = 8


def show(
    exchange: str,
    topics: Sequence[str],
    symbols: Sequence[str],
    *,
    processes: int | None,
    most_topics: int,
    interval: str,
    as_json: bool,
) -> int:
    """Print the plan: a table on a terminal, a line for each process elsewhere, JSON when asked."""
    try:
        found = plan(
            exchange,
            _split(topics),
            _split(symbols),
            processes=processes,
            most_topics=most_topics,
            interval=interval,
        )
    except BtApiError as error:
        complain(describe(error))
        return exit_code(error)
    if as_json:
        print(orjson.dumps(found.as_dict()).decode())
    elif sys.stdout.isatty():
        rows = [_cells(share, _SYMBOLS_SHOWN) for share in found.shares]
        print_table(("process", "topics", "sockets", "<markets"), rows)
        print(_summary(found))
    else:
        for share in found.shares:
            print("\t".join(_cells(share, None)))
    return OK


def _split(words: Sequence[str]) -> list[str]:
    return [part for word in words for part in word.replace(",", " ").split()]


def _cells(share: Share, most: int | None) -> list[str]:
    shown = " ".join(share.symbols[:most])
    rest = len(share.symbols[most:]) if most else 0
    markets = f"{shown} and {rest} more" if rest else shown
    return [str(share.process), str(share.topics), str(sum(share.sockets.values())), markets]


def _summary(found: Plan) -> str:
    processes = len(found.shares)
    text = f"{processes} process{'es' if processes > 1 else ''}, {found.sockets} socket{'s'[: found.sockets != 1]}"
    return f"{text}; opening takes {found.opening_s:.0f} s or more from one address" if found.opening_s else text
