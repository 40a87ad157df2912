"""The merge of a feed and REST, by itself: no socket, no clock."""

from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.stores.merge import Entry, Merge, Moment

MARKETS = ("btc_ltc", "btc_eth", "btc_etc")


def at(second):
    return Moment(1_700_000_000.0 + second, float(second))


def opened(keys=MARKETS):
    merge = Merge(keys)
    merge.opened(at(0))
    return merge


def values(merge):
    return {key: merge.get(key).value for key in merge}


class TestOneConnection:
    def test_an_answer_older_than_a_feed_value_loses(self):
        """A value that the feed brought while the request was under way stays; the answer fills the others."""
        merge = opened()
        ticket = merge.ask(at(1))
        merge.feed("btc_eth", 2.5, at(2))
        filled = merge.fill({"btc_ltc": 1.0, "btc_eth": 2.0, "btc_etc": 3.0}, ticket, at(3))
        assert filled == ["btc_ltc", "btc_etc"]
        assert values(merge) == {"btc_eth": 2.5, "btc_ltc": 1.0, "btc_etc": 3.0}
        assert (merge.counts.filled_by_rest, merge.counts.filled_by_feed, merge.counts.late) == (2, 1, 1)

    def test_a_feed_value_wins_also_over_a_request_that_is_sent_later(self):
        """Within one connection REST never replaces what the feed told, whatever the times say."""
        merge = opened()
        merge.feed("btc_ltc", 1.5, at(1))
        merge.fill({"btc_ltc": 1.0}, merge.ask(at(50)), at(51))
        assert values(merge) == {"btc_ltc": 1.5}

    def test_the_feed_replaces_whatever_is_there(self):
        """A feed value takes the place of a REST value and of an earlier feed value."""
        merge = opened()
        merge.fill({"btc_ltc": 1.0}, merge.ask(at(1)), at(2))
        for number in (1.1, 1.2):
            merge.feed("btc_ltc", number, at(3))
            assert merge.get("btc_ltc") == Entry(number, "ws", at(3), 1)

    def test_it_is_complete_when_every_key_has_a_value(self):
        """The last missing key, whoever fills it, makes the copy complete."""
        merge = opened()
        merge.fill({"btc_ltc": 1.0, "btc_etc": 3.0}, merge.ask(at(1)), at(2))
        assert not merge.is_complete
        assert merge.needed() == ["btc_eth"]
        merge.feed("btc_eth", 2.0, at(3))
        assert merge.is_complete
        assert merge.needed() == []

    def test_each_value_tells_where_it_comes_from_and_when(self):
        """An entry names its source, the moment of its arrival on both clocks and its connection."""
        merge = opened()
        merge.fill({"btc_ltc": "text"}, merge.ask(at(1)), at(2))
        assert merge.get("btc_ltc") == Entry("text", "rest", at(2), epoch=1, stale=False)
        assert merge.get("btc_eth") is None
        assert merge.opened_at == at(0)

    def test_a_key_outside_the_list_is_left_out(self):
        """Values of keys that nobody asked for are counted and not kept."""
        merge = opened(["btc_ltc"])
        assert not merge.feed("eur_usd", 1.0, at(1))
        merge.fill({"btc_ltc": 1.0, "eur_usd": 1.0}, merge.ask(at(1)), at(2))
        assert list(merge) == ["btc_ltc"]
        assert merge.counts.unasked == 2


class TestReconnection:
    def test_no_old_value_survives_unmarked(self):
        """With the loss of the feed every value is stale, and stays so until something newer comes."""
        merge = opened()
        merge.feed("btc_ltc", 1.0, at(1))
        merge.fill({"btc_eth": 2.0, "btc_etc": 3.0}, merge.ask(at(1)), at(2))
        merge.lost()
        assert not merge.is_complete
        assert all(merge.get(key).stale for key in MARKETS)
        merge.opened(at(5))
        assert all(merge.get(key).stale for key in MARKETS)
        assert values(merge) == {"btc_ltc": 1.0, "btc_eth": 2.0, "btc_etc": 3.0}

    def test_it_is_filled_again(self):
        """After a loss the feed refreshes what changes, and REST everything else."""
        merge = opened()
        merge.fill(dict.fromkeys(MARKETS, 1.0), merge.ask(at(1)), at(2))
        merge.lost()
        merge.opened(at(5))
        ticket = merge.ask(at(6))
        merge.feed("btc_eth", 9.0, at(7))
        assert merge.fill(dict.fromkeys(MARKETS, 2.0), ticket, at(8)) == ["btc_ltc", "btc_etc"]
        assert values(merge) == {"btc_ltc": 2.0, "btc_eth": 9.0, "btc_etc": 2.0}
        assert merge.is_complete
        assert {merge.get(key).epoch for key in MARKETS} == {2}

    def test_an_answer_from_before_the_loss_is_thrown_away(self):
        """A request of an earlier connection fills nothing, neither stale nor missing keys."""
        merge = opened()
        merge.feed("btc_ltc", 1.0, at(1))
        ticket = merge.ask(at(2))
        merge.lost()
        merge.opened(at(4))
        assert merge.fill(dict.fromkeys(MARKETS, 5.0), ticket, at(5)) == []
        assert values(merge) == {"btc_ltc": 1.0}
        assert merge.get("btc_ltc").stale
        assert merge.counts.outdated == 3

    def test_an_answer_to_a_request_before_the_feed_was_open_fills_nothing(self):
        """What changed between such a request and the opening of the feed would never be told."""
        merge = Merge(MARKETS)
        assert merge.needed() == []
        ticket = merge.ask(at(0))
        merge.opened(at(2))
        assert merge.fill({"btc_ltc": 1.0}, ticket, at(3)) == []

    def test_without_a_feed_rest_fills_what_is_missing_and_marks_it(self):
        """While the feed is away an answer fills what never had a value, stale from the beginning, and nothing else."""
        merge = Merge(MARKETS)
        merge.fill({"btc_ltc": 1.0}, merge.ask(at(0)), at(1))
        assert merge.get("btc_ltc").stale
        merge.opened(at(2))
        merge.feed("btc_eth", 2.0, at(3))
        merge.lost()
        assert merge.fill(dict.fromkeys(MARKETS, 5.0), merge.ask(at(4)), at(5)) == ["btc_etc"]
        assert values(merge) == {"btc_ltc": 1.0, "btc_eth": 2.0, "btc_etc": 5.0}
        assert not merge.is_complete

    def test_missing_keys_are_asked_for_before_stale_ones(self):
        """After a loss, keys that never had a value come first, each group in the order of the list."""
        merge = opened()
        merge.feed("btc_ltc", 1.0, at(1))
        merge.lost()
        merge.opened(at(2))
        assert merge.needed() == ["btc_eth", "btc_etc", "btc_ltc"]

    def test_a_feed_value_that_comes_after_the_loss_is_stale(self):
        """The last values of a lost feed are kept, and marked."""
        merge = opened()
        merge.lost()
        merge.feed("btc_ltc", 1.0, at(1))
        assert merge.get("btc_ltc") == Entry(1.0, "ws", at(1), 1, stale=True)
        merge.opened(at(2))
        assert "btc_ltc" in merge.needed()

    def test_a_loss_may_concern_some_keys_only(self):
        """Where topics are spread over sockets, the others stay current, and their answers count."""
        merge = opened()
        ticket = merge.ask(at(1))
        merge.lost(["btc_ltc"])
        merge.opened(at(2), ["btc_ltc"])
        assert merge.fill(dict.fromkeys(MARKETS, 1.0), ticket, at(3)) == ["btc_eth", "btc_etc"]
        assert merge.needed() == ["btc_ltc"]
        assert merge.fill({"btc_ltc": 2.0}, merge.ask(at(4)), at(5)) == ["btc_ltc"]
        assert merge.is_complete


class TestWithoutAList:
    def test_the_first_whole_answer_is_the_list(self):
        """Nothing is complete before the keys are known; then they are those of the answer and of the feed."""
        merge = opened(None)
        merge.feed("eur_usd", 1.0, at(1))
        assert merge.keys is None
        assert not merge.is_complete
        merge.fill({"btc_ltc": 1.0}, merge.ask(at(1)), at(2), whole=True)
        assert merge.keys == ("btc_ltc", "eur_usd")
        assert merge.is_complete
        merge.feed("dot_usd", 1.0, at(3))
        assert merge.keys == ("btc_ltc", "eur_usd", "dot_usd")

    def test_a_key_that_disappeared_does_not_hold_up_the_rest(self):
        """A market that a later whole answer leaves out, and that the feed does not tell, is dropped."""
        merge = opened(None)
        merge.fill({"btc_ltc": 1.0, "btc_eth": 2.0}, merge.ask(at(1)), at(2), whole=True)
        merge.lost()
        merge.opened(at(3))
        merge.fill({"btc_ltc": 1.0}, merge.ask(at(4)), at(5), whole=True)
        assert list(merge) == ["btc_ltc"]
        assert merge.is_complete


KEYS = st.sampled_from("abc")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), KEYS),
        st.tuples(st.sampled_from(["open", "lose", "ask"]), st.none()),
        st.tuples(st.just("answer"), st.integers(0, 5)),
    ),
    max_size=40,
)


@given(STEPS)
def test_no_value_passes_for_current_that_may_be_out_of_date(steps):
    """Whatever the order of events, a value that is not stale was told, or asked for, since the feed is open."""
    merge = Merge("abc")
    is_open, opened_at, tickets = False, 0, []
    known_at = dict.fromkeys("abc", -1)  # when the venue surely had the value that is held
    for now, (step, what) in enumerate(steps):
        if step == "open":
            merge.opened(at(now))
            is_open, opened_at = True, now
        elif step == "lose":
            merge.lost()
            is_open = False
        elif step == "ask":
            tickets.append((merge.ask(at(now)), now))
        elif step == "feed":
            merge.feed(what, now, at(now))
            known_at[what] = now
        elif what < len(tickets):
            ticket, asked = tickets[what]
            for key in merge.fill(dict.fromkeys("abc", asked), ticket, at(now)):
                assert asked >= known_at[key] or known_at[key] < opened_at
                known_at[key] = asked
        current = [key for key in "abc" if (entry := merge.get(key)) is not None and not entry.stale]
        assert all(is_open and known_at[key] >= opened_at for key in current)
        assert all(merge.get(key).value == known_at[key] for key in merge)
        assert merge.is_complete == (len(current) == 3)
        assert sorted(merge.needed()) == sorted(set("abc") - set(current) if is_open else ())


def test_a_key_that_is_discarded_is_waited_for_no_more():
    """Without the key that is none the others are complete, and what comes for it later is left out."""
    merge = Merge("ab")
    merge.opened(at(1))
    merge.feed("a", 1, at(2))
    merge.feed("b", 1, at(2))
    merge.lost()
    merge.opened(at(3))
    merge.feed("a", 2, at(4))
    merge.discard("b")
    assert (merge.keys, list(merge), merge.is_complete, merge.needed()) == (("a",), ["a"], True, [])
    assert not merge.feed("b", 3, at(5))
    assert merge.get("b") is None
