"""What is planted: each item has its text, where it stands, and what its kind is."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """`before + item + after` is the text; only `item` is private."""

    kind: str
    before: str
    item: str
    after: str

    @property
    def text(self) -> str:
        return self.before + self.item + self.after


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def choose(rng: random.Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def placed(rng: random.Random, kind: str, item: str, frames: tuple[str, ...]) -> Planted:
    """The item in one of the frames, at the place of {}."""
    before, after = rng.choice(frames).split("{}")
    return Planted(kind, before, item, after)


# How people and programs hide or spoil a number without a reader noticing.
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def disguised(rng: random.Random, item: str, share: float) -> str:
    """With chance `share`: invisible characters, full-width digits or other spaces and dashes."""
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
