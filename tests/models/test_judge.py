"""Tests of the checks of a base by its small files, before weights are downloaded or read."""

import json
import shutil

import pytest
from support import small_dataset

from morris_mlx.convert import plan_conversion
from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.generate import Generator
from morris_mlx.models.config import parse_config
from morris_mlx.models.find import find_model
from morris_mlx.models.judge import is_known_to_mlx, require_runnable, require_trainable_base
from morris_mlx.models.weight_count import count_weights, describe_weights, stored_bytes
from morris_mlx.pipeline import train as training
from morris_mlx.project.datasets import read_card
from morris_mlx.train.recipes import RECIPES

pytestmark = pytest.mark.usefixtures("model_caches")
OTHER = "owner/other"
UNUSABLE = "{{ raise_exception('this template renders nothing') }}"


def change(folder, file, **values):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def unusable(hub, model_copy):
    """A repository whose chat template cannot be described."""
    change(model_copy, "tokenizer_config.json", chat_template=UNUSABLE)
    (model_copy / "chat_template.jinja").unlink(missing_ok=True)
    hub.folders[OTHER] = model_copy
    return hub


@pytest.mark.parametrize(
    "use",
    [
        find_model,
        lambda name: find_model(name, tokenizer_only=True),
        lambda name: Generator(name).prepare(),
        lambda name: plan_conversion(name, None),
    ],
    ids=["find", "tokenizer", "generate", "convert"],
)
def test_a_base_with_an_unknown_chat_format_is_refused_before_the_download_of_weights(
    use, unusable
):
    with pytest.raises(MorrisError, match=OTHER):
        use(OTHER)
    assert unusable.asked("tokenizer.json") and not unusable.asked(".safetensors")


def test_a_local_folder_with_an_unknown_chat_format_is_not_converted(model_copy):
    change(model_copy, "tokenizer_config.json", chat_template=UNUSABLE)
    with pytest.raises(MorrisError, match="template"):
        plan_conversion(str(model_copy), None)


def test_a_type_that_no_engine_runs_is_refused_before_the_download_of_weights(hub, model_copy):
    change(model_copy, "config.json", model_type="bert")
    hub.folders[OTHER] = model_copy
    with pytest.raises(
        RefusedError, match=f"{OTHER} is a model of the type 'bert', which no engine"
    ):
        find_model(OTHER)
    assert not hub.asked(".safetensors")


def test_training_refuses_a_shape_before_the_download_of_weights(hub, tiny_folder, project):
    small_dataset.write(project)
    folder = shutil.copytree(tiny_folder, project.home / "copy")
    change(folder, "config.json", model_type="mamba")
    hub.folders[OTHER] = folder
    request = training.TrainRequest("mine", OTHER, RECIPES["articles"].settings)
    with pytest.raises(MorrisError, match="models of the type 'mamba'"):
        training.train(project, request, read_card(project.dataset))
    assert hub.asked("tokenizer.json") and not hub.asked(".safetensors")


SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 4,
    "vocab_size": 1000,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": False,
}
ATTENTION, MLP, TABLES = 4 * 64 * (64 + 32) * 2, 3 * 64 * 128, 2 * 64 * 1000


def test_a_dense_model_is_counted_by_its_matrices():
    count = count_weights(parse_config(SIZES), "x")
    assert (count.experts, count.tables) == (0, TABLES)
    assert count.others == ATTENTION + 4 * MLP


@pytest.mark.parametrize(
    ("values", "experts", "dense"),
    [
        ({"num_local_experts": 8}, 4 * 8 * MLP, 0),
        ({"num_experts": 8, "moe_intermediate_size": 16}, 4 * 8 * 3 * 64 * 16, 0),
        ({"num_experts": 8, "mlp_only_layers": [0]}, 3 * 8 * MLP, 1),
        ({"num_experts": 8, "decoder_sparse_step": 2}, 2 * 8 * MLP, 2),
        ({"n_routed_experts": 8, "first_k_dense_replace": 3}, 8 * MLP, 3),
    ],
)
def test_experts_are_counted_in_the_layers_that_have_them(values, experts, dense):
    config = parse_config(SIZES | values)
    count = count_weights(config, "x")
    router = (4 - dense) * 8 * 64
    assert count.experts == experts
    assert count.others == ATTENTION + dense * MLP + router


def test_shared_experts_are_counted_beside_the_others():
    values = {"n_routed_experts": 8, "n_shared_experts": 2, "moe_intermediate_size": 16}
    with_shared = count_weights(parse_config(SIZES | values), "x").others
    without = count_weights(parse_config(SIZES | values | {"n_shared_experts": 0}), "x").others
    assert with_shared - without == 4 * 3 * 64 * 2 * 16


@pytest.mark.parametrize(
    ("packing", "bits", "size"),
    [
        ({}, 16, 2.0),
        ({"quantization": {"bits": 4, "group_size": 64}}, 4, 4.5 / 8),
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}, 4, None),
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}, 8, None),
        ({"quantization_config": {"quant_method": "gptq", "bits": 3}}, 3, None),
        ({"quantization_config": {"quant_method": "awq", "w_bit": 4}}, 4, None),
        ({"quantization_config": {"quant_method": "fp8"}}, 8, None),
    ],
)
def test_the_bits_of_every_quantization_are_counted(packing, bits, size):
    config = parse_config(SIZES | packing)
    total = count_weights(config, "x").total
    assert config.bits == bits
    assert 0 < stored_bytes(config, "x") <= 2 * total
    if size is not None:
        assert stored_bytes(config, "x") == pytest.approx(size * total)


def test_only_the_experts_have_four_bits_in_mxfp4():
    packing = {"quantization_config": {"quant_method": "mxfp4"}, "num_local_experts": 8}
    config = parse_config(SIZES | packing)
    count = count_weights(config, "x")
    rest = count.tables + count.others
    assert stored_bytes(config, "x") == pytest.approx(count.experts * 4.25 / 8 + rest * 2)


def test_a_nested_config_has_the_sizes_of_its_language_model():
    nested = parse_config({"model_type": "gemma3", "text_config": SIZES | {"sliding_window": 512}})
    assert nested.sizes("x") == parse_config(SIZES).sizes("x")
    assert (nested.model_type, nested.window) == ("gemma3", 512)
    assert describe_weights(parse_config({}), "x") == ""


@pytest.mark.parametrize("method", ["bitsandbytes", "fp8", "hqq", "unknown"])
def test_a_quantization_that_mlx_does_not_read_is_refused(method):
    config = parse_config(SIZES | {"quantization_config": {"quant_method": method}})
    with pytest.raises(RefusedError, match=rf"another engine \({method}\).* full-precision"):
        require_runnable(config, "x")


@pytest.mark.parametrize("method", ["gptq", "awq", "mxfp4"])
def test_a_quantization_that_mlx_repacks_is_run_and_not_trained(method):
    packing = {"quantization_config": {"quant_method": method, "bits": 4}}
    config = parse_config(SIZES | packing | {"model_type": "llama"})
    require_runnable(config, "x")
    with pytest.raises(RefusedError, match="another engine"):
        require_trainable_base(config, "x")


def test_a_family_that_is_run_and_not_trained_is_refused_with_that_reason():
    config = parse_config(SIZES | {"model_type": "mamba"})
    require_runnable(config, "x")
    with pytest.raises(MorrisError, match=r"type 'mamba'.*`morris generate` and `morris chat` run"):
        require_trainable_base(config, "x")


@pytest.mark.parametrize("model_type", ["qwen3", "gemma3_text", "phi3", "smollm3"])
def test_a_family_is_trained_with_experts_and_without(model_type):
    values = SIZES | {"model_type": model_type}
    require_trainable_base(parse_config(values), "x")
    require_trainable_base(parse_config(values | {"num_experts": 8}), "x")


@pytest.mark.parametrize(
    ("model_type", "known"),
    [
        *(("llama", True), ("mistral", True), ("qwen3", True), ("kimi_k2", True)),
        *(("bert", False), ("../llama", False), (None, False), ("", False)),
    ],
)
def test_the_architectures_of_mlx_lm_are_known(model_type, known):
    assert is_known_to_mlx(model_type) is known
