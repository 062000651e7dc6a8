"""Messages around an item, and the changes of an item by keyboards and programs."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

# Before and after an item. They have numbers, prices and times that must be kept.
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


def place(rng: random.Random, kind: str, item: str, frames: tuple[str, ...]) -> PlantedItem:
    """Return the item in a frame, sometimes with more text before or after it."""
    before, after = rng.choice(frames).split("{}")
    if rng.random() < 0.35:
        before = rng.choice(OPENINGS) + before
    if rng.random() < 0.35 and not after[-1:].isalnum():
        after += rng.choice(CLOSINGS)
    return PlantedItem(kind, before, item, after)


def place_link(rng: random.Random, kind: str, item: str, frame: str) -> PlantedItem:
    """Return the item in a link, all of which is private: the host says whose it is."""
    before, after = frame.split("{}")
    start, tail = before.rpartition(" ")[2], after.split(" ")[0]
    kept = before[: len(before) - len(start)] + "{}" + after[len(tail) :]
    return place(rng, kind, start + item + tail, (kept,))


WIDE_DIGITS = {ord(str(d)): chr(0xFF10 + d) for d in range(10)}
SPACES = "\u00a0\u202f\u2007\u2009\u2003\u3000"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e"
# Latin letters, and the Cyrillic ones that look the same.
LOOKALIKE_LETTERS = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def distort(rng: random.Random, item: str, share: float = 0.25) -> str:
    """Change `share` of all items as phones, word processors and PDF files do."""
    if rng.random() >= share:
        return item
    ways = [
        _with_invisible,
        _with_wide_digits,
        _with_other_spaces,
        _with_other_dashes,
        _with_line_break,
    ]
    return rng.choice(ways)(rng, item)


def _with_invisible(rng: random.Random, item: str) -> str:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(1, len(item))
        item = item[:at] + rng.choice(INVISIBLE) + item[at:]
    return item


def _with_wide_digits(rng: random.Random, item: str) -> str:
    return item.translate(WIDE_DIGITS)


def _with_other_spaces(rng: random.Random, item: str) -> str:
    return "".join(rng.choice(SPACES) if c == " " else c for c in item)


def _with_other_dashes(rng: random.Random, item: str) -> str:
    return item.replace("-", rng.choice(DASHES))


def _with_line_break(rng: random.Random, item: str) -> str:
    """Return the item with a line break in place of a space."""
    places = [i for i, c in enumerate(item) if c == " "]
    if not places:
        return item
    at = rng.choice(places)
    return item[:at] + "\n" + item[at + 1 :]


def lookalike_letters(rng: random.Random, item: str) -> str:
    """Replace one or two Latin letters by Cyrillic ones that look the same."""
    places = [i for i, c in enumerate(item) if c.translate(LOOKALIKE_LETTERS) != c]
    for at in rng.sample(places, min(len(places), rng.randint(1, 2))):
        item = item[:at] + item[at].translate(LOOKALIKE_LETTERS) + item[at + 1 :]
    return item


def random_digits(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def random_string(rng: random.Random, count: int, of: str) -> str:
    return "".join(rng.choices(of, k=count))
