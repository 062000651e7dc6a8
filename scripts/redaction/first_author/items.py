"""Planted items: a private item of some kind, and the text around it."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlantedItem:
    """A text `before + item + after`, of which only `item` is private."""

    kind: str
    before: str
    item: str
    after: str

    @property
    def text(self) -> str:
        return self.before + self.item + self.after


def random_digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def random_string(rng: random.Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def place(rng: random.Random, kind: str, item: str, frames: tuple[str, ...]) -> PlantedItem:
    """Return the item in one of the frames, in place of {}."""
    before, after = rng.choice(frames).split("{}")
    return PlantedItem(kind, before, item, after)


# Changes by people and programs that a reader does not notice.
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def disguise(rng: random.Random, item: str, share: float) -> str:
    """Add invisible characters, full-width digits, or other spaces or dashes to `share` of items."""
    if rng.random() >= share:
        return item
    way = rng.randrange(4)
    if way == 0:
        at = rng.randrange(1, len(item))
        return item[:at] + rng.choice(INVISIBLE) + item[at:]
    if way == 1:
        return item.translate(FULL_WIDTH)
    if way == 2:
        return item.replace(" ", rng.choice("\u00a0\u202f\u2009"))
    return item.replace("-", rng.choice("\u2011\u2013\u2212"))
