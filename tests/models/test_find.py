"""Model names: what is found, what is refused, and nothing fetched behind one's back."""

import json
import shutil

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import WINDOW
from morris_mlx.models.find import find_model
from morris_mlx.models.load import load_mlx_model, model_digest


def test_practice_needs_no_network_and_reads_1024_tokens(practice):
    assert practice.window == 1024
    assert (practice.folder / "model.safetensors").stat().st_size > 10_000_000


def test_a_folder_is_a_model(tiny_folder):
    assert find_model(str(tiny_folder)).window == 256


def test_the_window_is_the_sliding_one_where_that_is_smaller(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"sliding_window": 100}))
    assert find_model(str(folder)).window == 100


def test_an_unknown_name_is_refused_with_what_there_is():
    with pytest.raises(
        MissingError, match=r"Unknown model 'practise': no such folder.* Use `practice`"
    ):
        find_model("practise")


@pytest.mark.parametrize("name", ["../zephyr", "./zephyr", "me/my--model", "a/b/c"])
def test_a_mistyped_folder_is_told_as_such(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingError, match=r"no such folder|could not be fetched"):
        find_model(name)


def test_an_interrupted_download_is_not_taken_for_a_model(tmp_path):
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


def test_an_alias_is_never_a_folder_that_happens_to_be_here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zephyr").mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(MissingError, match="HuggingFaceH4/zephyr-7b-beta is not on this machine"):
        find_model("zephyr")


def test_a_model_that_is_not_here_and_cannot_be_fetched_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingError, match="--model practice"):
        find_model("somebody/absent-model")


def test_a_config_that_asks_to_run_code_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_file": "evil.py"}')
    with pytest.raises(RefusedError, match="code of its own") as error:
        find_model(str(tmp_path))
    assert error.value.exit_code == 4


def test_missing_and_truncated_weights_are_named(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(MorrisError, match="cannot be loaded"):
        load_mlx_model(folder)
    weights.unlink()
    with pytest.raises(MissingError, match="No weights"):
        load_mlx_model(folder)


def test_on_the_cpu_weights_are_float32(practice):
    kinds = {w.dtype for _, w in tree_flatten(load_mlx_model(practice.folder).parameters())}
    assert kinds == {mx.float32} or mx.metal.is_available()


def test_the_digest_changes_with_the_weights(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    assert model_digest(folder) == model_digest(tiny_folder)
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert model_digest(folder) != model_digest(tiny_folder)


@pytest.mark.parametrize(
    "config",
    [
        *("{", "7", "[" * 5000, '{"max_position_embeddings": "many"}', '{"sliding_window": [1]}'),
        *('{"quantization": "8"}', '{"quantization": {"bits": "x"}}', '{"quantization": [4]}'),
    ],
)
def test_a_damaged_config_is_named(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(MorrisError, match=r"config.json is damaged .* Get the model again"):
        find_model(str(tmp_path))


@pytest.mark.parametrize(
    "config", ["{}", '{"max_position_embeddings": -1, "sliding_window": null}']
)
def test_a_config_that_says_nothing_of_its_window_has_the_usual_one(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    assert find_model(str(tmp_path)).window == WINDOW


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
