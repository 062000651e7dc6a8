"""Calibration to log likelihood ratios."""

import numpy as np
import pytest

from morris_mlx.evaluate.judges.calibration import Calibration


def test_two_normal_distributions_give_the_known_ratio():
    rng = np.random.default_rng(0)
    own, others = rng.normal(1, 1, (4000, 1)), rng.normal(-1, 1, (4000, 1))
    found = Calibration.fit(own, others).ratios(np.array([[0.0], [1.0], [-2.0]]))
    assert found == pytest.approx([0.0, 2.0, -4.0], abs=0.5)  # log ratio of N(1,1), N(-1,1): 2x


def test_the_sizes_of_the_sides_do_not_move_the_middle():
    rng = np.random.default_rng(1)
    own, others = rng.normal(1, 1, (200, 1)), rng.normal(-1, 1, (5000, 1))
    assert Calibration.fit(own, others).ratios(np.array([[0.0]]))[0] == pytest.approx(0, abs=0.3)


def test_complete_separation_gives_finite_ratios_and_a_constant_measure_none():
    own, others = np.array([[1.0, 5.0], [2.0, 5.0]]), np.array([[-1.0, 5.0], [-2.0, 5.0]])
    found = Calibration.fit(own, others).ratios(np.array([[1.0, 5.0], [-1.0, 9.0]]))
    assert 0.5 < found[0] < 20 and found[1] == pytest.approx(-found[0], rel=1e-6)


def test_a_measure_that_is_lower_for_the_writer_has_no_say():
    own, others = np.array([[1.0, 0.0], [2.0, 1.0]]), np.array([[-1.0, 4.0], [-2.0, 5.0]])
    calibration = Calibration.fit(own, others)
    same = calibration.ratios(np.array([[1.0, -9.0], [1.0, 9.0]]))
    assert same[0] == same[1] > 0
