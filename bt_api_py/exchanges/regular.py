"""Records as they nearly always come: their classes are made from those that also read what is out of the ordinary.

A venue may send a number as text, leave it empty or send what is none, and one odd field must not cost the record. So
the records of `rows.py` take nearly everything, and look at it again afterwards. Here the decoder itself sees to it
that every number is one. What it refuses is no fault yet: it is read again, by the class that takes more.
"""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec

from ..containers.base import Number, Row


def regular(row: Any) -> tuple[Any, bool]:
    """Return the class for the regular records of a class, and whether its decoder leaves `defect` nothing to find."""
    hints = get_type_hints(row, include_extras=True)
    checks = _checks(row)
    is_sound = checks is not None and all(hints.get(name) in kinds for name, kinds in checks.items())
    fields = []
    for entry in msgspec.structs.fields(row):
        kind = hints[entry.name]
        if checks is not None:
            kind = checks.get(entry.name, {}).get(kind, kind)
        if kind == Number:
            kind = float | None
        default = {"default": entry.default} if entry.default is not msgspec.NODEFAULT else {}
        if entry.default_factory is not msgspec.NODEFAULT:
            default = {"default_factory": entry.default_factory}
        fields.append((entry.name, kind, msgspec.field(name=entry.encode_name, **default)))
    # Another process finds the class of `rows.py` by its name, and this one nowhere.
    as_other = {"__reduce__": lambda record: (_remade, (row, msgspec.structs.asdict(record)))}
    made = msgspec.defstruct(
        row.__name__, fields, bases=(row,), module=row.__module__, namespace=as_other, kw_only=True
    )
    return made, is_sound


def _remade(row: Any, fields: dict[str, Any]) -> Any:
    return row(**fields)


def _checks(row: Any) -> dict[str, dict[Any, Any]] | None:
    """Return the narrower types that do the work of `defect`, from its class; ``None`` where nothing does that work."""
    owner = next(each for each in row.__mro__ if "defect" in vars(each))
    checks: dict[str, dict[Any, Any]] | None = row.checks if owner is Row else vars(owner).get("checks")
    return checks
