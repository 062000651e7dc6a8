"""Small models, columns and projects, and the command as a person types it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import mlx_lm.utils
from mlx.utils import tree_flatten

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.pipeline.prepare import PrepareRequest, prepare

TINY = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 256,
}


TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def make_tiny_model(folder: Path, **changes: object) -> Path:
    """A Mistral of random float32 weights with the practice base's tokenizer."""
    folder.mkdir(parents=True)
    config = json.loads((PRACTICE_FOLDER / "config.json").read_text()) | TINY | changes
    (folder / "config.json").write_text(json.dumps(config))
    for name in TOKENIZER_FILES:
        shutil.copy(PRACTICE_FOLDER / name, folder / name)
    mx.random.seed(1)
    model_class, args_class = mlx_lm.utils._get_classes(config)
    model = model_class(args_class.from_dict(config))
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())))
    return folder


def change_tensors(path: Path, change: Callable[[dict[str, mx.array]], object]) -> None:
    """Change the tensors of a safetensors file."""
    weights = dict(mx.load(str(path)))
    mx.eval(weights)
    change(weights)
    mx.save_safetensors(str(path), weights)


PARAGRAPH = (
    "The committee met on the {n} day of the month and agreed that nothing could be agreed, "
    "which it wrote down, read aloud, and sent to every member by the slowest post it could "
    "find. Nobody answered, and the chairman called that a consensus number {n}."
)


def column(number: int, paragraphs: int = 4) -> str:
    body = "\n\n".join(PARAGRAPH.format(n=f"{number}th") + f" ({p})" for p in range(paragraphs))
    return f"---\ntitle: Column number {number}\ndate: 2020-01-{number:02}\n---\n\n{body}\n"


def morris(*words, stdin="", home=None, **more):
    """The command as a person types it; the finished process."""
    environment = os.environ | {"COLUMNS": "100"} | ({"MORRIS_HOME": str(home)} if home else {})
    return subprocess.run(
        [sys.executable, "-m", "morris_mlx", *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment,
        **more,
    )


def done(*words, **more):
    """stdout of a command that must succeed."""
    result = morris(*words, **more)
    assert result.returncode == 0, result.stderr
    return result.stdout


def prepare_home(home: Path, model: Path) -> Path:
    """A project with twelve short columns, collected and prepared for a model."""
    folder = home / "in"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"{number:02}.md").write_text(column(number, paragraphs=2), encoding="utf-8")
    done("collect", folder, home=home)
    done("prepare", "--model", model, home=home)
    return home


def prepare_project(project, model, window=None, system_prompt=SYSTEM_PROMPT, seed=7, **more):
    """The card and the report of a dataset made of what a project collected."""
    return prepare(project, PrepareRequest(model, window, system_prompt, seed, **more))
