"""Batches as the wallet takes them."""

import json

import pytest

from bt_api_py.clients.vega import (
    BatchMarketInstruction,
    OrderAmendment,
    OrderCancellation,
    OrderSubmission,
    instruction_to_json,
)

MARKET = "<market>"


def limit(side, price, **more):
    return OrderSubmission(MARKET, 1, price, "TIME_IN_FORCE_GTC", "TYPE_LIMIT", side, **more)


def test_the_documented_batch():
    """A cancellation and two orders give the message of the documents, letter for letter."""
    batch = BatchMarketInstruction(
        [limit("SIDE_BUY", 64999.0, reference="mm-1-b"), limit("SIDE_SELL", "65001", reference="mm-1-a")],
        [OrderCancellation(MARKET)],
    )
    assert instruction_to_json(batch, 1, 4) == json.loads(
        '{"batchMarketInstructions":{"cancellations":[{"marketId":"<market>"}],"amendments":[],"submissions":['
        '{"marketId":"<market>","price":"649990","size":"10000","side":"SIDE_BUY","timeInForce":"TIME_IN_FORCE_GTC",'
        '"type":"TYPE_LIMIT","reference":"mm-1-b"},{"marketId":"<market>","price":"650010","size":"10000",'
        '"side":"SIDE_SELL","timeInForce":"TIME_IN_FORCE_GTC","type":"TYPE_LIMIT","reference":"mm-1-a"}]}}'
    )


def test_an_amendment_says_its_market():
    """The network wants the market of an amendment: its own, or the only one of the batch."""
    for batch in (
        BatchMarketInstruction(amendments=[OrderAmendment("o", "-0.5", 65000, MARKET)]),
        BatchMarketInstruction([], [OrderCancellation(MARKET, "x")], [OrderAmendment("o", "-0.5", 65000)]),
    ):
        [amendment] = instruction_to_json(batch, 1, 4)["batchMarketInstructions"]["amendments"]
        assert amendment == {"orderId": "o", "marketId": MARKET, "price": "650000", "sizeDelta": "-5000"}
    with pytest.raises(ValueError, match="market"):
        instruction_to_json(BatchMarketInstruction(amendments=[OrderAmendment("o", 1, None)]), 1, 4)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (BatchMarketInstruction(), "1 to 50"),
        (BatchMarketInstruction(cancellations=[OrderCancellation(MARKET)] * 51), "1 to 50"),
        (BatchMarketInstruction([OrderSubmission(MARKET, 0, 1, "GTC", "TYPE_LIMIT", "SIDE_BUY")]), "above zero"),
        (BatchMarketInstruction([limit("SIDE_BUY", "1.23")]), "more than 1 decimal places"),
        (BatchMarketInstruction([limit("SIDE_BUY", None)]), "needs a price"),
        (BatchMarketInstruction([limit("SIDE_BUY", 1, expires_at=5)]), "TIME_IN_FORCE_GTT"),
        (BatchMarketInstruction(amendments=[OrderAmendment("o", 0, None, MARKET)]), "changes nothing"),
        (BatchMarketInstruction(cancellations=[OrderCancellation("", "o")]), "its market"),
    ],
)
def test_what_the_network_would_refuse(batch, words):
    """An instruction that cannot be carried out is refused before it is sent, and says why."""
    with pytest.raises(ValueError, match=words):
        instruction_to_json(batch, 1, 4)
