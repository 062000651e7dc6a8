"""transformers' beam search on one prompt."""

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
from morris_mlx.generate.torch_backend.sampling import PENALTY_WINDOW, penalised
from morris_mlx.records.generation import Beams, Sampling


class PenaliseBeams(LogitsProcessor):
    """The penalties in transformers' beam search, which hands log-probabilities, not logits."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """`input_ids` [beams, tokens] and `scores` [beams, vocabulary] → the new scores."""
        befores = input_ids[:, -PENALTY_WINDOW:].tolist()
        for before, row in zip(befores, scores, strict=True):
            penalised(row, before, self._sampling)
        return scores


class WhileGoing(StoppingCriteria):
    """All beams are over when nobody waits for them: what they have is what there is."""

    def __init__(self, going: Callable[[], bool]) -> None:
        self._going = going

    def __call__(self, input_ids: Tensor, scores: object) -> Tensor:
        over = not self._going()
        return torch.full((input_ids.shape[0],), over, device=input_ids.device)


def beam_search(
    model: Any,
    ids: Tensor,
    request: TokenRequest,
    beams: Beams,
    cache: Any,
    going: Callable[[], bool],
) -> list[Hypothesis]:
    """`num_return_sequences` hypotheses, the best first.

    `ids` are the prompt, [1, tokens]; `cache` holds all of them but the last.
    """
    cache.batch_repeat_interleave(beams.num_beams)
    found = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        past_key_values=cache,
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
        logits_processor=LogitsProcessorList([PenaliseBeams(request.sampling)]),
        stopping_criteria=StoppingCriteriaList([WhileGoing(going)]),
    )
    # Shorter hypotheses are padded, and the padding may be a word: the beams tell how long each is.
    lengths = (found.beam_indices >= 0).sum(1).tolist()
    start = len(request.ids)
    return [
        Hypothesis(tuple(row[start : start + length]), score)
        for row, length, score in zip(
            found.sequences.tolist(), lengths, found.sequences_scores.tolist(), strict=True
        )
    ]
