"""A generator's state on disk: settings, history, seeds and which adapter, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.generate.conversation import messages_from
from morris_mlx.generate.seeds import Seeds
from morris_mlx.generate.settings import settings_with
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings

CHECKPOINT_FILE = "generator.json"

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a checkpoint holds. `reference` names model and adapter, with hashes."""

    settings: GenerationSettings
    before_creative: GenerationSettings | None
    history: tuple[Message, ...]
    seeds: Seeds
    reference: Mapping[str, str]


def write(kept: Kept, folder: Path) -> Path:
    """Writes `folder`/generator.json in one stroke; its path."""
    files.make_folder(folder)
    path = folder / CHECKPOINT_FILE
    before = kept.before_creative
    files.write_json(
        path,
        {
            "format": FORMAT,
            "settings": asdict(kept.settings),
            "before_creative": None if before is None else asdict(before),
            "history": [{"role": m.role, "content": m.content} for m in kept.history],
            "seeds": {"entropy": kept.seeds.entropy, "drawn": kept.seeds.drawn},
            "reference": dict(kept.reference),
        },
    )
    return path


def read(path: Path) -> Kept:
    """A checkpoint's file, or the folder it lies in. Raises MissingError, MorrisError."""
    file = path / CHECKPOINT_FILE if path.is_dir() else path
    if not file.is_file():
        raise MissingError(f"There is no checkpoint {file}. Write one with save_checkpoint.")
    value = files.read_json(file)
    if value.get("format", FORMAT) != FORMAT:
        raise MorrisError(f"{file} was written by another version of Morris. Save it again.")
    try:
        before = value["before_creative"]
        return Kept(
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
        raise TypeError(f"{value!r} is no whole number")
    return value


def _settings(value: dict[str, Any]) -> GenerationSettings:
    return settings_with(GenerationSettings(), value)


def require_same(now: Mapping[str, str], kept: Mapping[str, str]) -> None:
    """Raises MorrisError when a checkpoint was of another model or adapter."""
    for name in ("model", "adapter"):
        digest = "model_digest" if name == "model" else "adapter_sha256"
        if now.get(digest) != kept.get(digest):
            raise MorrisError(
                f"The checkpoint was written with the {name} {kept.get(name, '(none)')}, which is "
                f"not the one that is here now ({now.get(name, '(none)')}). Bring it back, or "
                "begin without the checkpoint."
            )
