"""The interface of an engine. A backend deals in token ids; text is the Generator's business.

Every method is called on the model thread, and only there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from morris_mlx.records.generation import Adapter, Beams, Sampling

BATCH_SIZE = 8  # replies at once that may join and leave a batch: each holds a cache
# Replies at once that are asked for together: a step of 50 takes about three times as long as one
# of 8.
MOST_AT_ONCE = 64
# In half precision the other prompts in a batch may change how a prompt is rounded, and so a token.
EXACT_PRECISION = "float32"


@dataclass(frozen=True, slots=True)
class ActiveAdapter:
    """The adapter that a model runs with, and its strength: at 0 the model is exactly its base.

    After a new training the adapter is another one, although its folder is the same.
    """

    adapter: Adapter | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class TokenRequest:
    """A prompt of at least one id and how to continue it; `sampling.max_tokens` is 1 or more.

    Any of `end_ids` ends the reply, and its first id must not be in `barred`. With `rotate`, it
    may continue beyond the window: the engine then drops the oldest tokens except the first few.
    With `reproducible` the same seed must give the same text again, so in half precision no cached
    prompt is reused.
    """

    ids: tuple[int, ...]
    sampling: Sampling
    seed: int
    end_ids: frozenset[int]
    beams: Beams | None = None
    rotate: bool = False
    reproducible: bool = False
    barred: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A result of a beam search: the new ids, the end token included, and the final score."""

    ids: tuple[int, ...]
    score: float


class RequestGroup(Protocol):
    """Requests that an engine answers in one batch."""

    def new_requests(self) -> Sequence[TokenRequest]:
        """Return the requests to start: some at first, later those that arrived. Often none.

        A request whose reply ran into a loop is over; a new request continues it before the loop.
        """
        ...

    def add_token(self, request: TokenRequest, token: int) -> bool:
        """Pass on the next id of a reply. Return False if the reply is over.

        It is over after an end token, after `max_tokens`, after a stop string, in a loop, at its
        timeout and when it was cancelled.
        """
        ...

    def is_active(self, request: TokenRequest) -> bool:
        """Return True unless the reply is over; for long prompts, before the first token."""
        ...


class Backend(Protocol):
    """An engine with a model in it."""

    name: str  # "mlx", "torch", "scripted"
    device: str  # where it computes: "gpu", "cpu", "mps", "cuda"
    precision: str  # of its numbers, for the user
    window: int  # the most tokens of prompt and reply together, without rotating
    vocabulary: int  # ids are below it
    batch_size: int  # the most requests that it answers at once

    def activate(self, active: ActiveAdapter) -> None:
        """Run with this adapter from now on; it is loaded once and stays loaded.

        Raises MissingError or MorrisError, and keeps the adapter that was active, for one that
        does not fit.
        """
        ...

    def rows_at_once(self, tokens: int) -> int:
        """Return the most requests of one call that it answers at once, `batch_size` or more.

        `tokens` is the length of the longest one, prompt and reply together.
        """
        ...

    def generate(self, group: RequestGroup) -> None:
        """Answer all requests of `group`, until it has no more of them and every reply is over."""
        ...

    def search(
        self, request: TokenRequest, should_continue: Callable[[], bool]
    ) -> list[Hypothesis]:
        """Return the `num_return_sequences` best hypotheses of a beam search, the best first.

        When `should_continue` returns False the search ends with the best so far.
        """
        ...

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """Return (sum of -log p in nats, number of ids) over the ids whose mask is True."""
        ...

    def logits(self, ids: Sequence[int]) -> Any:
        """Return the float32 NumPy array [ids, vocabulary] of the logits after each id."""
        ...

    def memory_gb(self) -> tuple[float, float]:
        """Return (now, peak) of the engine's own memory, in 1e9 bytes."""
        ...

    @staticmethod
    def release_thread() -> None:
        """Free the engine's resources of the model thread, which is about to end."""
        ...

    def close(self) -> None:
        """Free the model's memory. The backend cannot be used afterwards."""
        ...
