"""What an engine must offer. A backend deals in token ids; text is the Generator's business.

Every method is called on the model thread, and only there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from morris_mlx.records.generation import Adapter, Beams, Sampling

BATCH_SIZE = 8  # replies at once: more gain little and each holds a cache
EXACT_PRECISION = "float32"  # in halves a word may tell in whose company the prompt was read
PROMPT_CACHES = 4  # conversations whose prompts are kept ready, each with its keys and values


@dataclass(frozen=True, slots=True)
class ActiveAdapter:
    """The adapter that a model runs with, and its strength: at 0 the model is exactly its base.

    An adapter that was trained again is another one, although its folder is the same.
    """

    adapter: Adapter | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class TokenRequest:
    """A prompt of at least one id, and how to go on from it; `sampling.max_tokens` is 1 or more.

    One of `end_ids` ends the reply. With `rotate` the reply may go on beyond the window: the
    engine then forgets the oldest tokens but the first few. `promised`: a seed that somebody gave
    stands for its text, so in half precision no prompt is used that was read for somebody else.
    """

    ids: tuple[int, ...]
    sampling: Sampling
    seed: int
    end_ids: frozenset[int]
    beams: Beams | None = None
    rotate: bool = False
    promised: bool = False


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a beam search found: the new ids, the end token included, and the final score."""

    ids: tuple[int, ...]
    score: float


class Work(Protocol):
    """Requests that an engine answers together."""

    def more(self) -> Sequence[TokenRequest]:
        """Those that wait to be begun: some at first, later ones as they arrive. Often none."""
        ...

    def take(self, request: TokenRequest, token: int) -> bool:
        """The next id of a reply, in order. False: this reply is over, ask for no more of it.

        It is False after an end token, after `max_tokens`, after a stop, when time is up and
        when nobody waits for it any more.
        """
        ...

    def wanted(self, request: TokenRequest) -> bool:
        """Whether somebody still waits; for long prompts, before the first token."""
        ...


class Backend(Protocol):
    """An engine with a model in it."""

    name: str  # "mlx", "torch", "scripted"
    device: str  # where it computes: "gpu", "cpu", "mps", "cuda"
    precision: str  # of its numbers, for a person
    window: int  # the most tokens of prompt and reply together, without rotating
    vocabulary: int  # ids are below it
    batch_size: int  # the most requests that it answers at once

    def wear(self, active: ActiveAdapter) -> None:
        """Put the adapter on, at its strength; it is loaded once and stays loaded.

        Raises MissingError or MorrisError, and keeps what it wore, for one that does not fit.
        """
        ...

    def generate(self, work: Work) -> None:
        """Answer all of `work`, until it has no more requests and every reply is over."""
        ...

    def search(self, request: TokenRequest, going: Callable[[], bool]) -> list[Hypothesis]:
        """Beam search: `num_return_sequences` hypotheses, the best first.

        When `going` turns False it ends with the best so far.
        """
        ...

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """(sum of -log p in nats, how many) over the ids whose mask is True."""
        ...

    def logits(self, ids: Sequence[int]) -> Any:
        """float32 NumPy array [ids, vocabulary]: what follows each id."""
        ...

    def memory_gb(self) -> tuple[float, float]:
        """(now, peak) of the engine's own memory, in 1e9 bytes."""
        ...

    @staticmethod
    def leave_thread() -> None:
        """The model thread is about to end: what the engine keeps for it goes."""
        ...

    def close(self) -> None:
        """Give the model's memory back. The backend is of no use afterwards."""
        ...
