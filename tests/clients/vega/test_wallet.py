"""The wallet service: what is asked, what it answers, and what nobody may see."""

import pytest

from bt_api_py.clients.vega import (
    BatchMarketInstruction,
    OrderCancellation,
    SentTransaction,
    VegaWallet,
    WalletError,
    instruction_to_json,
)
from bt_api_py.exceptions import DataParseError

from .conftest import TOKEN
from .messages import MARKET, PARTY

TX = instruction_to_json(BatchMarketInstruction(cancellations=[OrderCancellation(MARKET)]), 1, 4)


@pytest.fixture
async def wallet(transport, clock):
    async with VegaWallet(
        TOKEN, "http://127.0.0.1:1789", PARTY, origin="VegaBot", transport=transport, clock=clock
    ) as it:
        yield it


def answer(transport, status=200, **content):
    transport.pages["requests"] = (status, {}, {"jsonrpc": "2.0", "id": "request", **content})


@pytest.mark.parametrize("name", ["transactionHash", "txHash"])
async def test_the_documented_call(wallet, transport, name):
    """Method, key, mode, headers and transaction are the documented ones; the hash has either name."""
    times = {"receivedAt": "2024-05-01T10:00:00.1Z", "sentAt": "2024-05-01T10:00:00.3Z"}
    answer(transport, result={**times, name: "E8C1", "transaction": {}})
    assert await wallet.submit_transaction(TX) == SentTransaction("E8C1", *times.values())
    [(url, body, headers)] = transport.posted
    assert url == "http://127.0.0.1:1789/api/v2/requests"
    assert body == {
        "jsonrpc": "2.0",
        "method": "client.send_transaction",
        "id": "request",
        "params": {"publicKey": PARTY, "sendingMode": "TYPE_SYNC", "transaction": TX},
    }
    assert headers == {
        "Content-Type": "application/json",
        "Origin": "VegaBot",
        "Authorization": f"VWT {TOKEN}",
    }


@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_a_refusal_is_an_error_and_sent_once(wallet, transport, status):
    """Whatever the status, the wallet's code and words are told, and nothing is sent again."""
    answer(transport, status, error={"code": 1089, "message": "Network error", "data": "too many"})
    with pytest.raises(WalletError, match=r"spam protection.*too many") as caught:
        await wallet.submit_transaction(TX)
    assert (caught.value.code, caught.value.data, caught.value.status) == (1089, "too many", status)
    assert len(transport.posted) == 1


async def test_no_answer_is_not_repeated(wallet, transport):
    """A transaction that may have arrived is not sent again."""
    transport.pages["requests"] = ConnectionResetError("gone")
    with pytest.raises(Exception, match="gone"):
        await wallet.submit_transaction(TX)
    assert len(transport.posted) == 1


async def test_an_answer_without_a_hash(wallet, transport):
    """Another shape is a DataParseError."""
    answer(transport, result={})
    with pytest.raises(DataParseError, match="hash"):
        await wallet.submit_transaction(TX)


def test_the_token_is_not_shown():
    """Neither the wallet nor its parts print the token."""
    assert TOKEN not in repr(VegaWallet(TOKEN, "http://127.0.0.1:1789", PARTY))


async def test_the_simulated_wallet(world):
    """A right token sends and lists its keys; a wrong one is refused by name."""
    async with world.wallet() as wallet:
        sent = await wallet.submit_transaction(TX)
        assert sent.transaction_hash == world.dialect.transactions[-1].hash
        assert world.party in await wallet.list_keys()
    async with world.wallet("nobody-may-see-wrong") as wallet:
        with pytest.raises(WalletError, match="WALLET_TOKEN"):
            await wallet.submit_transaction(TX)


def test_without_asyncio(monkeypatch):
    """The synchronous twin runs a loop of its own and returns the same."""

    async def submit(self, tx, *, sending_mode):
        return SentTransaction(sending_mode, self.pub_key, str(tx is TX))

    monkeypatch.setattr(VegaWallet, "submit_transaction", submit)
    sent = VegaWallet(TOKEN, "http://127.0.0.1:1789", PARTY).submit_transaction_sync(TX, sending_mode="TYPE_ASYNC")
    assert sent == SentTransaction("TYPE_ASYNC", PARTY, "True")
