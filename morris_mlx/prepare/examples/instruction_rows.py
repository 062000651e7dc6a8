"""Rows that were given as they are: the writer's own, and general ones against forgetting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from morris_mlx.errors import MorrisError
from morris_mlx.files import digest
from morris_mlx.formats.instruction_rows import InstructionRows
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.duplicates import RELATED_JACCARD
from morris_mlx.prepare.corpus import Ready
from morris_mlx.prepare.examples.windowing import row_tokens
from morris_mlx.prepare.redact.redactor import Redacted, redact_more
from morris_mlx.records.corpus import MIX_TASK, ROW_TASK, Conversation, Example, Message, Split
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.word_runs import word_runs

GIVEN, TOO_LONG, NOT_NEEDED = "input", "longer than the window", "more than the share needs"
KNOWN, MIXED = "also among your own rows", "mixed in"


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Rows by id that fit the window, and how many do not."""

    examples: Mapping[str, Example]
    too_long: int


@dataclass(frozen=True, slots=True)
class Mixed:
    """General rows to learn from, counts that add up to the input, and what was redacted in all."""

    examples: tuple[Example, ...]
    counts: dict[str, int]
    ready: Ready


def own_rows(
    conversations: Sequence[Conversation], system_prompt: str, tokenizer: ChatTokenizer, window: int
) -> OwnRows:
    """Under the dataset's system prompt, which goes with the voice, unless a row has its own."""
    fitting: dict[str, Example] = {}
    for conversation in conversations:
        messages = conversation.messages
        if messages[0].role != "system":
            messages = (Message("system", system_prompt), *messages)
        example = Example(messages, conversation.id, ROW_TASK)
        if row_tokens(example, tokenizer) <= window:
            fitting[conversation.id] = example
    return OwnRows(fitting, len(conversations) - len(fitting))


def related_to(wholes: Mapping[str, str], parts: Mapping[str, str]) -> list[tuple[str, str]]:
    """(whole, part) ids of texts of which the part says the same: no split may part them.

    An excerpt is as telling as the whole text: the share is of the part's words.
    """
    if not parts or not wholes:
        return []
    holders: dict[tuple[str, ...], list[str]] = {}
    for whole, text in wholes.items():
        for run in word_runs(text):
            holders.setdefault(run, []).append(whole)
    pairs: list[tuple[str, str]] = []
    for part, text in parts.items():
        own = word_runs(text)
        shared = Counter(whole for run in own for whole in holders.get(run, ()))
        pairs += [
            (whole, part) for whole, n in sorted(shared.items()) if n >= RELATED_JACCARD * len(own)
        ]
    return pairs


def joined_groups(
    groups: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """Groups with the pairs in them: no id stands in two."""
    joined: list[set[str]] = []
    for members in (*(set(group) for group in groups), *(set(pair) for pair in pairs)):
        touched = [group for group in joined if not group.isdisjoint(members)]
        joined = [group for group in joined if group.isdisjoint(members)]
        joined.append(members.union(*touched))
    return tuple(sorted(tuple(sorted(group)) for group in joined))


def draw_mix(
    given: InstructionRows,
    share: float,
    examples: Mapping[Split, Sequence[Example]],
    tokenizer: ChatTokenizer,
    window: int,
    seed: int,
    ready: Ready,
) -> Mixed:
    """As many rows as make `share` of all rows to learn from, those of `examples` and these.

    Drawn by a hash of seed and row, so that another share draws the same ones first; redacted as
    the texts of `ready` were. What the writer's own rows say is none of it: held out, it would be
    learned after all. Raises MorrisError when there are too few.
    """
    exact = Fraction(share).limit_denominator(10_000)
    wanted = int(exact * len(examples["train"]) / (1 - exact))
    known = _Known(examples, ready.rows)

    def why_not(row: Conversation) -> str:
        if known.says(row):
            return KNOWN
        longest = row_tokens(Example(row.messages, row.id, MIX_TASK), tokenizer)
        return TOO_LONG if longest > window else ""

    ordered = sorted(given.rows, key=lambda row: digest(f"{seed}/{row.id}"))
    drawn = _draw(ordered, wanted, why_not, ready)
    if len(drawn.taken) < wanted:
        raise MorrisError(
            f"{given.path} has {len(drawn.taken)} rows that fit into {window} tokens and are not "
            f"yours, and a share of {share:g} needs {wanted}. Give a smaller share or a larger "
            "file."
        )
    counts = {GIVEN: given.given} | dict(given.left_out)
    counts |= {TOO_LONG: drawn.reasons[TOO_LONG], KNOWN: drawn.reasons[KNOWN]}
    counts |= {NOT_NEEDED: drawn.not_needed, MIXED: len(drawn.taken)}
    mixed = tuple(Example(row.messages, row.id, MIX_TASK) for row in drawn.taken)
    return Mixed(mixed, counts, drawn.ready)


@dataclass(frozen=True, slots=True)
class _Drawn:
    taken: list[Conversation]
    reasons: Counter[str]  # why others were not
    not_needed: int
    ready: Ready  # with what redaction found in these


def _draw(
    ordered: Sequence[Conversation],
    wanted: int,
    why_not: Callable[[Conversation], str],
    ready: Ready,
) -> _Drawn:
    """The first that may be taken, redacted; what redaction makes too long gives its place away."""
    waiting = list(reversed(ordered))
    chosen: list[Conversation] = []
    taken: list[Conversation] = []
    reasons = Counter[str]()
    redacted: Redacted | None = None
    while len(taken) < wanted and waiting:
        while len(chosen) < wanted and waiting:
            row = waiting.pop()
            reasons[why := why_not(row)] += 1
            chosen += [] if why else [row]
        redacted = redact_more(chosen, ready.redactor) if ready.redactor else None
        pairs = list(zip(chosen, redacted.conversations if redacted else chosen, strict=True))
        refused = {row.id: why for _, row in pairs if (why := why_not(row))}
        reasons.update(refused.values())
        chosen = [row for row, _ in pairs if row.id not in refused]
        taken = [row for _, row in pairs if row.id not in refused]
    if redacted:
        ready = replace(ready, redaction=redacted.report, redaction_map=redacted.redaction_map)
    return _Drawn(taken, reasons, len(waiting), ready)


class _Known:
    """What the writer's rows say, to tell rows that say the same."""

    def __init__(
        self, examples: Mapping[Split, Sequence[Example]], rows: Sequence[Conversation]
    ) -> None:
        self._ids = {row.id for row in rows}  # of what they were before redaction
        self._own = {_turns(e.messages) for some in examples.values() for e in some}
        self._held_out = {
            run
            for split, some in examples.items()
            for e in some
            if split != "train"
            for run in word_runs(answers_of(e.messages))
        }

    def says(self, row: Conversation) -> bool:
        if row.id in self._ids or _turns(row.messages) in self._own:
            return True
        said = word_runs(answers_of(row.messages))
        shared = len(said & self._held_out)
        return shared > 0 and shared >= RELATED_JACCARD * len(said)


def answers_of(messages: Sequence[Message]) -> str:
    return "\n".join(m.content for m in messages if m.role == "assistant")


def _turns(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(
        " ".join(fold_lowercase(m.content).split()) for m in messages if m.role != "system"
    )
