"""Generation with torch through transformers: its models, its loop and its beam search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from morris_mlx.device import quiet_environment
from morris_mlx.errors import UsageError, check_range
from morris_mlx.generate.backend import (
    BATCH_SIZE,
    EXACT_PRECISION,
    ActiveAdapter,
    Hypothesis,
    RequestGroup,
    TokenRequest,
)
from morris_mlx.generate.torch_backend.batch import BatchRow, RowSampler, TokenDelivery
from morris_mlx.generate.torch_backend.beam_search import beam_search
from morris_mlx.generate.torch_backend.model_on_device import DeviceModel
from morris_mlx.generate.torch_backend.prompt_cache import CACHE_ARGUMENT
from morris_mlx.models.find import ModelFiles
from morris_mlx.records.generation import MAX_STRENGTH, Beams

PREFILL_TOKENS = 512  # of a prompt at once; between two such steps it can be cancelled
SCORED_ROWS = 256  # logits at once: 32,000 tokens in float32 are 128 kB a row
PADDING = 0  # any id: the mask hides it


def _ignore(_: str) -> None:
    """Drop a remark."""


class TorchBackend:
    """A model of transformers with its adapters, on the first available of MPS, CUDA and the CPU.

    When a step fails on MPS or CUDA, `say` gets a remark and the replies continue on the CPU after
    the tokens so far; `device` and `precision` are then those of the CPU.
    """

    name = "torch"
    batch_size = BATCH_SIZE

    def __init__(
        self, model: ModelFiles, device: str | None = None, say: Callable[[str], None] = _ignore
    ) -> None:
        """Load the model.

        Raises MissingError for a device or weights that are missing, MorrisError for a model that
        cannot be loaded, and OutOfMemoryError for one that does not fit.
        """
        quiet_environment()
        self.window = model.window

        def moved(remark: str) -> None:
            self.device, self.precision = "cpu", "float32"
            say(remark)

        self._loaded = DeviceModel(model.folder, device, moved)
        self.device, self.precision = self._loaded.device, self._loaded.precision
        self.vocabulary = int(self._config.vocab_size)

    @property
    def _model(self) -> Any:
        return self._loaded.model

    @property
    def _config(self) -> Any:
        return self._loaded.model.config

    def activate(self, active: ActiveAdapter) -> None:
        """Activate the adapter. Raises UsageError for a strength out of range."""
        check_range("strength", active.strength, 0.0, MAX_STRENGTH)
        self._loaded.activate(active)

    def rows_at_once(self, tokens: int) -> int:
        """Return `batch_size`, for requests of any length."""
        return self.batch_size

    def generate(self, group: RequestGroup) -> None:
        """Answer in batches: transformers' rows begin together, so later requests wait."""
        waiting = list(group.new_requests())
        while waiting:
            for request in waiting:
                self._require_room(request)
            rows = [BatchRow(request) for request in waiting[:BATCH_SIZE]]
            self._generate_batch(rows, group)
            waiting = [*waiting[BATCH_SIZE:], *group.new_requests()]

    def _generate_batch(self, rows: Sequence[BatchRow], group: RequestGroup) -> None:
        self._loaded.guarded(lambda: self._continue_batch(rows, group))

    def _continue_batch(self, all_rows: Sequence[BatchRow], group: RequestGroup) -> None:
        """Generate the rows that are not over, all in one batch, to their ends."""
        call, active = self._loaded.callbacks.call, self._loaded.active
        prefix_cache = self._loaded.prefix_cache
        rows = [row for row in all_rows if not row.over and call(group.is_active, row.request)]
        if not rows:
            return
        alone = len(rows) == 1
        ids, mask = _padded([row.ids for row in rows], self._model.device)
        inexact = rows[0].request.reproducible and self._loaded.precision != EXACT_PRECISION
        if alone and not inexact:
            cache, done = prefix_cache.take(active, rows[0].ids)
        else:
            cache, done = self._loaded.caches.new(), 0
        with torch.inference_mode():
            while done < ids.shape[1] - 1:
                done = self._prefill(ids, None if alone else mask, cache, done)
                if not any(call(group.is_active, row.request) for row in rows):
                    return
            self._model.generate(
                ids,
                attention_mask=mask,
                generation_config=GenerationConfig(
                    max_new_tokens=max(row.left for row in rows),
                    do_sample=False,  # `RowSampler` samples, and leaves one token
                    pad_token_id=PADDING,
                ),
                logits_processor=LogitsProcessorList([RowSampler(rows)]),
                stopping_criteria=StoppingCriteriaList(
                    [TokenDelivery(rows, group, self._loaded.callbacks)]
                ),
                **{CACHE_ARGUMENT: cache},
            )
        if alone:
            prefix_cache.keep(active, rows[0].ids[: cache.get_seq_length()], cache)

    def _prefill(self, ids: Tensor, mask: Tensor | None, cache: Any, done: int) -> int:
        """Add the next part of ids [rows, tokens] to the cache, all but the last token at most.

        Returns the number of tokens in the cache.
        """
        end = min(done + PREFILL_TOKENS, ids.shape[1] - 1)
        more: dict[str, Any] = {CACHE_ARGUMENT: cache}
        if mask is not None:
            positions = (mask.cumsum(1) - 1).clamp(min=0)
            more |= {"attention_mask": mask[:, :end], "position_ids": positions[:, done:end]}
        self._model.model(ids[:, done:end], use_cache=True, **more)
        return end

    def search(
        self, request: TokenRequest, should_continue: Callable[[], bool]
    ) -> list[Hypothesis]:
        """Return hypotheses as `Backend.search` does.

        The penalties change log-probabilities: transformers' beams have no logits. Raises
        UsageError for fewer than two beams, or fewer than are to be returned.
        """
        beams = request.beams
        if beams is None or beams.num_beams < 2:
            raise UsageError("A beam search needs num_beams of 2 or more.")
        if beams.num_return_sequences > beams.num_beams:
            raise UsageError(
                f"num_return_sequences is {beams.num_return_sequences}; it can be num_beams "
                f"({beams.num_beams}) at most."
            )
        self._require_room(request)
        return self._search(request, beams, should_continue)

    def _search(
        self, request: TokenRequest, beams: Beams, should_continue: Callable[[], bool]
    ) -> list[Hypothesis]:
        def found() -> list[Hypothesis]:
            ids, _ = _padded([request.ids], self._model.device)
            cache, done = self._loaded.caches.new(), 0
            with torch.inference_mode():
                while done < ids.shape[1] - 1:
                    done = self._prefill(ids, None, cache, done)
                return beam_search(self._model, ids, request, beams, cache, guarded_continue)

        def guarded_continue() -> bool:
            return self._loaded.callbacks.call(should_continue)

        return self._loaded.guarded(found)

    def _require_room(self, request: TokenRequest) -> None:
        """Raise UsageError for a reply beyond the window of a model without sliding attention."""
        length = len(request.ids) + request.sampling.max_tokens
        sliding = getattr(self._config, "sliding_window", None)
        if request.rotate and length > self.window and sliding is None:
            raise UsageError(
                f"On torch this model ends at its window of {self.window} tokens: its attention "
                "does not slide. Ask for a shorter reply, or use the MLX engine."
            )

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """Return (sum of -log p in nats, number of ids) over the ids whose mask is True.

        The first id has no prediction and is never counted.
        """
        return self._loaded.guarded(lambda: self._score(ids, mask))

    def _score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        with torch.inference_mode():
            row = torch.tensor([list(ids)], device=self._model.device)
            asked = torch.tensor(list(mask)[1:], dtype=torch.bool, device=self._model.device)
            outputs = self._model.model(row[:, :-1], use_cache=False)
            hidden = outputs.last_hidden_state[0][asked]
            wanted = row[0, 1:][asked]
            total = 0.0
            for start in range(0, len(wanted), SCORED_ROWS):
                part = slice(start, start + SCORED_ROWS)
                logits = logits_after(self._model, outputs, hidden[part]).float()
                losses = torch.nn.functional.cross_entropy(logits, wanted[part], reduction="sum")
                total += float(losses)
        return total, len(wanted)

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the float32 logits [ids, vocabulary] as a NumPy array."""
        return self._loaded.guarded(lambda: self._logits(ids))

    def _logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        with torch.inference_mode():
            row = torch.tensor([list(ids)], device=self._model.device)
            logits = self._model(row, use_cache=False).logits[0]
            return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)

    def memory_gb(self) -> tuple[float, float]:
        """Return (now, peak) in 1e9 bytes, as `DeviceModel.memory_gb` measures them."""
        return self._loaded.memory_gb()

    @staticmethod
    def release_thread() -> None:
        """Do nothing: torch keeps nothing for the thread."""

    def close(self) -> None:
        """Free the model, its adapters and caches. The backend cannot be used afterwards."""
        self._loaded.close()


def logits_after(model: Any, outputs: Any, hidden: Tensor) -> Tensor:
    """Return the logits [rows, vocabulary] of hidden states [rows, columns].

    They are those of the model's own function, with its caps and scales. `outputs` are those of
    its inner model, and are changed.
    """
    inner = model.model
    outputs.last_hidden_state = hidden[None]
    model.model = GivenOutputs(outputs)
    try:
        logits: Tensor = model(input_ids=None).logits[0]
    finally:
        model.model = inner
    return logits


class GivenOutputs(nn.Module):
    """A module in place of a model's inner one, that returns outputs computed before."""

    def __init__(self, outputs: Any) -> None:
        super().__init__()
        self._outputs = outputs

    def forward(self, *args: object, **kwargs: object) -> Any:
        """Return the outputs, whatever the inputs."""
        return self._outputs


def _padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return (ids, mask), both int64 [rows, tokens], with short rows padded on the left."""
    longest = max(map(len, rows))
    ids = [[PADDING] * (longest - len(row)) + list(row) for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
