"""Decoders of the wrong kind, and digests of the content that affects ids."""

import json

from support.chat_models import QWEN_PATTERN, byte_level
from tokenizers import Tokenizer, decoders

from morris_mlx.models.tokenizer_file import content_digest, mend_decoder

RANKS = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"cd": 257}
TEXT = "Hello! How can I help?\nÉté 😀"


def test_a_sentencepiece_decoder_over_a_byte_level_vocabulary_is_repaired():
    """Some tokenizer files of Mistral have it, so that a reply was "Hello!ĠHowĠcan"."""
    built = byte_level({}, QWEN_PATTERN, ("</s>",))
    built.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback()])
    ids = built.encode(TEXT).ids
    assert "Ġ" in built.decode(ids)
    mend_decoder(built, json.loads(built.to_str()))
    assert built.decode(ids) == TEXT


def test_correct_decoders_are_kept(sentencepiece_folder):
    for text in (
        byte_level({}, QWEN_PATTERN, ("</s>",)).to_str(),
        (sentencepiece_folder / "tokenizer.json").read_text(),
    ):
        built = Tokenizer.from_str(text)
        mend_decoder(built, json.loads(text))
        assert built.to_str() == Tokenizer.from_str(text).to_str()


def test_the_digest_covers_what_affects_ids(tmp_path):
    values = json.loads(byte_level(RANKS, QWEN_PATTERN, ("</s>",)).to_str())

    def digest(**changes):
        path = tmp_path / "tokenizer.json"
        path.write_text(json.dumps(values | changes))
        return content_digest(path)

    assert digest() == digest(post_processor={"type": "x"}, padding=None, version="2")
    assert digest() == digest(**dict(reversed(values.items())))
    joined = [" ".join(pair) for pair in values["model"]["merges"]]
    assert digest() == digest(model=values["model"] | {"merges": joined, "dropout": None})
    assert digest() != digest(model=values["model"] | {"merges": joined[1:]})
    assert digest() != digest(normalizer={"type": "NFC"})
    assert digest() != digest(added_tokens=[])
