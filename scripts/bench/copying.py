"""Time of the search for copied spans, on random text with planted copies.

    python scripts/bench/copying.py                           # 1,000 answers, 10 million words
    python scripts/bench/copying.py --answers 100 --words 500000

The words have Zipf's distribution, as in prose, roughly. Every tenth answer contains a copy of 30
words, and all copies must be found.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from morris_mlx.text.copying import find_copies

VOCABULARY = 50_000
TEXT_WORDS = 1_000
ANSWER_WORDS = 200
COPIED_WORDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=1_000)
    parser.add_argument("--words", type=int, default=10_000_000)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, VOCABULARY + 1)
    names = np.array([f"w{number}" for number in range(VOCABULARY)])

    def written(words: int) -> list[str]:
        return names[rng.choice(VOCABULARY, words, p=weights / weights.sum())].tolist()

    texts = [written(TEXT_WORDS) for _ in range(max(1, chosen.words // TEXT_WORDS))]
    answers = [written(ANSWER_WORDS) for _ in range(chosen.answers)]
    for number in range(0, len(answers), 10):
        source = texts[rng.integers(len(texts))]
        answers[number][50 : 50 + COPIED_WORDS] = source[100 : 100 + COPIED_WORDS]
    joined = [" ".join(answer) for answer in answers]
    began, busy = time.perf_counter(), time.process_time()
    found = find_copies(joined, (" ".join(text) for text in texts))
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    planted = len(range(0, len(answers), 10))
    right = sum(len(span.words) >= COPIED_WORDS for span in found.spans)
    print(
        f"{len(answers):,} answers, {len(texts) * TEXT_WORDS:,} words: {seconds:.1f} s "
        f"({cpu:.1f} s of CPU); {right} of {planted} planted copies found"
    )


if __name__ == "__main__":
    main()
