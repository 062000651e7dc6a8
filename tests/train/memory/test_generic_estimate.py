"""Memory of each family's toy: planned from config.json within a tenth of the measured peak."""

from dataclasses import replace

import pytest
from support.mlx_lm_toys import toy_config
from support.plan_toys import (
    PLANNED_TYPES,
    measured_bytes,
    plan_settings,
    plan_toy_config,
    planned_bytes,
)

from morris_mlx.models.config import parse_config
from morris_mlx.models.families import GENERIC_TYPES, Forward, find_family
from morris_mlx.records.training import RECOMPUTE
from morris_mlx.train.layout import planned_shape
from morris_mlx.train.memory.block_arrays import MEASURED
from morris_mlx.train.memory.estimate import CPU, BatchShape, training_parts
from morris_mlx.train.memory.generic_estimate import is_measured

# Each type at one stage: `scripts/bench/plan.py --families` measures each at all of them. Those of
# the fast path are so small here that only one stage is exact; test_plan.py measures the others.
STAGES = [
    (kind, "attention" if find_family(kind) else RECOMPUTE[place % 3])
    for place, kind in enumerate(PLANNED_TYPES)
]


@pytest.mark.parametrize(("kind", "stage"), STAGES)
def test_the_planned_peak_of_a_family_is_within_a_tenth_of_the_measured_one(kind, stage):
    settings = plan_settings(stage)
    assert planned_bytes(kind, settings) == pytest.approx(measured_bytes(kind, settings), rel=0.1)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("qwen3", {"recompute": "none", "dropout": 0.1}),
        ("gemma3", {"recompute": "attention", "targets": "attention"}),
        ("olmo2", {"recompute": "full", "dropout": 0.1, "accumulate": 2}),
    ],
)
def test_dropout_and_fewer_adapted_layers_are_planned_within_a_tenth_too(kind, changes):
    settings = plan_settings(**changes)
    assert planned_bytes(kind, settings) == pytest.approx(measured_bytes(kind, settings), rel=0.1)


@pytest.mark.parametrize("kind", ["llama", "qwen3"])
def test_an_adapter_larger_than_the_activations_is_planned_within_a_tenth(kind):
    settings = plan_settings("attention", rank=256, alpha=512.0)
    assert planned_bytes(kind, settings) == pytest.approx(measured_bytes(kind, settings), rel=0.1)


def shape_of(kind, **changes):
    return planned_shape(parse_config(plan_toy_config(kind) | changes), kind)


def activations(shape, stage, rows=1, width=256):
    parts = training_parts(shape, plan_settings(stage), BatchShape(rows, width, 8), CPU)
    return parts.activations + parts.loss


@pytest.mark.parametrize("stage", RECOMPUTE)
def test_a_type_that_was_not_measured_gets_an_estimate_above_that_of_its_kin(stage):
    shape = shape_of("qwen3")
    unknown = replace(shape, layout=replace(shape.layout, model_type="seed_oss"))
    assert is_measured(shape) and not is_measured(unknown)
    assert activations(shape, stage) < activations(unknown, stage) < 2.5 * activations(shape, stage)


def test_sliding_attention_needs_more_memory_for_rows_longer_than_its_window():
    inside, beyond = (
        replace(shape, layout=replace(shape.layout, window=window))
        for shape in [shape_of("gemma3")]
        for window in (4096, 64)
    )
    assert activations(inside, "full", width=384) < activations(beyond, "full", width=384)


def test_two_rows_need_twice_the_activations_of_one():
    shape = shape_of("qwen3")
    assert activations(shape, "none", rows=2) == pytest.approx(2 * activations(shape, "none"), 0.05)


def test_every_measured_type_is_one_that_is_trained():
    assert set(MEASURED) <= GENERIC_TYPES
    for kind in PLANNED_TYPES[2:]:
        shape = planned_shape(parse_config(toy_config(kind)), kind)
        assert shape.forward is Forward.GENERIC and is_measured(shape)
