"""Playback of recorded traffic."""

import gzip
import json
from pathlib import Path

import pytest

from bt_api_py.simulator import CaptureError

from .simulated import START

CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
BINANCE, OKX, HTX = "BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"
STREAM = "wss://stream.binance.com:9443/stream?streams=abcusdt@trade"


def line(t, data, *, url=STREAM, kind="ws", direction="in"):
    return {"t": t, "dir": direction, "kind": kind, "url": url, "data": json.dumps(data)}


@pytest.fixture
def capture(tmp_path):
    """Return a writer of capture files."""

    def write(*lines, name="c.jsonl"):
        path = tmp_path / name
        text = "".join(json.dumps(row) + "\n" for row in lines)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def trade(number):
    return {"stream": "abcusdt@trade", "data": {"e": "trade", "s": "ABCUSDT", "t": number, "p": "1.10"}}


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz"])
def test_recorded_frames_come_at_their_pace(virtual, capture, name):
    """Frames come at the recorded distances, divided by the rate, and exactly as recorded."""
    path = capture(line(100.0, trade(1)), line(101.0, trade(2)), line(104.0, trade(3)), name=name)
    world = virtual(capture=path, rate=2)
    client = world.connect(BINANCE, "/stream", {"streams": "abcusdt@trade"})
    world.run(0.1)
    assert client.take() == [trade(1)]
    world.run(0.5)
    assert client.take() == [trade(2)]
    world.run(1.0)
    assert client.take() == []
    world.run(0.5)
    assert client.take() == [trade(3)]


def test_rate_zero_plays_everything_at_once(virtual, capture):
    """At rate 0 all frames come with the next tick; a raw connection gets the bare payloads."""
    world = virtual(capture=capture(*(line(100.0 + i, trade(i)) for i in range(50))), rate=0)
    client = world.connect(BINANCE, "/ws/abcusdt@trade")
    world.run(0.05)
    assert client.take() == [trade(i)["data"] for i in range(50)]


def test_every_connection_starts_from_the_beginning(virtual, capture):
    """A second client gets the whole recording too."""
    world = virtual(capture=capture(line(1.0, trade(1)), line(1.1, trade(2))), rate=0)
    for _ in range(2):
        client = world.connect(BINANCE, "/stream", {"streams": "abcusdt@trade"})
        world.run(0.05)
        assert len(client.take()) == 2


def test_recorded_answers_are_served(virtual, capture):
    """An answer is found by path and query, else by endpoint and symbol; the clock and the list are made up."""
    url = "https://www.binance.com/api/v1/depth?symbol=ABCUSDT&limit=1000"
    book = {"lastUpdateId": 5, "bids": [["1.10", "2"]], "asks": []}
    world = virtual(capture=capture(line(1.0, book, url=url, kind="http"), line(1.1, trade(1))), rate=0)
    for query in ({"limit": 1000}, {"limit": 5000}, {}):
        assert world.get(BINANCE, "/api/v3/depth", symbol="ABCUSDT", **query)[1] == book
    assert world.get(BINANCE, "/api/v3/depth", symbol="XYZUSDT")[0] == 404
    assert world.get(BINANCE, "/api/v3/klines", symbol="ABCUSDT", interval="1m")[0] == 404
    assert world.get(BINANCE, "/api/v3/time")[1] == {"serverTime": int(START * 1000)}
    _, listed, _ = world.get(BINANCE, "/api/v3/exchangeInfo")
    assert [(row["symbol"], row["baseAsset"]) for row in listed["symbols"]] == [("ABCUSDT", "ABC")]


def test_there_is_no_market_behind_a_capture(virtual, capture):
    """Asking for the truth of a played exchange is an error that says why."""
    world = virtual(capture=capture(line(1.0, trade(1))), rate=0)
    with pytest.raises(LookupError, match="plays a capture"):
        world.truth.trades(BINANCE, "ABCUSDT")


def test_only_what_was_recorded_runs(virtual, capture):
    """The exchanges of a playback are those of the file."""
    path = capture(line(1.0, trade(1)))
    assert list(virtual(capture=path).stats) == [BINANCE]
    with pytest.raises(ValueError, match="holds no traffic of OKX___SPOT"):
        virtual(capture=path, exchanges=[OKX])


@pytest.mark.parametrize(
    "text", ["", "nonsense\n", '{"t": 1}\n', '{"t":1,"dir":"in","kind":"ws","url":"x","data":""}\n']
)
def test_a_file_that_is_no_capture_is_an_error(virtual, tmp_path, text):
    """A file without lines, or with lines of another kind, is refused with its name."""
    path = tmp_path / "odd.jsonl"
    path.write_text(text)
    with pytest.raises(CaptureError, match=r"odd\.jsonl"):
        virtual(capture=path)


def recorded(name):
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(f"no recorded traffic at {CAPTURES}")
    with gzip.open(path, "rt") as lines:
        return path, [json.loads(row) for row in lines]


def frames(rows, wanted):
    found = [json.loads(row["data"]) for row in rows if row["dir"] == "in" and row["kind"] == "ws"]
    return [message for message in found if wanted(message)]


def test_a_recorded_binance_session_plays(virtual):
    """Every recorded frame of the subscribed streams arrives, and the recorded book snapshots are served."""
    path, rows = recorded("binance_spot_20210404.jsonl.gz")
    names = [f"{s}@{kind}" for s in ("dotusdt", "btcusdt") for kind in ("depth@100ms", "kline_1m", "aggTrade")]
    world = virtual(capture=path, rate=0)
    client = world.connect(BINANCE, "/stream", {"streams": "/".join(names)})
    world.run(0.05)
    received = client.take()
    assert len(received) == len(frames(rows, lambda message: "stream" in message))
    for name in names:
        sent = frames(rows, lambda message, name=name: message.get("stream") == name)
        assert [message for message in received if message["stream"] == name] == sent
    status, book, _ = world.get(BINANCE, "/api/v3/depth", symbol="BTCUSDT", limit=5000)
    assert (status, book["lastUpdateId"]) == (200, 9893033066)


def test_a_recorded_okx_session_plays(virtual):
    """Every recorded frame of the subscribed channels arrives, and the recorded instruments are served."""
    path, rows = recorded("okx_20220513.jsonl.gz")
    world = virtual(capture=path, rate=0)
    client = world.connect(OKX, "/ws/v5/public")
    args = [{"channel": channel, "instId": "BTC-USDT"} for channel in ("tickers", "trades", "books")]
    answers = world.send(client, {"op": "subscribe", "args": args})
    assert [answer["event"] for answer in answers] == ["subscribe"] * 3
    world.run(0.05)
    received = client.take()
    wanted = frames(rows, lambda m: "data" in m and m["arg"]["instId"] == "BTC-USDT")
    assert sorted(map(json.dumps, received)) == sorted(map(json.dumps, wanted))
    assert received[0].keys() == wanted[0].keys()
    _, body, _ = world.get(OKX, "/api/v5/public/instruments", instType="SPOT")
    assert "BTC-USDT" in [row["instId"] for row in body["data"]]


def test_a_recorded_htx_session_plays(virtual):
    """Recorded topics arrive as gzip frames, exponents and all; unknown symbols are still refused."""
    path, rows = recorded("htx_spot_20210417.jsonl.gz")
    world = virtual(capture=path, rate=0)
    client = world.connect(HTX, "/ws")
    name = "market.xvgeth.depth.step0"
    assert world.send(client, {"sub": name, "id": "1"})[0]["subbed"] == name
    world.run(0.05)
    assert client.take() == frames(rows, lambda message: message.get("ch") == name)
    assert world.send(client, {"sub": "market.nosuch.bbo", "id": "2"})[0]["status"] == "error"
