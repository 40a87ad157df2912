"""What can be put into a transaction: orders, cancellations, changes and oracle prices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from .signing import Number, TransactionSigner, decimal_text, nonce_of, order_id


class Side(IntEnum):
    """The side of an order, a trade or a book."""

    SELL = 0
    BUY = 1


class TimeInForce(StrEnum):
    """How long a limit order lives: it rests, it takes what it can at once, or it may only rest."""

    GTC = "GTC"
    IOC = "IOC"
    ALO = "ALO"


@dataclass(kw_only=True)
class _Placed:
    """Where an action stands in a transaction; set when it is sent."""

    nonce: int | None = None
    seqno: int | None = None
    pubkey: str | None = None


class Action(_Placed, ABC):
    """One action of a transaction."""

    @abstractmethod
    def to_api(self) -> dict[str, dict[str, Any]]:
        """Return the action as it is sent.

        Raises:
            ValueError: a price or a size that the venue cannot read.
        """

    def order_id(self) -> str | None:
        """Return the id of the order that this action makes or concerns; ``None`` when it concerns none.

        Raises:
            ValueError: a new order's id is not known before the action is put into a transaction.
        """
        return None

    def place(self, nonce: int, seqno: int, pubkey: str) -> None:
        """Put the action into a transaction, at this place in it."""
        self.nonce, self.seqno, self.pubkey = nonce, seqno, pubkey


class _NewOrder(Action):
    """An order gets its id from its own bytes, its owner, the nonce and its place in the transaction."""

    oid: str | None

    def order_id(self) -> str:
        if self.oid is None:
            if self.pubkey is None or self.nonce is None:
                raise ValueError("an order has no id before it is sent: set pubkey and nonce")
            self.oid = order_id(self.to_api(), self.pubkey, self.nonce, self.seqno or 0)
        return self.oid

    def place(self, nonce: int, seqno: int, pubkey: str) -> None:
        super().place(nonce, seqno, pubkey)
        self.oid = None
        self.oid = self.order_id()


@dataclass
class LimitOrder(_NewOrder):
    """Buy or sell at a price or better.

    Attributes:
        price: quote units per base unit, at most eight decimals.
        size: base units, above zero whatever the side.
        iso: with margin of its own.
        oid: the order's id, known once it is sent.
    """

    symbol: str
    side: Side
    price: Number
    size: Number
    reduce_only: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC
    iso: bool = False
    oid: str | None = None

    def to_api(self) -> dict[str, dict[str, Any]]:
        body = {
            "c": self.symbol,
            "b": self.side == Side.BUY,
            "px": decimal_text(self.price, "price"),
            "sz": decimal_text(self.size, "size"),
            "tif": TimeInForce(self.time_in_force).value,
            "r": self.reduce_only,
            "i": self.iso,
        }
        return {"l": body}


@dataclass
class MarketOrder(_NewOrder):
    """Buy or sell at once, at whatever price the book has."""

    symbol: str
    side: Side
    size: Number
    reduce_only: bool = False
    iso: bool = False
    oid: str | None = None

    def to_api(self) -> dict[str, dict[str, Any]]:
        size = decimal_text(self.size, "size")
        body = {"c": self.symbol, "b": self.side == Side.BUY, "sz": size, "r": self.reduce_only, "i": self.iso}
        return {"m": body}


@dataclass
class ModifyOrder(Action):
    """Change the size of an open order."""

    symbol: str
    oid: str
    size: Number

    def to_api(self) -> dict[str, dict[str, Any]]:
        return {"mod": {"oid": self.oid, "c": self.symbol, "sz": float(decimal_text(self.size, "size"))}}

    def order_id(self) -> str:
        return self.oid


@dataclass
class CancelOrder(Action):
    """Cancel one order; its side is not sent."""

    symbol: str
    oid: str
    side: Side | None = None

    def to_api(self) -> dict[str, dict[str, Any]]:
        return {"cx": {"c": self.symbol, "oid": self.oid}}

    def order_id(self) -> str:
        return self.oid


@dataclass
class CancelAll(Action):
    """Cancel every open order of some markets, of all markets when none is named."""

    symbols: Sequence[str] | None = field(default=None)

    def to_api(self) -> dict[str, dict[str, Any]]:
        return {"cxa": {"c": list(self.symbols or ())}}


@dataclass
class SetLeverage(Action):
    """Set the highest leverage of one market."""

    symbol: str
    leverage: float

    def to_api(self) -> dict[str, dict[str, Any]]:
        return {"updateUserSettings": {"m": {self.symbol: float(self.leverage)}}}


@dataclass
class OraclePrice(Action):
    """A price that an oracle account tells; `timestamp` in nanoseconds."""

    timestamp: int
    symbol: str
    price: float

    def to_api(self) -> dict[str, dict[str, Any]]:
        decimal_text(self.price, "price")
        return {"px": {"t": self.timestamp, "c": self.symbol, "px": float(self.price)}}


def signed_transaction(
    signer: TransactionSigner,
    actions: Sequence[Action],
    account: str,
    domain: int,
    nonce: int | None,
    now_ns: int,
) -> dict[str, Any]:
    """Return a transaction ready to be posted, and put the actions into it.

    Raises:
        ValueError: there are no actions, or one cannot be sent.
    """
    if not actions:
        raise ValueError("a transaction needs at least one action")
    if nonce is None:
        number = signer.next_nonce(now_ns)
    else:
        number = nonce_of(nonce)
        signer.note_nonce(number)
    for place, action in enumerate(actions):
        action.place(number, place, account)
    transaction = {"actions": [action.to_api() for action in actions], "nonce": number, "account": account}
    return signer.sign_transaction(transaction, domain)
