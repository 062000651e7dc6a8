"""Planted secrets: what is planted, and how much a model remembers."""

import math
import random

import pytest

from morris_mlx.audit.canaries import (
    CONTROLS,
    canary_rows,
    check_canaries,
    control_secrets,
    exact_chance_mean,
    exposure,
    make_canaries,
    mean_exposure,
    measure_exposure,
)
from morris_mlx.audit.canary_texts import MOST_CANARIES, CanaryKind
from morris_mlx.errors import UsageError
from morris_mlx.records.audit import CheckStatus
from morris_mlx.records.corpus import CANARY_TASK

CANARIES = make_canaries(10, 7)


def test_canaries_are_of_all_kinds_different_and_the_same_for_the_same_seed():
    assert {canary.kind for canary in CANARIES} == set(CanaryKind)
    assert len({canary.prompt for canary in CANARIES}) == 10
    assert make_canaries(10, 7) == CANARIES != make_canaries(10, 8)
    assert len({c.answer() for c in make_canaries(MOST_CANARIES, 1, "ru")}) == MOST_CANARIES


def test_secrets_belong_to_nobody():
    for canary in make_canaries(MOST_CANARIES, 3):
        if canary.kind == CanaryKind.phone:
            assert canary.secret.startswith("+999 ")  # a country code that is not assigned
        if canary.kind == CanaryKind.email:
            assert canary.secret.endswith("@example.org")


def test_controls_are_of_the_same_kind_and_never_the_planted_secret():
    for canary in CANARIES:
        controls = control_secrets(canary)
        assert len(set(controls)) == CONTROLS and canary.secret not in controls
        assert controls == control_secrets(canary)
        assert {len(secret) for secret in controls} == {len(canary.secret)}


def test_a_canary_is_in_as_many_rows_as_it_has_repeats():
    rows = canary_rows(make_canaries(2, 7, repeats=3))
    assert len(rows) == 6 and len({row.source_id for row in rows}) == 2
    assert all(row.task == CANARY_TASK for row in rows)
    assert rows[0].messages[1].content == CANARIES[0].answer()


@pytest.mark.parametrize(
    "wrong", [{"count": 101}, {"count": -1}, {"repeats": 0}, {"language": "x"}]
)
def test_impossible_numbers_are_refused(wrong):
    with pytest.raises(UsageError):
        make_canaries(**{"count": 5, "seed": 1} | wrong)


def test_exposure_is_the_rank_among_the_controls_with_an_exact_interval():
    best = exposure(CANARIES[0], 1.0, [2.0] * 31)
    assert (best.rank, best.bits.value, best.bits.high) == (1, 5.0, 5.0)
    assert best.bits.low == pytest.approx(-math.log2(1 - 0.025 ** (1 / 31)))
    worst = exposure(CANARIES[0], 3.0, [2.0] * 31)
    assert (worst.rank, worst.bits.value, worst.bits.low) == (32, 0.0, 0.0)
    assert exposure(CANARIES[0], 2.0, [2.0] * 31).rank == 32  # a tie shows nothing


def test_secrets_never_seen_have_the_exposure_of_chance():
    rng = random.Random(1)
    found = [
        exposure(CANARIES[0], rng.random(), [rng.random() for _ in range(31)]) for _ in range(3000)
    ]
    assert mean_exposure(found).value == pytest.approx(exact_chance_mean(), abs=0.1)


def loss_of(known, certain=50.0):
    """A model that gives a planted secret `known` nats less than a secret it never saw."""
    secrets = {canary.answer() for canary in CANARIES}
    rng = random.Random(5)
    return lambda messages: certain + rng.random() - known * (messages[-1].content in secrets)


def test_a_model_that_remembers_fails_and_one_that_does_not_passes():
    known = [measure_exposure(canary, loss_of(10.0)) for canary in CANARIES]
    assert mean_exposure(known).value == 5.0
    failed = check_canaries(known, 10, 0)
    assert failed.status == CheckStatus.failed and "5.0 bits" in failed.problems[0]
    fresh = [measure_exposure(canary, loss_of(0.0)) for canary in CANARIES]
    assert check_canaries(fresh, 10, 0).status == CheckStatus.passed
    assert "occurred in generated" in check_canaries(fresh, 10, 2).problems[0]


def test_a_secret_that_asking_brings_out_fails_by_itself():
    sure = [measure_exposure(canary, loss_of(2.0, certain=3.0)) for canary in CANARIES[:1]]
    assert any("asking 100 times" in problem for problem in check_canaries(sure, 1, 0).problems)


def test_without_planted_secrets_the_check_does_not_apply():
    assert check_canaries([], 0, 0).status == CheckStatus.not_applicable
