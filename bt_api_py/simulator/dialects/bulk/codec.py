"""BULK transactions as bytes: what is signed, and what an order id is made of.

Little-endian, in the layout of bincode. Source: BULK API 1.0.15, "Signing", May 2026; signing library 0.1.31.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from .base58 import decode, encode

_TIF = {"GTC": 0, "IOC": 1, "ALO": 2}
_UNITS = Decimal(10**8)  # of a price or size in an order
_U64 = 1 << 64


class Malformed(ValueError):
    """An action, or a transaction, that the venue cannot read."""


def message(actions: Sequence[bytes], nonce: int, account: bytes, domain: int) -> bytes:
    """Return what is signed."""
    return _u64(len(actions)) + b"".join(actions) + _u64(nonce) + account + bytes([domain])


def order_id(number: int, action: bytes, nonce: int, account: bytes) -> str:
    """Return the id of an order; `number` is its place in the transaction, `action` it without a builder code."""
    return encode(sha256(struct.pack("<I", number) + action + account + _u64(nonce)).digest())


def action_bytes(action: Any) -> tuple[bytes, bytes]:
    """Return an action, and the builder code that follows it (mostly nothing).

    Raises:
        Malformed: it is none, or holds something that cannot be written.
    """
    if not isinstance(action, dict) or len(action) != 1:
        raise Malformed("an action has one key")
    [(tag, body)] = action.items()
    if tag not in _WRITERS:
        raise Malformed(f"unsupported action: {tag}")
    if not isinstance(body, dict):
        raise Malformed(f"{tag}: no object")
    code, writer = _WRITERS[tag]
    try:
        return struct.pack("<I", code) + writer(body), _builder(body) if tag in ("l", "m") else b""
    except (KeyError, TypeError, ValueError, AttributeError, struct.error, InvalidOperation) as error:
        raise Malformed(f"{tag}: {type(error).__name__} {error}") from None


def number(value: Any) -> Decimal:
    """Return a price or a size, written as text or as a number.

    Raises:
        ValueError: it is none, or not positive.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"no number: {value!r}")
    found = Decimal(str(value))
    if not found.is_finite() or found <= 0:
        raise ValueError(f"not positive: {value}")
    return found


def pubkey(text: Any) -> bytes:
    """Return a public key.

    Raises:
        ValueError: the text is none.
    """
    if not isinstance(text, str):
        raise ValueError(f"no key: {text!r}")
    return decode(text, 32)


def whole(value: Any) -> int:
    """Return an unsigned number of 64 bits, written as text or as a number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"no whole number: {value!r}")
    found = int(value)
    if not 0 <= found < _U64:
        raise ValueError(f"out of range: {value}")
    return found


def _u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"no text: {value!r}")
    data = value.encode()
    return _u64(len(data)) + data


def _flag(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise ValueError(f"neither true nor false: {value!r}")
    return bytes([value])


def _units(value: Any) -> bytes:
    return _u64(int((number(value) * _UNITS).quantize(Decimal(1), ROUND_HALF_UP)))


def _double(value: Any) -> bytes:
    return struct.pack("<d", float(number(value)))


def _limit(body: Mapping[str, Any]) -> bytes:
    tif = struct.pack("<I", _TIF[body["tif"]])
    order = _text(body["c"]) + _flag(body["b"]) + _units(body["px"]) + _units(body["sz"])
    return order + tif + _flag(body["r"]) + _flag(body["i"])


def _market(body: Mapping[str, Any]) -> bytes:
    return _text(body["c"]) + _flag(body["b"]) + _units(body["sz"]) + _flag(body["r"]) + _flag(body["i"])


def _builder(body: Mapping[str, Any]) -> bytes:
    code = body.get("builderCode")
    if code is None:
        return b""
    fee = code["fee"]
    if not 1 <= fee <= 15:
        raise ValueError(f"builder fee {fee}")
    return b"\1" + pubkey(code["to"]) + bytes([fee])


def _modify(body: Mapping[str, Any]) -> bytes:
    return decode(body["oid"], 32) + _text(body["c"]) + _double(body["sz"])


def _cancel(body: Mapping[str, Any]) -> bytes:
    return _text(body["c"]) + decode(body["oid"], 32)


def _cancel_all(body: Mapping[str, Any]) -> bytes:
    return _u64(len(body["c"])) + b"".join(_text(symbol) for symbol in _list(body["c"]))


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise ValueError(f"no list: {value!r}")
    return value


def _oracle(body: Mapping[str, Any]) -> bytes:
    return _u64(whole(body["t"])) + _text(body["c"]) + _double(body["px"])


def _pyth(body: Mapping[str, Any]) -> bytes:
    rows = _list(body["oracles"])
    return _u64(len(rows)) + b"".join(
        struct.pack("<QQQh", whole(row["t"]), whole(row["fi"]), whole(row["px"]), row["e"]) for row in rows
    )


def _faucet(body: Mapping[str, Any]) -> bytes:
    amount = body.get("amount")
    return pubkey(body["u"]) + (b"\0" if amount is None else b"\1" + _double(amount))


def _agent(body: Mapping[str, Any]) -> bytes:
    return pubkey(body["a"]) + _flag(body["d"])


def _settings(body: Mapping[str, Any]) -> bytes:
    pairs = leverages(body)
    return _u64(len(pairs)) + b"".join(_text(symbol) + _double(leverage) for symbol, leverage in pairs)


def leverages(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the settings of `updateUserSettings`: a mapping, in older clients a list of pairs."""
    given = body["m"]
    return list(given.items()) if isinstance(given, dict) else [(symbol, leverage) for symbol, leverage in _list(given)]


_WRITERS: dict[str, tuple[int, Callable[[Mapping[str, Any]], bytes]]] = {
    "m": (0, _market),
    "l": (1, _limit),
    "mod": (2, _modify),
    "cx": (3, _cancel),
    "cxa": (4, _cancel_all),
    "px": (11, _oracle),
    "o": (13, _pyth),
    "faucet": (16, _faucet),
    "agentWalletCreation": (17, _agent),
    "updateUserSettings": (18, _settings),
}
