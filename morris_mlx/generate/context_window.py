"""A conversation cut to the model's window: the oldest turns go first, the system prompt stays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from morris_mlx.errors import UsageError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.corpus import Message

# Of the window, dropped at once: cutting a little at every turn would change the prompt's
# beginning each time, and the engine would have to read all of it again.
DROP_SHARE = 1 / 4


def fit(
    tokenizer: ChatTokenizer,
    messages: Sequence[Message],
    window: int,
    max_tokens: int,
    least: int | None = None,
) -> tuple[tuple[int, ...], int]:
    """Prompt ids, and how many tokens the reply may have.

    Turns go until the reply has what it asks for, or half of the window where it asks for more.
    Raises UsageError when the last message alone does not leave that, or `least` where it is given.
    """
    room = min(max_tokens, window // 2)
    system = [m for m in messages if m.role == "system"]
    turns = [m for m in messages if m.role != "system"]
    if messages[-1].role == "system":  # a task that is sent as one
        system, turns = system[:-1], [messages[-1]]
    ids = tokenizer.render([*system, *turns], reply=True).ids
    too_many = len(ids) + room - window
    if too_many > 0 and len(turns) > 1:
        ids = tokenizer.render([*system, *_newest(tokenizer, turns, too_many, window)], True).ids
    needed = room if least is None else min(least, room)
    if len(ids) + needed > window:
        raise UsageError(
            f"The prompt has {len(ids)} tokens; with room for an answer {window - needed} fit. "
            "Shorten it or ask for fewer tokens (max_tokens)."
        )
    return ids, min(max_tokens, window - len(ids))


def _newest(
    tokenizer: ChatTokenizer, turns: list[Message], too_many: int, window: int
) -> list[Message]:
    """The turns without at least `too_many` tokens of the oldest; the last one always stays."""
    step = max(1, int(window * DROP_SHARE))
    goal = -(-too_many // step) * step
    alone, twice = (len(tokenizer.render(turns[:1] * n).ids) for n in (1, 2))
    between = twice - 2 * alone  # what stands between two turns
    sizes = accumulate(len(tokenizer.render([turn]).ids) + between for turn in turns)
    last = len(turns) - 1
    most = needed = None
    for at, dropped in enumerate(sizes, start=1):
        # A user's turn goes together with the answer to it.
        if at > last or turns[at].role == "assistant":
            continue
        most = at
        if dropped >= too_many and needed is None:
            needed = at
        if dropped >= goal:
            return turns[at:]
    # So much cannot go: what must, or all but the last.
    return turns[needed or most or last :]
