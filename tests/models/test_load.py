"""Loading of a model into MLX, and the digest of its weights."""

import shutil

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.load import load_mlx_model, model_digest


def test_missing_and_truncated_weights_are_named(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(MorrisError, match="cannot be loaded"):
        load_mlx_model(folder)
    weights.unlink()
    with pytest.raises(MissingError, match="No weights"):
        load_mlx_model(folder)


def test_on_the_cpu_weights_are_float32(practice):
    kinds = {w.dtype for _, w in tree_flatten(load_mlx_model(practice.folder).parameters())}
    assert kinds == {mx.float32} or mx.metal.is_available()


def test_the_digest_changes_with_the_weights(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    assert model_digest(folder) == model_digest(tiny_folder)
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert model_digest(folder) != model_digest(tiny_folder)
