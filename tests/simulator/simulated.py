"""A simulated world without a network, in virtual time, and the comparison of messages by their structure."""

import gzip
import json
from urllib.parse import parse_qsl

from bt_api_py.simulator.faults import Faults
from bt_api_py.simulator.truth import Truth
from bt_api_py.simulator.world import TICK_S, World

START = 1_795_219_200.0


class VirtualClock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.time = START

    def now(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds


class Client:
    """A client's end of a connection, without a network."""

    def __init__(self):
        self.raw = []
        self.pings = []
        self.pongs = []
        self.ended = None

    def send_text(self, text):
        self.raw.append(text)

    def send_bytes(self, data):
        self.raw.append(data)

    def ping(self, payload):
        self.pings.append(payload)

    def pong(self, payload):
        self.pongs.append(payload)

    def close(self, code, reason):
        self.ended = (code, reason)

    def abort(self):
        self.ended = (1006, "")

    def take(self):
        """Return the messages since the last call, decoded."""
        raw, self.raw = self.raw, []
        return [decode(frame) for frame in raw]


def decode(frame):
    """Return a frame as a message; plain text that is no JSON as it is."""
    text = gzip.decompress(frame).decode() if isinstance(frame, bytes) else frame
    return json.loads(text) if text[:1] in "{[" else text


class VirtualWorld:
    """Exchanges in virtual time: time passes only in `run`."""

    def __init__(self, *, seed=7, rate=1.0, exchanges=None, symbols=None, capture=None, strict_keys=False):
        self.clock = VirtualClock()
        self.world = World(
            seed=seed,
            clock=self.clock,
            rate=rate,
            exchanges=exchanges,
            symbols=symbols,
            capture=capture,
            strict_keys=strict_keys,
        )
        self.faults = Faults(self.world.find)
        self.truth = Truth(self.world.find)
        self.stats = self.world.stats
        self._sessions = {}

    def account(self, exchange, api_key=None, **options):
        """Return the account of a key."""
        return self.world.find(exchange).accounts.open(api_key, **options)

    def connect(self, exchange, path, query=None, host="127.0.0.1:8000", raw_query=None):
        """Return a connected client."""
        dialect = self.world.find(exchange)
        assert dialect.admit(path, query or {}) is None
        client = Client()
        self._sessions[client] = (dialect, dialect.on_open(client, path, query or {}, host, raw_query))
        return client

    def send(self, client, message):
        """Send a message, JSON unless it is text, and return the answers."""
        dialect, session = self._sessions[client]
        dialect.on_text(session, message if isinstance(message, str) else json.dumps(message))
        return client.take()

    def pong(self, client, payload):
        dialect, session = self._sessions[client]
        dialect.on_pong(session, payload)

    def run(self, seconds):
        """Let time pass, tick by tick."""
        for _ in range(round(seconds / TICK_S)):
            self.clock.time = round(self.clock.time + TICK_S, 3)
            self.world.tick(self.clock.time)

    def leap(self, seconds):
        """Let time pass with a single tick at its end."""
        self.clock.time += seconds
        self.world.tick(self.clock.time)

    def get(self, exchange, path, **query):
        """Return (status, body, headers) of a GET request."""
        dialect = self.world.find(exchange)
        answer = dialect.handle_http("GET", path, {k: str(v) for k, v in query.items()}, {}, b"")
        body = json.loads(answer.body) if answer.content_type == "application/json" else answer.body
        return answer.status, body, answer.headers

    def request(self, exchange, path, raw_query="", headers=None, method="GET"):
        """Return (status, body) of a request whose query is sent exactly as it is written."""
        headers = {"Host": "127.0.0.1:8000"} | (headers or {})
        query = dict(parse_qsl(raw_query, keep_blank_values=True))
        answer = self.world.find(exchange).handle_http(method, path, query, headers, b"", raw_query)
        return answer.status, json.loads(answer.body)


def shape(value):
    """Return the structure of a message: keys in order, and types in place of values."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def like(value, sample):
    """Tell whether a message has the structure of a sample written as JSON."""
    return shape(value) == shape(json.loads(sample))
