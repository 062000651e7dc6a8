"""Loading of adapters: damaged ones, those of other models and those without effect are refused."""

import json
from dataclasses import replace

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx.utils import tree_flatten
from mlx_lm.tuner.utils import linear_to_lora_layers
from mlx_lm.tuner.utils import load_adapters as mlx_lm_load_adapters
from support.workspace import change_tensors, make_tiny_model

from morris_mlx import files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.adapters import ALIVE_PROMPTS, adapted_layers, load_adapter, require_alive
from morris_mlx.models.load import load_mlx_model
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.lora import adapter_config, add_adapter, save_adapter

SETTINGS = TrainSettings(
    epochs=1, rank=4, alpha=8.0, dropout=0.1, learning_rate=1e-3, batch_size=1, accumulate=1
)
IDS = mx.array([[7, 8, 9, 10, 11]])


def adapted(folder, size=0.1, **changes):
    """Return a model whose adapter has weights of that size, and the adapter's configuration."""
    model = load_mlx_model(folder)
    config = adapter_config(model, replace(SETTINGS, **changes))
    mx.random.seed(3)
    add_adapter(model, config)
    for layer in adapted_layers(model).values():
        layer.lora_b = mx.random.normal(layer.lora_b.shape) * size
    return model, config


def write(folder, model, config):
    """Write an adapter as `morris train` does, with what loading reads."""
    digest = save_adapter(folder, model, config)
    files.write_json(folder / "run.json", {"adapter_sha256": digest})
    return folder


@pytest.fixture
def adapter(tiny_folder, tmp_path):
    return write(tmp_path / "adapter", *adapted(tiny_folder))


def change_weights(folder, change):
    """Change the tensors and keep the configuration and the digest consistent."""
    path = folder / "adapters.safetensors"
    change_tensors(path, change)
    files.write_json(folder / "run.json", {"adapter_sha256": files.file_digest(path)})


def change_config(folder, **changes):
    path = folder / "adapter_config.json"
    config = files.read_json(path)
    parameters = config["lora_parameters"] | {
        k: changes.pop(k) for k in list(changes) if k in config["lora_parameters"]
    }
    files.write_json(path, config | {"lora_parameters": parameters} | changes)


def refusal(model_folder, adapter):
    with pytest.raises(MorrisError) as caught:
        load_adapter(load_mlx_model(model_folder), adapter)
    assert str(adapter) in str(caught.value), "the place is named"
    return str(caught.value)


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_a_loaded_adapter_gives_the_logits_that_it_had_when_saved(tiny_folder, tmp_path, kind):
    model, config = adapted(tiny_folder, fine_tune_type=kind)
    folder = write(tmp_path / "a", model, config)
    loaded = load_mlx_model(tiny_folder)
    load_adapter(loaded, folder)
    for one in (model, loaded):
        one.eval()
    assert mx.array_equal(loaded(IDS), model(IDS))
    assert not mx.allclose(loaded(IDS), load_mlx_model(tiny_folder)(IDS), atol=1e-3)


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("count", [-1, 1, 16])
def test_mlx_lms_own_adapters_load_without_a_run(tiny_folder, tmp_path, kind, count):
    """mlx-lm writes no keys, adapts every linear layer, and counts 16 blocks where there are two."""
    model = load_mlx_model(tiny_folder)
    parameters = {"rank": 8, "dropout": 0.0, "scale": 20.0}
    model.freeze()
    linear_to_lora_layers(model, count, parameters, use_dora=kind == "dora")
    for layer in adapted_layers(model).values():
        layer.lora_b = mx.random.normal(layer.lora_b.shape) * 0.01
    config = {"fine_tune_type": kind, "num_layers": count, "lora_parameters": parameters}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config | {"seed": 0, "iters": 1}))
    weights = dict(tree_flatten(model.trainable_parameters()))
    mx.save_safetensors(str(tmp_path / "adapters.safetensors"), weights)
    ours, theirs = load_mlx_model(tiny_folder), load_mlx_model(tiny_folder)
    load_adapter(ours, tmp_path)
    mlx_lm_load_adapters(theirs, str(tmp_path))
    assert mx.array_equal(ours(IDS), theirs(IDS))


def test_the_sample_adapter_loads_on_its_base(practice):
    load_adapter(load_mlx_model(practice.folder), sample_folder() / "adapters" / "sample")


@pytest.mark.parametrize("name", ["adapters.safetensors", "adapter_config.json"])
def test_a_missing_file_is_named(tiny_folder, adapter, name):
    (adapter / name).unlink()
    with pytest.raises(MissingError, match=f"No {name} in {adapter}. Train the adapter"):
        load_adapter(load_mlx_model(tiny_folder), adapter)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"num_layers": 2', "\x00"])
def test_a_configuration_that_is_not_a_json_object_is_refused(tiny_folder, adapter, text):
    (adapter / "adapter_config.json").write_text(text)
    assert "adapter_config.json" in refusal(tiny_folder, adapter)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"num_layers": None}, "num_layers"),
        ({"num_layers": "2"}, "num_layers"),
        ({"num_layers": True}, "num_layers"),
        ({"fine_tune_type": "lore"}, "fine_tune_type"),
        ({"lora_parameters": {"rank": 4, "dropout": 0.0, "alpha": 8}}, "scale"),
        ({"lora_parameters": 3}, "rank, scale, dropout missing"),
        ({"rank": 0}, "rank"),
        ({"rank": 10**12}, "rank"),
        ({"scale": float("inf")}, "scale"),
        ({"dropout": 1.0}, "dropout"),
        ({"keys": "self_attn.q_proj"}, "keys"),
        ({"keys": [3]}, "keys"),
    ],
)
def test_wrong_and_missing_values_of_a_configuration_are_named(
    tiny_folder, adapter, changes, named
):
    change_config(adapter, **changes)
    message = refusal(tiny_folder, adapter)
    assert named in message and "missing or wrong. Use a complete copy" in message


def test_a_fully_fine_tuned_model_is_refused_as_an_adapter(tiny_folder, adapter):
    change_config(adapter, fine_tune_type="full")
    assert "belongs to a fully fine-tuned model" in refusal(tiny_folder, adapter)


def test_changed_bits_that_mlx_ignores_are_found_by_the_digest(tiny_folder, adapter):
    path = adapter / "adapters.safetensors"
    content = bytearray(path.read_bytes())
    content[-2] ^= 0x10
    path.write_bytes(content)
    mlx_lm_load_adapters(load_mlx_model(tiny_folder), str(adapter))  # no error
    assert "is damaged, or another adapter's" in refusal(tiny_folder, adapter)


def test_a_run_json_without_a_digest_is_refused(tiny_folder, adapter):
    files.write_json(adapter / "run.json", {})
    assert "adapter_sha256" in refusal(tiny_folder, adapter)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_refused_with_a_run_or_without(tiny_folder, adapter, share):
    path = adapter / "adapters.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "is damaged" in refusal(tiny_folder, adapter)
    (adapter / "run.json").unlink()
    assert "is damaged (" in refusal(tiny_folder, adapter)


def test_an_adapter_of_a_model_with_more_blocks_is_refused(tiny_folder, tmp_path):
    larger = make_tiny_model(tmp_path / "larger", num_hidden_layers=3)
    message = refusal(tiny_folder, write(tmp_path / "a", *adapted(larger)))
    assert "does not fit this model: it has tensors for model.layers.2." in message
    assert message.endswith("Use the model that it was trained on (run.json names it).")


def test_an_adapter_of_a_model_with_fewer_blocks_is_refused(tmp_path, adapter):
    larger = make_tiny_model(tmp_path / "larger", num_hidden_layers=3)
    assert "does not fit this model: it has tensors for" in refusal(larger, adapter)


def test_an_adapter_of_a_wider_model_is_refused(tmp_path, adapter):
    wider = make_tiny_model(tmp_path / "wider", intermediate_size=64)
    assert "has the shape (4, 48) and needs (4, 64)" in refusal(wider, adapter)


def test_layers_that_the_model_lacks_are_named(tiny_folder, adapter):
    keys = ["self_attn.q_proj", "self_attn.qkv_proj", "mlp.fc1"]
    change_config(adapter, keys=keys)
    model = load_mlx_model(tiny_folder)
    linear_to_lora_layers(model, 2, {"rank": 4, "scale": 1.0, "dropout": 0.0, "keys": keys[1:]})
    assert not adapted_layers(model), "mlx-lm takes it without a word"
    message = refusal(tiny_folder, adapter)
    assert "the model has no self_attn.qkv_proj, mlp.fc1 to adapt" in message


def test_a_key_of_a_layer_that_is_not_linear_is_refused(tiny_folder, adapter):
    change_config(adapter, keys=["mlp"])
    assert "does not fit this model" in refusal(tiny_folder, adapter)


def test_an_empty_list_of_keys_is_refused(tiny_folder, adapter):
    change_config(adapter, keys=[])
    assert "names no layer" in refusal(tiny_folder, adapter)


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_a_missing_tensor_is_named_which_mlx_lm_would_replace_by_random_numbers(
    tiny_folder, tmp_path, kind
):
    folder = write(tmp_path / "a", *adapted(tiny_folder, fine_tune_type=kind))
    lost = "model.layers.1.mlp.up_proj." + ("m" if kind == "dora" else "lora_a")
    change_weights(folder, lambda weights: weights.pop(lost))
    mlx_lm_load_adapters(load_mlx_model(tiny_folder), str(folder))  # no error
    assert f"it lacks the tensors {lost}." in refusal(tiny_folder, folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_refused(tiny_folder, adapter, value):
    name = "model.layers.0.self_attn.q_proj.lora_a"

    def spoil(weights):
        weights[name][2, 1] = value

    change_weights(adapter, spoil)
    assert f"not finite numbers, in {name}" in refusal(tiny_folder, adapter)


def test_integer_weights_are_refused(tiny_folder, adapter):
    name = "model.layers.0.self_attn.q_proj.lora_a"
    change_weights(adapter, lambda weights: weights.update({name: mx.zeros((32, 4), mx.int32)}))
    assert f"not finite numbers, in {name}" in refusal(tiny_folder, adapter)


def zero(weights, leaf):
    weights.update({n: mx.zeros_like(w) for n, w in weights.items() if n.endswith(leaf)})


@pytest.mark.parametrize("leaf", ["lora_a", "lora_b"])
@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_an_adapter_that_changes_nothing_is_refused(tiny_folder, tmp_path, kind, leaf):
    folder = write(tmp_path / "a", *adapted(tiny_folder, fine_tune_type=kind))
    change_weights(folder, lambda weights: zero(weights, leaf))
    message = refusal(tiny_folder, folder)
    assert "changes nothing: on 3 prompts" in message and "--learning-rate" in message


def test_an_adapter_of_scale_0_changes_nothing(tiny_folder, adapter):
    change_config(adapter, scale=0.0)
    assert "changes nothing" in refusal(tiny_folder, adapter)


def test_a_change_below_the_rounding_of_float32_counts_as_none(tiny_folder, tmp_path):
    folder = write(tmp_path / "a", *adapted(tiny_folder, size=1e-12))
    assert "changes nothing" in refusal(tiny_folder, folder)


def test_finite_weights_that_overflow_the_model_are_refused(tiny_folder, adapter):
    def blow_up(weights):
        weights.update({n: w * 1e36 for n, w in weights.items() if n.endswith("lora_b")})

    change_weights(adapter, blow_up)
    assert "makes the model compute numbers that are not finite" in refusal(tiny_folder, adapter)


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("base", ["float", "bfloat16", "4-bit", "8-bit", "mxfp4"])
def test_new_layers_change_nothing_and_trained_ones_do_on_every_base(tmp_path, base, kind):
    model = load_mlx_model(make_tiny_model(tmp_path / "m", intermediate_size=64))
    if base == "bfloat16":
        model.set_dtype(mx.bfloat16)
    elif base != "float":
        mode, bits = ("mxfp4", 4) if base == "mxfp4" else ("affine", int(base[0]))
        nn.quantize(model, group_size=32, bits=bits, mode=mode)
    add_adapter(model, adapter_config(model, replace(SETTINGS, fine_tune_type=kind)))
    with pytest.raises(MorrisError, match="This one changes nothing"):
        require_alive(model, "This one")
    layer = model.layers[1].mlp.down_proj
    layer.lora_b = mx.ones_like(layer.lora_b) * 0.01
    require_alive(model, "This one")


def test_changed_magnitudes_alone_count_as_a_change(tiny_folder):
    model, _ = adapted(tiny_folder, size=0.0, fine_tune_type="dora")
    layer = model.layers[0].mlp.down_proj
    layer.m = layer.m * 1.01
    require_alive(model, "This one")


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_a_change_too_small_for_bfloat16_logits_counts_as_a_change(tiny_folder, kind):
    model = load_mlx_model(tiny_folder)
    model.set_dtype(mx.bfloat16)
    before = model(IDS)
    add_adapter(model, adapter_config(model, replace(SETTINGS, fine_tune_type=kind)))
    layer = model.layers[1].mlp.down_proj
    layer.lora_b = mx.ones_like(layer.lora_b) * 1e-5
    if kind == "lora":
        assert mx.array_equal(model(IDS), before), "the case that is meant"
    require_alive(model, "This one")


def test_a_change_for_a_token_that_no_prompt_has_counts_as_a_change(tmp_path):
    folder = make_tiny_model(tmp_path / "m", tie_word_embeddings=False)
    model = load_mlx_model(folder)
    model.freeze()
    parameters = {"rank": 4, "scale": 1.0, "dropout": 0.0, "keys": ["model.embed_tokens"]}
    linear_to_lora_layers(model, 2, parameters)
    words = model.model.embed_tokens
    words.lora_a, words.lora_b = mx.zeros_like(words.lora_a), mx.ones_like(words.lora_b)
    words.lora_a[4000] = 1.0
    require_alive(model, "This one")


def test_the_prompts_fit_any_vocabulary_and_have_several_tokens():
    """With a single token, attention has one choice, and queries and keys have no effect."""
    assert all(len(p) > 3 and max(p) < 32 for p in ALIVE_PROMPTS)


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("fails", [False, True])
def test_the_check_leaves_the_model_and_the_random_numbers_as_they_were(
    tiny_folder, monkeypatch, kind, fails
):
    model, _ = adapted(tiny_folder, fine_tune_type=kind, dropout=0.5)
    model.train()
    model.layers[0].mlp.down_proj.dropout.eval()

    def state():
        layers = adapted_layers(model)
        return (
            {name: layer.scale for name, layer in layers.items()},
            {name: layer.dropout.training for name, layer in layers.items()},
            sorted(name for name, _ in tree_flatten(model.trainable_parameters())),
        )

    before = state(), dict(tree_flatten(model.parameters()))
    mx.random.seed(11)
    expected = mx.random.normal((3,))
    mx.random.seed(11)
    if fails:
        monkeypatch.setattr("morris_mlx.models.adapters._is_finite", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            require_alive(model, "This one")
    else:
        require_alive(model, "This one")
    assert state() == before[0]
    after = dict(tree_flatten(model.parameters()))
    assert after.keys() == before[1].keys()
    assert all(after[name] is value for name, value in before[1].items())
    assert mx.array_equal(mx.random.normal((3,)), expected)
