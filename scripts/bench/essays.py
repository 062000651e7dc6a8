"""Cut books of essays in plain text into files of one essay each, for recipes.py.

    python scripts/bench/essays.py BOOK.txt [BOOK.txt ...] --to FOLDER [--words 430] [--most 45]

A short paragraph without a punctuation mark at its end is the title of the next essay. Only the
first paragraphs of an essay are kept, until they have more than `--words` words, because a small
base is trained on short rows. Essays with fewer than 150 words, such as prefaces, are left out.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

LEAST_WORDS = 150
TITLE_CHARACTERS, TITLE_WORDS = 60, 9  # a longer paragraph is no title
MARKS = ".,;:!?”—-’"  # at the end of a sentence or of a broken line


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("books", type=Path, nargs="+", metavar="BOOK")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--words", type=int, default=430, help="Approximate number of words to keep of an essay."
    )
    parser.add_argument("--most", type=int, default=45, help="Maximum number of essays.")
    options = parser.parse_args()
    found = [essay for book in options.books for essay in essays(book.read_text("utf-8"))]
    kept = found[: options.most]
    if not kept:
        print("No essay was found: titles must be short paragraphs of their own.", file=sys.stderr)
        return 1
    options.to.mkdir(parents=True, exist_ok=True)
    for number, (title, paragraphs) in enumerate(kept, 1):
        text = "\n\n".join((f"# {title}", *beginning(paragraphs, options.words)))
        (options.to / f"{number:03}.md").write_text(text + "\n", encoding="utf-8")
    print(f"{len(kept)} of {len(found)} essays → {options.to}")
    return 0


def essays(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the title and the paragraphs of each essay."""
    title, paragraphs = "", list[str]()
    for paragraph in filter(None, (part.strip() for part in re.split(r"\n\s*\n", text))):
        if is_title(paragraph):
            if title and word_count(paragraphs) >= LEAST_WORDS:
                yield title, paragraphs
            title, paragraphs = paragraph.title(), []
        else:
            paragraphs.append(paragraph)
    if title and word_count(paragraphs) >= LEAST_WORDS:
        yield title, paragraphs


def is_title(paragraph: str) -> bool:
    return (
        len(paragraph) < TITLE_CHARACTERS
        and len(paragraph.split()) <= TITLE_WORDS
        and paragraph[-1] not in MARKS
        and not paragraph.isdigit()
    )


def beginning(paragraphs: list[str], words: int) -> list[str]:
    """Return the first paragraphs, until they have more than `words` words."""
    kept: list[str] = []
    for paragraph in paragraphs:
        if word_count(kept) > words:
            break
        kept.append(paragraph)
    return kept


def word_count(paragraphs: list[str]) -> int:
    return sum(len(paragraph.split()) for paragraph in paragraphs)


if __name__ == "__main__":
    sys.exit(main())
