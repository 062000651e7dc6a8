"""Every family of the torch engine gives MLX's tokens and log-probabilities, with an adapter."""

import json

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from support.family_toys import FAMILY_TOYS, make_family_toy

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.generate.backend import ActiveAdapter, TokenRequest
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_adapter
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.generation import Sampling
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.lora import adapter_arrays, adapter_config, add_adapter

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from morris_mlx.generate.mlx_backend.backend import MLXBackend
from morris_mlx.generate.torch_backend.backend import TorchBackend
from morris_mlx.generate.torch_backend.load_model import load_torch_model
from morris_mlx.models.torch_types import NESTED_TYPES, TORCH_TYPES

pytestmark = pytest.mark.usefixtures("one_torch_thread")

IDS = (*range(20, 60), *range(240, 200, -1))  # more than the sliding windows of the toys
PROMPTS = (IDS, IDS[5:40])  # of two lengths, so that a batch has padding
CLOSE = 1e-4  # of log-probabilities, in nats


def write_random_adapter(base, folder, targets):
    """Write an adapter as Morris trains it, of random numbers that change every reply."""
    model = load_mlx_model(base)
    settings = TrainSettings(
        epochs=1, rank=3, alpha=9.0, dropout=0.0, learning_rate=1e-3, batch_size=1, accumulate=1,
        targets=targets,
    )  # fmt: skip
    config = adapter_config(model, settings)
    add_adapter(model, config)
    mx.random.seed(5)
    arrays = {name: 0.1 * mx.random.normal(a.shape) for name, a in adapter_arrays(model).items()}
    folder.mkdir()
    mx.save_safetensors(str(folder / "adapters.safetensors"), arrays)
    files.write_text(folder / "adapter_config.json", json.dumps(config))
    return folder


class Replies:
    """A group of two requests, answered in one batch; `tokens` holds the ids of each reply."""

    def __init__(self):
        off = {"temp": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 2.0}
        sampling = Sampling(max_tokens=30, **off)
        self.waiting = [TokenRequest(ids, sampling, 0, frozenset()) for ids in PROMPTS]
        self.tokens = {request.ids: [] for request in self.waiting}

    def new_requests(self):
        given, self.waiting = self.waiting, []
        return given

    def is_active(self, request):
        return True

    def add_token(self, request, token):
        self.tokens[request.ids].append(token)
        return len(self.tokens[request.ids]) < request.sampling.max_tokens


def compare(base, adapter):
    """Compare the engines, without the adapter and with it."""
    model = find_model(str(base))
    mlx, torch_engine = MLXBackend(model), TorchBackend(model, "cpu")
    read = read_adapter(adapter)
    different = set()
    for chosen in (ActiveAdapter(), ActiveAdapter(read, 1.0)):
        found = []
        for engine in (mlx, torch_engine):
            engine.activate(chosen)
            group = Replies()
            engine.generate(group)
            assert [len(tokens) for tokens in group.tokens.values()] == [30, 30]
            probabilities = log_probabilities(engine)
            found.append((group.tokens, probabilities))
        (theirs, close), (ours, our_close) = found
        assert ours == theirs
        assert np.abs(our_close - close).max() < CLOSE
        different |= set(map(tuple, ours.values()))
    assert len(different) > 2  # the adapter changes them


def log_probabilities(engine):
    """Return those of an engine, which must be the losses that it counts."""
    logits = engine.logits(IDS).astype(np.float64)
    found = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    own = -found[np.arange(len(IDS) - 1), IDS[1:]].sum()
    loss, count = engine.score(IDS, [True] * len(IDS))
    assert loss == pytest.approx(own, abs=CLOSE * count)
    return found


@pytest.mark.parametrize("name", FAMILY_TOYS)
def test_torch_gives_the_tokens_of_mlx_with_an_adapter(name, tmp_path):
    base = make_family_toy(name, tmp_path / "base")
    compare(base, write_random_adapter(base, tmp_path / "adapter", FAMILY_TOYS[name].targets))


@pytest.mark.parametrize("name", ["gemma3", "qwen3_moe", "qwen3_5"])
def test_a_base_quantized_by_mlx_gives_the_tokens_of_mlx(name, tmp_path):
    """Nested names, stacked experts, and norms stored with 1 added."""
    base = make_family_toy(name, tmp_path / "base")
    adapter = write_random_adapter(base, tmp_path / "adapter", "attention")
    model = load_mlx_model(base)
    entry = {"group_size": 32, "bits": 4}
    nn.quantize(model, **entry)
    mx.save_safetensors(str(base / "model.safetensors"), dict(tree_flatten(model.parameters())))
    config = files.read_json(base / "config.json") | {"quantization": entry}
    files.write_text(base / "config.json", json.dumps(config))
    compare(base, adapter)


@pytest.mark.parametrize("name", ["qwen3_5", "qwen3_moe"])
def test_weights_in_the_layout_of_their_publisher_are_read(name, tmp_path):
    """transformers saves experts one by one, and norms and convolutions as they were published."""
    base = make_family_toy(name, tmp_path / "base")
    model = load_torch_model(base, torch.device("cpu"), torch.float32)
    (base / "model.safetensors").unlink()
    kept = (base / "config.json").read_bytes()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # the norms of a new model are all alike
        for weight in model.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=generator)
    model.save_pretrained(base)
    (base / "config.json").write_bytes(kept)
    adapter = write_random_adapter(base, tmp_path / "adapter", FAMILY_TOYS[name].targets)
    compare(base, adapter)


def test_the_long_factors_of_phi_count_at_every_length(tmp_path):
    """mlx-lm has no others, so an adapter was trained with them."""
    base = make_family_toy("phi3", tmp_path / "base")
    change_config(
        base,
        rope_scaling={"type": "longrope", "short_factor": [1.0] * 4, "long_factor": [1.5] * 4},
        original_max_position_embeddings=256,
    )
    compare(base, write_random_adapter(base, tmp_path / "adapter", "all"))


def change_config(base, **changes):
    config = files.read_json(base / "config.json") | changes
    files.write_text(base / "config.json", json.dumps(config))


def test_sliding_layers_that_transformers_does_not_compute_are_refused(tmp_path):
    base = make_family_toy("llama", tmp_path / "base")
    change_config(base, layer_types=["sliding_attention", "full_attention"], sliding_window=8)
    with pytest.raises(MorrisError, match=r"type 'llama' in which some layers have sliding"):
        load_torch_model(base, torch.device("cpu"), torch.float32)


@pytest.mark.parametrize("name", ["gemma", "mamba", None])
def test_other_types_are_refused_by_name(name, tmp_path):
    base = make_family_toy("llama", tmp_path / "base")
    change_config(base, model_type=name)
    with pytest.raises(MorrisError, match=rf"the type {name!r}, which the torch engine does not"):
        load_torch_model(base, torch.device("cpu"), torch.float32)


def test_transformers_has_the_classes_of_the_table():
    for classes in TORCH_TYPES.values():
        model_class = getattr(transformers, classes.model)
        assert model_class.config_class is getattr(transformers, classes.config)
    assert set(NESTED_TYPES.values()) <= set(TORCH_TYPES)
    named = {toy.model_type for toy in FAMILY_TOYS.values()}
    assert named >= set(NESTED_TYPES) and len(named) >= 13


def test_an_adapter_of_experts_changes_nothing_when_it_is_off(tmp_path):
    base = make_family_toy("qwen3_moe", tmp_path / "base")
    adapter = read_adapter(write_random_adapter(base, tmp_path / "adapter", "all+experts"))
    engine = TorchBackend(find_model(str(base)), "cpu")
    before = engine.logits(IDS)
    engine.activate(ActiveAdapter(adapter, 0.5))
    half = engine.logits(IDS)
    assert not np.array_equal(half, before)
    engine.activate(ActiveAdapter())
    assert np.array_equal(engine.logits(IDS), before)
    engine.activate(ActiveAdapter(adapter, 0.5))
    assert np.array_equal(engine.logits(IDS), half)
