"""`morris list`, `show`, `rename`, `rm` and `open` on a project with adapters of each state."""

import json
import os
import shutil
import webbrowser
from dataclasses import replace

import pytest
from support.workspace import morris

from morris_mlx.defaults import built_in_adapter
from morris_mlx.files import UNFINISHED, locked, write_json
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.pipeline.adapters import list_adapters, newest_adapter
from morris_mlx.project.adapters import ADAPTER_LOCK
from morris_mlx.project.folder import Project

SENTENCE = "It reads like you: 71 % of the way."
ROW = {"name": "adapter", "strength": 1.0, "combined": {"value": 0.71}}
REPORT = {
    "verdict": {"kind": "reads like the author", "sentence": SENTENCE},
    "voice": {"rows": [ROW]},
}


@pytest.fixture
def project(tmp_path):
    """`mine` with a report, `last` whose training kept nothing, and `broken`."""
    project = Project(tmp_path)
    mine = project.adapter("mine")
    shutil.copytree(built_in_adapter("sample"), mine)
    write_run(mine, replace(read_run(mine), name="mine"))
    write_json(mine / "report.json", REPORT)
    (mine / "report.html").write_text("<p>mine</p>")
    kept_none = project.adapter("rejected")
    shutil.copytree(built_in_adapter("sample"), kept_none / "last")
    shutil.copy(mine / "run.json", kept_none)
    broken = project.adapter("broken")
    broken.mkdir()
    (broken / "run.json").write_text('{"name": 3}')
    return project


def said(project, *words, **more):
    result = morris(*words, home=project.home, **more)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_list_has_each_adapter_with_its_figures(project):
    out = said(project, "list")
    mine = next(line for line in out.splitlines() if line.startswith("mine "))
    run = read_run(project.adapter("mine"))
    assert f"{run.best_valid_loss:.3f}" in mine and "71 %" in mine and " MB" in mine
    assert "rejected/last" in out and "broken: damaged." in out and "sample (built in)" in out
    found = {one["name"]: one for one in json.loads(said(project, "list", "--json"))["adapters"]}
    assert found["mine"]["voice"] == 0.71 and found["mine"]["state"] == "ready"
    assert found["rejected"]["state"] == "none kept" and found["rejected"]["best_loss"] is None
    assert found["broken"]["state"] == "damaged" and found["broken"]["note"]
    assert found["sample"]["built_in"] and not found["mine"]["built_in"]


def test_the_remains_of_an_interrupted_removal_are_no_adapter(project):
    project.adapter("mine").rename(project.adapters / f"{UNFINISHED}abc")
    assert {one.name for one in list_adapters(project) if not one.built_in} == {
        "broken",
        "rejected",
    }
    assert newest_adapter(project) is None


def test_an_empty_project_names_the_next_step(tmp_path):
    out = said(Project(tmp_path), "list")
    assert "sample-columns (built in)" in out and "morris collect" in out


def test_a_report_of_another_shape_does_not_break_the_list(project):
    for report in ({"verdict": []}, {"verdict": {}, "voice": {"rows": [{}]}}, {"voice": 3}):
        write_json(project.adapter("mine") / "report.json", report)
        mine = next(one for one in list_adapters(project) if one.name == "mine")
        assert mine.voice is None and mine.verdict == ""


def test_show_says_how_it_was_trained_and_what_to_do(project):
    out = said(project, "show", "mine")
    assert SENTENCE in out and "learning rate" in out and "adapters.safetensors" in out
    assert "morris audit mine" in out
    value = json.loads(said(project, "show", "--adapter", "mine", "--json"))
    assert value["sentence"] == SENTENCE and value["run"]["base_model"] == value["listed"]["base"]
    assert "comes with Morris" in said(project, "show", "sample-columns")
    assert "rejected/last" in said(project, "show", "rejected")
    unknown = morris("show", "minee", home=project.home)
    assert unknown.returncode == 3 and "Did you mean mine?" in unknown.stderr


def test_a_renamed_adapter_is_found_by_its_new_name_alone(project):
    assert "mine is now columns" in said(project, "rename", "mine", "columns")
    assert read_run(project.adapter("columns")).name == "columns"
    assert not project.adapter("mine").exists()
    assert (project.adapter("columns") / "report.html").exists()


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("mine", "broken", 4, "There is broken already"),
        ("mine", "a/b", 2, "use letters, digits"),
        ("mine", "sample", 2, "name of a built-in adapter"),
        ("sample", "other", 4, "comes with Morris"),
        ("../adapters/mine", "other", 3, "is a path"),
        ("nobody", "other", 3, "There is no adapter 'nobody'"),
    ],
)
def test_what_cannot_be_renamed_is_left_as_it_is(project, old, new, code, says):
    result = morris("rename", old, new, home=project.home)
    assert result.returncode == code and says in result.stderr
    assert read_run(project.adapter("mine")).name == "mine"


def test_an_unfinished_training_keeps_its_name(project):
    (project.adapter("mine") / "checkpoints" / "8").mkdir(parents=True)
    result = morris("rename", "mine", "other", home=project.home)
    assert result.returncode == 4 and "train --resume mine" in result.stderr
    assert project.adapter("mine").exists()


def test_rm_asks_or_needs_yes_and_removes_the_adapter_alone(project):
    kept = project.data / "documents.jsonl"
    kept.parent.mkdir()
    kept.write_text("{}\n")
    refused = morris("rm", "mine", home=project.home)
    assert refused.returncode == 4 and "--yes" in refused.stderr
    assert project.adapter("mine").exists()
    assert "Removed mine" in said(project, "rm", "mine", "--yes")
    assert not project.adapter("mine").exists() and kept.exists()
    assert sorted(path.name for path in project.adapters.iterdir()) == ["broken", "rejected"]
    assert "Removed broken" in said(project, "rm", "broken", "--yes")


def test_a_link_out_of_the_project_is_not_followed(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "theirs"
    shutil.copytree(built_in_adapter("sample"), outside)
    project.adapter("link").symlink_to(outside)
    for words in (("rm", "link", "--yes"), ("rename", "link", "other")):
        result = morris(*words, home=project.home)
        assert result.returncode == 4 and "is a link to" in result.stderr
    assert (outside / "adapters.safetensors").exists() and project.adapter("link").is_symlink()
    # mlx-lm writes into adapters/ itself, which then looks like an adapter.
    shutil.copy(project.adapter("mine") / "adapters.safetensors", project.adapters)
    for path in ("", "..", ".", "mine/", "../adapters/mine", str(project.adapter("mine"))):
        result = morris("rm", path, "--yes", home=project.home)
        assert result.returncode == 3 and "is a path or empty" in result.stderr
    assert project.adapter("mine").exists()


def test_an_adapter_that_is_being_trained_is_left_alone(project):
    with locked(project.adapter("mine") / ADAPTER_LOCK, "busy"):
        states = {one.name: one.state for one in list_adapters(project)}
        assert states["mine"] == "training"
        for words in (("rm", "mine", "--yes"), ("rename", "mine", "other")):
            result = morris(*words, home=project.home)
            assert result.returncode == 1 and "mine is being trained" in result.stderr
    assert read_run(project.adapter("mine")).name == "mine"


def test_open_shows_the_report_in_the_browser(project, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    page = (project.adapter("mine") / "report.html").resolve()
    assert said(project, "open", "mine") == f"{page}\n" and opened == [page.as_uri()]
    assert said(project, "open", "mine", "--print") == f"{page}\n" and len(opened) == 1
    none = morris("open", "sample", home=project.home)
    assert none.returncode == 3 and "morris evaluate sample" in none.stderr
    assert "morris prepare" in morris("open", home=project.home).stderr


def test_the_newest_adapter_is_the_one_to_talk_to(project):
    for name, age in (("older", 200), ("newer", 100)):
        shutil.copytree(built_in_adapter("sample"), project.adapter(name))
        config = project.adapter(name) / "adapter_config.json"
        os.utime(config, (config.stat().st_mtime - age,) * 2)
    shutil.rmtree(project.adapter("mine"))
    assert newest_adapter(project) == "newer"
    words = ("chat", "--max-tokens", 2)
    said = morris(*words, home=project.home, stdin="Hello.\n")
    assert said.returncode == 0, said.stderr
    assert "Your newest adapter: newer." in said.stderr and "newer: " in said.stdout
    named = morris(*words, "older", home=project.home, stdin="Hello.\n")
    assert "newest" not in named.stderr and "older: " in named.stdout
    base = morris(*words, "--base", home=project.home, stdin="Hello.\n")
    assert "newest" not in base.stderr and "practice: " in base.stdout
    both = morris(*words, "older", "--base", home=project.home)
    assert both.returncode == 2 and "--base takes no adapter, but older is named" in both.stderr


def test_without_an_adapter_the_base_is_named(tmp_path):
    said = morris("chat", "--max-tokens", 2, home=tmp_path, stdin="Hello.\n")
    assert said.returncode == 0 and "There is no adapter of yours yet" in said.stderr
