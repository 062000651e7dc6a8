"""The reader of config.json: windows, precisions, and errors that name the key."""

import json
import shutil

import pytest

from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.models.catalog import WINDOW
from morris_mlx.models.config import parse_config
from morris_mlx.models.find import find_model


def test_a_smaller_sliding_window_is_the_window(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"sliding_window": 100}))
    assert find_model(str(folder)).window == 100


def test_a_config_that_asks_to_run_code_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_file": "evil.py"}')
    with pytest.raises(RefusedError, match="code of its own") as error:
        find_model(str(tmp_path))
    assert error.value.exit_code == 4


@pytest.mark.parametrize(
    "config",
    [
        *("{", "7", "[" * 5000, '{"max_position_embeddings": "many"}', '{"sliding_window": [1]}'),
        *('{"quantization": "8"}', '{"quantization": {"bits": "x"}}', '{"quantization": [4]}'),
    ],
)
def test_a_damaged_config_is_named(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(MorrisError, match=r"config.json is damaged .* Get the model again"):
        find_model(str(tmp_path))


@pytest.mark.parametrize(
    "config", ["{}", '{"max_position_embeddings": -1, "sliding_window": null}']
)
def test_a_config_without_a_window_has_the_default_one(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    assert find_model(str(tmp_path)).window == WINDOW


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "it must hold an object"),
        ({"sliding_window": True}, "sliding_window must be an integer"),
        ({"model_type": 5}, "model_type must be a string"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings must be true or false"),
        ({"quantization": "8"}, "quantization must be an object with an integer 'bits'"),
        ({"quantization_config": {"bits": True}}, "quantization_config must be an object with"),
        ({"quantization": {"group_size": "64"}}, "quantization must have an integer 'group_size'"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(values, message):
    with pytest.raises(ValueError, match=message):
        parse_config(values)


def test_the_precision_of_weights_is_read():
    plain = parse_config({"dtype": "float16"})
    assert (plain.bits, plain.number_format, plain.quantization) == (16, "float16", {})
    packed = parse_config({"quantization": {"bits": 4, "group_size": 32, "mode": "mxfp4"}})
    assert (packed.bits, packed.group_size, packed.mode) == (4, 32, "mxfp4")
    assert packed.foreign_quantization == ""
    other = parse_config({"quantization_config": {"bits": 4, "quant_method": "gptq"}})
    assert (other.quantization, other.foreign_quantization) == ({}, "gptq")


def test_the_two_libraries_differ_where_nothing_is_said_about_tied_weights():
    unsaid = parse_config({})
    assert (unsaid.tied, unsaid.tied_in_mlx, unsaid.tied_in_torch) == (None, True, False)
    for tied in (True, False):
        config = parse_config({"tie_word_embeddings": tied})
        assert config.tied_in_mlx is config.tied_in_torch is tied


@pytest.mark.parametrize(("end", "ids"), [(None, ()), (2, (2,)), ([2, 7], (2, 7))])
def test_the_end_tokens_are_read_alone_and_as_a_list(end, ids):
    assert parse_config({"eos_token_id": end}).end_ids == ids


@pytest.mark.parametrize(
    ("values", "window"),
    [
        ({}, 100),
        ({"use_sliding_window": False}, 4096),
        ({"layer_types": ["sliding_attention", "full_attention"]}, 4096),
        ({"sliding_window_pattern": 6}, 4096),
    ],
)
def test_a_sliding_window_counts_if_every_layer_has_it(values, window):
    sizes = {"max_position_embeddings": 4096, "sliding_window": 100}
    assert parse_config(sizes | values).window == window
