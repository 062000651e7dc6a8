"""The check for copies: the spans of an adapter beside the writer's own repetition."""

from morris_mlx.audit.copying import check_copying, own_repetition, shown_spans
from morris_mlx.records.audit import CheckStatus
from morris_mlx.text.copying import CopiedSpan, Copying


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
