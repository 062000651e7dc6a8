"""Make the reference population of a language: statistics of many writers, and a card.

    python scripts/build/reference_population.py FOLDER --index index.jsonl --language en \
        --source "Standard Ebooks (CC0) and Project Gutenberg"

FOLDER has one text file per work. A line of the index has `file`, `author`, `title`, `category` and
`year`. Only works in FOLDER are read, at most one per author, essays before other prose, and
PIECES_PER_AUTHOR pieces evenly from its whole length. Files: `populations/LANGUAGE.npz`,
`LANGUAGE.json` (features) and `LANGUAGE.card.json` (works with hashes, sizes, date).
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import learn_inventory
from morris_mlx.evaluate.judges.measured_text import measure_all
from morris_mlx.evaluate.judges.pieces import cut_pieces
from morris_mlx.evaluate.judges.population import (
    FOLDER,
    PIECE_WORDS,
    Population,
    save_population,
)

PIECES_PER_AUTHOR = 4  # one document of 1,000 words
MOST_BYTES = 1_500_000
FIRST = "essay"  # the category that is nearest to columns, mails and posts


def choose_works(folder: Path, index: Path) -> list[dict[str, Any]]:
    """Return one work per author that is in the folder."""
    rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines() if line]
    rows = [row for row in rows if (folder / row["file"]).is_file()]
    rows.sort(key=lambda row: (row["category"] != FIRST, row["file"]))
    chosen: dict[str, dict[str, Any]] = {}
    for row in rows:
        chosen.setdefault(row["author"], row)
    return [chosen[author] for author in sorted(chosen)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument(
        "--source", required=True, help="the origin of the texts, with their license"
    )
    parser.add_argument("--date", default=datetime.datetime.now(datetime.UTC).date().isoformat())
    parser.add_argument("--target", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    texts: list[str] = []
    authors: list[str] = []
    works: list[dict[str, Any]] = []
    for row in choose_works(chosen.folder, chosen.index):
        data = (chosen.folder / row["file"]).read_bytes()
        pieces = cut_pieces([data.decode("utf-8")], PIECE_WORDS)
        step = len(pieces) // PIECES_PER_AUTHOR
        if not step:
            continue
        taken = [pieces[step // 2 + step * number] for number in range(PIECES_PER_AUTHOR)]
        texts += taken
        authors += [row["author"]] * len(taken)
        digest = hashlib.sha256(data).hexdigest()
        works.append({key: row[key] for key in ("author", "title", "year")} | {"sha256": digest})
    inventory = learn_inventory(texts, chosen.language)
    pieces = Documents(measure_all(texts, inventory), tuple(authors))
    chosen.target.mkdir(parents=True, exist_ok=True)
    save_population(Population(inventory, pieces), chosen.target)
    files = [chosen.target / f"{chosen.language}.{kind}" for kind in ("npz", "json")]
    card = {
        "language": chosen.language,
        "source": chosen.source,
        "made": chosen.date,
        "pieces": len(pieces),
        "words": sum(text.words for text in pieces.texts),
        "contents": "counts and shares of features; no sentence of the works",
        "files": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files},
        "works": works,
    }
    text = json.dumps(card, ensure_ascii=False, indent=1)
    path = chosen.target / f"{chosen.language}.card.json"
    path.write_text(text + "\n", encoding="utf-8")
    size = sum(p.stat().st_size for p in (*files, path))
    print(f"{len(works)} authors, {len(pieces)} pieces, {card['words']:,} words, {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"The files must have at most {MOST_BYTES:,} bytes. Take fewer authors.")


if __name__ == "__main__":
    main()
