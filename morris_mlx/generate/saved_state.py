"""A generator's state on disk: settings, history, seeds and a reference to model and adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.generate.conversation import messages_from
from morris_mlx.generate.seeds import Seeds
from morris_mlx.generate.settings import beams_from, is_greedy, settings_with
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings

CHECKPOINT_FILE = "generator.json"

FORMAT = 1
# The defaults of version 0.1.0, with which a checkpoint of that version continues.
FORMER_TEMPERATURE, FORMER_PENALTY = 0.7, 1.15


@dataclass(frozen=True, slots=True)
class GeneratorState:
    """The contents of a checkpoint. `reference` names model and adapter, with hashes."""

    settings: GenerationSettings
    before_creative: GenerationSettings | None
    history: tuple[Message, ...]
    seeds: Seeds
    reference: Mapping[str, str]


def write_checkpoint(state: GeneratorState, folder: Path) -> Path:
    """Write `folder`/generator.json, whole or not at all, and return its path."""
    files.make_folder(folder)
    path = folder / CHECKPOINT_FILE
    before = state.before_creative
    files.write_json(
        path,
        {
            "format": FORMAT,
            "settings": asdict(state.settings),
            "before_creative": None if before is None else asdict(before),
            "history": [{"role": m.role, "content": m.content} for m in state.history],
            "seeds": {"entropy": state.seeds.entropy, "drawn": state.seeds.drawn},
            "reference": dict(state.reference),
        },
    )
    return path


def read_checkpoint(path: Path) -> GeneratorState:
    """Read a checkpoint from its file or its folder. Raises MissingError, MorrisError."""
    file = path / CHECKPOINT_FILE if path.is_dir() else path
    if not file.is_file():
        raise MissingError(f"There is no checkpoint {file}. Write one with save_checkpoint.")
    value = files.read_json(file)
    if value.get("format", FORMAT) != FORMAT:
        raise MorrisError(
            f"{file} was written by another version of Morris. Save the checkpoint again."
        )
    try:
        before = value["before_creative"]
        return GeneratorState(
            _settings(value["settings"]),
            None if before is None else _settings(before),
            tuple(messages_from(value["history"])),
            Seeds(_whole(value["seeds"]["entropy"]), _whole(value["seeds"]["drawn"])),
            {name: str(word) for name, word in value["reference"].items()},
        )
    except MorrisError as error:
        raise MorrisError(f"{file} is damaged: {error} Save the checkpoint again.") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MorrisError(f"{file} is damaged ({error!r}). Save the checkpoint again.") from error


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _settings(value: dict[str, Any]) -> GenerationSettings:
    settings = settings_with(GenerationSettings(), value)
    return settings if "prevent_loops" in value else _with_former_defaults(settings)


def _with_former_defaults(settings: GenerationSettings) -> GenerationSettings:
    """Return settings of version 0.1.0, which did not detect loops, with its defaults as values."""
    settings = replace(settings, prevent_loops=False)
    if is_greedy(settings) or beams_from(settings) is not None:
        return settings  # these had no penalty
    return replace(
        settings,
        temperature=(FORMER_TEMPERATURE if settings.temperature is None else settings.temperature),
        repetition_penalty=(
            FORMER_PENALTY if settings.repetition_penalty is None else settings.repetition_penalty
        ),
    )


def require_same_weights(now: Mapping[str, str], saved: Mapping[str, str]) -> None:
    """Raise MorrisError if a checkpoint was saved with another model or adapter."""
    for name in ("model", "adapter"):
        digest = "model_digest" if name == "model" else "adapter_sha256"
        if now.get(digest) != saved.get(digest):
            raise MorrisError(
                f"The checkpoint was written with the {name} {saved.get(name, '(none)')}, which is "
                f"not the one that is here now ({now.get(name, '(none)')}). Restore that {name}, "
                "or start without the checkpoint."
            )
