"""Which process takes what: everything once, the same for everybody, and little moves when one is added."""

import json
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py import ConfigurationError, InvalidSymbolError, UnsupportedError
from bt_api_py.cli import main
from bt_api_py.connectors.plan import owner, plan

SYMBOLS = [f"{base}{quote}" for base in ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT") for quote in ("USDT", "USDC", "BTC")]
SYMBOLS.remove("BTCBTC")
WORDS = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=60, unique=True)


@given(keys=WORDS, processes=st.integers(1, 12))
def test_one_more_process_takes_over_and_moves_nothing_else(keys, processes):
    """Whatever changes hands when a process is added goes to the new one."""
    for key in keys:
        before, after = owner(key, processes), owner(key, processes + 1)
        assert 0 <= before < processes
        assert after in (before, processes)


def test_shares_are_even_on_the_whole():
    """Of ten thousand keys each of four processes has a quarter, give or take a tenth of it."""
    counts = [0] * 4
    for number in range(10_000):
        counts[owner(f"OKX___SPOT:{number}", 4)] += 1
    assert all(2_250 < count < 2_750 for count in counts)


@given(symbols=st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True), processes=st.integers(1, 5))
def test_every_market_is_taken_once(symbols, processes):
    """The shares of all processes together are the markets, and the sockets are enough for their topics."""
    found = plan("COINBASE___SPOT", ["trades", "depth"], symbols, processes=processes)
    assert sorted(symbol for share in found.shares for symbol in share.symbols) == sorted(symbols)
    assert len(found.shares) == processes
    for share in found.shares:
        markets = len(share.symbols)
        assert share.topics == 2 * markets
        assert share.sockets == ({"books": ceil(markets / 10), "feed": 1} if markets else {})
    assert found.sockets == sum(sum(share.sockets.values()) for share in found.shares)


@given(symbols=st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True), most=st.integers(2, 40))
def test_as_few_processes_as_it_takes(symbols, most):
    """No process has more topics than it can follow, unless there are as many processes as markets."""
    shares = plan("BINANCE___SPOT", ["trades", "depth", "ticker"], symbols, most_topics=most).shares
    assert len(shares) <= len(symbols)
    assert len(shares) == len(symbols) or all(share.topics <= most for share in shares)
    if len(shares) > 1:
        fewer = plan("BINANCE___SPOT", ["trades", "depth", "ticker"], symbols, processes=len(shares) - 1).shares
        assert any(share.topics > most for share in fewer)


def test_spellings_of_one_market_are_one():
    """However a market is written, it belongs to the same process, once."""
    [share] = plan("OKX___SPOT", ["ticker"], ["BTC-USDT", "BTCUSDT", "btc/usdt"]).shares
    assert (share.symbols, share.topics) == (("BTC-USDT",), 1)
    homes = {
        next(share.process for share in plan("OKX___SPOT", ["ticker"], [name], processes=7).shares if share.topics)
        for name in ("BTC-USDT", "BTCUSDT")
    }
    assert len(homes) == 1


def test_what_shares_a_subscription_counts_once():
    """Candles made from trades, figures told in one record and what is asked for by REST need no socket more."""
    [share] = plan("COINBASE___SPOT", ["trades", "klines"], ["BTC-USD"]).shares
    assert (share.topics, share.sockets) == (1, {"feed": 1})
    [share] = plan("BINANCE___SWAP", ["mark_price", "funding_rate", "open_interest"], ["BTCUSDT"]).shares
    assert (share.topics, share.sockets) == (2, {"market": 1})


@pytest.mark.parametrize(
    ("exchange", "kinds", "symbols", "options", "error"),
    [
        ("OKX___SPOT", [], ["BTCUSDT"], {}, ConfigurationError),
        ("OKX___SPOT", ["ticker"], [], {}, ConfigurationError),
        ("OKX___SPOT", ["funding_rate"], ["BTCUSDT"], {}, UnsupportedError),
        ("OKX___SPOT", ["klines"], ["BTCUSDT"], {"interval": "7m"}, ConfigurationError),
        ("OKX___SPOT", ["ticker"], ["BTCUSDT"], {"processes": 0}, ConfigurationError),
        ("OKX___SPOT", ["ticker"], ["BTCUSDT"], {"most_topics": True}, ConfigurationError),
        ("OKX___SPOT", ["ticker"], ["BTCXYZQ"], {}, InvalidSymbolError),
    ],
)
def test_wrong_arguments_are_errors(exchange, kinds, symbols, options, error):
    """What a stream would refuse, a plan refuses as well."""
    with pytest.raises(error):
        plan(exchange, kinds, symbols, **options)


def test_the_command_prints_the_plan(capsys):
    """In a pipe there is a line for each process; `--json` gives the plan whole; a mistake ends with 2."""
    words = ["plan", "COINBASE___SPOT", "--topics", "trades,depth", "--symbols", "BTC-USD,ETH-USD", "-s", "BTC-EUR"]
    assert main([*words, "--processes", "2"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["0", "1"]
    assert sum(int(row[1]) for row in rows) == 6
    assert main([*words, "--json"]) == 0
    [share] = json.loads(capsys.readouterr().out)["shares"]
    assert share["sockets"] == {"books": 1, "feed": 1}
    assert main(["plan", "COINBASE___SPOT", "--topics", "funding_rate", "--symbols", "BTC-USD"]) == 2
    assert "no funding_rate" in capsys.readouterr().err
