"""Loops in sequences of tokens: where they begin, and repetitions that are not loops."""

import random
import time

import pytest

from morris_mlx.generate.loops import (
    LONGEST_RUN,
    LOOKBACK,
    LOOP_TOKENS,
    VERSE_TOKENS,
    LoopDetector,
)

NEWLINE = 10_000


def word(token):
    return "\n" if token >= NEWLINE else " word"


def find_loop(ids, text_of=word):
    """Return (ids read, first id of the loop), or None."""
    detector = LoopDetector()
    for number, token in enumerate(ids, start=1):
        detector.add(token, text_of(token))
        if detector.looping:
            return number, number - detector.held
    return None


def other(count, start=1000):
    """Return ids of which each occurs once."""
    return list(range(start, start + count))


def lines(*verses):
    return [token for verse in verses for token in (*verse, NEWLINE)]


@pytest.mark.parametrize("period", [1, 2, 3, 5, 8, 13, 21, 34, 60])
@pytest.mark.parametrize("before", [0, 1, 50])
def test_a_phrase_of_any_length_is_a_loop_from_its_second_time_on(period, before):
    ids = other(before) + list(range(period)) * (LOOP_TOKENS // period + 2)
    read, start = find_loop(ids)
    assert (read, start) == (before + period + LOOP_TOKENS, before + period)


def test_a_long_passage_is_a_loop_at_any_distance_from_the_first():
    passage = list(range(40))
    for between in (0, 7, 500):
        ids = other(30) + passage + other(between, 2000) + passage
        assert find_loop(ids) == (70 + between + LOOP_TOKENS, 70 + between)


def test_a_shorter_passage_is_not_a_loop():
    passage = list(range(LOOP_TOKENS - 1))
    ids = [t for n in range(9) for t in (*passage, *other(5, 1000 + 10 * n))]
    assert find_loop(ids) is None


def test_a_refrain_is_not_a_loop_but_an_endlessly_repeated_line_is():
    line = list(range(9))
    verses = [lines(*(other(9, 100 * n + 10 * m) for m in range(4))) for n in range(1, 5)]
    song = [t for verse in verses for t in (*verse, *lines(line, line))]
    assert find_loop(song) is None
    chorus = lines(*(other(9, 5000 + 10 * n) for n in range(4)))
    assert find_loop([t for verse in verses for t in (*verse, *chorus)]) is None
    assert find_loop(song + lines(line) * 9) is not None


def test_a_list_that_repeats_a_few_items_is_a_loop():
    items = lines(*(other(3, 10 * n) for n in range(8)))
    read, start = find_loop(other(20) + items * 9)
    assert (read, start) == (20 + len(items) + VERSE_TOKENS, 20 + len(items))


def test_a_list_with_the_same_beginning_for_all_items_is_not_a_loop():
    beginning = list(range(8))
    assert find_loop(lines(*((*beginning, *other(6, 100 + 6 * n)) for n in range(40)))) is None


@pytest.mark.parametrize(
    ("text", "limit"), [(" word", LOOP_TOKENS), ("ж", 80), (".", 80), ("", LONGEST_RUN)]
)
def test_short_tokens_need_a_longer_run(text, limit):
    assert find_loop([7] * 200, lambda _: text) == (1 + limit, 1)


def test_what_is_held_repeats_earlier_ids_and_was_not_shown_before():
    rng = random.Random(1)
    for _ in range(20):
        detector, shown, ids = LoopDetector(), 0, []
        for _ in range(150):
            again = len(ids) > 9 and rng.random() < 0.8
            ids.append(ids[-rng.choice((3, 9))] if again else rng.randrange(6))
            detector.add(ids[-1], " word")
            held = detector.held
            earlier = (ids[n : n + held] for n in range(len(ids) - held))
            assert not held or ids[len(ids) - held :] in list(earlier)
            assert len(ids) - held >= shown
            shown = len(ids) - held
            if detector.looping:
                detector.cut()
                del ids[shown:]
                assert list(detector.ids) == ids and detector.held == 0


def test_a_loop_is_found_again_across_the_place_where_it_was_cut():
    detector = LoopDetector()
    first, phrase = other(4), list(range(20))

    def add(ids):
        for token in ids:
            detector.add(token, " word")

    add(first + phrase * 2 + phrase[:4])
    assert detector.looping and detector.held == 24
    detector.cut()
    # One phrase and one other token are left, then the phrase once more: 21 tokens are no loop.
    add([777, *phrase, 777])
    assert not detector.looping
    add(phrase[:3])
    assert detector.looping and detector.held == 24
    detector.cut()
    # The run of 21 tokens before the cut counts, but only what followed can be held.
    add([888])
    assert not detector.looping and detector.held == 0
    assert list(detector.ids) == [*first, *phrase, 777, 888]


def test_a_run_that_was_shown_before_a_cut_counts_and_is_not_held():
    detector, phrase = LoopDetector(), list(range(60))
    for token in [*phrase, *other(1), *phrase[:22], 500, *phrase[22:30], 501, *phrase[:20]]:
        detector.add(token, " word")
    assert not detector.looping and detector.held == 20
    detector.cut()
    for token in phrase[:24]:
        assert not detector.looping
        detector.add(token, " word")
    assert detector.looping


def test_random_tokens_are_not_a_loop_and_the_time_per_token_is_constant():
    rng = random.Random(2)
    seconds, detector = [], LoopDetector()
    for _ in range(3):
        began = time.process_time()
        for _ in range(LOOKBACK // 2):
            detector.add(min(int(rng.paretovariate(0.5)), 999), " word")
            assert not detector.looping
        seconds.append(time.process_time() - began)
    assert seconds[2] < 4 * seconds[1]
