"""documents and conversations → dataset: cleaned, paired, fitted to the window, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import SPLITS, Conversation, Document, Example, Split


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples per split, and the funnels: counts by reason that add up to the input.

    `documents` and `conversations` are empty where none were given; `turns` counts what of the
    conversations' turns could not be in a row whole.
    """

    examples: dict[Split, tuple[Example, ...]]
    documents: dict[str, int]  # input, and per reason or split what became of it
    rows: dict[str, int]  # rows made, per task and split
    longest_tokens: int
    conversations: dict[str, int] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)


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


def prepare_conversations(
    conversations: Sequence[Conversation],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
) -> Prepared:
    """Make rows of conversations, the latest held out. The same input gives the same rows.

    Raises MorrisError when too few conversations are left to learn from.
    """
    from morris_mlx.prepare.converse import build_from_conversations

    return build_from_conversations(conversations, tokenizer, window, system_prompt)


def join_prepared(first: Prepared, second: Prepared) -> Prepared:
    """The rows of both, split by split: here the two springs meet."""
    return Prepared(
        {split: first.examples[split] + second.examples[split] for split in SPLITS},
        first.documents | second.documents,
        dict(sorted((first.rows | second.rows).items())),
        max(first.longest_tokens, second.longest_tokens),
        first.conversations | second.conversations,
        first.turns | second.turns,
    )


__all__ = ["Prepared", "join_prepared", "prepare_conversations", "prepare_documents"]
