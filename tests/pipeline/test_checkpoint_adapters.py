"""A checkpoint as an adapter: its files, the steps that there are, and damage."""

import shutil

import mlx.core as mx
import pytest
from support.blind_world import make_world

from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.adapters import load_arrays
from morris_mlx.models.find_adapter import read_run
from morris_mlx.pipeline.checkpoint_adapters import checkpoints_as_adapters
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.train.checkpoint_files import Checkpoint, write_checkpoint


@pytest.fixture
def project(tmp_path):
    """A project whose adapter `mine` has a checkpoint of step 40, with weights of its own."""
    project = make_world(tmp_path)
    folder = project.adapter("mine")
    weights = {name: value + 1 for name, value in load_arrays(folder / ADAPTER_WEIGHTS).items()}
    state = {"m": mx.zeros(1)}
    write_checkpoint(folder / "checkpoints", Checkpoint(40, read_run(folder), weights, state, 0))
    return project


def test_a_checkpoint_becomes_a_temporary_adapter(project):
    with checkpoints_as_adapters(project, ["mine", "mine@40"]) as (name, folder):
        adapter = resolve_adapter(project, folder)
        assert name == "mine" and adapter.run.adapter_sha256 == adapter.digest
        assert adapter.digest != resolve_adapter(project, "mine").digest
        assert adapter.config_digest == resolve_adapter(project, "mine").config_digest
        own, other = (
            load_arrays(a / ADAPTER_WEIGHTS) for a in (project.adapter("mine"), adapter.folder)
        )
        assert own.keys() == other.keys()
        assert all(mx.array_equal(other[key], own[key] + 1) for key in own)
    assert not adapter.folder.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine@41", "no checkpoint of mine at step 41 .* those of the steps 40"),
        ("nothing@1", "no adapter 'nothing'. Choose one of: mine, "),
        ("sample@1", "no checkpoint of sample at step 1 "),
    ],
)
def test_a_missing_checkpoint_is_named_with_those_that_there_are(project, name, message):
    opened = checkpoints_as_adapters(project, [name])
    with pytest.raises(MissingError, match=message), opened:
        pass


def test_other_commands_say_that_a_checkpoint_can_only_be_compared(project):
    with pytest.raises(MissingError, match=r"can only be compared: morris evaluate mine@40\."):
        resolve_adapter(project, "mine@40")


def test_a_training_without_an_adapter_file_is_refused(project):
    (project.adapter("mine") / ADAPTER_CONFIG).unlink()
    with (
        pytest.raises(MissingError, match="mine/last"),
        checkpoints_as_adapters(project, ["mine@40"]),
    ):
        pass


def test_a_damaged_checkpoint_is_refused(project):
    folder = project.adapter("mine") / "checkpoints" / "00000040"
    shutil.copy(project.adapter("mine") / ADAPTER_WEIGHTS, folder / "adapter.safetensors")
    with (
        pytest.raises(
            MorrisError, match=r"checkpoint of mine at step 40 cannot be read: .*damaged"
        ),
        checkpoints_as_adapters(project, ["mine@40"]),
    ):
        pass
    shutil.rmtree(folder)
    folder.mkdir()  # a training removes it
    with (
        pytest.raises(MorrisError, match="cannot be read"),
        checkpoints_as_adapters(project, ["mine@40"]),
    ):
        pass


def test_nothing_is_written_beside_an_adapter_that_is_given_by_its_path(project):
    before = sorted(project.adapters.iterdir())
    with checkpoints_as_adapters(project, [f"{project.adapter('mine')}@40"]) as (folder,):
        assert sorted(project.adapters.iterdir()) == before
        assert resolve_adapter(project, folder).folder.name == "mine@40"
