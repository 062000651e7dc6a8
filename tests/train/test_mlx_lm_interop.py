"""mlx-lm's own commands on Morris's datasets and adapters, unchanged."""

import contextlib
import io
import json
import runpy
import sys
import warnings

import pytest
from support.workspace import prepare_project

from morris_mlx.collect import collect_files
from morris_mlx.defaults import SYSTEM_PROMPT, sample_folder
from morris_mlx.project.documents import write_documents


def mlx_lm(module, *words):
    """Run a command of mlx-lm from its own entry point in this process; return its output."""
    shown = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the module was imported before
        patch.setattr(sys, "argv", [module, *map(str, words)])
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            runpy.run_module(module, run_name="__main__")
    return shown.getvalue()


@pytest.fixture
def dataset(project, tiny_folder):
    write_documents(project, collect_files([sample_folder() / "briefs"]).documents)
    prepare_project(project, str(tiny_folder), None, SYSTEM_PROMPT, seed=7)
    return project.dataset


def test_mlx_lm_lora_trains_on_our_dataset(dataset, tiny_folder, tmp_path):
    out = mlx_lm(
        "mlx_lm.lora", "--train", "--data", dataset, "--model", tiny_folder, "--iters", 2,
        "--batch-size", 2, "--val-batches", 1, "--num-layers", 2, "--adapter-path", tmp_path / "theirs",
    )  # fmt: skip
    assert (tmp_path / "theirs" / "adapters.safetensors").exists(), out


def test_mlx_lm_lora_tests_our_adapter_on_our_dataset(project, dataset, tiny_folder):
    from morris_mlx.pipeline.train import TrainRequest, train
    from morris_mlx.project.datasets import read_card
    from morris_mlx.records.training import TrainSettings

    settings = TrainSettings(
        epochs=1, rank=4, alpha=8.0, dropout=0.0, learning_rate=1e-2, batch_size=8, accumulate=1
    )
    train(project, TrainRequest("ours", str(tiny_folder), settings), read_card(dataset))
    out = mlx_lm(
        "mlx_lm.lora", "--test", "--data", dataset, "--model", tiny_folder,
        "--batch-size", 2, "--test-batches", 2, "--adapter-path", project.adapter("ours"),
    )  # fmt: skip
    assert "Test loss" in out


def test_mlx_lm_generate_loads_our_adapter(practice):
    adapter = sample_folder() / "adapters" / "sample"
    words = (
        "--model",
        practice.folder,
        "--prompt",
        "Headline: Rain",
        "--max-tokens",
        8,
        "--temp",
        0,
    )
    base = mlx_lm("mlx_lm.generate", *words)
    tuned = mlx_lm("mlx_lm.generate", *words, "--adapter-path", adapter)
    assert base != tuned


def test_the_adapter_config_has_the_keys_of_mlx_lm_and_no_path():
    config = json.loads((sample_folder() / "adapters/sample/adapter_config.json").read_text())
    assert set(config) >= {"num_layers", "lora_parameters", "fine_tune_type"}
    assert "/" not in json.dumps(config)
