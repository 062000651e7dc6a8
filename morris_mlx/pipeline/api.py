"""The Python API: the steps of Morris as functions, with the defaults of the commands.

    from morris_mlx import audit, best_of, collect, load_generator, prepare, rewrite, train

Each function works in the project of `$MORRIS_HOME`, else of the current folder. Progress goes to
stderr, or as events to `on_event`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.errors import UsageError, check_choice
from morris_mlx.generate import Generator
from morris_mlx.generate import load_generator as load_generator_with
from morris_mlx.jobs.events import Sink
from morris_mlx.jobs.progress_line import ProgressLine
from morris_mlx.pipeline import audit as auditing
from morris_mlx.pipeline import collect as collecting
from morris_mlx.pipeline import prepare as preparing
from morris_mlx.pipeline import train as training
from morris_mlx.pipeline.best_of import BestOfRequest, write_best
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.pipeline.rewrite import open_rewriter
from morris_mlx.pipeline.rewrite_request import TEMPERATURE, TRIES, RewriteRequest
from morris_mlx.pipeline.rewritten import Rewriting
from morris_mlx.project.adapters import resolve_adapter, select_model
from morris_mlx.project.datasets import read_card
from morris_mlx.project.folder import current_project
from morris_mlx.project.people import people_in_chats
from morris_mlx.project.provenance import Ground
from morris_mlx.records.audit import AuditReport
from morris_mlx.records.corpus import DatasetCard, SplitAt
from morris_mlx.records.generation import GenerationResult
from morris_mlx.records.training import TrainRun

CANDIDATES = 8  # one batch of the engine


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of documents and conversations that `collect` found."""

    documents: int
    conversations: int


def collect(
    *places: str | Path,
    ground: str = "",
    me: str | Sequence[str] = (),
    split: str = "",
    on_event: Sink | None = None,
) -> Found:
    """Collect texts and chat exports into the project.

    `ground` is "own", "permission" or "public-domain"; chats need one. `me`: the writer's name or
    names in the chats, where the export does not say. `split` is "headings" or "separators": files
    of several texts are split there. Raises the errors of `morris collect`.
    """
    from morris_mlx.collect import ChatOptions

    if not places:
        raise UsageError("Nothing to collect. Give files, folders or exports of chats.")
    if ground:
        check_choice("ground", ground, tuple(Ground))
    if split:
        check_choice("split", split, tuple(SplitAt))
    names = (me,) if isinstance(me, str) else tuple(me)
    request = collecting.CollectRequest(
        tuple(Path(place) for place in places),
        ChatOptions(me=names),
        ground=Ground(ground) if ground else None,
        split=SplitAt(split) if split else None,
    )
    with _events(on_event) as sink:
        done = collecting.collect(current_project(), request, sink)
    chats = len(done.chats.found.conversations) if done.chats else 0
    return Found(done.texts.found, chats)


def prepare(model: str | None = None, on_event: Sink | None = None, **options: Any) -> DatasetCard:
    """Make the dataset of what was collected. Return its card.

    `options` are the other fields of `PrepareRequest`.
    """
    project = current_project()
    request = preparing.PrepareRequest(
        **({"model": model, "people": people_in_chats(project)} | options)
    )
    with _events(on_event) as sink:
        return preparing.prepare(project, request, sink)[0]


def train(
    name: str = ADAPTER_NAME,
    replace: bool = False,
    on_event: Sink | None = None,
    **settings: Any,
) -> TrainRun:
    """Train an adapter on the dataset, by the recipe that fits it.

    `settings` are fields of TrainSettings that replace the recipe's. `replace` trains over an
    adapter of that name. Ctrl-C ends the training after its step, saved. No adapter is kept unless
    `is_better_than_base` of the run is True.
    """
    from morris_mlx.train.recipe_file import RecipeFile
    from morris_mlx.train.recipes import choose_recipe, settle

    project = current_project()
    training.check_name(project, name, replace)
    card = read_card(project.dataset)
    settled = settle(choose_recipe(card.model, card), RecipeFile({}), settings)
    request = training.TrainRequest(name, card.model, settled.settings)
    with _events(on_event) as sink:
        return training.train(project, request, card, sink)


def audit(name: str = ADAPTER_NAME, on_event: Sink | None = None, **options: Any) -> AuditReport:
    """Check that an adapter neither copies nor leaks, write the report and return it.

    `options` are the other fields of `AuditRequest`. The adapter may publish texts if `passed` of
    the report is True.
    """
    request = auditing.AuditRequest(name, **options)
    with _events(on_event) as sink:
        return auditing.audit(current_project(), request, sink).report


def load_generator(
    model: str | Path | None = None, adapter: str | Path | None = None, **settings: Any
) -> Generator:
    """Return a generator whose model is loaded: the base, and an adapter of the project.

    It keeps the project of this call, so generators of several projects work side by side.
    `settings` are those of `morris_mlx.generate.load_generator`, with `backend` and `say`. Raises
    MissingError or MorrisError when model or adapter cannot be loaded.
    """
    find_adapter = partial(resolve_adapter, current_project())
    with _events(None) as sink:
        ready_model(None if model is None else str(model), sink)
    return load_generator_with(model, adapter, find_adapter=find_adapter, **settings)


def best_of(
    prompts: str | Sequence[str],
    n: int = CANDIDATES,
    adapter: str = ADAPTER_NAME,
    model: str | None = None,
    backend: str = "auto",
    on_event: Sink | None = None,
    **settings: Any,
) -> list[GenerationResult]:
    """Return the best of `n` candidates for each prompt, as `morris generate --best-of` does.

    `candidates` of a result has the scores and faults of all. `settings` are those of
    `load_generator`. Raises the errors of `morris generate`.
    """
    project = current_project()
    asked = (prompts,) if isinstance(prompts, str) else tuple(prompts)
    with _events(on_event) as sink:
        ready_model(model, sink)
        selection = select_model(project, model, adapter, settings.pop("system_prompt", None))
        request = BestOfRequest(asked, n, backend, settings)
        return list(write_best(project, selection, request, sink))


def rewrite(
    draft: str,
    model: str | None = None,
    adapter: str | None = None,
    facts: Sequence[str | Path] = (),
    tries: int = TRIES,
    backend: str = "auto",
    on_event: Sink | None = None,
    **settings: Any,
) -> Rewriting:
    """Return a plain draft in the voice of an adapter, paragraph by paragraph, with its problems.

    Numbers, dates, names, quotations and links are compared with the draft, and a paragraph with a
    difference is tried again, `tries` times at most. `facts` are files of notes, from which facts
    may be added. `settings` are those of `load_generator`. Raises the errors of `morris rewrite`.
    """
    project = current_project()
    seed = settings.get("seed")
    request = RewriteRequest(draft, tuple(Path(path) for path in facts), tries, seed)
    with _events(on_event) as sink:
        ready_model(model, sink)
        selection = select_model(project, model, adapter, settings.pop("system_prompt", None))
        chosen = {"temperature": TEMPERATURE} | settings
        with open_rewriter(project, selection, backend, chosen) as rewriter:
            return Rewriting(tuple(rewriter.rewrite(request, sink)))


@contextmanager
def _events(sink: Sink | None) -> Iterator[Sink]:
    if sink is not None:
        yield sink
        return
    with ProgressLine() as line:
        yield line


__all__ = [
    "Found",
    "audit",
    "best_of",
    "collect",
    "load_generator",
    "prepare",
    "rewrite",
    "train",
]
