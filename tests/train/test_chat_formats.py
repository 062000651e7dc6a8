"""Training and generation of llama-shaped models in the format of their own template."""

import json
import shutil
from dataclasses import replace

import pytest
from support.chat_families import family_folder
from support.training_job import job
from support.workspace import make_tiny_model
from tokenizers import Tokenizer

from morris_mlx.errors import RefusedError
from morris_mlx.generate import load_generator
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_run
from morris_mlx.records.corpus import Message
from morris_mlx.train import StepReport, TrainHooks, train_adapter


def model_of(name, folder):
    """A random llama-shaped model with the vocabulary and the template of a family."""
    tokens = family_folder(name, folder.parent / f"{folder.name}-tokenizer")
    size = Tokenizer.from_file(str(tokens / "tokenizer.json")).get_vocab_size()
    make_tiny_model(folder, vocab_size=size)
    for file in tokens.iterdir():
        shutil.copy(file, folder)
    return find_model(str(folder))


def change_template(model):
    """Let the model's template write another space before each role."""
    path = model.folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    config["chat_template"] = config["chat_template"].replace("<|im_start|>", "<|im_start|> ")
    path.write_text(json.dumps(config))


@pytest.mark.parametrize("name", ["smollm-2", "llama-3", "mistral-v3"])
def test_a_model_trains_and_answers_in_its_own_format(tmp_path, name):
    model = model_of(name, tmp_path / "model")
    run = train_adapter(job(model, tmp_path / "a", epochs=1))
    tokenizer = load_tokenizer(model.folder)
    assert read_run(tmp_path / "a").chat_template == tokenizer.chat_format.template
    assert run.best_valid_loss < run.base_valid_loss
    remarks = []
    with load_generator(model, tmp_path / "a", say=remarks.append, max_tokens=4) as llm:
        llm.generate([Message("user", "hello")])
        assert tokenizer.end_ids <= llm.load().end_ids
    assert not any("chat template" in remark for remark in remarks)


def test_a_changed_template_is_noticed_by_generation_and_by_a_resumed_training(tmp_path):
    model = model_of("smollm-2", tmp_path / "model")
    train_adapter(job(model, tmp_path / "a", epochs=1))
    steps = []
    train_adapter(
        job(model, tmp_path / "b", save_every=1),
        TrainHooks(
            lambda event: steps.append(event) if isinstance(event, StepReport) else None,
            lambda: bool(steps),
        ),
    )
    change_template(model)
    remarks = []
    load_generator(model, tmp_path / "a", say=remarks.append, max_tokens=4).close()
    assert sum("trained with another chat template" in remark for remark in remarks) == 1
    with pytest.raises(RefusedError, match=r"chat template was [0-9a-f]+ and"):
        train_adapter(replace(job(model, tmp_path / "b"), resume=True))
