"""HTX contracts that settle in USDT: market, index and notification websockets, public and signed REST.

Source: HTX USDT-margined contracts API reference, "Swap WebSocket Reference", "Swap Market Data interface", "Reference
Data", 2021 to 2026, and recorded public messages.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed
from ...margin import MarginAccount
from ..base import Request, Response
from ..numbers import BookNumbers
from ..topics import Topic
from .rest import RestError
from .session import HtxSession
from .swap_account_rest import answer_signed
from .swap_figures import contract_code, trade_id
from .swap_private import AccountSession
from .swap_rest import REFERENCE, ROUTES
from .swap_session import SwapSession
from .swap_streams import INCREMENTAL, INDEX_PATH, MARKET_PATH, NOTIFICATION_PATH, TOPICS
from .venue import Htx

_QUIET = 120
# A lot is one contract, so that the decimals of a quantity say what a contract is worth.
_DECIMALS = {
    "BTCUSDT": (1, 3),
    "ETHUSDT": (2, 2),
    "SOLUSDT": (4, 0),
    "BNBUSDT": (2, 2),
    "XRPUSDT": (5, 0),
    "DOGEUSDT": (6, 0),
}
_FIRST_NUMBERS = {20: 1_000_000_000, 150: 2_000_000_000}


class HtxSwap(Htx):
    """Market data and accounts on cross margin of HTX's contracts."""

    name = "HTX___USDT_SWAP"
    hosts = ("api.hbdm.com", "api.hbdm.vn")
    account_type = MarginAccount
    house = House(
        959_137_967_397_068_800, 83_619_995_370, Decimal("0.0002"), Decimal("0.0005"), write_trade_id=trade_id
    )
    sockets = {MARKET_PATH: SwapSession, INDEX_PATH: SwapSession, NOTIFICATION_PATH: AccountSession}
    channels = TOPICS
    routes = ROUTES
    timeless = frozenset({"/api/v1/timestamp", f"{REFERENCE}/swap_contract_info"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = BookNumbers(_FIRST_NUMBERS)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        found = listed(seed, _QUIET, _DECIMALS)
        return {key: _contract(item) for key, item in found.items() if item.quote == "USDT"}

    def wire_symbol(self, item: Instrument) -> str:
        return contract_code(item)

    def keep_alive(self, session: HtxSession, now: float) -> None:
        if isinstance(session, AccountSession):
            session.push_regularly(now)
        super().keep_alive(session, now)

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)

    def update_of(self, key: str, sequence: int) -> int:
        return self.numbers.update_of(key, sequence)

    def topic(self, session: HtxSession, name: str) -> Topic:
        # A recording knows nothing of how a channel was subscribed.
        return super().topic(session, name if self.playback is None else name.removesuffix(INCREMENTAL))

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict):
            return None
        return message.get("topic") if message.get("op") == "notify" else message.get("ch")

    def error_body(self, status: int) -> Any:
        code, words = (1032, "The number of access exceeded the limit.") if status == 429 else (1000, "System error.")
        return self.refused(RestError(words, code))

    def refused(self, error: RestError) -> dict[str, Any]:
        return {"status": "error", "err_code": error.code, "err_msg": str(error), "ts": self.venue.now_ms()}

    def budget(self, path: str) -> tuple[str, int, float]:
        return ("reference", 240, 3.0) if path.startswith(("/linear-swap-api/", "/api/")) else ("market", 800, 1.0)


def _contract(item: Instrument) -> Instrument:
    value = Decimal(1).scaleb(-item.quantity_decimals)
    return replace(item, name=f"{item.base}-{item.quote}", contract_value=value)
