"""How much of what is planted does redaction find, and how much else does it take?

Items are made by the rules of those who issue them (scripts/planted), not by the patterns that
look for them. An item counts as found when nothing of it is left: no run of five letters and
figures, folded. A look-alike must come out as it went in.

    python scripts/measure_redaction.py --items 4000 --lookalikes 2000
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

from planted.contacts import email, handle, ip, phone
from planted.items import Planted
from planted.lookalikes import lookalike
from planted.numbers import card, iban, inn, passport, snils
from planted.people import known_people, name
from planted.places import address
from planted.secrets import key, password

from morris_mlx.folded import plain
from morris_mlx.prepare.redact.phones import choose_regions
from morris_mlx.prepare.redact.redactor import Redactor
from morris_mlx.redaction import Person

MAKERS: dict[str, Callable[[random.Random], Planted]] = {
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

    @property
    def false_alarms(self) -> float:
        return self.changed.total() / max(1, self.shown.total())


def measure(items: int, lookalikes: int, seed: int) -> Measured:
    """`items` over the structured kinds and, as many as three of these, names."""
    rng = random.Random(seed)
    people = known_people(random.Random(seed))
    each = items // (len(MAKERS) + 3)
    planted = [make(rng) for make in MAKERS.values() for _ in range(each)]
    while len(planted) < items:
        planted += name(rng, people)
    harmless = [lookalike(rng) for _ in range(lookalikes)]
    regions = choose_regions([*(p.text for p in planted), *(text for _, text in harmless)])
    redactor = Redactor([Person(p.names) for p in people], regions)
    measured = Measured()
    for item in planted:
        out = redactor.chat(item.text)
        measured.planted[item.kind] += 1
        if is_gone(item, out):
            measured.found[item.kind] += 1
            clean = item.kind == "name" or _only_item_went(item, out)
            measured.whole[item.kind] += clean
            if not clean:
                measured.wide.append((item.kind, item.text, out))
        else:
            measured.missed.append((item.kind, item.text, out))
    for kind, text in harmless:
        out = redactor.chat(text)
        measured.shown[kind] += 1
        if out != text:
            measured.changed[kind] += 1
            measured.alarms.append((kind, text, out))
    return measured


def is_gone(item: Planted, out: str) -> bool:
    """Nothing of the item is left in the middle of what came out."""
    before, after = _squeezed(item.before), _squeezed(item.after)
    left = _squeezed(re.sub(r"\[[a-z-]+\]", "|", out))
    if item.kind != "name":  # names beside a name may change, too
        left = left.removeprefix(before)
        left = left.removesuffix(after)
    wanted = _squeezed(item.item)
    if item.kind == "name":
        return plain(item.item) not in plain(out).replace("’", "'").split() and _word_gone(
            item, out
        )
    size = min(LEFT, len(wanted))
    return not any(wanted[i : i + size] in left for i in range(len(wanted) - size + 1))


def _word_gone(item: Planted, out: str) -> bool:
    words = "".join(c if c.isalnum() or c in "'-" else " " for c in plain(out)).split()
    return plain(item.item) not in [w.removesuffix("'s") for w in words]


def _only_item_went(item: Planted, out: str) -> bool:
    return out.startswith(item.before.rstrip()) and out.endswith(item.after.lstrip())


def _squeezed(text: str) -> str:
    """Letters and figures, and a bar for every placeholder."""
    return "".join(c for c in plain(text) if c.isalnum() or c == "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--lookalikes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="what was missed or taken wrongly")
    options = parser.parse_args()
    measured = measure(options.items, options.lookalikes, options.seed)
    print_tables(measured)
    if options.show:
        for kind, text, out in [*measured.missed, *measured.wide, *measured.alarms]:
            print(f"{kind}: {text!r}\n    → {out!r}")
    structured = measured.recall(list(MAKERS))
    names = measured.recall(["name"])
    alarms = measured.false_alarms
    print(f"\nstructured {structured:.4f} (at least {MIN_RECALL}), names {names:.4f} ", end="")
    print(f"(at least {MIN_NAME_RECALL}), false alarms {alarms:.4f} (at most {MAX_FALSE_ALARMS})")
    good = structured >= MIN_RECALL and names >= MIN_NAME_RECALL and alarms <= MAX_FALSE_ALARMS
    return 0 if good else 1


def print_tables(measured: Measured) -> None:
    print(f"{'planted':<12}{'items':>7}{'found':>7}{'recall':>8}{'exact':>8}")
    for kind, count in measured.planted.items():
        found = measured.found[kind]
        exact = measured.whole[kind] / max(1, found)
        print(f"{kind:<12}{count:>7}{found:>7}{found / count:>8.3f}{exact:>8.3f}")
    print(f"\n{'look-alike':<12}{'texts':>7}{'taken':>7}{'share':>8}")
    for kind, count in sorted(measured.shown.items()):
        taken = measured.changed[kind]
        print(f"{kind:<12}{count:>7}{taken:>7}{taken / count:>8.3f}")


if __name__ == "__main__":
    raise SystemExit(main())
