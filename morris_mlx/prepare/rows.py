"""Rows that were given as they are: the writer's own, and general ones against forgetting."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.errors import MorrisError
from morris_mlx.prepare.fit import row_tokens
from morris_mlx.prepare.runs import runs
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import Conversation, Document, Example, Message
from morris_mlx.rows_file import RowsFile
from morris_mlx.settings import MIX_TASK, RELATED_JACCARD, ROW_TASK

GIVEN, TOO_LONG, NOT_NEEDED = "input", "longer than the window", "more than the share needs"
MIXED = "mixed in"


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Rows by id that fit the window, and how many do not."""

    examples: Mapping[str, Example]
    too_long: int


@dataclass(frozen=True, slots=True)
class Mixed:
    """General rows to learn from, and counts that add up to the input."""

    examples: tuple[Example, ...]
    counts: dict[str, int]


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
) -> Mixed:
    """As many rows as make `share` of all rows to learn from, `train_rows` and these together.

    Drawn by a hash of seed and row, so that another share draws the same ones first. Raises
    MorrisError when there are too few.
    """
    exact = Fraction(share).limit_denominator(10_000)
    wanted = int(exact * train_rows / (1 - exact))
    ordered = sorted(
        given.rows, key=lambda row: hashlib.sha256(f"{seed}/{row.id}".encode()).hexdigest()
    )
    taken: list[Example] = []
    too_long = 0
    for row in ordered:
        if len(taken) == wanted:
            break
        example = Example(row.messages, row.id, MIX_TASK)
        if row_tokens(example, tokenizer) <= window:
            taken.append(example)
        else:
            too_long += 1
    if len(taken) < wanted:
        raise MorrisError(
            f"{given.path} has {len(taken)} rows that fit into {window} tokens, and a share of "
            f"{share:g} needs {wanted}. Give a smaller share or a larger file."
        )
    counts = {GIVEN: given.given} | dict(given.left_out)
    counts |= {
        TOO_LONG: too_long,
        NOT_NEEDED: len(given.rows) - len(taken) - too_long,
        MIXED: len(taken),
    }
    return Mixed(tuple(taken), counts)
