"""What is listed on the simulated venues, and how lively each market is."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

QUOTES = (
    "USDT",
    "USDC",
    "FDUSD",
    "BUSD",
    "TUSD",
    "EUR",
    "GBP",
    "AUD",
    "BRL",
    "RUB",
    "TRY",
    "BTC",
    "ETH",
    "BNB",
    "USD",
)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One market.

    Attributes:
        price_decimals, quantity_decimals: the tick is 10**-price_decimals, the lot 10**-quantity_decimals.
        price: usual price, in ticks.
        quantity: usual size of a taker order, in lots.
        activity: order-flow actions per second at rate 1; 0 for a halted market.
        levels: price levels a side that the book tends to hold.
        history: trades that exist before the simulator starts.
        name: how the venue writes it, where base and quote do not tell: BTC-USD for a contract settled in USDC.
        contract_value: base asset per contract, where the venue counts contracts.
    """

    base: str
    quote: str
    price_decimals: int
    quantity_decimals: int
    price: int
    quantity: int
    activity: float
    levels: int
    history: int
    halted: bool = False
    name: str = ""
    contract_value: Decimal = Decimal(1)

    def contracts(self, lots: int) -> Decimal:
        """Return a quantity as the venue counts it."""
        return Decimal(lots).scaleb(-self.quantity_decimals) / self.contract_value

    @property
    def symbol(self) -> str:
        """Return base and quote joined, upper case: the key of this market."""
        return self.base + self.quote

    @property
    def is_major(self) -> bool:
        """Tell whether the market trades all the time."""
        return self.history >= 2_000


def canonical(symbol: str) -> str:
    """Return any spelling (btc-usdt, BTC/USDT, BTC_USDT) as the key of the market, BTCUSDT."""
    return "".join(letter for letter in symbol if letter not in "-/_: ").upper()


def keys(instruments: Iterable[Instrument]) -> dict[str, str]:
    """Return the key of each market by what its spellings have in common: the joined one, and the venue's own."""
    found = {canonical(item.name): item.symbol for item in instruments if item.name}
    return found | {item.symbol: item.symbol for item in instruments}


# base, quote, price, price decimals, quantity decimals, actions per second
_MAJORS = (
    ("BTC", "USDT", "88900", 2, 5, 16.0),
    ("ETH", "USDT", "3010", 2, 4, 14.0),
    ("SOL", "USDT", "138", 2, 3, 12.0),
    ("BNB", "USDT", "865", 2, 3, 10.0),
    ("XRP", "USDT", "2.15", 4, 1, 12.0),
    ("DOGE", "USDT", "0.152", 5, 0, 10.0),
    ("ETH", "BTC", "0.03386", 5, 3, 8.0),
    ("BTC", "USDC", "88900", 2, 5, 10.0),
)
_TYPICAL_VALUE = 1_800  # USD per taker order
_MAJOR_LEVELS = 400
_QUIET_LEVELS = 40


def listed(seed: object, quiet: int, decimals: dict[str, tuple[int, int]] | None = None) -> dict[str, Instrument]:
    """Return the instruments of one venue by key: the majors, one halted market, and `quiet` generated ones.

    Args:
        seed: chooses the prices of the generated markets; the same for every venue, so that prices agree.
        decimals: price and quantity decimals of majors where the venue differs from the common table.
    """
    found: dict[str, Instrument] = {}
    for base, quote, price, price_decimals, quantity_decimals, activity in _MAJORS:
        places = (decimals or {}).get(base + quote, (price_decimals, quantity_decimals))
        item = major(base, quote, price, *places, activity)
        found[item.symbol] = item
    halted = quiet_instrument(seed, "HALT", "USDT", halted=True)
    found[halted.symbol] = halted
    for number in range(1, quiet + 1):
        item = quiet_instrument(seed, f"SIM{number:03d}", "USDT")
        found[item.symbol] = item
    return found


def major(
    base: str, quote: str, price: str, price_decimals: int, quantity_decimals: int, activity: float
) -> Instrument:
    """Return a market that trades all the time."""
    value = float(price) * (88_900 if quote == "BTC" else 1)
    return Instrument(
        base,
        quote,
        price_decimals,
        quantity_decimals,
        price=round(float(price) * 10**price_decimals),
        quantity=max(1, round(_TYPICAL_VALUE / value * 10**quantity_decimals)),
        activity=activity,
        levels=_MAJOR_LEVELS,
        history=3_000,
    )


def quiet_instrument(seed: object, base: str, quote: str, *, halted: bool = False) -> Instrument:
    """Return a market with a few trades a minute at most, its price drawn from the seed."""
    random = Random(f"{seed}/{base}")
    price = random.randint(5_000, 400_000)
    return Instrument(
        base,
        quote,
        4,
        2,
        price=price,
        quantity=max(1, 20_000_000 // price),
        activity=0.0 if halted else round(random.uniform(0.1, 0.6), 3),
        levels=_QUIET_LEVELS,
        history=30,
        halted=halted,
    )


def split(symbol: str) -> tuple[str, str]:
    """Return base and quote of a joined symbol by the longest known quote asset.

    Raises:
        ValueError: no known quote asset ends the symbol.
    """
    key = canonical(symbol)
    for quote in sorted(QUOTES, key=len, reverse=True):
        if key.endswith(quote) and len(key) > len(quote):
            return key[: -len(quote)], quote
    raise ValueError(f"{symbol}: no known quote asset; known are {', '.join(QUOTES)}")
