"""Names of adapters: where they are looked for, and when their files are read again."""

import json
import shutil

import pytest

from morris_mlx import files
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models import find_adapter as find_adapter_module
from morris_mlx.models.find_adapter import find_adapter, find_base_model, read_adapter

SAMPLE = sample_folder() / "adapters" / "sample"


def test_a_name_means_an_adapter_of_the_folder_the_sample_or_a_folder(tmp_path):
    mine = shutil.copytree(SAMPLE, tmp_path / "mine")
    assert find_adapter("mine", tmp_path).folder == mine
    assert find_adapter(str(mine)).folder == mine
    assert find_adapter("sample").folder == find_adapter("sample", tmp_path).folder == SAMPLE
    shutil.copytree(SAMPLE, tmp_path / "sample")
    assert find_adapter("sample", tmp_path).folder == tmp_path / "sample"
    with pytest.raises(MissingError, match=r"'other'.* mine, sample, sample\."):
        find_adapter("other", tmp_path)
    with pytest.raises(MissingError, match=r"'mine'.* sample\."):
        find_adapter("mine")


def test_an_adapter_says_which_files_it_is_and_what_it_was_trained_with():
    found = find_adapter("sample")
    assert (found.name, found.base) == ("sample", "practice")
    assert (
        found.digest
        == found.run.adapter_sha256
        == files.file_digest(found.folder / "adapters.safetensors")
    )
    assert found.config_digest == files.file_digest(found.folder / "adapter_config.json")
    assert found.system_prompt == found.run.system_prompt
    assert found.settings == found.run.settings


def test_an_adapter_of_mlx_lms_has_no_base_and_the_default_system_prompt(tmp_path, practice):
    folder = shutil.copytree(SAMPLE, tmp_path / "theirs")
    (folder / "run.json").unlink()
    found = read_adapter(folder)
    assert (found.name, found.base, found.run, found.settings) == ("theirs", None, None, None)
    assert found.system_prompt == SYSTEM_PROMPT
    with pytest.raises(MissingError, match=r"theirs has no run\.json.*--model"):
        find_base_model(None, found)
    assert find_base_model("practice", found) == practice


def test_the_base_of_an_adapter_is_found_and_another_one_refused(tmp_path, practice):
    assert find_base_model(None, find_adapter("sample")) == practice
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    run = json.loads((folder / "run.json").read_text()) | {"base_digest": "0"}
    (folder / "run.json").write_text(json.dumps(run))
    with pytest.raises(MorrisError, match="no longer the model that 'sample' was trained on"):
        find_base_model(None, read_adapter(folder))


@pytest.mark.parametrize("changed", ["adapters.safetensors", "adapter_config.json"])
def test_two_versions_of_an_adapter_differ_and_two_names_of_one_do_not(tmp_path, changed):
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    before = read_adapter(folder)
    assert read_adapter(folder, "other name") == before
    (folder / changed).write_bytes((folder / changed).read_bytes() + b" ")
    assert read_adapter(folder) != before
    (folder / changed).unlink()
    assert read_adapter(folder) != before


def test_files_that_have_not_changed_are_not_read_again(tmp_path, monkeypatch):
    folder, read = shutil.copytree(SAMPLE, tmp_path / "mine"), []
    digest = find_adapter_module.file_digest
    monkeypatch.setattr(
        find_adapter_module, "file_digest", lambda path: read.append(path) or digest(path)
    )
    adapters = [read_adapter(folder) for _ in range(3)]
    assert len(read) == 2 and adapters[0] == adapters[2]
    (folder / "run.json").write_text("{}")
    with pytest.raises(MorrisError, match=r"run\.json is not the record of a training"):
        read_adapter(folder)
