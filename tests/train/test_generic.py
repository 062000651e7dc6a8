"""Generic forward pass: mlx-lm's loss and gradients in every stage of recomputation, by family."""

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx.utils import tree_flatten
from support.gradients import add_random_adapter, largest_difference, toy_rows
from support.mlx_lm_toys import make_toy
from support.training_job import job, stop_resume_and_answer
from support.workspace import make_tiny_model

from morris_mlx.errors import MorrisError
from morris_mlx.models.families import GENERIC_TYPES
from morris_mlx.models.find import find_model
from morris_mlx.records.training import RECOMPUTE, TrainSettings
from morris_mlx.train.batch_sampler import build_batch
from morris_mlx.train.blocks import adapted_keys, find_blocks
from morris_mlx.train.dropout import Dropout
from morris_mlx.train.loop import compiled_micro_step
from morris_mlx.train.loss import summed_loss
from morris_mlx.train.paths import FAST, GENERIC, path_of

FAMILIES = (
    *("gemma2", "gemma3", "gemma3_text", "granite", "mistral3", "olmo2", "phi3", "qwen2"),
    *("qwen3", "smollm3"),
)
TOLERANCE = 1e-5


@pytest.mark.parametrize("model_type", FAMILIES)
def test_the_loss_and_all_gradients_are_those_of_mlx_lm(model_type):
    model = make_toy(model_type)
    assert model_type in GENERIC_TYPES and path_of(model) is GENERIC
    assert largest_difference(model, GENERIC, RECOMPUTE) < TOLERANCE


def test_both_paths_agree_on_a_llama_model():
    assert path_of(make_toy("llama")) is FAST
    for path in (FAST, GENERIC):
        assert largest_difference(make_toy("llama"), path, RECOMPUTE, "all+head") < TOLERANCE


def test_sliding_windows_in_some_layers_of_llama_are_the_generic_paths():
    model = make_toy(
        "llama", layer_types=["sliding_attention", "full_attention", "sliding_attention"]
    )
    assert path_of(model) is GENERIC
    assert largest_difference(model, GENERIC, RECOMPUTE) < TOLERANCE


@pytest.mark.parametrize(
    ("model_type", "key"), [("gemma2", "model.embed_tokens"), ("qwen3", "lm_head")]
)
def test_the_output_layer_is_trained_too(model_type, key):
    model = make_toy(model_type)
    assert adapted_keys(model, "all+head")[-1] == key
    assert largest_difference(model, GENERIC, RECOMPUTE, "all+head") < TOLERANCE


def test_the_layers_that_learn_are_found():
    model = make_toy("phi3")
    attention = ["self_attn.o_proj", "self_attn.qkv_proj"]
    assert adapted_keys(model, "attention") == attention
    assert adapted_keys(model, "all") == ["mlp.down_proj", "mlp.gate_up_proj", *attention]
    assert find_blocks(model).prefix == "model.layers."


@pytest.mark.parametrize("model_type", ["gpt_oss", "qwen3_moe"])
def test_experts_learn_on_request_and_their_routers_do_not(model_type):
    model = make_toy(model_type)
    plain, experts = adapted_keys(model, "all"), adapted_keys(model, "all+experts")
    assert not [key for key in plain if key.startswith("mlp.")]
    added = sorted(set(experts) - set(plain))
    assert [key.rpartition(".")[2] for key in added] == ["down_proj", "gate_proj", "up_proj"]
    assert largest_difference(model, GENERIC, RECOMPUTE, "all+experts") < TOLERANCE


@pytest.mark.parametrize("model_type", ["llama", "qwen3"])
def test_experts_of_a_model_without_any_are_refused(model_type):
    with pytest.raises(MorrisError, match="has no experts"):
        adapted_keys(make_toy(model_type), "all+experts")


@pytest.mark.parametrize("model_type", ["gemma3_text", "phi3"])
def test_recomputation_drops_the_same_values_again(model_type):
    model = make_toy(model_type)
    add_random_adapter(model, "all+head")
    batch, key = build_batch(toy_rows()), mx.random.key(5)

    def gradients(recompute, rate=0.5):
        loss = nn.value_and_grad(
            model, lambda m: summed_loss(m, *batch.arrays, recompute, Dropout(rate, key))
        )
        value, found = loss(model)
        return value.item(), dict(tree_flatten(found))

    loss, kept = gradients("none")
    assert abs(loss - gradients("none", rate=0.0)[0]) > 1e-3
    for recompute in ("attention", "full"):
        again, found = gradients(recompute)
        assert again == pytest.approx(loss, rel=1e-6)
        for name, gradient in found.items():
            assert mx.allclose(gradient, kept[name], rtol=1e-3, atol=1e-4), name


@pytest.mark.parametrize("recompute", RECOMPUTE)
def test_a_compiled_step_gives_the_same_and_leaves_the_model_as_it_was(recompute):
    model = make_toy("gemma3_text")
    add_random_adapter(model)
    batch = build_batch(toy_rows())
    names = [name for name, _ in model.named_modules()]
    settings = TrainSettings(
        epochs=1,
        rank=2,
        alpha=4.0,
        dropout=0.0,
        learning_rate=1e-3,
        batch_size=2,
        accumulate=1,
        recompute=recompute,
    )
    loss, gradients = nn.value_and_grad(model, lambda m: summed_loss(m, *batch.arrays))(model)
    step = compiled_micro_step(model, settings)
    for key in range(2):
        value, found = step(*batch.arrays, mx.random.key(key))
        assert value.item() == pytest.approx(loss.item(), rel=1e-6)
    expected = dict(tree_flatten(gradients))
    for name, gradient in tree_flatten(found):
        largest = mx.abs(expected[name]).max()
        assert mx.abs(gradient - expected[name]).max() < TOLERANCE * largest, name
    assert [name for name, _ in model.named_modules()] == names


def test_quantized_weights_are_trained_as_well():
    model = make_toy("qwen3", hidden_size=64, intermediate_size=64, head_dim=32)
    nn.quantize(model, group_size=32, bits=4)
    assert largest_difference(model, GENERIC, RECOMPUTE) < TOLERANCE


@pytest.mark.parametrize("model_type", ["mamba", "afm7"])
def test_a_model_of_another_kind_is_refused_by_name(model_type):
    with pytest.raises(MorrisError, match=f"type '{model_type}'"):
        path_of(make_toy(model_type))


def test_a_gemma_3_toy_is_trained_resumed_and_answers_with_its_adapter(tmp_path):
    folder = make_tiny_model(
        tmp_path / "gemma",
        model_type="gemma3_text",
        sliding_window=16,
        sliding_window_pattern=2,
        query_pre_attn_scalar=16,
    )
    base = find_model(str(folder))
    wanted = job(base, tmp_path / "a", epochs=2, recompute="full")
    # It is asked in the first validation, too.
    assert stop_resume_and_answer(wanted, 4).step < 4
