"""Toys of the common families, and the memory of their trainings: planned and measured."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import numpy as np

from morris_mlx.models.config import parse_config
from morris_mlx.records.corpus import RowLength
from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train import Workload
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.layout import planned_shape
from morris_mlx.train.loop import training_steps
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.memory.machine import Machine
from morris_mlx.train.memory.plan import estimate_plan
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.packed import packed_lanes

from .mlx_lm_toys import NESTED, make_toy, toy_config

PLANNED_TYPES = (
    *("llama", "mistral", "qwen2", "qwen3", "qwen3_5", "gemma2", "gemma3", "phi3", "smollm3"),
    *("granite", "olmo2", "mistral3", "qwen3_moe"),
)
# Types whose heads have a share of the hidden size, whatever `head_dim` says.
WITHOUT_HEAD_SIZE = ("qwen2", "granite", "phi3")
VOCABULARY = 1000
# So large that the arrays of a few tokens or of a norm do not matter.
SIZES = {
    "hidden_size": 192,
    "intermediate_size": 512,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "vocab_size": VOCABULARY,
    "layer_types": None,
    "sliding_window_pattern": 2,
    "moe_intermediate_size": 96,
    "num_experts": 8,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 32,
    "linear_value_head_dim": 32,
}
BLOCKS = 4
WIDTH = 256  # tokens of a row
LEARNED = 64
HERE = Machine(memory_gb=1000.0, usable_gb=1000.0, gpu=False)


def plan_settings(recompute: Recompute, **changes: Any) -> TrainSettings:
    """Return settings of a training at a stage of recomputation."""
    values: dict[str, Any] = {
        "epochs": 1,
        "rank": 4,
        "alpha": 8.0,
        "dropout": 0.0,
        "learning_rate": 1e-3,
        "batch_size": 1,
        "accumulate": 1,
        "recompute": recompute,
        "packing": "auto",
    }
    return TrainSettings(**values | changes)


def plan_toy_config(kind: str, blocks: int = BLOCKS) -> dict[str, Any]:
    """Return the config.json of the toy of a type."""
    sizes = {
        **SIZES,
        "num_hidden_layers": blocks,
        **({"head_dim": None} if kind in WITHOUT_HEAD_SIZE else {}),
    }
    if kind == "qwen3_5":
        sizes["num_experts"] = 0  # otherwise it has experts
    config = toy_config(kind)
    if kind in NESTED:
        config["text_config"] = config["text_config"] | sizes
    return config | sizes | {"dtype": "float32"}


def planned_bytes(kind: str, settings: TrainSettings, blocks: int = BLOCKS) -> float:
    """Return the planned peak of a training of the toy, from its config alone."""
    shape = planned_shape(parse_config(plan_toy_config(kind, blocks)), kind)
    rows = (RowLength(WIDTH + 1, LEARNED),) * 2
    return estimate_plan(Workload(shape, WIDTH, HERE, rows), settings).predicted_peak_gb * 1e9


def measured_bytes(kind: str, settings: TrainSettings, blocks: int = BLOCKS) -> float:
    """Return the peak of two optimizer steps of the toy above the memory in use before."""
    mx.clear_cache()
    before = mx.get_active_memory()
    model = make_toy(**plan_toy_config(kind, blocks))
    add_adapter(model, adapter_config(model, settings))
    mx.eval(model.parameters())
    rng = np.random.default_rng(0)
    mask = tuple(i > WIDTH - LEARNED for i in range(WIDTH + 1))
    rows = [TokenRow(tuple(rng.integers(3, 900, WIDTH + 1).tolist()), mask) for _ in range(2)]
    mx.reset_peak_memory()
    sampler = BatchSampler(rows, settings, packed_lanes(model, settings))
    for _ in training_steps(model, build_optimizer(settings), sampler, settings):
        pass
    return float(mx.get_peak_memory() - before)
