"""OKX public REST that only contracts have.

Mark price, funding and open interest are from general knowledge where the documentation was not at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...contracts import Figures
from ...instruments import Instrument
from ..parameters import RestError
from . import rest
from .rest import Route
from .swap_streams import figures_of, funding_row, mark_row, open_interest_row

if TYPE_CHECKING:
    from .venue import Okx

# Listed among the others, and traded by nobody here: a contract is worth so many dollars.
_INVERSE = {
    "instId": "BTC-USD-SWAP",
    "instFamily": "BTC-USD",
    "uly": "BTC-USD",
    "settleCcy": "BTC",
    "ctVal": "100",
    "ctValCcy": "USD",
    "ctType": "inverse",
    "instIdCode": 10_457,
}


def _instruments(dialect: Okx, query: Mapping[str, str]) -> Any:
    rows = rest.instrument_rows(dialect, query)
    return rows + [row | _INVERSE for row in rows if row["instId"] == "BTC-USDT-SWAP" and "instId" not in query]


def _figures(row: Callable[[Instrument, Figures], dict[str, str]], *, typed: bool = True) -> Any:
    def answer(dialect: Okx, query: Mapping[str, str]) -> Any:
        if typed and query.get("instType") != dialect.product:
            raise RestError("51000", "Parameter instType error", 400)
        market = dialect.rest_market(query)
        return [row(market.instrument, figures_of(market))]

    return answer


ROUTES: dict[str, Route] = {
    **rest.ROUTES,
    "/api/v5/public/instruments": (20, _instruments),
    "/api/v5/public/mark-price": (10, _figures(mark_row)),
    "/api/v5/public/funding-rate": (10, _figures(funding_row, typed=False)),
    "/api/v5/public/open-interest": (20, _figures(open_interest_row)),
}
