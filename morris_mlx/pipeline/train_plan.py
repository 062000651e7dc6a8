"""Plan a training before it begins: its settings and their origin, its memory, and remarks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.defaults import ADAPTER_NAME, ADAPTER_WEIGHTS
from morris_mlx.errors import MissingError, RefusedError, UsageError
from morris_mlx.models.catalog import (
    MODEL_ALIASES,
    PRACTICE_MODEL,
    WINDOW,
    ZEPHYR_MODEL,
    default_model,
)
from morris_mlx.models.families import Forward, find_family
from morris_mlx.pipeline.disk_needs import DiskNeeds, disk_needs
from morris_mlx.pipeline.languages import read_unknown_languages, sentence_on
from morris_mlx.project.datasets import find_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import DatasetCard, RowLength
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.memory.plan import FEWER_BITS
from morris_mlx.train.recipes import ARTICLES, PRACTICE, RECIPES, Recipe, Settled, steps_per_epoch

BITS = (4, 8, 16)  # of a weight of the base

if TYPE_CHECKING:
    from morris_mlx.models.find import ModelFiles
    from morris_mlx.train import MemoryPlan, ModelShape


def recipe_settings(base: str, card: DatasetCard | None, wanted: str | None) -> TrainSettings:
    """Return the settings of the recipe that a dataset, or a base without one, gets."""
    from morris_mlx.train.recipes import choose_recipe

    if card is not None:
        return choose_recipe(base, card, wanted or "").recipe.settings
    name = wanted or (PRACTICE if base == PRACTICE_MODEL else ARTICLES)
    if name not in RECIPES:
        raise UsageError(f"--recipe is {name!r}; it must be one of {', '.join(RECIPES)}.")
    return RECIPES[name].settings


def read_shape(name: str) -> tuple[ModelShape, int]:
    """Return a model's shape and its window, from files on this machine; Zephyr's is built in.

    Raises MissingError when the model is not on this disk, and what `morris train` raises for a
    base that it refuses.
    """
    from morris_mlx.models.chat_tokenizer import TOKENIZER_FILE, load_tokenizer
    from morris_mlx.models.config import read_config
    from morris_mlx.models.find import find_local
    from morris_mlx.models.gguf_source import gguf_source
    from morris_mlx.models.judge import require_trainable_base
    from morris_mlx.models.names import repository_of
    from morris_mlx.pipeline.gguf_plan import trainable_gguf_shape
    from morris_mlx.train import planned_shape, zephyr_shape

    local = find_local(name, tokenizer_only=True)
    if local is not None:
        config = read_config(local.folder)
        require_trainable_base(config, name)
        if (local.folder / TOKENIZER_FILE).exists():  # a plan needs config.json alone
            load_tokenizer(local.folder)
        return planned_shape(config, name), local.window
    if (gguf := gguf_source(name)) is not None:
        return trainable_gguf_shape(gguf, name)
    if repository_of(name) == ZEPHYR_MODEL:
        return zephyr_shape(), 2 * WINDOW
    raise MissingError(
        f"The shape of {name} is not known here. Run `morris prepare --model {name}`, which "
        "downloads only its small files, and plan again."
    )


def read_row_lengths(project: Project, name: str, card: DatasetCard) -> tuple[RowLength, ...]:
    """Return the lengths of the train rows; none when their tokenizer is not on this disk.

    They are in the dataset's card, but for datasets of versions that did not record them: those
    are measured by rendering their rows.
    """
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.models.find import find_local

    local = find_local(name, tokenizer_only=True)
    if local is None:
        return ()
    tokenizer = load_tokenizer(local.folder)
    if tokenizer.difference_from(card):
        return ()
    if lengths := card.lengths.get("train"):
        return lengths
    examples = read_dataset(find_dataset(project))["train"]
    rendered = [tokenizer.render(example.messages) for example in examples]
    return tuple(RowLength(len(r.ids), sum(r.mask[1:])) for r in rendered)


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The user's choices; None is the default. `settings` override the file and the recipe."""

    name: str | None = None
    model: str | None = None
    recipe: str | None = None
    config: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """A training that is about to begin; `notes` are remarks with a next step."""

    name: str
    folder: Path
    base: str
    settled: Settled
    rows: Mapping[str, int]
    window: int
    notes: tuple[str, ...]
    command: str

    @property
    def steps_per_epoch(self) -> int:
        """The number of optimizer steps in one epoch."""
        return steps_per_epoch(self.settled.settings, self.rows["train"])

    @property
    def steps(self) -> int:
        """The number of optimizer steps in all epochs."""
        return self.steps_per_epoch * self.settled.settings.epochs


def refuse_untrainable(plan: TrainPlan) -> None:
    """Refuse what the training itself would refuse once it had loaded the base.

    Raises MorrisError for a base that Morris does not train, and UsageError for more layers than
    it has. A base whose config.json is not on this machine is not examined.
    """
    from morris_mlx.models.config import read_config
    from morris_mlx.models.find import find_local
    from morris_mlx.models.judge import require_trainable_base

    local = find_local(plan.base, tokenizer_only=True)
    if local is None:
        return
    config = read_config(local.folder)
    require_trainable_base(config, plan.base)
    blocks, layers = config.sizes(plan.base).layers, plan.settled.settings.layers
    if layers > blocks:
        raise UsageError(
            f"--layers is {layers}, but {plan.base} has {blocks} blocks. Give at most that many, "
            "or 0 for all."
        )


def refuse_unfit(plan: TrainPlan, rows: tuple[RowLength, ...]) -> None:
    """Refuse a training that does not fit into this machine's memory, before anything is loaded.

    `rows` are the lengths of the train rows. Where they are not known, a base on this machine is
    left to the training, which measures them.

    Raises RefusedError.
    """
    from morris_mlx.models.find import find_local
    from morris_mlx.train import Workload, plan_training, this_machine

    local = find_local(plan.base) is not None
    if local and not rows:
        return
    try:
        shape, _ = read_shape(plan.base)
    except MissingError:
        return  # a shape that is known only after the download
    workload = Workload(shape, plan.window, this_machine(), rows, model=plan.base)
    planned = plan_training(workload, plan.settled.settings)
    if not planned.fits:
        nothing = "" if local else ", so nothing was downloaded"
        raise RefusedError(
            f"Training {plan.base} needs {planned.needed_gb:.1f} GB, but this machine has "
            f"{planned.usable_gb:.1f} GB for it{nothing}. `morris plan --model {plan.base}` "
            "proposes settings that fit; --force trains anyway."
        )


def plan_train(project: Project, card: DatasetCard, options: TrainOptions) -> TrainPlan:
    """Return the plan of a training from its options. Downloads nothing."""
    from morris_mlx.models.config import read_config
    from morris_mlx.models.find import find_local
    from morris_mlx.train.mlx_lm_command import mlx_lm_command
    from morris_mlx.train.recipe_file import RecipeFile, read_recipe_file
    from morris_mlx.train.recipes import choose_recipe, settle

    file = read_recipe_file(options.config) if options.config else RecipeFile({})
    name = unicodedata.normalize("NFC", options.name or file.name or ADAPTER_NAME)
    base = options.model or file.model or card.model
    choice = choose_recipe(base, card, options.recipe or file.recipe)
    settled = settle(choice, file, options.settings)
    rows = {split: len(made) for split, made in card.rows.items()}
    steps = steps_per_epoch(settled.settings, rows["train"]) * settled.settings.epochs
    local = find_local(base)
    config = read_config(local.folder) if local is not None else None
    folder = project.adapter(name)
    command = mlx_lm_command(
        settled.settings,
        name_for_mlx_lm(base, local),
        project.dataset,
        project.adapter(f"{name}-mlx-lm"),  # a paste must not write over our own
        steps,
        card.window,
        tied=config is not None and config.tied_in_mlx,
        named=config is None or find_family(config.model_type) is not None,
    )
    notes = [*notes_on_base(base, local, choice.recipe)]
    notes += notes_on_dataset(base, card, choice.recipe)
    notes += notes_on_languages(project, base, card)
    if (folder / ADAPTER_WEIGHTS).exists():
        notes.append(f"{folder} exists already. Add --replace, or choose another --name.")
    return TrainPlan(name, folder, base, settled, rows, card.window, tuple(notes), command)


def name_for_mlx_lm(base: str, local: ModelFiles | None) -> str:
    """Return a model's repository, or its folder where it is in no repository."""
    from morris_mlx.models.converted import converted_folder
    from morris_mlx.models.names import Kind, parse_model_name, repository_of

    meant = parse_model_name(base)
    if local is None:
        return repository_of(base) if meant.kind is Kind.REPOSITORY else meant.text
    own = meant.kind is not Kind.REPOSITORY
    if own or local.folder.is_relative_to(converted_folder()):
        return str(local.folder)
    return repository_of(base)


def notes_on_base(base: str, local: ModelFiles | None, recipe: Recipe) -> Iterator[str]:
    """Yield remarks on a base that is not on this machine, or has other bits than the recipe's."""
    from morris_mlx.models.config import read_config
    from morris_mlx.models.names import Kind, parse_model_name

    if local is None and parse_model_name(base).kind is Kind.REPOSITORY:
        yield f"The weights of {base} are not on this machine, so they are downloaded first."
    elif local is None:
        yield f"{base} is a GGUF model that is not converted yet, so it is converted first."
    if not recipe.bits or base == PRACTICE_MODEL:
        return
    bits = read_config(local.folder).bits if local else None
    if bits != recipe.bits:
        has = f"; this one has {bits} bits" if bits else ""
        yield (
            f"Recipe {recipe.name} is meant for a base of {recipe.bits} bits{has}. To get it: "
            f"`morris convert {base} --bits {recipe.bits}`."
        )


def notes_on_dataset(base: str, card: DatasetCard, recipe: Recipe) -> Iterator[str]:
    """Yield remarks on a dataset that does not fit the recipe or the base."""
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.models.find import find_local
    from morris_mlx.train.recipes import window_note

    note = window_note(recipe, card.window)
    if note:
        yield note
    files = find_local(base, tokenizer_only=True)
    if files is None:
        return
    again = f"The training will be refused: run `morris prepare --model {base}` first."
    if difference := load_tokenizer(files.folder).difference_from(card):
        yield (
            f"The dataset was prepared for the {difference} of {card.model}, and that of {base} is "
            f"different. {again}"
        )
    elif card.window > files.window:
        yield (
            f"The dataset's rows may have {card.window} tokens, and {base} reads at most "
            f"{files.window}. {again}"
        )


def notes_on_languages(project: Project, base: str, card: DatasetCard | None) -> list[str]:
    """Return remarks on languages of the dataset that the base does not know.

    The languages were measured with the dataset's base, so there are no remarks for other bases.
    """
    if card is None or base != card.model:
        return []
    return [sentence_on(base, one) for one in read_unknown_languages(project.dataset)]


@dataclass(frozen=True, slots=True)
class MemoryPlanRequest:
    """A training to estimate; None is the dataset's or the machine's own.

    `memory` is a text such as "8GB"; `data_free` plans for rows as long as the window; `changes`
    are settings that differ from the recipe's.
    """

    model: str | None = None
    recipe: str | None = None
    memory: str | None = None
    data_free: bool = False
    window: int | None = None
    bits: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedTraining:
    """A memory plan with its base, number of dataset rows, disk needs and remarks."""

    plan: MemoryPlan
    base: str
    rows: int
    disk: DiskNeeds
    notes: tuple[str, ...] = ()


def plan_memory(project: Project, request: MemoryPlanRequest) -> PlannedTraining:
    """Estimate a training. Loads and downloads nothing.

    Raises MissingError for a model that is not on this disk, UsageError for settings that the model
    does not allow, and what `morris train` raises for a base that it refuses.
    """
    from morris_mlx.train import Workload, mac, memory_gb_from_text, plan_training, this_machine

    card = None if request.data_free else _card(project)
    base = request.model or (card.model if card else default_model())
    settings = replace(recipe_settings(base, card, request.recipe), **request.changes)
    machine = mac(memory_gb_from_text(request.memory)) if request.memory else this_machine()
    shape, reach = read_shape(base)
    stored = shape
    if request.bits is not None and request.bits != shape.bits:
        if request.bits not in BITS:
            raise UsageError(f"--bits is {request.bits}; it must be 4, 8 or 16.")
        shape = shape.with_bits(request.bits)
    if settings.layers > shape.layers:
        raise UsageError(
            f"--layers is {settings.layers}, but {base} has {shape.layers} blocks. Give at most "
            "that many."
        )
    if request.window is not None and request.window > reach:
        raise UsageError(
            f"--window is {request.window}, but {base} reads at most {reach} tokens. Give a "
            "smaller one."
        )
    window = request.window or (card.window if card else min(WINDOW, reach))
    rows = read_row_lengths(project, base, card) if card else ()
    workload = Workload(shape, window, machine, rows, base)
    plan = plan_training(workload, settings, propose=True)
    notes = (
        *notes_on_tight_memory(base, plan),
        *notes_on_estimate(shape),
        *notes_on_languages(project, base, card),
    )
    return PlannedTraining(plan, base, len(rows), disk_needs(base, stored, plan.bits), notes)


def notes_on_tight_memory(base: str, plan: MemoryPlan) -> Iterator[str]:
    """Yield a remark, with a smaller base, if Zephyr fits only with losses or not at all."""
    from morris_mlx.models.recommended import recommended_base

    shorter = any(not proposal.startswith(FEWER_BITS) for proposal in plan.proposals)
    if MODEL_ALIASES.get(base, base) != ZEPHYR_MODEL or (plan.fits and not shorter):
        return
    smaller = recommended_base(plan.memory_gb)
    if smaller is not None:
        yield (
            f"Zephyr is too tight for this memory. {smaller.repository} leaves more room and learns"
            f" from longer rows: `morris prepare --model {smaller.repository}`."
        )


def notes_on_estimate(shape: ModelShape) -> Iterator[str]:
    """Yield a remark if the memory of a base can only be estimated roughly."""
    from morris_mlx.train import is_measured

    if shape.forward is Forward.GENERIC and not is_measured(shape):
        yield (
            "For this type of model, the memory is an upper estimate, up to twice too high. "
            "`morris train` measures its longest batch and corrects the plan."
        )


def _card(project: Project) -> DatasetCard | None:
    with suppress(MissingError):
        return read_card(find_dataset(project))
    return None
