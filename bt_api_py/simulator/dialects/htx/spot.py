"""HTX spot: market websockets (`/ws`, `/feed`), the private one (`/ws/v2`), public and signed REST.

Source: HTX spot API reference, "Websocket Market Data", "Market Data", "Reference Data", "Websocket Asset and Order",
2021, with later client reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed
from ...market import ASK, BID, Market
from ..base import Request, Response
from ..topics import Topic
from .account_rest import answer_signed
from .figures import PERIODS, book_body, depth_body, detail_body, kline_row, trade_row
from .private import PRIVATE_PATH, PrivateSession
from .rest import ROUTES
from .session import HtxSession, MarketSession
from .streams import TOPICS, AllTickers, Increments
from .venue import Htx

_QUIET = 120
_DECIMALS = {
    "BTCUSDT": (2, 6), "BTCUSDC": (2, 6), "ETHUSDT": (2, 4), "SOLUSDT": (4, 4), "BNBUSDT": (2, 4),
    "XRPUSDT": (5, 2), "DOGEUSDT": (6, 2), "ETHBTC": (6, 4),
}  # fmt: skip
_REQ_BARS = 300


class HtxSpot(Htx):
    """Spot market data and accounts of HTX."""

    name = "HTX___SPOT"
    hosts = ("api.huobi.pro", "api-aws.huobi.pro")
    house = House(27_163_532, 102_523_573_998, Decimal("0.002"), Decimal("0.002"))
    sockets = {"/ws": MarketSession, "/feed": MarketSession, PRIVATE_PATH: PrivateSession}
    channels = TOPICS
    routes = ROUTES
    timeless = frozenset(
        {
            "/v1/common/timestamp",
            "/v1/common/symbols",
            "/v1/settings/common/market-symbols",
            "/v2/settings/common/symbols",
        }
    )

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return item.symbol.lower()

    def resolve(self, session: HtxSession, name: str) -> tuple[type[Topic], str, str]:
        if name == "market.tickers" and session.path == "/ws":
            return AllTickers, "tickers", ""
        return super().resolve(session, name)

    def offers(self, channel: str, item: Instrument) -> bool:
        return item.is_major or channel not in ("mbp.5", "mbp.20")

    def requested(self, name: str, channel: str, market: Market, message: Mapping[str, Any]) -> Any:
        if channel.startswith("mbp."):
            shared = self.topics.get(name)
            if isinstance(shared, Increments):
                return shared.snapshot()
            count = int(channel.split(".")[1])
            return book_body(market, market.levels(BID, count), market.levels(ASK, count), market.update_id)
        if channel.startswith("kline."):
            rule = PERIODS[channel.split(".")[1]]
            end = min(int(message.get("to", market.now_ms // 1000)) * 1000, market.now_ms)
            series = market.series(rule)
            start = max(int(message.get("from", 0)) * 1000, series.back_from(end, _REQ_BARS))
            return [kline_row(market, bar) for bar in series.filled(start, end)]
        if channel.startswith("depth."):
            return depth_body(market, channel)
        if channel == "trade.detail":
            return [trade_row(trade, market) for trade in market.trades[-300:]]
        if channel == "detail":
            return detail_body(market)
        return super().requested(name, channel, market, message)

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)
