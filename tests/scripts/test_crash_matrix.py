"""A seeded sample of scripts/robustness/crash_matrix.py: whatever a training suffers, it ends as the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = 4  # cases of each class: all of it in under a minute
LINE = re.compile(r"(\w+) +(\d+) cases +(\d+) identical +(\d+) torn +\d+ s(?:  skipped: (.*))?")


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """(what was printed, its lines by class)"""
    command = [sys.executable, "scripts/robustness/crash_matrix.py", "--sample", str(SAMPLE)]
    done = subprocess.run(
        [*command, "--work", str(tmp_path_factory.mktemp("matrix"))],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    matches = (LINE.match(line) for line in done.stdout.splitlines())
    return done.stdout, {match[1]: match for match in matches if match}


@pytest.mark.parametrize("kind", ["kill", "commit", "errors", "damage", "full", "locked", "signal"])
def test_after_a_crash_the_training_goes_on_to_the_identical_result(matrix, kind):
    printed, classes = matrix
    _, cases, identical, _, skipped = classes[kind].groups()
    if skipped and cases == "0":
        pytest.skip(skipped)
    assert int(cases) == int(identical) > 0, printed


def test_kills_leave_torn_folders_behind_or_they_prove_nothing(matrix):
    printed, classes = matrix
    assert int(classes["kill"][4]) > 0, printed
