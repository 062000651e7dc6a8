"""The mlx-lm command nearest to a training of Morris, for comparison."""

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
    named: bool = True,
) -> str:
    """Return the `mlx_lm.lora` command nearest to a training of `steps` optimizer steps.

    It can be pasted into a shell: mlx-lm reads the parameters of LoRA from a YAML file only, which
    is its standard input here. `tied` says that the model's embedding is its output layer too;
    `named`, that its layers are those of the families that Morris has a table of.
    """
    import yaml

    config = {
        "model": model,
        "data": str(dataset_folder),
        "adapter_path": str(adapter_folder),
        **_lora_config(settings, LLAMA.adapted_keys(settings.targets, tied) if named else None),
        **_optimizer_config(settings, steps),
        **_loop_config(settings, steps),
        "max_seq_length": window,
        "mask_prompt": True,
        "seed": settings.seed,
    }
    text = yaml.safe_dump(
        config, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None
    )
    remarks = "".join(f"# - {line}\n" for line in _differences(settings, steps, named))
    return (  # the remarks are inside the document: zsh runs a pasted # as a command
        f"mlx_lm.lora --train --config /dev/stdin <<'YAML'\n# Differences:\n{remarks}{text}YAML"
    )


def _lora_config(settings: TrainSettings, keys: list[str] | None) -> dict[str, Any]:
    return {
        "fine_tune_type": settings.fine_tune_type,
        "num_layers": settings.layers or ALL_LAYERS,
        "lora_parameters": {
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
            **({"keys": keys} if keys else {}),
        },
    }


def _optimizer_config(settings: TrainSettings, steps: int) -> dict[str, Any]:
    """Return the learning rates in mlx-lm's terms; its warm-up begins above 0, one step later."""
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
    """Return intervals in batches, as mlx-lm counts, and not in optimizer steps."""
    batches, per_epoch = settings.accumulate, math.ceil(steps / settings.epochs)
    interval = settings.validate_every or max(1, math.ceil(per_epoch / VALIDATIONS_PER_EPOCH))
    return {
        "batch_size": settings.batch_size,
        "grad_accumulation_steps": batches,
        "iters": steps * batches,
        "steps_per_report": batches,
        "steps_per_eval": interval * batches,
        "val_batches": -1,
        "save_every": (settings.save_every or interval) * batches,
        "grad_checkpoint": settings.recompute == "full",
    }


def warmup_steps(settings: TrainSettings, steps: int) -> int:
    """Return the optimizer steps of the warm-up."""
    return max(1, round(settings.warmup * steps))


def _differences(settings: TrainSettings, steps: int, named: bool) -> Sequence[str]:
    lines = [
        "steps are counted in batches: an optimizer step is grad_accumulation_steps of them",
        "only the last answer of a row is learned, and a padding token after it",
        "rows that do not fill a batch are left out, and all batches have the same weight",
        "the last adapter is kept, not the best one, and a run cannot stop early",
    ]
    if not named and settings.targets != "all":
        lines.append(f"all linear layers of a block learn (targets {settings.targets} here)")
    if warmup_steps(settings, steps) == 1:
        lines.append("the rate falls one step earlier")
    if settings.clip_norm:
        lines.append(f"gradients are not clipped (clip_norm {settings.clip_norm:g} here)")
    if settings.recompute == "attention":
        lines.append("attention is not recomputed in the backward pass, which needs more memory")
    if settings.cache_limit_gb:
        lines.append(f"the cache has no limit (cache_limit_gb {settings.cache_limit_gb:g} here)")
    return lines
