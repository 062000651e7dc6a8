"""What people write around an item, and how its typing goes wrong."""

from __future__ import annotations

import random

from first_author.items import Planted

# Said before and after an item: it holds figures, prices and times that have to stay.
OPENINGS = (
    "Слушай, пока не забыл. ",
    "так, по порядку)) ",
    "Добрый день! ",
    "Ок, буду в 19:30. ",
    "ну ты даёшь 😂😂 ",
    "Скинул тебе 1 500 р за билеты. ",
    "Всё, нашла!!\n",
    "Да, 3-го числа удобно.\n",
    "Ответили через 20 минут: ",
    "Sorry for the delay! ",
    "ok so ",
    "Haha, fair enough 😅 ",
    "We landed at 6:45 pm. ",
    "It came to $48.50 with tip.\n",
    "Quick one - ",
    "As we agreed on 12 May:\n",
)
CLOSINGS = (
    " Пиши, если что",
    "\nбуду после шести",
    " )))",
    " 🙏",
    ", спасибо!",
    " — и не теряй больше!",
    "\n\nИ захвати 2 кг яблок",
    " а то в прошлый раз ждали 40 минут",
    " Talk soon!",
    "\nlmk when you get there",
    ", cheers",
    " 👍👍",
    " - it took me 3 days to find",
    "\n\nSee you on the 21st",
    "!!!",
    " (just in case)",
)


def say(rng: random.Random, kind: str, item: str, frames: tuple[str, ...]) -> Planted:
    """The item in a frame, sometimes with more talk on either side."""
    before, after = rng.choice(frames).split("{}")
    if rng.random() < 0.35:
        before = rng.choice(OPENINGS) + before
    if rng.random() < 0.35 and not after[-1:].isalnum():
        after += rng.choice(CLOSINGS)
    return Planted(kind, before, item, after)


def say_link(rng: random.Random, kind: str, item: str, frame: str) -> Planted:
    """All of the link goes in which the item stands: its host tells whose it is."""
    before, after = frame.split("{}")
    start, tail = before.rpartition(" ")[2], after.split(" ")[0]
    kept = before[: len(before) - len(start)] + "{}" + after[len(tail) :]
    return say(rng, kind, start + item + tail, (kept,))


WIDE_DIGITS = {ord(str(d)): chr(0xFF10 + d) for d in range(10)}
SPACES = "\u00a0\u202f\u2007\u2009\u2003\u3000"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e"
# Cyrillic letters that look like these; typed with the wrong layout, or on purpose.
ALIKE = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def worn(rng: random.Random, item: str, share: float = 0.25) -> str:
    """Typed as phones, word processors and PDF files leave it: `share` of all items."""
    if rng.random() >= share:
        return item
    ways = [_hidden, _wide, _odd_spaces, _odd_dashes, _broken]
    return rng.choice(ways)(rng, item)


def _hidden(rng: random.Random, item: str) -> str:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(1, len(item))
        item = item[:at] + rng.choice(UNSEEN) + item[at:]
    return item


def _wide(rng: random.Random, item: str) -> str:
    return item.translate(WIDE_DIGITS)


def _odd_spaces(rng: random.Random, item: str) -> str:
    return "".join(rng.choice(SPACES) if c == " " else c for c in item)


def _odd_dashes(rng: random.Random, item: str) -> str:
    return item.replace("-", rng.choice(DASHES))


def _broken(rng: random.Random, item: str) -> str:
    """A line that ends inside of the item, where it has a space."""
    places = [i for i, c in enumerate(item) if c == " "]
    if not places:
        return item
    at = rng.choice(places)
    return item[:at] + "\n" + item[at + 1 :]


def lookalike_letters(rng: random.Random, item: str) -> str:
    """One or two Latin letters typed in Cyrillic."""
    places = [i for i, c in enumerate(item) if c.translate(ALIKE) != c]
    for at in rng.sample(places, min(len(places), rng.randint(1, 2))):
        item = item[:at] + item[at].translate(ALIKE) + item[at + 1 :]
    return item


def figures(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def signs(rng: random.Random, count: int, of: str) -> str:
    return "".join(rng.choices(of, k=count))
