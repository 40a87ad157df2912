"""A network without a network: time that moves on order, a venue in memory, and the owner of a lone stream."""

import asyncio
import heapq
import itertools
import json
from collections import deque

import orjson

from bt_api_py.net.errors import ConnectionLost
from bt_api_py.net.transport import Response

_TURNS = 40  # of the event loop: more than any chain of wake-ups here needs


async def settle():
    """Let everything that can go on without time or network go on."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class FakeClock:
    """A clock that stands still until `run`; chance is always `luck`."""

    def __init__(self, luck=1.0):
        self.time = 0.0
        self.luck = luck
        self._sleepers = []
        self._order = itertools.count()

    def now(self):
        return 1_700_000_000.0 + self.time

    def monotonic(self):
        return 1000.0 + self.time

    def random(self):
        return self.luck

    async def sleep(self, seconds):
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        until = self.time + max(seconds, 1e-6)  # time passes in every sleep, however short
        heapq.heappush(self._sleepers, (until, next(self._order), waiter))
        await waiter

    async def run(self, seconds):
        """Let so much time pass, step by step."""
        end = self.time + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.time, _, waiter = heapq.heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)
                await settle()
        self.time = end
        await settle()

    def skip(self, seconds):
        """Let so much time pass at once; who slept goes on when the event loop next turns."""
        self.time += seconds
        while self._sleepers and self._sleepers[0][0] <= self.time:
            _, _, waiter = heapq.heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)


class FakeSocket:
    """The client's end of a websocket; the test plays the venue."""

    def __init__(self, url, clock):
        self.url = url
        self.clock = clock
        self.sent = []  # (time, text)
        self.pings = []  # times
        self.closed = asyncio.Event()
        self.answers = True  # acknowledge every subscription
        self._incoming = asyncio.Queue()

    @property
    def is_closed(self):
        return self.closed.is_set()

    def commands(self):
        """Return what was sent so far, decoded."""
        return [json.loads(text) for _, text in self.sent]

    def names(self, method="SUBSCRIBE"):
        """Return the topics of all commands of one kind."""
        return [name for frame in self.commands() if frame["method"] == method for name in frame["params"]]

    def feed(self, *messages):
        """Let the client receive: objects as JSON without spaces, bytes and exceptions as they are."""
        for message in messages:
            ready = message if isinstance(message, bytes | Exception) else orjson.dumps(message)
            self._incoming.put_nowait(ready)

    def lose(self, code=1006):
        """End the connection from the venue's side."""
        self.feed(ConnectionLost(f"closed by the venue, code {code}", code=code))

    async def receive(self):
        message = await self._incoming.get()
        if isinstance(message, Exception):
            raise message
        return message

    def take(self, most):
        taken = []
        waiting = self._incoming._queue  # the only look at what comes next that a queue allows
        while waiting and len(taken) < most and isinstance(waiting[0], bytes):
            taken.append(self._incoming.get_nowait())
        return taken

    async def send(self, payload):
        if self.is_closed:
            raise ConnectionLost("connection lost while sending")
        self.sent.append((self.clock.monotonic(), payload))
        frame = json.loads(payload)
        if self.answers and "id" in frame:
            self.feed({"result": None, "id": frame["id"]})

    async def ping(self):
        self.pings.append(self.clock.monotonic())

    async def close(self):
        if not self.is_closed:
            self.closed.set()
            self.feed(ConnectionLost("closed by us"))


class FakeTransport:
    """Opens `FakeSocket`s and answers REST calls, as told."""

    def __init__(self, clock):
        self.clock = clock
        self.sockets = []
        self.attempts = []  # times of connects, refused ones too
        self.refusals = deque()  # raised by the next connects
        self.refuse_all = None
        self.answers = True  # whether the venue acknowledges subscriptions
        self.pages = {"exchangeInfo": exchange_info("BTC", "ETH", "SOL")}
        self.requests = []  # (time, path)
        self.posted = []  # (URL, body, headers)
        self.is_closed = False

    async def connect(self, url, *, timeout, compression, max_message_size, proxy):
        self.attempts.append(self.clock.monotonic())
        if self.refuse_all is not None:
            raise self.refuse_all
        if self.refusals:
            raise self.refusals.popleft()
        socket = FakeSocket(url, self.clock)
        socket.answers = self.answers
        self.sockets.append(socket)
        return socket

    async def get(self, url, query, headers, *, timeout, proxy):
        path = url.rsplit("/", 1)[-1]
        self.requests.append((self.clock.monotonic(), path))
        page = self.pages.get(path, (404, {}, b'{"code":-1,"msg":"no such page"}'))
        if callable(page):
            page = page(query)
        if isinstance(page, Exception):
            raise page
        status, headers, body = page
        return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())

    async def post(self, url, body, headers, *, timeout, proxy, method="POST"):
        self.posted.append((url, json.loads(body) if body else method, headers))
        return await self.get(url, {}, headers, timeout=timeout, proxy=proxy)

    async def close(self):
        self.is_closed = True


def exchange_info(*bases):
    """Return the venue's list of markets against USDT."""
    rows = [
        {"symbol": f"{base}USDT", "baseAsset": base, "quoteAsset": "USDT", "status": "TRADING", "filters": []}
        for base in bases
    ]
    return 200, {}, {"symbols": rows}


def trade(number, symbol="BTCUSDT", price="100.5"):
    """Return a trade as the venue sends it."""
    row = {"e": "trade", "E": 1_700_000_000_000, "s": symbol, "t": number, "p": price, "q": "0.25"}
    row |= {"T": 1_700_000_000_000 + number, "m": False, "M": True}
    return {"stream": f"{symbol.lower()}@trade", "data": row}


def ticker(number, symbol="BTCUSDT"):
    """Return a 24-hour ticker as the venue sends it."""
    row = {"e": "24hrTicker", "E": 1_700_000_000_000 + number, "s": symbol, "c": "100", "v": "5000", "o": "99"}
    return {"stream": f"{symbol.lower()}@ticker", "data": row}


def depth(number, symbol="BTCUSDT"):
    """Return an update of a book as the venue sends it: the second level of each side changes."""
    row = {"e": "depthUpdate", "E": 1_700_000_000_000 + number, "s": symbol, "U": number, "u": number}
    row |= {"b": [["98.00", f"{number}.5"]], "a": [["103.00", f"{number}.25"]]}
    return {"stream": f"{symbol.lower()}@depth@100ms", "data": row}


def depth_snapshot(number):
    """Return the first state that updates from `number` on join."""
    levels = range(30)
    bids = [[f"{99 - level}.00", "1"] for level in levels]
    asks = [[f"{102 + level}.00", "1"] for level in levels]
    return 200, {}, {"lastUpdateId": number, "bids": bids, "asks": asks}


class Owner:
    """What a stream asks of the hub, on record."""

    def __init__(self):
        self.boxes = []
        self.released = []
        self.told = []
        self.seconds = 1000.0

    def open(self, box):
        self.boxes.append(box)

    def release(self, box):
        self.released.append(box)

    def tell(self, event):
        self.told.append(event)

    def monotonic(self):
        return self.seconds

    def now_ms(self):
        return int(self.seconds * 1000)
