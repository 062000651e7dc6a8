"""Checks of an adapter's files, mlx-lm's two and Morris's run.json, that need no engine.

They cover the configuration, the hash of the weights, and the names and shapes of the tensors. Both
engines use them, so that an error reads the same from either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS, RUN_FILE
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.records.training import FINE_TUNE_TYPES

PEFT_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
# Token ids that any vocabulary has. Several per prompt, because queries and keys change nothing for
# one token; few, because a model of seven billion parameters takes seconds per token on a CPU.
ALIVE_PROMPTS = ((1, 5, 9, 13, 17, 21), (1, 30, 26, 22, 18, 14), (1, 6, 7, 6, 7, 6))
ROUNDING = 2.0**-24  # of float32: a change that is smaller, relative to the weights, is lost
MOST_RANK = 1_000_000
MOST_NAMED = 3  # layers or tensors in an error

OTHER_MODEL = "Use the model that it was trained on (run.json names it)."
TRAIN_AGAIN = "Use a complete copy of it, or train it again with `morris train`."


def refuse_peft(folder: Path) -> None:
    """Raise RefusedError for an adapter of PEFT, whose files have other names and other tensors."""
    path = folder / ADAPTER_CONFIG
    config: Mapping[str, Any] = {}
    if path.is_file():
        with suppress(MorrisError):
            config = files.read_json(path)
    weights = next((name for name in PEFT_WEIGHTS if (folder / name).exists()), "")
    ours = (folder / ADAPTER_WEIGHTS).exists()  # an exported copy may lie beside it
    if not config.get("peft_type") and (ours or not weights):
        return
    base = config.get("base_model_name_or_path")
    of_base = f" of {base}" if isinstance(base, str) and base else ""
    rank = f", rank {config['r']}" if type(config.get("r")) is int else ""
    raise RefusedError(
        f"{folder} holds an adapter{of_base} in PEFT's format ({weights or 'adapter_config.json'}"
        f"{rank}). Morris reads adapters in mlx-lm's format. Merge it into its base with PEFT "
        "(merge_and_unload, then save_pretrained) and use that folder as --model."
    )


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Read adapter_config.json and check the values that mlx-lm reads.

    Raises MissingError when it or the weights are missing, RefusedError for an adapter of PEFT,
    MorrisError for a wrong value.
    """
    refuse_peft(folder)
    for name in (ADAPTER_WEIGHTS, ADAPTER_CONFIG):
        if not (folder / name).exists():
            raise MissingError(
                f"No {name} in {folder}. Train the adapter with `morris train`, or choose "
                "another one."
            )
    path = folder / ADAPTER_CONFIG
    config = files.read_json(path)
    parameters = config.get("lora_parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    kind, keys = config.get("fine_tune_type", "lora"), parameters.get("keys")
    if kind == "full":
        raise MorrisError(
            f"{path} belongs to a fully fine-tuned model (fine_tune_type full), not to an "
            "adapter. Fuse it with its base with `mlx_lm.fuse` and use that folder as --model."
        )
    sound = {
        "fine_tune_type": kind in FINE_TUNE_TYPES,
        "num_layers": _is_number(config.get("num_layers"), int),
        "rank": _is_number(parameters.get("rank"), int) and 1 <= parameters["rank"] <= MOST_RANK,
        "scale": _is_number(parameters.get("scale"), int | float),
        "dropout": _is_number(parameters.get("dropout"), int | float)
        and 0 <= parameters["dropout"] < 1,
        "keys": keys is None or (isinstance(keys, list) and all(isinstance(k, str) for k in keys)),
    }
    wrong = [name for name, right in sound.items() if not right]
    if wrong:
        raise MorrisError(
            f"{path} is not the configuration of an adapter: {few(wrong)} missing or wrong. "
            f"{TRAIN_AGAIN}"
        )
    return config


def _is_number(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)


def checked_weights(folder: Path) -> Path:
    """Return the path of the weights. Raises MorrisError when run.json names another hash."""
    path = folder / ADAPTER_WEIGHTS
    if (folder / RUN_FILE).exists():
        run = files.read_json(folder / RUN_FILE)
        # The second is in the file while a better adapter is about to replace this one.
        known = (run.get("adapter_sha256"), run.get("adapter_sha256_before"))
        if files.file_digest(path) not in known:
            raise MorrisError(
                f"{path} is damaged, or another adapter's: it is not the file that {RUN_FILE} "
                f"beside it was written for (adapter_sha256). {TRAIN_AGAIN}"
            )
    return path


def damaged(path: Path, error: Exception) -> MorrisError:
    """Return the error for a file that cannot be read."""
    return MorrisError(f"{path} is damaged ({error}). {TRAIN_AGAIN}")


def require_numbers(path: Path, wrong: Sequence[str]) -> None:
    """Raise MorrisError if any tensors, named in `wrong`, hold values that are not finite."""
    if wrong:
        raise MorrisError(
            f"{path} holds values that are not finite numbers, in {few(wrong)}. {TRAIN_AGAIN}"
        )


def require_keys(keys: Sequence[str] | None, names: set[str]) -> None:
    """Raise MorrisError when the model lacks a layer that the configuration adapts."""
    missing = [key for key in keys or () if key not in names]
    if missing:
        raise MorrisError(f"the model has no {few(missing)} to adapt.")


def require_tensors(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> None:
    """Raise MorrisError unless the names and shapes found are exactly those expected."""
    if not expected:
        raise MorrisError("its configuration names no layer of it.")
    lacking = [name for name in found if name not in expected]
    if lacking:
        raise MorrisError(f"it has tensors for {few(lacking)}, where nothing is adapted.")
    missing = [name for name in expected if name not in found]
    if missing:
        raise MorrisError(f"it lacks the tensors {few(missing)}.")
    for name, shape in expected.items():
        if found[name] != shape:
            raise MorrisError(f"{name} has the shape {found[name]} and needs {shape}.")


def not_fitting(folder: Path, error: MorrisError) -> MorrisError:
    """Return the error for an adapter of another model."""
    return MorrisError(f"The adapter in {folder} does not fit this model: {error} {OTHER_MODEL}")


def makes_infinite(what: str) -> MorrisError:
    """Return the error for an adapter with which the logits are not finite."""
    return MorrisError(
        f"{what} makes the model compute numbers that are not finite. Train it again with a "
        "lower --learning-rate (a third of it)."
    )


def changes_nothing(what: str, layers: int) -> MorrisError:
    """Return the error for an adapter that leaves the logits as they are."""
    return MorrisError(
        f"{what} changes nothing: on {len(ALIVE_PROMPTS)} prompts the model computes the same "
        f"with it and without it ({layers} adapted layers). Train it again, with more "
        "steps or a higher --learning-rate."
    )


def few(names: Sequence[str]) -> str:
    """Return the first few of many names, for an error."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
