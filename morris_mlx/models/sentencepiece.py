"""SentencePiece's BPE as merges of the tokenizers library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

SPACE = "▁"
LONGEST_PIECE = 1000  # characters; real ones have 128 at most, and the merges take the square of it


def check_pieces(pieces: Iterable[str], scores: Iterable[float]) -> None:
    """Raise ValueError for a piece that is too long, or for a score that is not a number."""
    if any(len(piece) > LONGEST_PIECE for piece in pieces):
        raise ValueError(f"one of its tokens has more than {LONGEST_PIECE:,} characters")
    if any(math.isnan(score) for score in scores):
        raise ValueError("the score of one of its tokens is not a number")


def merges_by_score(pieces: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Return the merges of two pieces to a third, in the order in which they are applied.

    SentencePiece joins the neighbors whose union has the highest score. A piece that can be joined
    in several ways has a merge for each.
    """
    merges = []
    numbers = {piece: number for number, piece in enumerate(pieces)}
    for piece, score in pieces.items():
        for cut in range(1, len(piece)):
            left, right = numbers.get(piece[:cut]), numbers.get(piece[cut:])
            if left is not None and right is not None:
                merges.append((-score, numbers[piece], left, right, cut))
    names = list(pieces)
    return [(names[left], names[right]) for _, _, left, right, _ in sorted(merges)]


def sentencepiece_normalizer(prefix: bool) -> dict[str, Any]:
    """Return the step that writes spaces as SentencePiece does; `prefix` puts one at the start."""
    steps: list[dict[str, Any]] = [{"type": "Prepend", "prepend": SPACE}] if prefix else []
    steps.append({"type": "Replace", "pattern": {"String": " "}, "content": SPACE})
    return {"type": "Sequence", "normalizers": steps}


def sentencepiece_decoder(prefix: bool) -> dict[str, Any]:
    """Return the steps from pieces back to a text."""
    steps: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if prefix:
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {"type": "Sequence", "decoders": steps}
