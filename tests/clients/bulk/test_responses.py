"""One response for each action of a transaction."""

import pytest

from bt_api_py.clients.bulk import CancelAll, CancelOrder, LimitOrder, MarketOrder, OraclePrice, OrderStatus, Side
from bt_api_py.clients.bulk.responses import responses

from .messages import PUBLIC

OPEN = ("pending", "placed", "resting", "triggered", "modified", "working")
REJECTED = ("rejectedCrossing", "rejectedDuplicate", "rejectedRiskLimit", "rejectedInvalid", "triggerFailed")
REFUSED = (*REJECTED, "cancelOneRejected", "cancelAllRejected", "error", "depositFailed", "agentWalletFailed")
CANCELLED = ("cancelled", "cancelledRiskLimit", "cancelledSelfCrossing", "cancelledReduceOnly", "cancelledIoc")
TERMINAL = (*REFUSED, *CANCELLED, "siblingCancelled", "filled", "partiallyFilled", "deposit", "agentWallet")


def orders(count):
    """Return buys of a transaction, each with its id."""
    made = [LimitOrder("BTC-USD", Side.BUY, 100 + place, 1) for place in range(count)]
    for place, order in enumerate(made):
        order.place(7, place, PUBLIC)
    return made


class TestStatus:
    @pytest.mark.parametrize("word", TERMINAL + OPEN)
    def test_every_word(self, word):
        """Each status of the venue is known, and says whether it is the end, an order in the book, or a refusal."""
        status = OrderStatus.of(word)
        assert status.value == word
        assert status.is_terminal() is (word in TERMINAL)
        assert status.is_placed() is (word in OPEN)
        assert status.is_error() is (word in REFUSED)
        assert status.is_cancelled() is ("ancelled" in word)

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("cancelledIOC", OrderStatus.CANCELLED_IOC),
            ("CANCELED", OrderStatus.CANCELLED),
            ("canceledRiskLimit", OrderStatus.CANCELLED_RISK_LIMIT),
            ("RESTING", OrderStatus.RESTING),
            ("somethingNew", OrderStatus.UNKNOWN),
            (None, OrderStatus.UNKNOWN),
        ],
    )
    def test_spellings(self, word, status):
        """Case and the number of l's do not matter; a new word is unknown, and nothing says that it is the end."""
        assert OrderStatus.of(word) is status
        assert not OrderStatus.UNKNOWN.is_terminal()


class TestPairing:
    def test_by_id_in_any_order(self):
        """Statuses find their order by its id, wherever they stand."""
        first, second = orders(2)
        found = responses([first, second], [{"resting": {"oid": second.oid}}, {"filled": {"oid": first.oid}}])
        assert [(each.order_id, each.status) for each in found] == [
            (first.oid, OrderStatus.FILLED),
            (second.oid, OrderStatus.RESTING),
        ]

    def test_by_place_where_there_is_no_id(self):
        """A status without an id, or with one that is not ours, belongs to the action that is left."""
        [order] = orders(1)
        price = OraclePrice(1, "BTC-USD", 2.0)
        found = responses([price, order], [{"error": {"message": "no"}}, {"resting": {"oid": order.oid}}])
        assert [each.is_error() for each in found] == [True, False]
        assert (found[0].message, found[0].order_id) == ("no", None)
        [other] = responses([order], [{"resting": {"oid": "theirs"}}])
        assert (other.status, other.order_id) == (OrderStatus.RESTING, order.oid)

    def test_several_statuses_of_one_order(self):
        """The last status of an order counts, and all of them are kept."""
        [order] = orders(1)
        told = [
            {"working": {"oid": order.oid, "filledSz": -0.1}},
            {"cancelledIoc": {"oid": order.oid, "filledSz": 0.1}},
        ]
        [found] = responses([order], told)
        assert (found.status, found.meta) == (OrderStatus.CANCELLED_IOC, told)

    def test_a_cancellation_of_all_may_tell_of_many(self):
        """Every order that a cancellation of all ends belongs to it, and what follows to the next action."""
        [order] = orders(1)
        told = [{"cancelled": {"oid": "a"}}, {"cancelled": {"oid": "b"}}, {"resting": {"oid": order.oid}}]
        found = responses([CancelAll(), order], told)
        assert [each.status for each in found] == [OrderStatus.CANCELLED, OrderStatus.RESTING]
        assert len(found[0].meta) == 2

    def test_an_atomic_replacement(self):
        """A cancellation and an order that name different ids each get their own response."""
        [order] = orders(1)
        told = [{"cancelOneRejected": {"oid": "a", "reason": "Order not found"}}, {"resting": {"oid": order.oid}}]
        cancelled, placed = responses([CancelOrder("BTC-USD", "a"), order], told)
        assert (cancelled.is_error(), cancelled.message) == (True, "Order not found")
        assert placed.status is OrderStatus.RESTING

    def test_a_lone_error_speaks_for_all(self):
        """A transaction that failed as a whole gives each action the one error."""
        found = responses(orders(3), [{"error": {"message": "Insufficient margin"}}])
        assert [(each.is_error(), each.message) for each in found] == [(True, "Insufficient margin")] * 3

    def test_nothing_told_is_unknown(self):
        """An action without a status is unknown and no error."""
        first, second = orders(2)
        found = responses([first, second], [{"resting": {"oid": first.oid}}])
        assert (found[1].status, found[1].is_error(), found[1].order_id) == (OrderStatus.UNKNOWN, False, second.oid)

    @pytest.mark.parametrize("status", ["resting", {"new": {"x": 1}}, {"resting": "text"}, {}, None, 7])
    def test_no_shape_of_a_status_is_an_exception(self, status):
        """Whatever a status looks like, there is a response that carries it."""
        [found] = responses(orders(1), [status])
        assert found.meta == [status]


class TestActions:
    def test_an_order_gets_a_new_id_with_every_transaction(self):
        """The id of an order is that of the transaction it was last put into."""
        order = MarketOrder("BTC-USD", Side.SELL, 1)
        order.place(1, 0, PUBLIC)
        before = order.oid
        order.place(2, 0, PUBLIC)
        assert before != order.oid == order.order_id()

    def test_without_a_transaction_there_is_no_id(self):
        """An order that was never sent has no id, and says so."""
        with pytest.raises(ValueError, match="before it is sent"):
            LimitOrder("BTC-USD", Side.BUY, 1, 1).order_id()

    def test_defaults(self):
        """A limit order rests, opens and has no margin of its own unless told otherwise; all symbols are cancelled."""
        assert LimitOrder("BTC-USD", Side.BUY, 95000.0, 0.1).to_api() == {
            "l": {"c": "BTC-USD", "b": True, "px": "95000.0", "sz": "0.1", "tif": "GTC", "r": False, "i": False}
        }
        assert CancelAll(None).to_api() == {"cxa": {"c": []}}
        assert CancelOrder("BTC-USD", "x", Side.BUY).to_api() == {"cx": {"c": "BTC-USD", "oid": "x"}}
