"""The table of what was measured, for a terminal or as Markdown."""

from __future__ import annotations

from typing import Any

_COSTS = ("processor time of a message", "compared with", "theirs, µs", "ours, µs", "ratio", "least to most")
_LATENCIES = ("latency", "compared with", "theirs, µs", "ours, µs", "ratio", "least to most")
_FIGURES = ("figure", "median", "least to most")
_QUANTILES = ("p50", "p99", "p99.9")


def drawn(result: dict[str, Any], *, markdown: bool) -> str:
    """Return all results as text."""
    cases = result["cases"]
    paced = [(case, name) for case in cases if "latency_us" in case for name in _QUANTILES]
    slow = any(case.get("server_is_slow") for case in cases)
    parts = [
        _table(
            _COSTS,
            [_row(case["case"] + " *" * case.get("server_is_slow", False), case, "cpu_us") for case in cases],
            markdown,
        ),
        "* The server was too slow, or had too little of the machine: both waited for it." if slow else "",
        _table(_LATENCIES, [_row(f"{case['case']}, {name}", case, name) for case, name in paced], markdown),
        _table(_FIGURES, [_figure(figure) for figure in result["figures"]], markdown),
        f"Python {result['python']}, {result['system']}.",
    ]
    return "\n\n".join(part for part in parts if part)


def _row(label: str, case: dict[str, Any], figure: str) -> list[str]:
    found = case["latency_us"][figure] if figure in _QUANTILES else case[figure]
    return [
        label,
        case["against"],
        f"{found['against']:.1f}",
        f"{found['subject']:.1f}",
        f"{found['ratio']:.2f}",
        f"{found['least']:.2f} to {found['most']:.2f}",
    ]


def _figure(figure: dict[str, Any]) -> list[str]:
    return [figure["figure"], f"{figure['median']:.1f}", f"{figure['least']:.1f} to {figure['most']:.1f}"]


def _table(head: tuple[str, ...], rows: list[list[str]], markdown: bool) -> str:
    if not rows:
        return ""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    is_number = [cell[:1].isdigit() for cell in rows[0]]
    lines = [
        [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        ]
        for row in (head, *rows)
    ]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in lines)
    rule = ["-" * (width - 1) + ("-:"[right]) for width, right in zip(widths, is_number, strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))
