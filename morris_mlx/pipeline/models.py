"""The models on this machine: name for `--model`, family, size, and fit into the memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.errors import MorrisError
from morris_mlx.models.catalog import PRACTICE_FOLDER, PRACTICE_MODEL
from morris_mlx.models.stores.record import Form, StoredModel, printable

if TYPE_CHECKING:
    from morris_mlx.models.shape import ModelShape
    from morris_mlx.train.memory.machine import Machine

RUN_MARGIN = 1.1  # times weights and prompt cache: a prompt's activations need memory, too
CONTEXT = 2048  # tokens of a chat to plan for
NUMBER_BYTES = {True: 2, False: 4}  # bytes of an unquantized number: on a GPU, on a CPU


class Source(StrEnum):
    """A place where models are stored."""

    PACKAGE = "Morris"
    CONVERTED = "converted"
    HUB = "Hugging Face cache"
    OLLAMA = "Ollama"
    LM_STUDIO = "LM Studio"
    WHEEL = "wheel"


class Fit(StrEnum):
    """The result of comparing a model's needs with this machine's memory."""

    YES = "yes"
    SMALLER = "smaller"  # with fewer bits, a shorter window or fewer layers: see `morris plan`
    TOO_BIG = "too big"
    NEVER = "no"  # for a reason other than its size, which is in the note
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model on this machine. `name` is for `--model`; `run_gb` is the memory to generate with it.

    `note` is a remark, or the reason why the model cannot be run or trained.
    """

    name: str
    source: Source
    family: str
    precision: str
    size_bytes: int
    run: Fit
    train: Fit
    run_gb: float | None
    path: str
    note: str


def list_models() -> list[ListedModel]:
    """Return the models on this machine. Reads small files and headers, and changes nothing."""
    from morris_mlx.train import this_machine

    machine = this_machine()
    return [_judged(source, model, machine) for source, model in _each_once([*_found()])]


def _each_once(found: list[tuple[Source, StoredModel]]) -> Iterator[tuple[Source, StoredModel]]:
    """Yield the models, but not the conversions of GGUF files that are listed themselves."""
    from morris_mlx.models.gguf_files import find_known_conversion

    files = {model.path for _, model in found if model.form is Form.GGUF and model.path}
    conversions = {path: find_known_conversion(path) for path in files}
    for source, model in found:
        if source is Source.CONVERTED and model.path in conversions.values():
            continue
        folder = conversions.get(model.path) if model.path else None
        if folder is not None:
            note = f"converted to {printable(str(folder))}"
            model = replace(model, note="; ".join(filter(None, (model.note, note))))
        yield source, model


def _found() -> Iterator[tuple[Source, StoredModel]]:
    from morris_mlx.models.stores.hub import list_hub
    from morris_mlx.models.stores.lm_studio import list_lm_studio
    from morris_mlx.models.stores.ollama import list_ollama

    yield Source.PACKAGE, _folder(PRACTICE_MODEL, PRACTICE_FOLDER)
    yield from ((Source.WHEEL, model) for model in _wheel())
    yield from ((Source.CONVERTED, model) for model in _converted())
    yield from ((Source.HUB, model) for model in list_hub())
    yield from ((Source.OLLAMA, model) for model in list_ollama())
    yield from ((Source.LM_STUDIO, model) for model in list_lm_studio())


def _wheel() -> Iterator[StoredModel]:
    """Yield SmolLM2 if its wheel is installed."""
    from morris_mlx.models.stores.wheel import find_wheel_model

    path = find_wheel_model()
    if path is not None:
        yield StoredModel("smollm2", Form.GGUF, path, path.stat().st_size)


def _converted() -> Iterator[StoredModel]:
    """Yield the models that Morris converted, named by repository or else by folder."""
    from morris_mlx.models.converted import (
        CARD_FILE,
        converted_folder,
        find_damage,
        list_preferred,
        read_conversion,
    )

    preferred = list_preferred()
    for card in sorted(converted_folder().glob(f"*/{CARD_FILE}")):
        folder = card.parent
        if damage := find_damage(folder):
            yield StoredModel(str(folder), Form.NONE, problem=f"it is damaged: {damage}.")
            continue
        conversion = read_conversion(folder)
        name = conversion.source if folder in preferred else str(folder)
        made = f"of {conversion.source}" if name != conversion.source else ""
        yield replace(_folder(name, folder), note=made)


def _folder(name: str, folder: Path) -> StoredModel:
    """Return the record of a folder that Morris made, so its config.json is known to be valid."""
    from morris_mlx.models.config import read_config

    config = read_config(folder)
    size = sum(path.stat().st_size for path in folder.glob("model*.safetensors"))
    return StoredModel(
        name, Form.FOLDER, folder, size, config.model_type or "", f"{config.bits} bits"
    )


def _judged(source: Source, model: StoredModel, machine: Machine) -> ListedModel:
    """Return a model with its fit for generation and for training, and a reason if it fails."""
    listed = ListedModel(
        name=model.name,
        source=source,
        family=model.family,
        precision=model.precision,
        size_bytes=model.size_bytes,
        run=Fit.NEVER if model.problem else Fit.UNKNOWN,
        train=Fit.NEVER if model.problem else Fit.UNKNOWN,
        run_gb=None,
        path="" if model.path is None else printable(str(model.path)),
        note=model.problem or model.note,
    )
    if model.problem or model.path is None:
        return listed
    if model.form is Form.GGUF:
        return _judge_gguf(listed, model.path, machine)
    return _judge_folder(listed, model.path, machine)


def _judge_folder(listed: ListedModel, folder: Path, machine: Machine) -> ListedModel:
    from morris_mlx.models.config import read_config
    from morris_mlx.models.judge import judge_base, require_trainable_base
    from morris_mlx.train import planned_shape

    try:
        judge_base(folder)
        config = read_config(folder)
    except MorrisError as error:
        return replace(listed, run=Fit.NEVER, train=Fit.NEVER, note=printable(str(error)))
    shape = None
    try:
        require_trainable_base(config, listed.name)
        shape = planned_shape(config, listed.name)
        train, reason = _fits_training(shape, config.window, listed.name, machine), ""
    except MorrisError as error:
        train, reason = Fit.NEVER, str(error)
    growth = 1.0 if config.bits < 16 else NUMBER_BYTES[machine.gpu] * 8 / config.bits
    needed = _run_gb(listed.size_bytes * growth, shape, machine) if listed.size_bytes else None
    return replace(
        listed,
        run=_fits(needed, machine),
        train=train,
        run_gb=needed,
        note="; ".join(filter(None, (listed.note, reason))),
    )


def _judge_gguf(listed: ListedModel, path: Path, machine: Machine) -> ListedModel:
    from morris_mlx.pipeline.gguf_plan import read_gguf_base

    try:
        base = read_gguf_base(path)
    except MorrisError as error:
        return replace(listed, run=Fit.NEVER, train=Fit.NEVER, note=printable(str(error)))
    family, precision = listed.family or base.architecture, listed.precision or base.precision
    listed = replace(listed, family=family, precision=precision)
    if base.shape is None:
        return replace(listed, note="its header does not state the sizes of the model.")
    needed = _run_gb(base.shape.weight_bytes(NUMBER_BYTES[machine.gpu]), base.shape, machine)
    train = (
        Fit.NEVER
        if base.untrainable
        else _fits_training(base.shape, base.window, listed.name, machine)
    )
    note = "; ".join(filter(None, (listed.note, base.untrainable)))
    return replace(listed, run=_fits(needed, machine), train=train, run_gb=needed, note=note)


def _run_gb(weights: float, shape: ModelShape | None, machine: Machine) -> float:
    """Return the memory to generate with a model, in 1e9 bytes: weights and a chat's cache."""
    cache = 0.0
    if shape is not None:
        cache = 2 * shape.kv_size * shape.layers * CONTEXT * NUMBER_BYTES[machine.gpu]
    return RUN_MARGIN * (weights + cache) / 1e9


def _fits(needed_gb: float | None, machine: Machine) -> Fit:
    if needed_gb is None:
        return Fit.UNKNOWN
    return Fit.YES if needed_gb <= machine.usable_gb else Fit.TOO_BIG


def _fits_training(shape: ModelShape, window: int, name: str, machine: Machine) -> Fit:
    from morris_mlx.models.catalog import WINDOW
    from morris_mlx.pipeline.train_plan import recipe_settings
    from morris_mlx.train import Workload, plan_training

    workload = Workload(shape, min(WINDOW, window), machine, (), name)
    plan = plan_training(workload, recipe_settings(name, None, None), propose=True)
    if not plan.fits:
        return Fit.TOO_BIG
    return Fit.SMALLER if plan.proposals else Fit.YES
