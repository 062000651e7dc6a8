"""Make data/sample/adapters/sample again: the demo's recipe on the sample columns.

python scripts/build/sample_adapter.py
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from morris_mlx.cli.demo import run_steps
from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    RUN_FILE,
    SAMPLE_ADAPTER,
    sample_folder,
)
from morris_mlx.project.folder import Project

FILES = (ADAPTER_WEIGHTS, ADAPTER_CONFIG, RUN_FILE)


def main() -> None:
    target = sample_folder() / "adapters" / SAMPLE_ADAPTER
    with tempfile.TemporaryDirectory() as home:
        project = Project(Path(home))
        run_steps(project, SAMPLE_ADAPTER)
        target.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copyfile(project.adapter(SAMPLE_ADAPTER) / name, target / name)
    run = json.loads((target / RUN_FILE).read_text(encoding="utf-8"))
    print(f"{target}: held-out loss {run['base_valid_loss']:.4f} → {run['best_valid_loss']:.4f}")


if __name__ == "__main__":
    main()
