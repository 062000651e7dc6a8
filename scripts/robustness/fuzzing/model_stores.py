"""Fuzzing of model stores of other programs, GGUF headers, tokenizers, and names for --model."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from fuzzing.artefacts import value
from fuzzing.target import Target, require_type, written
from morris_mlx.errors import MissingError
from morris_mlx.models.names import ModelName, parse_model_name
from morris_mlx.models.sentencepiece_model import TOKENIZER_MODEL, tokenizer_file
from morris_mlx.models.stores.gguf_header import GGUFHeader, read_gguf_header
from morris_mlx.models.stores.gguf_shape import shape_of_gguf
from morris_mlx.models.stores.hub import list_hub
from morris_mlx.models.stores.lm_studio import list_lm_studio, lm_studio_stores
from morris_mlx.models.stores.ollama import MODELS_VARIABLE, list_ollama
from morris_mlx.models.stores.record import StoredModel

NAME = "model.gguf"
WEIGHTS = b"GGUF"
BLOB = "sha256-" + 64 * "0"


def header(data: bytes, folder: Path) -> None:
    """Read the header of a GGUF file and the shape in it."""
    found = read_gguf_header(written(folder, NAME, data))
    require_type(found.architecture, str)
    require_type(found.vocabulary, int)
    assert isinstance(found, GGUFHeader)
    shape_of_gguf(found)


def headers() -> Sequence[bytes]:
    def text(words: str) -> bytes:
        return struct.pack("<Q", len(words)) + words.encode()

    sizes = ("embedding_length", "block_count", "feed_forward_length", "attention.head_count")
    parts = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    parts += [text(f"llama.{size}") + struct.pack("<II", 4, 64) for size in sizes]
    parts += [text("general.tags") + struct.pack("<IIQ", 9, 8, 1) + text("x")]
    parts += [text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 300)]
    return [b"GGUF" + struct.pack("<IQQ", 3, 0, len(parts)) + b"".join(parts)]


def manifest(data: bytes, folder: Path) -> None:
    """Read a manifest of Ollama; a fault in it is reported for its model only."""
    written(folder, "manifests/registry.ollama.ai/library/toy/1b", data)
    written(folder, f"blobs/{BLOB}", WEIGHTS)
    with patch.dict(os.environ, {MODELS_VARIABLE: str(folder)}):
        [model] = list_ollama()
    require_type(model, StoredModel)
    assert model.name == "ollama:toy:1b"


def settings(data: bytes, folder: Path) -> None:
    """Read LM Studio's settings; if they are damaged, its usual folder is used."""
    written(folder, ".lmstudio/settings.json", data)
    written(folder, ".lmstudio/models/anna/toy/x.gguf", WEIGHTS)
    with patch.dict(os.environ, {"HOME": str(folder)}):
        assert folder.resolve() / ".lmstudio" / "models" in lm_studio_stores()
        names = [model.name for model in list_lm_studio()]
    assert "lmstudio:anna/toy" in names


def tokenizer(data: bytes, folder: Path) -> None:
    """Convert a tokenizer.model into a tokenizer.json in the cache."""
    source = folder / "model"
    written(source, TOKENIZER_MODEL, data)
    written(source, "added_tokens.json", b'{"<|im_end|>": 5}')
    with patch.dict(os.environ, {"MORRIS_CACHE": str(folder / "cache")}):
        made = tokenizer_file(source, "tokenizer.json")
    assert "vocab" in json.loads(made.read_bytes())["model"]


def tokenizers() -> Sequence[bytes]:
    def message(field: int, data: bytes) -> bytes:
        return bytes([field << 3 | 2, len(data)]) + data

    pieces = [message(1, text) + b"\x15\0\0\x80\xbf" for text in (b"a", b"b", b"ab")]
    unknown = message(1, b"<unk>") + b"\x18\x02"
    trainer = message(2, b"\x18\x02\x98\x02\x01")  # BPE with byte fallback
    return [b"".join(message(1, p) for p in (unknown, *pieces)) + trainer + message(3, b"\x20\0")]


def branch(data: bytes, folder: Path) -> None:
    """Read the commit of a branch in the Hugging Face cache, which has only another commit."""
    written(folder, "models--anna--toy/refs/main", data)
    written(folder, "models--anna--toy/snapshots/abc/toy.gguf", WEIGHTS)
    with patch("huggingface_hub.constants.HF_HUB_CACHE", str(folder)):
        [model] = list_hub()
    require_type(model, StoredModel)


def name(data: bytes, folder: Path) -> None:
    """Parse a name for --model, which is recognized or answered with advice."""
    try:
        require_type(parse_model_name(data.decode("utf-8", "surrogateescape")), ModelName)
    except MissingError as error:
        str(error).encode("utf-8")  # printable


NAMES = (b"owner/name", b"https://huggingface.co/owner/name", b"ollama:toy:1b", b"lmstudio:a/b")
LAYER = {"mediaType": "application/vnd.ollama.image.model", "size": len(WEIGHTS)}
MANIFESTS = value(
    {"layers": [LAYER | {"digest": f"sha256:{64 * '0'}"}], "config": {"digest": BLOB}},
    {"layers": [LAYER | {"digest": f"sha256:{64 * '1'}"}]},
)
TARGETS = (
    Target("gguf-header", headers, header, place=NAME, tokens=(b"\x09\0\0\0",)),
    Target("ollama", MANIFESTS, manifest, tokens=(b"../", b"sha256:")),
    Target("lm-studio", value({"downloadsFolder": "/nowhere"}, {}), settings),
    Target("hub-branch", lambda: (b"abc", b"gone"), branch, tokens=(b"../", b"/")),
    Target("tokenizer-model", tokenizers, tokenizer, place=TOKENIZER_MODEL),
    Target("model-name", lambda: NAMES, name, tokens=(b"://", b":", b"\xff", b"[")),
)
