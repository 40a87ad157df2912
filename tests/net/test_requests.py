"""Questions over a socket and their numbered answers."""

import asyncio

import pytest

from bt_api_py.net.requests import Requests

from .fakes import settle


async def test_an_answer_finds_its_question():
    """Answers may come in any order; a late or doubled one finds nobody."""
    requests, sent = Requests(), []
    tasks = [asyncio.ensure_future(requests.ask(sent.append, 5)) for _ in range(2)]
    await settle()
    assert len(requests) == len(set(sent)) == 2
    assert requests.answer(sent[1], "b")
    assert requests.answer(sent[0], "a")
    assert not requests.answer(sent[0], "again")
    assert [await task for task in tasks] == ["a", "b"]
    assert len(requests) == 0


async def test_no_answer_in_time_leaves_nothing():
    """A question that is not answered in time is a TimeoutError, and forgotten."""
    requests = Requests()
    with pytest.raises(TimeoutError):
        await requests.ask(lambda number: None, 0.001)
    assert len(requests) == 0


async def test_what_cannot_be_sent_leaves_nothing():
    """An error while sending is the caller's, and the question is forgotten."""
    requests = Requests()

    def broken(number):
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        await requests.ask(broken, 5)
    assert len(requests) == 0


async def test_all_fail_together():
    """When the connection ends, every question ends with an error of its own."""
    requests = Requests()
    tasks = [asyncio.ensure_future(requests.ask(lambda number: None, 5)) for _ in range(3)]
    await settle()
    assert requests.fail_all(lambda: ConnectionError("gone")) == 3
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(error) for error in found] == ["gone"] * 3
    assert len({id(error) for error in found}) == 3
    assert not requests.fail(1, ConnectionError())


async def test_a_cancelled_question_is_forgotten():
    """Whoever stops waiting leaves nothing behind."""
    requests = Requests()
    task = asyncio.ensure_future(requests.ask(lambda number: None, 5))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(requests) == 0
