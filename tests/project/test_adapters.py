"""The adapters of a project: their cards, and damage of run.json."""

import json
from dataclasses import replace

import pytest

from morris_mlx import files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.adapters import (
    adapter_cards,
    check_adapter_name,
    is_being_trained,
    select_model,
)
from morris_mlx.project.folder import Project


def test_cards_list_the_adapters_of_the_selected_base(project):
    selection = select_model(project, None, "sample", None)
    (card,) = adapter_cards(project, selection)
    assert (card.name, card.base_model) == ("sample", selection.model.name) and card.written
    base_alone = replace(selection, adapter=None)
    assert [c.name for c in adapter_cards(project, base_alone)] == ["sample"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": []}, "window is .* must be a whole number"),
        ({"losses": [3.5]}, r"losses\[0\] is 3.5 and must be an object"),
        ({"settings": {"epochs": 2}}, "'settings.rank' is missing"),
        ({"started_with": []}, "started_with is .* must be an object"),
    ],
)
def test_a_run_with_a_value_of_a_wrong_type_is_an_error(tmp_path, change, said):
    sample = sample_folder() / "adapters" / "sample" / "run.json"
    (tmp_path / "run.json").write_text(json.dumps(json.loads(sample.read_text()) | change))
    with pytest.raises(
        MorrisError, match=f"run.json is not the record of a training: .*{said}.* Train"
    ):
        read_run(tmp_path)


def test_a_setting_out_of_range_in_a_run_is_an_error_with_its_file(tmp_path):
    run = json.loads((sample_folder() / "adapters" / "sample" / "run.json").read_text())
    run["settings"]["learning_rate"] = "fast"
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(
        MorrisError, match=r"run.json is not the record of a training: .*learning_rate"
    ):
        read_run(tmp_path)


# --- names --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name", ["mine", "a", "9", "v1.2_x-y", "Клон", "写作", "café", "cafe\u0301", "कविता", "x" * 64]
)
def test_a_name_may_have_letters_of_any_script(name, tmp_path):
    check_adapter_name(name)
    Project(tmp_path).adapter(name).mkdir(parents=True)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", ".x", "-x", "_x", "../x", "a/b", "a\\b", "a b", "a\n", "a\0", "x" * 65),
        *("a:b", "a\u200bb", "😀", "\u0301a", "a\udc80", "字" * 64 + "x"),
    ],
)
def test_a_name_that_is_no_safe_folder_is_refused(name):
    with pytest.raises(UsageError, match="use letters, digits"):
        check_adapter_name(name)


def test_many_long_letters_are_too_many_bytes_for_a_folder():
    with pytest.raises(UsageError, match="at most 64"):
        check_adapter_name("𐐀" * 60)


def test_the_name_of_the_built_in_adapter_is_taken():
    with pytest.raises(UsageError, match="built-in"):
        check_adapter_name("sample")


def test_two_spellings_of_an_accent_are_one_folder(tmp_path):
    project = Project(tmp_path)
    assert project.adapter("caf\u00e9") == project.adapter("cafe\u0301")


def test_a_training_that_runs_is_seen_by_its_lock(tmp_path):
    assert not is_being_trained(tmp_path)
    with files.locked(tmp_path / ".lock", "busy"):
        assert is_being_trained(tmp_path)
    assert not is_being_trained(tmp_path)
