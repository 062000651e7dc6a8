"""Names of adapters: where they are looked for, and when their files are read again."""

import json
import shutil

import pytest

from morris_mlx import files
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models import find_adapter as find_adapter_module
from morris_mlx.models.converted import PRECISIONS, Conversion, LogitsCheck, write_conversion
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import (
    find_adapter,
    find_base_model,
    note_on_other_base,
    read_adapter,
)
from morris_mlx.models.load import model_digest

SAMPLE = sample_folder() / "adapters" / "sample"


def test_a_name_means_an_adapter_of_the_folder_the_sample_or_a_folder(tmp_path):
    mine = shutil.copytree(SAMPLE, tmp_path / "mine")
    assert find_adapter("mine", tmp_path).folder == mine
    assert find_adapter(str(mine)).folder == mine
    assert find_adapter("sample").folder == find_adapter("sample", tmp_path).folder == SAMPLE
    shutil.copytree(SAMPLE, tmp_path / "sample")
    assert find_adapter("sample", tmp_path).folder == tmp_path / "sample"
    with pytest.raises(MissingError, match=r"'other'.* mine, sample, sample-columns, sample-c"):
        find_adapter("other", tmp_path)
    with pytest.raises(MissingError, match=r"'mine'.* sample, sample-columns, sample-c"):
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


def test_the_base_of_an_adapter_of_mlx_lm_is_the_one_that_its_config_names(
    tmp_path, practice, monkeypatch
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = shutil.copytree(SAMPLE, tmp_path / "theirs")
    (folder / "run.json").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())

    def named(model):
        (folder / "adapter_config.json").write_text(json.dumps(config | {"model": model}))
        return read_adapter(folder)

    assert find_base_model(None, named(str(practice.folder))).folder == practice.folder
    with pytest.raises(MissingError, match=r"names the base '/gone/model'.*Or name .* --model"):
        find_base_model(None, named("/gone/model"))
    for unknown in (None, "", 7):
        with pytest.raises(MissingError, match="its base model is not known"):
            find_base_model(None, named(unknown))


def test_a_name_may_be_typed_with_its_accents_apart(tmp_path):
    composed, apart = "caf\u00e9", "cafe\u0301"
    mine = shutil.copytree(SAMPLE, tmp_path / composed)
    assert find_adapter(composed, tmp_path).folder == find_adapter(apart, tmp_path).folder == mine


def test_a_training_that_kept_nothing_is_named_with_its_last_adapter(tmp_path):
    last = shutil.copytree(SAMPLE, tmp_path / "hot" / "last")
    shutil.copy(SAMPLE / "run.json", tmp_path / "hot")
    with pytest.raises(MissingError, match=r"training of hot .* none was kept.* hot/last"):
        find_adapter("hot", tmp_path)
    assert find_adapter("hot/last", tmp_path).folder == last


# --- the weights under an adapter -----------------------------------------------------------
def trained_on(tmp_path, base_model, base_digest):
    folder = shutil.copytree(SAMPLE, tmp_path / "mine", dirs_exist_ok=True)
    run = json.loads((folder / "run.json").read_text())
    run |= {"base_model": base_model, "base_digest": base_digest}
    (folder / "run.json").write_text(json.dumps(run))
    return read_adapter(folder)


def model_in(tmp_path, name, source=None, weights=b"1"):
    """A folder that has a config and weights, as a conversion of `source` if there is one."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    if source is not None:
        check = LogitsCheck(1, 0.0, 0.0, 0.0, 1.0)
        write_conversion(
            folder, Conversion(source, "r", PRECISIONS[0], 4.5, check, {}, {"mlx": "1"})
        )
    return folder


def note(folder, adapter, name=None):
    return note_on_other_base(ModelFiles(name or str(folder), folder, 64), adapter)


def test_the_same_weights_and_other_precisions_of_one_source_need_no_remark(tmp_path):
    plain = model_in(tmp_path, "plain")
    same = trained_on(tmp_path, "practice", model_digest(plain))
    assert note(plain, same) == ""
    four, eight = (model_in(tmp_path, name, "org/model") for name in ("four", "eight"))
    (eight / "model.safetensors").write_bytes(b"8")
    assert note(eight, trained_on(tmp_path, "org/model", model_digest(four)), "org/model") == ""
    assert note(eight, trained_on(tmp_path, str(four), model_digest(four))) == ""
    converted = model_in(tmp_path, "converted", "plain", b"4")
    assert note(converted, trained_on(tmp_path, str(plain), model_digest(plain))) == ""
    assert note(plain, trained_on(tmp_path, str(converted), model_digest(converted))) == ""


def test_other_weights_of_the_same_shape_get_a_remark_that_names_both(tmp_path):
    plain = model_in(tmp_path, "plain")
    other = model_in(tmp_path, "other", weights=b"2")
    adapter = trained_on(tmp_path, str(plain), model_digest(plain))
    text = note(other, adapter)
    assert text.startswith("Warning: the adapter mine was trained on")
    assert str(plain) in text and str(other) in text and "\n" not in text
    (plain / "model.safetensors").write_bytes(b"3")
    assert note(plain, adapter), "the folder has its name still, and other weights"
    hub = model_in(tmp_path, "hub", "org/other")
    assert note(hub, trained_on(tmp_path, "org/model", "0"), "org/other")


def test_an_adapter_without_a_record_of_its_training_gets_no_remark(tmp_path):
    folder = shutil.copytree(SAMPLE, tmp_path / "theirs")
    (folder / "run.json").unlink()
    assert note(model_in(tmp_path, "plain"), read_adapter(folder)) == ""


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


@pytest.mark.parametrize("weights", ["adapter_model.safetensors", "adapters.safetensors"])
def test_an_adapter_of_peft_is_refused_with_that_reason(weights, tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    config = {"peft_type": "LORA", "r": 4, "base_model_name_or_path": "owner/base"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / weights).touch()
    with pytest.raises(RefusedError, match=r"of owner/base in PEFT's format .*rank 4.*merge_and"):
        find_adapter("theirs", tmp_path)


def test_an_export_beside_an_adapter_does_not_hide_it(tmp_path):
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    (folder / "adapter_model.safetensors").touch()
    assert find_adapter("mine", tmp_path).folder == folder


def test_a_file_of_an_adapter_is_answered_with_its_folder():
    with pytest.raises(MissingError, match=rf"is a file\. .* --adapter {SAMPLE}\."):
        find_adapter(str(SAMPLE / "adapters.safetensors"))
