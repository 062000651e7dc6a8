"""The list of models on this machine: their names, sizes and fit."""

import json
import shutil

import pytest
from support.model_stores import LLAMA, add_to_ollama, gguf_bytes, tree_digest

from morris_mlx.cli.models import models as print_models
from morris_mlx.models import download, find
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.converted import (
    PRECISIONS,
    Conversion,
    LogitsCheck,
    mark_file,
    repository_target,
    write_conversion,
)
from morris_mlx.pipeline.models import Fit, Source, list_models
from morris_mlx.train.memory.machine import Machine

pytestmark = pytest.mark.usefixtures("model_caches")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without any model, and no wheel with one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OLLAMA_MODELS", raising=False)
    monkeypatch.setattr("morris_mlx.models.stores.ollama.SYSTEM_STORE", tmp_path / "none")
    monkeypatch.setattr("morris_mlx.models.stores.wheel.WHEEL", "no-such-wheel")
    monkeypatch.setattr("morris_mlx.models.stores.wheel.FETCHED", tmp_path / "none")
    return tmp_path


def listed():
    return {model.name: model for model in list_models()}


def test_on_a_machine_without_models_the_practice_base_is_listed(home):
    [practice] = list_models()
    assert (practice.name, practice.source, practice.family) == (
        "practice",
        Source.PACKAGE,
        "mistral",
    )
    assert (practice.run, practice.train, practice.note) == (Fit.YES, Fit.YES, "")


def test_the_models_of_every_store_are_listed_and_no_store_is_changed(home, tiny_folder, hub):
    add_to_ollama(home / ".ollama" / "models")
    lm_studio = home / ".lmstudio" / "models" / "anna"
    (lm_studio / "qwen-GGUF").mkdir(parents=True)
    (lm_studio / "qwen-GGUF" / "q.gguf").write_bytes(
        gguf_bytes(
            {key.replace("llama", "qwen3"): value for key, value in LLAMA.items()}
            | {"general.architecture": "qwen3"}
        )
    )
    (lm_studio / "odd-GGUF").mkdir()
    odd = gguf_bytes(LLAMA | {"general.architecture": "rwkv7"})
    (lm_studio / "odd-GGUF" / "o.gguf").write_bytes(odd)
    shutil.copytree(tiny_folder, lm_studio / "tiny-mlx")
    find.find_model("zephyr")  # into the Hugging Face cache
    before = tree_digest(home)
    found = listed()
    assert tree_digest(home) == before
    assert found["ollama:toy:1b"].source is Source.OLLAMA
    assert (found["ollama:toy:1b"].run, found["ollama:toy:1b"].train) == (Fit.YES, Fit.YES)
    qwen = found["lmstudio:anna/qwen-GGUF"]
    assert (qwen.run, qwen.train) == (Fit.YES, Fit.YES)
    assert found["lmstudio:anna/odd-GGUF"].run is Fit.NEVER
    assert "architecture 'rwkv7'" in found["lmstudio:anna/odd-GGUF"].note
    assert (found["lmstudio:anna/tiny-mlx"].train, found[ZEPHYR_MODEL].train) == (Fit.YES, Fit.YES)
    assert found[ZEPHYR_MODEL].source is Source.HUB


def test_a_base_with_only_its_small_files_is_listed_as_incomplete(home, hub):
    download.fetch_small_files(download.list_files(ZEPHYR_MODEL))
    assert "incomplete" in listed()[ZEPHYR_MODEL].note
    assert listed()[ZEPHYR_MODEL].run is Fit.UNKNOWN


def put_conversion(source_model, precision):
    """A conversion of Zephyr's repository with its card; its weights are the source's."""
    folder = shutil.copytree(source_model, repository_target(ZEPHYR_MODEL, precision))
    marks = {path.name: mark_file(path) for path in folder.iterdir()}
    check = LogitsCheck(1, 0.0, 0.0, 0.0, 1.0)
    write_conversion(folder, Conversion(ZEPHYR_MODEL, "r", precision, 4.5, check, marks, {}))
    return folder


def test_conversions_are_listed_by_the_name_to_type(home, source_model):
    four, eight = (put_conversion(source_model, PRECISIONS[number]) for number in (0, 2))
    found = listed()
    assert found.keys() == {"practice", ZEPHYR_MODEL, str(eight)}
    assert found[ZEPHYR_MODEL].path == str(four)
    (four / "tokenizer.json").write_text("{}")
    found = listed()
    assert "it is damaged: tokenizer.json has 2 bytes" in found[str(four)].note
    assert found[str(four)].run is Fit.NEVER
    assert found[ZEPHYR_MODEL].path == str(eight)


def test_a_model_that_is_too_big_for_the_machine_is_reported(home, monkeypatch):
    monkeypatch.setattr("morris_mlx.train.this_machine", lambda: Machine(0.01, 0.01, gpu=False))
    [practice] = list_models()
    assert (practice.run, practice.train) == (Fit.TOO_BIG, Fit.TOO_BIG)


def test_the_table_has_the_names_to_type_and_the_reasons(home, capsys):
    store = home / ".ollama" / "models"
    add_to_ollama(store)
    add_to_ollama(store, "registry.ollama.ai/library/gone/1b", gguf_bytes(tokens=7)).unlink()
    print_models()
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == [
        "--model",
        "from",
        *["family", "weights", "size", "run", "train"],
    ]
    assert "ollama:toy:1b  Ollama  llama    Q4_0" in out
    assert "Cannot be used:\n  ollama:gone:1b (Ollama): its weights are missing" in out
    print_models(as_json=True)
    models = json.loads(capsys.readouterr().out)["models"]
    assert [model["name"] for model in models] == ["practice", "ollama:gone:1b", "ollama:toy:1b"]
    assert {*models[0]} >= {"source", "family", "precision", "size_bytes", "run", "train", "run_gb"}
