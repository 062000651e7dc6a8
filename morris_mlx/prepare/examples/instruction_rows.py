"""Given rows: the writer's own ones, and general ones mixed in against forgetting."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from morris_mlx.errors import MorrisError
from morris_mlx.files import digest
from morris_mlx.formats.instruction_rows import InstructionRows
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.duplicates import (
    RELATED_JACCARD,
    all_shingles,
    connected_groups,
)
from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.corpus import CleanCorpus
from morris_mlx.prepare.examples.request_wordings import wordings_for
from morris_mlx.prepare.examples.windowing import row_tokens
from morris_mlx.prepare.reasons import INPUT, MIXED_IN, ExclusionReason, by_name
from morris_mlx.prepare.redact.redactor import RedactedCorpus, redact_more
from morris_mlx.records.corpus import MIX_TASK, ROW_TASK, Conversation, Example, Message, Split
from morris_mlx.text.folding import fold_lowercase

SHARE_DENOMINATOR = 10_000  # makes a share an exact fraction: 0.1 is 1/10


@dataclass(frozen=True, slots=True)
class OwnRows:
    """The writer's own rows by ID that fit the window, and the number of the others."""

    examples: Mapping[str, Example]
    too_long: int


@dataclass(frozen=True, slots=True)
class MixedRows:
    """General rows for train, counts that add up to the input, and the corpus.

    The redaction report and map of `corpus` include what was redacted in these rows.
    """

    examples: tuple[Example, ...]
    counts: dict[str, int]
    corpus: CleanCorpus


def fit_own_rows(
    rows: Sequence[Conversation], system_prompt: str, tokenizer: ChatTokenizer, window: int
) -> OwnRows:
    """Return the rows of at most `window` tokens.

    A row without a system prompt gets the one of the dataset, because it has the writer's style. A
    plain text gets a request that gives nothing of it away, in its language.
    """
    fitting: dict[str, Example] = {}
    for row in rows:
        messages = row.messages
        if is_plain_text(row):
            language = detect_language(messages[0].content)
            messages = (Message("user", wordings_for(language).own_text), *messages)
        if messages[0].role != "system":
            messages = (Message("system", system_prompt), *messages)
        example = Example(messages, row.id, ROW_TASK)
        if row_tokens(example, tokenizer) <= window:
            fitting[row.id] = example
    return OwnRows(fitting, len(rows) - len(fitting))


def is_plain_text(row: Conversation) -> bool:
    """Return True for a row of a text that was given without a request."""
    return row.messages[0].role == "assistant"


def find_related(
    wholes: Collection[tuple[str, str]], parts: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the pairs of IDs (whole, part) whose texts must be in the same split.

    `wholes` and `parts` are pairs of an ID and a text. They are related if most word runs of the
    part are in the whole: an excerpt of a text reveals as much as the text. Only hashes of the runs
    of the parts are kept, and the wholes are read one by one.
    """
    runs = _RunOwners(parts if wholes else ())
    return [(whole, part) for whole, text in wholes for part in runs.mostly_in(text)]


class _RunOwners:
    """The word runs of texts, as hashes in order, with the number of the text that has each."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._ids: list[str] = []
        hashes = [np.empty(0, np.uint64)]
        for source_id, text in texts:
            self._ids.append(source_id)
            hashes.append(all_shingles([text]))
        self._sizes = np.array([len(own) for own in hashes[1:]], np.int64)
        together = np.concatenate(hashes)
        order = np.argsort(together)
        self._hashes = together[order]
        self._owners = np.repeat(np.arange(len(self._ids), dtype=np.uint32), self._sizes)[order]

    def mostly_in(self, text: str) -> list[str]:
        """Return the IDs of the texts of which most runs are in `text`, in order."""
        if not len(self._hashes):
            return []
        asked = all_shingles([text])
        first = np.searchsorted(self._hashes, asked)
        last = np.searchsorted(self._hashes, asked, side="right")
        shared: Counter[int] = Counter()
        for place in np.flatnonzero(last > first).tolist():
            shared.update(self._owners[first[place] : last[place]].tolist())
        return sorted(
            self._ids[n] for n, count in shared.items() if count >= RELATED_JACCARD * self._sizes[n]
        )


def merge_groups(
    groups: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """Merge groups and pairs with a common ID, until no ID is in two groups."""
    links = [(group[0], member) for group in groups for member in group]
    return tuple(sorted(connected_groups([*links, *pairs])))


def mix_in_rows(
    general: InstructionRows,
    share: float,
    examples: Mapping[Split, Sequence[Example]],
    tokenizer: ChatTokenizer,
    window: int,
    seed: int,
    corpus: CleanCorpus,
) -> MixedRows:
    """Return as many general rows as make up `share` of train, together with its `examples`.

    Rows are ordered by a hash of seed and row, so a larger share has the rows of a smaller one and
    more. They are redacted like the texts of `corpus`. Rows that repeat a text of the writer are
    left out: a held-out text would be learned. Raises MorrisError when there are too few rows.
    """
    exact = Fraction(share).limit_denominator(SHARE_DENOMINATOR)
    count = int(exact * len(examples["train"]) / (1 - exact))
    own = _OwnTexts(examples, corpus.rows)

    def reason_against(row: Conversation) -> ExclusionReason | None:
        if is_plain_text(row):  # without a request, a general text would be asked for as yours
            return ExclusionReason.NO_REQUEST
        if own.has(row):
            return ExclusionReason.ALREADY_OWN
        tokens = row_tokens(Example(row.messages, row.id, MIX_TASK), tokenizer)
        return ExclusionReason.TOO_LONG if tokens > window else None

    ordered = sorted(general.rows, key=lambda row: digest(f"{seed}/{row.id}"))
    sample = _sample(ordered, count, reason_against, corpus)
    if len(sample.rows) < count:
        raise MorrisError(
            f"{general.path} has {len(sample.rows)} rows that fit into {window} tokens and are not "
            f"yours, and a share of {share:g} needs {count}. Give a smaller share or a larger file."
        )
    left_out = {
        ExclusionReason.TOO_LONG: sample.left_out[ExclusionReason.TOO_LONG],
        ExclusionReason.ALREADY_OWN: sample.left_out[ExclusionReason.ALREADY_OWN],
        ExclusionReason.NO_REQUEST: sample.left_out[ExclusionReason.NO_REQUEST],
        ExclusionReason.NOT_NEEDED: sample.not_needed,
    }
    counts = {INPUT: general.given, **by_name(general.left_out), **by_name(left_out)}
    counts[MIXED_IN] = len(sample.rows)
    mixed = tuple(Example(row.messages, row.id, MIX_TASK) for row in sample.rows)
    return MixedRows(mixed, counts, sample.corpus)


def join_answers(messages: Sequence[Message]) -> str:
    """Return the writer's turns of a row, one after the other."""
    return "\n".join(m.content for m in messages if m.role == "assistant")


@dataclass(frozen=True, slots=True)
class _Sample:
    """The rows chosen, counts of the others, and the corpus with what was redacted in the rows."""

    rows: list[Conversation]
    left_out: Counter[ExclusionReason]
    not_needed: int
    corpus: CleanCorpus


def _sample(
    ordered: Sequence[Conversation],
    count: int,
    reason_against: Callable[[Conversation], ExclusionReason | None],
    corpus: CleanCorpus,
) -> _Sample:
    """Return the first `count` usable rows, redacted.

    A stand-in may be longer than the item, so a row that is too long after redaction is replaced by
    the next one.
    """
    waiting = list(reversed(ordered))
    chosen: list[Conversation] = []
    rows: list[Conversation] = []
    left_out = Counter[ExclusionReason]()
    redacted: RedactedCorpus | None = None
    while len(rows) < count and waiting:
        while len(chosen) < count and waiting:
            row = waiting.pop()
            if reason := reason_against(row):
                left_out[reason] += 1
            else:
                chosen.append(row)
        redacted = redact_more(chosen, corpus.redactor) if corpus.redactor else None
        pairs = list(zip(chosen, redacted.conversations if redacted else chosen, strict=True))
        refused = {row.id: reason for _, row in pairs if (reason := reason_against(row))}
        left_out.update(refused.values())
        chosen = [row for row, _ in pairs if row.id not in refused]
        rows = [row for _, row in pairs if row.id not in refused]
    if redacted:
        corpus = replace(corpus, redaction=redacted.report, redaction_map=redacted.redaction_map)
    return _Sample(rows, left_out, len(waiting), corpus)


class _OwnTexts:
    """The writer's texts in a dataset: recognizes general rows that repeat them."""

    def __init__(
        self, examples: Mapping[Split, Sequence[Example]], rows: Sequence[Conversation]
    ) -> None:
        self._ids = {row.id for row in rows}  # IDs do not change with redaction
        self._turns = {_turns_digest(e.messages) for split in examples.values() for e in split}
        held_out = (e for split in examples if split != "train" for e in examples[split])
        self._held_out_runs = all_shingles(join_answers(e.messages) for e in held_out)

    def has(self, row: Conversation) -> bool:
        """Return True if a row is one of the writer's, or repeats a held-out text."""
        if row.id in self._ids or _turns_digest(row.messages) in self._turns:
            return True
        own = all_shingles([join_answers(row.messages)])
        shared = len(np.intersect1d(own, self._held_out_runs, assume_unique=True))
        return shared > 0 and shared >= RELATED_JACCARD * len(own)


def _turns_digest(messages: Sequence[Message]) -> bytes:
    """Return a digest of the turns of a row as they are compared."""
    turns = (" ".join(fold_lowercase(m.content).split()) for m in messages if m.role != "system")
    return hashlib.sha256("\n".join(turns).encode()).digest()
