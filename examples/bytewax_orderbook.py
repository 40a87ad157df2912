"""Print Coinbase markets whose spread is wide: ``python -m bytewax.run examples.bytewax_orderbook:flow -w 2``."""

import os
from typing import Any, NamedTuple

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


class OrderBookSummary(NamedTuple):
    bid_price: float
    bid_size: float
    ask_price: float
    ask_size: float
    spread: float
    time: int  # at the venue, ms

    def is_wide(self, threshold: float) -> bool:
        return self.spread / self.ask_price > threshold


class OrderBookState:
    def update(self, book: OrderBookData) -> OrderBookSummary | None:
        self.bid, self.ask, self.time = book.get_best_bid(), book.get_best_ask(), book.get_timestamp()
        return self.summarize()

    def summarize(self) -> OrderBookSummary | None:
        if not self.bid or not self.ask:
            return None
        (bid, bid_size), (ask, ask_size) = self.bid, self.ask
        return OrderBookSummary(bid, bid_size, ask, ask_size, round(ask - bid, 8), self.time)


def step(state: OrderBookState | None, book: OrderBookData) -> tuple[OrderBookState, OrderBookSummary | None]:
    return (state := state or OrderBookState()), state.update(book)


def orderbook(threshold: float = 0.001, source: Source[Any] | None = None, sink: Sink[Any] | None = None) -> Dataflow:
    flow = Dataflow("orderbook")
    summaries = op.stateful_map("order_book", op.input("input", flow, source or CoinbaseSource(PRODUCTS)), step)
    wide = op.filter("wide", summaries, lambda item: item[1] is not None and item[1].is_wide(threshold))
    op.output("out", wide, sink or LineSink())
    return flow


flow = orderbook()
