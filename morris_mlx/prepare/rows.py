"""Rows that were given as they are: the writer's own, and general ones against forgetting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.errors import MorrisError
from morris_mlx.files import digest
from morris_mlx.folded import plain
from morris_mlx.prepare.fit import row_tokens
from morris_mlx.prepare.runs import runs
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import Conversation, Example, Message, Split
from morris_mlx.rows_file import RowsFile
from morris_mlx.settings import MIX_TASK, RELATED_JACCARD, ROW_TASK

GIVEN, TOO_LONG, NOT_NEEDED = "input", "longer than the window", "more than the share needs"
KNOWN, MIXED = "also among your own rows", "mixed in"


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


def related_to(wholes: Mapping[str, str], parts: Mapping[str, str]) -> list[tuple[str, str]]:
    """(whole, part) ids of texts of which the part says the same: no split may part them.

    An excerpt is as telling as the whole text: the share is of the part's words.
    """
    if not parts or not wholes:
        return []
    holders: dict[tuple[str, ...], list[str]] = {}
    for whole, text in wholes.items():
        for run in runs(text):
            holders.setdefault(run, []).append(whole)
    pairs: list[tuple[str, str]] = []
    for part, text in parts.items():
        own = runs(text)
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
    given: RowsFile,
    share: float,
    examples: Mapping[Split, Sequence[Example]],
    tokenizer: ChatTokenizer,
    window: int,
    seed: int,
) -> Mixed:
    """As many rows as make `share` of all rows to learn from, those of `examples` and these.

    Drawn by a hash of seed and row, so that another share draws the same ones first. What the
    writer's own rows say is none of it: held out, it would be learned after all. Raises MorrisError
    when there are too few.
    """
    exact = Fraction(share).limit_denominator(10_000)
    wanted = int(exact * len(examples["train"]) / (1 - exact))
    known = _Known(examples)
    taken: list[Example] = []
    counts = dict.fromkeys((TOO_LONG, KNOWN, NOT_NEEDED, MIXED), 0)
    for row in sorted(given.rows, key=lambda row: digest(f"{seed}/{row.id}")):
        example = Example(row.messages, row.id, MIX_TASK)
        reason = NOT_NEEDED if len(taken) == wanted else MIXED
        if reason == MIXED and known.says(row):
            reason = KNOWN
        elif reason == MIXED and row_tokens(example, tokenizer) > window:
            reason = TOO_LONG
        counts[reason] += 1
        taken += [example] if reason == MIXED else []
    if len(taken) < wanted:
        raise MorrisError(
            f"{given.path} has {len(taken)} rows that fit into {window} tokens and are not yours, "
            f"and a share of {share:g} needs {wanted}. Give a smaller share or a larger file."
        )
    return Mixed(tuple(taken), {GIVEN: given.given} | dict(given.left_out) | counts)


class _Known:
    """What the writer's rows say, to tell rows that say the same."""

    def __init__(self, examples: Mapping[Split, Sequence[Example]]) -> None:
        self._own = {_turns(e.messages) for some in examples.values() for e in some}
        self._held_out = {
            run
            for split, some in examples.items()
            for e in some
            if split != "train"
            for run in runs(answers_of(e.messages))
        }

    def says(self, row: Conversation) -> bool:
        said = runs(answers_of(row.messages))
        shared = len(said & self._held_out)
        return _turns(row.messages) in self._own or (
            shared > 0 and shared >= RELATED_JACCARD * len(said)
        )


def answers_of(messages: Sequence[Message]) -> str:
    return "\n".join(m.content for m in messages if m.role == "assistant")


def _turns(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(" ".join(plain(m.content).split()) for m in messages if m.role != "system")
