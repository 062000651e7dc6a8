"""Verbatim copies: exact spans, whatever their case and marks."""

from morris_mlx.audit.copying import (
    CopiedSpan,
    Copying,
    check_copying,
    find_copies,
    own_repetition,
    shown_spans,
)
from morris_mlx.records.audit import CheckStatus
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


def copying(*lengths):
    return Copying(tuple(CopiedSpan(("w",) * length, 0) for length in lengths))


def test_copies_fail_only_where_they_go_beyond_the_writers_own_repetition():
    clean, few, many = copying(*[4] * 60), copying(*[4] * 57, *[14] * 3), copying(*[14] * 60)
    assert check_copying(clean, clean).status == CheckStatus.passed
    assert check_copying(few, clean).status == CheckStatus.passed  # the intervals overlap
    assert check_copying(copying(*[4] * 45, *[14] * 15), clean).status == CheckStatus.failed
    assert check_copying(many, many).status == CheckStatus.passed


def test_one_long_copy_fails_unless_the_writer_has_one_as_long():
    long = copying(*[4] * 59, 60)
    found = check_copying(long, copying(*[4] * 60))
    assert found.status == CheckStatus.failed and "60 words in a row" in found.problems[0]
    assert check_copying(long, copying(*[4] * 59, 70)).status == CheckStatus.passed


def test_too_few_own_texts_do_not_excuse_copies():
    found = check_copying(copying(*[4] * 30, *[20] * 30), copying(4, 4))
    assert found.status == CheckStatus.failed


def test_no_texts_are_no_proof():
    assert check_copying(copying(), copying(4)).status == CheckStatus.failed


def test_shown_spans_have_only_their_ends():
    words = tuple(f"w{n}" for n in range(30))
    spans = Copying((CopiedSpan(words, 2), CopiedSpan(words[:5], 1)))
    (line,) = shown_spans(spans)
    assert line == "30 words of training text 3: “w0 w1 w2 w3 … w26 w27 w28 w29”"
