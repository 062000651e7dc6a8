"""Parts that the German and the Spanish set of the second author share."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from first_author.items import PlantedItem

from second_author.documents import iban_number
from second_author.talk import INVISIBLE, distort


@dataclass(frozen=True, slots=True)
class Contact:
    """A person by the names of an export, and by the names that friends use in messages.

    The words of `plain` are also ordinary words of the language: they are never typed in lower case.
    """

    entries: tuple[str, ...]
    first: str = ""
    last: str = ""
    nick: str = ""
    plain: str = ""

    def full(self) -> str:
        return f"{self.first or self.nick} {self.last}".strip()


@dataclass(frozen=True, slots=True)
class Talk:
    """Texts around an item in one language."""

    openings: tuple[str, ...]
    closings: tuple[str, ...]

    def place(
        self, rng: random.Random, kind: str, item: str, frames: tuple[str, ...]
    ) -> PlantedItem:
        """Return the item in a frame, sometimes with more text before or after it."""
        before, after = rng.choice(frames).split("{}")
        if rng.random() < 0.3:
            before = rng.choice(self.openings) + before
        if rng.random() < 0.3 and not after[-1:].isalnum():
            after += rng.choice(self.closings)
        return PlantedItem(kind, before, item, after)

    def surround(self, rng: random.Random, text: str) -> str:
        """Return a look-alike, a whole sentence, sometimes with others before or after it."""
        if rng.random() < 0.25:
            text = rng.choice([o for o in self.openings if o.rstrip(" ")[-1] in ".!\n😂"]) + text
        if rng.random() < 0.25:
            text += rng.choice(self.closings)
        return text


def typed(rng: random.Random, item: str, plain: str, ascii_letters: Callable[[str], str]) -> str:
    """Return a name as people type it: in one case, without special letters, or copied from a page."""
    chance = rng.random()
    is_word = any(word.startswith(tuple(plain.split())) for word in item.replace("-", " ").split())
    if chance < 0.13 and not is_word:
        return item.lower()
    if chance < 0.17:
        return item.upper()
    if chance < 0.25:
        return ascii_letters(item)
    if chance < 0.27:
        at = rng.randrange(1, len(item))
        return item[:at] + rng.choice(INVISIBLE) + item[at:]
    if chance < 0.3:
        return item.replace(" ", rng.choice("\u00a0\n"))
    return item


def written_iban(rng: random.Random, countries: tuple[str, ...]) -> str:
    """Return an IBAN of one of the countries in groups, without spaces, or in lower case."""
    number = iban_number(rng, rng.choice(countries))
    glue = rng.choice((" ", " ", " ", "", "-"))
    item = glue.join(number[i : i + 4] for i in range(0, len(number), 4))
    return distort(rng, item.lower() if rng.random() < 0.08 else item, 0.15)
