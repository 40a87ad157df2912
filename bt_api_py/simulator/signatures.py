"""Signatures as venues compute them from their own documents, apart from those of the library."""

import base64
import hashlib
import hmac
from importlib import import_module
from typing import Any


def hex_hmac(secret: str, text: str) -> str:
    """Return HMAC-SHA256 as lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def base64_hmac(secret: str, text: str) -> str:
    """Return HMAC-SHA256 as Base64."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def is_pem(secret: str) -> bool:
    """Tell whether the secret of an account is a key pair, or the public part of one, rather than a shared text."""
    return secret.lstrip().startswith("-----BEGIN")


def ed25519_key(secret: str) -> Any:
    """Return the public key of a PEM text, private or public.

    Raises:
        ImportError: the package `cryptography` is not installed.
        ValueError: the PEM text holds no Ed25519 key.
    """
    ed25519 = _ed25519()
    serialization: Any = import_module("cryptography.hazmat.primitives.serialization")
    pem = secret.strip().encode()
    try:
        if b"PRIVATE KEY" in pem:
            key = serialization.load_pem_private_key(pem, None).public_key()
        else:
            key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise ValueError("the PEM text holds no Ed25519 key") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ValueError("the PEM text holds no Ed25519 key")
    return key


def is_ed25519(secret: str, text: str, signature: str) -> bool:
    """Tell whether a Base64 signature of a text was made with the key of that PEM text; see `ed25519_key`."""
    try:
        return _is_verified(ed25519_key(secret), base64.b64decode(signature, validate=True), text.encode())
    except ValueError:
        return False


def ed25519_public(seed: bytes) -> bytes:
    """Return the public key of a private one, 32 bytes each.

    Raises:
        ImportError: the package `cryptography` is not installed.
    """
    public: bytes = _ed25519().Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return public


def is_ed25519_raw(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature of bytes was made with the private key behind a public one of 32 bytes.

    Raises:
        ImportError: the package `cryptography` is not installed.
    """
    return _is_verified(_ed25519().Ed25519PublicKey.from_public_bytes(public), signature, message)


def _is_verified(key: Any, signature: bytes, message: bytes) -> bool:
    errors: Any = import_module("cryptography.exceptions")
    try:
        key.verify(signature, message)
    except errors.InvalidSignature:
        return False
    return True


def _ed25519() -> Any:
    try:
        return import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    except ImportError as error:
        raise ImportError("Ed25519 keys are checked with another package: pip install cryptography") from error
