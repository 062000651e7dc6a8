"""The funnel: counts by reason that add up to the input, and what held-out texts share with train.

Reports show the keys of these counts as they are: "input", the reasons, and the splits.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from morris_mlx.formats.row_messages import Cut
from morris_mlx.prepare.cleaning.duplicates import overlap
from morris_mlx.prepare.corpus import CleanCorpus
from morris_mlx.prepare.examples.document_rows import DocumentRows
from morris_mlx.prepare.examples.from_documents import TASK_TOPIC
from morris_mlx.prepare.examples.instruction_rows import OwnRows
from morris_mlx.prepare.job import Extras
from morris_mlx.prepare.reasons import (
    BRIEFED,
    INPUT,
    LEARNED_FROM,
    PASSAGES,
    ExclusionReason,
    by_name,
)
from morris_mlx.prepare.style.briefs import Briefs
from morris_mlx.prepare.style.drafts import Drafts
from morris_mlx.prepare.style.enhance import Enhancement
from morris_mlx.records.corpus import REWRITE_TASK, SPLITS, Example, Split

SplitIds = Mapping[Split, Sequence[str]]  # the IDs of texts or conversations in each split


def count_documents(corpus: CleanCorpus, rows: DocumentRows, splits: SplitIds) -> dict[str, int]:
    """Return the counts of documents; none if there were no documents."""
    if not corpus.given_documents:
        return {}
    return {
        INPUT: corpus.given_documents,
        **by_name(corpus.left_out_documents | rows.left_out, corpus.min_words),
        **{split: sum(i in rows.by_document for i in splits[split]) for split in SPLITS},
    }


def count_conversations(corpus: CleanCorpus, answered: int, splits: SplitIds) -> dict[str, int]:
    """Return the counts of conversations; none if there were no conversations.

    `answered` is the number of conversations with a turn of the writer.
    """
    if not corpus.given_conversations:
        return {}
    return {
        INPUT: corpus.given_conversations,
        **by_name(left_out_conversations(corpus, answered)),
        **{split: len(splits[split]) for split in SPLITS},
    }


def left_out_conversations(corpus: CleanCorpus, answered: int) -> dict[ExclusionReason, int]:
    """Return the counts of conversations left out, by reason."""
    unanswered = len(corpus.conversations) - answered
    return corpus.left_out_conversations | {ExclusionReason.NO_ANSWER: unanswered}


def count_rows(examples: Mapping[Split, Sequence[Example]]) -> dict[str, int]:
    """Return the number of rows of each split and task."""
    counts = Counter(f"{split}, {e.task}" for split in SPLITS for e in examples[split])
    return dict(sorted(counts.items()))


def overlap_with_train(examples: Mapping[Split, Sequence[Example]]) -> dict[Split, float]:
    """Return for valid and test the share of the writer's word runs that are also in train."""
    return {
        split: overlap(_answers(examples[split]), _answers(examples["train"]))
        for split in SPLITS
        if split != "train"
    }


def _answers(rows: Iterable[Example]) -> Iterator[str]:
    """Yield the writer's messages in the rows, each text once."""
    seen: set[bytes] = set()
    for text in (m.content for e in rows for m in e.messages if m.role == "assistant"):
        key = hashlib.sha256(text.encode()).digest()
        if key not in seen:
            seen.add(key)
            yield text


def count_extras(
    extras: Extras,
    enhancement: Enhancement,
    train: Sequence[Example],
    corpus: CleanCorpus,
    own: OwnRows,
    splits: SplitIds,
) -> dict[str, Any]:
    """Return the part of the report about habits, off-topic texts, drafts, briefs and own rows."""
    counts: dict[str, Any] = {}
    if extras.enhance:
        rows = sum(e.source_id in enhancement.off_topic for e in train)
        counts["habits"] = asdict(enhancement.habits) if enhancement.habits else None
        counts["off_topic"] = {"texts": len(enhancement.off_topic), "rows": rows}
        counts["drafts"] = _count_drafts(enhancement.drafts, train)
        counts["briefs"] = _count_briefs(enhancement.briefs, train)
    if extras.rows:
        counts["own_rows"] = {
            INPUT: extras.rows.given,
            **by_name(extras.rows.left_out),
            **by_name(corpus.left_out_rows | {ExclusionReason.TOO_LONG: own.too_long}),
            **{split: sum(i in own.examples for i in splits[split]) for split in SPLITS},
        }
    return counts


def count_cuts(extras: Extras) -> dict[str, int]:
    """Return what was cut from given rows, by its name; nothing if nothing was."""
    cuts = Counter[Cut]()
    for given in (extras.rows, extras.mix):
        cuts.update(given.cuts if given else {})
    return by_name({cut: cuts[cut] for cut in Cut if cuts[cut]})


def _count_drafts(drafts: Drafts | None, train: Sequence[Example]) -> dict[str, int]:
    """Return the counts of passages; none if no drafts were requested."""
    if drafts is None:
        return {}
    learned = sum(e.task == REWRITE_TASK for e in train)
    return {
        PASSAGES: drafts.passages,
        **by_name(drafts.rejected),
        ExclusionReason.UNUSED_DRAFT.value: len(drafts.accepted) - learned,
        LEARNED_FROM: learned,
    }


def _count_briefs(briefs: Briefs | None, train: Sequence[Example]) -> dict[str, int]:
    """Return the counts of texts to brief; none if no briefs were requested."""
    if briefs is None:
        return {}
    learned = len({e.source_id for e in train if e.task == TASK_TOPIC} & briefs.accepted.keys())
    return {
        BRIEFED: briefs.texts,
        **by_name(briefs.rejected),
        ExclusionReason.UNUSED_BRIEF.value: len(briefs.accepted) - learned,
        LEARNED_FROM: learned,
    }
