"""documents → dataset: cleaned, paired with requests, fitted to the window, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import Document, Example, Split


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples per split, and the funnel: counts by reason that add up to the input."""

    examples: dict[Split, tuple[Example, ...]]
    documents: dict[str, int]  # input, and per reason or split what became of it
    rows: dict[str, int]  # rows made, per task and split
    longest_tokens: int


def prepare_documents(
    documents: Sequence[Document],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
) -> Prepared:
    """Make the dataset. The same input gives the same rows.

    Raises MorrisError when too few documents are left to learn from.
    """
    from morris_mlx.prepare.build import build_dataset

    return build_dataset(documents, tokenizer, window, system_prompt, seed)


__all__ = ["Prepared", "prepare_documents"]
