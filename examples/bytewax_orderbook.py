"""Print the markets of Coinbase whose spread is wide, as a Bytewax dataflow over as many workers as you like.

python -m bytewax.run examples.bytewax_orderbook:flow -w 2
python -m bytewax.run "examples.bytewax_orderbook:orderbook(threshold=0)"
"""

import os
from dataclasses import dataclass
from typing import Any

import bytewax.operators as op  # pyright: ignore[reportMissingTypeStubs]
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from bt_api_py import OrderBookData
from bt_api_py.connectors.bytewax import LineSink, StreamSource

EXCHANGE, PRODUCTS = "COINBASE___SPOT", ["BTC-USD", "ETH-USD", "BTC-EUR", "ETH-EUR"]


class CoinbaseSource(StreamSource):
    def __init__(self, products: list[str]) -> None:
        found = {name: os.environ.get(f"COINBASE_{name.upper()}") for name in ("ws_url", "rest_url")}
        settings = {EXCHANGE: {name: url for name, url in found.items() if url}}
        super().__init__(EXCHANGE, "depth", products, exchange_kwargs=settings, levels=1)


@dataclass(frozen=True)
class OrderBookSummary:
    bid_price: float
    bid_size: float
    ask_price: float
    ask_size: float
    spread: float
    time: int  # at the venue, ms


class OrderBookState:
    bid: list[float] | None = None
    ask: list[float] | None = None
    time = 0

    def update(self, book: OrderBookData) -> OrderBookSummary | None:
        # A book is whole and true when it is handed out, so it takes the place of the one before.
        self.bid, self.ask, self.time = book.get_best_bid(), book.get_best_ask(), book.get_timestamp()
        return self.summarize()

    def summarize(self) -> OrderBookSummary | None:
        if not self.bid or not self.ask:
            return None
        (bid_price, bid_size), (ask_price, ask_size) = self.bid, self.ask
        return OrderBookSummary(bid_price, bid_size, ask_price, ask_size, round(ask_price - bid_price, 8), self.time)


Item = tuple[str, OrderBookSummary | None]


def advance(state: OrderBookState | None, book: OrderBookData) -> tuple[OrderBookState, OrderBookSummary | None]:
    state = state or OrderBookState()
    return state, state.update(book)


def orderbook(threshold: float = 0.001, source: Source[Any] | None = None, sink: Sink[Item] | None = None) -> Dataflow:
    """Return the flow. A spread is wide above the threshold, a fraction of the ask."""

    def is_wide(item: Item) -> bool:
        _, summary = item
        return summary is not None and summary.spread / summary.ask_price > threshold

    flow = Dataflow("orderbook")
    books = op.input("input", flow, source or CoinbaseSource(PRODUCTS))
    summaries = op.stateful_map("order_book", books, advance)
    op.output("out", op.filter("big_spread", summaries, is_wide), sink or LineSink())
    return flow


flow = orderbook()
