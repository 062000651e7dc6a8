"""Rows that were given as they are: the writer's own, and general ones against forgetting."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from morris_mlx.errors import MorrisError
from morris_mlx.prepare.fit import row_tokens
from morris_mlx.prepare.ready import Ready
from morris_mlx.prepare.redact.redactor import Redacted, redact_more
from morris_mlx.prepare.runs import runs
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import Conversation, Document, Example, Message
from morris_mlx.rows_file import RowsFile
from morris_mlx.settings import MIX_TASK, RELATED_JACCARD, ROW_TASK

GIVEN, TOO_LONG, NOT_NEEDED = "input", "longer than the window", "more than the share needs"
MIXED, OWN = "mixed in", "the same as a row of yours"


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


def related_to(
    documents: Sequence[Document], conversations: Sequence[Conversation]
) -> list[tuple[str, str]]:
    """(document, row) pairs whose row answers with that text: no split may part them."""
    if not conversations:
        return []
    holders: dict[tuple[str, ...], list[str]] = {}
    for document in documents:
        for run in runs(document.text):
            holders.setdefault(run, []).append(document.id)
    pairs: list[tuple[str, str]] = []
    for conversation in conversations:
        own = {r for m in conversation.messages if m.role == "assistant" for r in runs(m.content)}
        shared: dict[str, int] = {}
        for run in own:
            for holder in holders.get(run, ()):
                shared[holder] = shared.get(holder, 0) + 1
        # An excerpt is as telling as the whole text: the share is of the row's words.
        pairs += [
            (holder, conversation.id)
            for holder, n in sorted(shared.items())
            if n >= RELATED_JACCARD * len(own)
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
    given: RowsFile,
    share: float,
    train_rows: int,
    tokenizer: ChatTokenizer,
    window: int,
    seed: int,
    ready: Ready,
) -> Mixed:
    """As many rows as make `share` of all rows to learn from, `train_rows` and these together.

    Drawn by a hash of seed and row, so that another share draws the same ones first; redacted as
    the texts of `ready` were, and none of its rows. Raises MorrisError when there are too few.
    """
    exact = Fraction(share).limit_denominator(10_000)
    wanted = int(exact * train_rows / (1 - exact))
    own = {row.id for row in ready.rows}
    ordered = sorted(
        (row for row in given.rows if row.id not in own),
        key=lambda row: hashlib.sha256(f"{seed}/{row.id}".encode()).hexdigest(),
    )

    def fits(row: Conversation) -> bool:
        return row_tokens(Example(row.messages, row.id, MIX_TASK), tokenizer) <= window

    chosen: list[Conversation] = []
    taken: list[Conversation] = []
    redacted: Redacted | None = None
    looked_at = 0
    # What redaction puts in may be longer than what stood there: then others are drawn.
    while len(taken) < wanted and looked_at < len(ordered):
        while len(chosen) < wanted and looked_at < len(ordered):
            chosen += filter(fits, ordered[looked_at : looked_at + 1])
            looked_at += 1
        redacted = redact_more(chosen, ready.redactor) if ready.redactor else None
        taken = [row for row in (redacted.conversations if redacted else chosen) if fits(row)]
        chosen = [row for row in chosen if row.id in {kept.id for kept in taken}]
    if len(taken) < wanted:
        raise MorrisError(
            f"{given.path} has {len(taken)} rows that fit into {window} tokens, and a share of "
            f"{share:g} needs {wanted}. Give a smaller share or a larger file."
        )
    counts = {GIVEN: given.given} | dict(given.left_out)
    counts |= {
        OWN: len(given.rows) - len(ordered),
        TOO_LONG: looked_at - len(taken),
        NOT_NEEDED: len(ordered) - looked_at,
        MIXED: len(taken),
    }
    if redacted:
        ready = replace(ready, redaction=redacted.report, private_map=redacted.private_map)
    return Mixed(tuple(Example(row.messages, row.id, MIX_TASK) for row in taken), counts, ready)
