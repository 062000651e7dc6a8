"""The options of a preparation and its result: a dataset in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from morris_mlx.formats.instruction_rows import InstructionRows
from morris_mlx.records.corpus import DraftRequest, Example, RowLength, Split
from morris_mlx.text.pii import RedactionMap, RedactionReport

# Yields a plain draft, or a brief, for every request, in order. Those of an earlier run may be
# reused.
DraftMany = Callable[[Sequence[DraftRequest]], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Extras:
    """Optional additions to the rows that are built from texts and conversations.

    `enhance` measures the writer's habits and finds off-topic texts. `draft_many` also drafts
    passages, and `brief_many` writes briefs of texts, by a model with a context window of
    `drafting_window` tokens. `rows` are the writer's own rows; `mix` are general rows, which make
    up `mix_share` of train.
    """

    enhance: bool = False
    draft_many: DraftMany | None = None
    drafting_window: int = 0
    brief_many: DraftMany | None = None
    rows: InstructionRows | None = None
    mix: InstructionRows | None = None
    mix_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """The examples of each split, and the funnel: counts by reason that add up to the input.

    `documents` and `conversations` have the keys "input", the splits, and reasons to leave
    something out. `redaction_map` must never be written into the dataset. The keys of `extras` are
    "habits", "off_topic", "drafts", "briefs", "own_rows" and "mix", each only if it was requested.
    """

    examples: Mapping[Split, Sequence[Example]]
    documents: dict[str, int]
    rows: dict[str, int]  # per split and task
    lengths: dict[Split, tuple[RowLength, ...]]  # of the rows, in their order
    repairs: dict[str, int] = field(default_factory=dict)  # in documents that were kept
    overlap: dict[Split, float] = field(default_factory=dict)  # share of word runs also in train
    redaction: RedactionReport | None = None  # None: switched off
    redaction_map: RedactionMap = field(default_factory=RedactionMap)
    name_counts: Mapping[str, int] = field(default_factory=dict)  # for the user alone
    conversations: dict[str, int] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)  # parts that are in no row as a whole
    system_prompt: str = ""  # of the rows; with the habits, if they were measured
    extras: dict[str, Any] = field(default_factory=dict)
    other_languages: Mapping[str, int] = field(default_factory=dict)  # left out, by code

    @property
    def longest_tokens(self) -> int:
        """Return the tokens of the longest row."""
        return max(length.tokens for lengths in self.lengths.values() for length in lengths)
