"""Loading of a model into MLX, and the digest of its weights."""

import json
import shutil
from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx.utils import tree_flatten
from support.workspace import make_tiny_model

from morris_mlx.device import prepare_engine
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models import load
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


def quantized_model(folder):
    """Write a small model with its weights in 4 bits, as mlx-lm stores them."""
    make_tiny_model(folder, intermediate_size=64)
    model = load_mlx_model(folder)
    packing = {"group_size": 32, "bits": 4, "mode": "affine"}
    nn.quantize(model, **packing)
    mx.save_safetensors(
        str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())), {"format": "mlx"}
    )
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization": packing}))
    return model


@pytest.mark.skipif(mx.metal.is_available(), reason="a GPU computes with packed weights")
def test_a_small_quantized_model_is_unpacked_on_the_cpu(tmp_path, monkeypatch):
    packed = quantized_model(tmp_path / "m")
    loaded = load_mlx_model(tmp_path / "m")
    assert not any("scales" in module for module in loaded.modules())
    tokens = mx.array([[1, 2, 3]])
    assert mx.allclose(packed(tokens), loaded(tokens), atol=1e-4)
    engine = replace(prepare_engine(), memory_gb=1e-3)
    monkeypatch.setattr(load, "prepare_engine", lambda: engine)
    assert any("scales" in module for module in load_mlx_model(tmp_path / "m").modules())
