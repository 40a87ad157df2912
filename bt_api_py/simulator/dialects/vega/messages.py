"""The two forms of Vega's messages: what REST answers with names in full, streams send in numbers and without defaults.

Rows are made in the form of REST. `streamed` turns one into that of the streams.

Source: Vega data node v0.79.0, API v2 and its protocol buffers, October 2024.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Words = Mapping[str, int]  # by a name in full


def _words(prefix: str, **numbers: int) -> Words:
    return {f"{prefix}_UNSPECIFIED": 0} | {f"{prefix}_{name}": number for name, number in numbers.items()}


SIDE = _words("SIDE", BUY=1, SELL=2)
ORDER_STATUS = _words(
    "STATUS", ACTIVE=1, EXPIRED=2, CANCELLED=3, STOPPED=4, FILLED=5, REJECTED=6, PARTIALLY_FILLED=7, PARKED=8
)
ORDER_TYPE = _words("TYPE", LIMIT=1, MARKET=2, NETWORK=3)
TIME_IN_FORCE = _words("TIME_IN_FORCE", GTC=1, GTT=2, IOC=3, FOK=4, GFA=5, GFN=6)
ORDER_ERROR = _words(
    "ORDER_ERROR",
    INVALID_MARKET_ID=1,
    MARKET_CLOSED=13,
    MARGIN_CHECK_FAILED=14,
    INVALID_SIZE=17,
    SELF_TRADING=20,
    INSUFFICIENT_FUNDS_TO_PAY_FEES=21,
    POST_ONLY_ORDER_WOULD_TRADE=49,
    PRICE_NOT_IN_TICK_SIZE=53,
)
ACCOUNT_TYPE = _words(
    "ACCOUNT_TYPE",
    INSURANCE=1,
    SETTLEMENT=2,
    MARGIN=3,
    GENERAL=4,
    FEES_INFRASTRUCTURE=5,
    FEES_LIQUIDITY=6,
    FEES_MAKER=7,
    BOND=9,
    EXTERNAL=10,
    GLOBAL_INSURANCE=11,
    GLOBAL_REWARD=12,
    PENDING_TRANSFERS=13,
    HOLDING=18,
    LP_LIQUIDITY_FEES=19,
    NETWORK_TREASURY=21,
    VESTING_REWARDS=22,
    VESTED_REWARDS=23,
    ORDER_MARGIN=29,
)
MARKET_STATE = _words(
    "STATE",
    PROPOSED=1,
    REJECTED=2,
    PENDING=3,
    CANCELLED=4,
    ACTIVE=5,
    SUSPENDED=6,
    CLOSED=7,
    TRADING_TERMINATED=8,
    SETTLED=9,
    SUSPENDED_VIA_GOVERNANCE=10,
)
TRADING_MODE = _words(
    "TRADING_MODE",
    CONTINUOUS=1,
    BATCH_AUCTION=2,
    OPENING_AUCTION=3,
    MONITORING_AUCTION=4,
    NO_TRADING=5,
    SUSPENDED_VIA_GOVERNANCE=6,
    LONG_BLOCK_AUCTION=7,
    PROTOCOL_AUTOMATED_PURCHASE_AUCTION=8,
)
AUCTION_TRIGGER = _words("AUCTION_TRIGGER", BATCH=1, OPENING=2, PRICE=3, LIQUIDITY=4)
POSITION_STATUS = _words("POSITION_STATUS", ORDERS_CLOSED=1, CLOSED_OUT=2, DISTRESSED=4)
TRADE_TYPE = _words("TYPE", DEFAULT=1)


@dataclass(frozen=True)
class Message:
    """What the fields of a record are, where their kind decides how a stream sends them.

    Attributes:
        words: fields that are one of some words. whole: fields of whole numbers, sent as text and left out when 0; any
            other text is sent as it is, "0" included. parts: fields that are records, or lists of them.
    """

    words: Mapping[str, Words] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    parts: Mapping[str, Message] = field(default_factory=dict)

    def streamed(self, row: Row) -> Row:
        """Return a record as the streams send it."""
        return {name: value for name, given in row.items() if (value := self._sent(name, given))}

    def _sent(self, name: str, value: Any) -> Any:
        if name in self.words:
            return self.words[name][value]
        if name in self.whole:
            return "" if value == "0" else value
        part = self.parts.get(name)
        if part is None or not value:
            return value
        return [part.streamed(row) for row in value] if isinstance(value, list) else part.streamed(value)


def _whole(names: str) -> frozenset[str]:
    return frozenset(names.split())


LEVEL = Message(whole=_whole("numberOfOrders volume"))
DEPTH = Message(whole=_whole("sequenceNumber previousSequenceNumber"), parts={"buy": LEVEL, "sell": LEVEL})
MARKET_DATA = Message(
    {"marketTradingMode": TRADING_MODE, "marketState": MARKET_STATE, "trigger": AUCTION_TRIGGER},
    _whole(
        "bestBidVolume bestOfferVolume bestStaticBidVolume bestStaticOfferVolume timestamp openInterest auctionStart "
        "auctionEnd indicativeVolume"
    ),
)
TRADE = Message({"aggressor": SIDE, "type": TRADE_TYPE}, _whole("size timestamp"))
CANDLE = Message(whole=_whole("start lastUpdate volume notional"))
ORDER = Message(
    {"side": SIDE, "timeInForce": TIME_IN_FORCE, "type": ORDER_TYPE, "status": ORDER_STATUS, "reason": ORDER_ERROR},
    _whole("size remaining createdAt updatedAt expiresAt version batchId"),
)
POSITION = Message({"positionStatus": POSITION_STATUS}, _whole("openVolume updatedAt"))
ACCOUNT = Message({"type": ACCOUNT_TYPE})
MARGIN_LEVELS = Message(whole=_whole("timestamp"))


def streamed(message: Message, rows: Iterable[Row]) -> list[Row]:
    """Return records as the streams send them."""
    return [message.streamed(row) for row in rows]
