"""The wheel: built, installed into an empty environment, and used without the checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIRST_STEPS = """
import sys
from pathlib import Path
import morris_mlx
assert "environment" in morris_mlx.__file__, morris_mlx.__file__
from morris_mlx.cli.demo import collect_and_prepare
from morris_mlx.project.folder import Project
from morris_mlx.torch_import import skip_torch
skip_torch()
collect_and_prepare(Project(Path(sys.argv[1])), "practice")
"""


def run(*words, **more):
    result = subprocess.run([*map(str, words)], capture_output=True, text=True, **more)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    code = f"import hatchling.build; print(hatchling.build.build_wheel({str(folder)!r}))"
    name = run(sys.executable, "-c", code, cwd=ROOT).split()[-1]
    return folder / name


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `python` of an environment that holds the wheel; its dependencies are this one's."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    packages = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    )
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-compile",
    ]
    run(*pip, "--disable-pip-version-check", "--prefix", folder, "--ignore-installed", wheel)
    # A folder named in a .pth is searched, but its own .pth files (our checkout's) are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def environment(home):
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LD_LIBRARY_PATH", "LANG")}
    return keep | {"HOME": str(home), "MORRIS_CACHE": os.environ["MORRIS_CACHE"]}


def test_the_wheel_holds_the_practice_base_the_samples_and_the_type_marker(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "practice/model.safetensors",
        "sample/columns",
        "sample/telegram/result.json",
        "sample/adapters/sample/adapters.safetensors",
        "sample/adapters/sample-columns/adapters.safetensors",
        "sample/adapters/sample-chats/adapters.safetensors",
        "report/templates/shell.html",
        "prepare/report/page.html",
        "py.typed",
    ):
        assert any(found.startswith(f"morris_mlx/{name}") for found in names), name
    assert not [n for n in names if not n.startswith(("morris_mlx/", "morris_mlx-"))]


def test_the_installed_command_answers_and_the_demo_takes_its_first_steps(installed, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    here = {"cwd": tmp_path, "env": environment(home)}
    command = installed.with_name("morris")
    assert re.fullmatch(r"morris \d+\.\d+\.\d+\n", run(command, "--version", **here))
    said = run(installed, "-c", FIRST_STEPS, tmp_path / "project", **here)
    assert "92 columns" in said and "columns: 74 to train, 9 to valid, 9 to test" in said
    words = ["generate", "Write about rain.", "--adapter", "sample", "--max-tokens", "5"]
    assert run(command, *words, "--temp", "0", **here).strip()
    complete = here["env"] | {"_MORRIS_COMPLETE": "source_zsh"}  # as the shell's start-up file asks
    assert "_MORRIS_COMPLETE" in run(command, cwd=tmp_path, env=complete)


def test_the_lock_file_pins_every_dependency_at_an_allowed_version():
    from packaging.requirements import Requirement

    lock = (ROOT / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock, flags=re.MULTILINE))
    assert "://" not in lock
    for text in metadata.requires("morris-mlx") or ():
        requirement = Requirement(text)
        if "extra ==" not in str(requirement.marker):
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            assert pins[name] in requirement.specifier, requirement
