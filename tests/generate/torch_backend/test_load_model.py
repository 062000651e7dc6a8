"""Loading a folder into torch: quantized weights as in MLX, and exactly the tensors needed."""

import json
import subprocess
import sys

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from support.workspace import change_tensors, make_tiny_model

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.find import find_model
from morris_mlx.models.load import load_mlx_model

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from morris_mlx.generate.torch_backend.backend import TorchBackend
from morris_mlx.generate.torch_backend.dequantize import Scheme, dequantize, find_scheme
from morris_mlx.generate.torch_backend.load_model import load_torch_model

pytestmark = pytest.mark.usefixtures("one_torch_thread")

IDS = tuple(range(5, 45))
AFFINE = [("affine", bits, group) for bits in (2, 3, 4, 5, 6, 8) for group in (32, 64, 128)]
MODES = [*AFFINE, ("mxfp4", 4, 32), ("mxfp8", 8, 32), ("nvfp4", 4, 16)]


def as_torch(array):
    return torch.from_numpy(np.array(array))


@pytest.mark.parametrize(("mode", "bits", "group"), MODES)
def test_dequantized_weights_are_those_of_mlx(mode, bits, group, monkeypatch):
    monkeypatch.setattr("morris_mlx.generate.torch_backend.dequantize.ROWS_AT_ONCE", 7)
    mx.random.seed(bits)
    weight = mx.random.normal((40, 256)) * mx.exp(mx.random.normal((40, 1)))
    packed, scales, *biases = mx.quantize(weight, group_size=group, bits=bits, mode=mode)
    theirs = mx.dequantize(packed, scales, *biases, group_size=group, bits=bits, mode=mode)
    scheme = find_scheme("layer", {}, as_torch(packed), as_torch(scales), 256)
    assert scheme == Scheme(bits, group, mode)
    bias = as_torch(biases[0]) if biases else None
    ours = dequantize(as_torch(packed), as_torch(scales), bias, scheme)
    assert ours.dtype == torch.float32
    assert np.array_equal(ours.numpy(), np.array(theirs.astype(mx.float32)))


def quantize(folder, entry, predicate=None):
    """Save the model in `folder` with its weights quantized by MLX, as mlx-lm saves them."""
    model = load_mlx_model(folder)
    nn.quantize(model, **entry, class_predicate=predicate)
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())))
    config = json.loads((folder / "config.json").read_text())
    layers = {}
    if predicate is not None:
        for name, module in model.named_modules():
            chosen = predicate(name, module) if hasattr(module, "bits") else True
            if isinstance(chosen, dict):
                layers[name] = chosen
    config["quantization"] = config["quantization_config"] = {**entry, **layers}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def compare(folder):
    """Return the largest difference of the logits from MLX's, relative to the largest logit."""
    model = load_mlx_model(folder)
    theirs = np.array(model(mx.array([IDS]))[0].astype(mx.float32))
    ours = TorchBackend(find_model(str(folder)), "cpu").logits(IDS)
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


SIZES = {"hidden_size": 64, "intermediate_size": 96, "head_dim": 32}


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(
    "entry",
    [
        {"group_size": 32, "bits": 4},
        {"group_size": 32, "bits": 3, "mode": "affine"},
        {"group_size": 32, "bits": 4, "mode": "mxfp4"},
        {"group_size": 32, "bits": 8, "mode": "mxfp8"},
        {"group_size": 16, "bits": 4, "mode": "nvfp4"},
    ],
    ids=lambda e: f"{e.get('mode', 'affine')}-{e['bits']}",
)
def test_a_quantized_base_gives_the_logits_of_mlx(tmp_path, entry, tied):
    folder = make_tiny_model(tmp_path / "m", tie_word_embeddings=tied, **SIZES)
    assert compare(quantize(folder, entry)) < 1e-4


def test_each_layer_may_have_its_own_quantization(tmp_path):
    def mixed(name, module):
        if not hasattr(module, "to_quantized") or "k_proj" in name:
            return False
        return {"group_size": 32, "bits": 8} if "down_proj" in name else True

    folder = make_tiny_model(tmp_path / "m", **SIZES)
    assert compare(quantize(folder, {"group_size": 32, "bits": 4}, mixed)) < 1e-4


def test_a_layer_without_a_group_size_of_its_own_gives_the_logits_of_mlx(tmp_path):
    def mixed(name, module):
        bits = 6 if "down_proj" in name else 3
        entry = {"group_size": None, "bits": bits, "mode": "affine"}
        return entry if hasattr(module, "to_quantized") else False

    folder = make_tiny_model(tmp_path / "m", **SIZES | {"intermediate_size": 128})
    assert compare(quantize(folder, {"group_size": 64, "bits": 4}, mixed)) < 1e-4


def test_a_scheme_that_does_not_fit_the_tensors_is_named():
    packed, scales = torch.zeros(4, 16, dtype=torch.uint32), torch.ones(4, 4)
    for own in (
        {"bits": 8, "group_size": 32},
        {"bits": 4, "group_size": 64},
        {"bits": 4},
        {"bits": 4, "group_size": 32, "mode": "mxfp4"},
    ):
        with pytest.raises(MorrisError, match=r"layer is quantized in a way that torch cannot"):
            find_scheme("layer", {"layer": own}, packed, scales, 128)
    assert find_scheme("layer", {}, packed, scales, 128) == Scheme(4, 32, "affine")


def test_llama_loads_and_other_kinds_are_refused(tmp_path):
    assert compare(make_tiny_model(tmp_path / "l", model_type="llama")) < 2e-5
    folder = make_tiny_model(tmp_path / "q")
    edit(folder, model_type="mamba")
    with pytest.raises(MorrisError, match="a model of the type 'mamba'"):
        load(folder)
    edit(folder, model_type="mistral", auto_map={"AutoModel": "code.Model"})
    with pytest.raises(RefusedError, match="run code of its own"):
        load(folder)


def load(folder):
    return load_torch_model(folder, torch.device("cpu"), torch.float32)


def edit(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


NORM = "model.norm.weight"
WRONG = {
    f"lack {NORM}": lambda w: w.pop(NORM),
    "hold model.extra.weight": lambda w: w.update({"model.extra.weight": mx.zeros((2, 2))}),
    r"is \(5,\)": lambda w: w.update({NORM: mx.zeros((5,))}),
    "of torch.int32": lambda w: w.update({NORM: mx.zeros((32,), dtype=mx.int32)}),
    "differs from the embedding": lambda w: w.update(
        {"lm_head.weight": w["model.embed_tokens.weight"] + 1}
    ),
    "is not a quantized matrix": lambda w: w.update({"model.norm.scales": mx.zeros((32, 1))}),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_tensors_are_named(tmp_path, message):
    folder = make_tiny_model(tmp_path / "m")
    change_tensors(folder / "model.safetensors", WRONG[message])
    with pytest.raises(MorrisError, match=message) as caught:
        load(folder)
    assert str(folder) in str(caught.value)


def test_a_tied_model_may_contain_a_copy_of_its_embedding(tmp_path):
    folder = make_tiny_model(tmp_path / "m")
    change_tensors(
        folder / "model.safetensors",
        lambda w: w.update({"lm_head.weight": w["model.embed_tokens.weight"]}),
    )
    model = load(folder)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert not model.training and not any(p.requires_grad for p in model.parameters())
    assert all(not t.is_meta for t in (*model.parameters(), *model.buffers()))


def test_damaged_and_missing_files_are_named(tmp_path):
    folder = make_tiny_model(tmp_path / "m")
    path = folder / "model.safetensors"
    for content in (path.read_bytes()[:-100], b"", b"\xff" * 200):
        path.write_bytes(content)
        with pytest.raises(MorrisError, match=r"model\.safetensors is damaged"):
            load(folder)
    path.unlink()
    with pytest.raises(MissingError, match=r"No weights \(model\*\.safetensors\)"):
        load(folder)


@pytest.mark.parametrize("changes", [{"num_attention_heads": "two"}, {"hidden_size": None}])
def test_a_config_that_describes_no_model_is_named(tmp_path, changes):
    folder = make_tiny_model(tmp_path / "m")
    edit(folder, **changes)
    with pytest.raises(MorrisError, match=r"config\.json does not describe a mistral model"):
        load(folder)


def test_weights_in_several_files_are_read_together(tmp_path):
    folder = make_tiny_model(tmp_path / "m")
    whole = load(folder).state_dict()
    path = folder / "model.safetensors"
    weights = dict(mx.load(str(path)))
    mx.eval(weights)
    path.unlink()
    names = sorted(weights)
    for number, part in enumerate((names[:5], names[5:]), 1):
        mx.save_safetensors(
            str(folder / f"model-0000{number}-of-00002.safetensors"), {n: weights[n] for n in part}
        )
    again = load(folder).state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in whole.items())


def test_no_torch_module_needs_mlx():
    """A machine with an NVIDIA GPU may have torch alone."""
    code = (
        "import sys\n"
        "sys.modules['mlx'] = sys.modules['mlx_lm'] = sys.modules['mlx.core'] = None\n"
        "from morris_mlx.generate.engines import load_torch_backend\n"
        "from morris_mlx.generate.backend import ActiveAdapter\n"
        "from morris_mlx.models.find import find_model\n"
        "from morris_mlx.models.find_adapter import find_adapter\n"
        "backend = load_torch_backend(find_model('practice'), 'cpu', print)\n"
        "backend.activate(ActiveAdapter(find_adapter('sample')))\n"
        "print(backend.logits([1, 2, 3]).shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "(3, 8000)\n", done.stderr


@pytest.mark.parametrize(("mode", "bits", "group"), [("affine", 3, 64), *MODES[-3:]])
def test_a_null_in_a_layers_entry_is_the_usual_value_of_its_mode(mode, bits, group):
    """mlx_lm.convert writes such entries for its mixed conversions."""
    packed, scales, *_ = mx.quantize(mx.ones((8, 256)), group_size=group, bits=bits, mode=mode)
    entry = {"group_size": None, "bits": bits, "mode": mode}
    found = find_scheme("layer", {"layer": entry}, as_torch(packed), as_torch(scales), 256)
    assert found == Scheme(bits, group, mode)
    usual, its_scales, *_ = mx.quantize(mx.ones((8, 256)), mode=mode)
    found = find_scheme(
        "layer",
        {"layer": {"group_size": None, "bits": None, "mode": mode}},
        as_torch(usual),
        as_torch(its_scales),
        256,
    )
    assert found.mode == mode and (mode == "affine" or found == Scheme(bits, group, mode))
