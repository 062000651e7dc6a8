"""Figures of the condition of answers: what counts, and what an evaluation causes itself."""

import pytest

from morris_mlx.evaluate.health import Answer, distinct_trigrams, measure_health, request_share

GOOD = "The committee met again on Tuesday. Nothing came of it, and so we went home."


def measured(*answers, language="en"):
    return measure_health(answers, 0.4, language, lambda text: "de" if "das" in text else "en")


def test_shares_of_faulty_answers():
    found = measured(
        Answer(GOOD, "Write about the committee.", "stop"),
        Answer("again and " * 40, "Write.", "length"),
        Answer(f"{GOOD} <|user|>", "Write.", "stop"),
        Answer("...", "Write.", "stop"),
        Answer(GOOD, "Write.", "loop"),
        Answer("das ist gut", "Write.", "stop"),
    )
    assert found.repeated == pytest.approx(2 / 6)
    assert found.leaked == pytest.approx(1 / 6) == found.empty == found.other_language
    assert found.stopped == pytest.approx(4 / 6)
    assert found.end_probability == 0.4


def test_an_answer_that_was_cut_by_the_evaluation_is_no_fault():
    found = measured(Answer(GOOD[:40], "Write about the committee.", "length"))
    assert found.repeated == found.leaked == found.empty == 0 == found.stopped


def test_distinct_trigrams_count_within_a_text():
    assert distinct_trigrams(["one two three four", "one two three four"]) == 1
    assert distinct_trigrams(["a b c a b c a b c"]) == pytest.approx(3 / 7)
    assert distinct_trigrams([""]) == 1


def test_words_of_a_request_are_found_in_other_forms():
    answer = Answer(
        "Two auctions were held in the harbour.", "Write on the auction, and tea.", "stop"
    )
    assert request_share(answer, "en") == pytest.approx(1 / 2)  # "write" is the other word
    assert request_share(Answer("x", "Do it.", "stop"), "en") is None
