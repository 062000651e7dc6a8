"""Accuracy of the judges of style, beside scikit-learn's character n-grams in the same run.

    python scripts/bench/authorship.py FOLDER                 # FOLDER/AUTHOR/WORK.txt
    python scripts/bench/authorship.py FOLDER --words 1000 --most 20 --splits 3

In split i, the i-th work of each author is tested, and the judges are fitted on the others. All
texts are cut into pieces of the same number of words. A judge scores each pair of a piece and an
author; the author's works are known, and those of all other authors are the population.
scikit-learn's classifier is fitted on the same pieces.

Printed: accuracy (the right author has the highest score), AUC and c@1 of all pairs, and the mean of
the authors' own AUCs. Needs scikit-learn: `pip install -e '.[bench]'`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from morris_mlx.evaluate.accuracy import Vector, auc, c_at_1
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import learn_inventory
from morris_mlx.evaluate.judges.measured_text import measure_all
from morris_mlx.evaluate.judges.panel import JUDGES, Panel
from morris_mlx.evaluate.judges.pieces import cut_pieces

SKLEARN = "scikit-learn"
COMBINED = "combined"
Pieces = dict[str, list[tuple[str, str]]]  # of each author: (work, text)


def read_works(folder: Path, words: int) -> dict[str, dict[str, list[str]]]:
    """Return the pieces of every work of every author."""
    return {
        author.name: {
            work.stem: cut_pieces([work.read_text(encoding="utf-8")], words)
            for work in sorted(author.glob("*.txt"))
        }
        for author in sorted(folder.iterdir())
        if author.is_dir()
    }


def evenly(pieces: Sequence[str], most: int) -> list[str]:
    """Return at most `most` pieces from the whole length of a work."""
    if len(pieces) <= most:
        return list(pieces)
    return [pieces[i * len(pieces) // most] for i in range(most)]


def split_works(
    works: dict[str, dict[str, list[str]]], number: int, most: int
) -> tuple[Pieces, Pieces]:
    """Return the pieces to learn and those to test in split `number`."""
    learned: Pieces = {author: [] for author in works}
    tested: Pieces = {author: [] for author in works}
    for author, own in works.items():
        for at, (work, pieces) in enumerate(own.items()):
            side = tested if at == number % len(own) else learned
            taken = evenly(pieces, most if side is tested else 3 * most)
            side[author] += [(work, piece) for piece in taken]
    return learned, tested


def judge_pieces(learned: Pieces, tested: Pieces, language: str) -> dict[str, Vector]:
    """Return for each judge an array of scores: author asked for, piece."""
    inventory = learn_inventory((t for own in learned.values() for _, t in own), language)
    known = {
        author: Documents(measure_all((t for _, t in own), inventory), tuple(w for w, _ in own))
        for author, own in learned.items()
    }
    texts = measure_all((t for own in tested.values() for _, t in own), inventory)
    rows = []
    for author, own in known.items():
        others = Documents()
        for other, documents in known.items():
            if other != author:
                others += Documents(documents.texts, (other,) * len(documents))
        panel = Panel.fit(own, others, len(inventory.grammar))
        rows.append(panel.judge(texts).ratios)
    ratios = np.stack(rows)
    scores = {name.value: ratios[:, :, at] for at, name in enumerate(JUDGES)}
    return scores | {COMBINED: ratios.mean(axis=2)}


def classify_pieces(learned: Pieces, tested: Pieces) -> Vector:
    """Return the scores of scikit-learn's classifier: author asked for, piece."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = [t for own in learned.values() for _, t in own]
    authors = [author for author, own in learned.items() for _ in own]
    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 4), sublinear_tf=True, min_df=2, max_features=20_000
    )
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=500)
    model.fit(vectorizer.fit_transform(texts), authors)
    found = model.decision_function(
        vectorizer.transform([t for own in tested.values() for _, t in own])
    )
    if found.ndim == 1:  # two authors
        found = np.column_stack([-found, found])
    return found[:, [list(model.classes_).index(author) for author in learned]].T


def print_row(name: str, words: int, splits: Sequence[tuple[Vector, Vector]]) -> None:
    """Print the figures of a judge. Each split has scores and the number of the true authors."""
    right = np.concatenate([scores.argmax(axis=0) == truth for scores, truth in splits])
    positive, negative, own = [], [], []
    for scores, truth in splits:
        for author in range(len(scores)):
            yes, no = scores[author, truth == author], scores[author, truth != author]
            positive.append(yes)
            negative.append(no)
            own.append(auc(yes, no))
    yes, no = np.concatenate(positive), np.concatenate(negative)
    print(
        f"{words:>6} {name:<14} {right.mean():>9.3f} {auc(yes, no):>7.4f} "
        f"{c_at_1(yes, no):>7.3f} {np.mean(own):>12.4f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", type=int, nargs="+", default=[250, 1000])
    parser.add_argument("--most", type=int, default=20, help="tested pieces of a work at most")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--language", default="en")
    chosen = parser.parse_args()
    print(f"{'words':>6} {'judge':<14} {'accuracy':>9} {'AUC':>7} {'c@1':>7} {'AUC by author':>12}")
    for words in chosen.words:
        began = time.process_time()
        works = read_works(chosen.folder, words)
        found: dict[str, list[tuple[Vector, Vector]]] = {}
        for number in range(chosen.splits):
            learned, tested = split_works(works, number, chosen.most)
            truth = np.repeat(np.arange(len(tested)), [len(own) for own in tested.values()])
            scores = judge_pieces(learned, tested, chosen.language)
            scores[SKLEARN] = classify_pieces(learned, tested)
            for name, rows in scores.items():
                found.setdefault(name, []).append((rows, truth))
        for name, splits in found.items():
            print_row(name, words, splits)
        pieces = sum(len(truth) for _, truth in found[SKLEARN])
        print(f"       {pieces} pieces, {time.process_time() - began:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
