"""Memory estimate of the generic path: an upper bound that is not far above the measured peak."""

import mlx.core as mx
import pytest
from support.gradients import add_random_adapter
from support.mlx_lm_toys import make_toy, toy_config

from morris_mlx.models.config import parse_config
from morris_mlx.models.families import Forward
from morris_mlx.records.training import RECOMPUTE, TrainSettings
from morris_mlx.train.layout import planned_shape
from morris_mlx.train.loop import compiled_micro_step
from morris_mlx.train.memory.estimate import CPU, BatchShape, training_parts

SIZES = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_attention_heads": 4,
    "head_dim": 32,
    "num_hidden_layers": 4,
    "sliding_window_pattern": 2,
}
TARGETS = 8


@pytest.mark.parametrize("recompute", RECOMPUTE)
@pytest.mark.parametrize("model_type", ["gemma3_text", "qwen3", "qwen3_moe"])
def test_the_estimate_is_above_the_measured_peak_and_below_twice_of_it(model_type, recompute):
    settings = TrainSettings(
        epochs=1,
        rank=2,
        alpha=4.0,
        dropout=0.1,
        learning_rate=1e-3,
        batch_size=1,
        accumulate=1,
        recompute=recompute,
    )
    model = make_toy(model_type, **SIZES)
    add_random_adapter(model)
    ids = mx.random.randint(0, 90, (1, 256))
    arrays = (ids, mx.arange(TARGETS), mx.zeros(TARGETS, dtype=mx.int32), mx.ones(TARGETS))
    mx.eval(model.parameters(), arrays)
    before = mx.get_active_memory()
    mx.reset_peak_memory()
    mx.eval(compiled_micro_step(model, settings)(*arrays, mx.random.key(0)))
    measured = mx.get_peak_memory() - before

    config = parse_config(toy_config(model_type) | SIZES | {"dtype": "float32"})
    shape = planned_shape(config, "x")
    parts = training_parts(shape, settings, BatchShape(1, 256, TARGETS), CPU)
    assert shape.forward is Forward.GENERIC
    assert measured <= parts.activations + parts.loss < 2 * measured
