"""Recipe file of `--config`: YAML with mlx-lm's keys and Morris's own, none of them ignored."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.models.families import FAMILIES
from morris_mlx.records.training import EXPERTS, TARGETS, TrainSettings

KINDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
}
# mlx-lm's key: Morris's setting.
SPELLINGS = {
    "num_layers": "layers",
    "grad_accumulation_steps": "accumulate",
    "steps_per_eval": "validate_every",
    "grad_checkpoint": "recompute",
    "lora_parameters.rank": "rank",
    "lora_parameters.alpha": "alpha",
    "lora_parameters.scale": "alpha",
    "lora_parameters.dropout": "dropout",
    "lora_parameters.keys": "targets",
    "optimizer_config.adamw.weight_decay": "weight_decay",
}
SPELLING_KINDS = {"grad_checkpoint": bool, "lora_parameters.keys": list}
NESTED = ("lora_parameters", "optimizer_config", "optimizer_config.adamw")
NAMES = ("name", "model", "recipe")  # keys with a name that are not settings
ONLY_ADAMW = "Morris trains with adamw only, for which its learning rates and decay are chosen"
# Settings of mlx-lm with a fixed value here, and the reason.
FIXED: dict[str, tuple[Any, str]] = {
    "optimizer": ("adamw", ONLY_ADAMW),
    "optimizer_config.adamw.bias_correction": (
        True,
        "Morris always corrects the bias: without it the first steps are too large",
    ),
    "optimizer_config.adamw.betas": ([0.9, 0.999], "Morris uses AdamW's defaults"),
    "optimizer_config.adamw.eps": (1e-8, "Morris uses AdamW's default"),
}
# Keys of mlx-lm that Morris refuses, and its own way.
REFUSED = {
    "train": "`morris train` always trains.",
    "test": "`morris evaluate` measures an adapter on the test rows.",
    "test_batches": "`morris evaluate` uses all test rows.",
    "data": "Morris trains on data/dataset of the project, which `morris prepare` writes.",
    "hf_dataset": "Morris trains on data/dataset of the project, which `morris prepare` writes.",
    "iters": "Morris counts whole passes over the rows: write `epochs`.",
    "val_batches": "Morris validates on all held-out rows.",
    "mask_prompt": "Morris always trains on the answers only.",
    "max_seq_length": "`morris prepare --max-seq-length N` fits the rows to a window.",
    "steps_per_report": "Morris shows every step and writes it to metrics.jsonl.",
    "report_to": "Morris sends nothing to the internet; losses are in metrics.jsonl.",
    "project_name": "Morris sends no reports to the internet.",
    "lr_schedule": "The rate always rises during `warmup` (a share of all steps) and then "
    "falls along a cosine to a tenth.",
    "clear_cache_threshold": "Morris limits the cache instead: write `cache_limit_gb`.",
    "resume_adapter_file": "Morris does not start from an existing adapter.",
    "adapter_path": "Adapters are in adapters/NAME of the project: write `name`.",
    "trust_remote_code": "Morris never runs code that comes with a model.",
    "config": "A recipe file cannot include another one.",
    "scale": "Write `alpha` (scale is alpha / rank), or `lora_parameters: {scale: ...}`.",
}
REFUSED |= {
    f"optimizer_config.{other}": f"{ONLY_ADAMW}." for other in ("adam", "sgd", "muon", "adafactor")
}


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """The content of a recipe file: settings by field of TrainSettings, and names ("": not given).

    `scale` is set if the file gives alpha / rank instead of alpha, as mlx-lm's files do.
    """

    settings: Mapping[str, Any]
    scale: float | None = None
    name: str = ""
    model: str = ""
    recipe: str = ""


def read_recipe_file(path: Path) -> RecipeFile:
    """Read a recipe file.

    Raises:
        MissingError: If the file does not exist.
        UsageError: If it is not YAML, or has a key or value that Morris does not support.
    """
    found: dict[str, Any] = {}
    keys: dict[str, str] = {}  # by setting, the key that set it
    for key, value in _flat(_read_mapping(path), ""):
        where = f"{path}: {key}"
        if key in FIXED:
            _require_fixed(where, value, *FIXED[key])
            continue
        field = SPELLINGS.get(key, key)
        kind = _kind(key)
        if kind is None:
            raise UsageError(f"{where} {_why_not(key)}")
        if field in keys:
            raise UsageError(
                f"{path}: {keys[field]} and {key} are two spellings of one setting. Keep one."
            )
        keys[field] = key
        found["scale" if key == "lora_parameters.scale" else field] = _value(
            where, key, _typed(where, value, kind)
        )
    names = {name: found.pop(name) for name in NAMES if name in found}
    return RecipeFile(scale=found.pop("scale", None), settings=found, **names)


def _kind(key: str) -> type | None:
    """Return the type of a key's value, or None for an unknown key."""
    if key in NAMES:
        return str
    if key in NESTED:
        return dict  # a mapping was taken apart before; any other value is an error
    if key in SPELLING_KINDS:
        return SPELLING_KINDS[key]
    kinds = {f.name: str(f.type) for f in fields(TrainSettings)}  # "int", "float", "Targets"
    name = kinds.get(SPELLINGS.get(key, key))
    return None if name is None else {"int": int, "float": float}.get(name, str)


def _value(where: str, key: str, value: Any) -> Any:
    if key == "grad_checkpoint":
        return "full" if value else "attention"
    if key == "lora_parameters.keys":
        return _targets(where, value)
    return float(value) if _kind(key) is float else value


def _targets(where: str, keys: list[Any]) -> str:
    """Return the preset with exactly these layers."""
    wanted = set(map(str, keys))
    presets = [targets for targets in TARGETS if targets != EXPERTS]
    for targets in presets:
        for family in FAMILIES:
            if wanted in (set(family.adapted_keys(targets, tied)) for tied in (False, True)):
                return targets
    keys_of = FAMILIES[0].adapted_keys
    known = "; ".join(f"{t}: {', '.join(keys_of(t, tied=False))}" for t in presets)
    raise UsageError(f"{where} is not one of the presets. Use exactly one of these: {known}.")


def _typed(where: str, value: Any, kind: type) -> Any:
    right = isinstance(value, (int, float) if kind is float else kind)
    if not right or (isinstance(value, bool) and kind is not bool):
        shown = "empty" if value is None else repr(value)
        raise UsageError(f"{where} is {shown}; it must be {KINDS[kind]}.")
    return value


def _require_fixed(where: str, value: Any, fixed: Any, why: str) -> None:
    if value != fixed or isinstance(value, bool) != isinstance(fixed, bool):
        shown = str(fixed).lower() if isinstance(fixed, bool) else fixed
        raise UsageError(f"{where} is {value!r}, but {why}. Write {shown}, or leave it out.")


def _why_not(key: str) -> str:
    if key in REFUSED:
        return f"is not supported. {REFUSED[key]} Leave {key} out."
    known = [*(f.name for f in fields(TrainSettings)), *NAMES, *SPELLINGS, *NESTED, *FIXED]
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`morris train -h` lists the settings."
    return f"is not a key of a recipe. {hint}"


def _flat(mapping: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield ("lora_parameters.rank", 8) for lora_parameters: {rank: 8}."""
    for name, value in mapping.items():
        key = f"{prefix}{name}"
        if key in NESTED and isinstance(value, dict):
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _read_mapping(path: Path) -> dict[Any, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist. Give a YAML file with --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror
        raise UsageError(f"{path} cannot be read: {reason}. Save it as UTF-8 text.") from None
    try:
        value = _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise UsageError(f"{path} is not valid YAML: {problem}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} has no keys. Write lines like `epochs: 2`.")
    return value


class _Loader(yaml.SafeLoader):
    """A safe YAML loader that reads 1e-5 as a number and refuses a key that occurs twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for name in names:
            if names.count(name) > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(f"{name} occurs twice (in the mapping of line {line})")
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9]+$"),
    list("-+0123456789."),
)
