"""The rows of a batch in transformers' generation loop, and the two hooks that control it.

A logits processor leaves only the sampled token possible, and a stopping criterion passes it on and
says whether the row is over.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import LogitsProcessor, StoppingCriteria

from morris_mlx.generate.backend import RequestGroup, TokenRequest
from morris_mlx.generate.torch_backend.model_on_device import CallbackGuard
from morris_mlx.generate.torch_backend.sampling import (
    NEVER,
    apply_penalties,
    filter_logits,
    sample_token,
)


class BatchRow:
    """A reply in progress. `ids` are prompt and reply so far."""

    def __init__(self, request: TokenRequest) -> None:
        self.request = request
        self.ids = list(request.ids)
        self.over = False
        self._generator = torch.Generator().manual_seed(request.seed)
        self._drawn: list[float] = []

    @property
    def left(self) -> int:
        """The number of tokens that may still follow."""
        return self.request.sampling.max_tokens - (len(self.ids) - len(self.request.ids))

    def sample(self, logits: Tensor) -> int | None:
        """Return the next id from float32 logits [vocabulary]; None for the largest of `logits`.

        The penalties, and the barred ids at the first token, are applied to `logits` in place. The
        n-th random number belongs to the n-th token of the request, so a step that is computed
        again samples the same token.
        """
        sampling = self.request.sampling
        apply_penalties(logits, self.ids, sampling)
        if self.request.barred and len(self.ids) == len(self.request.ids):
            logits[sorted(self.request.barred)] = NEVER
        if sampling.temp == 0.0:
            return None
        return sample_token(filter_logits(logits, sampling), sampling.temp, self._uniform())

    def _uniform(self) -> float:
        number = len(self.ids) - len(self.request.ids)
        while len(self._drawn) <= number:
            drawn = torch.rand(1, generator=self._generator, dtype=torch.float64)
            self._drawn.append(float(drawn))
        return self._drawn[number]


class RowSampler(LogitsProcessor):
    """A processor that samples each row with its own settings and random numbers."""

    def __init__(self, rows: Sequence[BatchRow]) -> None:
        self._rows = rows

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Make the sampled token the largest of float32 logits [rows, vocabulary]."""
        for row, logits in zip(self._rows, scores, strict=True):
            if row.over:
                continue
            chosen = row.sample(logits)
            if chosen is not None:
                logits.fill_(NEVER)
                logits[chosen] = 0.0
        return scores


class TokenDelivery(StoppingCriteria):
    """A criterion that passes each new id to its request and stops the rows that are over."""

    def __init__(self, rows: Sequence[BatchRow], group: RequestGroup, guard: CallbackGuard) -> None:
        self._rows = rows
        self._group = group
        self._guard = guard

    def __call__(self, input_ids: Tensor, scores: object) -> Tensor:
        """Return bool [rows], True for the rows that are over."""
        for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
            if not row.over:
                row.ids.append(token)
                active = self._guard.call(self._group.add_token, row.request, token)
                row.over = not active or row.left < 1
        return torch.tensor([row.over for row in self._rows], device=input_ids.device)
