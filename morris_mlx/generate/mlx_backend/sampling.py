"""mlx-lm's penalties and filters, and sampling that depends on the request's seed alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import mlx.core as mx
from mlx_lm.sample_utils import (
    apply_min_p,
    apply_top_k,
    apply_top_p,
    greedy_sampler,
    make_logits_processors,
)

from morris_mlx.records.generation import Sampling

Sampler = Callable[[mx.array], mx.array]
PENALTY_WINDOW = 20  # tokens of prompt and reply that mlx-lm's penalties look back on
KEYS_AT_ONCE = 256
# Tokens that top_p sorts. After min_p, 2,000 tokens remain only if none has 1 % of the probability.
LIKELIEST = 2048


def penalties(sampling: Sampling) -> list[Any]:
    """Return mlx-lm's logits processors for the penalties that are on."""
    repetition = sampling.repetition_penalty
    return list(
        make_logits_processors(
            repetition_penalty=repetition if repetition != 1.0 else None,
            repetition_context_size=PENALTY_WINDOW,
            presence_penalty=sampling.presence_penalty or None,
            presence_context_size=PENALTY_WINDOW,
            frequency_penalty=sampling.frequency_penalty or None,
            frequency_context_size=PENALTY_WINDOW,
        )
    )


class FirstTokenBar:
    """A logits processor that makes some tokens impossible at the first call, and only there.

    mlx-lm calls a processor once for each token that it samples.
    """

    def __init__(self, barred: Iterable[int]) -> None:
        self._barred: mx.array | None = mx.array(sorted(barred))

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """Return logits [1, vocabulary], -inf for the barred tokens at the first call."""
        barred, self._barred = self._barred, None
        if barred is not None:
            logits = mx.put_along_axis(logits, barred[None], mx.array(-mx.inf, logits.dtype), -1)
        return logits


def sampler_for(sampling: Sampling, seed: int) -> Sampler:
    """Return a function from log-probabilities [1, vocabulary] to a token [1].

    The tokens that remain are those of mlx-lm's filters in its order: top_p, min_p, top_k.
    """
    return greedy_sampler if sampling.temp == 0 else SeededSampler(sampling, seed)


def top_p_of_few(logprobs: mx.array, top_p: float) -> mx.array:
    """Return log-probabilities [1, vocabulary] after top_p, with -inf for the other tokens.

    Tokens that min_p excluded are -inf already. The probabilities of the others are unchanged, so
    the result is that of both filters in mlx-lm's order. Only the likeliest tokens are sorted: if
    they do not have the mass `top_p`, the distribution is nearly flat, and all others remain, too.
    """
    few = mx.topk(logprobs, LIKELIEST, axis=-1) if logprobs.shape[-1] > LIKELIEST else logprobs
    rising = mx.sort(few, axis=-1)
    mass_above = mx.cumsum(mx.exp(rising), axis=-1, reverse=True, inclusive=False)
    excluded = (mass_above >= top_p).sum(axis=-1, keepdims=True)
    # None excluded: the least likely of the few is no limit for the rest.
    least = mx.where(excluded > 0, mx.take_along_axis(rising, excluded, axis=-1), -mx.inf)
    return mx.where(logprobs < least, -mx.inf, logprobs)


class SeededSampler:
    """A sampler with random keys of its own, where mlx-lm's share one random state.

    `drawn` is the number of tokens so far: after `rewind` the same ones come again.
    """

    def __init__(self, sampling: Sampling, seed: int) -> None:
        self._sampling = sampling
        self._seed = seed
        self._keys = mx.array([])
        self.drawn = 0

    def __call__(self, logprobs: mx.array) -> mx.array:
        """Return one sampled token [1] from log-probabilities [1, vocabulary]."""
        return mx.random.categorical(self.filter(logprobs), key=self._next_key())

    def filter(self, logprobs: mx.array) -> mx.array:
        """Return the scaled log-probabilities [1, vocabulary], -inf for excluded tokens."""
        s = self._sampling
        if s.min_p > 0.0:
            logprobs = apply_min_p(logprobs, s.min_p)
            if s.top_p < 1.0:
                logprobs = top_p_of_few(logprobs, s.top_p)
        elif s.top_p < 1.0:
            logprobs = apply_top_p(logprobs, s.top_p)
        if s.top_k > 0:
            logprobs = apply_top_k(logprobs, s.top_k)
        return logprobs * (1.0 / s.temp)

    def _next_key(self) -> mx.array:
        block, place = divmod(self.drawn, KEYS_AT_ONCE)
        if place == 0 or self._keys.size == 0:
            self._fill(block)
        self.drawn += 1
        return self._keys[place]

    def _fill(self, block: int) -> None:
        self._keys = mx.random.split(mx.random.key((self._seed << 32) | block), KEYS_AT_ONCE)

    def rewind(self, drawn: int) -> None:
        """Continue as if only `drawn` tokens had been sampled."""
        if drawn // KEYS_AT_ONCE != self.drawn // KEYS_AT_ONCE:
            self._fill(drawn // KEYS_AT_ONCE)
        self.drawn = drawn
