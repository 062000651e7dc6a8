"""The best of several candidates: the texts of its judges, their cache, and its errors."""

import json
from dataclasses import replace

import pytest
from support.synthetic_authors import synthetic_texts

from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.evaluate import jury as jury_module
from morris_mlx.pipeline import ranker as module
from morris_mlx.pipeline.best_of import BestOfRequest, check_candidates, write_best
from morris_mlx.pipeline.ranker import asking_words, fit_jury, open_ranker
from morris_mlx.project.adapters import select_model
from morris_mlx.project.folder import Project

KNOWN, OTHERS = synthetic_texts("winding", 8), synthetic_texts("plain", 8)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(jury_module, "PIECE_WORDS", 80)
    monkeypatch.setattr("morris_mlx.evaluate.judges.impostors.ROUNDS", 10)
    monkeypatch.setattr(module, "KEPT_FROM_SECONDS", 0.0)


def test_the_calibration_is_kept_and_used_only_for_the_same_texts(quick, tmp_path, monkeypatch):
    place = tmp_path / "judges.json"
    first = fit_jury(KNOWN, OTHERS, "xx", place)
    stored = place.read_text()
    assert not any(word in stored for word in ("kettle", "whereas", "winding"))

    def calibrates(*arguments):
        raise AssertionError("the judges are calibrated again")

    with monkeypatch.context() as patch:
        patch.setattr("morris_mlx.evaluate.judges.panel._held_out_scores", calibrates)
        again = fit_jury(KNOWN, OTHERS, "xx", place)
        with pytest.raises(AssertionError):
            fit_jury(KNOWN[1:], OTHERS, "xx", place)
    pieces = first.pieces(synthetic_texts("winding", 3, first=50)).texts
    assert (first.judge(pieces).ratios == again.judge(pieces).ratios).all()
    assert first.control() == again.control()
    place.write_text("{" + stored)
    assert fit_jury(KNOWN, OTHERS, "xx", place).figures == first.figures
    kept = json.loads(place.read_text())
    place.write_text(json.dumps(kept | {"figures": kept["figures"] | {"calibrations": []}}))
    assert fit_jury(KNOWN, OTHERS, "xx", place).figures == first.figures
    assert json.loads(place.read_text()) == json.loads(stored)


def test_a_quick_fit_is_not_kept(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEPT_FROM_SECONDS", 1000.0)
    fit_jury(KNOWN, OTHERS, "xx", tmp_path / "judges.json")
    assert not list(tmp_path.iterdir())


def test_too_few_texts_are_an_error_with_a_way_out(quick):
    with pytest.raises(MorrisError, match=r"1 texts by the writer.* without --best-of"):
        fit_jury(KNOWN[:1], OTHERS, "xx")


def test_adapters_without_texts_are_refused(tmp_path):
    project = Project(tmp_path)
    base = select_model(project, "practice", None, None)
    with pytest.raises(UsageError, match="Add --adapter NAME"):
        open_ranker(project, base)
    sample = select_model(project, None, "sample", None)
    run = replace(sample.adapter.run, dataset_digest="0" * 64)
    lost = replace(sample, adapter=replace(sample.adapter, run=run))
    with pytest.raises(MissingError, match="no texts for its judges"):
        open_ranker(project, lost)
    unknown = replace(sample, adapter=replace(sample.adapter, run=None))
    with pytest.raises(MissingError, match=r"no run\.json"):
        next(write_best(project, unknown, BestOfRequest(("Rain.",), 2)))


@pytest.mark.parametrize(
    ("count", "settings", "problem"),
    [
        (0, {}, "from 1 to 64"),
        (65, {}, "from 1 to 64"),
        (2, {"temperature": 0.0}, "temperature of 0"),
        (2, {"do_sample": False}, "temperature of 0"),
        (2, {"num_beams": 4}, "beam search"),
    ],
)
def test_impossible_numbers_are_refused(count, settings, problem):
    with pytest.raises(UsageError, match=problem):
        check_candidates(count, settings)
    check_candidates(1, {"temperature": 0.0})


def test_words_that_only_ask_are_known_in_every_language():
    assert {"write", "column", "piece", "about"} <= asking_words("en")
    assert "museum" not in asking_words("en") and "напиши" in asking_words("ru")
