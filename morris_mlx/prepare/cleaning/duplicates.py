"""Texts that are nearly the same: MinHash finds who might be, the shingles themselves decide.

Broder, On the resemblance and containment of documents (1997). A text's shingles are its runs of
SHINGLE_WORDS words; two texts are as alike as the share of shingles that they have in common
(Jaccard). Of each text HASHES minima are kept, in BANDS; texts that agree in a whole band are
compared. With four minima a band, of pairs alike to 0.6 one in eighty is not found, to 0.8 one in
ten million.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.word_runs import OVERLAP_WORDS

SHINGLE_WORDS = 5  # shorter runs are idioms that any two texts share
# 0.8: an edited copy with one word in fifty changed; two columns of one mould stay below 0.7.
DUPLICATE_JACCARD = 0.8
RELATED_JACCARD = 0.6  # a rewritten text: worth keeping, not on both sides of a split

HASHES, BANDS = 128, 32
CHUNK = 20_000  # shingles hashed at once: 128 hashes of them are 20 MB
WORD = re.compile(r"\w+")
Hashes = npt.NDArray[np.uint64]
# Any fixed odd multipliers will do; drawn once from a seed, so that every run has the same.
_RNG = np.random.default_rng(1997)
FACTORS: Hashes = _RNG.integers(0, 2**63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
OFFSETS: Hashes = _RNG.integers(0, 2**63, HASHES, dtype=np.uint64)
PLACES: Hashes = _RNG.integers(0, 2**63, 64, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Numbers of texts: the same as another, nearly the same, and groups that are related.

    Of texts that are alike the longest stays. A related group must not be parted between splits.
    """

    exact: frozenset[int]
    near: frozenset[int]
    related: tuple[tuple[int, ...], ...]


def find_duplicates(texts: Sequence[str]) -> Duplicates:
    """The same for the same texts in any order. Under SHINGLE_WORDS words: exact ones only."""
    words = [WORD.findall(fold_lowercase(text)) for text in texts]
    order = sorted(range(len(texts)), key=lambda i: (-len(words[i]), words[i], i))
    exact: set[int] = set()
    seen: set[str] = set()
    for number in order:
        key = hashlib.sha256("\n".join(words[number]).encode()).hexdigest()
        if key in seen:
            exact.add(number)
        seen.add(key)
    rest = [i for i in order if i not in exact and len(words[i]) >= SHINGLE_WORDS]
    near, pairs = _near([shingles(words[i], SHINGLE_WORDS) for i in rest])
    groups = _groups([(rest[a], rest[b]) for a, b in pairs])
    return Duplicates(frozenset(exact), frozenset(rest[i] for i in near), groups)


def overlap(texts: Sequence[str], known: Sequence[str]) -> float:
    """The share of runs of OVERLAP_WORDS words in `texts` that stand in `known` too."""
    mine = _all_shingles(texts)
    return float(np.isin(mine, _all_shingles(known)).mean()) if len(mine) else 0.0


def shingles(words: Sequence[str], length: int) -> Hashes:
    """Sorted distinct hashes of all runs of `length` words."""
    hashed = _hashed(words)
    count = len(hashed) - length + 1
    if count < 1:
        return np.empty(0, np.uint64)
    total = np.zeros(count, np.uint64)
    for place in range(length):  # modulo 2**64
        total += hashed[place : place + count] * PLACES[place]
    return np.unique(total ^ (total >> np.uint64(31)))


def _hashed(words: Sequence[str]) -> Hashes:
    digests = b"".join(hashlib.blake2b(w.encode(), digest_size=8).digest() for w in words)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _all_shingles(texts: Sequence[str]) -> Hashes:
    parts = [shingles(WORD.findall(fold_lowercase(text)), OVERLAP_WORDS) for text in texts]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)


def _near(sets: Sequence[Hashes]) -> tuple[set[int], list[tuple[int, int]]]:
    """(numbers that nearly repeat an earlier one, pairs of the others that are related)"""
    near: set[int] = set()
    pairs: list[tuple[int, int]] = []
    buckets: dict[tuple[int, int], list[int]] = {}
    for number, keys in enumerate(_band_keys(sets)):
        candidates = sorted({other for key in keys for other in buckets.get(key, ())})
        alike = [(_jaccard(sets[number], sets[other]), other) for other in candidates]
        if any(share >= DUPLICATE_JACCARD for share, _ in alike):
            near.add(number)
            continue
        pairs += [(other, number) for share, other in alike if share >= RELATED_JACCARD]
        for key in keys:
            buckets.setdefault(key, []).append(number)
    return near, pairs


def _band_keys(sets: Sequence[Hashes]) -> Iterator[list[tuple[int, int]]]:
    """Of each text its (band, key) pairs that another text has, too: few, mostly none."""
    if not sets:
        return
    keys = np.concatenate([_signatures(chunk) for chunk in _chunks(sets)])
    shared = np.empty(keys.shape, bool)
    for band in range(BANDS):
        _, inverse, counts = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        shared[:, band] = counts[inverse] > 1
    for row, mask in zip(keys, shared, strict=True):
        bands = np.flatnonzero(mask).tolist()
        yield [(band, int(row[band])) for band in bands]


def _chunks(sets: Sequence[Hashes]) -> Iterator[list[Hashes]]:
    chunk: list[Hashes] = []
    size = 0
    for one in sets:
        if chunk and size + len(one) > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += len(one)
    yield chunk


def _signatures(chunk: Sequence[Hashes]) -> Hashes:
    """One key per text and band, shape (texts, BANDS)."""
    starts = np.cumsum([0, *(len(one) for one in chunk[:-1])])
    hashed = np.concatenate(chunk)[None, :] * FACTORS[:, None] + OFFSETS[:, None]
    # The low bits of a product are poor: the upper half decides.
    minima = np.minimum.reduceat(hashed >> np.uint64(32), starts, axis=1)
    rows = minima.T.reshape(len(chunk), BANDS, HASHES // BANDS)
    keys: Hashes = (rows * PLACES[: HASHES // BANDS]).sum(axis=2, dtype=np.uint64)
    return keys


def _jaccard(one: Hashes, other: Hashes) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def _groups(pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Who hangs together through any chain of pairs."""
    leader: dict[int, int] = {}

    def find(number: int) -> int:
        while leader.setdefault(number, number) != number:
            number = leader[number]
        return number

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    groups: dict[int, list[int]] = {}
    for number in sorted(leader):
        groups.setdefault(find(number), []).append(number)
    return tuple(tuple(members) for members in groups.values())
