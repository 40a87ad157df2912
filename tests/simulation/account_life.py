"""What happens to an account and to its connection in one run, drawn from a seed."""

import asyncio
from decimal import ROUND_DOWN, Decimal
from random import Random

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator.account import START
from bt_api_py.simulator.dialects import DIALECTS

from .mischief import Mischief

PRICES = {"BTC": 80_000, "ETH": 3_000, "SOL": 150, "BNB": 600, "XRP": "0.6", "DOGE": "0.12"}
SYMBOLS = tuple(f"{base}USDT" for base in PRICES)
# Where such a life can be led: these markets are listed, and one's own orders in them are told.
LIVELY = sorted(
    name
    for name, cls in EXCHANGES.items()
    if cls.account is not None and DIALECTS[name].instruments(7).keys() >= set(SYMBOLS)
)
_VALUE = 900  # USDT of an order, about
_MOST_OPEN = 8
_IDLE = "USDC"  # no order needs it, so all of it may go
_UNTOLD = {"HTX___SPOT": {"reject"}}  # it has a word only for orders that never got a number


class Life:
    """Trades on an account, and keeps the virtual second of everything that happens to it.

    Attributes:
        orders: by id, every state with its second. fills: (second, fill). balances: by asset, every value.
        positions: by market, every state.
    """

    def __init__(self, sim, exchange, account, seed):
        self.account = account
        self.orders = {}
        self.fills = []
        self.balances = {asset: [held] for asset, held in account.balances().items()}
        self.positions = {}
        self._clock = sim.clock
        self._instruments = sim.world.find(exchange).venue.instruments
        self._random = Random(f"life/{exchange}/{seed}")
        self._deeds = [deed for deed in _DEEDS if deed not in _UNTOLD.get(exchange, ())]
        account.listeners[self] = None

    def changed(self, account, change):
        """Note what happened; the account calls this."""
        now = self._clock.monotonic()
        if change.order is not None:
            self.orders.setdefault(change.order.order_id, []).append((now, change.order))
            if change.order.last is not None:
                self.fills.append((now, change.order.last))
        if change.position is not None:
            self.positions.setdefault(change.position.symbol, []).append(change.position)
        for held in change.balances:
            self.balances.setdefault(held.asset, []).append(held)

    def revoked(self, account):
        """Keys stay good here."""

    async def live(self, seconds):
        """Do something every now and then for so long."""
        until = self._clock.monotonic() + seconds
        while self._clock.monotonic() < until:
            await asyncio.sleep(self._random.expovariate(2.5))
            for _ in range(1 if self._random.random() < 0.8 else self._random.randint(2, 4)):
                self.act()

    def act(self):
        """Do one thing."""
        getattr(self, f"_{self._random.choice(self._deeds)}")()

    def _place(self):
        if len(self.account.orders(is_open=True)) >= _MOST_OPEN:
            return
        item = self._instruments[self._random.choice(SYMBOLS)]
        nominal = Decimal(PRICES[item.base])
        price = _cut(nominal * self._between("0.9", "1.1"), item.price_decimals)
        quantity = _cut(_VALUE / nominal * self._between("0.5", "1.5"), item.quantity_decimals)
        side = self._random.choice(("buy", "sell"))
        # To buy at the market's price is to ask for it, and to make up a market's past takes the simulator a while.
        is_cheap = side == "sell" or item.symbol == SYMBOLS[0]
        kind = self._random.choice(("limit", "limit", "limit_maker", "ioc", "fok", *["market"] * is_cheap))
        self.account.place(item.symbol, side, quantity, None if kind == "market" else price, kind)

    def _partial(self):
        order = self._some_open()
        if order is None or order.type == "fok":
            return
        item = self._instruments[order.symbol]
        part = _cut(order.remaining * self._between("0.1", "0.9"), item.quantity_decimals)
        if 0 < part < order.remaining:
            self.account.partial(order, part, self._price(order, item))

    def _fill(self):
        order = self._some_open()
        if order is not None:
            self.account.fill(order, self._price(order, self._instruments[order.symbol]))

    def _price(self, order, item):
        if order.price is None:
            return _cut(Decimal(PRICES[item.base]) * self._between("0.99", "1.01"), item.price_decimals)
        better = self._random.choice(("0", "0.003")) if order.side == "sell" else "-0.003"
        return _cut(order.price * (1 + Decimal(better)), item.price_decimals)

    def _cancel(self):
        order = self._some_open()
        if order is not None:
            self.account.cancel(order)

    def _expire(self):
        order = self._some_open()
        if order is not None:
            self.account.expire(order)

    def _reject(self):
        order = self._some_open()
        if order is not None and not order.filled:
            self.account.reject(order, "would take")

    def _transfer(self):
        asset = self._random.choice(("USDT", "SOL", _IDLE))
        held = self.account.balances()[asset].free
        if asset == _IDLE and held:
            self.account.transfer(asset, -held)
        elif self._random.random() < 0.5 or held < START[asset] / 2:
            self.account.transfer(asset, self._random.randint(1, 50))
        else:
            self.account.transfer(asset, -self._random.randint(1, 50))

    def _some_open(self):
        waiting = self.account.orders(is_open=True)
        return self._random.choice(waiting) if waiting else None

    def _between(self, low, high):
        return Decimal(low) + (Decimal(high) - Decimal(low)) * Decimal(self._random.randint(0, 1000)) / 1000


_DEEDS = (*["place"] * 8, *["partial"] * 6, *["fill"] * 3, "cancel", "cancel", "expire", "reject", *["transfer"] * 2)


def _cut(number, decimals):
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN)


class PrivateMischief(Mischief):
    """Faults that hit an account's connection.

    A frame that is lost while the socket stands cannot be noticed by any client, since no venue numbers the events of
    an account. So what may lose one is followed by a disconnect. Nor do clocks of venues leap back, or by more than a
    minute.

    Attributes:
        losses: (from, to) in seconds, between which frames were lost and nobody could know.
    """

    def __init__(self, sim, seed):
        super().__init__(sim, seed, SYMBOLS, PRIVATE_KINDS)
        if self._random.random() < 0.25:
            self.kinds = (*PRIVATE_KINDS, "freeze")  # HTX has no pings to ask with, so there it is deaf for a minute
        self.losses = []
        self._unseen = {}  # by exchange: since when
        self._skew_ms = self._random.choice((0, 0, -200_000, 200_000))
        self._most_skew_ms = self._skew_ms + 45_000
        for exchange in sim.exchanges:
            self._do("clock_skew", exchange, ms=self._skew_ms)

    async def run(self, seconds, every=1.0):
        await super().run(seconds, every)
        for exchange in self.sim.exchanges:
            self._do("clock_skew", exchange, ms=self._skew_ms)  # all faults were cleared
            self._reveal(exchange)

    def _some(self, exchange, *, may_lose=False):
        return {"topic": self._random.choice(_TOPICS), "symbol": self._random.choice((None, None, *self.symbols))}

    def _lose(self, exchange):
        fault = self._random.choice(("skip", "truncate", "reorder", "stall"))
        count = {} if fault == "stall" else {"count": self._random.randint(1, 5)}
        self._do(fault, exchange, **count, **self._some(exchange))
        self._unseen.setdefault(exchange, self.sim.clock.monotonic())

        async def reveal(delay):
            await asyncio.sleep(delay)
            self._reveal(exchange)

        task = asyncio.ensure_future(reveal(self._random.uniform(0.3, 5)))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    def _reveal(self, exchange):
        """Let no more frames be lost, and the client notice that some were."""
        began = self._unseen.pop(exchange, None)
        if began is not None:
            self.sim.world.find(exchange).venue.faults.rules.clear()
            self._do("disconnect", exchange, code=1006)
            self.losses.append((began, self.sim.clock.monotonic()))

    def _duplicate(self, exchange):
        self._do("duplicate", exchange, count=self._random.randint(1, 10), **self._some(exchange))

    def _garbage(self, exchange):
        # Not with numbers changed: a name that is no number any more would be a well-formed order.
        kind = self._random.choice(("json", "text", "binary"))
        self._do("garbage", exchange, count=self._random.randint(1, 3), kind=kind, **self._some(exchange))

    def _expire_token(self, exchange):
        self._do("expire_token", exchange)

    def _clock_skew(self, exchange):
        self._skew_ms = min(self._most_skew_ms, self._skew_ms + self._random.randint(500, 15_000))
        self._do("clock_skew", exchange, ms=self._skew_ms)


_TOPICS = (None, "orders", "fills", "balances")
PRIVATE_KINDS = (
    "disconnect", "disconnect", "hang", "refuse", "maintenance", "age_limit", "slow", "lose", "lose", "lose",
    "duplicate", "garbage", "http_status", "expire_token", "clock_skew",
)  # fmt: skip
