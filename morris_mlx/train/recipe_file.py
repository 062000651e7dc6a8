"""`--config recipe.yaml`: mlx-lm's key names and Morris's own, and nothing that is not obeyed."""

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
from morris_mlx.records.training import TARGETS, TrainSettings

KINDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
}
# mlx-lm's spelling → the setting that it means.
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
WORDS = ("name", "model", "recipe")  # texts that are no settings
ONLY_ADAMW = "Morris trains with adamw only: the recipes' rates and decay are made for it"
# What mlx-lm lets one choose and Morris does not: the one value that is true here.
FIXED: dict[str, tuple[Any, str]] = {
    "optimizer": ("adamw", ONLY_ADAMW),
    "optimizer_config.adamw.bias_correction": (
        True,
        "without it the first steps are too large, so Morris always corrects",
    ),
    "optimizer_config.adamw.betas": ([0.9, 0.999], "Morris keeps AdamW's usual ones"),
    "optimizer_config.adamw.eps": (1e-8, "Morris keeps AdamW's usual one"),
}
# What Morris does instead.
REFUSED = {
    "train": "`morris train` always trains.",
    "test": "`morris evaluate` measures an adapter on the test rows.",
    "test_batches": "`morris evaluate` takes all test rows.",
    "data": "Morris trains on data/dataset of the project, which `morris prepare` writes.",
    "hf_dataset": "Morris trains on data/dataset of the project, which `morris prepare` writes.",
    "iters": "Morris counts passes over all rows: write `epochs`.",
    "val_batches": "Morris always validates on all held-out rows.",
    "mask_prompt": "Morris always learns the answers alone.",
    "max_seq_length": "Rows are fitted when they are made: `morris prepare --max-seq-length N`.",
    "steps_per_report": "Morris shows every step and writes it to metrics.jsonl.",
    "report_to": "Nothing leaves this machine; losses are in metrics.jsonl.",
    "project_name": "It belongs to reports on the internet, which Morris does not send.",
    "lr_schedule": "The rate always rises over `warmup` (a share of all steps) and falls by a "
    "cosine to a tenth.",
    "clear_cache_threshold": "Morris bounds the cache instead: write `cache_limit_gb`.",
    "resume_adapter_file": "Morris does not start from another adapter's file.",
    "adapter_path": "Adapters lie in adapters/NAME of the project: write `name`.",
    "trust_remote_code": "Morris never runs code that comes with a model.",
    "config": "One file is read, and it names no other.",
    "scale": "Write `alpha` (scale is alpha / rank), or `lora_parameters: {scale: ...}`.",
}
REFUSED |= {
    f"optimizer_config.{other}": f"{ONLY_ADAMW}." for other in ("adam", "sgd", "muon", "adafactor")
}


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """What a file says: `settings` by field of TrainSettings, and "" for what it leaves open.

    `scale` is there where the file gives alpha / rank in place of alpha, as mlx-lm's files do.
    """

    settings: Mapping[str, Any]
    scale: float | None = None
    name: str = ""
    model: str = ""
    recipe: str = ""


def read_recipe_file(path: Path) -> RecipeFile:
    """Raises MissingError, or UsageError naming the key that cannot be obeyed."""
    found: dict[str, Any] = {}
    keys: dict[str, str] = {}  # what is set → the key that set it
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
    words = {word: found.pop(word) for word in WORDS if word in found}
    return RecipeFile(scale=found.pop("scale", None), settings=found, **words)


def _kind(key: str) -> type | None:
    """The type that a key's value has; None for a key that is not read."""
    if key in WORDS:
        return str
    if key in NESTED:
        return dict  # one that is none has not been taken apart
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
    """The preset whose layers these are."""
    wanted = set(map(str, keys))
    for targets in TARGETS:
        for family in FAMILIES:
            if wanted in (set(family.adapted_keys(targets, tied)) for tied in (False, True)):
                return targets
    keys_of = FAMILIES[0].adapted_keys
    presets = "; ".join(f"{t}: {', '.join(keys_of(t, tied=False))}" for t in TARGETS)
    raise UsageError(f"{where} is none of the presets. Use exactly one of these: {presets}.")


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
        return f"means nothing here. {REFUSED[key]} Leave {key} out."
    known = [*(f.name for f in fields(TrainSettings)), *WORDS, *SPELLINGS, *NESTED, *FIXED]
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`morris train -h` names what can be set."
    return f"is not a key of a recipe. {hint}"


def _flat(mapping: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """lora_parameters: {rank: 8} → ("lora_parameters.rank", 8)."""
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
        raise MissingError(f"{path} does not exist. Name a YAML file by --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror
        raise UsageError(f"{path} cannot be read: {reason}. Save it as UTF-8 text.") from None
    try:
        value = _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise UsageError(f"{path} is not YAML that can be read: {problem}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} has no keys. Write lines like `epochs: 2`.")
    return value


class _Loader(yaml.SafeLoader):
    """YAML 1.1 takes 1e-5 for text, for want of a point; and of one key twice it takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for name in names:
            if names.count(name) > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(f"{name} is there twice (in the mapping of line {line})")
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9]+$"),
    list("-+0123456789."),
)
