"""The keys of packed rows: those of earlier lanes and of shared tokens, and their gradients."""

import mlx.core as mx
import pytest

from morris_mlx.train.packed_keys import key_sources, with_earlier, without_earlier

# Three rows of 6, 5 and 7 tokens whose first 2 are shared, in lanes of 7 and 7 tokens.
LAYOUT = (((0, 6), (2, 1)), ((3, 2), (2, 5)))
SHARED = 2


def numbered(layout):
    sizes = [sum(length for _, length in lane) for lane in layout]
    numbers = mx.arange(sum(sizes)).astype(mx.float32).reshape(1, -1, 1)
    return mx.split(numbers, [sum(sizes[:n]) for n in range(1, len(sizes))], axis=1)


def keys_of(layout, shared):
    lanes = numbered(layout)
    return [
        with_earlier(lanes, sources).reshape(-1).tolist() for sources in key_sources(layout, shared)
    ]


def test_each_segment_follows_the_shared_tokens_and_its_row_in_earlier_lanes():
    assert keys_of(LAYOUT, SHARED) == [
        [0, 1, 2, 3, 4, 5, 0, 1, 6],
        [0, 1, 6, 7, 8, 0, 1, 9, 10, 11, 12, 13],
    ]


def test_without_shared_tokens_only_a_row_in_several_lanes_needs_others():
    assert keys_of((((0, 3), (0, 2)), ((2, 4),)), 0) == [[0, 1, 2, 3, 4], [3, 4, 5, 6, 7, 8]]
    assert key_sources((((0, 3), (0, 2)),), 0) == [((0, 0, 5),)]


def test_shared_tokens_may_be_in_several_lanes():
    layout = (((0, 3),), ((3, 2), (4, 1)), ((4, 2),))
    assert keys_of(layout, 4) == [[0, 1, 2], [0, 1, 2, 3, 4, 0, 1, 2, 3, 5], [0, 1, 2, 3, 6, 7]]


@pytest.mark.parametrize(("layout", "shared"), [(LAYOUT, SHARED), (LAYOUT[:1], SHARED)])
def test_the_gradient_of_a_key_is_the_sum_over_all_that_attend_to_it(layout, shared):
    sources = key_sources(layout, shared)
    lanes = numbered(layout)

    def weighted(*lanes):
        total = mx.array(0.0)
        for number, runs in enumerate(sources):
            keys = with_earlier(lanes, runs)
            weights = mx.arange(keys.shape[1]).reshape(1, -1, 1) + number
            total = total + (keys * weights).sum()
        return total

    found = mx.grad(weighted, argnums=list(range(len(lanes))))(*lanes)
    expected = found if len(lanes) > 1 else [found]
    gradients = [
        (mx.arange(with_earlier(lanes, runs).shape[1]) + number)
        .astype(mx.float32)
        .reshape(1, -1, 1)
        for number, runs in enumerate(sources)
    ]
    for lane, gradient in enumerate(expected):
        ours = without_earlier(gradients, sources, lane, lanes[lane].shape[1])
        assert mx.array_equal(ours, gradient)
