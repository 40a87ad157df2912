"""The accounts of one simulated venue: which keys there are, and those that trade on their own."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from .account import Account, House, Number
from .market import ASK, BID, BUY, SELL
from .signatures import ed25519_key, is_pem
from .text import exact

if TYPE_CHECKING:
    from .venue import Venue

_PAUSE_MS = (400, 2_200)  # between two actions of an account that trades on its own
_MOST_OPEN = 4
_MOST_ACTIONS = 20  # in one go, after a long absence
_MARKETS = 4  # how many symbols such an account trades
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Accounts:
    """The keys of a venue.

    Unless `strict`, a key that nobody knows gets an account with its first use, which lives: orders are placed,
    filled and cancelled. What it does follows from the seed, the key and the moment.
    """

    def __init__(self, venue: Venue, house: House, kind: type[Account] = Account) -> None:
        self._venue = venue
        self._house = house
        self._kind = kind
        self._ids = count(house.order_id)
        self._accounts: dict[str, Account] = {}
        self._traders: dict[str, Trader] = {}
        self.strict = False

    def open(
        self,
        api_key: str | None = None,
        *,
        secret: str | None = None,
        passphrase: str | None = None,
        permissions: Collection[str] = ("read",),
        ip_ok: bool = True,
        demo: bool = False,
        balances: Mapping[str, Number] | None = None,
        lively: bool = False,
    ) -> Account:
        """Return the account of a key, opened when there is none; what is not given is drawn from the seed.

        Raises:
            ValueError: the account is there already and `balances` were given; a PEM text that is no Ed25519 key.
            ImportError: an Ed25519 key shall be checked, and the package `cryptography` is not installed.
        """
        if secret is not None and self.strict and is_pem(secret):
            ed25519_key(secret)  # so that a key that cannot be used is noticed here
        number = len(self._accounts) + 1
        chance = Random(f"{self._venue.seed}/{self._venue.name}/{api_key or number}")
        if api_key is None and self._house.draw_keys is not None:
            api_key, secret = self._house.draw_keys(chance, secret)
        key = api_key or "".join(chance.choices(_LETTERS, k=64))
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = self._kind(
                self._venue,
                self._house,
                self._ids,
                number=number,
                api_key=key,
                secret=secret or "".join(chance.choices(_LETTERS, k=64)),
                passphrase=passphrase or "".join(chance.choices(_LETTERS, k=12)),
                balances=balances,
            )
        elif balances is not None:
            raise ValueError("that key has an account already; its balances change by `transfer`")
        account.secret = secret or account.secret
        account.passphrase = passphrase or account.passphrase
        account.permissions, account.ip_ok, account.demo = tuple(permissions), ip_ok, demo
        if lively:
            self._traders.setdefault(key, Trader(account, self._venue, chance))
        else:
            self._traders.pop(key, None)
        return account

    def find(self, api_key: str) -> Account | None:
        """Return the account of a key that a client showed; None: the venue does not know it, or not any more."""
        account = self._accounts.get(api_key)
        if account is None and api_key and not self.strict:
            account = self.open(api_key, lively=True)
        return None if account is None or account.is_revoked else account

    def all(self, api_key: str | None = None) -> list[Account]:
        """Return the accounts in the order in which they were opened, or only that of one key."""
        return [account for account in self._accounts.values() if api_key in (None, account.api_key)]

    def is_signed(self, signature: str, *expected: str) -> bool:
        """Tell whether a signature will do: one of those expected, or any text unless `strict`."""
        if not self.strict:
            return bool(signature)
        return any(hmac.compare_digest(signature.encode(), text.encode()) for text in expected)

    def is_known_phrase(self, account: Account, passphrase: str) -> bool:
        """Tell whether a passphrase will do."""
        return bool(passphrase) and (not self.strict or passphrase == account.passphrase)

    @property
    def checks_time(self) -> bool:
        """Tell whether the time in a signature matters: when strict, or when the venue's clock is wrong."""
        return self.strict or self._venue.faults.skew_ms != 0

    def advance(self, now_ms: int) -> None:
        """Let the accounts live up to that time."""
        for trader in list(self._traders.values()):
            trader.advance(now_ms)


class Trader:
    """Trades gently on an account: a few open orders near the price, filled in parts, filled or cancelled."""

    def __init__(self, account: Account, venue: Venue, chance: Random) -> None:
        self._account = account
        self._venue = venue
        self._chance = chance
        symbols = [item.symbol for item in venue.instruments.values() if not item.halted and account.can_trade(item)]
        self._symbols = symbols[:_MARKETS]
        self._next_ms = venue.now_ms() + self._pause()

    def _pause(self) -> int:
        return max(50, int(self._chance.uniform(*_PAUSE_MS) / max(1.0, self._venue.rate)))

    def advance(self, now_ms: int) -> None:
        """Do what is due."""
        for _ in range(_MOST_ACTIONS):
            if self._next_ms > now_ms or not self._symbols:
                return
            self._act()
            self._next_ms += self._pause()
        self._next_ms = now_ms + self._pause()

    def _act(self) -> None:
        waiting = self._account.orders(is_open=True)
        choice = self._chance.random()
        if not waiting or (len(waiting) < _MOST_OPEN and choice < 0.35):
            self._place()
            return
        order = self._chance.choice(waiting)
        item = self._venue.instruments[order.symbol]
        lot = Decimal(1).scaleb(-item.quantity_decimals)
        part = order.remaining * self._chance.randint(2, 8) / 10 // lot * lot
        if choice < 0.65 and 0 < part < order.remaining:
            self._account.partial(order, part)
        elif choice < 0.88:
            self._account.fill(order)
        else:
            self._account.cancel(order)

    def _place(self) -> None:
        item = self._venue.instruments[self._chance.choice(self._symbols)]
        market = self._venue.market(item.symbol)
        side = self._chance.choice((BUY, SELL))
        best = market.best(BID if side == BUY else ASK)[0]
        away = self._chance.randint(0, max(1, best // 2_000))
        price = exact(max(1, best - away if side == BUY else best + away), item.price_decimals)
        quantity = exact(max(1, item.quantity * self._chance.randint(20, 100) // 100), item.quantity_decimals)
        if self._account.affords(item.symbol, side, quantity, price):
            self._account.place(item.symbol, side, quantity, price)
