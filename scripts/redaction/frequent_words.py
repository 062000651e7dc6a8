"""Most frequent words of prose in lower case: the line "en-frequent" of the ordinary words.

A word that is mostly written with a capital inside sentences is a name and is left out.

    python scripts/redaction/frequent_words.py FOLDER --count 6000
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from morris_mlx.prepare.redact.word_usage import begins_sentence
from morris_mlx.text.words import HYPHENATED_WORD

MIN_LETTERS = 3  # shorter ones are function words, which have a list of their own


def frequent_words(texts: Iterable[str], count: int) -> list[str]:
    """Return the most frequent words that are mostly in lower case, in alphabetical order."""
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for match in HYPHENATED_WORD.finditer(text):
            word = match.group()
            if not word.isalpha() or not word.isascii() or len(word) < MIN_LETTERS:
                continue
            if word.islower():
                lower[word] += 1
            elif not begins_sentence(text, match.start()):
                capital[word.lower()] += 1
    common = (word for word, n in lower.most_common() if n > capital[word])
    return sorted(word for word, _ in zip(common, range(count), strict=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of .txt files of prose")
    parser.add_argument("--count", type=int, default=6000)
    options = parser.parse_args()
    texts = (path.read_text(encoding="utf-8") for path in sorted(options.folder.rglob("*.txt")))
    print("en-frequent: " + " ".join(frequent_words(texts, options.count)))


if __name__ == "__main__":
    main()
