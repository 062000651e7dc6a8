"""Benchmark of the loop detector: false alarms on real prose, delay of a stream, time per token.

    python scripts/bench/loops.py FOLDER_OF_TEXTS                        # the practice base's tokens
    python scripts/bench/loops.py FOLDER --model smollm2 --most 200      # 200 pieces of each file

Every file is cut into pieces of 200 to 400 tokens, the length of replies. If the detector finds a
loop in a piece, a reply with this text would have been sampled again.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from morris_mlx.generate.loops import LoopDetector
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.models.find import find_model
from morris_mlx.records.corpus import Message

SHORTEST, LONGEST = 200, 400
BLOCK = 20_000  # characters that are encoded at once


def pieces(ids: list[int], rng: random.Random, most: int) -> Iterator[list[int]]:
    """Yield up to `most` consecutive pieces of random lengths."""
    start = 0
    for _ in range(most):
        piece = ids[start : start + rng.randint(SHORTEST, LONGEST)]
        if len(piece) < SHORTEST:
            return
        yield piece
        start += len(piece)


def first_loop(
    ids: list[int], texts: dict[int, str], tokenizer: ChatTokenizer, held: Counter[int]
) -> list[int]:
    """Return the ids of the first loop, or none, and count the ids held back at each token."""
    detector = LoopDetector()
    for token in ids:
        if token not in texts:
            texts[token] = tokenizer.decode([token])
        detector.add(token, texts[token])
        held[detector.held] += 1
        if detector.looping:
            return list(detector.ids[len(detector) - detector.held :])
    return []


def ids_of(tokenizer: ChatTokenizer, text: str) -> list[int]:
    """Return the ids that a text has in a reply."""
    rendered = tokenizer.render([Message("user", "x"), Message("assistant", text)])
    return [i for i, learned in zip(rendered.ids, rendered.mask, strict=True) if learned]


def encode(text: str, tokenizer: ChatTokenizer, tokens: int) -> list[int]:
    """Return at least the first `tokens` ids of a text, or all if there are fewer."""
    ids: list[int] = []
    for start in range(0, len(text), BLOCK):
        if len(ids) >= tokens:
            break
        ids += ids_of(tokenizer, text[start : start + BLOCK])
    return ids


def held_mean(held: Counter[int]) -> float:
    """Return the mean number of tokens that are held back."""
    return sum(length * count for length, count in held.items()) / max(1, held.total())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="practice")
    parser.add_argument("--most", type=int, default=100, help="pieces of each file at most")
    chosen = parser.parse_args()
    tokenizer, rng = load_tokenizer(find_model(chosen.model).folder), random.Random(0)
    texts: dict[int, str] = {}
    held = Counter[int]()
    found = count = tokens = 0
    seconds = 0.0
    for path in sorted([*chosen.folder.rglob("*.txt"), *chosen.folder.rglob("*.md")]):
        text = path.read_text(encoding="utf-8")
        ids = encode(text, tokenizer, chosen.most * LONGEST)
        here = [0, 0]
        for piece in pieces(ids, rng, chosen.most):
            began = time.perf_counter()
            loop = first_loop(piece, texts, tokenizer, held)
            seconds += time.perf_counter() - began
            here[0] += bool(loop)
            here[1] += 1
            tokens += len(piece)
            if loop:
                print(f"  {path.stem}: {tokenizer.decode(loop)!r}")
        found, count = found + here[0], count + here[1]
    print(f"{found} of {count:,} pieces ({100 * found / max(1, count):.3f} %)", end=", ")
    share = sum(count for length, count in held.items() if length > 5) / max(1, tokens)
    print(
        f"a stream is {held_mean(held):.2f} tokens late, more than 5 at {share:.2%} of tokens, ",
        end="",
    )
    print(f"{1e6 * seconds / max(1, tokens):.1f} µs per token")


if __name__ == "__main__":
    main()
