"""Exact intervals of shares and bootstrap intervals of means."""

import pytest

from morris_mlx.audit.intervals import mean_interval, share_interval


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (3, 200, 0.0031, 0.0432),
    ],
)
def test_shares_have_the_published_ends(hits, tries, low, high):
    found = share_interval(hits, tries)
    assert found.value == hits / tries
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_without_tries_everything_is_possible():
    assert share_interval(0, 0).low == 0 and share_interval(0, 0).high == 1


def test_the_interval_of_a_mean_is_around_it_and_narrows_with_more_values():
    few, many = mean_interval([1.0, 2.0, 3.0]), mean_interval([1.0, 2.0, 3.0] * 20)
    assert few.low < few.value == many.value == 2 < few.high
    assert many.high - many.low < (few.high - few.low) / 2
    assert mean_interval([1.0, 2.0, 3.0]) == few
