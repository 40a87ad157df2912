"""Transactions of BULK in the bytes that are signed, the order ids that follow from them, and the signer.

Source: BULK API 1.0.15, chapters "Transaction signing" and "Order ids"; layout and test vectors of bulk-keychain
0.1.31, read 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from hashlib import sha256
from importlib import import_module
from math import isfinite
from struct import pack
from types import ModuleType
from typing import Any, NoReturn, Self

from ...exceptions import ConfigurationError
from ...exchanges.bulk.wire import NAME
from ...secrets import MASK, Secret

DOMAINS: Mapping[str, int] = {"mainnet": 1, "testnet": 2, "devnet": 3, "staging": 3}

Number = float | str | Decimal
Action = Mapping[str, Mapping[str, Any]]

_STEP = Decimal("0.00000001")  # what the venue's fixed-point numbers can tell
_LARGEST = 2**64 - 1
_TIFS = {"GTC": 0, "IOC": 1, "ALO": 2}
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


def decimal_text(value: Number, what: str) -> str:
    """Return a price or a quantity as plain digits with at most eight decimals, rounded half away from zero.

    Raises:
        ValueError: it is no number, not above zero, or too large for the venue.
    """
    try:
        number = Decimal(str(value))
        scaled = number / _STEP if not isinstance(value, bool) and number.is_finite() else Decimal(0)
        whole = scaled.to_integral_value(ROUND_HALF_UP)
    except InvalidOperation:
        whole = Decimal(0)
    if not 0 < whole <= _LARGEST:
        raise ValueError(f"{what} must be a number above zero with at most eight decimals, not {value!r}")
    # As written where nothing is rounded away, so that 95000.0 stays 95000.0.
    return f"{number if whole == scaled else whole * _STEP:f}"


def base58_bytes(text: str, size: int, what: str) -> bytes:
    """Return the bytes of a key, an id or a signature.

    Raises:
        ValueError: the text is no Base58, or stands for another number of bytes. It is not quoted.
        ConfigurationError: the package that decodes is not installed.
    """
    try:
        found: bytes = _need("base58").b58decode(text)
    except (ValueError, TypeError, AttributeError):
        found = b""
    if len(found) != size:
        raise ValueError(f"{what} must be {size} bytes in Base58")
    return found


def base58_text(data: bytes) -> str:
    """Return bytes in Base58."""
    text: bytes = _need("base58").b58encode(data)
    return text.decode()


def order_id(action: Action, account: str, nonce: int, seqno: int = 0) -> str:
    """Return the id that the venue will give to a limit or market order.

    Args:
        action: as it is sent.
        account: the owner's public key.
        nonce: of the transaction.
        seqno: position of the action in the transaction.

    Raises:
        ValueError: the action cannot be encoded.
    """
    data = pack("<I", seqno) + action_bytes(action) + base58_bytes(account, _KEY_BYTES, "account") + pack("<Q", nonce)
    return base58_text(sha256(data).digest())


def message(transaction: Mapping[str, Any], domain: int | str) -> bytes:
    """Return the bytes of a transaction that are signed.

    Raises:
        ValueError: something is missing, out of range or of an unknown kind.
    """
    actions = transaction["actions"]
    parts = [pack("<Q", len(actions)), *(action_bytes(action) for action in actions)]
    parts += [pack("<Q", nonce_of(transaction["nonce"]))]
    parts += [base58_bytes(transaction["account"], _KEY_BYTES, "account"), pack("<B", domain_byte(domain))]
    return b"".join(parts)


def nonce_of(value: Any) -> int:
    """Return a nonce, a whole number of 64 bits that may be written as a text.

    Raises:
        ValueError: it is none.
    """
    try:
        number = int(value) if isinstance(value, str) or type(value) is int else -1
    except ValueError:
        number = -1
    if not 0 <= number <= _LARGEST:
        raise ValueError(f"a nonce is a whole number of at most 64 bits, not {value!r}")
    return number


def domain_byte(domain: int | str) -> int:
    """Return the byte that binds a signature to one network.

    Raises:
        ValueError: there is no such network.
    """
    found = DOMAINS.get(domain.lower()) if isinstance(domain, str) else domain
    if type(found) is not int or found not in DOMAINS.values():
        raise ValueError(f"a signature domain is one of {', '.join(DOMAINS)} or its number, not {domain!r}")
    return found


def action_bytes(action: Action) -> bytes:
    """Return one action in the bytes that are signed.

    Raises:
        ValueError: the kind of action is unknown, or a value is missing or out of range.
    """
    [(tag, body)] = action.items()
    try:
        match tag:
            case "m":
                sides = _text(body["c"]) + _flag(body["b"]) + _fixed(body["sz"], "size")
                return pack("<I", 0) + sides + _flag(body["r"]) + _flag(body["i"])
            case "l":
                numbers = _fixed(body["px"], "price") + _fixed(body["sz"], "size")
                flags = pack("<I", _TIFS[body["tif"]]) + _flag(body["r"]) + _flag(body["i"])
                return pack("<I", 1) + _text(body["c"]) + _flag(body["b"]) + numbers + flags
            case "mod":
                return pack("<I", 2) + _id(body["oid"]) + _text(body["c"]) + _float(body["sz"])
            case "cx":
                return pack("<I", 3) + _text(body["c"]) + _id(body["oid"])
            case "cxa":
                return pack("<I", 4) + _list([_text(symbol) for symbol in body["c"]])
            case "px":
                return pack("<IQ", 11, body["t"]) + _text(body["c"]) + _float(body["px"])
            case "o":
                prices = [pack("<QQQh", row["t"], row["fi"], row["px"], row["e"]) for row in body["oracles"]]
                return pack("<I", 13) + _list(prices)
            case "faucet":
                amount = body.get("amount")
                asked = b"\0" if amount is None else b"\1" + _float(amount)
                return pack("<I", 16) + _key(body["u"]) + asked
            case "agentWalletCreation":
                return pack("<I", 17) + _key(body["a"]) + _flag(body["d"])
            case "updateUserSettings":
                pairs = body["m"].items() if isinstance(body["m"], Mapping) else body["m"]
                return pack("<I", 18) + _list([_text(symbol) + _float(leverage) for symbol, leverage in pairs])
    except KeyError as error:
        raise ValueError(f"action {tag!r}: no {error.args[0]!r}") from None
    except Exception as error:
        # `struct` has an error class of its own for numbers out of range.
        raise ValueError(f"action {tag!r}: {error}") from error
    raise ValueError(f"action {tag!r} is not known")


def _text(value: str) -> bytes:
    data = value.encode()
    return pack("<Q", len(data)) + data


def _flag(value: Any) -> bytes:
    return b"\1" if value else b"\0"


def _float(value: Any) -> bytes:
    number = float(value)
    if not isfinite(number) or number < 0:
        raise ValueError(f"{value!r} is no finite number of at least zero")
    return pack("<d", number)


def _fixed(value: Number, what: str) -> bytes:
    return pack("<Q", int(Decimal(decimal_text(value, what)) / _STEP))


def _id(text: str) -> bytes:
    return base58_bytes(text, 32, "an order id")


def _key(text: str) -> bytes:
    return base58_bytes(text, _KEY_BYTES, "a public key")


def _list(entries: Sequence[bytes]) -> bytes:
    return pack("<Q", len(entries)) + b"".join(entries)


class TransactionSigner:
    """Signs the transactions of one key; the key itself shows in no text.

    Args:
        private_key: 32 bytes (the seed) or 64 bytes (seed and public key) in Base58.

    Raises:
        ValueError: another length, or a public key that is not the seed's.
        ConfigurationError: the packages that sign are not installed.
    """

    def __init__(self, private_key: str) -> None:
        ed25519 = _need("cryptography.hazmat.primitives.asymmetric.ed25519")
        try:
            data: bytes = _need("base58").b58decode(private_key)
        except (ValueError, TypeError, AttributeError):
            data = b""
        if len(data) not in (_KEY_BYTES, 2 * _KEY_BYTES):
            raise ValueError("a private key must be 32 or 64 bytes in Base58")
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(data[:_KEY_BYTES])
        public: bytes = self._key.public_key().public_bytes_raw()
        if data[_KEY_BYTES:] not in (b"", public):
            raise ValueError("the second half of the private key is not the public key of its first half")
        self._text = Secret(private_key)
        self._last_nonce = -1
        self.public_key = base58_text(public)

    @classmethod
    def generate_account(cls) -> Self:
        """Return the signer of a fresh random key, for tests."""
        ed25519 = _need("cryptography.hazmat.primitives.asymmetric.ed25519")
        return cls(base58_text(ed25519.Ed25519PrivateKey.generate().private_bytes_raw()))

    @property
    def private_key(self) -> str:
        """The private key as it was given."""
        return self._text.reveal()

    def next_nonce(self, now_ns: int) -> int:
        """Return a nonce for now, above every earlier one of this signer."""
        self._last_nonce = max(now_ns, self._last_nonce + 1)
        return self._last_nonce

    def note_nonce(self, nonce: int) -> None:
        """Keep later nonces above one that the caller chose."""
        self._last_nonce = max(nonce, self._last_nonce)

    def sign_transaction(self, transaction: Mapping[str, Any], domain: int | str) -> dict[str, Any]:
        """Return the whole transaction as it is posted: actions, nonce as text, account, signer and signature.

        Args:
            transaction: ``actions`` and ``nonce``; ``account`` where it is not the signer's own.
            domain: the network, by name or by number.

        Raises:
            ValueError: something is missing, out of range or of an unknown kind.
        """
        if not transaction.get("actions") or "nonce" not in transaction:
            raise ValueError("a transaction needs actions and a nonce")
        whole = {
            **transaction,
            "nonce": str(nonce_of(transaction["nonce"])),
            "account": transaction.get("account") or self.public_key,
            "signer": self.public_key,
        }
        return whole | {"signature": base58_text(self._key.sign(message(whole, domain)))}

    def verify(self, transaction: Mapping[str, Any], domain: int | str) -> bool:
        """Return whether a signed transaction is what its signer signed for this network."""
        keys = _need("cryptography.hazmat.primitives.asymmetric.ed25519")
        invalid = _need("cryptography.exceptions").InvalidSignature
        try:
            signature = base58_bytes(transaction["signature"], _SIGNATURE_BYTES, "a signature")
            public = keys.Ed25519PublicKey.from_public_bytes(
                base58_bytes(transaction["signer"], _KEY_BYTES, "a public key")
            )
            public.verify(signature, message(transaction, domain))
        except (KeyError, ValueError, invalid):
            return False
        return True

    def __repr__(self) -> str:
        return f"TransactionSigner(public_key={self.public_key!r}, private_key='{MASK}')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer holds a secret and cannot be pickled or copied")


def _need(module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError:
        raise ConfigurationError(
            "signing needs further packages: pip install 'bt_api_py[bulk]'", exchange_name=NAME
        ) from None
