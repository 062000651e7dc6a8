"""Make the built-in adapters of data/sample/adapters again.

    python scripts/build/sample_adapter.py sample           # columns on the practice base, minutes
    python scripts/build/sample_adapter.py sample-columns   # columns on SmolLM2, 20 minutes
    python scripts/build/sample_adapter.py sample-chats     # chats on SmolLM2, ten minutes
    python scripts/build/sample_adapter.py sample-columns --from RUN  # from a finished training

The adapters on SmolLM2 are stored in float16, which halves their size.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from morris_mlx.cli.demo import COLUMNS
from morris_mlx.cli.demo_chats import CHATS
from morris_mlx.cli.demo_steps import Demo
from morris_mlx.cli.output import event_sink
from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    RUN_FILE,
    SAMPLE_ADAPTER,
    SAMPLE_CHATS,
    SAMPLE_COLUMNS,
    built_in_adapter,
)
from morris_mlx.files import file_digest, read_json, write_json
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.pipeline.train import TrainRequest, train
from morris_mlx.project.folder import Project
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipes import PRACTICE_RECIPE, SMOLLM2_CHATS_RECIPE, SMOLLM2_RECIPE

ADAPTERS: dict[str, tuple[Demo, str, TrainSettings]] = {
    SAMPLE_ADAPTER: (COLUMNS, PRACTICE_MODEL, PRACTICE_RECIPE),
    SAMPLE_COLUMNS: (COLUMNS, "smollm2", SMOLLM2_RECIPE),
    SAMPLE_CHATS: (CHATS, "smollm2", SMOLLM2_CHATS_RECIPE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=list(ADAPTERS))
    parser.add_argument("--from", dest="run", type=Path, help="The folder of a trained adapter.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = options.run or train_again(options.name, Project(Path(home)))
        target = built_in_adapter(options.name)
        target.mkdir(parents=True, exist_ok=True)
        keep(folder, target, options.name)
    run = read_json(target / RUN_FILE)
    print(f"{target}: held-out loss {run['base_valid_loss']:.4f} → {run['best_valid_loss']:.4f}")


def train_again(name: str, project: Project) -> Path:
    """Train an adapter on the sample data, and return its folder."""
    demo, base, settings = ADAPTERS[name]
    card = demo.collect_and_prepare(project, base)
    with event_sink() as sink:
        train(project, TrainRequest("made", base, settings), card, sink)
    return project.adapter("made")


def keep(folder: Path, target: Path, name: str) -> None:
    """Copy an adapter as a built-in one, its weights in float16 unless it is for practice."""
    import mlx.core as mx

    shutil.copyfile(folder / ADAPTER_CONFIG, target / ADAPTER_CONFIG)
    weights = target / ADAPTER_WEIGHTS
    if name == SAMPLE_ADAPTER:
        shutil.copyfile(folder / ADAPTER_WEIGHTS, weights)
    else:
        loaded = mx.load(str(folder / ADAPTER_WEIGHTS))
        assert isinstance(loaded, dict)
        halves = {key: value.astype(mx.float16) for key, value in loaded.items()}
        mx.save_safetensors(str(weights), halves)
    run = read_json(folder / RUN_FILE) | {"name": name, "adapter_sha256": file_digest(weights)}
    write_json(target / RUN_FILE, run)


if __name__ == "__main__":
    main()
