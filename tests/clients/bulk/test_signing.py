"""Signatures and order ids, against the vectors that the venue's own library made."""

import copy
import pickle

import pytest

from bt_api_py.clients.bulk import TransactionSigner
from bt_api_py.clients.bulk.signing import action_bytes, base58_bytes, base58_text, decimal_text, message, order_id
from bt_api_py.exceptions import ConfigurationError

from .messages import NOW_NS as N
from .messages import OID, PRIVATE, PUBLIC

BUY = {"l": {"c": "BTC-USD", "b": True, "px": "95000.0", "sz": "0.1", "tif": "GTC", "r": False, "i": False}}
SELL = {"l": {"c": "ETH-USD", "b": False, "px": "3200.5", "sz": "1.25", "tif": "ALO", "r": True, "i": False}}
MARKET = {"m": {"c": "ETH-USD", "b": False, "sz": "1.0", "r": False, "i": False}}
CANCEL = {"cx": {"c": "BTC-USD", "oid": OID}}
ORACLE = {"px": {"t": N, "c": "BTC-USD", "px": 102500.0}}
LEVERAGE = {"updateUserSettings": {"m": {"BTC-USD": 5.0}}}

BYTES = [
    (BUY, "0100000007000000000000004254432d55534401001820e4a30800008096980000000000000000000000"),
    (SELL, "0100000007000000000000004554482d55534400807077844a0000004059730700000000020000000100"),
    (MARKET, "0000000007000000000000004554482d5553440000e1f505000000000000"),
    (
        CANCEL,
        "0300000007000000000000004254432d555344dc334867c0e6e6aa247ac3876b8d0ce290c330d935bfba1260a666f665c59de6",
    ),
    (
        {"cxa": {"c": ["BTC-USD", "ETH-USD"]}},
        "04000000020000000000000007000000000000004254432d55534407000000000000004554482d555344",
    ),
    ({"cxa": {"c": []}}, "040000000000000000000000"),
    (ORACLE, "0b000000000065011710a61707000000000000004254432d555344000000004006f940"),
    (LEVERAGE, "12000000010000000000000007000000000000004254432d5553440000000000001440"),
]

SIGNED = [
    ([BUY], 0, "4QCUPhu7AP8FTxbnxut1YmMHJJXXSy3xLnxg2vgqgn6HEXy3sioUrFrwjSLdrhSJsEvyAWvYQ8P8tsjvi4MAjEFg"),
    ([SELL], 1, "222fqqDvsGBdVHf2gdFMCuFFM3xxS47dZ5FkWirApehuTs3GtZjbXrzViCAAUsbDAjGPyB6JJPmPLT38ShuM8hmP"),
    ([MARKET], 2, "2Yttgd4tBqYD8tkSNikReayMSAnDa8zeiNW5brhVdF2diJHzvPMAboWvg1zawY27938a41bsh96VwX8qz5Uj3jw"),
    ([CANCEL], 3, "3L2pA8rrB7yZK53fZNrHCpUjtrKkk34xkc4v38e2aPKfWHGo2N6KwJuCFdq2eoPkaSKsVCtqHghiRAoHVagnqLeG"),
    (
        [{"cxa": {"c": ["BTC-USD", "ETH-USD"]}}],
        4,
        "3xTjpqpZ3NX6zUz2dvWAuE8cQ8Ad18jaNySsXWmqyKvFi72BdByDezBgrCE8SGBG4XXYT7xc2cPLQCA74EEoUZMA",
    ),
    (
        [{"cxa": {"c": []}}],
        5,
        "KjxMS7BpiPmW57t8sM2neuEPKGm7KEeYAo5RDw5A89xForgLakoPkkJHDaMQNnyZD8gJRN7KtCUTkqVtStv44vm",
    ),
    (
        [CANCEL, BUY, MARKET],
        6,
        "mNsRvprANASGe6KpSoU2KsFyApGHWru8ySrNxhBuTazH6vHFYzA7QhC1xEGQXLHRb3aRWWAWeTskhhDwD39TyQV",
    ),
    ([ORACLE], 7, "66F9iDvzRsUY9jKUiSujFbMCCxsisrnzfu9Gde9hn8PFZbYTnCu5WjGYFAdUuTv7RhhRDVqYka2yyazJwbTNy58Q"),
    ([LEVERAGE], 8, "4S7mx8WUqwZ9UShuttNFpbEMofUZ7HCT3PDPF56ixrS5KQgLPw1x7w7DAAKtKMHG2CBePtTo9cXfteBbMwRdFupY"),
]

NETWORKS = {
    "mainnet": "5VnE56ikFPGQoS3RdYZohDgaquU2ZPVWzhtSE29g29vj1DqjncMHrewaJjqgCuwUkjcS4H4Tg1HapVsvotG1Yj61",
    "devnet": "31JSdT4bn25S7phMAThBFVS4miid8rmT6ZR7X1hiVFZbb7fYi6ErqZJSjx5u7bo25jJFkhBGmTMVDNc4xwJcEDsq",
}


@pytest.fixture
def signer():
    return TransactionSigner(PRIVATE)


class TestBytes:
    @pytest.mark.parametrize(("action", "expected"), BYTES)
    def test_actions_are_encoded_to_the_letter(self, action, expected):
        """Each action has the bytes of the venue's vectors."""
        assert action_bytes(action).hex() == expected

    def test_the_whole_message(self):
        """Count, actions, nonce, account and network follow each other as in the first vector."""
        expected = (
            "01000000000000000100000007000000000000004254432d55534401001820e4a30800008096980000000000000000000000"
            "000065011710a61779b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad04966402"
        )
        transaction = {"actions": [BUY], "nonce": N, "account": PUBLIC}
        assert message(transaction, "testnet").hex() == expected

    def test_the_rarer_actions(self):
        """Changes of size, Pyth prices, agents and the faucet follow the documented layout."""
        key = base58_bytes(PUBLIC, 32, "key").hex()
        text = "07000000000000004254432d555344"
        oid = base58_bytes(OID, 32, "id").hex()
        assert action_bytes({"mod": {"oid": OID, "c": "BTC-USD", "sz": 5.0}}).hex() == (
            f"02000000{oid}{text}0000000000001440"
        )
        prices = [{"t": 1, "fi": 2, "px": 3, "e": -8}]
        assert action_bytes({"o": {"oracles": prices}}).hex() == (
            "0d000000" + "0100000000000000" + "0100000000000000" + "0200000000000000" + "0300000000000000" + "f8ff"
        )
        assert action_bytes({"agentWalletCreation": {"a": PUBLIC, "d": True}}).hex() == f"11000000{key}01"
        assert action_bytes({"faucet": {"u": PUBLIC}}).hex() == f"10000000{key}00"
        assert action_bytes({"faucet": {"u": PUBLIC, "amount": 5}}).hex() == f"10000000{key}010000000000001440"
        assert action_bytes({"updateUserSettings": {"m": [["BTC-USD", 5.0]]}}) == action_bytes(LEVERAGE)

    @pytest.mark.parametrize(
        "action",
        [
            {"l": {**BUY["l"], "sz": "-1"}},
            {"l": {**BUY["l"], "px": "nan"}},
            {"l": {**BUY["l"], "tif": "FOK"}},
            {"l": {"c": "BTC-USD"}},
            {"cx": {"c": "BTC-USD", "oid": "short"}},
            {"px": {"t": -1, "c": "BTC-USD", "px": 1.0}},
            {"px": {"t": 1, "c": "BTC-USD", "px": float("inf")}},
            {"nothing": {}},
        ],
    )
    def test_what_cannot_be_encoded_is_told(self, action):
        """A value out of range, a missing one and an unknown kind are a ValueError that names the kind."""
        with pytest.raises(ValueError, match=repr(next(iter(action)))):
            action_bytes(action)


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (95000.0, "95000.0"),
            ("0.1", "0.1"),
            (5, "5"),
            (1e-8, "0.00000001"),
            ("0.123456785", "0.12345679"),
            ("0.123456784", "0.12345678"),
            ("184467440737.09551615", "184467440737.09551615"),
        ],
    )
    def test_eight_decimals(self, value, text):
        """A number is sent as it is written, with at most eight decimals, half away from zero."""
        assert decimal_text(value, "price") == text

    @pytest.mark.parametrize("value", [0, -1, "nan", "inf", "", "abc", True, None, 1e-9, "184467440737.09551616"])
    def test_what_is_no_quantity(self, value):
        """Zero, negative, not finite, too small, too large and no number at all are a ValueError that says which."""
        with pytest.raises(ValueError, match="size must be a number above zero"):
            decimal_text(value, "size")


class TestSignatures:
    @pytest.mark.parametrize(("actions", "step", "signature"), SIGNED)
    def test_vectors(self, signer, actions, step, signature):
        """Each transaction has the signature of the venue's vectors, and everything else that is posted."""
        signed = signer.sign_transaction({"actions": actions, "nonce": N + step}, "testnet")
        assert signed == {
            "actions": actions, "nonce": str(N + step), "account": PUBLIC, "signer": PUBLIC, "signature": signature,
        }  # fmt: skip
        assert signer.verify(signed, "testnet")

    @pytest.mark.parametrize("network", NETWORKS)
    def test_other_networks(self, signer, network):
        """The same transaction is signed differently for each network."""
        assert signer.sign_transaction({"actions": [BUY], "nonce": N}, network)["signature"] == NETWORKS[network]

    def test_an_agent_signs_for_an_account(self, signer):
        """The account stands in what is signed, the signer only beside it."""
        account = "FuueqefENiGEW6uMqZQgmwjzgpnb85EgUcZa5Em4PQh7"
        signed = signer.sign_transaction({"actions": [BUY], "nonce": "42", "account": account}, 2)
        assert signed["signature"] == (
            "3thHLhDsV1TpuLqiM1QhgBqjBt1jcWmHtpqHkNoVpj8eAA8h6W3E8Tmrmq9abJLte3ETxCcXDE8pHxYuhwkMNvta"
        )
        assert (signed["account"], signed["signer"]) == (account, PUBLIC)
        assert order_id(BUY, account, 42) == "57G9XXs13hkAvRKmeSkrEeKULMjWfaoErJcRUwxkTU1Q"

    @pytest.mark.parametrize(
        "change", [{"nonce": "5"}, {"actions": [SELL]}, {"account": base58_text(bytes(32))}, {"signature": "x"}, {}]
    )
    def test_a_changed_transaction_is_seen(self, signer, change):
        """What was signed verifies for its network, and nothing else does."""
        signed = signer.sign_transaction({"actions": [BUY], "nonce": N}, "testnet")
        assert signer.verify({**signed, **change}, "mainnet" if not change else "testnet") is False

    @pytest.mark.parametrize("transaction", [{}, {"actions": [BUY]}, {"actions": [], "nonce": 1}])
    def test_what_is_no_transaction(self, signer, transaction):
        """Without actions or nonce nothing is signed."""
        with pytest.raises(ValueError, match="needs actions and a nonce"):
            signer.sign_transaction(transaction, "testnet")

    @pytest.mark.parametrize("nonce", [-1, 2**64, "x", 1.5, True])
    def test_what_is_no_nonce(self, signer, nonce):
        """A nonce is a whole number of 64 bits."""
        with pytest.raises(ValueError, match="nonce"):
            signer.sign_transaction({"actions": [BUY], "nonce": nonce}, "testnet")

    @pytest.mark.parametrize("domain", ["moonnet", 0, 4, True, None])
    def test_what_is_no_network(self, signer, domain):
        """An unknown network is a ValueError that names the known ones."""
        with pytest.raises(ValueError, match="mainnet, testnet"):
            signer.sign_transaction({"actions": [BUY], "nonce": 1}, domain)


class TestOrderIds:
    @pytest.mark.parametrize(
        ("action", "nonce", "seqno", "expected"),
        [
            (BUY, N, 0, "3sRmu91XBuMUDXf5pXHZpyNw1Mi7Pz2i21jB1cY2WYkY"),
            (SELL, N + 1, 0, "6somP94vnoabi5xFxU1t2pBo3swkjxhhtPDMdkGf7SDr"),
            (MARKET, N + 2, 0, "8HdUzJQSwtpzYZEobh4HS93dFd4jjfh4ZFGZN3rkbWkc"),
            (BUY, N + 6, 1, "5K9EwzVJeCtf3HQupAbjX4Kjy3oQqSxsPCY75XKkXVDX"),
            (MARKET, N + 6, 2, "46vChe5Vn4PYfanjcNsXSErcbj4KMKjYDtaFFktwGnnT"),
        ],
    )
    def test_vectors(self, action, nonce, seqno, expected):
        """An order's id follows from its bytes, owner, nonce and place."""
        assert order_id(action, PUBLIC, nonce, seqno) == expected

    def test_the_vendors_own_example(self):
        """The id in the venue's documentation is computed."""
        action = {"l": {"c": "BTC-USD", "b": True, "px": "68495.0", "sz": "1.9402", "tif": "GTC", "r": False, "i": 0}}
        account = "7DHvrCZMMLZ2ovNfKaGpvJZXAQyydbTz6dM7w7qXtzX5"
        assert order_id(action, account, 1772814622879766) == "9rsNanYXKgkHaB12DJMW85cLh6dTGkZ53jv1shnaTZ8J"


class TestKeys:
    def test_both_lengths_are_one_key(self, signer):
        """A seed, and a seed with its public key, make the same signer, which gives back what it was given."""
        both = base58_text(base58_bytes(PRIVATE, 32, "key") + base58_bytes(PUBLIC, 32, "key"))
        assert TransactionSigner(both).public_key == signer.public_key == PUBLIC
        assert (signer.private_key, TransactionSigner(both).private_key) == (PRIVATE, both)

    @pytest.mark.parametrize("text", ["", "abc", "0OIl", PRIVATE[:-1], base58_text(bytes(33)), 7, None])
    def test_what_is_no_key(self, text):
        """Another length, or no Base58, is a ValueError that does not quote what was given."""
        with pytest.raises(ValueError, match="32 or 64 bytes") as caught:
            TransactionSigner(text)
        assert str(text) not in str(caught.value) or not text

    def test_halves_that_do_not_belong_together(self):
        """A 64-byte key whose second half is another key is refused."""
        with pytest.raises(ValueError, match="not the public key"):
            TransactionSigner(base58_text(base58_bytes(PRIVATE, 32, "key") + bytes(range(32))))

    def test_a_fresh_account(self):
        """Generated accounts differ, and what one signs the other does not verify."""
        one, other = TransactionSigner.generate_account(), TransactionSigner.generate_account()
        signed = one.sign_transaction({"actions": [BUY], "nonce": 1}, "testnet")
        assert one.public_key != other.public_key
        assert one.verify(signed, "testnet")
        assert not other.verify({**signed, "signer": other.public_key}, "testnet")

    def test_the_key_shows_nowhere(self, signer):
        """Neither repr nor str nor the object's attributes hold the private key, and it cannot be copied out."""
        assert PRIVATE not in repr(signer) + str(signer) + repr(vars(signer))
        assert PUBLIC in repr(signer)
        for leave in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError):
                leave(signer)

    def test_nonces_rise(self, signer):
        """Nonces follow the clock, and rise when it does not."""
        assert [signer.next_nonce(now) for now in (5, 5, 3, 9)] == [5, 6, 7, 9]
        signer.note_nonce(20)
        assert signer.next_nonce(10) == 21

    @pytest.mark.parametrize("package", ["base58", "cryptography"])
    def test_missing_packages_are_named(self, package, monkeypatch):
        """Without a package that signing needs, the error says what to install."""

        def without(name):
            raise ImportError(name)

        monkeypatch.setattr("bt_api_py.clients.bulk.signing.import_module", without)
        with pytest.raises(ConfigurationError, match=r"pip install 'bt_api_py\[bulk\]'"):
            TransactionSigner(PRIVATE)
