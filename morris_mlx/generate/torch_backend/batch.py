"""The rows of a batch: what each has said, how it chooses, and who takes its ids.

transformers' generation loop is told what to do through these two: a processor that leaves only the
chosen token possible, and a criterion that hands it on and says whether the row is over.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import LogitsProcessor, StoppingCriteria

from morris_mlx.generate.backend import TokenRequest, Work
from morris_mlx.generate.torch_backend.model_on_device import Caller
from morris_mlx.generate.torch_backend.sampling import NEVER, draw, filtered, penalised


class Row:
    """A request on its way. `ids` are prompt and reply so far."""

    def __init__(self, request: TokenRequest) -> None:
        self.request = request
        self.ids = list(request.ids)
        self.over = False
        self._generator = torch.Generator().manual_seed(request.seed)
        self._drawn: list[float] = []

    @property
    def left(self) -> int:
        """How many tokens may still come."""
        return self.request.sampling.max_tokens - (len(self.ids) - len(self.request.ids))

    def choose(self, logits: Tensor) -> int | None:
        """The next id from float32 logits [vocabulary]; None for the largest of `logits`.

        The penalties are put into `logits`. Of the random numbers the n-th belongs to the n-th
        token of the reply, so that a step done again draws the same.
        """
        sampling = self.request.sampling
        penalised(logits, self.ids, sampling)
        if sampling.temp == 0.0:
            return None
        return draw(filtered(logits, sampling), sampling.temp, self._uniform())

    def _uniform(self) -> float:
        number = len(self.ids) - len(self.request.ids)
        while len(self._drawn) <= number:
            drawn = torch.rand(1, generator=self._generator, dtype=torch.float64)
            self._drawn.append(float(drawn))
        return self._drawn[number]


class Choose(LogitsProcessor):
    """Each row's own settings and random numbers, whoever else is in the batch."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """float32 logits [rows, vocabulary] → the same, with the chosen token the largest."""
        for row, logits in zip(self._rows, scores, strict=True):
            if row.over:
                continue
            chosen = row.choose(logits)
            if chosen is not None:
                logits.fill_(NEVER)
                logits[chosen] = 0.0
        return scores


class HandOver(StoppingCriteria):
    """Gives each new id to whoever asked for it."""

    def __init__(self, rows: Sequence[Row], work: Work, caller: Caller) -> None:
        self._rows = rows
        self._work = work
        self._caller = caller

    def __call__(self, input_ids: Tensor, scores: object) -> Tensor:
        """bool [rows]: which are over."""
        for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
            if not row.over:
                row.ids.append(token)
                wanted = self._caller.ask(self._work.take, row.request, token)
                row.over = not wanted or row.left < 1
        return torch.tensor([row.over for row in self._rows], device=input_ids.device)
