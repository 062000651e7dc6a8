"""The tokenizer of a GGUF file as the files of a Hugging Face model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morris_mlx.convert.gguf.metadata import Metadata
from morris_mlx.convert.gguf.pre_tokenizers import PRE_TOKENIZERS, PreTokenizer, byte_level
from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.files import write_json
from morris_mlx.models.chat_tokenizer import TOKENIZER_CONFIG, TOKENIZER_FILE
from morris_mlx.models.sentencepiece import (
    check_pieces,
    merges_by_score,
    sentencepiece_decoder,
    sentencepiece_normalizer,
)
from morris_mlx.models.sentencepiece_model import PieceKind

GENERATION_CONFIG = "generation_config.json"
PREFIX = "tokenizer.ggml"
BYTE_LEVEL, SENTENCEPIECE = "gpt2", "llama"  # values of tokenizer.ggml.model
TEMPLATE = "tokenizer.chat_template"
END_KEYS = ("eos_token_id", "eot_token_id", "eom_token_id")
# End-of-turn tokens of several families, for files that name only the end of a text. A reply ends
# at each of them.
TURN_ENDS = {
    *("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>"),
    *("<|end_of_text|>", "<|end_of_turn|>", "<EOT>", "< EOT >"),
}
# Phi-3's other tokens absorb the white space after them. GGUF cannot express this, so llama.cpp has
# the same exception.
PHI3_EXACT = ("<unk>", "<s>", "<|endoftext|>")
MOST_TOKENS = 1_000_000  # the largest vocabularies have 262,144


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens of a file in the order of their numbers, and the numbers of the special ones."""

    metadata: Metadata
    tokens: tuple[str, ...]
    kinds: tuple[int, ...]

    def number(self, name: str) -> int | None:
        """Return the number of a special token, such as `bos_token_id`, or None without one."""
        key = f"{PREFIX}.{name}"
        if not self.metadata.has(key):
            return None
        number = self.metadata.integer(key)
        if not 0 <= number < len(self.tokens):
            raise self.metadata.wrong(key, f"the number of a token, below {len(self.tokens):,}")
        return number

    def token(self, name: str) -> str | None:
        """Return the text of a special token, or None without one."""
        number = self.number(name)
        return None if number is None else self.tokens[number]

    @property
    def end_numbers(self) -> list[int]:
        """The numbers of all tokens that end a text or a turn; the named ones come first."""
        named = [self.number(key) for key in END_KEYS]
        control = (PieceKind.CONTROL, PieceKind.USER_DEFINED)
        known = [
            number
            for number, (token, kind) in enumerate(zip(self.tokens, self.kinds, strict=True))
            if kind in control and token in TURN_ENDS
        ]
        return list(dict.fromkeys(n for n in (*named, *known) if n is not None))


def read_vocabulary(metadata: Metadata, rows: int) -> Vocabulary:
    """Read the tokens of a file.

    Args:
        metadata: The metadata of the file.
        rows: The number of rows of the embedding, which each have a token.

    Raises:
        RefusedError: The tokenizer or its pre-tokenizer is not known.
        MorrisError: The values contradict each other.
    """
    model = metadata.text(f"{PREFIX}.model")
    if model not in (BYTE_LEVEL, SENTENCEPIECE):
        raise RefusedError(
            f"{metadata.path} has a tokenizer of the type {model[:60]!r}. Morris converts only "
            f"{BYTE_LEVEL} (byte-level BPE) and {SENTENCEPIECE} (SentencePiece). Use another model."
        )
    if model == BYTE_LEVEL:
        find_pre_tokenizer(metadata)
    tokens = metadata.items(f"{PREFIX}.tokens", str)
    kinds = metadata.items(f"{PREFIX}.token_type", int, [int(PieceKind.NORMAL)] * len(tokens))
    if len(tokens) != rows or len(kinds) != rows or rows > MOST_TOKENS:
        raise MorrisError(
            f"{metadata.path} is damaged: it has {len(tokens):,} tokens, {len(kinds):,} types of "
            f"tokens and {rows:,} rows of the embedding. Get the file again."
        )
    if not set(kinds) <= set(PieceKind):
        raise metadata.wrong(f"{PREFIX}.token_type", "a list of types from 1 to 6")
    return Vocabulary(metadata, tuple(tokens), tuple(kinds))


def find_pre_tokenizer(metadata: Metadata) -> PreTokenizer:
    """Return the pre-tokenizer of a file. Raises RefusedError for an unknown one."""
    key = f"{PREFIX}.pre"
    if not metadata.has(key):
        raise RefusedError(
            f"{metadata.path} does not name its pre-tokenizer ({key}), because it was made before "
            "May 2024, so texts cannot be split into its tokens. Get a newer file of the model."
        )
    name = metadata.text(key)
    if name not in PRE_TOKENIZERS:
        raise RefusedError(
            f"{metadata.path} names the pre-tokenizer {name[:60]!r} ({key}), which Morris does not "
            "know, so it would split texts wrongly. Use the model's Hugging Face repository."
        )
    return PRE_TOKENIZERS[name]


def write_tokenizer(vocabulary: Vocabulary, folder: Path, window: int) -> None:
    """Write tokenizer.json, tokenizer_config.json and generation_config.json.

    `window` is the largest number of tokens that the model reads. Raises MorrisError for a
    tokenizer that cannot be built.
    """
    content = json.dumps(tokenizer_json(vocabulary), ensure_ascii=False)
    (folder / TOKENIZER_FILE).write_text(content, encoding="utf-8")
    write_json(folder / TOKENIZER_CONFIG, tokenizer_config(vocabulary, window))
    write_json(folder / GENERATION_CONFIG, generation_config(vocabulary))


def tokenizer_json(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the content of tokenizer.json."""
    metadata = vocabulary.metadata
    parts = (
        _byte_level(vocabulary)
        if metadata.text(f"{PREFIX}.model") == BYTE_LEVEL
        else _sentencepiece(vocabulary)
    )
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(vocabulary),
        **parts,
    }


def _byte_level(vocabulary: Vocabulary) -> dict[str, Any]:
    metadata = vocabulary.metadata
    pre_tokenizer = find_pre_tokenizer(metadata)
    add_bos = metadata.flag(f"{PREFIX}.add_bos_token", default=pre_tokenizer.add_bos)
    return {
        "normalizer": {"type": "NFC"} if pre_tokenizer.composes else None,
        "pre_tokenizer": pre_tokenizer.as_json(),
        "post_processor": _post_processor(vocabulary, add_bos),
        "decoder": byte_level(use_regex=False),
        "model": _model(
            vocabulary,
            merges=_stored_merges(vocabulary),
            ignore_merges=pre_tokenizer.whole_words,
        ),
    }


def _stored_merges(vocabulary: Vocabulary) -> list[tuple[str, ...]]:
    key, known = f"{PREFIX}.merges", set(vocabulary.tokens)
    merges = [tuple(m.split(" ")) for m in vocabulary.metadata.items(key, str)]
    for merge in merges:
        if len(merge) != 2 or not {*merge, "".join(merge)} <= known:
            raise MorrisError(
                f"{vocabulary.metadata.path} is damaged: {' '.join(merge)[:60]!r} in {key} does "
                "not join two tokens to a third. Get the file again."
            )
    return merges


def _sentencepiece(vocabulary: Vocabulary) -> dict[str, Any]:
    metadata = vocabulary.metadata
    prefix = metadata.flag(f"{PREFIX}.add_space_prefix", default=True)
    scores = metadata.items(f"{PREFIX}.scores", float)
    if len(scores) != len(vocabulary.tokens):
        raise metadata.wrong(f"{PREFIX}.scores", "one number for each token")
    try:
        check_pieces(vocabulary.tokens, scores)
    except ValueError as error:
        raise MorrisError(f"{metadata.path} is damaged: {error}. Get the file again.") from None
    merged = (PieceKind.NORMAL, PieceKind.USER_DEFINED)
    pieces = {
        token: score
        for token, score, kind in zip(vocabulary.tokens, scores, vocabulary.kinds, strict=True)
        if kind in merged
    }
    add_bos = metadata.flag(f"{PREFIX}.add_bos_token", default=True)
    return {
        "normalizer": sentencepiece_normalizer(prefix),
        "pre_tokenizer": None,
        "post_processor": _post_processor(vocabulary, add_bos),
        "decoder": sentencepiece_decoder(prefix),
        "model": _model(
            vocabulary,
            merges=merges_by_score(pieces),
            byte_fallback=True,
            fuse_unk=True,
            unk_token=vocabulary.token("unknown_token_id"),
        ),
    }


def _model(vocabulary: Vocabulary, merges: list[tuple[str, ...]], **values: Any) -> dict[str, Any]:
    numbers = {token: number for number, token in enumerate(vocabulary.tokens)}
    if len(numbers) != len(vocabulary.tokens):
        raise MorrisError(
            f"{vocabulary.metadata.path} is damaged: two of its tokens have the same text. Get the "
            "file again."
        )
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        **values,
        "vocab": numbers,
        "merges": [list(merge) for merge in merges],
    }


def _added_tokens(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """Return the tokens that are matched in a text before the others."""
    added = (PieceKind.CONTROL, PieceKind.USER_DEFINED, PieceKind.UNKNOWN)
    values = vocabulary.metadata
    takes_spaces = (
        values.text("general.architecture") == "phi3"
        and values.text(f"{PREFIX}.model") == SENTENCEPIECE
    )
    return [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": takes_spaces and token not in PHI3_EXACT,
            "normalized": False,
            "special": kind != PieceKind.USER_DEFINED,
        }
        for number, (token, kind) in enumerate(
            zip(vocabulary.tokens, vocabulary.kinds, strict=True)
        )
        if kind in added and token
    ]


def _post_processor(vocabulary: Vocabulary, add_bos: bool) -> dict[str, Any] | None:
    """Return the step that puts BOS before a text, or None for a model without it."""
    number, token = vocabulary.number("bos_token_id"), vocabulary.token("bos_token_id")
    if not add_bos or number is None or token is None:
        return None
    text = {"Sequence": {"id": "A", "type_id": 0}}
    begin = {"SpecialToken": {"id": token, "type_id": 0}}
    second = [{kind: {**value, "type_id": 1}} for kind, value in (begin | text).items()]
    second[1]["Sequence"]["id"] = "B"
    return {
        "type": "TemplateProcessing",
        "single": [begin, text],
        "pair": [begin, text, *second],
        "special_tokens": {token: {"id": token, "ids": [number], "tokens": [token]}},
    }


def tokenizer_config(vocabulary: Vocabulary, window: int) -> dict[str, Any]:
    """Return the content of tokenizer_config.json."""
    metadata = vocabulary.metadata
    named = {
        "bos_token": vocabulary.token("bos_token_id"),
        "eos_token": vocabulary.token("eos_token_id"),
        "unk_token": vocabulary.token("unknown_token_id"),
        "pad_token": vocabulary.token("padding_token_id"),
    }
    template = metadata.text(TEMPLATE) if metadata.has(TEMPLATE) else None
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": window,
        **{name: token for name, token in named.items() if token is not None},
        **({"chat_template": template} if template else {}),
    }


def generation_config(vocabulary: Vocabulary) -> Mapping[str, Any]:
    """Return the content of generation_config.json: the tokens that begin and end a text."""
    ends = vocabulary.end_numbers
    named = {
        "bos_token_id": vocabulary.number("bos_token_id"),
        "eos_token_id": ends[0] if len(ends) == 1 else ends or None,
        "pad_token_id": vocabulary.number("padding_token_id"),
    }
    return {name: number for name, number in named.items() if number is not None}
