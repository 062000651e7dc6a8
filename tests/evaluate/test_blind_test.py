"""Pairs of a blind test: their length, order and sides, and the sentences on the hits."""

import pytest

from morris_mlx.audit.intervals import share_interval
from morris_mlx.evaluate.blind_test import chance_of_hits, describe_hits, make_pairs
from morris_mlx.records.blind_test import AnsweredRequest, Opponent
from morris_mlx.text.words import PROSE_WORD


def text(name, sentences=16):
    return " ".join(f"{name} sentence {n} has some nine words in it." for n in range(sentences))


def answers(count=12, own=text, adapter=text):
    return [
        AnsweredRequest(f"Write {n}.", own(f"Own{n}"), text(f"Base{n}"), adapter(f"Made{n}"))
        for n in range(count)
    ]


def words(passage):
    return len(PROSE_WORD.findall(passage))


def test_ten_pairs_answer_the_same_request_at_about_the_same_length():
    pairs = make_pairs(answers(), Opponent.author, 0)
    assert len(pairs) == 10 and len({pair.request for pair in pairs}) == 10
    for pair in pairs:
        number = pair.request.split()[1].strip(".")
        target, other = pair.first, pair.second
        if not pair.target_first:
            target, other = other, target
        assert target.startswith(f"Own{number} ") and other.startswith(f"Made{number} ")
        assert all(60 <= words(side) <= 80 and side.endswith(".") for side in (target, other))


def test_the_seed_decides_order_and_sides():
    first, again, other = (make_pairs(answers(), Opponent.author, seed) for seed in (0, 0, 1))
    assert first == again != other
    sides = [
        pair.target_first for seed in range(20) for pair in make_pairs(answers(), "author", seed)
    ]
    assert 70 < sum(sides) < 130


def test_against_the_base_the_right_choice_is_the_adapter():
    for pair in make_pairs(answers(), Opponent.base, 0):
        target = pair.first if pair.target_first else pair.second
        assert target.startswith("Made") and "Own" not in pair.first + pair.second


def test_a_text_that_is_used_again_is_shown_from_later_on():
    one, two = answers(2)
    again = AnsweredRequest("Write 0 again.", one.author, "", text("More"))
    pairs = make_pairs([one, two, again], Opponent.author, 0)
    later = [pair for pair in pairs if pair.first.startswith("… ")]
    assert len(pairs) == 3 and len(later) == 1 and later[0].second.startswith("… ")
    assert "sentence 0 " not in later[0].first + later[0].second
    shown = [side for pair in pairs for side in (pair.first, pair.second)]
    assert len(set(shown)) == 6


def test_both_passages_are_cut_alike_where_one_has_no_sentence_end():
    def endless(name):
        return f"{name} " + "and so on " * 60

    for pair in make_pairs(answers(adapter=endless), Opponent.author, 0):
        assert pair.first.endswith(" …") and pair.second.endswith(" …")
        assert words(pair.first) == words(pair.second)


def test_short_replies_keep_their_end_and_empty_or_equal_ones_are_left_out():
    rows = [
        AnsweredRequest("Coming?", "yes, at nine or so", "", "no, not before Sunday"),
        AnsweredRequest("Now?", "ok", "", "yes"),
        AnsweredRequest("Tea?", "No thank you, not now.", "", "no thank you, not now."),
        AnsweredRequest("And?", "nothing more than that", "", ""),
    ]
    (pair,) = make_pairs(rows, Opponent.author, 0)
    assert {pair.first, pair.second} == {"yes, at nine or so", "no, not before Sunday"}


@pytest.mark.parametrize(
    ("hits", "against", "parts"),
    [
        (6, "author", ["6 of 10 times (26 % to 88 %): that is no better than guessing."]),
        (8, "author", ["(44 % to 97 %): that may be luck", "8 or more come out in 5 % of tests"]),
        (9, "author", ["(55 % to 100 %): more often than by guessing", "can be told from you"]),
        (1, "author", ["(0 % to 45 %): you took the adapter's text for yours"]),
        (9, "base", ["more like yours than the base's 9 of 10", "made a difference"]),
        (0, "base", ["you chose the base more often"]),
        (5, "base", ["no better than guessing"]),
    ],
)
def test_the_sentence_says_what_the_hits_mean(hits, against, parts):
    found = share_interval(hits, 10)
    said = describe_hits(hits, 10, found.low, found.high, Opponent(against))
    for part in parts:
        assert part in said


def test_the_chance_of_hits_is_that_of_a_coin():
    assert chance_of_hits(10, 10) == 1 / 1024 and chance_of_hits(0, 10) == 1
