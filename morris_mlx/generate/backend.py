"""What an engine must offer. A backend deals in token ids; text is the Generator's business."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from morris_mlx.records import GenerationRequest


class Backend(Protocol):
    """An engine with a model in it."""

    name: str
    window: int  # the most tokens of prompt and reply together

    def stream(self, ids: Sequence[int], request: GenerationRequest) -> Iterator[int]:
        """Up to `request.sampling.max_tokens` new ids, sampled as the request says.

        The end token, when it comes, is given as the last id. Closing the iterator stops the
        model.
        """
        ...

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """(sum of -log p in nats, how many) over the ids whose mask is True."""
        ...

    def set_strength(self, strength: float) -> None:
        """Scale the adapter: 0 is the base, 1 as it was trained."""
        ...
