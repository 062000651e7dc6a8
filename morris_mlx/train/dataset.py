"""Tokenized rows of a dataset, with an on-disk cache keyed by their content."""

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
from morris_mlx.records.corpus import Example, RowLength

CACHE_FORMAT = 2  # raise it when rows are rendered differently


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Token ids and their loss mask of equal length; `name` identifies the row in messages."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]
    name: str = ""

    @property
    def supervised(self) -> int:
        """Return the number of tokens that are learned: the first has nothing before it."""
        return sum(self.mask[1:])

    @property
    def length(self) -> RowLength:
        """Return the length of the row as the card of a dataset records it."""
        return RowLength(len(self.ids), self.supervised)


def load_rows(
    examples: Sequence[Example],
    tokenizer: ChatTokenizer,
    window: int,
    place: str,
    cache: Path | None,
) -> list[TokenRow]:
    """Return the tokenized examples, read from the cache folder if it has exactly these.

    Without `cache` nothing is read or written. A damaged cache file is written again.

    Raises:
        MorrisError: As `tokenize_rows` does.
        OSError: If the cache cannot be written.
    """
    if cache is None:
        return tokenize_rows(examples, tokenizer, window, place)
    path = cache / f"{_cache_key(examples, tokenizer, window)}.safetensors"
    rows = _read_cache(path, place)
    if rows is None:
        rows = tokenize_rows(examples, tokenizer, window, place)
        _write_cache(path, rows)
    return rows


def tokenize_rows(
    examples: Sequence[Example], tokenizer: ChatTokenizer, window: int, place: str
) -> list[TokenRow]:
    """Render every example with the chat template.

    `place` is the name of the file in error messages.

    Raises:
        MorrisError: If there are no examples, or if one is longer than the window or has no
            assistant turn to learn from.
    """
    rows = []
    for number, example in enumerate(examples, 1):
        name = f"{place}, row {number}"
        rendered = tokenizer.render(example.messages)
        if len(rendered.ids) > window:
            raise MorrisError(
                f"{name} has {len(rendered.ids)} tokens and the window is {window}. "
                "Run `morris prepare` again with this model and window: it splits long texts."
            )
        row = TokenRow(rendered.ids, rendered.mask, name)
        if not row.supervised:
            raise MorrisError(
                f"{name} has no assistant's answer to learn from. Run `morris prepare` again."
            )
        rows.append(row)
    if not rows:
        raise MorrisError(f"{place} has no rows. Run `morris prepare` with more texts.")
    return rows


def _cache_key(examples: Sequence[Example], tokenizer: ChatTokenizer, window: int) -> str:
    """Return a hash of everything that the token ids and the window check depend on."""
    structure = tokenizer.chat_format.structure_digest()
    total = hashlib.sha256(f"{CACHE_FORMAT} {tokenizer.digest} {structure} {window}".encode())
    for example in examples:
        total.update(json.dumps([asdict(m) for m in example.messages]).encode())
    return total.hexdigest()


def _write_cache(path: Path, rows: Sequence[TokenRow]) -> None:
    files.make_folder(path.parent)
    arrays = {
        "ids": np.concatenate([np.array(row.ids, dtype=np.int32) for row in rows]),
        "mask": np.concatenate([np.array(row.mask, dtype=np.uint8) for row in rows]),
        "lengths": np.array([len(row.ids) for row in rows], dtype=np.int64),
    }
    with files.replacing(path) as temporary:
        try:
            save_file(arrays, temporary, metadata={"sha256": _digest(arrays)})
        except SafetensorError as error:  # safetensors raises this for any failed write
            raise OSError(None, str(error)) from error


def _read_cache(path: Path, place: str) -> list[TokenRow] | None:
    """Return the rows of a cache file, or None if it is missing or damaged."""
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
        TokenRow(tuple(ids.tolist()), tuple(mask.astype(bool).tolist()), f"{place}, row {number}")
        for number, (ids, mask) in enumerate(parts, 1)
    ]


def _digest(arrays: dict[str, np.ndarray]) -> str:
    total = hashlib.sha256()
    for name in sorted(arrays):
        total.update(name.encode() + arrays[name].tobytes())
    return total.hexdigest()
