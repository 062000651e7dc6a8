"""An adapter must be whole, do something, and do the same on every engine."""

import math

import pytest

from morris_mlx.audit.engines import BOUNDS, Engine, EngineLoss, check_engines
from morris_mlx.records.audit import CheckStatus


def test_equal_losses_pass_and_the_engines_are_named():
    found = check_engines(4.0, 3.5, [EngineLoss(engine, 3.5) for engine in Engine], 0.0)
    assert found.status == CheckStatus.passed
    assert found.summary == (
        "The adapter's files are those of its training, and it works the same: loaded again, with "
        "torch, in another precision."
    )


@pytest.mark.parametrize("engine", list(Engine))
def test_an_engine_beyond_its_bound_fails(engine):
    within, beyond = BOUNDS[engine] * 0.9, BOUNDS[engine] * 1.1
    for gap, status in ((within, CheckStatus.passed), (beyond, CheckStatus.failed)):
        found = check_engines(4.0, 3.5, [EngineLoss(engine, 3.5 + gap)], 0.0)
        assert found.status == status
    assert check_engines(4.0, 3.5, [EngineLoss(engine, math.nan)], 0.0).problems


@pytest.mark.parametrize(
    ("base", "adapter", "unusable", "says"),
    [
        (4.0, 4.0, 0.0, "changes nothing"),
        (4.0, math.nan, 0.0, "no finite loss"),
        (4.0, 3.0, 0.9, "empty or endless"),
    ],
)
def test_an_adapter_without_effect_or_without_words_fails(base, adapter, unusable, says):
    found = check_engines(base, adapter, [], unusable)
    assert found.status == CheckStatus.failed and says in found.problems[0]


def test_wrong_files_fail_and_are_not_called_those_of_the_training():
    found = check_engines(4.0, 3.0, [], 0.0, ["wrong weights"])
    assert found.problems == ("wrong weights",)
    assert found.summary == "The adapter is not whole, or does not work as it should."
