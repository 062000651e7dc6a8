"""A project with a built-in adapter's files, invented held-out texts, and a scripted model."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from morris_mlx.defaults import built_in_adapter
from morris_mlx.generate import scripted_generator
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import Example, Message
from support.small_dataset import card, write

HELD_OUT = 12


def held_out_text(number: int) -> str:
    """Return a text of two passages, with sentences of nine words."""
    return " ".join(f"Own{number} sentence {n} has nine words in all here." for n in range(16))


def row(source: str, asked: str, answer: str) -> Example:
    messages = (Message("system", "s"), Message("user", asked), Message("assistant", answer))
    return Example(messages, source, "headline")


def make_world(home: Path, names: tuple[str, ...] = ("mine",), held_out: int = HELD_OUT) -> Project:
    """Return a project with a dataset and adapters that were trained on it, they say."""
    project = Project(home)
    open_project(project)
    examples = {
        "train": [row(f"t{n}", f"Write {n}.", f"Learned text number {n}.") for n in range(3)],
        "valid": [row("v", "Write it.", "A text to validate.")],
        "test": [row(f"h{n}", f"Write about {n}.", held_out_text(n)) for n in range(held_out)],
    }
    write(project, examples)
    for name in names:
        folder = project.adapter(name)
        shutil.copytree(built_in_adapter("sample"), folder)
        run = read_run(folder)
        write_run(folder, replace(run, name=name, dataset_digest=card(examples).digest))
    return project


def script_model(patch: pytest.MonkeyPatch) -> list[object]:
    """Replace the model by a script; return the list of its requests, which grows."""
    requests: list[object] = []

    def answer(request):
        requests.append(request)
        number = len(requests)
        return " ".join(f"Made{number} phrase {n} is one of nine words." for n in range(16))

    def load(model, adapter, backend="auto", **settings):
        return scripted_generator(answer, model, adapter=str(adapter))

    patch.setattr("morris_mlx.generate.load_generator", load)
    return requests
