"""Full evaluations from end to end, of clones that must be told apart, on a toy base."""

import json
import shutil
from dataclasses import asdict, replace

import mlx.core as mx
import pytest
from support.evaluation_world import make_evaluations_quick, make_style_project
from support.workspace import change_tensors

from morris_mlx.cli.print_evaluation import print_evaluation
from morris_mlx.errors import MorrisError
from morris_mlx.files import file_digest
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.pipeline.evaluate import EvaluateRequest
from morris_mlx.pipeline.evaluate_fully import evaluate_fully
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.blind_tests import read_answers
from morris_mlx.records.evaluation import RowName
from morris_mlx.records.training import TrainSettings

SETTINGS = TrainSettings(1, 2, 4.0, 0.0, 1e-3, 8, 1, validate_every=1000)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with short texts in one style, and an adapter of a few steps."""
    project, toy, card = make_style_project(tmp_path_factory.mktemp("world"))
    train(project, TrainRequest("mine", toy, SETTINGS), card)
    return project


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few and short pieces, and other people's texts from the project alone."""
    make_evaluations_quick(monkeypatch)


def copy_with(project, name, change):
    """Return the name of a copy of the adapter whose tensors are changed."""
    folder = project.adapter(name)
    shutil.copytree(project.adapter("mine"), folder)
    change_tensors(folder / "adapters.safetensors", change)
    run = read_run(folder)
    write_run(folder, replace(run, adapter_sha256=file_digest(folder / "adapters.safetensors")))
    return name


def set_b(value):
    def change(weights):
        for name in weights:
            if name.endswith("lora_b"):
                weights[name] = value(weights[name])

    return change


def test_an_evaluation_has_all_rows_and_writes_both_reports(project, capsys):
    found = evaluate_fully(project, EvaluateRequest("mine", answers=8))
    assert {row.name for row in found.voice.rows} == set(RowName)
    stored = json.loads((project.adapter("mine") / "report.json").read_text())
    assert stored["verdict"]["kind"] == found.verdict.kind
    assert stored["loss_drop_percent"] == found.style.loss_drop_percent
    kept = read_answers(project.adapter("mine"))
    assert len(kept.rows) == 8 and kept.rows[0].request == found.samples[0].request
    page = (project.adapter("mine") / "report.html").read_text()
    assert found.verdict.next_step.split("`")[0][:40] in page
    print_evaluation(found)
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.index("perplexity") < shown.index("prompted base") < shown.index("Next: ")
    # Two runs agree to the digit, and the choice among several answers changes nothing else.
    again = evaluate_fully(project, EvaluateRequest("mine", answers=8, best_of=3))
    assert asdict(again) == asdict(found) | {"gains": asdict(again)["gains"]}
    assert_gains_are_shown(project, again, capsys)


def assert_gains_are_shown(project, found, capsys):
    assert [gain.count for gain in found.gains] == [1, 2, 3]
    tokens = [gain.tokens for gain in found.gains]
    assert tokens[0] < tokens[1] < tokens[2]
    own = found.voice.row(RowName.ADAPTER, 1.0).combined.value
    assert own is None or found.gains[0].own.value is not None
    print_evaluation(found)
    assert "best of 3" in capsys.readouterr().out
    assert "best of 3" in (project.adapter("mine") / "report.html").read_text()


def test_an_untrained_adapter_is_refused(project):
    name = copy_with(project, "untrained", set_b(mx.zeros_like))
    with pytest.raises(MorrisError, match="changes nothing"):
        evaluate_fully(project, EvaluateRequest(name, answers=8))
