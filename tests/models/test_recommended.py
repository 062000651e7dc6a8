"""Recommended bases: the largest one that a machine's memory is large enough for."""

import pytest

from morris_mlx.models.recommended import RECOMMENDED, recommended_base


@pytest.mark.parametrize(
    ("sold", "name"),
    [(8, "Qwen3-1.7B"), (16, "Qwen3-4B"), (18, "Qwen3-4B"), (32, "Qwen3-8B"), (128, "Qwen3-14B")],
)
def test_the_largest_base_for_a_memory_is_recommended(sold, name):
    assert name in recommended_base(sold * 2**30 / 1e9).repository


def test_nothing_is_recommended_for_less_memory():
    assert recommended_base(4 * 2**30 / 1e9) is None


def test_more_memory_is_not_for_a_smaller_base():
    sizes = [base.memory_gb for base in RECOMMENDED]
    assert sizes == sorted(sizes)
