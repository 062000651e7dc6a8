"""The figures of a comparison, of invented texts."""

from types import SimpleNamespace

from morris_mlx.pipeline.comparison_figures import (
    SAMPLE_WORDS,
    SAMPLES,
    judge_subject,
    side_by_side,
    without_page,
)
from morris_mlx.pipeline.comparison_writing import SharedTexts, SubjectTexts
from morris_mlx.pipeline.evaluation_answers import Requests
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.evaluation import Verdict, VerdictKind
from morris_mlx.records.generation import GenerationResult


def result(text):
    return GenerationResult(text, "stop", 1, 1, 0.0, 0.0)


def row(request):
    return Example((Message("user", request), Message("assistant", f"own {request}")), "a", "topic")


def test_each_request_is_shown_once_with_the_answers_in_order():
    asked = ["q0", "q1", "q0", "q2", "q3"]
    requests = Requests(tuple(map(row, asked)), tuple(range(5)), 50)
    base = [result(f"base {n}") for n in range(5)]
    shared = SharedTexts(requests, None, base, [], "", None)
    written = [SubjectTexts(None, [result(f"{name} {n}") for n in range(5)], None) for name in "ab"]
    shown = side_by_side(shared, written)
    assert [one.request for one in shown] == ["q0", "q1", "q2"] and len(shown) == SAMPLES
    last = shown[2]
    assert (last.author, last.base, last.adapters) == ("own q2", "base 3", ("a 3", "b 3"))


def test_long_answers_are_cut_for_the_page():
    long = result("One two three four. " * SAMPLE_WORDS)
    shared = SharedTexts(Requests((row("q"),), (0,), 50), None, [long], [], "", None)
    (shown,) = side_by_side(shared, [SubjectTexts(None, [long], None)])
    for text in (shown.base, *shown.adapters):
        assert text.endswith("four. …") and len(text.split()) <= SAMPLE_WORDS + 1


def test_without_judges_the_reason_takes_the_place_of_rows():
    others = SimpleNamespace(name="news briefs")
    sources = SimpleNamespace(jury=None, no_jury="There are 2 texts.", others=others)
    voice = judge_subject(sources, None, [])
    assert voice.refusal == "There are 2 texts." and voice.other_hands == "news briefs"
    assert voice.rows == ()


def test_only_a_yes_has_another_next_step():
    good = without_page(Verdict(VerdictKind.YES, "Yes.", "Read the page."), "mine")
    assert "`morris evaluate mine`" in good.next_step and good.sentence == "Yes."
    other = Verdict(VerdictKind.PARTLY, "Partly.", "Train longer.")
    assert without_page(other, "mine") is other
