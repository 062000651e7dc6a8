"""Tokenizers of GGUF files: the same tokens as llama.cpp's, and the settings beside them."""

import json
import unicodedata
from pathlib import Path

import mistral_common
import pytest
from support.awkward_texts import PIECES, awkward_texts
from support.gguf_toys import byte_level_tokens, make_toy, sentencepiece_tokens
from support.llama_cpp import llama_cpp
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers.models.qwen2 import tokenization_qwen2 as qwen2
from transformers.models.qwen3_5 import tokenization_qwen3_5 as qwen3_5

from morris_mlx.convert.gguf.file import read_gguf
from morris_mlx.convert.gguf.pre_tokenizers import PRE_TOKENIZERS
from morris_mlx.convert.gguf.tokenizer import read_vocabulary, write_tokenizer
from morris_mlx.errors import MorrisError, RefusedError

TEXTS = awkward_texts()


def convert(toy, folder):
    folder.mkdir(exist_ok=True)
    file = toy.write(folder / "toy.gguf")
    rows = len(toy.values["tokenizer.ggml.tokens"])
    write_tokenizer(read_vocabulary(read_gguf(file).metadata, rows), folder, 512)
    return file, Tokenizer.from_file(str(folder / "tokenizer.json"))


def differences(file, tokenizer, texts=TEXTS):
    with llama_cpp(file) as foreign:
        for text in texts:
            expected = foreign.tokenize(text)
            found = tokenizer.encode(text, add_special_tokens=False).ids
            if found != expected:
                yield text, [tokenizer.id_to_token(i) for i in expected], found


@pytest.fixture(scope="module")
def crossing_tokens():
    """A byte-level vocabulary with merges across words, so that every missing cut shows."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = BpeTrainer(
        vocab_size=3000,
        initial_alphabet=sorted(ByteLevel.alphabet()),
        show_progress=False,
        max_token_length=6,
    )
    tokenizer.train_from_iterator([a + b for a in PIECES for b in PIECES[::13]], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    letters = sorted(ByteLevel.alphabet())
    merges = [" ".join(merge) for merge in model["merges"]]
    return letters, merges


# llama.cpp takes every letter but a to z for a capital, and no combining mark for a part of a word.
# The models' own patterns, which are used here, do not.
APPROXIMATED = ("gpt-4o", "llama4", "tekken")


def is_cased_or_marked(text):
    foreign = [c for c in text if ord(c) > 127]
    return any(c != c.swapcase() or unicodedata.category(c)[0] == "M" for c in foreign)


@pytest.mark.parametrize("pre", sorted(PRE_TOKENIZERS))
def test_byte_level_tokens_equal_those_of_llama_cpp(tmp_path, crossing_tokens, pre):
    letters, merges = crossing_tokens
    plain = [*letters, *dict.fromkeys(merge.replace(" ", "") for merge in merges)]
    special = ["<|begin|>", "<|im_end|>", "<|im_start|>", "<own>"]
    tokens = byte_level_tokens(pre) | {
        "tokenizer.ggml.tokens": [*plain, *special],
        "tokenizer.ggml.token_type": [1] * len(plain) + [3, 3, 3, 4],
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.bos_token_id": len(plain),
        "tokenizer.ggml.eos_token_id": len(plain) + 1,
    }
    same = [name for name, known in PRE_TOKENIZERS.items() if known is PRE_TOKENIZERS[pre]]
    texts = TEXTS if pre == same[0] else TEXTS[::8]  # of another name for it, a sample
    if pre in APPROXIMATED:
        texts = [text for text in texts if not is_cased_or_marked(text)]
    file, tokenizer = convert(make_toy("llama", layers=1, tokens=tokens), tmp_path)
    if PRE_TOKENIZERS[pre].composes:
        texts = [unicodedata.normalize("NFC", text) for text in texts]
        assert tokenizer.encode("cafe\u0301").ids == tokenizer.encode("caf\u00e9").ids
    found = list(differences(file, tokenizer, texts))
    assert not found, found[:3]


SPECIAL = "tokenizer.ggml."


@pytest.mark.parametrize("prefix", [True, False])
def test_sentencepiece_tokens_equal_those_of_llama_cpp(tmp_path, prefix):
    tokens = sentencepiece_tokens() | {f"{SPECIAL}add_space_prefix": prefix}
    toy = make_toy("llama", layers=1, tokens=tokens)
    file, tokenizer = convert(toy, tmp_path)
    found = list(differences(file, tokenizer))
    assert not found, found[:3]
    for text in ("the привет and 123", "naïve 😀\n  two"):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tokens", "a" * 1001, "more than 1,000 characters"),
        ("scores", float("nan"), "not a number"),
    ],
)
def test_pieces_that_cannot_be_merged_are_refused(tmp_path, key, value, message):
    tokens = sentencepiece_tokens()
    tokens[SPECIAL + key][300] = value
    with pytest.raises(MorrisError, match=message):
        convert(make_toy("llama", layers=1, tokens=tokens), tmp_path)


def test_the_tokens_of_phi_3_absorb_the_white_space_after_them(tmp_path):
    tokens = sentencepiece_tokens()
    tokens[f"{SPECIAL}tokens"].append("<|endoftext|>")
    tokens[f"{SPECIAL}token_type"].append(3)
    tokens[f"{SPECIAL}scores"].append(0.0)
    toy = make_toy("phi3", layers=1, tokens=tokens)
    toy.values["general.name"] = "Phi-3 toy"  # by this, llama.cpp knows it
    file, tokenizer = convert(toy, tmp_path)
    found = list(differences(file, tokenizer))
    assert not found, found[:3]
    ids = [tokenizer.token_to_id(token) for token in ("<s>", "<|im_end|>", "▁the")]
    assert tokenizer.encode("<|im_end|>\n the").ids == ids


def test_bos_is_put_before_a_text_where_the_file_says_so(tmp_path):
    tokens = sentencepiece_tokens()
    _, tokenizer = convert(make_toy("llama", layers=1, tokens=tokens), tmp_path)
    assert tokenizer.encode("the").tokens == ["<s>", "▁the"]
    without = tokens | {f"{SPECIAL}add_bos_token": False}
    _, tokenizer = convert(make_toy("llama", layers=1, tokens=without), tmp_path)
    assert tokenizer.encode("the").tokens == ["▁the"]
    _, tokenizer = convert(make_toy("llama", layers=1), tmp_path)
    assert tokenizer.encode("the").tokens == ["the"]
    named = byte_level_tokens("llama-bpe")
    del named[f"{SPECIAL}add_bos_token"]  # Llama 3 has one all the same
    _, tokenizer = convert(make_toy("llama", layers=1, tokens=named), tmp_path)
    assert tokenizer.encode("the").tokens == ["<|begin|>", "the"]


def test_special_tokens_chat_template_and_all_end_ids_are_copied(tmp_path):
    tokens = byte_level_tokens()
    last = len(tokens[f"{SPECIAL}tokens"])
    tokens[f"{SPECIAL}tokens"] += ["<|eot_id|>", "<free>"]
    tokens[f"{SPECIAL}token_type"] += [3, 5]
    tokens[f"{SPECIAL}eos_token_id"] = tokens[f"{SPECIAL}bos_token_id"]
    tokens[f"{SPECIAL}eot_token_id"] = last - 3
    _, tokenizer = convert(make_toy("llama", layers=1, tokens=tokens), tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert config["bos_token"] == config["eos_token"] == "<|begin|>"
    assert config["chat_template"] == tokens["tokenizer.chat_template"]
    generation = json.loads((tmp_path / "generation_config.json").read_text())
    assert generation["eos_token_id"] == [last - 4, last - 3, last]
    added = {t.content: t.special for t in tokenizer.get_added_tokens_decoder().values()}
    assert added["<|im_start|>"] and not added["<own>"] and "<free>" not in added


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": "t5"}, RefusedError, "type 't5'"),
        ({"pre": "newest-bpe"}, RefusedError, "'newest-bpe'"),
        ({"pre": None}, RefusedError, "does not name its pre-tokenizer"),
        ({"merges": ["t h", "zz yy"]}, MorrisError, "'zz yy'"),
        ({"merges": ["t h e"]}, MorrisError, "'t h e'"),
        ({"bos_token_id": 999_999}, MorrisError, "bos_token_id is '999999'"),
        ({"token_type": [1, 2]}, MorrisError, "2 types"),
        (
            {"tokens": ["a", "aa"] * 150, "token_type": [1] * 300, "merges": ["a a"]},
            MorrisError,
            "same text",
        ),
    ],
)
def test_a_tokenizer_that_cannot_be_rebuilt_is_refused_with_the_reason(
    tmp_path, changes, error, message
):
    tokens = byte_level_tokens() | {SPECIAL + key: value for key, value in changes.items()}
    tokens = {key: value for key, value in tokens.items() if value is not None}
    with pytest.raises(error, match=message) as caught:
        convert(make_toy("llama", layers=1, tokens=tokens), tmp_path)
    assert type(caught.value) is error


@pytest.mark.parametrize(("pre", "module"), [("qwen2", qwen2), ("qwen35", qwen3_5)])
def test_qwen_is_cut_by_its_own_pattern_and_composed(pre, module):
    known = PRE_TOKENIZERS[pre]
    assert known.composes and known.patterns == (module.PRETOKENIZE_REGEX,)


def test_tekken_is_cut_by_its_own_pattern():
    folder = Path(mistral_common.__file__).parent / "data"
    file = json.loads(next(folder.glob("tekken*.json")).read_text())
    assert PRE_TOKENIZERS["tekken"].patterns == (file["config"]["pattern"],)
