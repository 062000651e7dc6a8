"""An examination of this machine and project that always ends with an answer.

It is what a user runs when something is broken, so nothing that may be broken runs in this
process: the sections are examined in a child. A section that raises an error, crashes the child
or takes too long is reported with the reason, and another child examines the rest. This module
imports the standard library alone, and works without any package installed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from morris_mlx.device import Device

TIME_LIMIT_SECONDS = 120  # of a child: importing MLX and mlx-lm takes 3 on two slow cores
SPEED_SIDE = 1024  # of the measured product: long enough for a GPU to be busy with it
SPEED_TRIES = 3
LONGEST_REASON = 500  # characters


def examine() -> dict[str, Any]:
    """Return what is found of each section, with `problems` by section and `hints`.

    Keys of sections that failed are missing. It never raises an error and names no file outside
    the project's folder and the user's home, which are written as "." and "~".
    """
    found: dict[str, Any] = {"problems": {}, "hints": []}
    waiting = list(SECTIONS)
    while waiting:
        answers, reason = _ask_child(waiting)
        for answer in answers:
            found["hints"] += answer.pop("hints", [])
            found |= answer
        waiting = waiting[len(answers) :]
        if waiting:
            found["problems"][waiting.pop(0)] = reason
    return found


def describe(found: dict[str, Any]) -> list[str]:
    """Return lines for people. Sections that failed stand there with the reason."""
    lines = []
    if engine := found.get("engine"):
        from morris_mlx.device import sold_size  # the child could import it, too

        lines += [
            f"engine     {engine['name']} ({engine['reason']})",
            f"precision  {engine['precision']}{_how_stored(engine['precision'])}",
            f"memory     {sold_size(engine['memory_gb'])}, usable for a model "
            f"{engine['usable_gb']:.1f} GB",
        ]
    if blas := found.get("blas"):
        name = f"{blas['name']}, threads: {blas['threads']}" if blas["name"] else "MLX's own"
        lines.append(f"BLAS       {name}")
    if "gflops" in found:
        lines.append(f"speed      {found['gflops']:,.3g} GFLOP/s in products of float32 matrices")
    if "machine" in found:
        lines.append(f"machine    {found['machine']}")
    if versions := found.get("versions"):
        lines.append("versions   " + ", ".join(f"{k} {v}" for k, v in versions.items()))
    if "models" in found:
        models = ", ".join(found["models"])
        lines.append(f"models     {models} (default: {found['default_model']})")
    if "adapters" in found:
        lines.append(f"adapters   {', '.join(found['adapters'])}")
    lines += [f"\n→ {name} cannot be examined: {why}" for name, why in found["problems"].items()]
    return [*lines, *(f"\n→ {hint}" for hint in found["hints"])]


def _how_stored(precision: str) -> str:
    """Return a remark for an engine that computes in more bits than models are stored in."""
    if precision != "float32":
        return ""
    from morris_mlx.models.shape import UNPACKED_SHARE

    share = f"{UNPACKED_SHARE:.0%}"
    return (
        " (16-bit weights are converted to it, and quantized weights, too, if the model then takes "
        f"at most {share} of the memory)"
    )


# --- the parent -------------------------------------------------------------------------
def _ask_child(sections: list[str]) -> tuple[list[dict[str, Any]], str]:
    """Return what a child found of the first sections, and why it ended, if before the last."""
    command = [sys.executable, "-m", "morris_mlx.pipeline.doctor", *sections]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        return _answers(error.stdout or b""), f"no answer within {TIME_LIMIT_SECONDS} seconds"
    except (OSError, ValueError) as error:
        return [], f"no process can be started for it ({error})"
    words = done.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = words[-1][:LONGEST_REASON] if words else f"its process ended with {done.returncode}"
    if done.returncode < 0:
        with suppress(ValueError):
            reason = f"its process crashed ({signal.Signals(-done.returncode).name})"
    return _answers(done.stdout), reason


def _answers(output: bytes) -> list[dict[str, Any]]:
    """Return the objects of whole lines."""
    return [json.loads(line) for line in output.splitlines(keepends=True) if line.endswith(b"\n")]


# --- the child --------------------------------------------------------------------------
def main(sections: list[str]) -> None:
    """Examine the sections and print a JSON object for each. Libraries print to stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace") as answers:
        os.dup2(2, 1)
        sys.excepthook = _print_reason
        for name in sections:
            answers.write(_without_folders(json.dumps(SECTIONS[name](), ensure_ascii=False)))
            answers.write("\n")
            answers.flush()


def _print_reason(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Print an error as one line, without a traceback: the parent shows the last line."""
    words = " ".join(str(error).split())
    text = words if kind.__module__.startswith("morris_mlx.") else f"{kind.__name__}: {words}"
    os.write(2, f"\n{_without_folders(text)}\n".encode("utf-8", "replace"))


def _without_folders(text: str) -> str:
    """Write the project's folder as "." and the user's home as "~": the output may be shown."""
    for place, short in ((_project_folder, "."), (Path.home, "~")):
        with suppress(OSError, RuntimeError):  # a folder that is gone, a user without a home
            if len(place().parts) > 1:
                text = text.replace(str(place()), short)
    return text


def _project_folder() -> Path:
    return Path(os.environ.get("MORRIS_HOME") or ".").expanduser().resolve()


# --- sections: each returns keys of the answer --------------------------------------------
def _machine() -> dict[str, Any]:
    from morris_mlx.device import machine_name

    return {"machine": machine_name()}


def _versions() -> dict[str, Any]:
    from morris_mlx.device import versions

    return {"versions": versions()}


def _engine() -> dict[str, Any]:
    from dataclasses import asdict

    return {"engine": asdict(_prepare_engine())}


def _prepare_engine() -> Device:
    """Prepare the engine as commands do: without torch, which takes two seconds to import."""
    from morris_mlx.device import prepare_engine
    from morris_mlx.torch_import import skip_torch

    skip_torch()
    return prepare_engine()


def _blas() -> dict[str, Any]:
    from dataclasses import asdict

    from morris_mlx.blas import HINT, NOT_NEEDED, load_blas

    blas = load_blas()
    if blas.name == NOT_NEEDED:
        return {}
    refused = [f"Not used as BLAS: {reason}" for reason in blas.refused]
    return {"blas": asdict(blas), "hints": [*refused, *([] if blas.name else [HINT])]}


def _speed() -> dict[str, Any]:
    """Measure what trainings get: MLX's own product on its own device."""
    import time

    _prepare_engine()
    import mlx.core as mx

    matrix = mx.random.normal((SPEED_SIDE, SPEED_SIDE))
    seconds = []
    for _ in range(SPEED_TRIES):
        mx.eval(matrix)
        begin = time.perf_counter()
        mx.eval(matrix @ matrix)
        seconds.append(time.perf_counter() - begin)
    return {"gflops": 2e-9 * SPEED_SIDE**3 / min(seconds)}


def _cache() -> dict[str, Any]:
    """Look whether the cache folder can be written; converted models and the BLAS lie in it."""
    import tempfile

    from morris_mlx.files import make_folder, morris_cache_folder

    with tempfile.TemporaryFile(dir=make_folder(morris_cache_folder())):
        return {"cache": "can be written"}


def _models() -> dict[str, Any]:
    from morris_mlx.models.catalog import PRACTICE_MODEL, default_model
    from morris_mlx.models.converted import (
        FOLDER_PREFIX,
        converted_folder,
        find_damage,
        list_converted,
    )

    damaged = []
    for folder in sorted(converted_folder().glob("[!.]*/")):
        if damage := find_damage(folder):
            own = folder.name.startswith(f"{FOLDER_PREFIX}--")  # named after a folder of the user
            name = "of a folder" if own else folder.name
            damaged.append(
                f"The converted model {name} is damaged: {damage}. Make it again: `morris convert`."
            )
    return {
        "models": [PRACTICE_MODEL, *_cached_models(), *list_converted()],
        "default_model": default_model(),
        "hints": damaged,
    }


def _cached_models() -> list[str]:
    """Return the repositories in the Hugging Face cache that hold MLX-loadable weights."""
    from huggingface_hub.constants import HF_HUB_CACHE

    names = []
    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        if any(folder.glob("snapshots/*/*.safetensors")):
            names.append(folder.name.removeprefix("models--").replace("--", "/"))
    return names


def _adapters() -> dict[str, Any]:
    from morris_mlx.defaults import ADAPTER_CONFIG
    from morris_mlx.errors import MorrisError
    from morris_mlx.models.adapter_files import checked_weights, read_adapter_config
    from morris_mlx.project.folder import current_project

    own, hints = [], []
    for path in sorted(current_project().adapters.glob(f"*/{ADAPTER_CONFIG}")):
        name = path.parent.name
        try:
            read_adapter_config(path.parent)
            checked_weights(path.parent)
        except (MorrisError, OSError) as error:
            hints.append(f"The adapter {name} is damaged. {error}")
            name += " (damaged)"
        own.append(name)
    return {"adapters": [*own, "sample (built in)"], "hints": hints}


def _project() -> dict[str, Any]:
    """Look whether the project's JSON files can be read."""
    from morris_mlx.errors import MorrisError
    from morris_mlx.files import read_json
    from morris_mlx.project.datasets import CARD_FILE
    from morris_mlx.project.folder import current_project

    project, hints = current_project(), []
    records = (project.dataset / CARD_FILE, project.provenance, project.forgotten)
    for path in (*records, project.people, project.redaction_map):
        try:
            if path.exists():
                read_json(path)
        except (MorrisError, OSError) as error:
            hints.append(str(error))
    return {"hints": hints}


SECTIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "machine": _machine,
    "versions": _versions,
    "engine": _engine,
    "blas": _blas,
    "speed": _speed,
    "cache": _cache,
    "models": _models,
    "adapters": _adapters,
    "project": _project,
}

if __name__ == "__main__":
    main(sys.argv[1:])
