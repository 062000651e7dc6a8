"""A conversation cut to the model's window: the oldest turns go first, the system prompt stays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from morris_mlx.errors import UsageError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.records.corpus import Message

# Share of the window that is dropped at once: a small cut at every turn would change the beginning
# of the prompt each time, and the engine would have to read all of it again.
DROP_SHARE = 1 / 4


def fit_to_window(
    tokenizer: ChatTokenizer,
    messages: Sequence[Message],
    window: int,
    max_tokens: int,
    least: int | None = None,
) -> tuple[tuple[int, ...], int]:
    """Return the prompt ids, and the most tokens that the reply may have.

    Turns are dropped until the reply has `max_tokens`, or half of the window if it asks for more.
    Raises UsageError when the last message alone leaves less than that, or less than `least` where
    it is given.
    """
    room = min(max_tokens, window // 2)
    system = [m for m in messages if m.role == "system"]
    turns = [m for m in messages if m.role != "system"]
    if messages[-1].role == "system":  # a task that is sent under this role
        system, turns = system[:-1], [messages[-1]]
    ids = tokenizer.render([*system, *turns], reply=True).ids
    reached = True
    while reached and (too_many := len(ids) + room - window) > 0 and len(turns) > 1:
        # One pass is enough if the length of a conversation is the sum of the lengths of its turns.
        turns, reached = _newest(tokenizer, turns, too_many, window)
        ids = tokenizer.render([*system, *turns], reply=True).ids
    needed = room if least is None else min(least, room)
    if len(ids) + needed > window:
        raise UsageError(
            f"The prompt has {len(ids)} tokens; at most {window - needed} leave room for a reply. "
            "Shorten it or ask for fewer tokens (max_tokens)."
        )
    return ids, min(max_tokens, window - len(ids))


def _newest(
    tokenizer: ChatTokenizer, turns: list[Message], too_many: int, window: int
) -> tuple[list[Message], bool]:
    """Return the turns without about `too_many` of the oldest tokens or more, and True.

    The last turn is always kept. If it alone is too long, the second value is False.
    """
    step = max(1, int(window * DROP_SHARE))
    goal = -(-too_many // step) * step
    sizes = accumulate(map(tokenizer.turn_tokens, turns))
    last = len(turns) - 1
    most = needed = None
    for at, dropped in enumerate(sizes, start=1):
        # A user's turn is dropped together with the answer to it.
        if at > last or turns[at].role == "assistant":
            continue
        most = at
        if dropped >= too_many and needed is None:
            needed = at
        if dropped >= goal:
            return turns[at:], True
    # The goal cannot be reached: drop what must go, or all but the last turn.
    return turns[needed or most or last :], needed is not None
