"""Examples → token rows, tokenised once: what was rendered is kept on the disk by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from morris_mlx import files
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records.corpus import Example
from morris_mlx.train.batches import Row, rows_from_examples

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
