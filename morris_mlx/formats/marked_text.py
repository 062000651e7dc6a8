"""Generated texts as files: marked as machine-made, and telling whether they were edited since.

A file is YAML between two lines `---`, an empty line, the text as it is, and one newline. What the
text holds does not matter: the first line `---` after the opening one ends the front matter.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import yaml

from morris_mlx.defaults import ADAPTER_WEIGHTS
from morris_mlx.errors import MissingError, MorrisError, UsageError, check_unicode
from morris_mlx.files import digest, file_digest, write_text
from morris_mlx.records.generation import FinishReason, GenerationResult

FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)^---\r?\n(?:\r?\n)?", re.DOTALL | re.MULTILINE)
# Whatever else of the front matter was harmed since, this line says it.
MARK = re.compile(r"^machine_made:[ \t]*(?:true|yes|on)[ \t]*(?:#.*)?\r?$", re.I | re.M)
MACHINE_MADE = "written by a machine, says its front matter"
NOT_OURS = "is no text that Morris wrote"
FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "machine_made": (bool,),
    "note": (str,),
    "model": (str,),
    "adapter": (str, type(None)),
    "adapter_sha256": (str, type(None)),
    "strength": (int, float),
    "seed": (int,),
    "date": (str,),
    "finish_reason": (str,),
    "text_sha256": (str,),
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote: names of model and adapter, never folders; the adapter's weights by their hash.

    Without an adapter both of its fields are None and `strength` is 0: the base alone wrote.
    """

    model: str
    adapter: str | None
    adapter_sha256: str | None
    strength: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a generated text comes from: its front matter. `date` is ISO 8601 with its zone."""

    machine_made: bool
    note: str
    model: str
    adapter: str | None
    adapter_sha256: str | None
    strength: float
    seed: int
    date: str
    finish_reason: FinishReason
    text_sha256: str


@dataclass(frozen=True, slots=True)
class Written:
    """A text that was saved. `edited`: it is not the one any more that the model wrote."""

    origin: Origin
    text: str
    edited: bool


def writer_of(model: str, adapter: Path | None, strength: float) -> Writer:
    """The writer of a model's name (of a folder its last part) and an adapter's folder."""
    name = Path(model).name if Path(model).is_absolute() else model
    if adapter is None:
        return Writer(name, None, None, 0.0)
    weights = adapter / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise MissingError(f"{weights} is not there. Train the adapter again.")
    # Not the hash in run.json: that is of what was trained, this of what speaks now.
    return Writer(name, adapter.name, file_digest(weights), strength)


def present_date() -> str:
    """Now, to the second, with the zone of this machine."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def check_new_file(path: Path) -> None:
    """Raises UsageError where no new file can be made; worth asking before the work is done."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name a file in it.")
    if path.exists() or path.is_symlink():
        raise UsageError(
            f"{path} is there already and is not overwritten. Choose another name, or move it away."
        )
    check_folder(path)


def check_folder(path: Path) -> None:
    """Raises UsageError when the folder that `path` would be in is not there."""
    if not path.parent.is_dir():
        raise UsageError(f"The folder {path.parent} is not there. Make it first.")


def write_written(path: Path, result: GenerationResult, writer: Writer) -> Origin:
    """Save the text of `result`, whole or not at all, for this user alone.

    Raises UsageError when `path` is there already, MorrisError when it cannot be written.
    """
    check_new_file(path)
    check_unicode(result.text)
    origin = Origin(
        machine_made=True,
        note=_note(writer.adapter),
        **asdict(writer),
        seed=result.seed,
        date=present_date(),
        finish_reason=result.finish_reason,
        text_sha256=digest(result.text),
    )
    values = asdict(origin)
    # PyYAML writes some invisible characters so that it reads them as others, unless escaped.
    readable = all(value.isprintable() for value in values.values() if isinstance(value, str))
    # Without a width every value stands on one line, as a person would look for it.
    fields = yaml.safe_dump(values, allow_unicode=readable, sort_keys=False, width=sys.maxsize)
    write_text(path, f"---\n{fields}---\n\n{result.text}\n")
    return origin


def _note(adapter: str | None) -> str:
    manner = f" in the manner of {adapter}" if adapter else ""
    return f"Written by a language model{manner}; not by the person."


def read_written(path: Path) -> Written:
    """A saved text, where it comes from, and whether it was edited since.

    A last newline that an editor took away is no edit. Raises MissingError when the file is not
    there, MorrisError when Morris did not write it or its front matter was harmed.
    """
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"{path} is not there.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MorrisError(f"{path} cannot be read ({error}).") from error
    match = FRONT_MATTER.match(content)
    if match is None:
        raise MorrisError(f"{path} {NOT_OURS}: it has no front matter between lines of ---.")
    try:
        loaded = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MorrisError(f"{path} {NOT_OURS}: its front matter is not valid YAML.") from error
    origin = _origin_from_fields(path, loaded if isinstance(loaded, dict) else {})
    text = content[match.end() :].removesuffix("\n")
    return Written(origin, text, digest(text) != origin.text_sha256)


def is_machine_made(content: str) -> bool:
    """Whether a file says at its top that a machine wrote it, also when it was edited since."""
    match = FRONT_MATTER.match(content.lstrip())
    return match is not None and MARK.search(match[1]) is not None


def _origin_from_fields(path: Path, fields: Mapping[Any, Any]) -> Origin:
    """Fields of other names are the user's own and are left alone."""
    if fields.get("machine_made") is not True:
        raise MorrisError(f"{path} {NOT_OURS}: its front matter has no `machine_made: true`.")
    for name, kinds in FIELD_TYPES.items():
        value = fields.get(name)
        # A bool is an int to Python, but no seed.
        right_kind = isinstance(value, kinds) and isinstance(value, bool) == (bool in kinds)
        known = name != "finish_reason" or value in get_args(FinishReason)
        if name not in fields or not right_kind or not known:
            raise MorrisError(
                f"{path}: the field {name!r} of its front matter is missing or is of another kind. "
                "Put it back, or generate the text again."
            )
    return Origin(**{name: fields[name] for name in FIELD_TYPES})


def row_fields(result: GenerationResult, writer: Writer) -> dict[str, Any]:
    """What a row of JSON lines says of a reply and of where it comes from. No value is NaN."""
    fields: dict[str, Any] = {
        "text": result.text,
        "finish_reason": result.finish_reason,
        "prompt_tokens": result.prompt_tokens,
        "tokens": result.tokens,
        "seconds_to_first_token": _finite(result.seconds_to_first_token),
        "tokens_per_second": _finite(result.tokens_per_second),
        "seed": result.seed,
        **asdict(writer),
        "machine_made": True,
        "date": present_date(),
    }
    if result.alternatives:
        fields["alternatives"] = [other.text for other in result.alternatives]
    return fields


def _finite(value: float) -> float | None:
    """JSON has no NaN: what was not measured is null."""
    return value if math.isfinite(value) else None
