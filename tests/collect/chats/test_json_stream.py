"""Tests of the streaming JSON reader: any chunk size, invalid escapes, damage."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_exports import (
    collected,
    telegram_account,
    telegram_chat,
    telegram_message,
    telegram_text,
    write_telegram,
)

from morris_mlx.collect.chats import json_stream
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.errors import MorrisError

message = telegram_message


def chat(*messages, name="Ann", number=2, kind="personal_chat"):
    return telegram_chat(number, name, list(messages), kind)


def account(folder, *messages, **more):
    return write_telegram(folder, telegram_account([chat(*messages)], **more))


def test_a_file_cut_anywhere_is_refused(tmp_path):
    whole = telegram_text(
        telegram_account([chat(message(1, "user2", "Hi\x01."), message(2, "user1", "12 Яд 😀"))])
    ).encode()
    first = whole.index(b'"chats"') + 12
    for end in range(first, len(whole) - 1, 3):
        path = tmp_path / "cut.json"
        path.write_bytes(whole[:end])
        with pytest.raises(MorrisError, match=r"cut off|not UTF-8|not valid JSON"):
            collected(path)


def test_text_after_the_end_and_deep_nesting_are_refused(tmp_path):
    path = account(tmp_path, message(1, "user1", "x"))
    path.write_text(path.read_text() + "{}")
    with pytest.raises(MorrisError, match="has more text after the end"):
        collected(path)
    path.write_text('{"personal_information": ' + "[" * 200_000)
    with pytest.raises(MorrisError, match="nested too deeply"):
        collected(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab\\"x\x01\x1f41Я😀\n', max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\\x"), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(value=st.lists(VALUES, max_size=5), size=st.integers(1, 9))
def test_chunks_of_any_size_give_the_same_json(value, size):
    class Dripping(io.BytesIO):
        def read(self, _=-1):
            return super().read(size)

    stream = JsonStream(Dripping(telegram_text(value).encode()), "x")
    assert [stream.read_value() for _ in stream.iter_items()] == value
    stream.expect_end()
    skipping = JsonStream(Dripping(telegram_text({"a": value, "b": 1}).encode()), "x")
    kept = {}
    for key in skipping.iter_keys():
        if key == "a":
            skipping.skip_value()
        else:
            kept[key] = skipping.read_value()
    assert kept == {"b": 1}


def test_a_value_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(json_stream, "MAX_VALUE", 1000)
    monkeypatch.setattr(json_stream, "CHUNK_BYTES", 100)
    stream = JsonStream(io.BytesIO(b'["' + b"x" * 100_000), "x")
    with pytest.raises(MorrisError, match="far too large"):
        for _ in stream.iter_items():
            stream.read_value()
