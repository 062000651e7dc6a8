"""Make the reference population of a language: statistics of many writers, and a card.

    python scripts/build/reference_population.py FOLDER --index index.jsonl --language en \
        --source "Standard Ebooks (CC0) and Project Gutenberg"
    python scripts/build/reference_population.py FOLDER --index index.jsonl --language ru \
        --works 5 --pieces 5 --source "RusLit"     # few authors, so more of each

FOLDER has one text file per work. A line of the index has `file`, `author`, `title`, `category` and
`year`. Only works in FOLDER are read, at most `--works` per author, essays before other prose, and
`--pieces` pieces evenly from the whole length of each. Files: `populations/LANGUAGE.npz`,
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

PIECES = 4  # of a work: one document of 1,000 words
MOST_BYTES = 1_500_000
FIRST = "essay"  # the category that is nearest to columns, mails and posts


def choose_works(folder: Path, index: Path, most: int = 1) -> list[dict[str, Any]]:
    """Return at most `most` works of each author that are in the folder."""
    rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines() if line]
    rows = [row for row in rows if (folder / row["file"]).is_file()]
    rows.sort(key=lambda row: (row["category"] != FIRST, row["file"]))
    chosen: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        chosen.setdefault(row["author"], []).append(row)
    return [row for author in sorted(chosen) for row in chosen[author][:most]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument(
        "--source", required=True, help="the origin of the texts, with their license"
    )
    parser.add_argument("--works", type=int, default=1, help="most works of an author")
    parser.add_argument("--pieces", type=int, default=PIECES, help="pieces of a work")
    parser.add_argument("--date", default=datetime.datetime.now(datetime.UTC).date().isoformat())
    parser.add_argument("--target", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    texts: list[str] = []
    authors: list[str] = []
    works: list[dict[str, Any]] = []
    for row in choose_works(chosen.folder, chosen.index, chosen.works):
        data = (chosen.folder / row["file"]).read_bytes()
        pieces = cut_pieces([data.decode("utf-8")], PIECE_WORDS)
        step = len(pieces) // chosen.pieces
        if not step:
            continue
        taken = [pieces[step // 2 + step * number] for number in range(chosen.pieces)]
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
    print(
        f"{len(set(authors))} authors, {len(works)} works, {len(pieces)} pieces, {card['words']:,} words, {size:,} bytes"
    )
    if size > MOST_BYTES:
        raise SystemExit(f"The files must have at most {MOST_BYTES:,} bytes. Take fewer authors.")


if __name__ == "__main__":
    main()
