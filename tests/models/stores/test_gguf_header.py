"""The header of a GGUF file: its values, and damaged or malicious files."""

import struct

import pytest
from support.model_stores import LLAMA, TOKENS, gguf_bytes, packed_text

from morris_mlx.errors import MorrisError
from morris_mlx.models.stores.gguf_header import read_gguf_header
from morris_mlx.models.stores.gguf_shape import shape_of_gguf


def test_the_header_has_family_precision_and_sizes(tmp_path):
    path = tmp_path / "x.gguf"
    path.write_bytes(gguf_bytes())
    header = read_gguf_header(path)
    assert (header.architecture, header.precision, header.vocabulary) == ("llama", "Q4_0", 300)
    shape = shape_of_gguf(header)
    assert (shape.hidden, shape.kv_heads, shape.head_dim, shape.bits) == (64, 2, 16, 4)
    assert (shape.layers, shape.intermediate, shape.vocabulary) == (2, 128, 300)


def test_a_quantization_that_mlx_lacks_is_counted_as_floats(tmp_path):
    path = tmp_path / "x.gguf"
    path.write_bytes(gguf_bytes(LLAMA | {"general.file_type": 15}))
    header = read_gguf_header(path)
    assert (header.precision, shape_of_gguf(header).bits) == ("Q4_K_M", 16)


def test_a_header_without_sizes_has_no_shape(tmp_path):
    path = tmp_path / "x.gguf"
    path.write_bytes(gguf_bytes({"general.architecture": "llama"}))
    assert shape_of_gguf(read_gguf_header(path)) is None


START = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not begin with GGUF"),
        (b"GGUF\x03", "cut off"),
        (gguf_bytes()[:90], "cut off"),
        (b"GGUF" + struct.pack("<IQQ", 99, 0, 1), "version 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "values are more"),
        (START + struct.pack("<Q", 2**62), "a text has"),
        (START + packed_text("k") + struct.pack("<I", 77), "unknown type 77"),
        (START + packed_text("k") + struct.pack("<IIQ", 9, 4, 2**61), "an array has"),
        (START + packed_text("k") + struct.pack("<IIQ", 9, 9, 1), "unknown type 9"),
        (START + packed_text(TOKENS) + struct.pack("<IIQ", 9, 8, 2**40), "tokens are more"),
    ],
)
def test_a_damaged_header_is_named(data, reason, tmp_path):
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(MorrisError, match=rf"x.gguf is not a GGUF file .*{reason}"):
        read_gguf_header(tmp_path / "x.gguf")
