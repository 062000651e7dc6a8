"""Tests of the encoding of structure and contents."""

import pytest
from support.chat_models import QWEN_PATTERN, byte_level
from tokenizers import AddedToken, pre_tokenizers

from morris_mlx.models.text_encoder import Part, TextEncoder


def encoder(special=("<a>", "<b>"), guarded=()):
    return TextEncoder(byte_level({}, QWEN_PATTERN, special), guarded)


def test_structure_is_split_at_its_control_tokens():
    made = encoder()
    a, b = made.id_of("<a>"), made.id_of("<b>")
    assert made.split("<a>user\n<b><b>x") == [a, "user\n", b, b, "x"]
    assert made.split("") == []
    assert made.id_of("x") is None and made.id_of("<c>") is None


def test_white_space_that_a_token_absorbs_is_left_out():
    built = byte_level({}, QWEN_PATTERN, ())
    built.add_special_tokens(
        [
            AddedToken("<r>", special=True, normalized=False, rstrip=True),
            AddedToken("<l>", special=True, normalized=False, lstrip=True),
        ]
    )
    text = "x <r>\n y \n<l> z"
    expected = built.encode(text, add_special_tokens=False).ids
    made = TextEncoder(built, ())
    assert made.encode_structure(text) == expected
    right, left = made.id_of("<r>"), made.id_of("<l>")
    assert made.split(text) == ["x ", right, "y", left, " z"]


def test_a_text_joins_the_structure_after_it_but_not_the_one_before():
    """ "." and a line break may be one token; a prompt is always the beginning of its row."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {b".\n": 256, b"\nx": 257}
    made = TextEncoder(byte_level(ranks, "[^x]+|x", ("<a>",)), ())
    parts = (Part("q\n"), Part("x.", content=True), Part("\nreply\n"))
    prompt = made.encode_stretch(parts, after_token=True)
    assert [ids[:2] for ids, _ in prompt] == [[ord("q"), ord("\n")], [ord("x"), 256]]
    row = (*parts, Part("x", content=True, learned=True))
    assert made.encode_stretch(row, True) == [*prompt, ([ord("x")], True)]


@pytest.mark.parametrize("text", ["<a>", "x<a>", "<a>x", "<think>", "a <think>\n<b> z <a"])
def test_a_content_forms_no_control_token(text):
    built = byte_level({}, QWEN_PATTERN, ("<a>", "<b>"), ("<think>",))
    made = TextEncoder(built, ("<think>",))
    ids = made.encode_content(text)
    assert max(ids) < 256
    assert built.decode(ids) == text


@pytest.mark.parametrize("scheme", ["first", "always", "never"])
def test_a_text_after_a_control_token_has_the_ids_of_the_tokenizer_itself(scheme):
    built = byte_level({}, QWEN_PATTERN, ("<a>",))
    built.pre_tokenizer = pre_tokenizers.Metaspace("Ġ", prepend_scheme=scheme, split=False)
    expected = built.encode("<a>ab", add_special_tokens=False).ids
    made = TextEncoder(built, ())
    rendered = made.encode_stretch((Part("a"), Part("b", content=True)), after_token=True)
    assert [made.id_of("<a>"), *(i for ids, _ in rendered for i in ids)] == expected
