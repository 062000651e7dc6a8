"""Fingerprints of files, block by block, so that a later check names the place of a change.

A JSON-lines file has a hash for each line, any other file one for each BLOCK_BYTES.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from morris_mlx.records.audit import FileFingerprint

BLOCK_BYTES = 1 << 16  # a file of 4 GB has 65,536 blocks, whose hashes take a megabyte
HASH_DIGITS = 16  # of a block's hash: enough for accidents; the whole file has all 64
SHOWN_PLACES = 5


def fingerprint(path: Path) -> FileFingerprint:
    """Return the fingerprint of a file. Raises OSError when it cannot be read."""
    whole, blocks, size = hashlib.sha256(), [], 0
    for block in _blocks(path):
        whole.update(block)
        size += len(block)
        blocks.append(hashlib.sha256(block).hexdigest()[:HASH_DIGITS])
    return FileFingerprint(size, whole.hexdigest(), tuple(blocks))


def find_changes(known: Mapping[str, FileFingerprint], paths: Mapping[str, Path]) -> list[str]:
    """Return a sentence for each file that is missing or was changed, with the places.

    Args:
        known: Fingerprints by name.
        paths: The present path of each name.
    """
    found = []
    for name, before in known.items():
        path = paths.get(name)
        try:
            now = fingerprint(path) if path else None
        except OSError:
            now = None
        if path is None or now is None:
            found.append(f"{path or name} is missing or cannot be read.")
        elif now.sha256 != before.sha256:
            found.append(f"{path} was changed{_place(path, before, now)}.")
    return found


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if _has_lines(path):
            yield from file
            return
        while block := file.read(BLOCK_BYTES):
            yield block


def _has_lines(path: Path) -> bool:
    return path.suffix == ".jsonl"


def _place(path: Path, before: FileFingerprint, now: FileFingerprint) -> str:
    """Return where two versions of a file differ, as the end of a sentence."""
    pairs = zip(before.blocks, now.blocks, strict=False)
    different = [number for number, (old, new) in enumerate(pairs) if old != new]
    if not different:
        more = now.size - before.size
        return f": it is {abs(more):,} bytes {'longer' if more > 0 else 'shorter'}"
    shown = ", ".join(_named(number, path, now) for number in different[:SHOWN_PLACES])
    more = len(different) - SHOWN_PLACES
    return f" in {shown}" + (f" and {more:,} further places" if more > 0 else "")


def _named(number: int, path: Path, now: FileFingerprint) -> str:
    if _has_lines(path):
        return f"line {number + 1:,}"
    last = min((number + 1) * BLOCK_BYTES, now.size)
    return f"bytes {number * BLOCK_BYTES:,} to {last - 1:,}"


def fingerprints(paths: Mapping[str, Path]) -> dict[str, FileFingerprint]:
    """Return the fingerprints of files by name. Raises OSError when one cannot be read."""
    return {name: fingerprint(path) for name, path in paths.items()}
