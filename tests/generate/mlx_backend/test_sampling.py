"""Sampling with MLX: the filters leave the tokens that mlx-lm's leave."""

import mlx.core as mx
import pytest
from mlx_lm.sample_utils import apply_min_p, apply_top_p

from morris_mlx.generate.mlx_backend.sampling import LIKELIEST, SeededSampler
from morris_mlx.records.generation import Sampling


def distribution(spread, size=500):
    mx.random.seed(int(10 * spread))
    logits = mx.random.normal((1, size)) * spread
    return logits - mx.logsumexp(logits, axis=-1, keepdims=True)


@pytest.mark.parametrize("spread", [0.0, 0.1, 1.0, 3.0, 9.0])
@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.95, 0.999])
@pytest.mark.parametrize("min_p", [0.001, 0.05, 0.9])
def test_top_p_and_min_p_together_are_mlx_lm_s(spread, top_p, min_p):
    logprobs = distribution(spread)
    expected = apply_min_p(apply_top_p(logprobs, top_p), min_p)
    sampler = SeededSampler(Sampling(1, 1.0, top_p, 0, min_p, 1.0), seed=1)
    found = sampler.filter(logprobs)
    assert mx.isfinite(found).any().item()
    assert mx.array_equal(found, expected)


@pytest.mark.parametrize("spread", [1.0, 3.0, 9.0])
def test_of_many_tokens_only_the_likeliest_are_sorted(spread):
    logprobs = distribution(spread, size=LIKELIEST + 900)
    found = SeededSampler(Sampling(1, 1.0, 0.5, 0, 0.05, 1.0), seed=1).filter(logprobs)
    assert mx.array_equal(found, apply_min_p(apply_top_p(logprobs, 0.5), 0.05))


def test_a_nearly_flat_distribution_keeps_all_that_min_p_keeps():
    logprobs = distribution(0.1, size=3 * LIKELIEST)
    found = SeededSampler(Sampling(1, 1.0, 0.5, 0, 0.05, 1.0), seed=1).filter(logprobs)
    assert mx.array_equal(found, apply_min_p(logprobs, 0.05))
