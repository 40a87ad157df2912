"""Print the markets of Coinbase whose spread is wide, as a Bytewax dataflow over as many workers as you like.

python -m bytewax.run examples.bytewax_orderbook:flow -w 2
python -m bytewax.run "examples.bytewax_orderbook:orderbook(threshold=0)"
"""

import os
from dataclasses import dataclass

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from bt_api_py.connectors.bytewax import LineSink, StreamSource

EXCHANGE, PRODUCTS = "COINBASE___SPOT", ["BTC-USD", "ETH-USD", "BTC-EUR", "ETH-EUR"]


class CoinbaseSource(StreamSource):
    def __init__(self, products):
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
    def update(self, book):  # a book is whole and true when it is handed out, so it takes the place of the one before
        self.bid, self.ask, self.time = book.get_best_bid(), book.get_best_ask(), book.get_timestamp()
        return self.summarize()

    def summarize(self):
        if not self.bid or not self.ask:
            return None
        return OrderBookSummary(*self.bid, *self.ask, round(self.ask[0] - self.bid[0], 8), self.time)


def orderbook(threshold=0.001, source=None, sink=None):
    """Return the flow. A spread is wide above the threshold, a fraction of the ask."""
    flow = Dataflow("orderbook")
    books = op.input("input", flow, source or CoinbaseSource(PRODUCTS))
    summaries = op.stateful_map(
        "order_book", books, lambda state, book: (state := state or OrderBookState(), state.update(book))
    )
    wide = op.filter("big_spread", summaries, lambda item: item[1] and item[1].spread / item[1].ask_price > threshold)
    op.output("out", wide, sink or LineSink())
    return flow


flow = orderbook()
