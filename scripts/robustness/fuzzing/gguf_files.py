"""Fuzzing of GGUF files from untrusted sources, and of the stored list of their digests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from unittest.mock import patch

import gguf
import numpy as np

from fuzzing.artefacts import value
from fuzzing.target import Target, written
from morris_mlx.convert.gguf.converter import choose_precision, read_source, write_model
from morris_mlx.models.gguf_files import DIGESTS_FILE, find_gguf_conversion, gguf_file

NAME = "model.gguf"
HIDDEN, INNER, HEADS = 32, 32, 2
MATRICES = {
    "attn_q": (HIDDEN, HIDDEN),
    "attn_k": (HIDDEN, HIDDEN),
    "attn_v": (HIDDEN, HIDDEN),
    "attn_output": (HIDDEN, HIDDEN),
    "ffn_gate": (INNER, HIDDEN),
    "ffn_up": (INNER, HIDDEN),
    "ffn_down": (HIDDEN, INNER),
}
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
Kind = gguf.GGMLQuantizationType


def model(data: bytes, folder: Path) -> None:
    """Convert a file completely: a model that the header check accepts is also written."""
    path = written(folder, NAME, data)
    source = read_source(path)
    target = folder / "converted"
    target.mkdir()
    write_model(source, choose_precision(source, None), target, lambda done, total: None)


def models() -> Sequence[bytes]:
    return [seed("llama", "gpt2", Kind.Q4_0), seed("qwen3", "llama", Kind.Q8_0)]


@cache
def seed(architecture: str, tokenizer: str, kind: Kind) -> bytes:
    """Return a small model with one block."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / NAME
        writer = gguf.GGUFWriter(str(path), architecture)
        writer.add_block_count(1)
        writer.add_context_length(64)
        writer.add_embedding_length(HIDDEN)
        writer.add_feed_forward_length(INNER)
        writer.add_head_count(HEADS)
        writer.add_layer_norm_rms_eps(1e-5)
        tokens = add_tokenizer(writer, tokenizer)
        norms = ["attn_norm", "ffn_norm"]
        matrices = {f"blk.0.{name}": shape for name, shape in MATRICES.items()}
        matrices["token_embd"] = (tokens, HIDDEN)
        for name, shape in matrices.items():
            packed = gguf.quantize(np.full(shape, 0.5, np.float32), kind)
            writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
        for name in (*(f"blk.0.{norm}" for norm in norms), "output_norm"):
            writer.add_tensor(f"{name}.weight", np.ones(HIDDEN, np.float32))
        if architecture == "qwen3":
            for name in ("attn_q_norm", "attn_k_norm"):
                writer.add_tensor(f"blk.0.{name}.weight", np.ones(HIDDEN // HEADS, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


def add_tokenizer(writer: gguf.GGUFWriter, model: str) -> int:
    """Add a small tokenizer and return its number of tokens."""
    writer.add_tokenizer_model(model)
    if model == "gpt2":
        tokens, kinds = ["a", "b", "ab", "<end>"], [1, 1, 1, 3]
        writer.add_tokenizer_pre("qwen2")
        writer.add_token_merges(["a b"])
    else:
        tokens = ["<unk>", "a", "b", "ab", "<end>", *BYTE_TOKENS]
        kinds = [2, 1, 1, 1, 3] + [6] * len(BYTE_TOKENS)
        writer.add_token_scores([-float(number) for number in range(len(tokens))])
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_eos_token_id(tokens.index("<end>"))
    writer.add_chat_template("{{ messages }}")
    return len(tokens)


def digests(data: bytes, folder: Path) -> None:
    """Read the list in the cache, which is replaced if it is damaged."""
    path = written(folder, NAME, b"GGUF")
    written(folder / "converted", DIGESTS_FILE, data)
    with patch.dict(os.environ, {"MORRIS_CACHE": str(folder)}):
        found = gguf_file(str(path))
        assert found == path
        assert find_gguf_conversion(path) is None


KNOWN_FILES = value({f"/models/{NAME}": {"size_bytes": 4, "changed_ns": 5, "sha256": "0" * 64}})
TARGETS = (
    Target("gguf", models, model, place=NAME, tokens=(b"general.architecture", b"\x09\0\0\0")),
    Target("gguf-digests", KNOWN_FILES, digests),
)
