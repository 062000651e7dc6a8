"""Telegram's result.json with all that is odd about it, and JSON read in pieces."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_exports import (
    START,
    adds_up,
    collected,
    left_out,
    telegram_account,
    telegram_chat,
    telegram_message,
    telegram_text,
    turns,
    write_telegram,
)

from morris_mlx.collect.chats import json_stream
from morris_mlx.collect.chats.detect_format import find_exports
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.errors import MorrisError

message = telegram_message


def chat(*messages, name="Ann", number=2, kind="personal_chat"):
    return telegram_chat(number, name, list(messages), kind)


def account(folder, *messages, **more):
    return write_telegram(folder, telegram_account([chat(*messages)], **more))


def texts(found):
    return [text for c in turns(found) for _, burst in c for text in burst.split("\n\n")]


def test_one_chat_a_whole_account_and_lists_of_chats_are_read_alike(tmp_path):
    one = chat(message(1, "user2", "Hi."), message(2, "user1", "Yes?"))
    other = chat(message(1, "user3", "Ho."), message(2, "user1", "No."), name="Bo", number=3)
    whole = telegram_account([one], left_chats={"about": "…", "list": [other]})
    shapes = {
        "full export": whole,
        "list of chats": [one, other],
        "": {"about": "…", "chats": [one, other]},
        "x": {"list": [one, other]},
    }
    for number, (shape, value) in enumerate(shapes.items()):
        found = collected(write_telegram(tmp_path, value, f"{number}.json"))
        assert sorted(texts(found)) == ["Hi.", "Ho.", "No.", "Yes?"]
        assert shape in ("", "x") or found.summaries == (
            f"Telegram {shape}: 2 chats, 2 messages of yours",
        )
    found = collected(write_telegram(tmp_path, one))
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert found.summaries == ("Telegram chat: 1 chat, 1 message of yours",)


def test_keys_in_another_order_are_understood(tmp_path):
    value = chat(message(1, "user2", "Hi."), message(2, "user1", "Yes?"))
    path = tmp_path / "sorted.json"
    path.write_text(json.dumps(value, sort_keys=True))
    assert texts(collected(path)) == ["Hi.", "Yes?"]


def test_control_characters_that_are_no_json_are_repaired_and_that_is_said(tmp_path):
    said = "a\x01b\x1fc \\x41 \\\\ d"
    path = account(tmp_path, message(1, "user2", "Hi."), message(2, "user1", said))
    assert "\\x01" in path.read_text()
    with pytest.raises(ValueError, match="escape"):
        json.loads(path.read_text())
    found = collected(path)
    assert texts(found) == ["Hi.", "abc \\x41 \\\\ d"]
    assert any("4 control characters" in remark for remark in found.remarks)


def test_texts_of_parts_are_joined_and_quotations_left_out(tmp_path):
    parts = [
        "See ",
        {"type": "link", "text": "http://x.example"},
        " and ",
        {"type": "bold", "text": "mind"},
    ]
    entities = [{"type": "plain", "text": "Who said "}, {"type": "spoiler", "text": "that"}]
    quote = [{"type": "blockquote", "text": "Somebody else's words"}]
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "x", text=parts, text_entities=[]),
            message(2, "user1", "x", text_entities=[*quote, *entities]),
            message(3, "user1", "x", text_entities=quote),
            message(4, "user1", "http://only.example/a"),
            message(5, "user1", "x", text_entities=[{"type": "link", "text": "only.example/b"}]),
        )
    )
    assert texts(found) == ["See http://x.example and mind", "Who said that"]
    assert left_out(found) == {"only a quotation": 1, "only a link": 2}


def test_what_nobody_typed_is_left_out_by_reason_and_the_counts_add_up(tmp_path):
    bare = {"id": 5, "type": "unsupported"}
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "Hi."),
            message(2, "user1", "Forwarded.", forwarded_from="Someone"),
            message(3, "user1", "From one who is gone.", forwarded_from=None),
            message(4, "user1", "By a bot.", via_bot="@gif"),
            bare,
            message(6, "user1", "", type="service", action="phone_call", actor="Ivo"),
            message(7, "user1", "", media_type="sticker", sticker_emoji="🙂"),
            message(8, "user1", "A caption.", photo="photos/1.jpg"),
        )
    )
    assert texts(found) == ["Hi.", "A caption."]
    assert left_out(found) == {
        "forwarded": 2,
        "written by a bot": 1,
        "a kind of message that Telegram does not export": 1,
        "service message": 1,
        "no words (photo, sticker, voice message …)": 1,
    }
    assert adds_up(found) and found.funnel["messages"] == 8


def test_bots_channels_and_notes_to_oneself_are_no_conversations(tmp_path):
    chats = [
        chat(message(1, "user2", "Hi."), message(2, "user1", "Yes?")),
        chat(message(1, "user1", "/start"), number=3, kind="bot_chat"),
        chat(message(1, "channel4", "News."), number=4, kind="public_channel"),
        chat(message(1, "user1", "Buy milk."), number=1, kind="saved_messages"),
    ]
    found = collected(write_telegram(tmp_path, telegram_account(chats)))
    assert texts(found) == ["Hi.", "Yes?"]
    assert left_out(found) == {"written by a bot": 1, "in a channel": 1, "in notes to yourself": 1}


def test_the_writer_is_the_owner_of_the_saved_messages_or_not_the_one_the_chat_is_with(tmp_path):
    one = chat(message(1, "user2", "Hi."), message(2, "user7", "Yes?"))
    saved = chat(message(1, "user7", "Note."), number=7, kind="saved_messages")
    for value in ([one, saved], one):
        assert turns(collected(write_telegram(tmp_path, value)))[0][1] == ("assistant", "Yes?")


def test_accounts_that_are_deleted_and_old_bare_ids_are_people_too(tmp_path):
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "Gone since.", **{"from": None}),
            message(2, "user1", "Old.", from_id=1),
            message(3, "", "Nobody.", from_id=None, **{"from": None}),
        )
    )
    assert turns(found) == [[("user", "Gone since."), ("assistant", "Old."), ("user", "Nobody.")]]


def test_people_are_known_by_id_not_by_name(tmp_path):
    namesake = {"from": "Ivo Brandt"}
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "I have your name.", **namesake),
            message(2, "user1", "So you do.", **{"from": "Another name now"}),
        )
    )
    assert turns(found) == [[("user", "I have your name."), ("assistant", "So you do.")]]


def test_unix_time_counts_and_not_the_clock_on_the_wall(tmp_path):
    """At the end of summer time a wall clock shows an hour twice: local dates go backwards."""
    late = {"date": "2023-10-29T02:59:00"}
    early = {"date": "2023-10-29T02:01:00"}
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "Before.", START, **late),
            message(2, "user1", "After.", START + 120, **early),
            message(3, "user1", "Two minutes past a day.", START + 240 + 86_400),
        )
    )
    assert len(turns(found)) == 2
    old = message(1, "user1", "An old export.")
    del old["date_unixtime"]
    (tmp_path / "old").mkdir()
    assert collected(account(tmp_path / "old", old)).conversations[0].date == "2023-11-14T22:13:20"


def test_half_an_emoji_does_no_harm(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(telegram_account([chat(message(1, "user1", "ha \ud83d ha"))])))
    found = collected(path)
    assert texts(found) == ["ha ha"]
    "".join(texts(found)).encode("utf-8")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"text": 5, "text_entities": 0}, "neither a string nor a list"),
        ({"text_entities": [7]}, "a part that is not text"),
        ({"date_unixtime": "soon"}, "whose date cannot be read"),
        ({"date_unixtime": None, "date": None}, "whose date cannot be read"),
    ],
)
def test_wrong_types_are_named_with_their_place(tmp_path, damage, said):
    path = account(tmp_path, message(1, "user2", "Hi."), message(2, "user1", "x", **damage))
    with pytest.raises(MorrisError) as error:
        collected(path)
    text = str(error.value)
    assert (
        str(path) in text and "chat “Ann”, message 2" in text and "Export the chats again" in text
    )
    assert said in text


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ann", "type": "personal_chat", "id": 2, "messages": {}},
        {"name": "Ann", "type": "personal_chat", "id": 2, "messages": [1]},
        {"name": "Ann", "type": 5, "id": 2, "messages": []},
        telegram_account([5]),
        {"personal_information": 1, "chats": {"list": 5}},
    ],
)
def test_something_else_than_chats_and_messages_is_an_error_not_a_crash(tmp_path, value):
    with pytest.raises(MorrisError):
        collected(write_telegram(tmp_path, value))


def test_a_file_cut_anywhere_is_called_cut_and_never_read_as_whole(tmp_path):
    whole = telegram_text(
        telegram_account([chat(message(1, "user2", "Hi\x01."), message(2, "user1", "12 Яд 😀"))])
    ).encode()
    first = whole.index(b'"chats"') + 12
    for end in range(first, len(whole) - 1, 3):
        path = tmp_path / "cut.json"
        path.write_bytes(whole[:end])
        with pytest.raises(MorrisError, match=r"cut off|not UTF-8|not valid JSON"):
            collected(path)


def test_json_that_goes_on_or_is_nested_without_end_is_refused(tmp_path):
    path = account(tmp_path, message(1, "user1", "x"))
    path.write_text(path.read_text() + "{}")
    with pytest.raises(MorrisError, match="has more text after the end"):
        collected(path)
    path.write_text('{"personal_information": ' + "[" * 200_000)
    with pytest.raises(MorrisError, match="nested too deeply"):
        collected(path)


def test_json_of_another_kind_is_refused_by_name(tmp_path):
    path = tmp_path / "package.json"
    path.write_text('{"name": "x", "version": 1}')
    with pytest.raises(MorrisError, match=r"package\.json is JSON, but not a chat export"):
        find_exports(path)
    assert find_exports(tmp_path) == ([], set())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab\\"x\x01\x1f41Я😀\n', max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\\x"), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(value=st.lists(VALUES, max_size=5), size=st.integers(1, 9))
def test_json_in_pieces_of_any_size_is_the_same_json(value, size):
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


def test_a_single_value_of_endless_length_is_given_up(monkeypatch):
    monkeypatch.setattr(json_stream, "MAX_VALUE", 1000)
    monkeypatch.setattr(json_stream, "CHUNK_BYTES", 100)
    stream = JsonStream(io.BytesIO(b'["' + b"x" * 100_000), "x")
    with pytest.raises(MorrisError, match="far too large"):
        for _ in stream.iter_items():
            stream.read_value()
