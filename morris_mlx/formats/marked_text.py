"""Files of generated text, marked as machine-made, with a hash that shows later edits.

A file has YAML front matter between two lines `---`, an empty line, the text, and a newline. The
first `---` line after the opening one ends the front matter, so the text may hold anything.
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
from morris_mlx.text.front_matter import OWN_FRONT_MATTER

# This line alone marks a text, even if the rest of the front matter was damaged since.
MARK = re.compile(r"^machine_made:[ \t]*(?:true|yes|on)[ \t]*(?:#.*)?\r?$", re.I | re.M)
MACHINE_MADE = "written by a machine, says its front matter"
NOT_MARKED = "was not written by Morris"


class _Dumper(yaml.SafeDumper):
    """A dumper that quotes names like 0E0, which YAML 1.2 and mlx-lm's loader read as numbers."""


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+\Z"),
    list("-+0123456789"),
)
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
class GeneratorIdentity:
    """The model and adapter that generated a text: names, never folders, and a hash of the weights.

    Without an adapter both of its fields are None and `strength` is 0.
    """

    model: str
    adapter: str | None
    adapter_sha256: str | None
    strength: float


@dataclass(frozen=True, slots=True)
class Origin:
    """The front matter of a generated text. `date` is ISO 8601 with a time zone.

    `audit` is the ground on which it may be published, "" for a text that was not meant for others.
    """

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
    audit: str = ""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A saved text; `edited` is True when it differs from the generated one."""

    origin: Origin
    text: str
    edited: bool


def identify_generator(model: str, adapter: Path | None, strength: float) -> GeneratorIdentity:
    """Return the identity of a model (for a folder, its last part) and an adapter's folder.

    Raises MissingError when the adapter has no weights.
    """
    name = Path(model).name if Path(model).is_absolute() else model
    if adapter is None:
        return GeneratorIdentity(name, None, None, 0.0)
    weights = adapter / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise MissingError(f"There are no weights at {weights}. Train the adapter again.")
    # Not the hash in run.json: the weights may have been replaced since the training.
    return GeneratorIdentity(name, adapter.name, file_digest(weights), strength)


def current_time() -> str:
    """Return the time in ISO 8601, to the second, with this machine's time zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def check_new_file(path: Path) -> None:
    """Raise UsageError if no new file can be made at `path`. Call it before the expensive work."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Give the name of a file in it.")
    if path.exists() or path.is_symlink():
        raise UsageError(
            f"{path} exists already and is not overwritten. Choose another name, or move it away."
        )
    check_folder(path)


def check_folder(path: Path) -> None:
    """Raise UsageError if the parent folder of `path` does not exist."""
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}. Create it first.")


def write_marked_text(
    path: Path, result: GenerationResult, generator: GeneratorIdentity, audit: str = ""
) -> Origin:
    """Write the text of `result` to a private file, completely or not at all.

    `audit` is the ground on which it may be published, "" if it is not meant for others.
    Raises UsageError when `path` exists already and MorrisError when it cannot be written.
    """
    check_new_file(path)
    check_unicode(result.text)
    origin = Origin(
        machine_made=True,
        note=_note(generator.adapter),
        **asdict(generator),
        seed=result.seed,
        date=current_time(),
        finish_reason=result.finish_reason,
        text_sha256=digest(result.text),
        audit=str(audit),  # not a member of an enumeration, which YAML would not write
    )
    values = asdict(origin)
    if not audit:
        del values["audit"]
    # PyYAML does not read back some invisible characters that it writes, unless they are escaped.
    readable = all(value.isprintable() for value in values.values() if isinstance(value, str))
    # A large width keeps every value on one line, where a reader looks for it.
    fields = yaml.dump(
        values, Dumper=_Dumper, allow_unicode=readable, sort_keys=False, width=sys.maxsize
    )
    write_text(path, f"---\n{fields}---\n\n{result.text}\n")
    return origin


def _note(adapter: str | None) -> str:
    manner = f" in the manner of {adapter}" if adapter else ""
    return f"Written by a language model{manner}; not by the person."


def read_marked_text(path: Path) -> MarkedText:
    """Read a saved text and its front matter, and compare the text with its hash.

    A missing final newline does not count as an edit. Raises MissingError when there is no file,
    and MorrisError when Morris did not write it or its front matter is damaged.
    """
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"There is no file {path}. Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MorrisError(
            f"{path} cannot be read ({error}). Check its permissions, and that it is UTF-8."
        ) from error
    match = OWN_FRONT_MATTER.match(content)
    if match is None:
        raise MorrisError(f"{path} {NOT_MARKED}: it has no front matter between `---` lines.")
    try:
        loaded = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MorrisError(f"{path} {NOT_MARKED}: its front matter is not valid YAML.") from error
    origin = _origin_from_fields(path, loaded if isinstance(loaded, dict) else {})
    text = content[match.end() :].removesuffix("\n")
    return MarkedText(origin, text, digest(text) != origin.text_sha256)


def is_machine_made(content: str) -> bool:
    """Return True if a file's front matter marks it as machine-made, edited or not."""
    match = OWN_FRONT_MATTER.match(content.lstrip())
    return match is not None and MARK.search(match[1]) is not None


def _origin_from_fields(path: Path, fields: Mapping[Any, Any]) -> Origin:
    """Check the fields of the front matter; the user may have added others, which are ignored."""
    if fields.get("machine_made") is not True:
        raise MorrisError(f"{path} {NOT_MARKED}: its front matter has no `machine_made: true`.")
    for name, kinds in FIELD_TYPES.items():
        value = fields.get(name)
        # A bool is an int to Python, but no seed.
        right_kind = isinstance(value, kinds) and isinstance(value, bool) == (bool in kinds)
        known = name != "finish_reason" or value in get_args(FinishReason)
        if name not in fields or not right_kind or not known:
            raise MorrisError(
                f"{path}: the field {name!r} of its front matter is missing or has a wrong type. "
                "Restore it, or generate the text again."
            )
    audit = fields.get("audit")
    known_fields = {name: fields[name] for name in FIELD_TYPES}
    return Origin(**known_fields, audit=audit if isinstance(audit, str) else "")


def answer_fields(result: GenerationResult, generator: GeneratorIdentity) -> dict[str, Any]:
    """Return the JSON fields of a generated answer and its origin. No value is NaN."""
    fields: dict[str, Any] = {
        "text": result.text,
        "finish_reason": result.finish_reason,
        "prompt_tokens": result.prompt_tokens,
        "tokens": result.tokens,
        "seconds_to_first_token": _finite(result.seconds_to_first_token),
        "tokens_per_second": _finite(result.tokens_per_second),
        "seed": result.seed,
        **asdict(generator),
        "machine_made": True,
        "date": current_time(),
    }
    if result.alternatives:
        fields["alternatives"] = [other.text for other in result.alternatives]
    if result.candidates:
        fields["candidates"] = [asdict(candidate) for candidate in result.candidates]
    return fields


def _finite(value: float) -> float | None:
    """Return None for NaN, which JSON does not have: a value that was not measured."""
    return value if math.isfinite(value) else None
