"""The gateway without asyncio, against simulated venues: the same names, objects and errors, nothing left behind."""

import threading

import pytest

from bt_api_py import (
    BarData,
    BookError,
    ConfigurationError,
    ExchangeNotFoundError,
    InvalidSymbolError,
    OrderBookData,
    StreamEvent,
    SymbolData,
    TickerData,
    TradeData,
)
from bt_api_py.exceptions import StreamUsageError
from bt_api_py.sync import BtApi, Stream

OKX, SYMBOL = "OKX___SPOT", "BTCUSDT"
KEYS = {"api_key": "key-nobody-may-see", "secret": "secret-nobody-may-see", "passphrase": "phrase-nobody-may-see"}
PATIENCE = 15


@pytest.fixture
def api(venues, monkeypatch):
    """Yield a gateway to simulated venues; at its end its thread is gone."""
    monkeypatch.setenv("BT_API_SIMULATOR", venues)
    before = threading.active_count()
    with BtApi({OKX: KEYS}) as connected:
        yield connected
    assert threading.active_count() == before


def test_nothing_begins_before_the_first_use():
    """Making a BtApi, asking what there is, and wrong arguments start no thread."""
    before = threading.active_count()
    api = BtApi({OKX: {}})
    assert OKX in api.list_available_exchanges()
    assert api.list_exchanges() == [OKX]
    assert repr(api) == f"sync.BtApi({OKX})"
    with pytest.raises(ExchangeNotFoundError, match="did you mean"):
        api.stream_ticker("OKX___SPOTT", SYMBOL)
    with pytest.raises(ConfigurationError, match="overflow"):
        api.stream_trades(OKX, SYMBOL, overflows="latest")
    with pytest.raises(ConfigurationError, match="account needs api_key"):
        api.account(OKX)
    assert api.health() == {}
    assert threading.active_count() == before
    api.close()


def test_streams_are_plain_iterators(api):
    """Each kind of stream yields its objects in a `for` loop."""
    streams = {
        TickerData: api.stream_ticker(OKX, SYMBOL),
        OrderBookData: api.stream_depth(OKX, SYMBOL, levels=5),
        TradeData: api.stream_trades(OKX, SYMBOL),
        BarData: api.stream_klines(OKX, SYMBOL, "1m"),
        dict: api.stream_raw(OKX, "tickers", SYMBOL),
    }
    for kind, stream in streams.items():
        assert isinstance(stream, Stream)
        assert isinstance(stream.get(PATIENCE), kind)
    status = api.stream_status()
    with pytest.raises(TimeoutError):
        status.get(0.001)  # it is open from now on
    api.stream_ticker(OKX, "ETHUSDT").get(PATIENCE)
    assert isinstance(status.get(PATIENCE), StreamEvent)
    for ticker in streams[TickerData]:
        assert ticker.get_symbol() == SYMBOL
        break
    assert api.health()[OKX]["topics"]


def test_calls_are_plain_functions(api):
    """REST calls return what the asynchronous ones do, and raise their errors."""
    assert isinstance(api.get_tick(OKX, SYMBOL), TickerData)
    assert isinstance(api.get_depth(OKX, SYMBOL, levels=3), OrderBookData)
    assert len(api.get_trades(OKX, SYMBOL, limit=4)) == 4
    assert all(isinstance(bar, BarData) for bar in api.get_kline(OKX, SYMBOL, "1m", limit=2))
    assert all(isinstance(market, SymbolData) for market in api.get_symbols(OKX))
    assert api.get_server_time(OKX) > 1_600_000_000_000
    with pytest.raises(InvalidSymbolError):
        api.get_tick(OKX, "NOSUCHUSDT")


def test_a_book_is_read_from_any_thread(api):
    """The maintained book gives its reads, its changes and its errors to a thread that runs no loop."""
    book = api.order_book(OKX, SYMBOL)
    with pytest.raises(StreamUsageError, match="not open yet"):
        book.best_bid()
    with book:
        book.wait_live(PATIENCE)
        assert book.is_live
        assert book.best_bid()[0] < book.best_ask()[0]
        assert len(book.levels("asks", 3)) == 3
        assert book.spread > 0
        assert book.snapshot(2).get_symbol() == SYMBOL
        changes = iter(book)
        assert next(changes) is book
        assert next(changes) is book
        read = []
        thread = threading.Thread(target=lambda: read.append(book.best_bid()))
        thread.start()
        thread.join(PATIENCE)
        assert read
    with pytest.raises(StreamUsageError, match="closed"):
        book.best_bid()
    assert list(book) == []
    with api.order_book(OKX, "NOSUCHUSDT") as unknown, pytest.raises(InvalidSymbolError):
        unknown.wait_live(PATIENCE)
    with api.order_book(OKX, "ETHUSDT") as fresh:
        assert not fresh.is_live
        with pytest.raises(BookError, match="not live"):
            fresh.best_bid()
        with pytest.raises(TimeoutError, match="not live within"):
            fresh.wait_live(0.0001)


def test_a_whole_market_is_read_from_any_thread(api):
    """A ticker map is a mapping, its changes are a stream, and what was known stays when it is closed."""
    with api.ticker_map(OKX, [SYMBOL, "ETH/USDT", "NOSUCHUSDT"]) as market:
        market.wait_complete(PATIENCE)
        assert (market.is_running, market.is_complete, market.missing()) == (True, True, [])
        assert list(market) == [SYMBOL, "ETH/USDT"]
        assert len(market) == market.stats.current == 2
        assert list(market.errors) == ["NOSUCHUSDT"]
        assert market["BTC-USDT"].get_symbol() == SYMBOL
        assert not market.entry(SYMBOL).stale
        symbol, ticker = market.changes().get(PATIENCE)
        assert ticker.get_symbol() == symbol in market
        with pytest.raises(KeyError):
            market["NOSUCHUSDT"]
    assert (market.is_running, market.entry(SYMBOL).stale) == (False, True)
    with pytest.raises(StreamUsageError, match="closed"):
        market.changes()
    api.close()
    assert market[SYMBOL].get_last_price() > 0
    assert repr(market) == f"<TickerMap {OKX}: 0 of 2 markets current, not running>"


def test_an_account_is_read_from_any_thread(api):
    """The state of an account gives copies of its mappings, and its changes as a stream."""
    with api.account(OKX) as account:
        account.wait_live(PATIENCE)
        balances = account.balances
        assert balances["USDT"].get_total_balance() > 0
        assert balances is not account.balances
        assert account.positions == {}
        for change in account:
            assert change.get_origin() == "snapshot"
            break
        assert all(order.get_order_id() == number for number, order in account.open_orders.items())


def test_a_gateway_may_be_closed_and_used_again(api):
    """`close` ends what is open; the next use begins anew, and an old stream has ended."""
    old = api.stream_ticker(OKX, SYMBOL)
    old.get(PATIENCE)
    api.close()
    assert list(old) == []
    assert api.stream_ticker(OKX, SYMBOL).get(PATIENCE).get_symbol() == SYMBOL
    assert list(old) == []


def test_a_stream_outlives_the_name_of_its_gateway(venues, monkeypatch):
    """A stream of a BtApi without a name goes on, and when it is dropped the thread ends."""
    monkeypatch.setenv("BT_API_SIMULATOR", venues)
    before = threading.active_count()
    for ticker in BtApi().stream_ticker(OKX, SYMBOL):
        assert ticker.get_symbol() == SYMBOL
        break
    assert threading.active_count() == before
