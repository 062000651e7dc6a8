"""The adapter pool: any adapter at any strength, and the unchanged base again."""

import gc
import time
from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.tuner.dora import DoRAEmbedding, DoRALinear
from support.adapters import active
from support.workspace import make_tiny_model

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.generate.mlx_backend import adapters as mlx_adapters_module
from morris_mlx.generate.mlx_backend.adapters import AdapterPool
from morris_mlx.generate.mlx_backend.dora import dora_at_strength
from morris_mlx.generate.recent_adapters import MOST_LOADED
from morris_mlx.models.adapters import adapted_layers, base_magnitudes, is_dora, load_adapter
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.families import LLAMA
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.lora import adapter_config, add_adapter, save_adapter

SAMPLE = sample_folder() / "adapters" / "sample"
SETTINGS = TrainSettings(
    epochs=1, rank=4, alpha=8.0, dropout=0.1, learning_rate=1e-3, batch_size=1, accumulate=1
)
IDS = mx.array([[7, 8, 9, 10, 11]])
BASES = ("plain", "biased", "quantized")
KINDS = ("lora", "dora")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("bases")
    shape = {"intermediate_size": 64}  # so that groups of 32 go into it
    plain = make_tiny_model(home / "plain", **shape)
    return {
        "plain": plain,
        "biased": make_tiny_model(home / "biased", attention_bias=True, **shape),
        "quantized": plain,
    }


def load(folders, base):
    model = load_mlx_model(folders[base])
    if base == "biased":
        mx.random.seed(2)
        found = tree_flatten(model.parameters())
        biases = [(name, mx.random.normal(b.shape)) for name, b in found if name.endswith("bias")]
        assert biases
        model.update(tree_unflatten(biases))
    if base == "quantized":
        nn.quantize(model, group_size=32, bits=4)
    model.train(False)
    return model


def write_adapter(folder, model, seed=3, size=0.1, head=False, **changes):
    """Save an adapter with random weights; `model` is changed by it."""
    config = adapter_config(model, replace(SETTINGS, **changes))
    if head:  # mlx-lm trains it with DoRA too
        config["lora_parameters"]["keys"].append(LLAMA.head_key(tied=True))
    add_adapter(model, config)
    mx.random.seed(seed)
    for layer in adapted_layers(model).values():
        layer.lora_b = mx.random.normal(layer.lora_b.shape) * size
        if is_dora(layer):
            layer.m = layer.m * mx.random.uniform(0.7, 1.4, layer.m.shape)
    folder.mkdir(parents=True)
    save_adapter(folder, model, config)
    return folder


@pytest.fixture(scope="module")
def adapters(folders, tmp_path_factory):
    """The folders of adapters by (base, kind)."""
    home = tmp_path_factory.mktemp("adapters")
    return {
        (base, kind): write_adapter(
            home / base / kind,
            load(folders, base),
            fine_tune_type=kind,
            head=base != "quantized" or kind == "lora",  # mlx-lm has no quantized DoRA one
        )
        for base in BASES
        for kind in KINDS
    }


def logits(model):
    return np.array(model(IDS))


def named(model):
    return {path: id(module) for path, module in model.named_modules()}


def expected(folders, adapters, base, kind, strength):
    """Return the logits of mlx-lm's own layers, with scale and magnitudes set by hand."""
    model = load(folders, base)
    load_adapter(model, adapters[base, kind])
    for layer in adapted_layers(model).values():
        layer.scale = layer.scale * strength
        if is_dora(layer):
            plain = base_magnitudes(layer)
            layer.m = plain + strength * (layer.m - plain)
    model.train(False)
    return logits(model)


def require_close(ours, theirs):
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", KINDS)
def test_any_strength_gives_the_results_of_mlx_lm_and_0_those_of_the_base(
    folders, adapters, base, kind
):
    model = load(folders, base)
    before, modules = logits(model), named(model)
    pool = AdapterPool(model)
    for strength in (1.0, 0.5, 1.5, 1):
        pool.activate(active(adapters[base, kind], strength))
        assert pool.active == active(adapters[base, kind], strength)
        ours = logits(model)
        require_close(ours, expected(folders, adapters, base, kind, strength))
        assert np.abs(ours - before).max() > 1e-3 * np.abs(before).max()
    for bare in (active(adapters[base, kind], 0.0), active()):
        pool.activate(bare)
        assert named(model) == modules
        assert np.array_equal(logits(model), before)
        pool.activate(active(adapters[base, kind]))


def test_a_lora_adapter_at_strength_1_is_the_trained_one_bit_for_bit(folders, adapters):
    model = load(folders, "plain")
    AdapterPool(model).activate(active(adapters["plain", "lora"]))
    assert np.array_equal(logits(model), expected(folders, adapters, "plain", "lora", 1.0))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_small_strength_is_close_to_the_base(folders, adapters, base, kind):
    model = load(folders, base)
    before = logits(model)
    pool = AdapterPool(model)
    distances = []
    for strength in (1.0, 1e-2, 1e-5):
        pool.activate(active(adapters[base, kind], strength))
        distances.append(np.abs(logits(model) - before).max() / np.abs(before).max())
    assert distances[0] > 10 * distances[1]
    assert distances[2] < 1e-4


@pytest.mark.parametrize("bits", [0, 4])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("strength", [1.0, 0.3])
def test_a_precomputed_dora_linear_gives_the_results_of_mlx_lm(bits, bias, strength):
    mx.random.seed(4)
    linear = nn.Linear(64, 96, bias=bias)
    if bits:
        linear = nn.QuantizedLinear.from_linear(linear, group_size=32, bits=bits)
    trained = DoRALinear.from_base(linear, r=4, scale=3.0)
    trained.lora_b = mx.random.normal(trained.lora_b.shape)
    trained.m = trained.m * mx.random.uniform(0.5, 2.0, trained.m.shape)
    layer = dora_at_strength(trained, 3.0, strength)
    plain = base_magnitudes(trained)
    trained.scale = 3.0 * strength
    trained.m = plain + strength * (trained.m - plain)
    x = mx.random.normal((2, 7, 64))
    require_close(np.array(layer(x)), np.array(trained(x)))


def test_precomputed_dora_layers_keep_the_precision_of_the_base():
    """mlx-lm's embedding returns float32, at twice the cost for all layers after it."""
    linear, embedding = nn.Linear(16, 16), nn.Embedding(50, 16)
    x = mx.ones((1, 16), dtype=mx.bfloat16)
    for base in (linear, embedding):
        base.set_dtype(mx.bfloat16)
    layer = dora_at_strength(DoRALinear.from_base(linear), 1.0, 1.0)
    assert layer(x).dtype == mx.bfloat16
    layer = dora_at_strength(DoRAEmbedding.from_base(embedding), 1.0, 1.0)
    assert layer(IDS).dtype == layer.as_linear(x).dtype == mx.bfloat16


def test_a_precomputed_dora_embedding_gives_the_results_of_mlx_lm_in_both_directions():
    mx.random.seed(5)
    trained = DoRAEmbedding.from_base(nn.Embedding(50, 16), r=4, scale=3.0)
    trained.lora_b = mx.random.normal(trained.lora_b.shape)
    trained.m = trained.m * mx.random.uniform(0.5, 2.0, trained.m.shape)
    layer = dora_at_strength(trained, 3.0, 1.0)
    x = mx.random.normal((2, 7, 16))
    require_close(np.array(layer(IDS)), np.array(trained(IDS)))
    require_close(np.array(layer.as_linear(x)), np.array(trained.as_linear(x)))


def test_repeated_switches_give_the_same_bits_and_take_no_memory(folders, adapters):
    model = load(folders, "plain")
    pool = AdapterPool(model)
    lora, dora = adapters["plain", "lora"], adapters["plain", "dora"]
    choices = [active(lora), active(dora), active(), active(dora, 0.4)]
    choices += [active(lora, 0.7), active(lora, 0.0)]
    first, memory = [], 0
    gc.collect()  # what other tests have left
    for number in range(54):
        pool.activate(choices[number % 6])
        found = logits(model)
        if number < 6:
            first.append(found)
        assert np.array_equal(found, first[number % 6])
        if number % 6 == 5:
            memory = memory or mx.get_active_memory()
            assert mx.get_active_memory() == memory


def test_the_tied_output_layer_of_the_practice_base_is_restored(folders):
    model = load_mlx_model(PRACTICE_FOLDER)
    model.train(False)
    before, embedding = logits(model), model.model.embed_tokens
    pool = AdapterPool(model)
    pool.activate(active(SAMPLE))
    fresh = load_mlx_model(PRACTICE_FOLDER)
    load_adapter(fresh, SAMPLE)
    fresh.train(False)
    assert model.model.embed_tokens is not embedding
    assert np.array_equal(logits(model), logits(fresh))
    pool.activate(active())
    assert model.model.embed_tokens is embedding
    assert np.array_equal(logits(model), before)


@pytest.mark.parametrize("strength", [-0.1, 1.6, float("nan"), True])
def test_a_strength_out_of_range_is_refused_and_changes_nothing(folders, adapters, strength):
    model = load(folders, "plain")
    pool = AdapterPool(model)
    pool.activate(active(adapters["plain", "dora"]))
    before = logits(model)
    with pytest.raises(UsageError, match="strength"):
        pool.activate(active(adapters["plain", "dora"], strength))
    assert np.array_equal(logits(model), before)


@pytest.mark.parametrize("kind", ["lora", "dora", None])
def test_after_an_error_the_active_adapter_and_the_base_are_unchanged(
    folders, adapters, tmp_path, kind
):
    model = load(folders, "plain")
    pool = AdapterPool(model)
    bare, modules = logits(model), named(model)
    chosen = active(adapters["plain", kind], 0.8) if kind else active()
    pool.activate(chosen)
    before = logits(model)
    dead = write_adapter(tmp_path / "dead", load(folders, "plain"), size=0.0)
    broken = write_adapter(tmp_path / "broken", load(folders, "plain"))
    (broken / "adapters.safetensors").write_bytes(b"no tensors")
    other = make_tiny_model(tmp_path / "other", hidden_size=64, intermediate_size=64)
    misfit = write_adapter(tmp_path / "misfit", load_mlx_model(other))
    wrong = {dead: MorrisError, broken: MorrisError, misfit: MorrisError}
    for folder, error in (wrong | {tmp_path / "none": MissingError}).items():
        for strength in (1.0, 0.0):
            with pytest.raises(error):
                pool.activate(active(folder, strength))
            assert pool.active == chosen
            assert np.array_equal(logits(model), before)
    pool.activate(active())
    assert named(model) == modules
    assert np.array_equal(logits(model), bare)


def test_an_interruption_leaves_the_model_unchanged_too(folders, adapters, monkeypatch):
    model = load(folders, "plain")
    pool = AdapterPool(model)
    before = logits(model)

    def halfway(model, folder):
        load_adapter(model, folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(mlx_adapters_module, "load_adapter", halfway)
    with pytest.raises(KeyboardInterrupt):
        pool.activate(active(adapters["plain", "lora"]))
    assert np.array_equal(logits(model), before)


@pytest.fixture
def loads(monkeypatch):
    """The folders that are read, in order."""
    read = []

    def counted(model, folder):
        read.append(folder)
        load_adapter(model, folder)

    monkeypatch.setattr(mlx_adapters_module, "load_adapter", counted)
    return read


def test_a_limited_number_stay_loaded_and_the_least_recently_used_goes_first(
    folders, loads, tmp_path
):
    made = [
        write_adapter(tmp_path / str(n), load(folders, "plain"), seed=n)
        for n in range(MOST_LOADED + 1)
    ]
    pool = AdapterPool(load(folders, "plain"))
    for folder in made[:-1]:
        pool.activate(active(folder))
    for strength in (0.5, 0.0, 1.0):
        pool.activate(active(made[0], strength))  # used again: the second is the oldest now
    assert loads == made[:-1]
    pool.activate(active(made[-1]))
    pool.activate(active(made[0]))
    assert loads == made
    pool.activate(active(made[1]))
    assert loads == [*made, made[1]]


def test_an_adapter_that_was_trained_again_is_read_again(folders, loads, tmp_path):
    folder = write_adapter(tmp_path / "mine", load(folders, "plain"))
    model = load(folders, "plain")
    pool = AdapterPool(model)
    pool.activate(active(folder))
    before = logits(model)
    again = write_adapter(tmp_path / "again", load(folders, "plain"), seed=9)
    (again / "adapters.safetensors").replace(folder / "adapters.safetensors")
    pool.activate(active(folder))
    assert loads == [folder, folder]
    assert not np.array_equal(logits(model), before)


def test_a_switch_takes_a_twentieth_of_the_computing_of_a_load():
    begin = time.process_time()
    model = load_mlx_model(PRACTICE_FOLDER)
    load_adapter(model, SAMPLE)
    loading = time.process_time() - begin
    pool = AdapterPool(load_mlx_model(PRACTICE_FOLDER))
    pool.activate(active(SAMPLE))
    changes = []
    for strength in (0.0, 1.0, 0.5) * 5:
        begin = time.process_time()
        pool.activate(active(SAMPLE, strength))
        changes.append(time.process_time() - begin)
    ratio = loading / sorted(changes)[len(changes) // 2]
    assert ratio >= 20, f"loading computes only {ratio:.0f} times as long as a switch"
