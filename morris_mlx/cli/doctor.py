"""`morris doctor`: what this machine offers, and what to do about what it lacks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import print_json
from morris_mlx.defaults import ADAPTER_CONFIG
from morris_mlx.models.catalog import PRACTICE_MODEL, default_model
from morris_mlx.project.folder import current_project


def doctor(as_json: Json = False) -> None:
    """Say which engine computes and why, the versions, the memory, and the models at hand.

    It names no file of yours, so its output can be shown to others.

    \b
    Example:
        morris doctor
    """
    found = examine()
    if as_json:
        print_json(found)
        return
    engine = found["engine"]
    print(f"engine     {engine['name']} ({engine['reason']})")
    print(f"precision  {engine['precision']}")
    print(
        f"memory     {engine['memory_gb']:.1f} GB, usable for a model {engine['usable_gb']:.1f} GB"
    )
    if engine["name"] == "mlx-cpu":
        print(f"BLAS       {engine['blas'] or 'none found: matrix products are 50 times slower'}")
    print(f"machine    {found['machine']}")
    print("versions   " + ", ".join(f"{k} {v}" for k, v in found["versions"].items()))
    print(f"models     {', '.join(found['models'])} (default: {found['default_model']})")
    print(f"adapters   {', '.join(found['adapters'])}")
    for hint in found["hints"]:
        print(f"\n→ {hint}")


def examine() -> dict[str, Any]:
    from morris_mlx.device import BLAS_HINT, machine_name, prepare_engine, versions
    from morris_mlx.models.converted import list_converted

    engine = prepare_engine()
    hints = []
    if engine.name == "mlx-cpu" and not engine.blas:
        hints.append(BLAS_HINT)
    project = current_project()
    own = sorted(p.parent.name for p in project.adapters.glob(f"*/{ADAPTER_CONFIG}"))
    return {
        "engine": asdict(engine),
        "machine": machine_name(),
        "versions": versions(),
        "models": [PRACTICE_MODEL, *_cached_models(), *list_converted()],
        "default_model": default_model(),
        "adapters": [*own, "sample (built in)"],
        "hints": hints,
    }


def _cached_models() -> list[str]:
    """Repositories in the Hugging Face cache that hold MLX-loadable weights."""
    from huggingface_hub.constants import HF_HUB_CACHE

    names = []
    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        if any(folder.glob("snapshots/*/*.safetensors")):
            names.append(folder.name.removeprefix("models--").replace("--", "/"))
    return names
