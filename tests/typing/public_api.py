"""The types that users see. Checked by mypy and pyright, never run: both must agree with each line."""

from collections.abc import Mapping
from typing import Any, assert_type

from bt_api_py import (
    BalanceData,
    BarData,
    BtApi,
    FundingRateData,
    LiquidationData,
    MaintainedBook,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    OrderData,
    PositionData,
    Stream,
    StreamEvent,
    SymbolData,
    TickerData,
    TickerMap,
    TradeData,
    WebSocketError,
    sync,
)


async def streams(api: BtApi) -> None:
    """Each stream is an iterator of its own kind of object."""
    assert_type(api.stream_ticker("BINANCE___SPOT", "BTCUSDT"), Stream[TickerData])
    assert_type(api.stream_depth("BINANCE___SPOT", "BTCUSDT", levels=None), Stream[OrderBookData])
    assert_type(api.stream_trades("BINANCE___SPOT", "BTCUSDT", buffer=10), Stream[TradeData])
    assert_type(api.stream_klines("BINANCE___SPOT", "BTCUSDT", "1m", closed_only=True), Stream[BarData])
    assert_type(api.stream_mark_price("BINANCE___SWAP", "BTCUSDT"), Stream[MarkPriceData])
    assert_type(api.stream_funding_rate("BINANCE___SWAP", "BTCUSDT"), Stream[FundingRateData])
    assert_type(api.stream_open_interest("BINANCE___SWAP", "BTCUSDT"), Stream[OpenInterestData])
    assert_type(api.stream_liquidations("BINANCE___SWAP", "BTCUSDT"), Stream[LiquidationData])
    assert_type(api.stream_status(), Stream[StreamEvent])
    async with api.stream_ticker("BINANCE___SPOT", "BTCUSDT") as tickers:
        assert_type(tickers.stats.delivered, int)
        async for ticker in tickers:
            assert_type(ticker.get_last_price(), float)
            assert_type(ticker.init_data(), TickerData)


async def copies(api: BtApi) -> None:
    """A local copy is a mapping, and its changes are pairs."""
    async with api.ticker_map("BINANCE___SPOT", ["BTCUSDT"]) as market:
        assert_type(market, TickerMap)
        assert_type(market["BTCUSDT"], TickerData)
        assert_type(market.get("BTCUSDT"), TickerData | None)
        assert_type(market.is_complete, bool)
        assert_type(await market.wait_complete(5), None)
        assert_type(aiter(market), Stream[tuple[str, TickerData]])
        async for symbol, ticker in market:
            assert_type(symbol, str)
            assert_type(ticker.get_last_price(), float)


async def snapshots(api: BtApi) -> None:
    """REST calls return the same objects."""
    assert_type(await api.async_get_tick("BINANCE___SPOT", "BTCUSDT"), TickerData)
    assert_type(await api.async_get_depth("BINANCE___SPOT", "BTCUSDT"), OrderBookData)
    assert_type(await api.async_get_trades("BINANCE___SPOT", "BTCUSDT"), list[TradeData])
    assert_type(await api.async_get_kline("BINANCE___SPOT", "BTCUSDT", "1m"), list[BarData])
    assert_type(await api.async_get_symbols("BINANCE___SPOT"), list[SymbolData])
    assert_type(await api.async_get_mark_price("BINANCE___SWAP", "BTCUSDT"), MarkPriceData)
    assert_type(await api.async_get_funding_rate("BINANCE___SWAP", "BTCUSDT"), FundingRateData)
    assert_type(await api.async_get_open_interest("BINANCE___SWAP", "BTCUSDT"), OpenInterestData)
    assert_type(api.health(), dict[str, Any])
    assert_type(BtApi.list_available_exchanges(), list[str])


def objects(depth: OrderBookData, trade: TradeData, bar: BarData, error: WebSocketError) -> None:
    """Numbers are floats, ids text, times whole milliseconds."""
    assert_type(depth.get_bids(), list[list[float]])
    assert_type(trade.get_trade_id(), str)
    assert_type(trade.get_timestamp(), int)
    assert_type(bar.get_bar_status(), bool)
    assert_type(error.exchange_name, str | None)


async def local_copies(api: BtApi) -> None:
    """A copy is a context manager of itself, and its reads have types of their own."""
    async with api.order_book("BINANCE___SPOT", "BTCUSDT") as book:
        assert_type(book, MaintainedBook)
        assert_type(book.best_bid(), list[float] | None)
        assert_type(book.levels("asks", 5), list[list[float]])
        assert_type(book.spread, float)
        assert_type(book.snapshot(), OrderBookData)
        async for same in book:
            assert_type(same, MaintainedBook)
    async with api.account("BINANCE___SPOT") as account:
        await account.wait_live(timeout=1)
        assert_type(account.balances, Mapping[str, BalanceData])
        assert_type(account.open_orders, Mapping[str, OrderData])
        assert_type(account.positions, Mapping[str, PositionData])
        async for change in account:
            assert_type(change, OrderData | TradeData | BalanceData | PositionData)


def without_asyncio(plain: sync.BtApi) -> None:
    """Plain iterators and calls have the same types."""
    assert_type(plain.stream_ticker("BINANCE___SPOT", "BTCUSDT"), sync.Stream[TickerData])
    with plain.stream_trades("BINANCE___SPOT", "BTCUSDT") as trades:
        assert_type(trades.get(timeout=1), TradeData)
        for trade in trades:
            assert_type(trade, TradeData)
    assert_type(plain.get_kline("BINANCE___SPOT", "BTCUSDT", "1m"), list[BarData])
    with plain.order_book("BINANCE___SPOT", "BTCUSDT") as book:
        assert_type(book.best_bid(), list[float] | None)
        for same in book:
            assert_type(same, sync.MaintainedBook)
    with plain.account("BINANCE___SPOT") as account:
        assert_type(account.balances, Mapping[str, BalanceData])
        for change in account:
            assert_type(change, OrderData | TradeData | BalanceData | PositionData)
