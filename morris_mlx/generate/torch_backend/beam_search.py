"""Beam search by transformers, on one prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from morris_mlx.generate.backend import Hypothesis, TokenRequest
from morris_mlx.generate.torch_backend.prompt_cache import CACHE_ARGUMENT
from morris_mlx.generate.torch_backend.sampling import PENALTY_WINDOW, apply_penalties
from morris_mlx.records.generation import Beams, Sampling


class BeamPenalties(LogitsProcessor):
    """The penalties in transformers' beam search, where scores are log-probabilities."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Apply the penalties to `scores` [beams, vocabulary] after `input_ids` [beams, tokens]."""
        befores = input_ids[:, -PENALTY_WINDOW:].tolist()
        for before, row in zip(befores, scores, strict=True):
            apply_penalties(row, before, self._sampling)
        return scores


class StopOnRequest(StoppingCriteria):
    """A criterion that ends all beams, with what they have, when the search should stop."""

    def __init__(self, should_continue: Callable[[], bool]) -> None:
        self._should_continue = should_continue

    def __call__(self, input_ids: Tensor, scores: object) -> Tensor:
        """Return a boolean [beams]: True for all beams when the search should stop."""
        over = not self._should_continue()
        return torch.full((input_ids.shape[0],), over, device=input_ids.device)


def beam_search(
    model: Any,
    ids: Tensor,
    request: TokenRequest,
    beams: Beams,
    cache: Any,
    should_continue: Callable[[], bool],
) -> list[Hypothesis]:
    """Return `num_return_sequences` hypotheses, the best first.

    `ids` are the prompt, [1, tokens]; `cache` holds all of them but the last.
    """
    cache.batch_repeat_interleave(beams.num_beams)
    found = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        generation_config=GenerationConfig(
            max_new_tokens=request.sampling.max_tokens,
            do_sample=False,
            num_beams=beams.num_beams,
            num_return_sequences=beams.num_return_sequences,
            length_penalty=beams.length_penalty,
            early_stopping=beams.early_stopping,
            eos_token_id=sorted(request.end_ids) or None,
            pad_token_id=0,
            output_scores=True,  # without them there are no sequences_scores either
            return_dict_in_generate=True,
        ),
        logits_processor=LogitsProcessorList([BeamPenalties(request.sampling)]),
        stopping_criteria=StoppingCriteriaList([StopOnRequest(should_continue)]),
        **{CACHE_ARGUMENT: cache},
    )
    # Shorter hypotheses are padded, maybe with a token of the text: the beam indices give the
    # lengths.
    lengths = (found.beam_indices >= 0).sum(1).tolist()
    start = len(request.ids)
    return [
        Hypothesis(tuple(row[start : start + length]), score)
        for row, length, score in zip(
            found.sequences.tolist(), lengths, found.sequences_scores.tolist(), strict=True
        )
    ]
