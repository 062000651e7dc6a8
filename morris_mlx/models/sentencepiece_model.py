"""Conversion of SentencePiece's tokenizer.model to tokenizer.json, for repositories without one.

The file is a protobuf message. Only the fields that a BPE tokenizer needs are read, by their
numbers in sentencepiece_model.proto.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.files import make_folder, morris_cache_folder, replacing
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.sentencepiece import (
    check_pieces,
    merges_by_score,
    sentencepiece_decoder,
    sentencepiece_normalizer,
)
from morris_mlx.models.working_repository import repository_hint

TOKENIZER_MODEL, ADDED_TOKENS = "tokenizer.model", "added_tokens.json"
MOST_BYTES = 64 << 20  # the largest of these files, Gemma's, has 4 MB
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # protobuf's wire types
# Numbers of fields: of the model, of a piece, of the trainer's and the normalizer's settings.
PIECE, TRAINER, NORMALIZER = 1, 2, 3
TEXT, SCORE, KIND = 1, 2, 3
MODEL_TYPE, BYTE_FALLBACK = 3, 35
CHARACTER_MAP, DUMMY_PREFIX, REMOVE_SPACES = 2, 3, 4
BPE = 2  # of MODEL_TYPE; 1 is a unigram model


class PieceKind(IntEnum):
    """The types of pieces; GGUF files number the types of their tokens alike."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True)
class SentencePieceModel:
    """A BPE model: its pieces by id, their scores and kinds, and how it treats spaces."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    kinds: tuple[int, ...]
    byte_fallback: bool
    prefix: bool


def tokenizer_file(folder: Path, name: str) -> Path:
    """Return the path of a model's tokenizer.json, named `name`.

    If the folder has only tokenizer.model, tokenizer.json is written into Morris's cache, and the
    folder is not changed. If the folder has neither, the path does not exist.

    Raises RefusedError for a tokenizer.model of another kind, MorrisError for a damaged one.
    """
    file, source = folder / name, folder / TOKENIZER_MODEL
    if file.exists() or not source.is_file():
        return file
    data, added = source.read_bytes(), _added_tokens(folder)
    key = hashlib.sha256(data + json.dumps(added, sort_keys=True).encode()).hexdigest()
    made = morris_cache_folder() / "tokenizers" / f"{key}.json"
    if not made.exists():
        label = model_label(folder)
        content = tokenizer_json(read_sentencepiece(data, label), added)
        make_folder(made.parent)
        with replacing(made) as temporary:
            temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return made


def _added_tokens(folder: Path) -> dict[str, int]:
    """Return the ids of the tokens that were added to the model's own, by their texts."""
    path = folder / ADDED_TOKENS
    try:
        values = json.loads(path.read_bytes()) if path.exists() else {}
        return {text: number for text, number in values.items() if type(number) is int}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise MorrisError(f"{path} is damaged ({error}). Get the model again.") from error


def read_sentencepiece(data: bytes, label: str) -> SentencePieceModel:
    """Read a tokenizer.model of the model `label`. Raises RefusedError and MorrisError."""
    try:
        return _read(data, label)
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise MorrisError(
            f"{TOKENIZER_MODEL} of {label} is damaged, or not SentencePiece's ({error}). "
            f"{repository_hint(label)}"
        ) from error


def _read(data: bytes, label: str) -> SentencePieceModel:
    if len(data) > MOST_BYTES:
        raise ValueError("it is too long")
    pieces, scores, kinds = [], [], []
    trainer: dict[int, Any] = {}
    normalizer: dict[int, Any] = {}
    for number, value in _fields(data):
        if number == PIECE:
            fields = dict(_fields(value))
            pieces.append(fields[TEXT].decode("utf-8"))
            scores.append(struct.unpack("<f", fields.get(SCORE, bytes(4)))[0])
            kinds.append(fields.get(KIND, PieceKind.NORMAL))
        elif number == TRAINER:
            trainer = dict(_fields(value))
        elif number == NORMALIZER:
            normalizer = dict(_fields(value))
    if not pieces or len(set(pieces)) < len(pieces):
        raise ValueError("it has no pieces, or two of the same text")
    check_pieces(pieces, scores)
    if trainer.get(MODEL_TYPE, 1) != BPE or normalizer.get(CHARACTER_MAP):
        raise RefusedError(
            f"{TOKENIZER_MODEL} of {label} is not a BPE model without normalization, and the model "
            f"has no tokenizer.json. {repository_hint(label)}"
        )
    if normalizer.get(REMOVE_SPACES, 1):
        raise RefusedError(
            f"{TOKENIZER_MODEL} of {label} removes spaces from texts, and the model has no "
            f"tokenizer.json. {repository_hint(label)}"
        )
    return SentencePieceModel(
        pieces=tuple(pieces),
        scores=tuple(scores),
        kinds=tuple(kinds),
        byte_fallback=bool(trainer.get(BYTE_FALLBACK, 0)),
        prefix=bool(normalizer.get(DUMMY_PREFIX, 1)),
    )


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each field of a message: an int, or bytes."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == BYTES:
            length, place = _varint(data, place)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"a field has the unknown type {wire}")
        if place + length > len(data):
            raise ValueError("it is cut off")
        yield number, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Return a number that is stored with seven bits per byte, and the place after it."""
    value = shift = 0
    while shift < 64:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise ValueError("a number is too long")


def tokenizer_json(model: SentencePieceModel, added: dict[str, int]) -> dict[str, Any]:
    """Return the content of a tokenizer.json; `added` are further tokens by their texts."""
    vocabulary = {piece: number for number, piece in enumerate(model.pieces)}
    kinds = dict(zip(model.pieces, model.kinds, strict=True))
    merged = (PieceKind.NORMAL, PieceKind.USER_DEFINED)
    scores = zip(model.pieces, model.scores, strict=True)
    special = (PieceKind.CONTROL, PieceKind.UNKNOWN, PieceKind.USER_DEFINED)
    tokens = {piece: number for piece, number in vocabulary.items() if kinds[piece] in special}
    unknown = next((p for p, kind in kinds.items() if kind == PieceKind.UNKNOWN), None)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            _added_token(text, number, kinds.get(text) != PieceKind.USER_DEFINED)
            for text, number in sorted((tokens | added).items(), key=lambda item: item[1])
        ],
        "normalizer": sentencepiece_normalizer(model.prefix),
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": sentencepiece_decoder(model.prefix),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": unknown,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": model.byte_fallback,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [
                list(merge)
                for merge in merges_by_score({p: s for p, s in scores if kinds[p] in merged})
            ],
        },
    }


def _added_token(text: str, number: int, special: bool) -> dict[str, Any]:
    return {
        "id": number,
        "content": text,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": special,
    }
