"""Measured peak memory of a training, also in a process of its own."""

import mlx.core as mx
import mlx.nn as nn
import numpy as np

from morris_mlx.models.load import load_mlx_model
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loop import training_steps
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.packed import packed_lanes


def peak_bytes(folder, settings, width, bits, learned):
    """Return the peak of two optimizer steps above the memory in use before."""
    mx.clear_cache()
    before = mx.get_active_memory()
    model = load_mlx_model(folder)
    if bits:
        nn.quantize(model, 64, bits)
    add_adapter(model, adapter_config(model, settings))
    mx.eval(model.parameters())
    rng = np.random.default_rng(0)
    count = 2 * settings.batch_size * settings.accumulate
    mask = tuple(i > width * (1 - learned) for i in range(width + 1))
    rows = [TokenRow(tuple(rng.integers(3, 8000, width + 1).tolist()), mask) for _ in range(count)]
    mx.reset_peak_memory()
    sampler = BatchSampler(rows, settings, packed_lanes(model, settings))
    for _ in training_steps(model, build_optimizer(settings), sampler, settings):
        pass
    return mx.get_peak_memory() - before
