"""The examination of a machine: whatever is broken, it says so, goes on, and ends with 0."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import morris_mlx
from morris_mlx.pipeline import doctor

CHECKOUT = Path(morris_mlx.__file__).parent.parent


def run_doctor(tmp_path, *options, broken=None, cwd=None, **environment):
    """Run the command beside packages whose code is `broken`; return what it prints."""
    packages = tmp_path / "packages"
    for name, code in (broken or {}).items():
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text(code)
    result = subprocess.run(
        [sys.executable, "-m", "morris_mlx", "doctor", *options],
        capture_output=True,
        cwd=cwd or tmp_path,
        timeout=300,
        env=os.environ
        | {"PYTHONPATH": f"{packages}{os.pathsep}{CHECKOUT}", "HOME": str(tmp_path / "home")}
        | environment,
    )
    assert result.returncode == 0, result.stderr
    assert not result.stderr, result.stderr
    return result.stdout.decode()


def missing(name):
    return f"raise ModuleNotFoundError('No module named {name}', name='{name}')"


CRASH = "import os, signal\nos.kill(os.getpid(), signal.SIGILL)"


def test_it_prints_engine_library_speed_and_threads(tmp_path):
    lines = dict(line.split(maxsplit=1) for line in run_doctor(tmp_path).splitlines())
    assert lines["engine"] and lines["machine"] and "mlx-lm" in lines["versions"]
    assert float(lines["speed"].split()[0].replace(",", "")) > 0
    if lines["engine"].startswith("mlx-cpu"):
        assert lines["BLAS"].startswith(("libopenblas", "libmkl", "OpenBLAS of scipy-openblas32"))
        assert "threads: " in lines["BLAS"]


def test_mlx_that_cannot_be_imported_is_named_and_the_rest_examined(tmp_path):
    broken = {"mlx": missing("mlx")}
    shown = run_doctor(tmp_path, broken=broken, PYTHONIOENCODING="ascii")
    assert (
        "? engine cannot be examined: MLX cannot be loaded on this machine (No module named"
        in shown
    )
    assert "pip install 'mlx[cpu]'" in shown and "pip install 'morris" not in shown
    assert "machine    " in shown and "models     practice" in shown


def test_a_crash_of_mlx_is_named_and_the_rest_examined(tmp_path):
    (tmp_path / "file").write_text("no folder")
    found = json.loads(
        run_doctor(
            tmp_path,
            "--json",
            broken={"mlx": CRASH},
            MORRIS_CACHE=str(tmp_path / "file" / "cache"),
        )
    )
    assert found["problems"]["engine"] == "its process crashed (SIGILL)"
    assert found["problems"]["cache"].startswith("Cannot make the folder")
    assert found["versions"]["mlx"] and found["models"] and "engine" not in found
    if sys.platform == "linux":
        assert found["blas"]["name"] and found["blas"]["threads"] > 0


def test_missing_packages_are_named_each(tmp_path):
    names = ("typer", "rich", "huggingface_hub", "platformdirs", "numpy", "psutil", "yaml")
    broken = {name: missing(name) for name in names} | {"mlx": "1 / 0"}
    found = json.loads(run_doctor(tmp_path, "--json", broken=broken))
    assert found["problems"]["engine"] == "ZeroDivisionError: division by zero"
    assert "platformdirs" in found["problems"]["cache"]
    assert {"engine", "cache", "models"} <= set(found["problems"])
    assert found["machine"] and found["adapters"] == ["sample (built in)"]


def test_a_broken_project_and_damaged_models_are_named(tmp_path):
    home, cache = tmp_path / "home" / "book", tmp_path / "cache"
    for name, text in {
        "adapters/mine/adapter_config.json": "no JSON",
        "adapters/other/adapter_config.json": "{}",
        "data/provenance.json": "[1",
        "data/forgotten.json": "\ud83d",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8", errors="surrogatepass")
    (home / "data" / "dataset" / "card.json").mkdir(parents=True)
    (cache / "converted" / "owner--name-4bit").mkdir(parents=True)
    (cache / "converted" / "folder--private-4bit").mkdir(parents=True)
    shown = run_doctor(
        tmp_path,
        broken={"mlx": missing("mlx")},
        MORRIS_HOME=str(home),
        MORRIS_CACHE=str(cache),
    )
    for name in ("mine", "other"):
        assert f"The adapter {name} is damaged." in shown and f"{name} (damaged)" in shown
    for name in ("provenance.json", "forgotten.json", "dataset/card.json"):
        assert f"→ ./data/{name} " in shown
    assert "The converted model owner--name-4bit is damaged: morris.json is missing." in shown
    assert str(tmp_path / "home") not in shown and "private" not in shown


def test_a_project_that_is_no_folder_is_no_obstacle(tmp_path):
    (tmp_path / "file").write_text("no folder")
    broken = {"mlx": missing("mlx")}
    shown = run_doctor(
        tmp_path, broken=broken, MORRIS_HOME=str(tmp_path / "file"), HF_HUB_CACHE="/dev/null"
    )
    assert "adapters   sample (built in)" in shown and "models     practice" in shown


def test_a_working_folder_that_is_gone_is_no_obstacle(tmp_path):
    (tmp_path / "gone").mkdir()
    code = (
        "import os, runpy, sys\n"
        "os.rmdir(os.getcwd())\n"
        "sys.argv = ['morris', 'doctor']\n"
        "runpy.run_module('morris_mlx', run_name='__main__')\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "MORRIS_HOME"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path / "gone",
        env=environment | {"PYTHONPATH": str(CHECKOUT)},
    )
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    assert "machine    " in result.stdout and "adapters cannot be examined" in result.stdout


def test_a_section_that_hangs_is_ended(tmp_path, monkeypatch):
    """The child answers one section and then waits for ever."""
    child = tmp_path / "python"
    child.write_text('#!/bin/sh\necho \'{"machine": "slow"}\'\nprintf \'{"half\'\nexec sleep 600\n')
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    monkeypatch.setattr(doctor, "TIME_LIMIT_SECONDS", 0.5)
    monkeypatch.setattr(doctor, "SECTIONS", dict(list(doctor.SECTIONS.items())[:3]))
    found = doctor.examine()
    assert found["machine"] == "slow"
    assert found["problems"] == {"versions": "no answer within 0.5 seconds"}


@pytest.mark.parametrize("executable", ["/no/such/python", ""])
def test_no_process_that_can_be_started_is_told(monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    found = doctor.examine()
    assert set(found["problems"]) == set(doctor.SECTIONS)
    assert all("no process can be started" in why for why in found["problems"].values())
    assert len(doctor.describe(found)) == len(doctor.SECTIONS)
