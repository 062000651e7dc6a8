"""Headers of GGUF files: valid values, and files that are refused before use."""

import random
import struct

import gguf
import numpy as np
import pytest
from support.gguf_toys import make_toy

from morris_mlx.convert.gguf import bytes_reader
from morris_mlx.convert.gguf.converter import read_source
from morris_mlx.convert.gguf.file import read_gguf
from morris_mlx.errors import MissingError, MorrisError, RefusedError

HEADER = struct.Struct("<4sIQQ")
STRING, ARRAY, UINT8 = 8, 9, 0


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def header(tensors=0, values=0, magic=b"GGUF", version=3):
    return HEADER.pack(magic, version, tensors, values)


def tensor(name="a", shape=(32,), kind=0, place=0):
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", kind, place)


@pytest.fixture
def toy_file(tmp_path):
    return make_toy("llama", layers=1).write(
        tmp_path / "toy.gguf", {"ffn": gguf.GGMLQuantizationType.Q8_0}
    )


def test_values_and_tensors_are_those_of_the_gguf_package(toy_file):
    ours, theirs = read_gguf(toy_file), gguf.GGUFReader(str(toy_file))
    for field in theirs.fields.values():
        if not field.name.startswith("GGUF."):
            assert ours.metadata.values[field.name] == pytest.approx(field.contents())
    assert [*ours.tensors] == [t.name for t in theirs.tensors]
    for theirs_one in theirs.tensors:
        one = ours.tensors[theirs_one.name]
        assert (one.kind, one.size) == (theirs_one.tensor_type, theirs_one.n_bytes)
        assert one.shape == tuple(theirs_one.shape.tolist()[::-1])
        assert np.array_equal(one.rows().reshape(-1), theirs_one.data.view(np.uint8).reshape(-1))


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", MorrisError, "is empty"),
        (b"GG", MorrisError, "is damaged"),
        (b"ggml" + header()[4:], MorrisError, "not a GGUF file"),
        (header(version=1), RefusedError, "version 1"),
        (header(version=3 << 24), RefusedError, "big-endian"),
        (header(tensors=1 << 60), MorrisError, "claims 1,152,921,504,606,846,976 tensors"),
        (header(values=1 << 40), MorrisError, "metadata values"),
        (header(values=1) + struct.pack("<Q", 1 << 62), MorrisError, "would end at byte"),
        (header(values=1) + text("k") + struct.pack("<I", 77), MorrisError, "unknown type 77"),
        (
            header(values=1) + text("k") + struct.pack("<IIQ", ARRAY, UINT8, 1 << 50),
            MorrisError,
            "items",
        ),
        (header(values=1) + text("k") + struct.pack("<IIQ", ARRAY, ARRAY, 1), MorrisError, "lists"),
        (header(values=2) + 2 * (text("k") + struct.pack("<IB", 7, 1)), MorrisError, "twice"),
        (
            header(values=1) + text("k") + struct.pack("<IQ", STRING, 1) + b"\xff",
            MorrisError,
            "not UTF-8",
        ),
        (
            header(values=1) + text("general.alignment") + struct.pack("<II", 4, 24),
            MorrisError,
            "not a power of two",
        ),
        (header(tensors=1) + tensor(shape=(1,) * 5), MorrisError, "5 dimensions"),
        (header(tensors=1) + tensor(kind=4), RefusedError, "number 4"),
        (header(tensors=1) + tensor(shape=(33,), kind=8), MorrisError, "whole number of blocks"),
        (header(tensors=1) + tensor(shape=(1 << 40, 1 << 40)), MorrisError, "'a' would take bytes"),
        (header(tensors=1) + tensor(place=1 << 63), MorrisError, "'a' would take bytes"),
        (header(tensors=1) + tensor(place=7) + bytes(999), MorrisError, "'a' would take bytes"),
        (header(tensors=2) + 2 * tensor() + bytes(999), MorrisError, "same name"),
        (header(tensors=2) + tensor() + tensor("b", place=64) + bytes(999), MorrisError, "overlap"),
    ],
)
def test_an_impossible_header_is_refused_with_the_reason(tmp_path, content, error, message):
    file = tmp_path / "x.gguf"
    file.write_bytes(content)
    with pytest.raises(error, match=message) as caught:
        read_gguf(file)
    assert type(caught.value) is error and str(file) in str(caught.value)


def test_lists_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bytes_reader, "MOST_ITEMS", 100)
    file = tmp_path / "x.gguf"
    entry = struct.pack("<IIQ", ARRAY, UINT8, 60) + bytes(60)
    file.write_bytes(header(values=2) + text("a") + entry + text("b") + entry)
    with pytest.raises(MorrisError, match="in all lists, 100"):
        read_gguf(file)
    monkeypatch.setattr(bytes_reader, "MOST_BYTES", 90)
    with pytest.raises(MorrisError, match="more than 90 bytes"):
        read_gguf(file)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"general.type": "adapter"}, "a LoRA adapter .*, not a language model"),
        ({"general.type": "mmproj"}, "of the type 'mmproj' .*, not a language model"),
        ({"general.architecture": "mamba"}, "architecture 'mamba'"),
        ({"llama.expert_count": 8}, "mixture of experts"),
        ({"llama.rope.dimension_count": 8}, "rotates 8 of the 16 values"),
        ({"llama.attention.value_length": 8}, "heads of sizes"),
        ({"llama.rope.scaling.type": "longrope", "llama.rope.scaling.factor": 2.0}, "longrope"),
    ],
)
def test_a_model_that_cannot_be_converted_is_refused_with_the_reason(tmp_path, changes, message):
    toy = make_toy("llama", layers=1)
    toy.values |= changes
    with pytest.raises(RefusedError, match=message):
        read_source(toy.write(tmp_path / "x.gguf"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"llama.block_count": 1_000_000_000}, "claims 1,000,000,000 blocks"),
        ({"llama.embedding_length": 1 << 30}, "do not fit the tensor token_embd.weight"),
        ({"llama.feed_forward_length": 7}, "do not fit the tensor blk.0.ffn_down"),
        ({"llama.attention.head_count": 1 << 20}, "do not fit the tensor blk.0.attn_output"),
        ({"llama.attention.head_count_kv": 4}, "blk.0.attn_k.weight has 32 rows"),
        ({"llama.context_length": 0}, "context_length is '0'"),
        ({"llama.rope.freq_base": float("nan")}, "freq_base is 'nan'"),
        ({"llama.attention.layer_norm_rms_epsilon": "small"}, "epsilon is 'small'"),
        ({"llama.attention.layer_norm_rms_epsilon": 0.0}, "epsilon is '0.0'; .* above 0"),
        ({"llama.feed_forward_length": [64, 96]}, "differs between the blocks"),
    ],
)
def test_sizes_that_the_tensors_contradict_are_named(tmp_path, changes, message):
    toy = make_toy("llama", layers=1)
    toy.values |= changes
    with pytest.raises(MorrisError, match=message):
        read_source(toy.write(tmp_path / "x.gguf"))


def test_a_gemma_without_the_base_of_its_positions_is_refused(tmp_path):
    toy = make_toy("gemma3")
    del toy.values["gemma3.rope.freq_base"]
    with pytest.raises(MorrisError, match=r"gemma3\.rope\.freq_base is missing"):
        read_source(toy.write(tmp_path / "x.gguf"))


def test_missing_spare_and_misshaped_tensors_are_named(tmp_path):
    toy = make_toy("llama", layers=1)
    norm = toy.tensors.pop("blk.0.ffn_norm.weight")
    with pytest.raises(MorrisError, match="lacks the tensor for model"):
        read_source(toy.write(tmp_path / "x.gguf"))
    toy.tensors["blk.0.ffn_norm.weight"] = norm[:32]
    with pytest.raises(MorrisError, match=r"ffn_norm.weight has the shape \[32\]"):
        read_source(toy.write(tmp_path / "x.gguf"))
    toy.tensors |= {"blk.0.ffn_norm.weight": norm, "blk.0.ssm_conv.weight": norm}
    with pytest.raises(RefusedError, match="ssm_conv"):
        read_source(toy.write(tmp_path / "x.gguf"))
    del toy.tensors["blk.0.ssm_conv.weight"]
    toy.tensors["blk.0.attn_q_norm.weight"] = norm
    with pytest.raises(RefusedError, match="attn_q_norm"):
        read_source(toy.write(tmp_path / "x.gguf"))


def test_a_split_model_is_read_whole_from_any_of_its_parts(tmp_path):
    toy = make_toy("llama", layers=1)
    names = [tmp_path / f"toy-0000{number}-of-00002.gguf" for number in (1, 2)]
    whole = dict(toy.tensors)
    shared = {"split.count": 2, "general.architecture": "llama"}
    first = {name: whole[name] for name in [*whole][:4]}
    toy.values |= {**shared, "split.no": 0}
    toy.tensors = first
    toy.write(names[0])
    toy.values = {**shared, "split.no": 1}
    toy.tensors = {name: array for name, array in whole.items() if name not in first}
    toy.write(names[1])
    for name in names:
        assert {*read_source(name).model.file.tensors} == {*whole}
    swapped = names[1].read_bytes()
    names[1].write_bytes(names[0].read_bytes())
    with pytest.raises(MorrisError, match="is not part 2"):
        read_gguf(names[0])
    names[1].unlink()
    with pytest.raises(MissingError, match="lacks toy-00002-of-00002"):
        read_gguf(names[0])
    alone = tmp_path / "renamed.gguf"
    alone.write_bytes(swapped)
    with pytest.raises(MorrisError, match="does not say which one"):
        read_gguf(alone)


def test_a_damaged_file_is_read_or_refused_in_words(toy_file, tmp_path):
    whole, chance, refused = toy_file.read_bytes(), random.Random(1), 0
    file = tmp_path / "x.gguf"
    for number in range(150):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(chance.choice((1, 3))):
                data[chance.randrange(12_000)] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        try:
            read_source(file)
        except MorrisError as error:
            refused += 1
            assert str(file) in str(error)
    assert refused > 50
