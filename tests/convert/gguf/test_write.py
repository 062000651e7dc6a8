"""Weights of GGUF files in MLX's formats; kept weights are exact."""

import json

import gguf
import mlx.core as mx
import numpy as np
import pytest
from support.gguf_toys import make_toy

from morris_mlx.convert.gguf import write
from morris_mlx.convert.gguf.converter import (
    choose_precision,
    converted_size,
    read_source,
    write_model,
)
from morris_mlx.convert.gguf.packing import KEPT_BITS, is_readable, keep, restore, unpack
from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.models.converted import PRECISIONS
from morris_mlx.models.load import load_mlx_model

Kind = gguf.GGMLQuantizationType
PRECISION = {precision.name: precision for precision in PRECISIONS}


def convert(file, folder, precision=None):
    folder.mkdir()
    source = read_source(file)
    chosen = choose_precision(source, precision)
    write_model(source, chosen, folder, lambda done, total: None)
    return json.loads((folder / "config.json").read_text())


@pytest.mark.parametrize("kind", KEPT_BITS, ids=lambda kind: kind.name)
def test_kept_weights_have_exactly_the_values_of_the_file(kind):
    rng = np.random.default_rng(2)
    packed = gguf.quantize(rng.normal(size=(24, 64)).astype(np.float32), kind)
    parts = {name: mx.array(part) for name, part in keep(packed, kind).items()}
    found = np.array(restore(parts, KEPT_BITS[kind], 32, "affine"))
    assert np.array_equal(found, unpack(packed, kind))
    assert parts["scales"].dtype == parts["biases"].dtype == mx.float16


def test_a_mixed_file_keeps_what_it_can_and_names_each_layers_packing(tmp_path):
    kinds = {"token_embd": Kind.Q8_0, "ffn_gate": Kind.F16, "ffn_up": Kind.Q5_0}
    toy = make_toy("llama", tied=False)
    file = toy.write(tmp_path / "x.gguf", kinds | {"ffn": Kind.Q4_1, "attn": Kind.Q4_0})
    packing = convert(file, tmp_path / "x")["quantization"]
    assert {key: packing[key] for key in ("bits", "group_size", "mode")} == {
        "bits": 4,
        "group_size": 32,
        "mode": "affine",
    }
    assert packing["model.embed_tokens"]["bits"] == 8
    for module in ("lm_head", "model.layers.0.mlp.gate_proj", "model.layers.1.mlp.up_proj"):
        assert packing[module] is False
    assert "model.layers.0.self_attn.q_proj" not in packing
    tokens = mx.array([[3, 1, 4]])
    assert mx.isfinite(load_mlx_model(tmp_path / "x")(tokens)).all()


def test_bits_quantize_every_matrix_again(tmp_path):
    file = make_toy("llama").write(tmp_path / "x.gguf", {"attn": Kind.Q4_0})
    source = read_source(file)
    with pytest.raises(RefusedError, match="not a multiple of 64"):  # of 96 numbers in ffn_down
        choose_precision(source, PRECISION["4bit"])
    config = convert(file, tmp_path / "mx", PRECISION["mxfp4"])
    assert config["quantization"] == {"group_size": 32, "bits": 4, "mode": "mxfp4"}
    plain = convert(file, tmp_path / "plain", PRECISION["16bit"])
    assert "quantization" not in plain
    size = (tmp_path / "plain" / "model.safetensors").stat().st_size
    assert 0 < size - converted_size(source, PRECISION["16bit"]) < 10_000  # the header
    tokens = mx.array([[3, 1, 4]])
    found = [load_mlx_model(tmp_path / name)(tokens) for name in ("plain", "mx")]
    assert 0 < mx.abs(found[0] - found[1]).max() < 3


def test_a_file_in_bfloat16_stays_in_it_bit_by_bit(tmp_path):
    toy = make_toy("llama")
    bfloat16 = {".weight": Kind.BF16}
    file = toy.write(tmp_path / "x.gguf", bfloat16)
    assert convert(file, tmp_path / "x")["torch_dtype"] == "bfloat16"
    stored = mx.load(str(tmp_path / "x" / "model.safetensors"))
    assert {array.dtype for array in stored.values()} == {mx.bfloat16}
    source = read_source(file).model
    for target in source.targets:
        assert np.array_equal(
            np.array(stored[target.name].astype(mx.float32)),
            target.values()
            if target.is_matrix
            else np.array(mx.array(target.values()).astype(mx.bfloat16).astype(mx.float32)),
        )


def test_few_rows_at_a_time_give_the_same_file(tmp_path, monkeypatch):
    file = make_toy("llama").write(tmp_path / "x.gguf", {"attn": Kind.Q4_1})
    convert(file, tmp_path / "whole")
    monkeypatch.setattr(write, "CHUNK_NUMBERS", 300)
    convert(file, tmp_path / "rows")
    whole, rows = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("whole", "rows"))
    assert whole == rows


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_numbers_that_16_bits_cannot_hold_are_named(tmp_path, value):
    toy = make_toy("llama")
    toy.tensors["blk.1.ffn_up.weight"][5, 7] = value
    file = toy.write(tmp_path / "x.gguf")
    with pytest.raises(
        MorrisError, match=r"blk\.1\.ffn_up\.weight holds numbers that are not finite"
    ):
        convert(file, tmp_path / "x")


def test_every_format_is_unpacked_or_known_to_be_unreadable():
    readable = {kind for kind in Kind if is_readable(kind)}
    assert not readable & {Kind.I8, Kind.I32, Kind.F64, Kind.Q8_1, Kind.Q8_K}
    assert readable >= {Kind.Q2_K, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K, Kind.IQ1_S, Kind.IQ4_XS}
    for kind in readable:
        numbers, size = gguf.GGML_QUANT_SIZES[kind]
        assert unpack(np.zeros((3, 2 * size), np.uint8), kind).shape == (3, 2 * numbers), kind


def test_a_format_that_cannot_be_unpacked_is_refused_by_name(tmp_path):
    toy = make_toy("llama", layers=1)
    file = toy.write(tmp_path / "x.gguf")
    data = bytearray(file.read_bytes())
    name = b"blk.0.ffn_up.weight"
    place = data.index(name) + len(name) + 4 + 2 * 8  # after the dimensions
    data[place : place + 4] = int(Kind.I32).to_bytes(4, "little")
    file.write_bytes(data)
    with pytest.raises(RefusedError, match=r"blk\.0\.ffn_up\.weight as I32"):
        read_source(file)
