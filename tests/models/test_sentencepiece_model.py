"""A tokenizer.model without tokenizer.json gives the same ids as its tokenizer.json."""

import shutil
import struct

import pytest
from support.zephyr_tokenizer import sentencepiece_file
from tokenizers import Tokenizer

from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.sentencepiece_model import (
    BPE,
    PieceKind,
    read_sentencepiece,
    tokenizer_file,
)

pytestmark = pytest.mark.usefixtures("model_caches")
TEXTS = (
    "Hello there.",
    " two  spaces ",
    "Привет, мир! 12345",
    "naïve café – “quoted” 🙂\n\ttab",
    "</s> <s> [INST] <0x41>",
    "日本語 and العربية",
)


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def piece(text, score=0.0, kind=PieceKind.NORMAL):
    data = message(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score)
    return message(1, data + number(3, kind))


def model(*pieces, trainer=b"", normalizer=b""):
    unknown = piece("<unk>", kind=PieceKind.UNKNOWN)
    settings = message(2, number(3, BPE) + number(35, 1) + trainer)
    return unknown + b"".join(pieces) + settings + message(3, number(4, 0) + normalizer)


SMALL = model(piece("a", -1.0), piece("b", -2.0), piece("ab", -0.5), piece("▁", -3.0))


def test_the_ids_are_those_of_the_tokenizer_of_today(zephyr_folder, tmp_path):
    shutil.copy(sentencepiece_file(), tmp_path / "tokenizer.model")
    shutil.copy(zephyr_folder / "tokenizer_config.json", tmp_path)
    ours = Tokenizer.from_file(str(tokenizer_file(tmp_path, "tokenizer.json")))
    theirs = Tokenizer.from_file(str(zephyr_folder / "tokenizer.json"))
    for text in TEXTS:
        ids = ours.encode(text, add_special_tokens=False).ids
        assert ids == theirs.encode(text, add_special_tokens=False).ids, text
        assert ours.decode(ids) == theirs.decode(ids)
    assert not (tmp_path / "tokenizer.json").exists()
    chat, today = load_tokenizer(tmp_path), load_tokenizer(zephyr_folder)
    assert chat.count("A text.") == today.count("A text.")


def test_a_tokenizer_json_is_preferred_and_the_made_one_is_kept(tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(SMALL)
    made = tokenizer_file(tmp_path, "tokenizer.json")
    stamp = made.stat().st_mtime_ns
    assert tokenizer_file(tmp_path, "tokenizer.json") == made != tmp_path / "tokenizer.json"
    assert made.stat().st_mtime_ns == stamp
    shutil.copy(PRACTICE_FOLDER / "tokenizer.json", tmp_path)
    assert tokenizer_file(tmp_path, "tokenizer.json") == tmp_path / "tokenizer.json"


def test_added_tokens_are_included(tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(SMALL)
    (tmp_path / "added_tokens.json").write_text('{"<|im_end|>": 6, "<|im_start|>": 5}')
    built = Tokenizer.from_file(str(tokenizer_file(tmp_path, "tokenizer.json")))
    assert built.token_to_id("<|im_end|>") == 6
    assert built.encode("ab", add_special_tokens=False).tokens == ["▁", "ab"]


@pytest.mark.parametrize(
    ("data", "message_of_error"),
    [
        (SMALL[:7], "cut off"),
        (b"", "no pieces"),
        (b"IQ== 0\nIg== 1\n", r"tokenizer.model of .*instruct-v0.2-mlx is damaged"),
        (b"\xff" * 20, "too long"),
        (model(piece("a"), piece("a")), "two of the same text"),
        (model(message(1, number(3, 1))), "damaged"),
        (model(piece("a" * 1001)), "more than 1,000 characters"),
    ],
)
def test_a_damaged_file_is_named_with_a_repository_that_works(data, message_of_error, tmp_path):
    folder = tmp_path / "mistral-7b-instruct-v0.2-mlx"
    folder.mkdir()
    (folder / "tokenizer.model").write_bytes(data)
    with pytest.raises(MorrisError, match=message_of_error) as error:
        tokenizer_file(folder, "tokenizer.json")
    assert "Use mistralai/Mistral-7B-Instruct-v0.2, the repository of the same" in str(error.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (model(piece("a"), trainer=number(3, 1)), "not a BPE model"),
        (model(piece("a"), normalizer=message(2, b"x")), "not a BPE model"),
        (model(piece("a"), normalizer=number(4, 1)), "removes spaces"),
    ],
)
def test_a_model_of_another_kind_is_refused(data, reason):
    with pytest.raises(RefusedError, match=rf"{reason}.*Use the original repository"):
        read_sentencepiece(data, "owner/name")
