"""Known values of the measures of accuracy."""

import numpy as np
import pytest

from morris_mlx.evaluate.accuracy import auc, c_at_1

# The example of the PAN shared task's own evaluator: probabilities, here as distances from 0.5.
YES = np.array([0.9, 0.8, 0.5, 0.4, 0.95]) - 0.5
NO = np.array([0.1, 0.5, 0.2, 0.7, 0.05]) - 0.5


def test_the_figures_of_pan_are_reproduced():
    assert auc(YES, NO) == pytest.approx(0.86)
    assert c_at_1(YES, NO, undecided=0.0) == pytest.approx(0.72)


def test_no_answer_at_all_is_worth_nothing_and_all_right_is_one():
    assert c_at_1(np.zeros(3), np.zeros(3)) == 0
    assert c_at_1(np.ones(3), -np.ones(2)) == 1


def test_equal_scores_are_chance():
    assert auc(np.zeros(4), np.zeros(9)) == 0.5
