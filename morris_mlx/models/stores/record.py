"""The record of a model in another program's store, and texts about it that are safe to print."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from morris_mlx.files import path_text

ODD_CATEGORIES = ("C", "Zl", "Zp")  # control characters, formats, unassigned; line separators


class Form(StrEnum):
    """The form in which a model's weights are stored."""

    FOLDER = "folder"  # safetensors with config.json: MLX's or the original
    GGUF = "gguf"
    NONE = "none"  # nothing that Morris reads


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in another program's store.

    `name` is for `--model`. `path` is a folder or a GGUF file, None if there is none. `size_bytes`
    is the size of the weights. `family` and `precision` are in the store's notation, "" if they are
    unknown. `note` is a remark, `problem` the reason why the model cannot be used.
    """

    name: str
    form: Form
    path: Path | None = None
    size_bytes: int = 0
    family: str = ""
    precision: str = ""
    note: str = ""
    problem: str = ""


def printable(text: str) -> str:
    r"""Return a file's name with control characters and broken bytes as \xNN or \uNNNN."""
    return "".join(_shown(character) for character in path_text(text))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if not category.startswith(ODD_CATEGORIES):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def link_note(path: Path, store: Path) -> str:
    """Return a remark if a path leads out of its store, else "". Raises OSError."""
    target = path.resolve()
    if target.is_relative_to(store.resolve()):
        return ""
    return f"a link to {printable(str(target))}, outside of the store"
