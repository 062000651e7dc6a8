"""Attribution of disputed texts, with the accuracy on the known ones.

    python scripts/bench/disputed.py FILE.csv                # columns number, author, text
    python scripts/bench/disputed.py FILE.csv --unknown disputed --candidates Hamilton Madison

Rows whose author is a candidate are known; rows whose author is empty or `--unknown` are attributed;
all others (joint work, authors of few texts) are left out. Without `--candidates`, all authors with
at least 10 texts are candidates. For the accuracy on the known texts, each one is judged without
itself (leave-one-out), which takes a fit per text and candidate; `--folds 10` judges each tenth of the
texts without that tenth, and takes ten fits per candidate.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from morris_mlx.evaluate.accuracy import Vector
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import learn_inventory
from morris_mlx.evaluate.judges.measured_text import MeasuredText, measure_all
from morris_mlx.evaluate.judges.panel import JUDGES, Panel

LEAST_TEXTS = 10  # of a candidate: five for the folds, twice
COMBINED = "combined"
Row = tuple[str, str, str]


def read_rows(path: Path) -> list[Row]:
    """Return (number, author, text) of every row with a text."""
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{k.lower(): v or "" for k, v in row.items() if k} for row in csv.DictReader(file)]
    missing = {"number", "author", "text"} - set(rows[0] if rows else {})
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}.")
    found = [(r["number"].strip(), r["author"].strip(), r["text"]) for r in rows]
    return [row for row in found if row[2].strip()]


def judge(
    known: dict[str, list[MeasuredText]], texts: list[MeasuredText], vocabulary: int
) -> dict[str, Vector]:
    """Return for each judge an array of log likelihood ratios: candidate, text."""
    rows = []
    for author, own in known.items():
        others = [(name, t) for name, their in known.items() if name != author for t in their]
        panel = Panel.fit(
            Documents(tuple(own), (author,) * len(own)),
            Documents(tuple(t for _, t in others), tuple(name for name, _ in others)),
            vocabulary,
        )
        rows.append(panel.judge(texts).ratios)
    ratios = np.stack(rows)
    return {n.value: ratios[:, :, at] for at, n in enumerate(JUDGES)} | {
        COMBINED: ratios.mean(axis=2)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path)
    parser.add_argument("--candidates", nargs="*")
    parser.add_argument("--unknown", default="disputed")
    parser.add_argument("--language", default="en")
    parser.add_argument("--folds", type=int, help="default: one per known text")
    chosen = parser.parse_args()
    rows = read_rows(chosen.csv)
    asked = [r for r in rows if r[1].casefold() in ("", chosen.unknown.casefold())]
    counts = Counter(r[1] for r in rows if r not in asked)
    candidates = chosen.candidates or [a for a, n in counts.items() if n >= LEAST_TEXTS]
    if len(candidates) < 2:
        raise SystemExit(f"At least two authors with {LEAST_TEXTS} texts are needed.")
    learned = [r for r in rows if r[1] in candidates]
    # The disputed texts choose no features.
    inventory = learn_inventory((r[2] for r in learned), chosen.language)
    vocabulary = len(inventory.grammar)
    texts = list(measure_all((r[2] for r in learned), inventory))
    # The fold of a text: the texts of each author are dealt out in turn.
    seen: Counter[str] = Counter()
    folds = []
    for at, (_, author, _) in enumerate(learned):
        folds.append(seen[author] % chosen.folds if chosen.folds else at)
        seen[author] += 1
    right: Counter[str] = Counter()
    for fold in sorted(set(folds)):
        inside = [at for at, own in enumerate(folds) if own == fold]
        known = {
            a: [texts[i] for i, r in enumerate(learned) if r[1] == a and folds[i] != fold]
            for a in candidates
        }
        for name, scores in judge(known, [texts[i] for i in inside], vocabulary).items():
            for at, i in enumerate(inside):
                right[name] += candidates[int(scores[:, at].argmax())] == learned[i][1]
    print(f"Known texts: {len(learned)} by {', '.join(candidates)}")
    for name in right | Counter(dict.fromkeys([*JUDGES, COMBINED], 0)):
        print(
            f"  {name:<10} {right[name]} of {len(learned)} right ({right[name] / len(learned):.3f})"
        )
    if not asked:
        return
    known = {a: [t for t, r in zip(texts, learned, strict=True) if r[1] == a] for a in candidates}
    found = judge(known, list(measure_all((r[2] for r in asked), inventory)), vocabulary)
    print(f"\n{'text':>8}  {'attributed to':<16} {'log ratio':>9}  judges")
    for at, (number, _, _) in enumerate(asked):
        votes = [candidates[int(found[n][:, at].argmax())] for n in JUDGES]
        best = int(found[COMBINED][:, at].argmax())
        print(
            f"{number:>8}  {candidates[best]:<16} {found[COMBINED][best, at]:>9.2f}  "
            f"{', '.join(votes)}"
        )


if __name__ == "__main__":
    main()
