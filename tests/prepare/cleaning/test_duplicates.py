"""The deduplicator: copies are found, other texts are kept, and related texts stay together."""

import random
import time

import numpy as np
import pytest

from morris_mlx.prepare.cleaning.duplicates import (
    RELATED_JACCARD,
    find_duplicates,
    overlap,
    shingles,
)
from morris_mlx.prepare.split import split_sources

ENGLISH = [
    a + b
    for a in ["ba", "ke", "lo", "mi", "nu", "po", "ra", "se", "ti", "wu"]
    for b in ["rn", "st", "ld", "mp", "nk", "sh", "th", "ck"]
]
RUSSIAN = [
    a + b
    for a in ["ба", "ке", "ло", "ми", "ну", "по", "ра", "се", "ти", "ву"]
    for b in ["рн", "ст", "лд", "мп", "нк", "ша", "ть", "чка"]
]


def text(rng: random.Random, words=ENGLISH, count: int = 150) -> str:
    return " ".join(rng.choice(words) for _ in range(count))


def edited(rng: random.Random, original: str, words=ENGLISH, share: float = 0.015) -> str:
    """Return a copy with some words, the punctuation and the capitals changed."""
    changed = original.split()
    for at in rng.sample(range(len(changed)), max(1, int(share * len(changed)))):
        changed[at] = rng.choice(words)
    return " ".join(changed).capitalize().replace(" ", ", ", 3) + "."


@pytest.mark.parametrize("words", [ENGLISH, RUSSIAN])
def test_near_duplicates_are_found_and_nothing_else(words):
    rng = random.Random(5)
    originals = [text(rng, words) for _ in range(300)]
    copies = [edited(rng, original, words) for original in originals[:150]]
    found = find_duplicates([*originals, *copies])
    assert len(found.near) >= 148  # a copy or its original: the longer stays
    assert {n % 300 for n in found.near} <= set(range(150))
    assert found.exact == frozenset()


def test_exact_duplicates_may_differ_in_case_spaces_and_punctuation():
    first = "Ёлка стоит, и никто её не видит — никто."
    found = find_duplicates([first, "ёлка  стоит и никто ее не видит, никто", "другая"])
    assert len(found.exact) == 1 and not found.near


def test_short_texts_are_duplicates_only_if_their_words_are_the_same():
    found = find_duplicates(["привет как дела", "привет как ты", "да", "нет", "да!"])
    assert found.exact == {4} and not found.near and not found.related


def test_the_longest_of_several_copies_is_kept_in_any_order():
    rng = random.Random(1)
    whole = text(rng)
    texts = [whole, f"{whole} and a line", text(rng)]
    assert find_duplicates(texts).near == {0}
    assert find_duplicates(texts[::-1]).near == {2}


def test_a_rewritten_text_is_related_but_no_duplicate():
    rng = random.Random(2)
    whole = text(rng, count=400)
    other = edited(rng, whole, share=0.035)
    found = find_duplicates([text(rng), whole, text(rng), other])
    assert found.related == ((1, 3),) and not found.near


def test_shingles_give_the_exact_jaccard_similarity():
    one, other = (set(shingles(list(words), 2).tolist()) for words in ("abcdef", "abcdxy"))
    assert len(one & other) / len(one | other) == pytest.approx(3 / 7)
    assert len(shingles(["a"], 2)) == 0


def test_similar_texts_are_never_in_different_splits():
    rng = random.Random(9)
    originals = [text(rng) for _ in range(60)]
    versions = [edited(rng, o, share=s) for o in originals[:20] for s in (0.01, 0.03, 0.05)]
    texts = [*originals, *versions]
    found = find_duplicates(texts)
    gone = found.exact | found.near
    ids = [f"{n:03}" for n in range(len(texts)) if n not in gone]
    dates = {i: f"2020-01-{1 + int(i) % 28:02}" if int(i) % 3 else "" for i in ids}
    splits = split_sources(dates, 3, [[f"{n:03}" for n in group] for group in found.related])
    sets = {
        n: shingles(texts[int(n)].lower().replace(",", "").replace(".", "").split(), 5) for n in ids
    }
    for one in splits["valid"] + splits["test"]:
        for other in splits["train"]:
            common = len(np.intersect1d(sets[one], sets[other]))
            share = common / (len(sets[one]) + len(sets[other]) - common)
            assert share < RELATED_JACCARD, (one, other)


def test_overlap_is_the_share_of_known_word_runs():
    rng = random.Random(4)
    known, new = text(rng), text(rng)
    assert overlap([known], [known, new]) == 1.0
    assert overlap([new], [known]) == 0.0
    assert 0.3 < overlap([f"{known} {new}"], [known]) < 0.7
    assert overlap([], [known]) == overlap(["too short"], [known]) == 0.0


def test_twenty_thousand_short_texts_take_seconds():
    rng = random.Random(6)
    texts = [text(rng, count=rng.randrange(5, 30)) for _ in range(18_000)]
    texts += [f"{t} {rng.choice(ENGLISH)}" for t in texts[:2000]]
    began = time.process_time()
    found = find_duplicates(texts)
    assert time.process_time() - began < 30
    assert len(found.near) + len(found.exact) > 1000  # one more word in 24 or more: alike to 0.8
