"""Data-parallel training with mlx.launch, as on two Macs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from support.workspace import prepare_home, train_here

from morris_mlx import files
from morris_mlx.models.find_adapter import read_run
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.distributed import ProcessGroup

LAUNCH = shutil.which("mlx.launch", path=str(Path(sys.executable).parent))
ARGUMENTS = ("--epochs", "4", "--batch-size", "4", "--accumulate", "2", "--dropout", "0")
ARGUMENTS += ("--save-every", "1")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, tiny_folder):
    return prepare_home(tmp_path_factory.mktemp("peers"), tiny_folder)


def launch(home, *words):
    if LAUNCH is None:
        pytest.skip("mlx.launch is not beside this Python")
    python = [sys.executable, "-m", "morris_mlx", "train", *words]
    return subprocess.Popen(
        [LAUNCH, "-n", "2", "--", *python],
        env=os.environ | {"MORRIS_HOME": str(home), "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def losses(folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [row["loss"] for row in rows]


@pytest.fixture(scope="module")
def alone(prepared):
    train_here("--name", "alone", *ARGUMENTS, home=prepared)
    return prepared / "adapters" / "alone"


def test_two_processes_have_the_losses_of_one_with_the_same_global_batch(prepared, alone):
    process = launch(prepared, "--name", "both", *ARGUMENTS)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert output.count("Adapter:") == 1, "the first one talks"
    both = prepared / "adapters" / "both"
    ours, theirs = np.array(losses(both)), np.array(losses(alone))
    assert len(ours) == len(theirs) > 12
    assert np.abs(ours - theirs).max() < 1e-5
    assert read_run(both).supervised_tokens == read_run(alone).supervised_tokens


@pytest.mark.skipif(sys.platform != "linux", reason="finds the peers through /proc")
def test_a_killed_process_ends_the_run_and_leaves_an_intact_checkpoint(prepared, alone):
    process = launch(prepared, "--name", "torn", *ARGUMENTS)
    folder = prepared / "adapters" / "torn"
    end = time.monotonic() + 240  # two processes load the model
    while not list((folder / "checkpoints").glob("0000000[2-9]")):
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.02)
    os.kill(peer_of_rank(1), signal.SIGKILL)
    output, _ = process.communicate(timeout=240)
    assert "Adapter:" not in output, "it did not come to its end"
    if (folder / "adapters.safetensors").exists():
        known = read_run(folder)
        digest = files.file_digest(folder / "adapters.safetensors")
        assert digest in (known.adapter_sha256, known.adapter_sha256_before)
    train_here("--resume", "torn", home=prepared)
    assert np.abs(np.array(losses(folder)) - np.array(losses(alone))).max() < 1e-5


def peer_of_rank(rank):
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes().split(b"\0")
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue
        command = path.with_name("cmdline").read_bytes()
        if f"MLX_RANK={rank}".encode() in environment and b"\0torn\0" in command:
            return int(path.parent.name)
    raise AssertionError("no such process")


# --- who computes what -------------------------------------------------------------------
def rows(count):
    return [TokenRow((n,), (True,)) for n in range(count)]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(4, 4), (1, 1, 1), (3, 1, 2), (1,), (7,)])
def test_every_row_of_a_step_is_in_exactly_one_share(size, shape):
    everything = iter(rows(sum(shape)))
    batches = [[next(everything) for _ in range(count)] for count in shape]
    seen = []
    for rank in range(size):
        peers = ProcessGroup()
        peers.rank, peers.size = rank, size
        share = peers.share(batches)
        assert all(share)
        seen += [row.ids[0] for batch in share for row in batch]
    assert sorted(seen) == list(range(sum(shape)))


def test_a_single_process_sums_nothing_and_returns_its_own_flag():
    peers = ProcessGroup()
    tree = [mx.array([1.0, 2.0])]
    assert peers.all_sum(tree) is tree and peers.is_main
    assert peers.any(True) and not peers.any(False)
