"""The longest run of words that a text shares with training texts."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from morris_mlx.text.copying import CopiedSpan, find_copies, normalize_words, without_shared_runs

RUN = "it was the best of times it was the worst of times it was don’t"
COPIED = "a ledger is a diary that cannot lie"
TRAINING = [
    "The lantern on the quay had burned all night, and nobody had come for it.",
    "A ledger is a diary that cannot lie; a diary is a ledger that can.",
]
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(
    st.lists(st.lists(st.sampled_from("abc"), max_size=20), max_size=3),
    st.lists(st.lists(st.sampled_from("abcd"), max_size=20), max_size=4),
)
def test_the_longest_copy_of_each_answer_is_the_longest_shared_run(answers, learned):
    def longest(a, b):
        return max(
            (n for n in range(len(a) + 1) for i in range(len(a) - n + 1)
             if f" {' '.join(a[i : i + n])} " in f" {' '.join(b)} " or n == 0),
            default=0,
        )  # fmt: skip

    texts = [" ".join(words) for words in learned]
    lengths = [[longest(words, others) for others in learned] for words in answers]
    for found, own in zip(
        find_copies([" ".join(a) for a in answers], texts).spans, lengths, strict=True
    ):
        assert len(found.words) == max(own, default=0)
        assert found.source == (own.index(len(found.words)) if found.words else -1)
        assert not found.words or " ".join(found.words) in texts[found.source]


def test_the_longest_span_is_found_with_its_text_whatever_its_case_and_marks():
    found = find_copies(["He said: “A LEDGER is a diary – that cannot lie” twice."], TRAINING)
    assert found.longest == CopiedSpan(tuple(COPIED.split()), 1)
    assert found.longest.characters == len(COPIED)


def test_a_span_does_not_go_across_two_texts_or_two_answers():
    found = find_copies(["nobody had come for it", "a ledger is"], TRAINING)
    assert [len(span.words) for span in found.spans] == [5, 3]
    across = find_copies(["come for it a ledger is a"], TRAINING)
    assert len(across.longest.words) == 4


def test_the_share_over_the_limit_counts_answers_with_more_than_twelve_words():
    exact = " ".join(normalize_words(TRAINING[0]))
    twelve, thirteen = " ".join(exact.split()[:12]), " ".join(exact.split()[:13])
    assert find_copies([twelve, "none at all"], TRAINING).over_limit == 0
    assert find_copies([thirteen, "none at all"], TRAINING).over_limit == 0.5


def test_nothing_shared_no_answers_and_no_training_texts_are_no_copies():
    assert find_copies(["xyzzy"], TRAINING).longest == CopiedSpan()
    assert find_copies([], TRAINING).over_limit == find_copies([], TRAINING).median_words == 0
    assert find_copies(["a ledger", ""], []).longest == CopiedSpan()


@pytest.mark.parametrize(
    "spelt",
    [
        RUN.upper(),
        RUN.replace("don’t", "don't"),
        RUN.replace("best", "ｂｅｓｔ"),
        RUN.replace("worst", "‘worst’"),
        RUN.replace("times", "ti\u00admes"),
        RUN.replace(" ", " \u200b"),
        RUN.replace(" it", ". — It"),
        RUN.replace("was", "_was_"),
    ],
)
def test_typography_hides_no_copy(spelt):
    assert find_copies([spelt], [RUN]).longest.words == tuple(normalize_words(RUN))


def test_russian_is_compared_with_its_stress_marks_and_cases():
    learned = "Мой дядя самых честных правил, когда не в шутку занемог, он уважать себя заставил"
    text = "МОЙ ДЯДЯ — самы\u0301х честных правил: Когда (не в шутку) занемог… он «уважать» себя заставил"
    assert len(find_copies([text], [learned]).longest.words) == 14
    assert normalize_words("и\u0306") == ["й"] and normalize_words("за\u0301мок") == ["замок"]


def test_a_number_with_its_comma_is_one_word():
    assert normalize_words("1,000 and 3.5") == ["1000", "and", "35"]


def test_a_repeated_word_does_not_slow_the_search():
    started = time.process_time()
    find_copies(["a " * 5000], ["a " * 4999 + "b "] * 20)
    assert time.process_time() - started < 10


def test_runs_that_another_text_has_are_taken_out():
    run = [f"w{n}" for n in range(13)]
    text = " ".join(["Before,", *run, "and after."])
    assert without_shared_runs(text, " ".join(run)) == ["before", "and after"]
    assert without_shared_runs(text, " ".join(run[:12])) == [
        " ".join(["before", *run, "and after"])
    ]
    assert without_shared_runs("", "any") == []
