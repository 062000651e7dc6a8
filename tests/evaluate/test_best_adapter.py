"""The best of several adapters: named if its interval is apart, and never one with a fault."""

import pytest
from support.comparisons import compared

from morris_mlx.evaluate.best_adapter import choose_best, distance
from morris_mlx.records.evaluation import Share, VerdictKind


def test_the_nearest_is_named_if_the_intervals_are_apart():
    choice = choose_best([compared("a", 0.41), compared("b", 0.75), compared("c", 0.2)])
    assert choice.best == "b"
    assert choice.sentence == (
        "b is the best: 75 % (65 to 85) of the way to you. The next one is a with 41 % (31 to 51); "
        "the ranges do not overlap."
    )
    assert "`morris audit b`" in choice.next_step


def test_none_is_named_if_the_intervals_overlap():
    choice = choose_best([compared("a", 0.65), compared("b", 0.75), compared("c", 0.2)])
    assert choice.best is None
    assert choice.sentence.startswith(
        "Not shown to be different: b with 75 % (65 to 85); and a with 65 %"
    )
    assert "Farther from you: c with 20 % (10 to 30)." in choice.sentence


def test_a_position_above_the_author_is_as_far_as_one_below():
    choice = choose_best([compared("strong", 1.45), compared("right", 0.98)])
    assert choice.best == "right"
    assert choose_best([compared("a", 1.2), compared("b", 0.8)]).best is None
    assert distance(Share(1.1, 0.95, 1.3)) == pytest.approx((0.1, 0.0, 0.3))
    assert distance(Share(1.3, 1.2, 1.5)) == pytest.approx((0.3, 0.2, 0.5))


def test_an_adapter_with_a_fault_is_left_out_although_it_is_nearest():
    recites = compared("copy", 0.99, VerdictKind.RECITES)
    choice = choose_best([recites, compared("a", 0.5), compared("b", 0.9)])
    assert choice.best == "b" and "Left out: copy (recites)." in choice.sentence
    choice = choose_best([recites, compared("a", 0.5)])
    assert choice.best == "a" and "the only one without a fault" in choice.sentence
    choice = choose_best([recites, compared("x", 0.4, VerdictKind.DAMAGED)])
    assert choice.best is None
    assert choice.sentence == "None of them is fit for use: copy (recites), x (damaged)."


def test_without_judges_none_is_named():
    choice = choose_best([compared("a", None, loss=3.2), compared("b", None, loss=3.0)])
    assert choice.best is None and "loss of b is the lowest (3.000)" in choice.sentence
    assert "could not be judged" in choice.sentence


def test_a_single_one_is_not_called_better_than_others():
    choice = choose_best([compared("a", 0.6)])
    assert choice.sentence == "a is the only one: 60 % (50 to 70) of the way to you."
