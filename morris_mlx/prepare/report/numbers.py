"""The figures of the report, counted from the rows of a dataset: same rows, same figures."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.disk_list import Selection
from morris_mlx.prepare.examples.from_documents import (
    TASK_CONTINUATION,
    TASK_HEADLINE,
    TASK_TOPIC,
)
from morris_mlx.prepare.job import Prepared
from morris_mlx.prepare.reasons import BRIEFED, INPUT, LEARNED_FROM, MIXED_IN, PASSAGES
from morris_mlx.prepare.report.residue import Residue, find_residue
from morris_mlx.records.corpus import (
    MIX_TASK,
    OPENING_TASK,
    SPLITS,
    DatasetCard,
    Example,
    Role,
    RowLength,
    Split,
)
from morris_mlx.text.pii import RedactionReport

WORDED_TASKS = (TASK_HEADLINE, TASK_TOPIC, OPENING_TASK, TASK_CONTINUATION)
BINS = 32  # of the histogram: one is 64 tokens of a window of 2,048
SHOWN_ROWS = 5  # enough to see every way of asking, few enough to read
SHOWN_TURNS = 6  # of a conversation
SHOWN_REASONS = 12  # of `morris collect`
SHOWN_CHARACTERS = 420  # of a turn: a paragraph is enough to recognize a style


@dataclass(frozen=True, slots=True)
class Count:
    """A name and how often it occurs."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """The path of one kind of input: how many came in, were left out, and were kept.

    `given_label` and `kept_label` follow the noun: "texts collected", "texts kept". Raises
    ValueError unless the counts add up.
    """

    noun: str
    given: int
    left_out: tuple[Count, ...]  # every reason, also those with a count of 0
    kept: Mapping[Split, int]
    given_label: str = "collected"
    kept_label: str = "kept"

    def __post_init__(self) -> None:
        if self.given != sum(c.count for c in self.left_out) + self.kept_total:
            raise ValueError(f"The counts of {self.noun} do not add up: {self}.")

    @property
    def kept_total(self) -> int:
        """Return the number kept in all splits."""
        return sum(self.kept.values())


@dataclass(frozen=True, slots=True)
class SplitRows:
    """The rows of a split, counted by task, and the number of the writer's words in them."""

    split: Split
    tasks: tuple[Count, ...]
    words: int

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return sum(task.count for task in self.tasks)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Histogram of the rows' lengths in tokens, over BINS equal parts of the window.

    Bin i counts the rows longer than `window * i // BINS` and at most as long as the next edge.
    """

    window: int
    train: tuple[int, ...]
    held_out: tuple[int, ...]
    shortest: int
    median: int
    longest: int


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the dataset: ISO 639-1 code, or "" if unknown, with its sources and words."""

    code: str
    sources: int
    words: int


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """The beginning of a message, and how many words follow it."""

    role: Role
    text: str
    hidden_words: int


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of train without its system prompt, which the page shows once for all rows."""

    task: str
    turns: tuple[ShownTurn, ...]
    hidden_turns: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """All figures and examples on the page.

    `funnels` count the user's own input; `added_funnels` count general rows, drafts and briefs.
    `mended` counts repairs made while cleaning, `turns` those parts of conversations that are in
    no row as a whole. `largest_share` is the share of the largest source in the words of train.
    """

    model: str
    digest: str
    system_prompt: str
    funnels: tuple[Funnel, ...]
    added_funnels: tuple[Funnel, ...]
    mended: tuple[Count, ...]
    turns: tuple[Count, ...]
    splits: tuple[SplitRows, ...]
    lengths: Lengths
    continued_share: float  # of the rows: later parts of texts longer than the window
    largest_share: float
    shown: tuple[ShownRow, ...]
    redaction: RedactionReport | None  # None: switched off
    languages: tuple[Language, ...]
    overlap: Mapping[Split, float]
    residue: Residue
    asked_by_wording: bool  # some rows have a request that Morris worded
    not_collected: tuple[Count, ...] = ()  # reasons of `morris collect`, the most frequent first
    other_languages: tuple[Count, ...] = ()  # left out, by code, the most frequent first

    @property
    def rows(self) -> int:
        """Return the number of rows in all splits."""
        return sum(split.rows for split in self.splits)

    @property
    def words(self) -> int:
        """Return the number of the writer's words in all splits."""
        return sum(split.words for split in self.splits)


def count(
    prepared: Prepared, card: DatasetCard, not_collected: Mapping[str, int] | None = None
) -> Numbers:
    """Return the figures of a dataset that was just prepared; `card` is its description.

    `not_collected` has the number of items that `morris collect` left out, by reason.
    """
    tasks = Counter(e.task for split in SPLITS for e in prepared.examples[split])
    inputs = (
        ("texts", "collected", prepared.documents),
        ("conversations", "collected", prepared.conversations),
        ("rows of yours", "given", prepared.extras.get("own_rows", {})),
    )
    by_source = _words_by_source(_own_rows(prepared.examples["train"]))
    return Numbers(
        model=card.model,
        digest=card.digest,
        system_prompt=card.system_prompt,
        funnels=tuple(
            replace(funnel(noun, counts), given_label=label)
            for noun, label, counts in inputs
            if counts.get(INPUT)
        ),
        added_funnels=tuple(_added_funnels(prepared.extras)),
        mended=tuple(Count(name, n) for name, n in prepared.repairs.items()),
        turns=tuple(Count(name, n) for name, n in prepared.turns.items()),
        splits=tuple(_split_rows(split, prepared.examples[split]) for split in SPLITS),
        lengths=_lengths(prepared.lengths, card.window),
        continued_share=tasks[TASK_CONTINUATION] / tasks.total(),
        largest_share=max(by_source.values(), default=0) / max(1, by_source.total()),
        shown=tuple(map(_shown, choose_rows(prepared.examples["train"]))),
        redaction=prepared.redaction,
        languages=_languages(_texts_by_source(prepared.examples)),
        overlap=prepared.overlap,
        residue=find_residue("\n\n".join(texts) for texts in _texts_by_source(prepared.examples)),
        asked_by_wording=any(tasks[task] for task in WORDED_TASKS),
        not_collected=_most_frequent(not_collected or {}),
        other_languages=_most_frequent(prepared.other_languages),
    )


def funnel(noun: str, counts: Mapping[str, int]) -> Funnel:
    """Return a funnel from counts with the keys INPUT, the splits, and reasons to leave out."""
    kept = {split: counts[split] for split in SPLITS}
    reasons = (Count(k, n) for k, n in counts.items() if k not in (INPUT, *SPLITS))
    return Funnel(noun, counts[INPUT], tuple(reasons), kept)


def _added_funnels(extras: Mapping[str, Any]) -> Iterator[Funnel]:
    """Yield the funnels of general rows, drafts and briefs, which are in train only."""
    none = dict.fromkeys(SPLITS, 0)
    for name, noun, given, kept, given_label, kept_label in (
        ("mix", "general rows", INPUT, MIXED_IN, "given", "mixed in"),
        ("drafts", PASSAGES, PASSAGES, LEARNED_FROM, "to be drafted plainly", "learned from"),
        ("briefs", BRIEFED, BRIEFED, LEARNED_FROM, "in all", "briefed and learned from"),
    ):
        if counts := dict(extras.get(name) or {}):
            split = {INPUT: counts.pop(given)} | none | {"train": counts.pop(kept)}
            one = funnel(noun, split | counts)
            yield replace(one, given_label=given_label, kept_label=kept_label)


def choose_rows(rows: Sequence[Example]) -> list[Example]:
    """Return SHOWN_ROWS rows: one of each task first, then others, preferring new sources.

    Rows are ordered by their hash, so the choice depends neither on their order nor on chance.
    """
    hashes = [_row_hash(row) for row in rows]
    ordered = Selection(rows, sorted(range(len(rows)), key=hashes.__getitem__))
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
    messages = [m for m in row.messages if m.role != "system"]
    turns = []
    for message in messages[:SHOWN_TURNS]:
        text = _beginning(message.content.strip())
        left = len(message.content.split()) - len(text.split())
        turns.append(ShownTurn(message.role, text, max(0, left)))
    return ShownRow(row.task, tuple(turns), len(messages) - len(turns))


def _beginning(text: str) -> str:
    """Return at most SHOWN_CHARACTERS of a text, up to the end of a word if possible."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    whole = text[: SHOWN_CHARACTERS + 1].rsplit(maxsplit=1)[0]
    if SHOWN_CHARACTERS // 2 < len(whole) <= SHOWN_CHARACTERS:
        return whole.rstrip()
    return text[:SHOWN_CHARACTERS].rstrip()


def _own_texts(row: Example) -> Iterator[str]:
    yield from (m.content for m in row.messages if m.role == "assistant")


def _word_count(row: Example) -> int:
    return sum(len(text.split()) for text in _own_texts(row))


def _own_rows(rows: Iterable[Example]) -> Iterator[Example]:
    return (row for row in rows if row.task != MIX_TASK)


def _texts_by_source(examples: Mapping[Split, Sequence[Example]]) -> Iterator[list[str]]:
    """Yield the writer's messages of each source, those of all its rows together, each once."""
    places: dict[str, list[tuple[Split, int]]] = {}
    for split in SPLITS:
        for place, row in enumerate(examples[split]):
            if row.task != MIX_TASK:
                places.setdefault(row.source_id, []).append((split, place))
    for of_source in places.values():
        rows = (examples[split][place] for split, place in of_source)
        yield list(dict.fromkeys(text for row in rows for text in _own_texts(row)))


def _most_frequent(counts: Mapping[str, int]) -> tuple[Count, ...]:
    """Return the reasons by frequency; beyond SHOWN_REASONS, the rest as one."""
    ordered = [Count(name, n) for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
    rest = ordered[SHOWN_REASONS:]
    more = (Count("other reasons", sum(one.count for one in rest)),) if rest else ()
    return (*ordered[:SHOWN_REASONS], *more)


def _words_by_source(rows: Iterable[Example]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.source_id] += _word_count(row)
    return counts


def _split_rows(split: Split, rows: Sequence[Example]) -> SplitRows:
    tasks = Counter(row.task for row in rows)
    return SplitRows(
        split,
        tuple(Count(k, n) for k, n in sorted(tasks.items())),
        sum(map(_word_count, _own_rows(rows))),
    )


def _lengths(lengths: Mapping[Split, Sequence[RowLength]], window: int) -> Lengths:
    tokens = {split: [length.tokens for length in lengths[split]] for split in SPLITS}
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


def _languages(by_source: Iterable[Sequence[str]]) -> tuple[Language, ...]:
    """Return the languages of the writer's messages, most words first, detected per source."""
    sources: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for messages in by_source:
        code = detect_language("\n".join(messages))
        sources[code] += 1
        words[code] += sum(len(text.split()) for text in messages)
    found = [Language(code, sources[code], words[code]) for code in sources]
    return tuple(sorted(found, key=lambda one: (-one.words, one.code)))
