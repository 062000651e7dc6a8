"""TODO-MODULE train.mlx_lm_command."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from morris_mlx.models.families import LLAMA
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipes import ALL_LAYERS, FINAL_RATE, VALIDATIONS_PER_EPOCH


def mlx_lm_command(
    settings: TrainSettings,
    model: str,
    dataset_folder: Path,
    adapter_folder: Path,
    steps: int,
    window: int,
    tied: bool = False,
) -> str:
    """The `mlx_lm.lora` command nearest to a training of `steps` optimiser steps.

    It can be pasted into a shell: mlx-lm takes LoRA's parameters from a YAML file only, which is
    here its standard input. `tied`: embedding and output layer of the model are one.
    """
    import yaml

    config = {
        "model": model,
        "data": str(dataset_folder),
        "adapter_path": str(adapter_folder),
        **_lora_config(settings, tied),
        **_optimizer_config(settings, steps),
        **_loop_config(settings, steps),
        "max_seq_length": window,
        "mask_prompt": True,
        "seed": settings.seed,
    }
    text = yaml.safe_dump(
        config, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None
    )
    remarks = "".join(f"# - {line}\n" for line in _differences(settings, steps))
    return (  # the remarks stand within: zsh takes a pasted # for a command
        f"mlx_lm.lora --train --config /dev/stdin <<'YAML'\n"
        f"# Not the same there:\n{remarks}{text}YAML"
    )


def _lora_config(settings: TrainSettings, tied: bool) -> dict[str, Any]:
    return {
        "fine_tune_type": settings.fine_tune_type,
        "num_layers": settings.layers or ALL_LAYERS,
        "lora_parameters": {
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
            "keys": LLAMA.adapted_keys(settings.targets, tied),
        },
    }


def _optimizer_config(settings: TrainSettings, steps: int) -> dict[str, Any]:
    """The trainer's rates in mlx-lm's words: its warm-up begins above 0, so it is a step less."""
    rate, warmup = settings.learning_rate, warmup_steps(settings, steps)
    return {
        "optimizer": "adamw",
        "optimizer_config": {
            "adamw": {"weight_decay": settings.weight_decay, "bias_correction": True}
        },
        "learning_rate": rate,
        "lr_schedule": {
            "name": "cosine_decay",
            "arguments": [rate, max(1, steps - warmup), rate * FINAL_RATE],
            "warmup": warmup - 1,
            "warmup_init": rate / warmup,
        },
    }


def _loop_config(settings: TrainSettings, steps: int) -> dict[str, Any]:
    """Counted in batches, as mlx-lm does, and not in optimiser steps."""
    many, per_epoch = settings.accumulate, math.ceil(steps / settings.epochs)
    look = settings.validate_every or max(1, math.ceil(per_epoch / VALIDATIONS_PER_EPOCH))
    return {
        "batch_size": settings.batch_size,
        "grad_accumulation_steps": many,
        "iters": steps * many,
        "steps_per_report": many,
        "steps_per_eval": look * many,
        "val_batches": -1,
        "save_every": (settings.save_every or look) * many,
        "grad_checkpoint": settings.recompute == "full",
    }


def warmup_steps(settings: TrainSettings, steps: int) -> int:
    return max(1, round(settings.warmup * steps))


def _differences(settings: TrainSettings, steps: int) -> Sequence[str]:
    lines = [
        "steps are counted in batches: an optimiser step is grad_accumulation_steps of them",
        "of a row it learns the last answer alone, and a padding token after it",
        "rows that fill no whole batch are left out, and batches count alike, whatever they hold",
        "the last adapter is kept, not the best one; a run cannot end early",
    ]
    if warmup_steps(settings, steps) == 1:
        lines.append("the rate falls one step earlier")
    if settings.clip_norm:
        lines.append(f"gradients are not clipped (clip_norm {settings.clip_norm:g} here)")
    if settings.recompute == "attention":
        lines.append("attention is not computed again in the backward pass, which takes memory")
    if settings.cache_limit_gb:
        lines.append(f"the cache has no limit (cache_limit_gb {settings.cache_limit_gb:g} here)")
    return lines
