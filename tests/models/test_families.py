"""The table of model families, compared with the libraries that it names."""

import importlib

import pytest
from mlx.utils import tree_flatten
from support import mlx_lm_toys

from morris_mlx.convert.weights import expected_shapes
from morris_mlx.errors import MorrisError
from morris_mlx.models.config import read_config
from morris_mlx.models.families import (
    FAMILIES,
    GENERIC_TYPES,
    family_of,
    find_family,
    model_types,
    require_trainable,
)
from morris_mlx.models.load import load_mlx_model
from morris_mlx.models.untrained import UNTRAINED


def test_every_model_type_belongs_to_one_family():
    types = list(model_types())
    assert types == ["mistral", "llama"] and len(types) == len(set(types))
    assert all(model_type in family_of(model_type).model_types for model_type in types)


@pytest.mark.parametrize("model_type", [None, "", "gemma"])
def test_an_unknown_model_type_has_no_family(model_type):
    assert find_family(model_type) is None
    with pytest.raises(MorrisError, match=r"Use a mistral or llama model"):
        family_of(model_type)


def test_the_libraries_have_the_classes_that_the_table_names():
    from morris_mlx.train.forward import MODELS

    for family in FAMILIES:
        module = importlib.import_module(f"mlx_lm.models.{family.mlx_module}")
        assert MODELS[family.forward] is module.Model
        assert module.ModelArgs and module.TransformerBlock


def test_every_type_of_mlx_lm_is_trained_or_refused_with_a_reason():
    every = set(mlx_lm_toys.model_types())
    trained = {kind for kind in every if find_family(kind) or kind in GENERIC_TYPES}
    assert every - trained == set(UNTRAINED)
    assert len(trained) >= 100
    with pytest.raises(MorrisError, match=r"'jamba': its recurrence keeps .* plan\. Use Zephyr"):
        require_trainable("jamba")


def test_the_shapes_of_the_table_are_those_of_a_loaded_model(tiny):
    shapes = expected_shapes(read_config(tiny.folder))
    loaded = {n: tuple(a.shape) for n, a in tree_flatten(load_mlx_model(tiny.folder).parameters())}
    assert shapes == loaded


def test_lora_keys_are_layers_of_a_block_and_the_output_layer(tiny):
    family, model = FAMILIES[0], load_mlx_model(tiny.folder)
    block = {name for name, _ in model.layers[0].named_modules()}
    assert set(family.lora_keys) <= block and len(family.lora_keys) == 7
    whole = {name for name, _ in model.named_modules()}
    assert family.head_key(tied=True) in whole
    assert family.adapted_keys("attention", tied=True) == list(family.attention_keys)
    assert family.adapted_keys("all+head", tied=False) == [*family.lora_keys, "lm_head"]
