"""The jury: positions of sets by writers of known habits, refusals, and its own test."""

import pytest
from support.synthetic_authors import synthetic_texts

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate import jury as jury_module
from morris_mlx.evaluate.jury import Jury, TextSets, compare_rows
from morris_mlx.records.evaluation import RowName


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jury_module, "PIECE_WORDS", 80)
        patch.setattr("morris_mlx.evaluate.voice_score.RESAMPLES", 300)
        patch.setattr("morris_mlx.evaluate.voice_score.PERMUTATIONS", 300)
        patch.setattr("morris_mlx.evaluate.voice_score.SHUFFLES", 1)
        yield


@pytest.fixture(scope="module")
def jury():
    # A language without a shipped population: other people's texts are those of the project.
    return Jury.fit(synthetic_texts("winding", 20), synthetic_texts("plain", 20), "xx")


def sets(**changes):
    half = [*synthetic_texts("winding", 4, first=60), *synthetic_texts("brisk", 4, first=60)]
    given = {
        "base": synthetic_texts("brisk", 8, first=50),
        "adapter": {0.5: half, 1.0: synthetic_texts("winding", 8, first=80)},
        "held_out": synthetic_texts("winding", 8, first=90),
        "other": synthetic_texts("plain", 8, first=90),
    }
    return TextSets(**(given | changes))


@pytest.fixture(scope="module")
def voice(jury):
    return compare_rows(jury, sets(), "the others")


def test_positions_lie_between_base_and_author(voice):
    def at(name, strength=None):
        return voice.row(name, strength).combined.value

    assert at(RowName.BASE) == pytest.approx(0) and at(RowName.AUTHOR) == pytest.approx(1)
    assert at(RowName.ADAPTER, 1.0) == pytest.approx(1, abs=0.2)
    assert 0.25 < at(RowName.ADAPTER, 0.5) < 0.75
    assert at(RowName.OTHER) < 0.5
    assert voice.best_strength == 1.0


def test_p_values_and_the_test_of_the_judges(voice):
    assert voice.row(RowName.ADAPTER, 1.0).p_over_base < 0.05
    assert voice.p_over_other < 0.05 and voice.p_author_over_other < 0.05
    assert voice.control.own > 0.95 and 0.1 < voice.control.shuffled < 0.9
    assert voice.halves[0] == pytest.approx(1 / voice.halves[1])


def test_a_set_without_enough_text_gets_a_note_and_no_figure(voice, jury):
    row = voice.row(RowName.PROMPTED)
    assert row.combined.value is None and "Too little text of the prompted base" in row.note
    assert voice.p_over_prompted is None
    noted = compare_rows(jury, sets(notes={RowName.PROMPTED: "The window is too small."}))
    assert noted.row(RowName.PROMPTED).note == "The window is too small."


def test_without_texts_of_the_author_nothing_is_judged(jury):
    found = compare_rows(jury, sets(held_out=synthetic_texts("winding", 1)))
    assert found.rows == () and "the author's held-out texts" in found.refusal
    with pytest.raises(MorrisError, match="too few to judge"):
        Jury.fit(synthetic_texts("winding", 2), synthetic_texts("plain", 9), "xx")


def test_an_author_like_any_other_has_no_better_p_value(jury):
    plain = synthetic_texts("plain", 16, first=120)
    found = compare_rows(jury, sets(held_out=plain[:8], other=plain[8:]))
    assert found.p_author_over_other >= 0.05
