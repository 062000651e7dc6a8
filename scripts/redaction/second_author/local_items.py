"""Parts that the German and the Spanish set of the second author share."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from first_author.items import PlantedItem

from second_author.documents import iban_number
from second_author.talk import INVISIBLE, distort, random_digits


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


@dataclass(frozen=True, slots=True)
class Accounts:
    """Makers of passwords, e-mail addresses and handles, with their sentences in one language.

    An ordinary word is used as a password only in sentences that match `after_sign`, which have a
    colon, a verb or a quotation mark before it.
    """

    talk: Talk
    passwords: tuple[str, ...]
    password_frames: tuple[str, ...]
    after_sign: re.Pattern[str]
    pin_frames: tuple[str, ...]
    logins: tuple[str, ...]
    hosts: tuple[str, ...]
    mail_frames: tuple[str, ...]
    nicks: tuple[str, ...]
    handle_frames: tuple[str, ...]

    def password(self, rng: random.Random) -> PlantedItem:
        if rng.random() < 0.2:
            item = random_digits(rng, rng.choice((4, 4, 6)))
            return self.talk.place(rng, "password", item, self.pin_frames)
        item = rng.choice(self.passwords)
        frames = self.password_frames
        if item.isalpha():
            frames = tuple(f for f in frames if self.after_sign.search(f.split("{}")[0]))
        return self.talk.place(rng, "password", item, frames)

    def email(self, rng: random.Random) -> PlantedItem:
        item = f"{rng.choice(self.logins)}@{rng.choice(self.hosts)}"
        return self.talk.place(rng, "e-mail", distort(rng, item, 0.05), self.mail_frames)

    def handle(self, rng: random.Random) -> PlantedItem:
        return self.talk.place(rng, "handle", "@" + rng.choice(self.nicks), self.handle_frames)


Sentences = Callable[..., tuple[str, ...]]  # takes the generator and the numbers of a kind


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """A maker of look-alikes in one language.

    `sentences` has functions by kind, in the order of `DRAWS`, that put random numbers in sentences.
    """

    talk: Talk
    namesakes: tuple[str, ...]
    words: tuple[str, ...]
    sentences: Mapping[str, Sentences]

    def make(self, rng: random.Random) -> tuple[str, str]:
        """Return the kind and the text of a look-alike."""
        kind = rng.choice(("namesake", "words", *DRAWS))
        plain = {"namesake": self.namesakes, "words": self.words}.get(kind)
        texts = plain or self.sentences[kind](rng, *DRAWS[kind](rng))
        return kind, self.talk.surround(rng, rng.choice(texts))


def _date(rng: random.Random) -> tuple[int, ...]:
    """Return the day, the month, the year, the hour and the minute."""
    d, m, y = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1950, 2026)
    return d, m, y, rng.randint(0, 23), rng.randint(10, 59)


# The numbers in the sentences of each kind.
DRAWS: dict[str, Callable[[random.Random], tuple[object, ...]]] = {
    "price": lambda rng: (rng.randint(1, 99), random_digits(rng, 3)),
    "date": _date,
    "timetable": lambda rng: (rng.randint(5, 22), rng.randint(10, 59), rng.randint(1, 24)),
    "room": lambda rng: (rng.randint(1, 9), random_digits(rng, 2)),
    "result": lambda rng: (rng.randint(0, 5), rng.randint(0, 5), rng.randint(10, 29)),
    "recipe": lambda rng: (rng.randint(1, 9), rng.randint(10, 59)),
    "order": lambda rng: (random_digits(rng, 10),),
    "measure": lambda rng: (rng.randint(2, 89), random_digits(rng, 3)),
}
