"""Toys of families with experts and with recurrences are trained, resumed, and answer."""

import json

import pytest
from support.mlx_lm_toys import toy_config
from support.training_job import job, stop_resume_and_answer
from support.workspace import make_tiny_model

from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.find import find_model


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    def make(model_type):
        vocabulary = json.loads((PRACTICE_FOLDER / "config.json").read_text())["vocab_size"]
        sizes = {"vocab_size": vocabulary, "sliding_window": None}
        config = toy_config(model_type) | sizes
        if "text_config" in config:
            config["text_config"] |= sizes
        return make_tiny_model(tmp_path_factory.mktemp(model_type) / "base", **config)

    return make


@pytest.mark.parametrize(
    ("model_type", "targets"), [("qwen3_5", "all"), ("qwen3_moe", "all+experts")]
)
def test_a_toy_is_trained_resumed_and_answers_with_its_adapter(
    folder_of, tmp_path, model_type, targets
):
    base = find_model(str(folder_of(model_type)))
    wanted = job(base, tmp_path / "a", epochs=1, recompute="full", targets=targets)
    stop_resume_and_answer(wanted, 2)
