"""Vega's data node, REST and streams, and the wallet service of its users.

Both answer on one address, since no path is the node's and the wallet's: `/api/v2` goes on with `markets`,
`stream/orders` and the like for the one, with `requests` for the other.

Source: Vega data node and wallet v0.79.0, API v2, October 2024, with which the network ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

from ...account import AccountOrder, House
from ...instruments import Instrument
from ...limits import BanningLimit, SlidingLimit
from ...margin import MarginAccount
from ..base import Dialect, Request, Response, UnknownTopicError, json_response
from ..topics import Topic
from .account_rest import answer_account, is_account_read
from .account_rows import Terms, terms_of
from .commands import Transaction
from .errors import EXHAUSTED, INVALID_ARGUMENT, NOT_FOUND, NodeError, body_of
from .feeds import FEEDS, OwnTrades, filters_of
from .figures import INTERVALS, NS, parse_candle_id
from .instructions import execute
from .listing import draw_keys, hex_id, instruments, is_id, market_id, order_number, trade_number
from .rest import ROOT, answer
from .session import VegaSession
from .streams import CHANNELS
from .wallet import answer_wallet

STREAMS = f"{ROOT}/stream/"
_MOST_STREAMS = 250
_TRANSACTIONS_PER_S = 10  # of one party; the network's own limits are parameters of it


class VegaFuture(Dialect[VegaSession]):
    """Market data, accounts and orders of Vega's contracts.

    The key of an account is its party, the secret is the token of the wallet. A transaction that the wallet sends is
    carried out with the next block, and blocks come with every tick; what happens in one is told in one message.

    Attributes:
        page_size: rows on one page of a list, candles aside, unless the client wants another number: fewer than the
            1000 of a real node, so that cursors are needed.
        snapshot_gap: seconds between the reading of a stream's snapshot and the first update that it can carry: what
            happens meanwhile is on neither, and REST alone tells it.
        fills_touch_orders: a fill changes `updatedAt` of its order, which amendments do in any case.
        hash_name: what the wallet calls the hash of a transaction; `txHash` in its documents.
        transactions: what was sent, and what failed of it.
    """

    name = "VEGA___FUTURE"
    session_type = VegaSession
    account_type = MarginAccount
    house = House(
        1,
        1,
        Decimal(0),
        Decimal("0.0005"),
        write_id=order_number,
        write_trade_id=trade_number,
        draw_keys=draw_keys,
        fee_step=Decimal("0.000001"),  # what the assets are counted in that contracts settle in
        cuts_means=True,
    )
    intervals = INTERVALS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page_size = 8
        self.snapshot_gap = 0.0
        self.fills_touch_orders = False
        self.hash_name = "transactionHash"
        self.transactions: list[Transaction] = []
        self._terms: dict[str, Terms] = {}
        self._lapsing: dict[str, MarginAccount] = {}  # by id of an order that is good till a time
        self._mempool: list[tuple[MarginAccount, Transaction]] = []
        self._senders: dict[MarginAccount, SlidingLimit] = {}
        self._markets = {market_id(item): item for item in self.venue.instruments.values()}
        self._requests = BanningLimit(20, 100, 600)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return instruments(seed)

    def wire_symbol(self, item: Instrument) -> str:
        return market_id(item)

    def market(self, number: str) -> Instrument:
        """Return the market of an id.

        Raises:
            NodeError: there is none that is traded.
        """
        if not is_id(number):
            raise NodeError(INVALID_ARGUMENT, "invalid market id")
        if number not in self._markets:
            raise NodeError(NOT_FOUND, "market not found")
        return self._markets[number]

    # -- streams ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        channel = path.removeprefix(STREAMS)
        if path.startswith(STREAMS) and (channel in CHANNELS or channel in FEEDS):
            return None
        return json_response(NodeError(NOT_FOUND, "Not Found").body, 404)

    def opened(self, session: VegaSession) -> None:
        if len(self.sessions) > _MOST_STREAMS:
            self.venue.stats.breaches["streams"] += 1
            session.fail(NodeError(EXHAUSTED, "client reached max subscription allowed"))
            return
        try:
            self._begin(session)
        except NodeError as error:
            session.fail(error)

    def _begin(self, session: VegaSession) -> None:
        channel = session.path.removeprefix(STREAMS)
        asked = parse_qs(session.raw_query)
        feed = OwnTrades if channel == "trades" and asked.get("partyIds") else FEEDS.get(channel)
        if feed is not None:
            parties = self.parties(asked.get(feed.party, ()))
            session.follow(feed(self, parties, filters_of(feed, asked)))
            return
        if channel == "candle/data":
            given = {"candleId": asked.get("candleId", [""])}
        else:
            wanted = asked.get("marketIds") or list(self._markets)
            given = {"marketIds": sorted(set(wanted))}
        name = f"{channel}?{urlencode(given, doseq=True)}"
        try:
            self.join(session, name, self.topic(session, name))
        except UnknownTopicError as error:
            raise NodeError(NOT_FOUND, str(error)) from None

    def resolve(self, session: VegaSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, query = name.partition("?")
        given = parse_qs(query)
        if channel == "candle/data":
            try:
                numbers = [parse_candle_id(given.get("candleId", [""])[0])[1]]
            except ValueError:
                raise NodeError(INVALID_ARGUMENT, "invalid candle id") from None
        else:
            numbers = given["marketIds"]
        keys = [self.market(number).symbol for number in numbers]
        if self.venue.faults.rejected.intersection(keys):
            raise UnknownTopicError("market not found")
        return CHANNELS[channel], channel, keys[0] if len(keys) == 1 else ""

    def keep_alive(self, session: VegaSession, now: float) -> None:
        session.push_due(now)

    def received(self, session: VegaSession, text: str) -> None:
        """Take no notice: clients have nothing to say."""

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return None

    # -- parties ---------------------------------------------------------------------------------------------

    def party(self, key: str) -> MarginAccount | None:
        """Return the account of a party; None: there is none.

        Raises:
            NodeError: no party is called so.
        """
        if not is_id(key):
            raise NodeError(INVALID_ARGUMENT, "invalid party id")
        found = self.accounts.find(key)
        assert found is None or isinstance(found, MarginAccount)
        return found

    def parties(self, wanted: Iterable[str] = ()) -> list[MarginAccount]:
        """Return the accounts of some parties as far as there are any; of all, unless some are named."""
        keys = list(dict.fromkeys(wanted)) or [account.api_key for account in self.accounts.all()]
        return [account for key in keys if (account := self.party(key)) is not None]

    def terms(self, order: AccountOrder) -> Terms:
        """Return what there is to an order beside what an account knows of it."""
        return self._terms.get(order.order_id) or terms_of(order)

    def set_terms(self, order_id: str, terms: Terms, account: MarginAccount) -> None:
        """Lay down the terms of an order."""
        self._terms[order_id] = terms
        if terms.expires:
            self._lapsing[order_id] = account
        else:
            self._lapsing.pop(order_id, None)

    # -- transactions ----------------------------------------------------------------------------------------

    def may_send(self, account: MarginAccount) -> bool:
        """Count a transaction and tell whether the protection from spam lets it pass."""
        limit = self._senders.setdefault(account, SlidingLimit(_TRANSACTIONS_PER_S, 1.0))
        allowed = limit.allow(self.venue.now())
        if not allowed:
            self.venue.stats.breaches["transactions per second"] += 1
        return allowed

    def send(self, account: MarginAccount, batch: Mapping[str, Any]) -> Transaction:
        """Take a transaction for the next block and return it."""
        number = hex_id("transaction", f"{account.api_key}/{len(self.transactions)}").upper()
        transaction = Transaction(number, account.api_key, batch)
        self.transactions.append(transaction)
        self._mempool.append((account, transaction))
        return transaction

    def make_block(self) -> None:
        """Let lapse what is good till now, and carry out the transactions that wait."""
        for number, account in list(self._lapsing.items()):
            try:
                order = account.order(number)
            except KeyError:
                del self._lapsing[number]  # it was never placed
                continue
            if order.is_open and self._terms[number].expires <= self.venue.server_ms() * NS:
                order = account.expire(order)
            if not order.is_open:
                del self._lapsing[number]
        waiting, self._mempool = self._mempool, []
        for account, transaction in waiting:
            execute(self, account, transaction)

    def tick(self, now: float) -> None:
        self.make_block()
        super().tick(now)

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        return body_of(status)

    def account_answer(self, request: Request) -> Response | None:
        answer = answer_wallet(self, request)
        if answer is not None:
            return answer
        if not is_account_read(request):
            return None
        return self._answered(lambda: answer_account(self, request))

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        return self._answered(lambda: answer(self, path, query))

    def _answered(self, read: Callable[[], Any]) -> Response:
        """Count a request to the node, and answer it."""
        if not self._requests.allow(self.venue.now()):
            self.venue.stats.breaches["requests"] += 1
            return json_response(self.error_body(429), 429)
        try:
            return json_response(read())
        except NodeError as error:
            return json_response(error.body, error.status)
