"""The river from Python: collect, prepare and train as functions, with the commands' defaults.

Beside the command line it is the only place that knows several rooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from morris_mlx.defaults import ADAPTER_NAME, SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.errors import UsageError, check_choice
from morris_mlx.generate import Generator
from morris_mlx.generate import load_generator as load_generator_for
from morris_mlx.models.catalog import default_model
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.folder import current_project
from morris_mlx.records.corpus import DatasetCard
from morris_mlx.records.training import TrainRun


@dataclass(frozen=True, slots=True)
class Found:
    """What `collect` found in the places that it was given."""

    documents: int
    conversations: int


def collect(*places: str | Path, ground: str = "", me: str | Sequence[str] = ()) -> Found:
    """Texts and chat exports into the project: `$MORRIS_HOME`, else the current folder.

    `ground` is "own", "permission" or "public-domain"; chats need one. `me`: your name or names in
    the chats, where the export does not say. Raises the errors of `morris collect`.
    """
    from morris_mlx.cli.collect import collect_places
    from morris_mlx.cli.collect_chats import chat_options
    from morris_mlx.project.provenance import Ground

    if not places:
        raise UsageError("Nothing to collect. Give files, folders or exports of chats.")
    if ground:
        check_choice("ground", ground, tuple(Ground))
    names = [me] if isinstance(me, str) else list(me)
    options = chat_options(names, "1d", 0, False, None, None, 1.0, None)
    found, _, chats = collect_places(
        current_project(),
        [Path(place) for place in places],
        options,
        Ground(ground) if ground else None,
    )
    return Found(len(found.documents), len(chats.found.conversations) if chats else 0)


def prepare(model: str | None = None, **options: Any) -> DatasetCard:
    """What was collected → data/dataset; options are those of `prepare_project`."""
    from morris_mlx.cli.people import people_of_chats
    from morris_mlx.cli.prepare import prepare_project

    project = current_project()
    chosen: dict[str, Any] = {"window": None, "system_prompt": SYSTEM_PROMPT, "seed": SPLIT_SEED}
    chosen |= {"people": people_of_chats(project)} | options
    return prepare_project(project, default_model() if model is None else model, **chosen)[0]


def train(name: str = ADAPTER_NAME, replace: bool = False, **settings: Any) -> TrainRun:
    """The dataset → adapters/NAME, by the recipe that fits it; `settings` are of TrainSettings.

    With progress on stderr, and Ctrl-C as a polite stop. `replace` trains over an adapter of that
    name.
    """
    from morris_mlx.cli.recipe import choose_recipe, settle
    from morris_mlx.cli.train import check_name
    from morris_mlx.cli.training import run_training
    from morris_mlx.project.datasets import read_card
    from morris_mlx.train.recipe_file import RecipeFile

    project = current_project()
    check_name(project, name, replace)
    card = read_card(project.dataset)
    settled = settle(choose_recipe(card.model, card), RecipeFile({}), settings)
    return run_training(project, name, card.model, card, settled.settings)


def load_generator(
    model: str | None = None, adapter: str | Path | None = None, **settings: Any
) -> Generator:
    """Return a generator whose model is loaded: the base, and an adapter of the project.

    The project is the one of this call: `$MORRIS_HOME`, else the current folder. Generators of
    several projects may be used side by side. `settings` are those of
    `morris_mlx.generate.load_generator`, with `backend` and `say`. Raises MissingError or
    MorrisError when model or adapter cannot be loaded.
    """
    find_adapter = partial(resolve_adapter, current_project())
    return load_generator_for(model, adapter, find_adapter=find_adapter, **settings)


__all__ = ["Found", "collect", "load_generator", "prepare", "train"]
