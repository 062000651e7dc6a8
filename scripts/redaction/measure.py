"""Measure of redaction: the share of planted items that it finds, and of other texts it changes.

The items follow the rules of their issuers, not the patterns of the recognizers. There are two sets
with no maker in common: `first_author`, and `second_author`, which was written without looking at
the recognizers and imitates how people and programs type. Both are in English and Russian; sets in
other languages are modules of the same folders (see `item_set.py`). An item is found if nothing of
it is left: no run of five letters and digits, folded; of a name, no word but its particles. A
look-alike must not be changed.

    python scripts/redaction/measure.py --items 4000 --lookalikes 2000
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from first_author.contacts import email, handle, ip, phone
from first_author.items import PlantedItem
from first_author.lookalikes import lookalike
from first_author.numbers import card, iban, inn, passport, snils
from first_author.people import known_people, name
from first_author.places import address
from first_author.secrets import key, password
from item_set import ItemSet, MakeMentions
from second_author import documents, known, online, people, phones, places, secrets
from second_author.harmless import harmless

from morris_mlx.prepare.redact.names import NO_USAGE
from morris_mlx.prepare.redact.phones import choose_regions
from morris_mlx.prepare.redact.redactor import Redactor, measure_name_usage
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.pii import Person


def _first_people(seed: int) -> tuple[list[Person], MakeMentions]:
    listed = known_people(random.Random(seed))
    return [Person(p.names) for p in listed], lambda rng: name(rng, listed)


def _second_people(seed: int) -> tuple[list[Person], MakeMentions]:
    return [Person(p.names) for p in known.PEOPLE], lambda rng: [people.name(rng)]


ITEM_SETS = {
    "first": ItemSet(
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
        _first_people,
        lookalike,
    ),
    "second": ItemSet(
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
        _second_people,
        harmless,
    ),
}
HANDS = ("first", "second")
LANGUAGES = ("german", "spanish")  # of sets that are a module


def find_language_sets() -> dict[str, dict[str, ItemSet]]:
    """Return the sets in other languages, by language and hand."""
    found: dict[str, dict[str, ItemSet]] = {}
    for language in LANGUAGES:
        for hand in HANDS:
            name = f"{hand}_author.{language}"
            if find_spec(name):
                found.setdefault(language, {})[hand] = import_module(name).ITEM_SET
    return found


PARTICLES = frozenset(
    [
        "von",
        "van",
        "vom",
        "zu",
        "zum",
        "der",
        "den",
        "dem",
        "de",
        "del",
        "la",
        "las",
        "los",
        "el",
        "y",
        "da",
        "do",
        "dos",
    ]
)
LEFT = 5  # letters and digits in a row that must not be left of an item
MIN_RECALL, MIN_NAME_RECALL, MAX_FALSE_ALARMS = 0.99, 0.95, 0.01


@dataclass
class Result:
    """Counts by kind, and the texts with an error: (kind, text, redacted text)."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)  # found, and nothing else was changed
    lookalikes: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)  # of the look-alikes
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    too_wide: list[tuple[str, str, str]] = field(default_factory=list)
    false_hits: list[tuple[str, str, str]] = field(default_factory=list)

    def recall(self, kinds: Sequence[str]) -> float:
        """Return the share of the planted items of some kinds that were found."""
        return sum(self.found[k] for k in kinds) / max(1, sum(self.planted[k] for k in kinds))

    def add_item(self, item: PlantedItem, redacted: str) -> None:
        """Count an item by its redacted text."""
        self.planted[item.kind] += 1
        if not is_removed(item, redacted):
            self.missed.append((item.kind, item.text, redacted))
            return
        self.found[item.kind] += 1
        exact = item.kind == "name" or _is_exact(item, redacted)
        self.exact[item.kind] += exact
        if not exact:
            self.too_wide.append((item.kind, item.text, redacted))

    def add_lookalike(self, kind: str, text: str, redacted: str) -> None:
        """Count a look-alike by its redacted text."""
        self.lookalikes[kind] += 1
        if redacted != text:
            self.changed[kind] += 1
            self.false_hits.append((kind, text, redacted))

    def add(self, other: Result) -> None:
        """Add the counts of another result."""
        self.planted.update(other.planted)
        self.found.update(other.found)
        self.exact.update(other.exact)
        self.lookalikes.update(other.lookalikes)
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
        return self.changed.total() / max(1, self.lookalikes.total())


def measure(item_set: ItemSet, items: int, lookalikes: int, seed: int) -> Result:
    """Redact a number of items and look-alikes. Names are as many as items of three other kinds."""
    rng = random.Random(seed)
    listed, make_names = item_set.people(seed)
    each = items // (len(item_set.makers) + 3)
    planted = [make(rng) for make in item_set.makers.values() for _ in range(each)]
    while len(planted) < items:
        planted += make_names(rng)
    lookalike_texts = [item_set.lookalike(rng) for _ in range(lookalikes)]
    texts = [*(p.text for p in planted), *(text for _, text in lookalike_texts)]
    usage = measure_name_usage(listed, texts) if item_set.uses_corpus else NO_USAGE
    redactor = Redactor(listed, choose_regions(texts), usage=usage)
    result = Result()
    for item in planted:
        result.add_item(item, redactor.redact_message(item.text))
    for kind, text in lookalike_texts:
        result.add_lookalike(kind, text, redactor.redact_message(text))
    return result


def is_removed(item: PlantedItem, redacted: str) -> bool:
    """Return True if nothing of the item is left in the redacted text."""
    if item.kind == "name":  # names beside it may be changed, too
        return not (_words(item.item) - PARTICLES) & _words(redacted)
    before, after = _squeezed(item.before), _squeezed(item.after)
    left = _squeezed(re.sub(r"\[[a-z-]+\]", "|", redacted))
    left = left.removeprefix(before)
    left = left.removesuffix(after)
    wanted = _squeezed(item.item)
    size = min(LEFT, len(wanted))
    return not any(wanted[i : i + size] in left for i in range(len(wanted) - size + 1))


def _words(text: str) -> set[str]:
    folded = fold_lowercase(text).replace("’", "'")
    words = "".join(c if c.isalnum() or c in "'-" else " " for c in folded).split()
    return {word.strip("'").removesuffix("'s") for word in words}


def _is_exact(item: PlantedItem, redacted: str) -> bool:
    """Return True if the text around the item is unchanged."""
    return redacted.startswith(item.before.rstrip()) and redacted.endswith(item.after.lstrip())


def _squeezed(text: str) -> str:
    """Return the letters and digits of a text, and a bar for every placeholder."""
    return "".join(c for c in fold_lowercase(text) if c.isalnum() or c == "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=4000, help="of each set")
    parser.add_argument("--lookalikes", type=int, default=2000, help="of each set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print the texts with errors")
    options = parser.parse_args()
    good = True
    for language, sets in {"": ITEM_SETS, **find_language_sets()}.items():
        both = Result()
        suffix = f", {language.capitalize()}" if language else ""
        for title, item_set in sets.items():
            result = measure(item_set, options.items, options.lookalikes, options.seed)
            print_tables(f"{title} hand{suffix}", result)
            if options.show:
                for kind, text, redacted in [*result.missed, *result.too_wide, *result.false_hits]:
                    print(f"{kind}: {text!r}\n    → {redacted!r}")
            both.add(result)
            good = good and result.good
        if len(sets) > 1:
            print_tables(f"both hands{suffix}", both)
    return 0 if good else 1


def print_tables(title: str, result: Result) -> None:
    """Print the recall of each kind of item, and the share of look-alikes that were changed."""
    print(f"\n== {title} ==\n{'planted':<12}{'items':>7}{'found':>7}{'recall':>8}{'exact':>8}")
    for kind, count in result.planted.items():
        found = result.found[kind]
        exact = result.exact[kind] / max(1, found)
        print(f"{kind:<12}{count:>7}{found:>7}{found / count:>8.3f}{exact:>8.3f}")
    print(f"\n{'look-alike':<12}{'texts':>7}{'taken':>7}{'share':>8}")
    for kind, count in sorted(result.lookalikes.items()):
        taken = result.changed[kind]
        print(f"{kind:<12}{count:>7}{taken:>7}{taken / count:>8.3f}")
    print(f"\n{title}: structured {result.structured:.4f} (at least {MIN_RECALL}), ", end="")
    print(f"names {result.names:.4f} (at least {MIN_NAME_RECALL}), ", end="")
    print(f"false alarms {result.false_alarms:.4f} (at most {MAX_FALSE_ALARMS})")


if __name__ == "__main__":
    raise SystemExit(main())
