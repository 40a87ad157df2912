"""``bt-api doctor``: does each exchange answer, how fast, and what time is it there."""
