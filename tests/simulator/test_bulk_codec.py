"""What BULK's transactions are as bytes, against the known vectors."""

from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.simulator.dialects.bulk.base58 import decode, encode
from bt_api_py.simulator.dialects.bulk.codec import Malformed, action_bytes, message, order_id
from bt_api_py.simulator.dialects.bulk.keys import draw_keys
from bt_api_py.simulator.signatures import is_ed25519_raw

SECRET = "4wBqpZM9xaSheZzJSMawUKKwhdpChKbZ5eu5ky4Vigw"
PUBLIC = "9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj"
OID = "Fpa3oVuL3UzjNANAMZZdmrn6D1Zhk83GmBuJpuAWG51F"
N = 1704067200000000000
MAINNET, TESTNET, DEVNET = 1, 2, 3
FIRST = {"l": {"c": "BTC-USD", "b": True, "px": "95000.0", "sz": "0.1", "tif": "GTC", "r": False, "i": False}}
MARKET = {"m": {"c": "ETH-USD", "b": False, "sz": "1.0", "r": False, "i": False}}
CANCEL = {"cx": {"c": "BTC-USD", "oid": OID}}
# actions, nonce, bytes of the first action (None: those of its parts), signature on testnet, order ids
VECTORS = [
    (
        [FIRST],
        N,
        "0100000007000000000000004254432d55534401001820e4a30800008096980000000000000000000000",
        "4QCUPhu7AP8FTxbnxut1YmMHJJXXSy3xLnxg2vgqgn6HEXy3sioUrFrwjSLdrhSJsEvyAWvYQ8P8tsjvi4MAjEFg",
        {0: "3sRmu91XBuMUDXf5pXHZpyNw1Mi7Pz2i21jB1cY2WYkY"},
    ),
    (
        [{"l": {"c": "ETH-USD", "b": False, "px": 3200.5, "sz": 1.25, "tif": "ALO", "r": True, "i": False}}],
        N + 1,
        "0100000007000000000000004554482d55534400807077844a0000004059730700000000020000000100",
        "222fqqDvsGBdVHf2gdFMCuFFM3xxS47dZ5FkWirApehuTs3GtZjbXrzViCAAUsbDAjGPyB6JJPmPLT38ShuM8hmP",
        {0: "6somP94vnoabi5xFxU1t2pBo3swkjxhhtPDMdkGf7SDr"},
    ),
    (
        [MARKET],
        N + 2,
        "0000000007000000000000004554482d5553440000e1f505000000000000",
        "2Yttgd4tBqYD8tkSNikReayMSAnDa8zeiNW5brhVdF2diJHzvPMAboWvg1zawY27938a41bsh96VwX8qz5Uj3jw",
        {0: "8HdUzJQSwtpzYZEobh4HS93dFd4jjfh4ZFGZN3rkbWkc"},
    ),
    (
        [CANCEL],
        N + 3,
        "0300000007000000000000004254432d555344dc334867c0e6e6aa247ac3876b8d0ce290c330d935bfba1260a666f665c59de6",
        "3L2pA8rrB7yZK53fZNrHCpUjtrKkk34xkc4v38e2aPKfWHGo2N6KwJuCFdq2eoPkaSKsVCtqHghiRAoHVagnqLeG",
        {},
    ),
    (
        [{"cxa": {"c": ["BTC-USD", "ETH-USD"]}}],
        N + 4,
        "04000000020000000000000007000000000000004254432d55534407000000000000004554482d555344",
        "3xTjpqpZ3NX6zUz2dvWAuE8cQ8Ad18jaNySsXWmqyKvFi72BdByDezBgrCE8SGBG4XXYT7xc2cPLQCA74EEoUZMA",
        {},
    ),
    (
        [{"cxa": {"c": []}}],
        N + 5,
        "040000000000000000000000",
        "KjxMS7BpiPmW57t8sM2neuEPKGm7KEeYAo5RDw5A89xForgLakoPkkJHDaMQNnyZD8gJRN7KtCUTkqVtStv44vm",
        {},
    ),
    (
        [CANCEL, FIRST, MARKET],
        N + 6,
        None,
        "mNsRvprANASGe6KpSoU2KsFyApGHWru8ySrNxhBuTazH6vHFYzA7QhC1xEGQXLHRb3aRWWAWeTskhhDwD39TyQV",
        {
            1: "5K9EwzVJeCtf3HQupAbjX4Kjy3oQqSxsPCY75XKkXVDX",
            2: "46vChe5Vn4PYfanjcNsXSErcbj4KMKjYDtaFFktwGnnT",
        },
    ),
    (
        [{"px": {"t": N, "c": "BTC-USD", "px": 102500.0}}],
        N + 7,
        "0b000000000065011710a61707000000000000004254432d555344000000004006f940",
        "66F9iDvzRsUY9jKUiSujFbMCCxsisrnzfu9Gde9hn8PFZbYTnCu5WjGYFAdUuTv7RhhRDVqYka2yyazJwbTNy58Q",
        {},
    ),
    (
        [{"updateUserSettings": {"m": {"BTC-USD": 5.0}}}],
        N + 8,
        "12000000010000000000000007000000000000004254432d5553440000000000001440",
        "4S7mx8WUqwZ9UShuttNFpbEMofUZ7HCT3PDPF56ixrS5KQgLPw1x7w7DAAKtKMHG2CBePtTo9cXfteBbMwRdFupY",
        {},
    ),
]


def signed(actions, nonce, account=PUBLIC, domain=TESTNET):
    parts = [b"".join(action_bytes(action)) for action in actions]
    return message(parts, nonce, decode(account, 32), domain)


def sign(data, secret=SECRET):
    return encode(Ed25519PrivateKey.from_private_bytes(decode(secret, 32)).sign(data))


@pytest.mark.parametrize(("actions", "nonce", "first", "signature", "ids"), VECTORS)
def test_the_known_vectors(actions, nonce, first, signature, ids):
    """Bytes, signature and order ids of every kind of action are the known ones."""
    parts = [action_bytes(action)[0] for action in actions]
    if first is not None:
        assert [part.hex() for part in parts] == [first]
    data = signed(actions, nonce)
    assert sign(data) == signature
    assert is_ed25519_raw(decode(PUBLIC, 32), data, decode(signature, 64))
    found = {place: order_id(place, parts[place], nonce, decode(PUBLIC, 32)) for place in ids}
    assert found == ids


def test_a_whole_message_is_the_known_one():
    """Count, action, nonce, account and network follow each other without a gap."""
    known = (
        "01000000000000000100000007000000000000004254432d55534401001820e4a30800008096980000000000000000000000"
        "000065011710a61779b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad04966402"
    )
    assert signed([FIRST], N).hex() == known


@pytest.mark.parametrize(
    ("domain", "signature"),
    [
        (MAINNET, "5VnE56ikFPGQoS3RdYZohDgaquU2ZPVWzhtSE29g29vj1DqjncMHrewaJjqgCuwUkjcS4H4Tg1HapVsvotG1Yj61"),
        (DEVNET, "31JSdT4bn25S7phMAThBFVS4miid8rmT6ZR7X1hiVFZbb7fYi6ErqZJSjx5u7bo25jJFkhBGmTMVDNc4xwJcEDsq"),
    ],
)
def test_another_network_has_another_signature(domain, signature):
    """The same order signed for another network has that network's signature, and it is not testnet's."""
    assert sign(signed([FIRST], N, domain=domain)) == signature
    assert not is_ed25519_raw(decode(PUBLIC, 32), signed([FIRST], N), decode(signature, 64))


def test_an_agent_signs_for_the_account():
    """An agent's signature is over the account's key, and so is the order's id."""
    account = "FuueqefENiGEW6uMqZQgmwjzgpnb85EgUcZa5Em4PQh7"
    known = "3thHLhDsV1TpuLqiM1QhgBqjBt1jcWmHtpqHkNoVpj8eAA8h6W3E8Tmrmq9abJLte3ETxCcXDE8pHxYuhwkMNvta"
    assert sign(signed([FIRST], 42, account)) == known
    oid = order_id(0, action_bytes(FIRST)[0], 42, decode(account, 32))
    assert oid == "57G9XXs13hkAvRKmeSkrEeKULMjWfaoErJcRUwxkTU1Q"


def test_the_vendors_order_id():
    """The vendor's own example of an order id comes out."""
    account = decode("7DHvrCZMMLZ2ovNfKaGpvJZXAQyydbTz6dM7w7qXtzX5", 32)
    order = {"l": {"c": "BTC-USD", "b": True, "px": 68495.0, "sz": 1.9402, "tif": "GTC", "r": False, "i": False}}
    oid = order_id(0, action_bytes(order)[0], 1772814622879766, account)
    assert oid == "9rsNanYXKgkHaB12DJMW85cLh6dTGkZ53jv1shnaTZ8J"


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"st": {"c": "BTC-USD"}},
        {"l": FIRST["l"] | {"px": "-1"}},
        {"l": FIRST["l"] | {"sz": float("nan")}},
        {"l": FIRST["l"] | {"sz": True}},
        {"l": FIRST["l"] | {"tif": "FOK"}},
        {"l": FIRST["l"] | {"i": None}},
        {"l": {name: value for name, value in FIRST["l"].items() if name != "i"}},
        {"l": FIRST["l"] | {"builderCode": {"to": PUBLIC, "fee": 16}}},
        {"cx": {"c": "BTC-USD", "oid": "0OIl"}},
        {"cxa": {"c": "BTC-USD"}},
        {"m": [1]},
        [FIRST],
    ],
)
def test_what_cannot_be_written_is_malformed(action):
    """An action with a missing, negative, broken or unknown part is refused before anything is done."""
    with pytest.raises(Malformed):
        action_bytes(action)


def test_a_builder_code_is_signed_and_no_part_of_the_id():
    """A builder code follows the action as a flag, a key and the fee."""
    plain, nothing = action_bytes(FIRST)
    same, builder = action_bytes({"l": FIRST["l"] | {"builderCode": {"to": PUBLIC, "fee": 3}}})
    assert (same, nothing) == (plain, b"")
    assert builder == b"\x01" + decode(PUBLIC, 32) + b"\x03"


@given(st.binary(min_size=32, max_size=32))
def test_base58_returns(data):
    """Bytes survive being written and read; another length is refused."""
    assert decode(encode(data), 32) == data
    with pytest.raises(ValueError, match="bytes"):
        decode(encode(data), 31)


def test_base58_is_the_known_one():
    """Keys are written as the vectors have them, and leading zeros as ones."""
    assert encode(bytes(range(1, 33))) == SECRET
    assert decode(PUBLIC, 32).hex() == "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664"
    assert encode(b"\0\0\1") == "112"
    with pytest.raises(ValueError, match="letter"):
        decode("0" * 43, 32)


def test_keys_come_from_a_private_one_or_from_chance():
    """A private key of 32 or of 64 bytes gives its public one; without one, chance gives a pair that fits."""
    whole = encode(decode(SECRET, 32) + decode(PUBLIC, 32))
    assert draw_keys(Random(1), SECRET) == (PUBLIC, SECRET)
    assert draw_keys(Random(1), whole) == (PUBLIC, whole)
    public, secret = draw_keys(Random(1), None)
    assert draw_keys(Random(2), secret) == (public, secret)
    assert draw_keys(Random(1), "no key at all") == (public, "no key at all")
