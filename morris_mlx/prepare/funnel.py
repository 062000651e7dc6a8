"""What became of everything that came in: counts by reason that add up, and what splits share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from morris_mlx.prepare import Extras
from morris_mlx.prepare.ask import Asked
from morris_mlx.prepare.cleaning.duplicates import overlap
from morris_mlx.prepare.corpus import Ready
from morris_mlx.prepare.examples.instruction_rows import TOO_LONG, OwnRows
from morris_mlx.prepare.style.drafts import ASKED, KEPT
from morris_mlx.prepare.style.enhance import Enhanced
from morris_mlx.prepare.style.numbers import DRAFTS_LEARNED
from morris_mlx.records.corpus import REWRITE_TASK, SPLITS, Example, Split

NOTHING = "nothing of the writer's in it"
UNUSED = "fit, but more than the mixture needs or the window holds"
Sides = Mapping[Split, Sequence[str]]


def document_counts(ready: Ready, asked: Asked, sides: Sides) -> dict[str, int]:
    if not ready.given:
        return {}
    counts = {"input": ready.given} | ready.dropped | asked.reasons
    return counts | {split: sum(i in asked.ways for i in sides[split]) for split in SPLITS}


def conversation_reasons(ready: Ready, answered: int) -> dict[str, int]:
    return ready.dropped_conversations | {NOTHING: len(ready.conversations) - answered}


def conversation_counts(ready: Ready, answered: int, sides: Sides) -> dict[str, int]:
    if not ready.given_conversations:
        return {}
    counts = {"input": ready.given_conversations} | conversation_reasons(ready, answered)
    return counts | {split: len(sides[split]) for split in SPLITS}


def row_counts(examples: Mapping[Split, Sequence[Example]]) -> dict[str, int]:
    made = Counter(f"{split}, {e.task}" for split in SPLITS for e in examples[split])
    return dict(sorted(made.items()))


def overlaps(examples: Mapping[Split, Sequence[Example]]) -> dict[Split, float]:
    """Of everything that the writer says, whatever it was collected from."""
    said = {
        split: list(
            dict.fromkeys(
                m.content for e in examples[split] for m in e.messages if m.role == "assistant"
            )
        )
        for split in SPLITS
    }
    return {split: overlap(said[split], said["train"]) for split in SPLITS if split != "train"}


def _drafts(counts: Mapping[str, int], train: Sequence[Example]) -> dict[str, int]:
    """What became of every passage; no counts when nothing was to be drafted."""
    if not counts:
        return {}
    used = sum(e.task == REWRITE_TASK for e in train)
    rejected = {name: n for name, n in counts.items() if name not in (ASKED, KEPT)}
    return {ASKED: counts[ASKED], **rejected, UNUSED: counts[KEPT] - used, DRAFTS_LEARNED: used}


def extra_counts(
    extras: Extras,
    enhanced: Enhanced,
    train: Sequence[Example],
    ready: Ready,
    own: OwnRows,
    sides: Sides,
) -> dict[str, Any]:
    """What the report says of what was asked for beyond the rows of the texts."""
    told: dict[str, Any] = {}
    if extras.enhance:
        off = sum(e.source_id in enhanced.off_topic for e in train)
        told["habits"] = asdict(enhanced.habits) if enhanced.habits else None
        told["off_topic"] = {"texts": len(enhanced.off_topic), "rows": off}
        told["drafts"] = _drafts(enhanced.draft_counts, train)
    if extras.rows:
        told["own_rows"] = {
            "input": extras.rows.given,
            **extras.rows.left_out,
            **ready.dropped_rows,
            TOO_LONG: own.too_long,
            **{split: sum(i in own.examples for i in sides[split]) for split in SPLITS},
        }
    return told
