"""Measured documents with their groups: the works of one writer, or the people of a population.

Pieces of one text resemble one another. Therefore documents of one group are never on both sides of
a comparison that calibrates a judge, and the bootstrap draws whole groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from morris_mlx.evaluate.judges.inventory import Inventory
from morris_mlx.evaluate.judges.measured_text import Keys, MeasuredText, measure
from morris_mlx.evaluate.judges.pieces import cut_pieces

MIN_GROUPS = 5  # with fewer, a fold without a group would leave too little of the population


@dataclass(frozen=True, slots=True, eq=False)
class Documents:
    """Measured texts and the name of the group of each."""

    texts: tuple[MeasuredText, ...] = ()
    groups: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: Documents) -> Documents:
        return Documents(self.texts + other.texts, self.groups + other.groups)

    @classmethod
    def measured(cls, texts: Mapping[str, Sequence[str]], inventory: Inventory, words: int) -> Self:
        """Return the pieces of `words` words of every group's texts, measured."""
        pieces = [(group, p) for group, own in texts.items() for p in cut_pieces(own, words)]
        return cls(
            tuple(measure(piece, inventory) for _, piece in pieces),
            tuple(group for group, _ in pieces),
        )

    def chosen(self, at: Sequence[int] | Keys) -> Documents:
        """Return the documents at these positions."""
        return Documents(tuple(self.texts[i] for i in at), tuple(self.groups[i] for i in at))

    def group_numbers(self) -> Keys:
        """Return the number of each document's group, in the order of first occurrence."""
        numbers = {group: number for number, group in enumerate(dict.fromkeys(self.groups))}
        return np.array([numbers[group] for group in self.groups], dtype=np.int64)

    def folds(self, count: int) -> Keys:
        """Return the fold of each document: whole groups, or runs of documents if they are few."""
        groups = self.group_numbers()
        different = int(groups.max()) + 1 if len(groups) else 0
        if different >= MIN_GROUPS:
            return groups % min(count, different)
        folds: Keys = np.arange(len(self)) * count // max(1, len(self))
        return folds
