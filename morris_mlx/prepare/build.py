"""The funnel: split by document, pair, fit; with counts that add up."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.prepare import Extras, Prepared
from morris_mlx.prepare.ask import Asked, Asking, asked_once
from morris_mlx.prepare.duplicates import overlap
from morris_mlx.prepare.enhance import Enhanced, enhance
from morris_mlx.prepare.fit import row_tokens
from morris_mlx.prepare.pair import Pairing
from morris_mlx.prepare.ready import Ready
from morris_mlx.prepare.rows import TOO_LONG as ROW_TOO_LONG
from morris_mlx.prepare.rows import OwnRows, draw_mix, joined_groups, own_rows, related_to
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import SPLITS, Example, Split
from morris_mlx.settings import (
    MIN_DOCUMENTS,
    MIN_WORDS,
    MOST_TOGETHER,
    TEST_SHARE,
    VALID_SHARE,
)


def build_dataset(
    ready: Ready,
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    extras: Extras,
) -> Prepared:
    documents = {document.id: document for document in ready.documents}

    def ask(prompt: str) -> tuple[Asking, Asked, OwnRows]:
        asking = Asking(Pairing(ready.documents, prompt, seed), tokenizer, window)
        own = own_rows(ready.rows, prompt, tokenizer, window)
        return asking, asking.ask(ready.documents), own

    asking, asked, own = ask(system_prompt)
    _require_enough(ready, asked, own)
    groups = joined_groups(ready.together, related_to(ready.documents, ready.rows))
    splits = split_documents(sorted([*asked.ways, *own.examples]), seed, groups)
    enhanced = Enhanced(system_prompt)
    if extras.enhance:
        # The split stands first: nothing is measured or drafted on the other side of it.
        texts = [documents[i] for i in splits["train"] if i in documents]
        enhanced = enhance(
            texts, system_prompt, tokenizer, extras.draft_many, extras.drafting_window
        )
        asking, asked, own = ask(enhanced.system_prompt)
        splits = _still_there(splits, {*asked.ways, *own.examples}, window)
    texts = [documents[i] for i in splits["train"] if i in asked.ways]
    train = asking.train_rows(texts, asked, enhanced.weights, enhanced.drafts)
    train += [own.examples[i] for i in splits["train"] if i in own.examples]
    told = _told(extras, enhanced, train, ready, own, splits)
    if extras.mix:
        mixed = draw_mix(extras.mix, extras.mix_share, len(train), tokenizer, window, seed, ready)
        train += mixed.examples
        ready = mixed.ready
        told["mix"] = mixed.counts
    examples: dict[Split, tuple[Example, ...]] = {
        "train": tuple(train),
        "valid": _held_out(splits["valid"], asked, own),
        "test": _held_out(splits["test"], asked, own),
    }
    return _prepared(ready, examples, asked, splits, enhanced.system_prompt, told, tokenizer)


def _prepared(
    ready: Ready,
    examples: dict[Split, tuple[Example, ...]],
    asked: Asked,
    splits: Mapping[Split, Sequence[str]],
    system_prompt: str,
    told: dict[str, Any],
    tokenizer: ChatTokenizer,
) -> Prepared:
    counts = {"input": ready.given} | ready.dropped | asked.reasons
    counts |= {split: sum(i in asked.ways for i in splits[split]) for split in SPLITS}
    made = Counter(f"{split}, {e.task}" for split in SPLITS for e in examples[split])
    texts = {document.id: document.text for document in ready.documents}
    in_split = {s: [texts[i] for i in splits[s] if i in texts] for s in SPLITS}
    return Prepared(
        examples=examples,
        documents=counts,
        rows=dict(sorted(made.items())),
        longest_tokens=max(row_tokens(e, tokenizer) for split in SPLITS for e in examples[split]),
        mended=ready.mended,
        overlap={s: overlap(in_split[s], in_split["train"]) for s in SPLITS if s != "train"},
        redaction=ready.redaction,
        private_map=ready.private_map,
        system_prompt=system_prompt,
        extras=told,
    )


def _require_enough(ready: Ready, asked: Asked, own: OwnRows) -> None:
    if len(asked.ways) + len(own.examples) < MIN_DOCUMENTS:
        rows = f" and {len(own.examples)} rows" if ready.rows else ""
        raise MorrisError(
            f"Only {len(asked.ways)} of {ready.given} documents{rows} can be learned from, and "
            f"{MIN_DOCUMENTS} are needed ({_in_words(ready.dropped | asked.reasons)}). "
            f"Collect more texts of at least {MIN_WORDS} words."
        )


def _still_there(
    splits: Mapping[Split, Sequence[str]], present: set[str], window: int
) -> dict[Split, list[str]]:
    """Without what no longer fits under the longer system prompt; nothing changes sides."""
    left = {split: [i for i in splits[split] if i in present] for split in SPLITS}
    if empty := [split for split in SPLITS if not left[split]]:
        raise MorrisError(
            f"With your habits in the system prompt nothing of {empty[0]} fits into {window} "
            "tokens. Give a wider --max-seq-length, or leave --enhance out."
        )
    return left


def _held_out(ids: Sequence[str], asked: Asked, own: OwnRows) -> tuple[Example, ...]:
    texts = asked_once([asked.ways[i] for i in ids if i in asked.ways])
    return (*texts, *(own.examples[i] for i in ids if i in own.examples))


def _told(
    extras: Extras,
    enhanced: Enhanced,
    train: Sequence[Example],
    ready: Ready,
    own: OwnRows,
    splits: Mapping[Split, Sequence[str]],
) -> dict[str, Any]:
    """What the report says of what was asked for beyond the rows of the texts."""
    told: dict[str, Any] = {}
    if extras.enhance:
        off = sum(e.source_id in enhanced.off_topic for e in train)
        told["habits"] = asdict(enhanced.habits) if enhanced.habits else None
        told["off_topic"] = {"texts": len(enhanced.off_topic), "rows": off}
        told["drafts"] = dict(enhanced.draft_counts)
    if extras.rows:
        told["own_rows"] = {
            "input": extras.rows.given,
            **extras.rows.left_out,
            **ready.dropped_rows,
            ROW_TOO_LONG: own.too_long,
            **{split: sum(i in own.examples for i in splits[split]) for split in SPLITS},
        }
    return told


def split_documents(
    ids: Sequence[str], seed: int, together: Sequence[Sequence[str]] = ()
) -> dict[Split, list[str]]:
    """Whole documents to train, valid and test, at least one in each; groups are not parted.

    The order is a hash of seed and id: a text more or less moves hardly any of the others.
    """
    groups = _split_groups(ids, together)
    groups.sort(key=lambda g: hashlib.sha256(f"{seed}/{g[0]}".encode()).hexdigest())
    splits: dict[Split, list[str]] = {"train": []}
    shares: tuple[tuple[Split, float], ...] = (("valid", VALID_SHARE), ("test", TEST_SHARE))
    for split, share in shares:
        room = max(1, math.floor(share * len(ids)))
        taken = [g for g in groups if len(g) == min(map(len, groups))][:1]
        if len(taken[0]) <= room:  # else the smallest group is all that this split gets
            taken = []
            for group in groups:
                if len(group) <= room:
                    taken.append(group)
                    room -= len(group)
        groups = [g for g in groups if g not in taken]
        splits[split] = sorted(i for group in taken for i in group)
    splits["train"] = sorted(i for group in groups for i in group)
    return splits


def _split_groups(ids: Sequence[str], together: Sequence[Sequence[str]]) -> list[list[str]]:
    """The ids in groups, alone or with related ones; but a mould of all texts has to be."""
    present = set(ids)
    groups = [sorted(present.intersection(group)) for group in together]
    groups = [g for g in groups if 1 < len(g) <= MOST_TOGETHER * len(ids)]
    grouped = {i for group in groups for i in group}
    return [*groups, *([i] for i in ids if i not in grouped)]


def _in_words(reasons: dict[str, int]) -> str:
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    return said or "none was left out"
