"""Layers of a model from config.json: as many parameters as its adapter and its weights have."""

import pytest
from mlx.utils import tree_flatten
from support.mlx_lm_toys import make_toy, toy_config

from morris_mlx.errors import MorrisError
from morris_mlx.models.config import parse_config
from morris_mlx.models.families import GENERIC_TYPES
from morris_mlx.models.shape import trainable_parameters
from morris_mlx.records.training import TARGETS, TrainSettings
from morris_mlx.train.layout import planned_shape
from morris_mlx.train.lora import adapter_config, add_adapter

TYPES = ("exaone", "phi3", "qwen3_5_moe", "qwen3_moe")


def settings(**changes):
    values = {
        "epochs": 1,
        "rank": 2,
        "alpha": 4.0,
        "dropout": 0.0,
        "learning_rate": 1e-3,
        "batch_size": 1,
        "accumulate": 1,
    }
    return TrainSettings(**values | changes)


def shape_of(model_type, **changes):
    return planned_shape(parse_config(toy_config(model_type) | changes), "x")


@pytest.mark.parametrize("model_type", TYPES)
def test_the_parameters_are_those_of_the_model_and_of_its_adapter(model_type):
    shape = shape_of(model_type)
    size = sum(array.size for _, array in tree_flatten(make_toy(model_type).parameters()))
    assert shape.matrix_weights + shape.norm_weights == size
    for targets in TARGETS:
        if targets == "all+experts" and "moe" not in model_type:
            continue
        for layers in (0, 1):
            model, wanted = make_toy(model_type), settings(targets=targets, layers=layers)
            parameters = add_adapter(model, adapter_config(model, wanted))
            assert parameters == trainable_parameters(shape, wanted), (targets, layers)


@pytest.mark.parametrize("model_type", sorted(GENERIC_TYPES - {"llama", "mistral"}))
def test_every_type_that_is_trained_can_be_planned(model_type):
    shape = shape_of(model_type)
    assert shape.layout and trainable_parameters(shape, settings())


def test_experts_and_states_are_found():
    block = shape_of("qwen3_moe").layout.blocks[0]
    experts = [linear for linear in block.linears if linear.copies > 1]
    assert [(one.copies, one.used) for one in experts] == [(4, 2)] * 3
    blocks = shape_of("qwen3_5").layout.blocks
    assert [block.state for block in blocks] == [2 * 8 * 8] * 3 + [0]


def test_a_config_that_mlx_lm_cannot_build_is_named():
    with pytest.raises(MorrisError, match="cannot build a 'qwen3' model from config"):
        shape_of("qwen3", rope_scaling={"type": "unknown"})


def test_the_output_layer_of_gemma_3_is_its_embedding_unless_the_config_denies_it():
    untied = shape_of("gemma3_text").layout.matrix_weights
    tied = shape_of("gemma3_text", tie_word_embeddings=None).layout.matrix_weights
    assert untied - tied == 96 * 32


def test_a_llama_model_needs_no_layout():
    assert shape_of("llama").layout is None
