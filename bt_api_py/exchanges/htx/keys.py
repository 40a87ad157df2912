"""What the accounts of all products share: signatures, and what a refusal of them means.

Source: HTX spot API documentation and USDT-margined contracts API documentation (authentication), last public state of
2021-06, compared with clients of 2026.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

from ...exceptions import BtApiError
from ..account_base import PrivateSide, SignedCall, encoded
from ..base import Request
from .wire import advice, failure

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


class HtxKey(PrivateSide):
    """A key, whose name and signature stand in the query of a call; the body of a POST is not signed."""

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        method = "POST" if request.body else "GET"
        query = encoded(dict(sorted({**request.query, **self.identity(now_ms)}.items())))
        signature = self.signature(self.rest_url, request.path, query, method)
        return SignedCall(f"{query}&{encoded({'Signature': signature})}", {}, request.body)

    def identity(self, now_ms: int) -> dict[str, str]:
        """Return what is signed beside the call itself."""
        return {
            "AccessKeyId": self.key("api_key"),
            "SignatureMethod": "HmacSHA256",
            "SignatureVersion": "2",
            "Timestamp": moment(now_ms),
        }

    def signature(self, url: str, path: str, query: str, method: str = "GET") -> str:
        """Return the signature over a call to the host of `url`."""
        text = f"{method}\n{_host(url)}\n{path}\n{query}"
        return b64encode(hmac.digest(self.key("secret").encode(), text.encode(), sha256)).decode()

    def login_signature(self, parameters: Mapping[str, str]) -> str:
        """Return the signature over the parameters of a login."""
        endpoint = self.endpoints["account"]
        return self.signature(endpoint.url(self.settings), endpoint.path, encoded(parameters))

    def hint(self, code: str, text: str) -> str | None:
        return advice(code, text)

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)


def moment(now_ms: int) -> str:
    """Return a time as it is signed."""
    return f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}"


def _host(url: str) -> str:
    """Return the host as it stands in the request and is signed: lower case, the port only where it is unusual."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host if parts.port in (None, _PORTS[parts.scheme]) else f"{host}:{parts.port}"
