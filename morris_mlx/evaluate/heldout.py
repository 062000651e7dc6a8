"""Loss on held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from morris_mlx.errors import MorrisError
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.reports import HeldOutScore


def held_out_score(
    examples: Iterable[Example], score: Callable[[Sequence[Message]], tuple[float, int]]
) -> HeldOutScore:
    """Return the mean loss in nats over all assistant tokens, so that long rows weigh more.

    `score` returns the summed loss and the number of tokens of one row. Raises MorrisError when no
    row has a token.
    """
    total, tokens = 0.0, 0
    for example in examples:
        loss, count = score(example.messages)
        total += loss
        tokens += count
    if tokens == 0:
        raise MorrisError("No held-out rows to score. Run `morris prepare` with more texts.")
    return HeldOutScore(total / tokens, tokens)
