"""MLX through mlx-lm: its stream_generate, samplers, processors and adapters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.generate import stream_generate
from mlx_lm.sample_utils import make_logits_processors, make_sampler
from mlx_lm.utils import load_tokenizer

from morris_mlx.adapters import adapted_layers, is_dora, load_adapter
from morris_mlx.errors import UsageError
from morris_mlx.models import ModelFiles, load_mlx_model, read_config
from morris_mlx.records import GenerationRequest
from morris_mlx.settings import MAX_STRENGTH


class MLXBackend:
    """A model of mlx-lm, with an adapter or without."""

    name = "mlx"

    def __init__(
        self, model: ModelFiles, adapter: Path | None = None, loaded: nn.Module | None = None
    ) -> None:
        """With `loaded`, the weights are those of that model, as it is at each call."""
        self.window = model.window
        self._model: Any = load_mlx_model(model.folder) if loaded is None else loaded
        end = read_config(model.folder).get("eos_token_id")
        self._tokenizer: Any = load_tokenizer(model.folder, eos_token_ids=end)
        if adapter is not None:
            load_adapter(self._model, adapter)
        self._scales = [(layer, layer.scale) for layer in adapted_layers(self._model).values()]
        self._model.eval()

    def set_strength(self, strength: float) -> None:
        if not 0.0 <= strength <= MAX_STRENGTH:
            raise UsageError(f"strength is {strength}; it must be from 0 to {MAX_STRENGTH}.")
        if any(is_dora(layer) for layer, _ in self._scales) and strength != 1.0:
            raise UsageError("A DoRA adapter can only be used at strength 1.")
        for layer, scale in self._scales:
            layer.scale = scale * strength

    def stream(self, ids: Sequence[int], request: GenerationRequest) -> Iterator[int]:
        if request.seed is not None:
            mx.random.seed(request.seed)
        sampling = request.sampling
        sampler = make_sampler(
            temp=sampling.temp,
            top_p=sampling.top_p if sampling.top_p < 1.0 else 0.0,  # mlx-lm's 0 is off
            top_k=min(sampling.top_k, self._vocabulary - 1),  # a larger one kills its process
            min_p=sampling.min_p,
        )
        penalty = sampling.repetition_penalty
        processors = make_logits_processors(repetition_penalty=penalty if penalty != 1.0 else None)
        for response in stream_generate(
            self._model,
            self._tokenizer,
            list(ids),
            max_tokens=sampling.max_tokens,
            sampler=sampler,
            logits_processors=processors,
        ):
            yield int(response.token)

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        row = mx.array(list(ids))[None]
        learned = mx.array(list(mask))[None, 1:]
        logits = self._model(row[:, :-1]).astype(mx.float32)
        losses = nn.losses.cross_entropy(logits, row[:, 1:], reduction="none") * learned
        return float(losses.sum().item()), sum(mask[1:])

    @property
    def _vocabulary(self) -> int:
        return int(self._model.args.vocab_size)
