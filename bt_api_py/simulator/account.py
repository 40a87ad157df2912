"""An account on a simulated venue: what can happen to its orders and balances, and what that moves.

Knows no wire language: the dialects listen to it and tell their clients in the venue's words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import TYPE_CHECKING, ClassVar, Protocol

from .instruments import Instrument
from .market import ASK, BID, BUY, SELL
from .records import AccountBalance, AccountChange, AccountFill, AccountOrder, AccountPosition
from .text import exact

if TYPE_CHECKING:
    from .venue import Venue

__all__ = [
    "Account",
    "AccountBalance",
    "AccountChange",
    "AccountFill",
    "AccountOrder",
    "AccountPosition",
    "House",
    "Listener",
    "Moves",
    "Number",
    "as_decimal",
]

ORDER_TYPES = ("limit", "market", "limit_maker", "ioc", "fok")
START = {"USDT": 250_000, "USDC": 50_000, "BTC": 5, "ETH": 60, "SOL": 900, "BNB": 150, "XRP": 60_000, "DOGE": 500_000}
_RESTING = ("limit", "limit_maker")  # types whose fills are a maker's, unless said otherwise
_ZERO = Decimal(0)

Number = Decimal | str | int | float


Moves = Mapping[str, tuple[Decimal, Decimal]]  # by asset: added to free, added to locked
_Moved = tuple[Mapping[str, AccountBalance], tuple[AccountBalance, ...]]


class Listener(Protocol):
    """Who wants to know what happens to an account."""

    def changed(self, account: Account, change: AccountChange) -> None:
        """Something happened."""

    def revoked(self, account: Account) -> None:
        """The key is worth nothing any more."""


@dataclass(frozen=True, slots=True)
class House:
    """What a venue gives its accounts.

    Attributes:
        order_id, trade_id: where its ids begin.
        maker_fee, taker_fee: share of what is received, or of the value where fees are `in_quote`; of a contract, of
            its value.
        client_prefix: what one's own ids of orders begin with, where a client gives none.
        leverage: of a contract, until the client chooses another.
        write_id, write_trade_id: how the venue writes the number of an order, and of any trade.
        fee_step: finer fees are cut off, so that the venue can write them; margin is rounded up to it.
        cuts_means: the mean price of a position has no more decimals than a price, since the venue cannot write them.
        draw_keys: makes an API key and the secret behind it by chance, or the key of a given secret; None: any letters.
        key_name: the setting that holds the key.
    """

    order_id: int
    trade_id: int
    maker_fee: Decimal
    taker_fee: Decimal
    leverage: Decimal = Decimal(10)
    write_id: Callable[[int], str] = str
    write_trade_id: Callable[[int], str] = str
    draw_keys: Callable[[Random, str | None], tuple[str, str]] | None = None
    key_name: str = "api_key"
    in_quote: bool = False
    client_prefix: str = "sim"
    fee_step: Decimal = Decimal("0.00000001")
    cuts_means: bool = False


class Account:
    """An account behind one API key. Everything takes effect, and is told to clients, at once.

    Orders are named by an `AccountOrder` or by their id. Symbols are accepted in any spelling; quantities are in the
    base asset, prices in the quote asset, as text, whole numbers, floats or decimals.

    Attributes:
        api_key, secret, passphrase: what a client must sign with. Of an Ed25519 key the secret is the PEM text.
        permissions: "read" is needed for everything here. ip_ok: whether the client's address is allowed.
        demo: a key of the demo environment, where the venue tells them apart.
        changes: what happened, in order.
    """

    _may_owe: ClassVar[tuple[str, ...]] = ()  # what happens even where it takes more than is free

    def __init__(
        self,
        venue: Venue,
        house: House,
        ids: Iterator[int],
        *,
        number: int,
        api_key: str,
        secret: str,
        passphrase: str,
        balances: Mapping[str, Number] | None,
    ) -> None:
        self._venue = venue
        self._house = house
        self._ids = ids
        self.number = number
        self.api_key = api_key
        self.secret = secret
        self.passphrase = passphrase
        self.permissions: Collection[str] = ("read",)
        self.ip_ok = True
        self.demo = False
        self.is_revoked = False
        self.listeners: dict[Listener, None] = {}
        self.changes: list[AccountChange] = []
        self._orders: dict[str, AccountOrder] = {}
        self._waiting: dict[str, AccountOrder] = {}  # those of them that are open: a long life has few
        self._fills: list[AccountFill] = []
        self._balances: dict[str, AccountBalance] = {}
        self._positions: dict[str, AccountPosition] = {}
        held = START if balances is None else balances
        self._record("open", self._move({asset: (as_decimal(held[asset]), _ZERO) for asset in held}))

    def credentials(self) -> dict[str, str]:
        """Return the key as the settings of an exchange: api_key, or what stands for it there, secret, passphrase."""
        return {self._house.key_name: self.api_key, "secret": self.secret, "passphrase": self.passphrase}

    # -- what there is -----------------------------------------------------------------------------------------

    def order(self, order: AccountOrder | str) -> AccountOrder:
        """Return an order as it is now.

        Raises:
            KeyError: no such order here.
        """
        return self._orders[order if isinstance(order, str) else order.order_id]

    def orders(self, *, is_open: bool | None = None) -> list[AccountOrder]:
        """Return every order as it is now, oldest first; or only those that are, or are not, open."""
        if is_open:
            return list(self._waiting.values())
        return [order for order in self._orders.values() if is_open is None or not order.is_open]

    def fills(self) -> list[AccountFill]:
        """Return every fill, oldest first."""
        return list(self._fills)

    def balances(self) -> dict[str, AccountBalance]:
        """Return what is held, by asset, zeros included."""
        return dict(self._balances)

    def positions(self) -> list[AccountPosition]:
        """Return the open positions."""
        return [position for position in self._positions.values() if position.quantity]

    # -- what can happen ---------------------------------------------------------------------------------------

    def place(
        self,
        symbol: str,
        side: str,
        quantity: Number,
        price: Number | None = None,
        type: str = "limit",
        client_order_id: str | None = None,
        *,
        order_id: str | None = None,
        reduce_only: bool = False,
    ) -> AccountOrder:
        """Place an order and return it; it rests until something is done with it.

        Args:
            order_id: where the client computes the venue's id.
            reduce_only: see `AccountOrder`; whoever fills it heeds that.

        Raises:
            ValueError: an unknown symbol, side or type; not a whole number of ticks or lots; not enough free; an id
                that there is already.
        """
        given = self._given_order(symbol, side, quantity, price, type, reduce_only)
        order = self._numbered(given, client_order_id, order_id)
        return self._settle("place", order, self._reserve(None, order))

    def refuse(
        self,
        symbol: str,
        side: str,
        quantity: Number,
        price: Number | None = None,
        type: str = "limit",
        client_order_id: str | None = None,
        *,
        reason: str,
        order_id: str | None = None,
        reduce_only: bool = False,
    ) -> AccountOrder:
        """Let the venue turn an order away before it rests, and return it; arguments and errors as `place` has."""
        given = self._given_order(symbol, side, quantity, price, type, reduce_only)
        order = self._numbered(given, client_order_id, order_id)
        return self._settle("reject", replace(order, status="rejected", reason=reason))

    def affords(
        self,
        symbol: str,
        side: str,
        quantity: Number,
        price: Number | None = None,
        type: str = "limit",
        *,
        reduce_only: bool = False,
    ) -> bool:
        """Tell whether enough is free for an order; other mistakes in it are errors as in `place`."""
        moves = self._reserve(None, self._given_order(symbol, side, quantity, price, type, reduce_only))
        return all(free >= 0 or self._held(asset).free + free >= 0 for asset, (free, _) in moves.items())

    def can_trade(self, item: Instrument) -> bool:
        """Tell whether there is something to trade a market with, to either side."""
        return item.base in self._balances and item.quote in self._balances

    def _given_order(
        self, symbol: str, side: str, quantity: Number, price: Number | None, type: str, reduce_only: bool
    ) -> AccountOrder:
        """Return an order that is not placed yet, and has no id."""
        item = self._instrument(symbol)
        if side not in (BUY, SELL) or type not in ORDER_TYPES:
            raise ValueError(f"an order to {side!r} of type {type!r}: choose buy or sell, and {', '.join(ORDER_TYPES)}")
        if (price is None) != (type == "market"):
            raise ValueError(f"a {type} order {'needs a' if price is None else 'has no'} price")
        amount = _stepped(quantity, item.quantity_decimals, "quantity")
        limit = None if price is None else _stepped(price, item.price_decimals, "price")
        now = self._venue.server_ms()
        return AccountOrder(
            order_id="",
            client_order_id="",
            symbol=item.symbol,
            side=side,
            type=type,
            quantity=amount,
            price=limit,
            created_ms=now,
            updated_ms=now,
            fee_asset=self._fee_asset(item, side),
            budget=amount * self._market_price(item, BUY) if type == "market" and side == BUY else None,
            reduce_only=reduce_only,
        )

    def _numbered(self, order: AccountOrder, client_order_id: str | None, order_id: str | None) -> AccountOrder:
        number = next(self._ids)
        chosen = order_id or self._house.write_id(number)
        if chosen in self._orders:
            raise ValueError(f"there is an order {chosen} already")
        return replace(
            order, order_id=chosen, client_order_id=client_order_id or f"{self._house.client_prefix}{number}"
        )

    def partial(
        self, order: AccountOrder | str, quantity: Number, price: Number | None = None, *, is_maker: bool | None = None
    ) -> AccountOrder:
        """Fill part of an order and return it; by default at its own price, a market order at the market's.

        Raises:
            ValueError: the order is not open, less is left of it, or the price is worse than its limit.
        """
        now = self._open(order)
        item = self._instrument(now.symbol)
        amount = _stepped(quantity, item.quantity_decimals, "quantity")
        if amount > now.remaining:
            raise ValueError(f"order {now.order_id}: {amount} is more than the {now.remaining} left")
        if price is None:
            paid = now.price if now.price is not None else self._market_price(item, now.side)
        else:
            paid = _stepped(price, item.price_decimals, "price")
        if now.price is not None and (paid > now.price if now.side == BUY else paid < now.price):
            raise ValueError(f"order {now.order_id}: {paid} is worse than its limit {now.price}")
        return self._filled(now, amount, paid, now.type in _RESTING if is_maker is None else is_maker)

    def fill(self, order: AccountOrder | str, price: Number | None = None) -> AccountOrder:
        """Fill all that is left of an order and return it."""
        return self.partial(order, self._open(order).remaining, price)

    def amend(self, order: AccountOrder | str, quantity: Number, price: Number | None = None) -> AccountOrder:
        """Give an order another quantity, what is filled included, and another price if one is given; return it.

        Raises:
            ValueError: it is not open, no more than that is filled, not enough is free, or it is a market order and
                has no price.
        """
        now = self._open(order)
        item = self._instrument(now.symbol)
        amount = _stepped(quantity, item.quantity_decimals, "quantity")
        if amount <= now.filled:
            raise ValueError(f"order {now.order_id}: {now.filled} is filled already")
        if price is not None and now.price is None:
            raise ValueError(f"order {now.order_id}: a {now.type} order has no price")
        limit = now.price if price is None else _stepped(price, item.price_decimals, "price")
        after = replace(now, quantity=amount, price=limit, updated_ms=self._venue.server_ms(), last=None)
        return self._settle("amend", after, self._reserve(now, after))

    def cancel(self, order: AccountOrder | str, reason: str = "") -> AccountOrder:
        """Cancel an order and return it; a reason when it is the venue that does so."""
        return self._ended(order, "cancel", "canceled", reason)

    def reject(self, order: AccountOrder | str, reason: str) -> AccountOrder:
        """Let the venue refuse an order that has no fill yet, and return it.

        Raises:
            ValueError: it is filled in part.
        """
        if self._open(order).filled:
            raise ValueError("an order with a fill cannot be rejected")
        return self._ended(order, "reject", "rejected", reason)

    def expire(self, order: AccountOrder | str) -> AccountOrder:
        """Let the rest of an order lapse, as that of an IOC order does, and return it."""
        return self._ended(order, "expire", "expired", "")

    def transfer(self, asset: str, amount: Number) -> AccountBalance:
        """Move an amount in, or out when it is negative, and return what is held then.

        Raises:
            ValueError: less than that is free.
        """
        moved = as_decimal(amount)
        self._record("transfer", self._move({asset: (moved, _ZERO)}), amount=moved)
        return self._balances[asset]

    def revoke(self) -> None:
        """Take the key back: nothing is answered any more, and who listens is told or cut off."""
        self.is_revoked = True
        for listener in list(self.listeners):
            listener.revoked(self)

    # -- how it is done ----------------------------------------------------------------------------------------

    def _instrument(self, symbol: str) -> Instrument:
        item = self._venue.instruments.get(self._venue.key(symbol))
        if item is None:
            raise ValueError(f"{self._venue.name} has no symbol {symbol!r}")
        return item

    def _market_price(self, item: Instrument, side: str) -> Decimal:
        level = self._venue.market(item.symbol).best(ASK if side == BUY else BID)
        return exact(level[0], item.price_decimals)

    def _open(self, order: AccountOrder | str) -> AccountOrder:
        now = self.order(order)
        if not now.is_open:
            raise ValueError(f"order {now.order_id} is {now.status} already")
        return now

    def _held(self, asset: str) -> AccountBalance:
        return self._balances.get(asset) or AccountBalance(asset, _ZERO, _ZERO, self._venue.server_ms())

    def _fee_asset(self, item: Instrument, side: str) -> str:
        return item.base if side == BUY and not self._house.in_quote else item.quote

    def _fee_base(self, order: AccountOrder, amount: Decimal, paid: Decimal) -> Decimal:
        """Return what the fee of a fill is a share of."""
        return amount if order.side == BUY and not self._house.in_quote else amount * paid

    def _locked_by(self, order: AccountOrder | None) -> Decimal:
        if order is None or order.price is None or not order.is_open:
            return _ZERO  # without a price it is executed at once where it happens, so nothing is set aside
        if order.side != BUY:
            return order.remaining
        value = order.remaining * order.price
        return value * (1 + self._house.taker_fee) if self._house.in_quote else value

    def _reserve(self, before: AccountOrder | None, after: AccountOrder) -> Moves:
        """Return what moves when an order comes, changes or ends without a fill."""
        item = self._instrument(after.symbol)
        more = self._locked_by(after) - self._locked_by(before)
        return {item.quote if after.side == BUY else item.base: (-more, more)}

    def _exchange(self, before: AccountOrder, after: AccountOrder, fill: AccountFill) -> Moves:
        """Return what moves with a fill."""
        item, value = self._instrument(fill.symbol), fill.quantity * fill.price
        freed = self._locked_by(before) - self._locked_by(after)
        if fill.side == BUY:
            paid, taken = (fill.fee, _ZERO) if self._house.in_quote else (_ZERO, fill.fee)
            return {item.quote: (freed - value - paid, -freed), item.base: (fill.quantity - taken, _ZERO)}
        return {item.base: (freed - fill.quantity, -freed), item.quote: (value - fill.fee, _ZERO)}

    def _filled(self, order: AccountOrder, amount: Decimal, paid: Decimal, is_maker: bool) -> AccountOrder:
        now = self._venue.server_ms()
        rate = self._house.maker_fee if is_maker else self._house.taker_fee
        fee = (self._fee_base(order, amount, paid) * rate).quantize(self._house.fee_step, ROUND_DOWN).normalize()
        fill = AccountFill(
            trade_id=self._house.write_trade_id(self._house.trade_id + next(self._ids) - self._house.order_id),
            order_id=order.order_id,
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            price=paid,
            quantity=amount,
            fee=fee,
            fee_asset=order.fee_asset,
            is_maker=is_maker,
            ms=now,
            reason=order.reason,
        )
        after = replace(
            order,
            filled=order.filled + amount,
            value=order.value + amount * paid,
            fee=order.fee + fee,
            status="filled" if amount == order.remaining else "partial",
            updated_ms=now,
            last=fill,
        )
        return self._settle("fill", after, self._exchange(order, after, fill))

    def _ended(self, order: AccountOrder | str, cause: str, status: str, reason: str) -> AccountOrder:
        now = self._open(order)
        after = replace(now, status=status, reason=reason, updated_ms=self._venue.server_ms(), last=None)
        return self._settle(cause, after, self._reserve(now, after))

    def _settle(self, cause: str, order: AccountOrder, moves: Moves | None = None) -> AccountOrder:
        moved = self._move(moves or {}, owes=cause in self._may_owe)  # first, because it may refuse
        self._orders[order.order_id] = order
        if order.is_open:
            self._waiting[order.order_id] = order
        else:
            self._waiting.pop(order.order_id, None)
        if order.last is not None:
            self._fills.append(order.last)
        self._record(cause, moved, order=order, position=self._position_after(order))
        return order

    def _position_after(self, order: AccountOrder) -> AccountPosition | None:
        """Return the position that an order has just changed; None when it did not, or there is none."""
        return None

    def _move(self, moves: Moves, *, owes: bool = False) -> _Moved:
        """Move free and locked amounts by asset; return what was there before and what there is now."""
        now = self._venue.server_ms()
        before: dict[str, AccountBalance] = {}
        after: list[AccountBalance] = []
        for asset, (free, locked) in moves.items():
            held = self._held(asset)
            if free < 0 and held.free + free < 0 and not owes:
                raise ValueError(f"{asset}: {-free} needed, {held.free} free")
            if free or locked:
                before[asset] = held
                after.append(AccountBalance(asset, held.free + free, held.locked + locked, now))
        self._balances.update((balance.asset, balance) for balance in after)
        return before, tuple(after)

    def _record(
        self,
        cause: str,
        moved: _Moved = ({}, ()),
        *,
        order: AccountOrder | None = None,
        amount: Decimal = _ZERO,
        position: AccountPosition | None = None,
    ) -> None:
        change = AccountChange(len(self.changes), cause, self._venue.server_ms(), order, *moved, amount, position)
        self.changes.append(change)
        for listener in list(self.listeners):
            listener.changed(self, change)


def as_decimal(number: Number) -> Decimal:
    """Return a number as it is written."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _stepped(number: Number, decimals: int, word: str) -> Decimal:
    value = as_decimal(number)
    step = Decimal(1).scaleb(-decimals)
    if value <= 0 or value % step:
        raise ValueError(f"{word} {value}: a positive multiple of {step:f} is needed")
    return value
