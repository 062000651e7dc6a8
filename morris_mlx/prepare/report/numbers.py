"""What the report says about a dataset, counted from its rows: the same rows, the same numbers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare import Prepared
from morris_mlx.prepare.cleaning.language import language_of
from morris_mlx.prepare.examples.from_documents import TASK_CONTINUATION
from morris_mlx.prepare.examples.instruction_rows import MIXED
from morris_mlx.prepare.style.drafts import ASKED
from morris_mlx.prepare.style.numbers import DRAFTS_LEARNED
from morris_mlx.records.corpus import MIX_TASK, SPLITS, DatasetCard, Example, Role, Split
from morris_mlx.text.pii import RedactionReport

GIVEN = "input"  # what a funnel's counts call all that came in
DRAFTED = "passages"
BINS = 32  # of the histogram: one is 64 tokens of a window of 2,048
SHOWN_ROWS = 5  # enough to see every way of asking, few enough to read
SHOWN_TURNS = 6  # of a conversation
SHOWN_CHARACTERS = 420  # of a turn: a paragraph tells the voice


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of what."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of all that came in of a kind. Raises ValueError unless it adds up.

    `came` and `stayed` are said after the noun: "texts collected", "texts kept".
    """

    noun: str
    given: int
    left_out: tuple[Count, ...]  # every reason, also with none
    kept: Mapping[Split, int]
    came: str = "collected"
    stayed: str = "kept"

    def __post_init__(self) -> None:
        if self.given != sum(c.count for c in self.left_out) + self.kept_in_all:
            raise ValueError(f"The counts of {self.noun} do not add up: {self}.")

    @property
    def kept_in_all(self) -> int:
        return sum(self.kept.values())


@dataclass(frozen=True, slots=True)
class SplitRows:
    """The rows of a split: by task, and how many words the writer says in them."""

    split: Split
    tasks: tuple[Count, ...]
    words: int

    @property
    def rows(self) -> int:
        return sum(task.count for task in self.tasks)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Rows by their length in tokens, in BINS equal parts of the window; and some of the lengths.

    The rows of bin i are longer than `window * i // BINS`, and no longer than the next such edge.
    """

    window: int
    train: tuple[int, ...]
    held_out: tuple[int, ...]
    shortest: int
    median: int
    longest: int


@dataclass(frozen=True, slots=True)
class Language:
    """ISO 639-1, or "" for what cannot be told; of how many sources, with how many words."""

    code: str
    sources: int
    words: int


@dataclass(frozen=True, slots=True)
class ShownTurn:
    role: Role
    text: str
    words_left: int  # that are not shown


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of train as its reader would meet it; the system prompt is told once for all."""

    task: str
    turns: tuple[ShownTurn, ...]
    turns_left: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that the page shows. `largest_share` is that of one source in the words of train.

    `funnels` are of what the writer gave, `beside` of general rows and of passages drafted.
    """

    model: str
    digest: str
    system_prompt: str
    funnels: tuple[Funnel, ...]
    beside: tuple[Funnel, ...]
    mended: tuple[Count, ...]
    turns: tuple[Count, ...]  # of conversations: which are in no row whole
    splits: tuple[SplitRows, ...]
    lengths: Lengths
    continued_share: float  # of the rows: parts of texts that are longer than the window
    largest_share: float
    shown: tuple[ShownRow, ...]
    redaction: RedactionReport | None  # None: it was switched off
    languages: tuple[Language, ...]
    overlap: Mapping[Split, float]

    @property
    def rows(self) -> int:
        return sum(split.rows for split in self.splits)

    @property
    def words(self) -> int:
        return sum(split.words for split in self.splits)


def count(made: Prepared, card: DatasetCard, tokenizer: ChatTokenizer) -> Numbers:
    rows = [e for split in SPLITS for e in made.examples[split]]
    own = [row for row in rows if row.task != MIX_TASK]
    springs = (
        ("texts", "collected", made.documents),
        ("conversations", "collected", made.conversations),
        ("rows of yours", "given", made.extras.get("own_rows", {})),
    )
    by_source = _words_by_source([e for e in made.examples["train"] if e.task != MIX_TASK])
    return Numbers(
        model=card.model,
        digest=card.digest,
        system_prompt=card.system_prompt,
        funnels=tuple(
            replace(funnel(noun, counts), came=came)
            for noun, came, counts in springs
            if counts.get(GIVEN)
        ),
        beside=tuple(_beside(made.extras)),
        mended=tuple(Count(name, n) for name, n in made.mended.items()),
        turns=tuple(Count(name, n) for name, n in made.turns.items()),
        splits=tuple(_split_rows(split, made.examples[split]) for split in SPLITS),
        lengths=_lengths(made.examples, tokenizer, card.window),
        continued_share=sum(e.task == TASK_CONTINUATION for e in rows) / len(rows),
        largest_share=max(by_source.values()) / max(1, by_source.total()),
        shown=tuple(map(_shown, choose_rows(made.examples["train"]))),
        redaction=made.redaction,
        languages=_languages(own),
        overlap=made.overlap,
    )


def funnel(noun: str, counts: Mapping[str, int]) -> Funnel:
    kept = {split: counts[split] for split in SPLITS}
    reasons = (Count(k, n) for k, n in counts.items() if k not in (GIVEN, *SPLITS))
    return Funnel(noun, counts[GIVEN], tuple(reasons), kept)


def _beside(extras: Mapping[str, Any]) -> Iterator[Funnel]:
    none = dict.fromkeys(SPLITS, 0)
    for name, noun, given, learned, came, stayed in (
        ("mix", "general rows", GIVEN, MIXED, "given", "mixed in"),
        ("drafts", DRAFTED, ASKED, DRAFTS_LEARNED, "to be drafted plainly", "learned from"),
    ):
        if counts := dict(extras.get(name) or {}):
            split = {GIVEN: counts.pop(given)} | none | {"train": counts.pop(learned)}
            yield replace(funnel(noun, split | counts), came=came, stayed=stayed)


def choose_rows(rows: Sequence[Example]) -> list[Example]:
    """One row of each task, then others, each of another source while there are any.

    By a hash of the row: neither the first texts nor those that somebody picked.
    """
    ordered = sorted(rows, key=_row_hash)
    chosen: list[Example] = []
    for again in (False, True):  # sources come again only when there are no others
        for new_task in (True, False):
            for row in ordered:
                seen = {r.task for r in chosen}, {r.source_id for r in chosen}
                if len(chosen) == SHOWN_ROWS:
                    return chosen
                if row in chosen or (new_task and row.task in seen[0]):
                    continue
                if again or row.source_id not in seen[1]:
                    chosen.append(row)
    return chosen


def _row_hash(row: Example) -> bytes:
    return hashlib.sha256(f"{row.source_id}/{row.task}/{row.messages}".encode()).digest()


def _shown(row: Example) -> ShownRow:
    said = [m for m in row.messages if m.role != "system"]
    turns = []
    for message in said[:SHOWN_TURNS]:
        text = _beginning(message.content.strip())
        left = len(message.content.split()) - len(text.split())
        turns.append(ShownTurn(message.role, text, max(0, left)))
    return ShownRow(row.task, tuple(turns), len(said) - len(turns))


def _beginning(text: str) -> str:
    """At most SHOWN_CHARACTERS, to the end of a word where there is one."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    whole = text[: SHOWN_CHARACTERS + 1].rsplit(maxsplit=1)[0]
    if SHOWN_CHARACTERS // 2 < len(whole) <= SHOWN_CHARACTERS:
        return whole.rstrip()
    return text[:SHOWN_CHARACTERS].rstrip()


def _own_words(row: Example) -> Iterator[str]:
    yield from (m.content for m in row.messages if m.role == "assistant")


def _word_count(row: Example) -> int:
    return sum(len(text.split()) for text in _own_words(row))


def _words_by_source(rows: Sequence[Example]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.source_id] += _word_count(row)
    return counts


def _split_rows(split: Split, rows: Sequence[Example]) -> SplitRows:
    tasks = Counter(row.task for row in rows)
    own = [row for row in rows if row.task != MIX_TASK]
    return SplitRows(
        split, tuple(Count(k, n) for k, n in sorted(tasks.items())), sum(map(_word_count, own))
    )


def _lengths(
    examples: Mapping[Split, Sequence[Example]], tokenizer: ChatTokenizer, window: int
) -> Lengths:
    tokens = {s: [len(tokenizer.render(e.messages).ids) for e in examples[s]] for s in SPLITS}
    every = sorted(n for split in SPLITS for n in tokens[split])
    held_out = [*tokens["valid"], *tokens["test"]]
    return Lengths(
        window,
        _binned(tokens["train"], window),
        _binned(held_out, window),
        every[0],
        every[len(every) // 2],
        every[-1],
    )


def _binned(lengths: Sequence[int], window: int) -> tuple[int, ...]:
    bins = Counter(next(i for i in range(BINS) if n <= window * (i + 1) // BINS) for n in lengths)
    return tuple(bins[i] for i in range(BINS))


def _languages(rows: Sequence[Example]) -> tuple[Language, ...]:
    """The most spoken first. Told from all that the writer says in one source."""
    texts: dict[str, dict[str, int]] = {}
    for row in rows:
        for text in _own_words(row):
            texts.setdefault(row.source_id, {})[text] = len(text.split())
    sources: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for said in texts.values():
        code = language_of("\n".join(said))
        sources[code] += 1
        words[code] += sum(said.values())
    found = [Language(code, sources[code], words[code]) for code in sources]
    return tuple(sorted(found, key=lambda one: (-one.words, one.code)))
