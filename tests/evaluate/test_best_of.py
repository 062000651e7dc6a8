"""The gain of a choice: higher with more candidates, and measured by judges that did not choose."""

import pytest
from support.synthetic_authors import synthetic_text, synthetic_texts

from morris_mlx.evaluate import candidates as candidates_module
from morris_mlx.evaluate import jury as jury_module
from morris_mlx.evaluate.best_of import Choice, gain_of
from morris_mlx.records.generation import GenerationResult

REQUEST = "Write a column."


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(jury_module, "PIECE_WORDS", 80)
    monkeypatch.setattr(candidates_module, "PIECE_WORDS", 80)
    monkeypatch.setattr("morris_mlx.evaluate.judges.impostors.ROUNDS", 10)
    monkeypatch.setattr("morris_mlx.evaluate.voice_score.RESAMPLES", 200)
    monkeypatch.setattr("morris_mlx.evaluate.voice_score.PERMUTATIONS", 200)


def choice(known=16):
    return Choice(
        known=synthetic_texts("winding", known),
        others=synthetic_texts("plain", 16),
        language="xx",
        learned=(),
        held_out=synthetic_texts("winding", 4, first=60),
        asking=frozenset({"write", "a", "column"}),
    )


def group(number):
    """Return candidates of which only the third is in the author's style."""
    writers = ("brisk", "brisk", "winding", "brisk")
    texts = [synthetic_text(w, 90, 100 + 10 * number + n) for n, w in enumerate(writers)]
    return [GenerationResult(t, "stop", 1, 100, 0.0, 1.0, n) for n, t in enumerate(texts)]


def test_a_choice_of_more_candidates_is_nearer_to_the_author():
    groups = [group(number) for number in range(4)]
    base = synthetic_texts("brisk", 4, first=80)
    one, four = gain_of(choice(), [REQUEST] * 4, groups, base, (1, 4))
    for first, last in ((one.own, four.own), (one.independent, four.independent)):
        assert first.value < 0.3 and last.value > 0.7 and last.low < last.value < last.high
    assert (one.tokens, four.tokens) == (100, 400) and one.faulty == four.faulty == 0


def test_too_few_texts_for_two_juries_leave_the_independent_score_out():
    (gain,) = gain_of(choice(7), [REQUEST], [group(0)], synthetic_texts("brisk", 4), (1,))
    assert gain.independent.value is None
    assert gain.own.value is None  # one short text is too little to judge
