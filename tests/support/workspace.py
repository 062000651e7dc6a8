"""Small models, columns and projects, and the command as a person types it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import mlx_lm.utils
import pytest
from mlx.utils import tree_flatten

from morris_mlx.cli import main
from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.jobs.supervisor import CHILD
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


def morris(*words, stdin="", home=None, cwd=None, **variables) -> subprocess.CompletedProcess[str]:
    """Run the command in this process as a person types it: a new process takes a second or more.

    `cwd` is its working folder; `variables` are added to its environment.
    """
    streams = [_stream(stdin), _stream(), _stream()]
    variables = {"COLUMNS": "100"} | ({"MORRIS_HOME": str(home)} if home else {}) | variables
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        if cwd:
            patch.chdir(cwd)
        patch.setattr(sys, "argv", ["morris", *map(str, words)])
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        code = _exit_code(main)
        written = [stream.buffer.getvalue().decode() for stream in streams[1:]]
    return subprocess.CompletedProcess(words, code, *written)


def _stream(content: str | bytes = b"") -> io.TextIOWrapper:
    """A standard stream that is no terminal."""
    data = content.encode() if isinstance(content, str) else content
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", write_through=True)


def _exit_code(program: Callable[[], object]) -> int:
    """Run a program; return the exit code that its process would have."""
    try:
        program()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


def done(*words, **more):
    """stdout of a command that must succeed."""
    result = morris(*words, **more)
    assert result.returncode == 0, result.stderr
    return result.stdout


def train_here(*words, home=None) -> str:
    """Train in this process, as in the child of a supervisor; return stdout."""
    return done("train", *words, home=home, **{CHILD: ""})


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
