"""Base58 as BULK writes keys, signatures and order ids: the bytes as one number, leading zero bytes as ones."""

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}


def encode(data: bytes) -> str:
    """Return bytes as text."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _LETTERS[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def decode(text: str, length: int) -> bytes:
    """Return the bytes that a text stands for.

    Raises:
        ValueError: a letter that is none, or not that many bytes.
    """
    number = 0
    for letter in text[: 2 * length]:  # more letters than that stand for more bytes in any case
        if letter not in _VALUES:
            raise ValueError(f"no base58 letter: {letter!r}")
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    data = b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(data) != length or len(text) > 2 * length:
        raise ValueError(f"{len(data)} bytes, {length} are needed")
    return data
