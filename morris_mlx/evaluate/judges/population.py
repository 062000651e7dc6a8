"""The shipped reference population: statistics of many writers of one language.

The judges need texts by other people, and a project may have few. The package has statistics of
public-domain prose, in pieces of PIECE_WORDS words: n-grams of masked grammar, rates of frequent
words, and shares of character n-grams. No sentence can be read from them. The card beside the file
lists the works; `scripts/build/reference_population.py` makes both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import Inventory
from morris_mlx.evaluate.judges.measured_text import MeasuredText

FOLDER = Path(__file__).parent / "populations"
PIECE_WORDS = 250  # the shortest text that the judges read with some certainty


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Measured pieces by many writers, and the inventory by which others must be measured."""

    inventory: Inventory
    pieces: Documents

    def documents(self, words: int) -> Documents:
        """Return documents of about `words` words: pieces of one writer joined."""
        joined = max(1, round(words / PIECE_WORDS))
        by_group: dict[str, list[MeasuredText]] = {}
        for text, group in zip(self.pieces.texts, self.pieces.groups, strict=True):
            by_group.setdefault(group, []).append(text)
        texts, groups = [], []
        for group, own in by_group.items():
            for at in range(0, max(1, len(own) - joined + 1), joined):
                texts.append(join_measured(own[at : at + joined]))
                groups.append(group)
        return Documents(tuple(texts), tuple(groups))


def join_measured(texts: Sequence[MeasuredText]) -> MeasuredText:
    """Return the statistics of several texts as one.

    The rhythm is the mean, weighted by words: the spread of sentence lengths between the texts is
    left out.
    """
    if len(texts) == 1:
        return texts[0]
    words = np.array([text.words for text in texts], dtype=np.float64)
    weights = words / max(1.0, float(words.sum()))
    keys, at = np.unique(np.concatenate([t.keys for t in texts]), return_inverse=True)
    counts = np.bincount(at, weights=np.concatenate([t.counts for t in texts]))
    return MeasuredText(
        int(words.sum()),
        keys,
        counts.astype(np.int64),
        weights @ np.stack([t.frequencies for t in texts]),
        weights @ np.stack([t.characters for t in texts]),
        weights @ np.stack([t.rhythm for t in texts]),
    )


def has_population(language: str) -> bool:
    """Return True if the package has a population of a language."""
    return (FOLDER / f"{language}.npz").is_file()


def load_population(language: str) -> Population:
    """Return the shipped population of a language. Raises FileNotFoundError without one."""
    inventory = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    with np.load(FOLDER / f"{language}.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    keys = np.split(arrays["keys"].astype(np.int64), arrays["ends"][:-1])
    counts = np.split(arrays["counts"].astype(np.int64), arrays["ends"][:-1])
    texts = tuple(
        MeasuredText(
            words=int(words),
            keys=np.cumsum(own_keys),
            counts=own_counts,
            frequencies=arrays["frequencies"][at].astype(np.float64),
            characters=arrays["characters"][at].astype(np.float64),
            rhythm=arrays["rhythm"][at].astype(np.float64),
        )
        for at, (words, own_keys, own_counts) in enumerate(
            zip(arrays["words"], keys, counts, strict=True)
        )
    )
    return Population(
        Inventory(
            inventory["language"],
            tuple(inventory["grammar"]),
            frozenset(inventory["visible"]),
            tuple(inventory["words"]),
            tuple(inventory["characters"]),
        ),
        Documents(texts, tuple(inventory["groups"])),
    )


def save_population(population: Population, folder: Path) -> None:
    """Write a population to `LANGUAGE.npz` and `LANGUAGE.json`, rounded to three digits."""
    texts, inventory = population.pieces.texts, population.inventory
    np.savez_compressed(
        folder / f"{inventory.language}.npz",
        words=np.array([t.words for t in texts], dtype=np.int32),
        ends=np.cumsum([len(t.keys) for t in texts]),
        # Ascending keys are stored as their differences, which compress better.
        keys=np.concatenate([np.diff(t.keys, prepend=np.int64(0)) for t in texts]),
        counts=np.concatenate([t.counts for t in texts]).astype(np.uint8),
        frequencies=np.stack([t.frequencies for t in texts]).astype(np.float16),
        characters=np.stack([t.characters for t in texts]).astype(np.float16),
        rhythm=np.stack([t.rhythm for t in texts]).astype(np.float16),
    )
    stored = {
        "language": inventory.language,
        "groups": population.pieces.groups,
        "grammar": inventory.grammar,
        "visible": sorted(inventory.visible),
        "words": inventory.words,
        "characters": inventory.characters,
    }
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{inventory.language}.json").write_text(text + "\n", encoding="utf-8")
