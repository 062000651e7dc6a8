"""Comparisons on a toy base: shared rows, refusals, the report, and adapters left alone."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
from support.evaluation_world import make_evaluations_quick, make_style_project
from support.random_adapter import make_adapter
from support.workspace import change_tensors, morris

from morris_mlx.cli.compare import print_comparison
from morris_mlx.defaults import ADAPTER_WEIGHTS, built_in_adapter
from morris_mlx.errors import MorrisError, RefusedError, UsageError
from morris_mlx.files import file_digest
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.models.load import model_digest
from morris_mlx.pipeline import compare as module
from morris_mlx.pipeline.compare import CompareRequest, compare
from morris_mlx.records.comparison import Choice, Comparison
from morris_mlx.records.evaluation import RowName, VerdictKind, VoiceRow
from morris_mlx.records.reports import HeldOutScore


def shrink(weights):
    for name in weights:
        if name.endswith("lora_b"):
            weights[name] = 1e-5 * weights[name]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the adapters `mine`, of random numbers, and `idle`, of tiny ones."""
    project, toy, card = make_style_project(tmp_path_factory.mktemp("world"))
    run = replace(
        read_run(built_in_adapter("sample")),
        base_model=toy,
        base_digest=model_digest(find_model(toy).folder),
        dataset_digest=card.digest,
        system_prompt=card.system_prompt,
    )
    mine = make_adapter(find_model(toy), project.adapter("mine"), "lora")
    idle = project.adapter("idle")
    shutil.copytree(mine, idle)
    change_tensors(idle / ADAPTER_WEIGHTS, shrink)
    for folder in (mine, idle):
        digest = file_digest(folder / ADAPTER_WEIGHTS)
        write_run(folder, replace(run, name=folder.name, adapter_sha256=digest))
    return project


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    make_evaluations_quick(monkeypatch)


def test_adapters_and_strengths_are_compared_on_the_same_requests(project, capsys):
    (project.adapter("mine") / "report.json").write_text("{}")
    found = compare(project, CompareRequest(("mine", "idle"), (0.5,), answers=8))
    assert [one.label for one in found.adapters] == ["mine at strength 0.5", "idle at strength 0.5"]
    names = [row.name for row in found.rows]
    assert names[0] is RowName.BASE and names[-1] is RowName.AUTHOR and found.answers == 8
    assert names.count(RowName.ADAPTER) == 2 and names.count(RowName.PROMPTED) == 1
    mine, idle = found.adapters
    assert mine.held_out.loss != found.base_loss.loss
    assert abs(idle.loss_drop_percent) < 0.01 and abs(idle.row.combined.value) < 0.1
    assert idle.verdict.kind is VerdictKind.UNCHANGED
    assert "idle at strength 0.5 (unchanged)" in found.choice.sentence
    stored = json.loads((project.comparison / "report.json").read_text())
    assert stored["choice"]["sentence"] == found.choice.sentence
    assert "idle at strength 0.5" in (project.comparison / "report.html").read_text()
    assert (project.adapter("mine") / "report.json").read_text() == "{}"
    print_comparison(found)
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        shown.index("prompted base") < shown.index("idle at strength 0.5:") < shown.index("Best: ")
    )


def test_a_comparison_that_cannot_be_written_is_printed_all_the_same(project, monkeypatch):
    def refuse(*_):
        raise MorrisError("The disk is full. Free some space.")

    monkeypatch.setattr(module, "write_comparison", refuse)
    monkeypatch.setattr(module, "_compare", lambda *_: small_comparison())
    for more, shown in ((), "Best: none is named"), (("--json",), '"base_model": "toy"'):
        result = morris("evaluate", "mine", "idle", *more, home=project.home)
        assert result.returncode == 0 and shown in result.stdout
        assert "Report:" not in result.stdout
        assert result.stderr.endswith(
            "The report was not kept: The disk is full. Free some space.\n"
        )


def small_comparison():
    score = HeldOutScore(2.0, 4)
    rows = (VoiceRow(RowName.BASE), VoiceRow(RowName.AUTHOR))
    choice = Choice(None, "They are too near.", "Train longer.")
    return Comparison("toy", score, "d", 0, 8, rows, "", (), choice)


def change_run(project, name, **changes):
    folder = project.adapter(name)
    shutil.copytree(project.adapter("mine"), folder)
    write_run(folder, replace(read_run(folder), name=name, **changes))
    return name


def test_adapters_of_other_bases_are_refused(project):
    other = change_run(project, "other", base_digest="f" * 64, base_model="smollm2")
    with pytest.raises(RefusedError, match=r"on smollm2\. Only adapters of one base"):
        compare(project, CompareRequest(("mine", other)))


def test_an_adapter_that_learned_the_held_out_texts_is_refused(project, monkeypatch):
    other = change_run(project, "learned", dataset_digest="e" * 64)
    swapped = SimpleNamespace(rows={"train": module.read_card(project.dataset).rows["test"]})
    monkeypatch.setattr(module, "find_material", lambda p, r: material(p, r.adapter))
    monkeypatch.setattr(module, "find_dataset", lambda *_: project.dataset)
    monkeypatch.setattr(module, "read_card", lambda _: swapped)
    with pytest.raises(RefusedError, match="learned learned 3 of the 3 texts that are held out"):
        compare(project, CompareRequest(("mine", other)))


def material(project, name):
    from morris_mlx.pipeline.evaluate import EvaluateRequest, find_material

    return find_material(project, EvaluateRequest(name, dataset=project.dataset))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((("a", "a"),), "a is given twice"),
        ((("a",), (0.5, 0.5)), "0.5 is given twice"),
        ((("a",), (3.0,)), "--strength is 3.0"),
        ((tuple("abcdefghijklm"),), "at most 12"),
    ],
)
def test_impossible_requests_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        CompareRequest(*given)


@pytest.mark.parametrize("option", ["--quick", "--blind"])
def test_a_comparison_takes_no_other_kind_of_evaluation(option, project):
    result = morris("evaluate", "mine", "idle", option, home=project.home)
    assert result.returncode == 2 and "neither --quick" in result.stderr


def test_two_names_of_one_adapter_are_refused(project):
    with pytest.raises(UsageError, match="mine and mine/ are one adapter"):
        compare(project, CompareRequest(("mine", "mine/"), answers=8))
