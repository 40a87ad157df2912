"""Frames packed with gzip, opened by the standard library and by isal alike."""

import gzip
import sys
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from bt_api_py.exceptions import DataParseError
from bt_api_py.net import transport
from bt_api_py.net.transport import inflate


@pytest.fixture(params=[zlib, isal_zlib], ids=["standard library", "isal"], scope="module", autouse=True)
def library(request):
    """Run each test with either library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "_gzip", request.param)
        yield


@given(content=st.binary(max_size=500))
def test_inflating(content):
    """What was packed comes back, and so it does when it is as large as allowed."""
    assert inflate(gzip.compress(content), 500) == content
    assert inflate(gzip.compress(content), len(content) or 1) == content


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends early"),
        (b"a text, and nothing packed", "no gzip"),
        (gzip.compress(b"x" * 100)[:-9], "ends early|larger than"),
        (gzip.compress(b"x" * 50)[:-9], "ends early"),
        (gzip.compress(b"x" * 101), "larger than 100 bytes"),
        (gzip.compress(b"x" * 100_000), "larger than 100 bytes"),
        (gzip.compress(b"x" * 50)[:-5] + b"12345", "no gzip"),
    ],
    ids=["empty", "no gzip", "cut at the limit", "cut", "too large", "far too large", "wrong checksum"],
)
def test_what_cannot_be_inflated(data, reason):
    """Other bytes, a cut or damaged packet and one that grows beyond the limit are refused, with the reason."""
    with pytest.raises(DataParseError, match=reason):
        inflate(data, 100)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_inflated_or_refused(data):
    """Whatever the bytes, there is a content within the limit or one kind of error."""
    content = b""
    with suppress(DataParseError):
        content = inflate(b"\x1f\x8b" + data, 100)
    assert len(content) <= 100


def test_isal_is_used_where_it_is_installed(monkeypatch):
    """Frames are opened by isal, and by the standard library where that is not installed."""
    assert transport._gzip_library() is isal_zlib
    monkeypatch.setitem(sys.modules, "isal", None)
    assert transport._gzip_library() is zlib
