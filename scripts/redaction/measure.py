"""How much of what is planted does redaction find, and how much else does it take?

Items are made by the rules of those who issue them, not by the patterns that look for them, and
by two hands that share no maker: scripts/redaction/first_author, and scripts/redaction/second_author, which was written
without a look at the recognisers and is typed as people and programs type. An item counts as found
when nothing of it is left: no run of five letters and figures, folded. A look-alike must come out
as it went in.

    python scripts/redaction/measure.py --items 4000 --lookalikes 2000
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from first_author.contacts import email, handle, ip, phone
from first_author.items import Planted
from first_author.lookalikes import lookalike
from first_author.numbers import card, iban, inn, passport, snils
from first_author.people import known_people, name
from first_author.places import address
from first_author.secrets import key, password
from second_author import documents, known, online, people, phones, places, secrets
from second_author.harmless import harmless

from morris_mlx.prepare.redact.phones import choose_regions
from morris_mlx.prepare.redact.redactor import Redactor
from morris_mlx.text.folding import plain
from morris_mlx.text.pii import Person

Make = Callable[[random.Random], Planted]


@dataclass(frozen=True, slots=True)
class Hand:
    """Who wrote the items: one hand's patterns must not be all that is looked for."""

    makers: dict[str, Make]
    known: Callable[[int], tuple[list[Person], Callable[[random.Random], list[Planted]]]]
    lookalike: Callable[[random.Random], tuple[str, str]]


def _known(seed: int) -> tuple[list[Person], Callable[[random.Random], list[Planted]]]:
    everybody = known_people(random.Random(seed))
    return [Person(p.names) for p in everybody], lambda rng: name(rng, everybody)


def _known_again(seed: int) -> tuple[list[Person], Callable[[random.Random], list[Planted]]]:
    return [Person(p.names) for p in known.EVERYBODY], lambda rng: [people.name(rng)]


HANDS = {
    "first": Hand(
        {
            "key": key,
            "password": password,
            "e-mail": email,
            "card": card,
            "iban": iban,
            "inn": inn,
            "snils": snils,
            "passport": passport,
            "phone": phone,
            "address": address,
            "ip": ip,
            "handle": handle,
        },
        _known,
        lookalike,
    ),
    "second": Hand(
        {
            "key": secrets.key,
            "password": secrets.password,
            "e-mail": online.email,
            "card": documents.card,
            "iban": documents.iban,
            "inn": documents.inn,
            "snils": documents.snils,
            "passport": documents.passport,
            "phone": phones.phone,
            "address": places.address,
            "ip": online.ip,
            "handle": online.handle,
        },
        _known_again,
        harmless,
    ),
}
LEFT = 5  # letters and figures in a row that must not be left of an item
MIN_RECALL, MIN_NAME_RECALL, MAX_FALSE_ALARMS = 0.99, 0.95, 0.01


@dataclass
class Measured:
    """Counts by kind; what was missed and what was taken wrongly, as written."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)  # and nothing beside it taken
    shown: Counter[str] = field(default_factory=Counter)  # look-alikes
    changed: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    wide: list[tuple[str, str, str]] = field(default_factory=list)
    alarms: list[tuple[str, str, str]] = field(default_factory=list)

    def recall(self, kinds: Sequence[str]) -> float:
        return sum(self.found[k] for k in kinds) / max(1, sum(self.planted[k] for k in kinds))

    def take_item(self, item: Planted, out: str) -> None:
        self.planted[item.kind] += 1
        if not is_gone(item, out):
            self.missed.append((item.kind, item.text, out))
            return
        self.found[item.kind] += 1
        clean = item.kind == "name" or _only_item_went(item, out)
        self.whole[item.kind] += clean
        if not clean:
            self.wide.append((item.kind, item.text, out))

    def take_lookalike(self, kind: str, text: str, out: str) -> None:
        self.shown[kind] += 1
        if out != text:
            self.changed[kind] += 1
            self.alarms.append((kind, text, out))

    def add(self, other: Measured) -> None:
        self.planted.update(other.planted)
        self.found.update(other.found)
        self.whole.update(other.whole)
        self.shown.update(other.shown)
        self.changed.update(other.changed)

    @property
    def structured(self) -> float:
        return self.recall([kind for kind in self.planted if kind != "name"])

    @property
    def names(self) -> float:
        return self.recall(["name"])

    @property
    def good(self) -> bool:
        return (
            self.structured >= MIN_RECALL
            and self.names >= MIN_NAME_RECALL
            and self.false_alarms <= MAX_FALSE_ALARMS
        )

    @property
    def false_alarms(self) -> float:
        return self.changed.total() / max(1, self.shown.total())


def measure(hand: Hand, items: int, lookalikes: int, seed: int) -> Measured:
    """`items` over the structured kinds and, as many as three of these, names."""
    rng = random.Random(seed)
    listed, make_names = hand.known(seed)
    each = items // (len(hand.makers) + 3)
    planted = [make(rng) for make in hand.makers.values() for _ in range(each)]
    while len(planted) < items:
        planted += make_names(rng)
    lookalike_texts = [hand.lookalike(rng) for _ in range(lookalikes)]
    regions = choose_regions([*(p.text for p in planted), *(text for _, text in lookalike_texts)])
    redactor = Redactor(listed, regions)
    measured = Measured()
    for item in planted:
        measured.take_item(item, redactor.redact_message(item.text))
    for kind, text in lookalike_texts:
        measured.take_lookalike(kind, text, redactor.redact_message(text))
    return measured


def is_gone(item: Planted, out: str) -> bool:
    """Nothing of the item is left in the middle of what came out."""
    if item.kind == "name":  # names beside a name may change, too
        return not _words(item.item) & _words(out)
    before, after = _squeezed(item.before), _squeezed(item.after)
    left = _squeezed(re.sub(r"\[[a-z-]+\]", "|", out))
    left = left.removeprefix(before)
    left = left.removesuffix(after)
    wanted = _squeezed(item.item)
    size = min(LEFT, len(wanted))
    return not any(wanted[i : i + size] in left for i in range(len(wanted) - size + 1))


def _words(text: str) -> set[str]:
    shown = plain(text).replace("’", "'")
    words = "".join(c if c.isalnum() or c in "'-" else " " for c in shown).split()
    return {word.strip("'").removesuffix("'s") for word in words}


def _only_item_went(item: Planted, out: str) -> bool:
    return out.startswith(item.before.rstrip()) and out.endswith(item.after.lstrip())


def _squeezed(text: str) -> str:
    """Letters and figures, and a bar for every placeholder."""
    return "".join(c for c in plain(text) if c.isalnum() or c == "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=4000, help="by each hand")
    parser.add_argument("--lookalikes", type=int, default=2000, help="by each hand")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="what was missed or taken wrongly")
    options = parser.parse_args()
    both, good = Measured(), True
    for called, hand in HANDS.items():
        measured = measure(hand, options.items, options.lookalikes, options.seed)
        print_tables(f"{called} hand", measured)
        if options.show:
            for kind, text, out in [*measured.missed, *measured.wide, *measured.alarms]:
                print(f"{kind}: {text!r}\n    → {out!r}")
        both.add(measured)
        good = good and measured.good
    print_tables("both hands", both)
    return 0 if good else 1


def print_tables(title: str, measured: Measured) -> None:
    print(f"\n== {title} ==\n{'planted':<12}{'items':>7}{'found':>7}{'recall':>8}{'exact':>8}")
    for kind, count in measured.planted.items():
        found = measured.found[kind]
        exact = measured.whole[kind] / max(1, found)
        print(f"{kind:<12}{count:>7}{found:>7}{found / count:>8.3f}{exact:>8.3f}")
    print(f"\n{'look-alike':<12}{'texts':>7}{'taken':>7}{'share':>8}")
    for kind, count in sorted(measured.shown.items()):
        taken = measured.changed[kind]
        print(f"{kind:<12}{count:>7}{taken:>7}{taken / count:>8.3f}")
    print(f"\n{title}: structured {measured.structured:.4f} (at least {MIN_RECALL}), ", end="")
    print(f"names {measured.names:.4f} (at least {MIN_NAME_RECALL}), ", end="")
    print(f"false alarms {measured.false_alarms:.4f} (at most {MAX_FALSE_ALARMS})")


if __name__ == "__main__":
    raise SystemExit(main())
