"""documents and conversations → dataset: cleaned, redacted, deduplicated, paired, fitted, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import SPLITS, Conversation, DatasetCard, Document, Example, Split
from morris_mlx.redaction import Person, PrivateMap, RedactionReport


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples per split, and the funnel: counts by reason that add up to the input."""

    examples: dict[Split, tuple[Example, ...]]
    documents: dict[str, int]  # input, and per reason or split what became of it
    rows: dict[str, int]  # rows made, per task and split
    longest_tokens: int
    mended: dict[str, int] = field(default_factory=dict)  # what was put right in documents kept
    overlap: dict[Split, float] = field(default_factory=dict)  # share of word runs train has, too
    redaction: RedactionReport | None = None  # None: it was switched off
    private_map: PrivateMap = field(default_factory=PrivateMap)  # never into the dataset
    conversations: dict[str, int] = field(default_factory=dict)  # as `documents`
    turns: dict[str, int] = field(default_factory=dict)  # what of them was in no row whole


def prepare_collected(
    documents: Sequence[Document],
    conversations: Sequence[Conversation],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    *,
    redact: bool = True,
    people: Sequence[Person] = (),
    languages: Sequence[str] = (),
) -> Prepared:
    """Make the dataset. The same input gives the same rows.

    `people` besides the writer become [name]; `languages` (ISO 639-1) are kept, by default the
    main ones. Raises MorrisError when too few documents or conversations are left to learn from,
    and whatever a recogniser of private items raises: nothing half redacted comes out.
    """
    from morris_mlx.prepare.build import build_dataset
    from morris_mlx.prepare.converse import build_from_conversations
    from morris_mlx.prepare.ready import make_ready

    ready = make_ready(documents, conversations, redact=redact, people=people, languages=languages)
    if not conversations:
        return build_dataset(ready, tokenizer, window, system_prompt, seed)
    chats = build_from_conversations(ready, tokenizer, window, system_prompt)
    if not documents:
        return chats
    return _joined(build_dataset(ready, tokenizer, window, system_prompt, seed), chats)


def prepare_documents(
    documents: Sequence[Document],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    *,
    redact: bool = True,
    people: Sequence[Person] = (),
    languages: Sequence[str] = (),
) -> Prepared:
    """`prepare_collected` for a writer without chats."""
    return prepare_collected(
        documents,
        (),
        tokenizer,
        window,
        system_prompt,
        seed,
        redact=redact,
        people=people,
        languages=languages,
    )


def _joined(texts: Prepared, chats: Prepared) -> Prepared:
    """The rows of both, split by split: here the two springs meet."""
    return replace(
        texts,
        examples={split: texts.examples[split] + chats.examples[split] for split in SPLITS},
        rows=dict(sorted((texts.rows | chats.rows).items())),
        longest_tokens=max(texts.longest_tokens, chats.longest_tokens),
        overlap={s: max(share, chats.overlap[s]) for s, share in texts.overlap.items()},
        conversations=chats.conversations,
        turns=chats.turns,
    )


def draw_report(made: Prepared, card: DatasetCard, tokenizer: ChatTokenizer) -> str:
    """The dataset as one HTML page for its owner; the same dataset gives the same bytes."""
    from morris_mlx.prepare.report.numbers import count
    from morris_mlx.prepare.report.page import render

    return render(count(made, card, tokenizer))


__all__ = ["Prepared", "draw_report", "prepare_collected", "prepare_documents"]
