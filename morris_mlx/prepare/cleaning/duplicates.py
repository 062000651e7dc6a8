"""Deduplicator: MinHash finds candidates, and the exact Jaccard similarity decides.

After Broder, "On the resemblance and containment of documents" (1997). The shingles of a text are
its runs of SHINGLE_WORDS words; the similarity of two texts is the share of shingles that they have
in common (Jaccard). A signature of HASHES minima in BANDS is kept for each text, and texts that
agree in a whole band are compared. With four minima per band, one in eighty pairs is missed at a
similarity of 0.6, and one in ten million at 0.8.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from morris_mlx.prepare.codecs import SHINGLES
from morris_mlx.prepare.disk_list import DiskList, Selection
from morris_mlx.prepare.progress import Tick, no_tick
from morris_mlx.text.word_runs import OVERLAP_WORDS, plain_words

SHINGLE_WORDS = 5  # shorter runs are idioms that any two texts share
# A copy with one word in fifty changed has 0.8; two columns from one template stay below 0.7.
DUPLICATE_JACCARD = 0.8
RELATED_JACCARD = 0.6  # a rewritten text: worth keeping, but in the same split

HASHES, BANDS = 128, 32
# Texts that agree in a band are compared with this many before them, those first that share most
# bands: among thousands of texts from one template, all pairs would be compared otherwise.
MAX_COMPARED = 64
CHUNK_SHINGLES = 20_000  # hashed at once: 128 hashes of them take 20 MB
Hashes = npt.NDArray[np.uint64]
Key = TypeVar("Key", int, str)
# Any odd multipliers will do; a fixed seed gives the same ones in every run.
_RNG = np.random.default_rng(1997)
FACTORS: Hashes = _RNG.integers(0, 2**63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
OFFSETS: Hashes = _RNG.integers(0, 2**63, HASHES, dtype=np.uint64)
PLACES: Hashes = _RNG.integers(0, 2**63, 64, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Indices of texts to remove, and groups of related texts that must be in the same split.

    The longest of several similar texts is kept, so it is neither in `exact` nor in `near`.
    """

    exact: frozenset[int]
    near: frozenset[int]
    related: tuple[tuple[int, ...], ...]


def find_duplicates(texts: Sequence[str], tick: Tick = no_tick) -> Duplicates:
    """Find duplicates, whatever the order of the texts.

    Texts with fewer than SHINGLE_WORDS words are duplicates only if their words are the same. The
    words themselves are not kept, and their hashes are in a temporary file.
    """
    keys: list[tuple[int, bytes, int, int]] = []
    hashed = DiskList(SHINGLES)
    exact: set[int] = set()
    seen: set[bytes] = set()
    for number, text in enumerate(texts):
        words = plain_words(text)
        key = hashlib.sha256("\n".join(words).encode()).digest()
        if key in seen:
            exact.add(number)
        elif len(words) >= SHINGLE_WORDS:
            keys.append((-len(words), key, number, len(hashed)))
            hashed.append(shingles(words, SHINGLE_WORDS))
        seen.add(key)
        tick(len(text))
    keys.sort()
    rest = [number for *_, number, _ in keys]
    near, pairs = _find_near(Selection(hashed, [place for *_, place in keys]))
    groups = connected_groups([(rest[a], rest[b]) for a, b in pairs])
    return Duplicates(frozenset(exact), frozenset(rest[i] for i in near), groups)


def overlap(texts: Iterable[str], known: Iterable[str]) -> float:
    """Return the share of the runs of OVERLAP_WORDS words in `texts` that are also in `known`."""
    own = all_shingles(texts)
    if not len(own):
        return 0.0
    found = np.zeros(len(own), bool)
    for text in known:  # one by one: the runs of all of train would take gigabytes
        runs = shingles(plain_words(text), OVERLAP_WORDS)
        places = np.minimum(np.searchsorted(own, runs), len(own) - 1)
        found[places[own[places] == runs]] = True
    return float(found.mean())


def all_shingles(texts: Iterable[str]) -> Hashes:
    """Return the sorted distinct hashes of all runs of OVERLAP_WORDS words of the texts."""
    parts = [shingles(plain_words(text), OVERLAP_WORDS) for text in texts]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)


def shingles(words: Sequence[str], length: int) -> Hashes:
    """Return the sorted distinct hashes of all runs of `length` words."""
    return np.unique(run_hashes(words, length))


def run_hashes(words: Sequence[str], length: int) -> Hashes:
    """Return the hash of each run of `length` words, in the order of the text."""
    hashed = _hashed(words)
    count = len(hashed) - length + 1
    if count < 1:
        return np.empty(0, np.uint64)
    total = np.zeros(count, np.uint64)
    for place in range(length):  # modulo 2**64
        total += hashed[place : place + count] * PLACES[place]
    return total ^ (total >> np.uint64(31))


def _hashed(words: Sequence[str]) -> Hashes:
    known = {w: hashlib.blake2b(w.encode(), digest_size=8).digest() for w in set(words)}
    return np.frombuffer(b"".join([known[w] for w in words]), dtype="<u8").astype(np.uint64)


def _find_near(sets: Sequence[Hashes]) -> tuple[set[int], list[tuple[int, int]]]:
    """Return the indices of near duplicates of an earlier set, and related pairs of the others."""
    near: set[int] = set()
    pairs: list[tuple[int, int]] = []
    buckets: dict[tuple[int, int], list[int]] = {}
    for number, keys in enumerate(_band_keys(sets)):
        shared = Counter(other for key in keys for other in buckets.get(key, ()))
        candidates = sorted(other for other, _ in shared.most_common(MAX_COMPARED))
        similar = _similarities(sets, number, candidates)
        if any(share >= DUPLICATE_JACCARD for share, _ in similar):
            near.add(number)
            continue
        pairs += [(other, number) for share, other in similar if share >= RELATED_JACCARD]
        for key in keys:
            if len(bucket := buckets.setdefault(key, [])) < MAX_COMPARED:
                bucket.append(number)
    return near, pairs


def _similarities(
    sets: Sequence[Hashes], number: int, others: Sequence[int]
) -> list[tuple[float, int]]:
    if not others:
        return []
    own = sets[number]
    return [(_jaccard(own, sets[other]), other) for other in others]


def _band_keys(sets: Sequence[Hashes]) -> Iterator[list[tuple[int, int]]]:
    """Yield for each set the (band, key) pairs that another set has, too: few, mostly none."""
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
        if chunk and size + len(one) > CHUNK_SHINGLES:
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += len(one)
    yield chunk


def _signatures(chunk: Sequence[Hashes]) -> Hashes:
    """Return a key for each set and band, with the shape (sets, BANDS).

    A set that fills a chunk alone is read in slices: of a book, all hashes would take a gigabyte.
    """
    parts = [chunk]
    if len(chunk) == 1:
        starts = range(0, len(chunk[0]), CHUNK_SHINGLES)
        parts = [[chunk[0][start : start + CHUNK_SHINGLES]] for start in starts]
    minima = np.minimum.reduce([_minima(part) for part in parts])
    rows = minima.T.reshape(len(chunk), BANDS, HASHES // BANDS)
    keys: Hashes = (rows * PLACES[: HASHES // BANDS]).sum(axis=2, dtype=np.uint64)
    return keys


def _minima(chunk: Sequence[Hashes]) -> Hashes:
    """Return the minimum of each hash function in each set, with the shape (HASHES, sets)."""
    starts = np.cumsum([0, *(len(one) for one in chunk[:-1])])
    hashed = np.concatenate(chunk)[None, :] * FACTORS[:, None] + OFFSETS[:, None]
    # The low bits of a product are poorly mixed, so the upper half is compared.
    minima: Hashes = np.minimum.reduceat(hashed >> np.uint64(32), starts, axis=1)
    return minima


def _jaccard(one: Hashes, other: Hashes) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def connected_groups(pairs: Iterable[tuple[Key, Key]]) -> tuple[tuple[Key, ...], ...]:
    """Return the connected components, each in order, of a graph whose edges are the pairs."""
    leader: dict[Key, Key] = {}

    def find(number: Key) -> Key:
        while (above := leader.setdefault(number, number)) != number:
            leader[number] = leader[above]  # shorter for the next search
            number = above
        return number

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    groups: dict[Key, list[Key]] = {}
    for number in sorted(leader):
        groups.setdefault(find(number), []).append(number)
    return tuple(tuple(members) for members in groups.values())
