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
    try:
        serialization: Any = import_module("cryptography.hazmat.primitives.serialization")
    except ImportError as error:
        raise ImportError("Ed25519 keys are checked with another package: pip install cryptography") from error
    ed25519: Any = import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
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
    key = ed25519_key(secret)
    errors: Any = import_module("cryptography.exceptions")
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (errors.InvalidSignature, ValueError):
        return False
    return True
