"""Gated delta rule in chunks: mlx-lm's values and gradients, with memory linear in the length."""

import mlx.core as mx
import pytest
from mlx_lm.models import qwen3_5
from mlx_lm.models.gated_delta import gated_delta_update as loop
from support.gated_delta import KEY, largest_difference, rule_inputs
from support.gradients import largest_difference as largest_model_difference
from support.mlx_lm_toys import make_toy

from morris_mlx.records.training import RECOMPUTE
from morris_mlx.train.gated_delta import gated_delta, gated_delta_update
from morris_mlx.train.light_functions import LightFunctions
from morris_mlx.train.paths import GENERIC

TOLERANCE = 1e-4


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("speed", [0.01, 20.0])
def test_values_and_gradients_are_those_of_the_loop(by_key, speed):
    assert largest_difference(70, by_key, speed) < TOLERANCE


def test_equal_keys_that_nothing_decays_lose_no_digits():
    q, k, v, decay, rates = rule_inputs(64, by_key=False)
    k = mx.broadcast_to(k[:, :1], k.shape)
    inputs = [q, k, v, decay * 1e-4, mx.full(rates.shape, 0.999)]
    # Such keys magnify any rounding. A product of powers of the matrix would lose all digits.
    assert largest_difference(64, by_key=False, inputs=inputs) < 10 * TOLERANCE


@pytest.mark.parametrize("options", [{}, {"allow_neg_eigval": True}, {"lower_bound": -5.0}])
def test_the_gates_are_computed_as_mlx_lm_computes_them(options):
    q, k, v, a, b = rule_inputs(20, by_key=True)
    heads = v.shape[2]
    gates = (a, b, mx.random.normal((heads, 1)), mx.random.normal((heads, KEY)))
    ours, theirs = (
        function(q, k, v, *gates, use_kernel=False, **options)
        for function in (gated_delta_update, loop)
    )
    for one, other in zip(ours, theirs, strict=True):
        assert mx.allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_state_is_read_and_returned():
    arrays = rule_inputs(40, by_key=False)
    whole, end = gated_delta(*arrays, tokens=8)
    first, state = gated_delta(*(x[:, :24] for x in arrays), tokens=8)
    second, state = gated_delta(*(x[:, 24:] for x in arrays), state=state, tokens=8)
    assert mx.allclose(mx.concatenate([first, second], axis=1), whole, atol=1e-5)
    assert mx.allclose(state, end, atol=1e-5)


def test_the_memory_grows_with_the_length_and_not_with_its_square():
    def per_token(length):
        arrays = rule_inputs(length, by_key=False)
        mx.eval(arrays)
        before = mx.get_active_memory()
        mx.reset_peak_memory()
        mx.eval(mx.grad(lambda *x: gated_delta(*x)[0].square().sum(), (0, 1, 2, 3, 4))(*arrays))
        return (mx.get_peak_memory() - before) / length

    assert per_token(2048) < 1.5 * per_token(512)


@pytest.mark.parametrize("model_type", ["qwen3_5", "kimi_linear"])
def test_models_train_through_it_with_the_gradients_of_mlx_lm(model_type):
    assert largest_model_difference(make_toy(model_type), GENERIC, RECOMPUTE) < TOLERANCE


def test_mlx_lm_has_its_own_functions_back_afterwards():
    model, own = make_toy("qwen3_5"), qwen3_5.gated_delta_update
    with LightFunctions(model, "full").used():
        assert qwen3_5.gated_delta_update is gated_delta_update
    assert qwen3_5.gated_delta_update is own
