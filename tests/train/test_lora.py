"""LoRA and DoRA layers: their selection, their parameters and mlx-lm's adapter files."""

import resource
from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from mlx_lm.models import llama
from mlx_lm.tuner.utils import load_adapters
from support.workspace import make_tiny_model

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.models.adapters import adapted_layers, require_alive
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loop import training_steps
from morris_mlx.train.lora import adapter_config, add_adapter, save_adapter
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.recipes import ARTICLES_RECIPE

SETTINGS = TrainSettings(
    epochs=4,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=1e-2,
    batch_size=2,
    accumulate=1,
)
ZEPHYR = {
    "model_type": "mistral",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
}
ATTENTION = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"}
SEVEN = ATTENTION | {"mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}
BASES = {"float": {}, "4-bit": {"bits": 4}, "8-bit": {"bits": 8}, "mxfp4": {"mode": "mxfp4"}}
IDS = mx.array([[5, 6, 7, 8, 9, 10]])


def in_blocks(*numbers, names=SEVEN):
    return {f"model.layers.{number}.{name}" for number in numbers for name in names}


def load_base(folder, base):
    model = load_mlx_model(folder)
    if BASES[base]:
        nn.quantize(model, group_size=32, **BASES[base])
    return model


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Make a model whose widths are multiples of 32, as quantization requires."""
    return make_tiny_model(tmp_path_factory.mktemp("wide") / "m", intermediate_size=64)


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"targets": "attention"}, in_blocks(0, 1, 2, names=ATTENTION)),
        ({"targets": "all"}, in_blocks(0, 1, 2)),
        ({"targets": "all", "layers": 1}, in_blocks(2)),
        ({"targets": "all", "layers": 2}, in_blocks(1, 2)),
        ({"targets": "attention", "layers": 3}, in_blocks(0, 1, 2, names=ATTENTION)),
    ],
)
def test_targets_and_layers_adapt_exactly_these_linear_layers(tmp_path, kind, changes, named):
    model = load_mlx_model(make_tiny_model(tmp_path / "m", num_hidden_layers=3))
    settings = replace(SETTINGS, fine_tune_type=kind, **changes)
    count = add_adapter(model, adapter_config(model, settings))
    assert set(adapted_layers(model)) == named
    learned = dict(tree_flatten(model.trainable_parameters()))
    leaves = ("lora_a", "lora_b", "m") if kind == "dora" else ("lora_a", "lora_b")
    assert set(learned) == {f"{name}.{leaf}" for name in named for leaf in leaves}
    assert count == sum(weight.size for weight in learned.values())


@pytest.mark.parametrize(("tied", "head"), [(True, "model.embed_tokens"), (False, "lm_head")])
@pytest.mark.parametrize("layers", [0, 1])
def test_all_and_head_adapts_the_output_layer_too(tmp_path, tied, head, layers):
    model = load_mlx_model(make_tiny_model(tmp_path / "m", tie_word_embeddings=tied))
    settings = replace(SETTINGS, targets="all+head", layers=layers)
    add_adapter(model, adapter_config(model, settings))
    assert set(adapted_layers(model)) == in_blocks(*((1,) if layers else (0, 1))) | {head}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 41_943_040),
        ({"targets": "all+head"}, 42_520_576),
        ({"targets": "attention", "rank": 8}, 6_815_744),
        ({"layers": 16}, 41_943_040 // 2),
        # one magnitude for each of a block's outputs: q, o and down; k and v; gate and up
        ({"fine_tune_type": "dora"}, 41_943_040 + 32 * (3 * 4096 + 2 * 1024 + 2 * 14336)),
    ],
)
def test_the_trainable_parameters_of_zephyrs_shape_are_as_expected(changes, expected):
    """The model's weights are never computed, since MLX is lazy."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mx.reset_peak_memory()
    model = llama.Model(llama.ModelArgs.from_dict(ZEPHYR))
    total = sum(int(weight.size) for _, weight in tree_flatten(model.parameters()))
    assert total == 7_241_732_096
    settings = replace(ARTICLES_RECIPE, **changes)
    assert add_adapter(model, adapter_config(model, settings)) == expected
    if settings.targets == "all+head":  # counted with the adapter, as peft does
        assert f"{expected / (total + expected):.2%}" == "0.58%"
    assert mx.get_peak_memory() < 1e8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3e5, "in kilobytes"


def test_adapting_more_blocks_than_the_model_has_is_an_error(tiny):
    model = load_mlx_model(tiny.folder)
    with pytest.raises(
        MorrisError, match=r"layers is 3, but the model has 2 blocks\. Use --layers 2"
    ):
        adapter_config(model, replace(SETTINGS, layers=3))
    assert adapter_config(model, replace(SETTINGS, layers=2))["num_layers"] == 2


def test_a_config_with_a_layer_that_the_model_lacks_is_an_error(tiny):
    model = load_mlx_model(tiny.folder)
    config = adapter_config(model, SETTINGS)
    config["lora_parameters"]["keys"] = ["self_attn.q_proj", "self_attn.qkv_proj"]
    with pytest.raises(MorrisError, match=r"the model has no self_attn\.qkv_proj to adapt\. Use a"):
        add_adapter(model, config)


@pytest.mark.parametrize("base", ["float", "4-bit", "8-bit"])
@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_mlx_lm_loads_a_saved_adapter_with_equal_logits(wide, tmp_path, base, kind):
    settings = replace(SETTINGS, fine_tune_type=kind, layers=1)
    ours = load_base(wide, base)
    config = adapter_config(ours, settings)
    add_adapter(ours, config)
    mx.random.seed(4)
    for layer in adapted_layers(ours).values():
        layer.lora_b = mx.random.normal(layer.lora_b.shape) * 0.1
        if "m" in layer:
            layer.m = layer.m * mx.random.uniform(0.9, 1.1, layer.m.shape)
    digest = save_adapter(tmp_path / "a", ours, config)
    assert digest == files.file_digest(tmp_path / "a" / "adapters.safetensors")
    theirs = load_adapters(load_base(wide, base), str(tmp_path / "a"))
    assert mx.array_equal(theirs(IDS), ours(IDS))
    assert mx.abs(ours(IDS) - load_base(wide, base)(IDS)).max().item() > 1e-2


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("base", ["4-bit", "8-bit", "mxfp4"])
def test_training_on_a_quantized_base_lowers_the_loss_and_leaves_the_base_unchanged(
    wide, base, kind
):
    model = load_base(wide, base)
    before = dict(tree_flatten(model.parameters()))
    settings = replace(SETTINGS, fine_tune_type=kind, epochs=10)
    add_adapter(model, adapter_config(model, settings))
    rng = np.random.default_rng(0)
    rows = [TokenRow(tuple(rng.integers(3, 60, 20).tolist()), (True,) * 20) for _ in range(4)]
    losses = [
        report.loss
        for report in training_steps(
            model, build_optimizer(settings), BatchSampler(rows, settings), settings
        )
    ]
    assert len(losses) == 20
    assert np.mean(losses[-2:]) < 0.8 * losses[0]
    require_alive(model, "What was learned")
    after = {
        name.replace(".linear.", "."): value for name, value in tree_flatten(model.parameters())
    }
    assert all(mx.array_equal(after[name], value) for name, value in before.items())
