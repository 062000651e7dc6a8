"""The funnel: split by document, pair, fit; with counts that add up."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from morris_mlx.errors import MorrisError
from morris_mlx.prepare import Prepared
from morris_mlx.prepare.duplicates import overlap
from morris_mlx.prepare.fit import TooLongError, fit_example, row_tokens
from morris_mlx.prepare.pair import Pairing
from morris_mlx.prepare.ready import Ready
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import SPLITS, Example, Split
from morris_mlx.settings import (
    MIN_DOCUMENTS,
    MIN_WORDS,
    MOST_TOGETHER,
    TEST_SHARE,
    VALID_SHARE,
)

TOO_LONG, NO_REQUEST = "a sentence longer than the window", "no way to ask for it"


def build_dataset(
    ready: Ready, tokenizer: ChatTokenizer, window: int, system_prompt: str, seed: int
) -> Prepared:
    pairing = Pairing(ready.documents, system_prompt, seed)
    rows: dict[str, list[list[Example]]] = {}  # per document, per way of asking
    reasons = ready.dropped | {TOO_LONG: 0, NO_REQUEST: 0}
    for document in ready.documents:
        asked = list(pairing.examples(document))
        fitted = _fitted(asked, pairing, tokenizer, window)
        if fitted:
            rows[document.id] = fitted
        else:
            reasons[TOO_LONG if asked else NO_REQUEST] += 1
    if len(rows) < MIN_DOCUMENTS:
        raise MorrisError(
            f"Only {len(rows)} of {ready.given} documents can be learned from, and "
            f"{MIN_DOCUMENTS} are needed ({_in_words(reasons)}). Collect more texts of at least "
            f"{MIN_WORDS} words."
        )
    splits = split_documents(sorted(rows), seed, ready.together)
    examples: dict[Split, tuple[Example, ...]] = {
        "train": tuple(e for i in splits["train"] for way in rows[i] for e in way),
        "valid": tuple(_asked_once([rows[i] for i in splits["valid"]])),
        "test": tuple(_asked_once([rows[i] for i in splits["test"]])),
    }
    made = Counter(f"{split}, {e.task}" for split in SPLITS for e in examples[split])
    longest = max(row_tokens(e, tokenizer) for split in SPLITS for e in examples[split])
    counts = {"input": ready.given} | reasons | {split: len(splits[split]) for split in SPLITS}
    texts = {document.id: document.text for document in ready.documents}
    known = [texts[i] for i in splits["train"]]
    return Prepared(
        examples=examples,
        documents=counts,
        rows=dict(sorted(made.items())),
        longest_tokens=longest,
        mended=ready.mended,
        overlap={s: overlap([texts[i] for i in splits[s]], known) for s in SPLITS if s != "train"},
        redaction=ready.redaction,
        private_map=ready.private_map,
    )


def _fitted(
    examples: Sequence[Example], pairing: Pairing, tokenizer: ChatTokenizer, window: int
) -> list[list[Example]]:
    """The rows of each way of asking; one under which a sentence cannot fit is left out whole."""
    fitted: list[list[Example]] = []
    for example in examples:
        with suppress(TooLongError):
            fitted.append(list(fit_example(example, pairing, tokenizer, window)))
    return fitted


def _asked_once(documents: Sequence[Sequence[Sequence[Example]]]) -> Iterator[Example]:
    """Held-out documents in one way each, by turns: measuring a text thrice tells no more."""
    for number, ways in enumerate(documents):
        yield from ways[number % len(ways)]


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
