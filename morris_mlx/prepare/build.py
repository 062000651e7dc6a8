"""The funnel: clean, split by document, pair, fit; with counts that add up."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from morris_mlx.errors import MorrisError
from morris_mlx.prepare import Prepared
from morris_mlx.prepare.clean import clean_documents
from morris_mlx.prepare.fit import TooLongError, fit_example, row_tokens
from morris_mlx.prepare.pair import Pairing
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import SPLITS, Document, Example, Split
from morris_mlx.settings import MIN_DOCUMENTS, MIN_WORDS, TEST_SHARE, VALID_SHARE

TOO_LONG, NO_REQUEST = "a sentence longer than the window", "no way to ask for it"


def build_dataset(
    documents: Sequence[Document],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
) -> Prepared:
    kept, reasons = clean_documents(documents)
    pairing = Pairing(kept, system_prompt, seed)
    rows: dict[str, list[list[Example]]] = {}  # per document, per way of asking
    reasons |= {TOO_LONG: 0, NO_REQUEST: 0}
    for document in kept:
        asked = list(pairing.examples(document))
        fitted = _fitted(asked, pairing, tokenizer, window)
        if fitted:
            rows[document.id] = fitted
        else:
            reasons[TOO_LONG if asked else NO_REQUEST] += 1
    if len(rows) < MIN_DOCUMENTS:
        raise MorrisError(
            f"Only {len(rows)} of {len(documents)} documents can be learned from, and "
            f"{MIN_DOCUMENTS} are needed ({_in_words(reasons)}). Collect more texts of at least "
            f"{MIN_WORDS} words."
        )
    splits = split_documents(sorted(rows), seed)
    examples: dict[Split, tuple[Example, ...]] = {
        "train": tuple(e for i in splits["train"] for way in rows[i] for e in way),
        "valid": tuple(_asked_once([rows[i] for i in splits["valid"]])),
        "test": tuple(_asked_once([rows[i] for i in splits["test"]])),
    }
    made = Counter(f"{split}, {e.task}" for split in SPLITS for e in examples[split])
    longest = max(row_tokens(e, tokenizer) for split in SPLITS for e in examples[split])
    counts = {"input": len(documents)} | reasons
    for split in SPLITS:
        counts[split] = len(splits[split])
    return Prepared(examples, counts, dict(sorted(made.items())), longest)


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


def split_documents(ids: Sequence[str], seed: int) -> dict[Split, list[str]]:
    """Whole documents to train, valid and test, at least one in each.

    The order is a hash of seed and id: a text more or less moves hardly any of the others.
    """
    shuffled = sorted(ids, key=lambda i: hashlib.sha256(f"{seed}/{i}".encode()).hexdigest())
    valid = max(1, math.floor(VALID_SHARE * len(ids)))
    test = max(1, math.floor(TEST_SHARE * len(ids)))
    return {
        "train": sorted(shuffled[valid + test :]),
        "valid": sorted(shuffled[:valid]),
        "test": sorted(shuffled[valid : valid + test]),
    }


def _in_words(reasons: dict[str, int]) -> str:
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    return said or "none was left out"
