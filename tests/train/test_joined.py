"""Joined arrays: the optimizer's results and its saved state are those of single arrays."""

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten, tree_map

from morris_mlx.train import joined
from morris_mlx.train.joined import JOINED, JoinedArrays
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.recipes import ARTICLES_RECIPE


def parameters():
    """Return two layers' matrices A and B and their magnitudes, which do not decay."""
    mx.random.seed(0)
    return {
        "layers": [
            {"lora_a": mx.random.normal((6, 2)), "lora_b": mx.random.normal((2, 5))}
            | {"m": mx.random.normal((5,))}
            for _ in range(2)
        ]
    }


def gradients(step):
    mx.random.seed(10 + step)
    return tree_map(lambda p: mx.random.normal(p.shape), parameters())


def assert_same(ours, theirs):
    ours, theirs = dict(tree_flatten(ours)), dict(tree_flatten(theirs))
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        assert np.array_equal(np.array(ours[name]), np.array(array)), name


@pytest.mark.parametrize("most", [2**22, 25, 1])
def test_joined_and_split_arrays_are_the_same(monkeypatch, most):
    monkeypatch.setattr(joined, "JOINED_NUMBERS", most)
    arrays = JoinedArrays(parameters())
    whole = arrays.join(parameters())
    assert_same(arrays.split(whole), parameters())
    assert {array.ndim for array in whole[JOINED]} == {1, 2}
    assert len(whole[JOINED]) == {2**22: 2, 25: 3, 1: 6}[most]


def test_the_optimizer_gives_the_results_and_the_state_of_single_arrays():
    single, together = build_optimizer(ARTICLES_RECIPE), build_optimizer(ARTICLES_RECIPE)
    theirs = parameters()
    arrays = JoinedArrays(theirs)
    ours = arrays.join(theirs)
    for step in range(3):
        theirs = single.apply_gradients(gradients(step), theirs)
        ours = together.apply_gradients(arrays.join(gradients(step)), ours)
    assert_same(arrays.split(ours), theirs)
    assert_same(arrays.saved_state(together), dict(tree_flatten(single.state)))


def test_a_restored_state_goes_on_as_before():
    arrays = JoinedArrays(parameters())
    first, second = build_optimizer(ARTICLES_RECIPE), build_optimizer(ARTICLES_RECIPE)
    weights = first.apply_gradients(arrays.join(gradients(0)), arrays.join(parameters()))
    arrays.restore(second, arrays.saved_state(first))
    after = [o.apply_gradients(arrays.join(gradients(1)), weights) for o in (first, second)]
    assert_same(*after)
    assert int(second.step) == 2


def test_arrays_of_different_precision_are_joined_apart():
    mixed = {"a": mx.ones((2, 2)), "b": mx.ones((2, 2), mx.float16)}
    arrays = JoinedArrays(mixed)
    assert_same(arrays.split(arrays.join(mixed)), mixed)
    assert {array.dtype for array in arrays.join(mixed)[JOINED]} == {mx.float32, mx.float16}
