"""documents and conversations → dataset: cleaned, redacted, deduplicated, paired, fitted, split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from morris_mlx.formats.instruction_rows import InstructionRows
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.corpus import (
    Conversation,
    DatasetCard,
    Document,
    DraftRequest,
    Example,
    Split,
)
from morris_mlx.text.pii import Person, RedactionMap, RedactionReport


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
    redaction_map: RedactionMap = field(default_factory=RedactionMap)  # never into the dataset
    conversations: dict[str, int] = field(default_factory=dict)  # as `documents`
    turns: dict[str, int] = field(default_factory=dict)  # what of them was in no row whole
    system_prompt: str = ""  # the one in the rows: with the habits, where they were measured
    # Where they were asked for: "habits", "off_topic" and "drafts"; "own_rows"; "mix".
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extras:
    """What is made of the texts or added to them beyond their rows.

    `enhance` measures habits and finds off-topic texts; with `draft_many`, which answers
    requests in their order by a model that reads `drafting_window` tokens, passages are drafted
    plainly, too. `rows` are the writer's own; of `mix` come `mix_share` of the rows to learn from.
    """

    enhance: bool = False
    draft_many: Callable[[Sequence[DraftRequest]], Iterator[str]] | None = None
    drafting_window: int = 0
    rows: InstructionRows | None = None
    mix: InstructionRows | None = None
    mix_share: float = 0.0


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
    extras: Extras | None = None,
) -> Prepared:
    """Make the dataset. The same input gives the same rows.

    `people` besides the writer become [name]; `languages` (ISO 639-1) are kept, by default the
    main ones. Raises MorrisError when too few documents or conversations are left to learn from,
    and whatever a recogniser of private items raises: nothing half redacted comes out.
    """
    from morris_mlx.prepare.corpus import make_ready
    from morris_mlx.prepare.dataset import build_dataset

    extras = extras or Extras()
    own = extras.rows.rows if extras.rows else ()
    ready = make_ready(
        documents, conversations, own, redact=redact, people=people, languages=languages
    )
    return build_dataset(ready, tokenizer, window, system_prompt, seed, extras)


def draw_report(made: Prepared, card: DatasetCard, tokenizer: ChatTokenizer) -> str:
    """The dataset as one HTML page for its owner; the same dataset gives the same bytes."""
    from morris_mlx.prepare.report.numbers import count
    from morris_mlx.prepare.report.page import render

    return render(count(made, card, tokenizer))


__all__ = ["Extras", "Prepared", "draw_report", "prepare_collected"]
