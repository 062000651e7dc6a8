"""Toys of families with experts and with recurrences are trained, resumed, and answer."""

import json
from dataclasses import replace

import pytest
from support.mlx_lm_toys import toy_config
from support.training_job import job
from support.workspace import make_tiny_model

from morris_mlx.generate import load_generator
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.find import find_model
from morris_mlx.train import TrainHooks, train_adapter


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
    """The generator's loss is that of the training, so both apply the adapter alike."""
    base = find_model(str(folder_of(model_type)))
    wanted = job(base, tmp_path / "a", epochs=1, recompute="full", targets=targets)
    steps = []

    def stopping():
        steps.append(None)
        return len(steps) > 2

    stopped = train_adapter(wanted, TrainHooks(stopping=stopping))
    assert stopped.stopped == "interrupted"
    run = train_adapter(replace(wanted, resume=True))
    assert run.best_valid_loss < run.base_valid_loss
    held_out = [example.messages for example in wanted.valid]
    with load_generator(base, tmp_path / "a", backend="mlx", say=str) as adapted:
        scores = [adapted.score(messages) for messages in held_out]
        loss = sum(score[0] for score in scores) / sum(score[1] for score in scores)
        assert loss == pytest.approx(run.best_valid_loss, rel=1e-4)
        assert adapted.run("Say 9.", max_tokens=4, temperature=0.0)
