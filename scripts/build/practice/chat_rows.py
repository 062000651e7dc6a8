"""The chat stage's rows, made from the same texts: a request → a passage, a remark → a reply.

They teach the template, prose answers and the end-of-sequence token. Half of every batch stays
plain text, so that the second stage forgets nothing of the first.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from tokenizers import Tokenizer

from morris_mlx.models.chat_formats import ZEPHYR
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.corpus import Message

from .corpus import END_ID
from .schedule import LONG, STEP_TOKENS, Stage, blocks

ROWS = 30_000
PASSAGE_WORDS = (35, 170)  # an answer of up to about 230 tokens: it ends by itself before 300
SYSTEM_SHARE = 0.6
SYSTEMS = (
    "You are the author. Answer in your own voice.",
    "You are a writer. Answer in prose.",
    "You are a helpful writer.",
    "Answer in a few good sentences.",
)
TOPIC_REQUESTS = (
    "Write a passage about {a} and {b}.",
    "Write about {a}.",
    "Tell me something about {a}.",
    "A short piece on {a}, please.",
    "I should like to read about {a} and {b}.",
    "What have you to say about {a}?",
    "Write a few paragraphs on {a}, with {b} in it.",
    "Describe {a} to me.",
    "Headline: {A} and {B}",
    "Topic: {a}. Write the text.",
)
TITLE_REQUESTS = (
    "Write a passage for a book called “{title}”.",
    "Give me a page of “{title}”.",
    "How might a piece with the title “{title}” go on?",
)
OPENING_REQUESTS = (
    "Continue: {opening}",
    "Go on from here: {opening}",
    "This is the opening. Write what follows.\n\n{opening}",
    "{opening}\n\nHow does it go on?",
)
WORD = re.compile(r"[A-Za-z][a-z’'-]+")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[“‘A-Z])")


def chat_batches(
    works: dict[str, str],
    tokenizer: Tokenizer,
    tokens: np.ndarray,
    stage: Stage,
    start: int,
    seed: int,
) -> Iterator:
    """(ids, targets), each [B, LONG]: the first half chat rows, the second plain text."""
    rows = STEP_TOKENS // LONG // 2
    packed = list(pack(chat_rows(works, tokenizer, seed)))
    text = blocks(tokens, LONG, rows, seed, start)
    for step in range(start, stage.steps):
        chosen = [packed[(step * rows + i) % len(packed)] for i in range(rows)]
        plain = next(text).astype(np.int64)
        ids = np.stack([c[0] for c in chosen] + list(plain[:, :-1]))
        targets = np.stack([c[1] for c in chosen] + list(plain[:, 1:]))
        yield ids, targets


def pack(rows: Iterator[tuple[list[int], list[bool]]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows one after another in blocks of LONG tokens; only learned tokens are targets."""
    ids: list[int] = []
    mask: list[bool] = []
    for row_ids, row_mask in rows:
        if len(ids) + len(row_ids) > LONG + 1:
            room = LONG + 1 - len(ids)
            block = np.array(ids + [END_ID] * room, dtype=np.int64)
            learned = np.array(mask + [False] * room)
            yield block[:-1], np.where(learned[1:], block[1:], -100)
            ids, mask = [], []
        ids, mask = ids + row_ids, mask + row_mask


def chat_rows(works: dict[str, str], tokenizer: Tokenizer, seed: int) -> Iterator:
    """(ids, mask) of `ROWS` conversations, the same ones for the same seed."""
    chat = ChatTokenizer(tokenizer, digest="", name="practice", chat_format=ZEPHYR)
    rng = np.random.default_rng(seed)
    books = {
        name: [p.strip() for p in text.split("\n\n") if p.strip()] for name, text in works.items()
    }
    frequency = Counter(w.lower() for text in works.values() for w in WORD.findall(text))
    names = list(books)
    sizes = np.sqrt([len(works[n]) for n in names])
    made = 0
    while made < ROWS:
        name = names[rng.choice(len(names), p=sizes / sizes.sum())]
        messages = one_row(name, books[name], frequency, rng)
        if messages is None:
            continue
        if rng.random() < SYSTEM_SHARE:
            messages = [Message("system", str(rng.choice(SYSTEMS))), *messages]
        rendered = chat.render(messages)
        if len(rendered.ids) <= LONG:
            made += 1
            yield list(rendered.ids), list(rendered.mask)


def one_row(
    name: str, paragraphs: list[str], frequency: Counter, rng: np.random.Generator
) -> list | None:
    at = int(rng.integers(len(paragraphs)))
    if rng.random() < 0.2:
        return exchange(paragraphs, at)
    passage = take_passage(paragraphs, at, int(rng.integers(*PASSAGE_WORDS)))
    if passage is None:
        return None
    kind = rng.random()
    if kind < 0.3:
        sentences = SENTENCE.split(passage)
        if len(sentences) < 3 or len(sentences[0].split()) < 5:
            return None
        opening = sentences[0]
        return turn(pick(OPENING_REQUESTS, rng).format(opening=opening), passage[len(opening) :])
    if kind < 0.4:
        title = name.split("__")[-1].replace("-", " ").title()
        return turn(pick(TITLE_REQUESTS, rng).format(title=title), passage)
    words = keywords(passage, frequency)
    if len(words) < 2:
        return None
    a, b = words[:2]
    request = pick(TOPIC_REQUESTS, rng).format(a=a, b=b, A=a.title(), B=b.title())
    return turn(request, passage)


def turn(request: str, answer: str) -> list[Message]:
    return [Message("user", request), Message("assistant", answer.strip())]


def pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def take_passage(paragraphs: list[str], at: int, words: int) -> str | None:
    """Whole paragraphs from `at` on up to about `words` words; None where none fits."""
    taken, total = [], 0
    for paragraph in paragraphs[at:]:
        size = len(paragraph.split())
        if total + size > words:
            break
        taken.append(paragraph)
        total += size
    return "\n\n".join(taken) if total >= PASSAGE_WORDS[0] else None


def exchange(paragraphs: list[str], at: int) -> list[Message] | None:
    """Two speeches that follow each other: remark and reply."""
    if at + 1 >= len(paragraphs):
        return None
    speeches = [re.findall(r"“([^”]+)”", p) for p in paragraphs[at : at + 2]]
    said = [" ".join(s).strip() for s in speeches]
    if not all(p.startswith("“") for p in paragraphs[at : at + 2]) or min(map(len, said)) < 12:
        return None
    return turn(said[0], said[1])


def keywords(text: str, frequency: Counter) -> list[str]:
    """The passage's own words: often here, seldom elsewhere, in lower case at least once."""
    counts = Counter(WORD.findall(text))
    scored = {
        w: n * math.log(2e6 / (1 + frequency[w]))
        for w, n in counts.items()
        if w.islower() and len(w) > 3 and 20 < frequency[w] < 20_000
    }
    return sorted(scored, key=lambda w: (-scored[w], w))[:4]
