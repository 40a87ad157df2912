"""How messages of books are numbered where each has the number after the one before."""

from collections.abc import Mapping

_REMEMBERED = 50_000  # numbers of a market's books


class BookNumbers:
    """The numbers of all books of a venue; each depth of a market has numbers of its own."""

    def __init__(self, first: Mapping[int, int]) -> None:
        """Begin.

        Args:
            first: by depth, a number before all others; far enough apart to tell depths by their numbers.
        """
        self._first = first
        self._last: dict[tuple[str, int], int] = {}  # by market and depth
        self._updates: dict[str, dict[int, int]] = {}  # by market: what the market counted at a number

    def count(self, key: str, depth: int, update: int) -> int:
        """Return the number of the next message of a book, which shows it after that update of the market."""
        number = self._last.get((key, depth), self._first[depth]) + 1
        self._last[key, depth] = number
        known = self._updates.setdefault(key, {})
        known[number] = update
        if len(known) > _REMEMBERED:
            del known[next(iter(known))]
        return number

    def update_of(self, key: str, sequence: int) -> int:
        """Return the market's update number behind a number that was sent."""
        return self._updates.get(key, {}).get(sequence, sequence)
