"""Stores of Ollama and LM Studio with small files, and a digest to detect any change."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

LLAMA = {
    "general.architecture": "llama",
    "general.file_type": 2,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.block_count": 2,
    "llama.feed_forward_length": 128,
    "llama.context_length": 512,
}
TOKENS = "tokenizer.ggml.tokens"


def packed_text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_bytes(values: dict[str, object] = LLAMA, tokens: int = 300) -> bytes:
    """Return a GGUF file that ends after its header, with an array before the needed values."""
    parts = [packed_text("general.tags"), struct.pack("<IIQ", 9, 8, 2)]
    parts += [packed_text("a"), packed_text("b")]
    for key, value in values.items():
        parts.append(packed_text(key))
        if isinstance(value, str):
            parts.append(struct.pack("<I", 8) + packed_text(value))
        else:
            parts.append(struct.pack("<II", 4, value))
    parts.append(packed_text(TOKENS) + struct.pack("<IIQ", 9, 8, tokens))
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(values) + 2) + b"".join(parts)


def blob_name(data: bytes) -> str:
    return f"sha256-{hashlib.sha256(data).hexdigest()}"


def add_to_ollama(
    store: Path,
    name: str = "registry.ollama.ai/library/toy/1b",
    data: bytes = b"",
    config: dict[str, object] | None = None,
    more: tuple[str, ...] = (),
) -> Path:
    """Add a model to a store as Ollama keeps it; return the path of its weights."""
    data = data or gguf_bytes()
    described = json.dumps(config or {"model_family": "llama", "file_type": "Q4_0"}).encode()
    (store / "blobs").mkdir(parents=True, exist_ok=True)
    for content in (data, described):
        (store / "blobs" / blob_name(content)).write_bytes(content)
    layer = {"digest": blob_name(data).replace("-", ":"), "size": len(data)}
    layers = [{"mediaType": f"application/vnd.ollama.image.{kind}", **layer} for kind in more]
    layers.insert(0, {"mediaType": "application/vnd.ollama.image.model", **layer})
    manifest = store / "manifests" / name
    manifest.parent.mkdir(parents=True, exist_ok=True)
    entry = {"digest": blob_name(described).replace("-", ":"), "size": len(described)}
    manifest.write_text(json.dumps({"schemaVersion": 2, "config": entry, "layers": layers}))
    return store / "blobs" / blob_name(data)


def tree_digest(folder: Path) -> str:
    """The digest of names, kinds, modes, times and contents of everything below a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        total.update(f"{path} {state.st_mode} {state.st_mtime_ns} {state.st_size}\n".encode())
        if path.is_file() and not path.is_symlink():
            total.update(path.read_bytes())
    return total.hexdigest()
