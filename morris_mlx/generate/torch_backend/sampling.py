"""Sampling of the next token in mlx-lm's order and meaning, on torch's tensors.

Penalties change the raw logits; top_p, min_p and top_k, in this order, see the distribution before
any temperature; the temperature comes last. Formulas: mlx_lm/sample_utils.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from morris_mlx.records.generation import Sampling

PENALTY_WINDOW = 20  # the last tokens of prompt and reply that penalties apply to: mlx-lm's
NEVER = -math.inf


def apply_penalties(logits: Tensor, before: Sequence[int], sampling: Sampling) -> Tensor:
    """Return logits [vocabulary] after the penalties; `before` are all ids so far.

    A token among the last 20 has its logit divided by the repetition penalty (multiplied where it
    is negative), then reduced by the presence penalty, then by the frequency penalty for each of
    its occurrences there. `logits` may be changed.
    """
    seen = list(before[-PENALTY_WINDOW:])
    if not seen:
        return logits
    once = torch.tensor(sorted(set(seen)), device=logits.device)
    if sampling.repetition_penalty != 1.0:
        found, penalty = logits[once], sampling.repetition_penalty
        logits[once] = torch.where(found < 0, found * penalty, found / penalty)
    if sampling.presence_penalty != 0.0:
        logits[once] -= sampling.presence_penalty
    if sampling.frequency_penalty != 0.0:
        counts = [float(seen.count(token)) for token in sorted(set(seen))]
        logits[once] -= sampling.frequency_penalty * torch.tensor(counts, device=logits.device)
    return logits


def filter_logits(logits: Tensor, sampling: Sampling) -> Tensor:
    """Return log-probabilities [vocabulary], -inf for excluded tokens, before the temperature."""
    logprobs = logits - logits.logsumexp(-1)
    if sampling.top_p < 1.0:
        logprobs = _top_p(logprobs, sampling.top_p)
    if sampling.min_p > 0.0:
        least = logprobs.max() + math.log(sampling.min_p)
        logprobs = logprobs.masked_fill(logprobs < least, NEVER)
    if 0 < sampling.top_k < logprobs.shape[-1]:
        kept = logprobs.topk(sampling.top_k).indices
        only = torch.full_like(logprobs, NEVER)
        only[kept] = logprobs[kept]
        logprobs = only
    return logprobs


def _top_p(logprobs: Tensor, top_p: float) -> Tensor:
    """Exclude all but the most likely tokens that together have `top_p` of the mass."""
    falling = logprobs.sort(descending=True).values
    mass = falling.exp().cumsum(-1)
    above = torch.cat((mass.new_zeros(1), mass[:-1]))  # of the tokens likelier than each
    kept = int((above < top_p * mass[-1]).sum())
    return logprobs.masked_fill(logprobs < falling[kept - 1], NEVER)


def sample_token(logprobs: Tensor, temp: float, uniform: float) -> int:
    """Return the id where the cumulative softmax(logprobs / temp) passes `uniform`.

    It is computed on the CPU in float64, so that the same numbers give the same token on every
    device.
    """
    scaled = logprobs.cpu().double() / temp  # in this order: MPS has no float64
    probabilities = (scaled - scaled.max()).exp()
    possible = probabilities.nonzero().squeeze(1)
    cumulative = probabilities[possible].cumsum(0)
    place = int(torch.searchsorted(cumulative, uniform * float(cumulative[-1]), right=True))
    return int(possible[min(place, len(possible) - 1)])
