"""The content of a tokenizer.json: its digest, and the repair of a wrong decoder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders

BYTE_LEVEL = "ByteLevel"
# Neither affects the ids of a text: Morris renders without a post-processor and does the padding.
WITHOUT_EFFECT = ("post_processor", "padding", "truncation", "version")


def content_digest(file: Path) -> str:
    """Return a digest of the entries in a valid tokenizer.json that affect ids and texts.

    A copy that another program, such as `mlx_lm.convert`, has rewritten has the same digest.
    """
    values = json.loads(file.read_bytes())
    kept = {key: value for key, value in values.items() if key not in WITHOUT_EFFECT and value}
    model = dict(kept.get("model") or {})
    if isinstance(model.get("merges"), list):  # pairs, or in older files texts of two words
        model["merges"] = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    kept["model"] = {key: value for key, value in model.items() if value not in (None, False)}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def mend_decoder(tokenizer: Tokenizer, values: Mapping[str, Any]) -> None:
    """Give a byte-level tokenizer a byte-level decoder if it has another one.

    Some files of Mistral's tokenizers have the decoder of SentencePiece: "Hello!ĠHowĠcan".
    """
    if BYTE_LEVEL in _kinds(values.get("pre_tokenizer")) and BYTE_LEVEL not in _kinds(
        values.get("decoder")
    ):
        tokenizer.decoder = decoders.ByteLevel()


def _kinds(value: object) -> Iterator[str]:
    """Yield the types of a part of a tokenizer and of those in it."""
    if isinstance(value, Mapping):
        yield str(value.get("type"))
        for inner in value.values():
            yield from _kinds(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _kinds(inner)
