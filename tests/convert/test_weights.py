"""Checks of weights: every damaged or foreign file is named."""

import json

import mlx.core as mx
import pytest
from support.conversions import CONFIG, FIRST, INDEX, LAST, MIDDLE
from support.workspace import change_tensors

from morris_mlx.convert import plan_conversion
from morris_mlx.errors import MorrisError
from morris_mlx.models.converted import (
    converted_folder,
)

pytestmark = pytest.mark.usefixtures("model_caches")


def edit_config(**changes):
    def change(folder):
        (folder / "config.json").write_text(json.dumps(CONFIG | changes))

    return change


def edit_shard(name, edit):
    def change(folder):
        change_tensors(folder / name, edit)

    return change


def edit_index(edit):
    def change(folder):
        index = json.loads((folder / INDEX).read_text())
        edit(index["weight_map"])
        (folder / INDEX).write_text(json.dumps(index))

    return change


def cut_off(name, size):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def only_pickles(folder):
    for path in folder.glob("model*"):
        path.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"")


def garble_header(folder):
    data = bytearray((folder / LAST).read_bytes())
    data[12:20] = b"\xff" * 8
    (folder / LAST).write_bytes(bytes(data))


NORM = "model.norm.weight"


K = "model.layers.1.self_attn.k_proj.weight"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (lambda f: (f / LAST).unlink(), 3, f"{LAST} is missing: the weights are partial"),
        (cut_off(FIRST, 1_000_000), 1, f"{FIRST} is damaged or was cut off"),
        (cut_off(FIRST, 5), 1, f"{FIRST} is damaged or was cut off"),
        (garble_header, 1, f"{LAST} is damaged or was cut off"),
        (lambda f: (f / INDEX).write_text("{"), 1, f"{INDEX} is damaged"),
        (edit_index(lambda m: m.update(x="../model.safetensors")), 1, f"{INDEX} is damaged"),
        (edit_index(lambda m: m.update({NORM: FIRST})), 1, "which belongs to another file"),
        (edit_shard(MIDDLE, lambda w: w.pop(NORM)), 1, f"{MIDDLE} lacks {NORM}"),
        (edit_shard(MIDDLE, lambda w: w.update({K: w[K][:-1]})), 1, r"k_proj.weight has the shape"),
        (edit_config(num_hidden_layers=3), 1, "lacks the tensor model.layers.2"),
        (edit_config(num_hidden_layers=1), 4, "holds model.layers.1.*another architecture"),
        (edit_config(hidden_size=32), 1, r"asks for \[32000, 32\].*different models"),
        (edit_config(intermediate_size=None), 1, "must have intermediate_size, a positive integer"),
        (edit_config(vocab_size="many"), 1, "must have vocab_size, a positive integer"),
        (edit_config(rms_norm_eps=None), 1, "must have rms_norm_eps, a positive number"),
        (edit_config(model_type="mixtral"), 4, "of the type 'mixtral'"),
        (edit_config(model_file="evil.py"), 4, "code of its own"),
        (edit_config(quantization_config={"quant_method": "awq"}), 4, r"another engine \(awq\)"),
        (
            edit_config(quantization={"bits": 4, "group_size": 64}),
            1,
            "says that the weights are quantized",
        ),
        (edit_shard(MIDDLE, lambda w: w.update({K: w[K].astype(mx.int8)})), 4, "stored as I8"),
        (only_pickles, 4, "only as pickle files"),
        (lambda f: (f / "tokenizer.json").unlink(), 3, "No tokenizer.json"),
        (lambda f: (f / "tokenizer_config.json").write_text('{"auto_map": 1}'), 4, "auto_map"),
        (lambda f: (f / "config.json").unlink(), 3, "not a model's folder"),
    ],
)
def test_damaged_and_foreign_weights_are_refused_by_name(model_copy, change, code, message):
    change(model_copy)
    with pytest.raises(MorrisError, match=message) as error:
        plan_conversion(str(model_copy), None)
    assert error.value.exit_code == code
    assert not converted_folder().exists()
