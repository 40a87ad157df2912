"""Whatever a venue sends, decoding gives objects that can be used, or says what it refused."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_api_py.book.sequence import BookKeeper, BookRow
from bt_api_py.containers import BarData, Container, TradeData
from bt_api_py.containers.base import row_of
from bt_api_py.exceptions import BookError, DataParseError
from bt_api_py.exchanges.base import (
    Accepted,
    Ack,
    Alive,
    Answer,
    Exchange,
    Expired,
    Farewell,
    Ignored,
    Refusal,
    Rejected,
    Subscribed,
)
from bt_api_py.exchanges.binance import BinanceSpot, BinanceSwap
from bt_api_py.exchanges.bitget import BitgetSpot
from bt_api_py.exchanges.bulk import BulkSwap
from bt_api_py.exchanges.bybit import BybitSpot, BybitSwap
from bt_api_py.exchanges.coinbase import CoinbaseSpot
from bt_api_py.exchanges.coinblockpro import CoinblockproSpot
from bt_api_py.exchanges.deribit import DeribitSwap
from bt_api_py.exchanges.gateio import GateioSpot
from bt_api_py.exchanges.htx import HtxSpot, HtxSwap
from bt_api_py.exchanges.hyperliquid import HyperliquidSwap
from bt_api_py.exchanges.kraken import KrakenSpot
from bt_api_py.exchanges.kucoin import KucoinSpot
from bt_api_py.exchanges.okx import OkxSpot, OkxSwap

from .material import own_frames, reordered
from .test_vega import OneMarket

VENUES: list[tuple[type[Exchange], str]] = [
    (BinanceSpot, "binance"),
    (BinanceSwap, "binance_swap"),
    (OkxSpot, "okx"),
    (OkxSwap, "okx_swap"),
    (HtxSpot, "htx"),
    (HtxSwap, "htx_swap"),
    (BulkSwap, "bulk"),
    (CoinbaseSpot, "coinbase"),
    (KrakenSpot, "kraken"),
    (BybitSpot, "bybit"),
    (BybitSwap, "bybit_swap"),
    (CoinblockproSpot, "coinblockpro"),
    (GateioSpot, "gateio"),
    (DeribitSwap, "deribit"),
    (BitgetSpot, "bitget"),
    (OneMarket, "vega"),
    (HyperliquidSwap, "hyperliquid"),
    (KucoinSpot, "kucoin"),
]
CONTROLS = (Accepted, Ack, Refusal, Answer, Alive, Farewell, Rejected, Ignored, Subscribed, Expired)
each_venue = pytest.mark.parametrize(("cls", "venue"), VENUES, ids=lambda value: getattr(value, "name", ""))

BOOK = ("bids", "asks", "first", "last", "previous", "timestamp", "checksum", "is_snapshot")

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**63, max_value=2**200),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "NaN", "-inf", "1e999", "-1", "0x10", "\x00", "١", "buy", "9" * 400]),
    st.text("ab1.-é€", max_size=5),
    # Made anew each time, since a later damage may go into them.
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [[]]),
    st.builds(lambda: [["1"]]),
    st.builds(lambda: [[None, None]]),
)


def check(exchange: Exchange, payload: bytes) -> None:
    """Decode a frame and use all that came of it; the short way says the same, or leaves it alone."""
    items = exchange.decode(payload, 1.0)
    short = shortly(exchange, payload)
    if short is not None:
        assert list(map(comparable, short)) == [comparable(item) for _, item in items]
    for name, item in items:
        assert isinstance(name, str)
        if isinstance(item, CONTROLS):
            assert name == "" or isinstance(item, Rejected)
        elif isinstance(item, BookRow):
            use_book(exchange, name, item)
        else:
            use(item)


def shortly(exchange: Exchange, payload: bytes) -> Any:
    """Return what the short way reads of a frame, ``None`` where it leaves it to `decode`."""
    head = exchange.head(payload)
    read = exchange.reader(head) if head is not None else None
    return None if read is None else read([payload], 1.0)


def comparable(item: Any) -> Any:
    """Return an object as plain data: the two ways have record classes of their own."""
    if isinstance(item, Container):
        return type(item), item.get_all_data(), item.get_raw_data()
    return msgspec.to_builtins(item), [getattr(item, name) for name in BOOK] if isinstance(item, BookRow) else None


def use(item: Any) -> None:
    """Call every getter and see that what makes the object is there."""
    assert isinstance(item, Container)
    item.get_all_data()
    item.get_raw_data()
    repr(item)
    if isinstance(item, TradeData):
        assert math.isfinite(item.get_price())
        assert item.get_quantity() >= 0
        assert item.get_side() in ("buy", "sell")
        assert item.get_trade_id() or row_of(item).trade_id is None  # not every venue has ids
    if isinstance(item, BarData):
        prices = (item.get_open(), item.get_high(), item.get_low(), item.get_close())
        assert all(map(math.isfinite, prices))


def use_book(exchange: Exchange, name: str, row: BookRow) -> None:
    """Give a record to a keeper: it becomes a book, waits, or is refused, and then there is no book."""
    book = exchange.channel_of(name).book
    assert book is not None
    keeper = BookKeeper(book.rule, depth=book.depth, checksum=book.checksum)
    try:
        keeper.take(row)
    except (DataParseError, BookError):
        assert not keeper.is_live
        assert keeper.state(None).bids == keeper.state(None).asks == []
        return
    if keeper.is_live:
        assert not keeper.book.is_crossed()


@each_venue
def test_our_own_frames(cls: type[Exchange], venue: str) -> None:
    """Each of our own frames is understood, and says the same with its keys turned round."""
    for payload in own_frames(venue):
        exchange = cls()
        items = exchange.decode(payload)
        assert items
        assert not any(isinstance(item, Rejected) for _, item in items), payload
        if payload != b"pong":
            assert shown(cls().decode(reordered(payload))) == shown(items)
            assert shown(exchange.decode(payload)) == shown(items)


@each_venue
def test_a_short_way(cls: type[Exchange], venue: str) -> None:
    """Our own frames say the same by the short way, and some of them take it."""
    exchange = cls()
    taken = set()
    for payload in own_frames(venue):
        items = exchange.decode(payload, 1.0)
        short = shortly(exchange, payload)
        if short is not None:
            assert list(map(comparable, short)) == [comparable(item) for _, item in items]
            taken.update(map(type, short))
    assert bool(taken) != (cls in (CoinblockproSpot, OneMarket))  # frames that are no JSON, numbers without places


@each_venue
def test_a_head_is_what_its_frames_begin_with(cls: type[Exchange], venue: str) -> None:
    """Where heads lead, whatever begins with a head has that head: none is found for two topics."""
    exchange = cls()
    heads = {head for payload in own_frames(venue) if (head := exchange.head(payload)) is not None}
    if exchange.heads_lead:
        assert heads
        for payload in own_frames(venue):
            assert [head for head in heads if payload.startswith(head)] == [
                head for head in [exchange.head(payload)] if head is not None
            ]
        for head in heads:
            for rest in (b"", b"}", head, b'"', b',"data":{}}'):
                assert exchange.head(head + rest) == head


@each_venue
def test_the_short_way_of_many(cls: type[Exchange], venue: str) -> None:
    """Frames of a topic that are read together give what they give one by one; a bad one among them, nothing."""
    exchange = cls()
    by_head: dict[bytes, list[bytes]] = {}
    for payload in own_frames(venue):
        exchange.decode(payload, 1.0)
        head = exchange.head(payload)
        if head is not None and shortly(exchange, payload) is not None:
            by_head.setdefault(head, []).append(payload)
    for head, payloads in by_head.items():
        read = exchange.reader(head)
        assert read is not None
        together = read(payloads * 2, 1.0)
        assert together is not None
        singly = [item for payload in payloads * 2 for item in read([payload], 1.0) or ()]
        assert list(map(comparable, together)) == list(map(comparable, singly))
        assert read([*payloads, payloads[0][:-1]], 1.0) is None
        assert read([], 1.0) == []


def shown(items: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return items in a form that can be compared."""
    return [(name, item.get_all_data() if isinstance(item, Container) else item) for name, item in items]


@each_venue
def test_every_channel_has_a_frame(cls: type[Exchange], venue: str) -> None:
    """Our own frames cover every channel that the adapter reads, counting variants of one kind once."""
    exchange = cls()
    seen = {
        id(exchange.channel_of(name).row)
        for payload in own_frames(venue)
        for name, item in exchange.decode(payload)
        if not isinstance(item, CONTROLS)
    }
    assert seen == {id(channel.row) for channel in exchange.channels.values()}


@each_venue
@given(payload=st.binary(max_size=300))
def test_random_bytes(cls: type[Exchange], venue: str, payload: bytes) -> None:
    """Random bytes never raise."""
    check(cls(), payload)


@each_venue
@settings(max_examples=150)
@given(data=st.data())
def test_damaged_bytes(cls: type[Exchange], venue: str, data: st.DataObject) -> None:
    """A frame of which bytes are lost, doubled or changed never raises and gives nothing half parsed."""
    payload = data.draw(st.sampled_from(own_frames(venue)))
    exchange = cls()
    exchange.decode(payload)  # the short way is known by now
    start = data.draw(st.integers(0, len(payload)))
    end = data.draw(st.integers(start, min(len(payload), start + 12)))
    instead = data.draw(st.one_of(st.just(b""), st.binary(max_size=6), st.just(payload[start:end] * 2)))
    check(exchange, payload[:start] + instead + payload[end:])


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value within a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, entry in entries for place in [(*path, key), *spots(entry, (*path, key))]]


@each_venue
@settings(max_examples=250)
@given(data=st.data())
def test_wrong_values(cls: type[Exchange], venue: str, data: st.DataObject) -> None:
    """A frame in which values are replaced or missing never raises and gives nothing half parsed."""
    frame = json.loads(data.draw(st.sampled_from([text for text in own_frames(venue) if text != b"pong"])))
    for _ in range(data.draw(st.integers(1, 3))):
        ways = spots(frame)
        if not ways:
            break
        *path, key = data.draw(st.sampled_from(ways))
        holder = frame
        for step in path:
            holder = holder[step]
        if data.draw(st.booleans()):
            holder[key] = data.draw(JUNK)
        else:
            del holder[key]
    check(cls(), json.dumps(frame).encode())


@each_venue
@pytest.mark.parametrize(
    "start", [b"", b'{"zz":', b'{"arg":', b'{"stream":"a@trade","data":', b'{"ch":"m.a.bbo","tick":']
)
def test_endless_nesting(cls: type[Exchange], venue: str, start: bytes) -> None:
    """A frame that is nested without end is refused."""
    (item,) = (item for _, item in cls().decode(start + b"[" * 100_000))
    assert isinstance(item, Rejected)


@each_venue
def test_raw_frames(cls: type[Exchange], venue: str) -> None:
    """Read as it stands, a data frame is the plain JSON, and what is no frame is refused."""
    exchange = cls()
    for payload in own_frames(venue):
        items = exchange.decode_raw(payload)
        assert items
        assert all(item == json.loads(payload) for name, item in items if name)
    ((_, item),) = exchange.decode_raw(b"\xff")
    assert isinstance(item, Rejected)
