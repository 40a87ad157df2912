"""Books built from recorded traffic, beside a naive reading that shares nothing with them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper, BookRow, Spanning
from bt_api_py.containers import Topic
from bt_api_py.exchanges.base import Channel, Exchange
from bt_api_py.exchanges.binance import BinanceSpot, BinanceSwap
from bt_api_py.exchanges.bitget import BitgetSpot
from bt_api_py.exchanges.coinbase import CoinbaseSpot
from bt_api_py.exchanges.deribit import DeribitSwap
from bt_api_py.exchanges.htx import HtxSpot, HtxSwap
from bt_api_py.exchanges.okx import OkxSpot

from .material import Message, recorded

TOP = 20  # levels a side that are compared after every update; all of them from time to time


def keeper_of(channel: Channel) -> BookKeeper:
    """Return the keeper that a channel asks for."""
    book = channel.book
    assert book is not None
    return BookKeeper(book.rule, depth=book.depth, checksum=book.checksum)


class Naive:
    """A book as two dicts of numbers."""

    def __init__(self) -> None:
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.updates = 0

    def set(self, bids: list[list[Any]], asks: list[list[Any]]) -> None:
        """Set levels; quantity zero removes one."""
        for side, levels in ((self.bids, bids), (self.asks, asks)):
            for price, quantity, *_ in levels:
                if float(quantity) == 0:
                    side.pop(float(price), None)
                else:
                    side[float(price)] = float(quantity)
        self.updates += 1

    def agrees(self, keeper: BookKeeper) -> bool:
        """Return whether a kept book is the same."""
        count = TOP if self.updates % 50 else max(len(self.bids), len(self.asks))
        state = keeper.state(count)
        return pairs(state.bids) == heapq.nlargest(count, self.bids.items()) and pairs(state.asks) == heapq.nsmallest(
            count, self.asks.items()
        )


def pairs(levels: list[Any]) -> list[tuple[float, float]]:
    """Return levels as numbers."""
    return [(float(level[0]), float(level[1])) for level in levels]


def symbol_in(url: str) -> str:
    """Return the market of a recorded request."""
    return url.partition("symbol=")[2].partition("&")[0]


def rows_of(cls: type[Exchange], name: str) -> Iterator[tuple[str, BookRow, Any]]:
    """Yield (market, record, plain JSON) of the books in a recording of Binance, snapshots included."""
    exchange = cls()
    for message in recorded(name):
        if message.kind == "ws" and "@depth@" in message.text[:60]:
            ((_, row),) = exchange.decode(message.payload)
            yield message.plain["data"]["s"], row, message.plain["data"]
        elif message.kind == "http" and "/depth?" in message.url:
            symbol = symbol_in(message.url)
            request = exchange.book_request(symbol, None)
            (row,), _ = exchange.read(request, message.payload, Topic(exchange.name, "depth"))
            yield symbol, row, message.plain


@pytest.mark.parametrize(
    ("name", "markets", "applied"),
    [
        ("binance_spot_20211012", 3, 159),
        ("binance_spot_20210417", 7, 393),
        ("binance_spot_20210405", 7, 3108),
        ("binance_spot_20210404", 2, 1760),
    ],
)
def test_spot_books(name: str, markets: int, applied: int) -> None:
    """Every book joins its snapshot and equals the naive one after every update."""
    assert follow(rows_of(BinanceSpot, name), Spanning()) == (markets, applied)


@pytest.mark.parametrize(
    ("name", "markets", "applied"),
    [("binance_usdm_20210722", 3, 564), ("binance_usdm_20210405", 5, 4395), ("binance_coinm_20210722", 7, 1245)],
)
def test_linked_books(name: str, markets: int, applied: int) -> None:
    """Books whose updates name the one before join their snapshot and equal the naive one."""
    assert follow(rows_of(BinanceSwap, name), Spanning(linked=True)) == (markets, applied)


def follow(rows: Iterator[tuple[str, BookRow, Any]], rule: Spanning) -> tuple[int, int]:
    """Keep all books of a recording, and return how many became live and how many updates they took."""
    keepers: dict[str, BookKeeper] = {}
    naive: dict[str, Naive] = {}
    early: dict[str, list[Any]] = {}
    applied = 0
    # Among linked updates, one that ends with the snapshot's own number is the first to be applied.
    least = 0 if rule.linked else 1
    for symbol, row, plain in rows:
        keeper = keepers.setdefault(symbol, BookKeeper(rule))
        if row.is_snapshot:
            assert keeper.take(row)
            book = naive[symbol] = Naive()
            book.set(plain["bids"], plain["asks"])
            later = [update for update in early.pop(symbol, []) if update["u"] >= plain["lastUpdateId"] + least]
            for update in later:
                book.set(update["b"], update["a"])
            applied += len(later)
        elif symbol not in naive:
            assert not keeper.take(row)
            assert keeper.wants_snapshot
            early.setdefault(symbol, []).append(plain)
            continue
        else:
            assert keeper.sequence is not None
            is_new = plain["u"] >= keeper.sequence + least
            assert keeper.take(row) is is_new
            if not is_new:
                continue
            naive[symbol].set(plain["b"], plain["a"])
            applied += 1
        assert naive[symbol].agrees(keeper), symbol
    return sum(keeper.is_live for keeper in keepers.values()), applied


def frames(exchange: Exchange, messages: tuple[Message, ...], channels: tuple[str, ...]) -> Iterator[Any]:
    """Yield (name, record, plain JSON) of the depth frames."""
    for message in messages:
        if message.kind != "ws":
            continue
        for name, row in exchange.decode(message.payload):
            if isinstance(row, BookRow) and exchange.split(name)[0] in channels:
                yield name, row, message.plain


@pytest.mark.parametrize(
    ("cls", "name", "markets", "updates"),
    [
        (OkxSpot, "okx_20220227", 10, 3679),
        (OkxSpot, "okx_20220513", 2, 191),
        # Of version 1, whose books have kept their form.
        (BitgetSpot, "bitget_v1_20220407", 7, 428),
        (BitgetSpot, "bitget_v1_20220403", 7, 301),
    ],
)
def test_books_with_checksums(cls: type[Exchange], name: str, markets: int, updates: int) -> None:
    """After every update the venue's checksum holds, and it is the one that is handed out."""
    exchange = cls()
    keepers: dict[str, BookKeeper] = {}
    count = 0
    for topic, row, plain in frames(exchange, recorded(name), ("books", "books-l2-tbt")):
        keeper = keepers.setdefault(topic, keeper_of(exchange.channel_of(topic)))
        assert keeper.take(row)
        assert keeper.state(1).checksum == plain["data"][0]["checksum"] != 0
        count += 1
    assert (len(keepers), count) == (markets, updates)


def test_a_lost_update_shows_in_the_checksum() -> None:
    """When one update that changes the top is lost, the next checksum does not hold."""
    exchange = OkxSpot()
    rows = [row for topic, row, _ in frames(exchange, recorded("okx_20220513"), ("books",)) if "BTC" in topic]
    channel = exchange.channels["books"]
    keeper = keeper_of(channel)
    for row in rows[:10]:
        keeper.take(row)
    with pytest.raises(Exception, match="checksum"):
        keeper.take(rows[11])
    assert not keeper.is_live


@pytest.mark.parametrize(
    ("cls", "name", "number"), [(HtxSpot, "htx_spot_20210417", "version"), (HtxSwap, "htx_swap_20220219", "mrid")]
)
def test_whole_books(cls: type[Exchange], name: str, number: str) -> None:
    """Each whole book is what was sent, best levels first."""
    exchange = cls()
    keepers: dict[str, BookKeeper] = {}
    for topic, row, plain in frames(exchange, recorded(name), ("depth.step0",)):
        keeper = keepers.setdefault(topic, keeper_of(exchange.channel_of(topic)))
        tick = plain["tick"]
        is_new = keeper.sequence is None or tick[number] > keeper.sequence
        assert keeper.take(row) is is_new
        state = keeper.state(None)
        assert pairs(state.bids) == [tuple(level) for level in tick["bids"]]
        assert pairs(state.asks) == [tuple(level) for level in tick["asks"]]
    assert len(keepers) == 7


def test_books_without_numbers() -> None:
    """Each book equals the naive one after every update, and none is ever crossed or out of order."""
    exchange = CoinbaseSpot()
    keepers: dict[str, BookKeeper] = {}
    naive: dict[str, Naive] = {}
    updates = 0
    for topic, row, plain in frames(exchange, recorded("coinbase_20210417"), ("level2_batch",)):
        keeper = keepers.setdefault(topic, keeper_of(exchange.channel_of(topic)))
        book = naive.setdefault(topic, Naive())
        assert keeper.take(row)
        sides = {"buy": plain.get("bids", []), "sell": plain.get("asks", [])}
        for side, *level in plain.get("changes", ()):
            sides[side].append(level)
        book.set(sides["buy"], sides["sell"])
        assert book.agrees(keeper), topic
        updates += not row.is_snapshot
    assert (len(keepers), updates) == (7, 6658)


@pytest.mark.parametrize(("name", "updates"), [("deribit_20210405", 99), ("deribit_20210722", 32)])
def test_linked_books_with_actions(name: str, updates: int) -> None:
    """Each update names the one before and what it does to its levels; the book equals the naive one after each."""
    exchange = DeribitSwap()
    keepers: dict[str, BookKeeper] = {}
    naive: dict[str, Naive] = {}
    count = 0
    for topic, row, plain in frames(exchange, recorded(name), ("book",)):
        keeper = keepers.setdefault(topic, keeper_of(exchange.channel_of(topic)))
        book = naive.setdefault(topic, Naive())
        assert keeper.take(row)
        data = plain["params"]["data"]
        book.set(*([level[1:] for level in data[side]] for side in ("bids", "asks")))
        assert book.agrees(keeper), topic
        count += not row.is_snapshot
    assert (len(keepers), count) == (7, updates)


def test_exact_texts_of_levels() -> None:
    """A level is kept in the venue's own text."""
    exchange = OkxSpot()
    topic, row, plain = next(frames(exchange, recorded("okx_20220513"), ("books",)))
    keeper = keeper_of(exchange.channel_of(topic))
    keeper.take(row)
    shown = [list(level) for level in keeper.state(None).asks]
    assert json.dumps(shown) == json.dumps(plain["data"][0]["asks"])
