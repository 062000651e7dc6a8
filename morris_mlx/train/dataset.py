"""Examples → token rows, tokenised once: what was rendered is kept on the disk by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.corpus import Example

FORMAT = 1  # raise it when rows are rendered otherwise


def token_rows(
    examples: Sequence[Example],
    tokenizer: ChatTokenizer,
    window: int,
    place: str,
    cache: Path | None,
) -> list[Row]:
    """Rows of the examples, from the folder `cache` where these very ones are there.

    Raises MorrisError as `rows_from_examples` does. A damaged cache is made anew.
    """
    if cache is None:
        return rows_from_examples(examples, tokenizer, window, place)
    path = cache / f"{_key(examples, tokenizer, window)}.safetensors"
    rows = _read(path, place)
    if rows is None:
        rows = rows_from_examples(examples, tokenizer, window, place)
        _write(path, rows)
    return rows


def _key(examples: Sequence[Example], tokenizer: ChatTokenizer, window: int) -> str:
    """A hash of everything that the rows depend on."""
    total = hashlib.sha256(f"{FORMAT} {tokenizer.digest} {window}".encode())
    for example in examples:
        total.update(json.dumps([asdict(m) for m in example.messages]).encode())
    return total.hexdigest()


def _write(path: Path, rows: Sequence[Row]) -> None:
    files.make_folder(path.parent)
    arrays = {
        "ids": np.concatenate([np.array(row.ids, dtype=np.int32) for row in rows]),
        "mask": np.concatenate([np.array(row.mask, dtype=np.uint8) for row in rows]),
        "lengths": np.array([len(row.ids) for row in rows], dtype=np.int64),
    }
    with files.replacing(path) as temporary:
        try:
            save_file(arrays, temporary, metadata={"sha256": _digest(arrays)})
        except SafetensorError as error:  # its word for a failed write
            raise OSError(None, str(error)) from error


def _read(path: Path, place: str) -> list[Row] | None:
    if not path.exists():
        return None
    try:
        arrays = load_file(path)
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except (SafetensorError, OSError, ValueError):
        return None
    if header.get("__metadata__", {}).get("sha256") != _digest(arrays):
        return None
    ends = np.cumsum(arrays["lengths"])[:-1]
    parts = zip(np.split(arrays["ids"], ends), np.split(arrays["mask"], ends), strict=True)
    return [
        Row(tuple(ids.tolist()), tuple(mask.astype(bool).tolist()), f"{place}, row {number}")
        for number, (ids, mask) in enumerate(parts, 1)
    ]


def _digest(arrays: dict[str, np.ndarray]) -> str:
    total = hashlib.sha256()
    for name in sorted(arrays):
        total.update(name.encode() + arrays[name].tobytes())
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids and, of equal length, which of them are learned; `name` is for people."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]
    name: str = ""


def rows_from_examples(
    examples: Sequence[Example], tokenizer: ChatTokenizer, window: int, place: str
) -> list[Row]:
    """Render every example. Raises MorrisError for a row too long or with nothing to learn."""
    rows = []
    for number, example in enumerate(examples, 1):
        name = f"{place}, row {number}"
        rendered = tokenizer.render(example.messages)
        if len(rendered.ids) > window:
            raise MorrisError(
                f"{name} has {len(rendered.ids)} tokens and the window is {window}. "
                "Run `morris prepare` again with this model and window: it splits long texts."
            )
        if not any(rendered.mask[1:]):
            raise MorrisError(
                f"{name} has no assistant's answer to learn from. Run `morris prepare` again."
            )
        rows.append(Row(rendered.ids, rendered.mask, name))
    if not rows:
        raise MorrisError(f"{place} has no rows. Run `morris prepare` with more texts.")
    return rows
