"""Verbatim copies: exact spans, whatever their case and marks."""

from morris_mlx.audit.copying import CopiedSpan, find_copies, own_repetition
from morris_mlx.text.copying import normalize_words

COPIED = "a ledger is a diary that cannot lie"
TRAINING = [
    "The lantern on the quay had burned all night, and nobody had come for it.",
    "A ledger is a diary that cannot lie; a diary is a ledger that can.",
]


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


def test_the_writers_own_repetition_compares_every_second_text_with_the_others():
    texts = ["one two three four", "zero one two three nine ten", "five six", "seven five six"]
    assert [s.words for s in own_repetition(texts, 3).spans] == [
        ("one", "two"),
        ("three",),
        ("five", "six"),
    ]
