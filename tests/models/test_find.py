"""Model names: the folders they find, the names that are refused, and no unexpected download."""

import json

import pytest

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.find import find_model


def test_the_practice_model_needs_no_network_and_reads_1024_tokens(practice):
    assert practice.window == 1024
    assert (practice.folder / "model.safetensors").stat().st_size > 10_000_000


def test_a_folder_is_a_model(tiny_folder):
    assert find_model(str(tiny_folder)).window == 256


def test_an_unknown_name_is_refused_and_known_ones_are_listed():
    with pytest.raises(
        MissingError, match=r"Unknown model 'practise': no such folder.* Use `practice`"
    ):
        find_model("practise")


@pytest.mark.parametrize("name", ["../zephyr", "./zephyr", "me/my--model", "a/b/c"])
def test_a_mistyped_folder_is_refused(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        MissingError, match=r"no such folder|could not be downloaded|neither an existing folder"
    ):
        find_model(name)


def test_an_interrupted_download_is_not_complete(tmp_path):
    from morris_mlx.models.find import _is_whole

    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "model-1.safetensors").touch()
    assert _is_whole(tmp_path, tokenizer_only=True)
    assert not _is_whole(tmp_path, tokenizer_only=False)
    (tmp_path / "model-2.safetensors").touch()
    assert _is_whole(tmp_path, tokenizer_only=False)


def test_an_alias_never_means_a_folder_of_that_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zephyr").mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(MissingError, match="HuggingFaceH4/zephyr-7b-beta is not on this machine"):
        find_model("zephyr")


def test_the_error_for_a_model_that_cannot_be_downloaded_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingError, match="--model practice"):
        find_model("somebody/absent-model")


@pytest.mark.parametrize(
    "index",
    [
        *("", "[]", '{"weight_map": []}', '{"weight_map": {"a": 5}}', "[" * 5000),
        *(f'{{"weight_map": {{"a": "{name}"}}}}' for name in ("a" * 300, "../x.safetensors", "")),
    ],
)
def test_a_damaged_index_of_weights_is_named(tmp_path, index):
    from morris_mlx.models.find import _is_whole

    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(MorrisError, match=r"index.json is damaged .* Delete it"):
        _is_whole(tmp_path, tokenizer_only=False)
