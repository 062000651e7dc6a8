"""Tests of the Telegram parser: layouts of result.json, senders, dates, reasons to skip."""

import json

import pytest
from support.chat_exports import (
    START,
    adds_up,
    collected,
    left_out,
    telegram_account,
    telegram_chat,
    telegram_message,
    turns,
    write_telegram,
)

from morris_mlx.errors import MorrisError

message = telegram_message


def chat(*messages, name="Ann", number=2, kind="personal_chat"):
    return telegram_chat(number, name, list(messages), kind)


def account(folder, *messages, **more):
    return write_telegram(folder, telegram_account([chat(*messages)], **more))


def texts(found):
    return [text for c in turns(found) for _, turn_text in c for text in turn_text.split("\n\n")]


def test_a_chat_an_account_and_a_list_of_chats_are_read(tmp_path):
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


def test_keys_may_be_in_any_order(tmp_path):
    value = chat(message(1, "user2", "Hi."), message(2, "user1", "Yes?"))
    path = tmp_path / "sorted.json"
    path.write_text(json.dumps(value, sort_keys=True))
    assert texts(collected(path)) == ["Hi.", "Yes?"]


def test_invalid_escapes_are_repaired_with_a_note(tmp_path):
    said = "a\x01b\x1fc \\x41 \\\\ d"
    path = account(tmp_path, message(1, "user2", "Hi."), message(2, "user1", said))
    assert "\\x01" in path.read_text()
    with pytest.raises(ValueError, match="escape"):
        json.loads(path.read_text())
    found = collected(path)
    assert texts(found) == ["Hi.", "abc \\x41 \\\\ d"]
    assert any("4 control characters" in remark for remark in found.remarks)


def test_parts_of_a_text_are_joined_without_quotations(tmp_path):
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


def test_other_than_typed_messages_are_skipped_by_reason(tmp_path):
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


def test_bots_channels_and_saved_messages_are_skipped(tmp_path):
    chats = [
        chat(message(1, "user2", "Hi."), message(2, "user1", "Yes?")),
        chat(message(1, "user1", "/start"), number=3, kind="bot_chat"),
        chat(message(1, "channel4", "News."), number=4, kind="public_channel"),
        chat(message(1, "user1", "Buy milk."), number=1, kind="saved_messages"),
    ]
    found = collected(write_telegram(tmp_path, telegram_account(chats)))
    assert texts(found) == ["Hi.", "Yes?"]
    assert left_out(found) == {"written by a bot": 1, "in a channel": 1, "in notes to yourself": 1}


def test_the_owner_is_found_by_saved_messages_or_as_the_opposite_of_the_peer(tmp_path):
    one = chat(message(1, "user2", "Hi."), message(2, "user7", "Yes?"))
    saved = chat(message(1, "user7", "Note."), number=7, kind="saved_messages")
    for value in ([one, saved], one):
        assert turns(collected(write_telegram(tmp_path, value)))[0][1] == ("assistant", "Yes?")


def test_deleted_accounts_and_old_numeric_ids_are_read(tmp_path):
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "Gone since.", **{"from": None}),
            message(2, "user1", "Old.", from_id=1),
            message(3, "", "Nobody.", from_id=None, **{"from": None}),
        )
    )
    assert turns(found) == [[("user", "Gone since."), ("assistant", "Old."), ("user", "Nobody.")]]


def test_people_are_identified_by_id_not_by_name(tmp_path):
    namesake = {"from": "Ivo Brandt"}
    found = collected(
        account(
            tmp_path,
            message(1, "user2", "I have your name.", **namesake),
            message(2, "user1", "So you do.", **{"from": "Another name now"}),
        )
    )
    assert turns(found) == [[("user", "I have your name."), ("assistant", "So you do.")]]


def test_unix_time_is_used_in_place_of_local_time(tmp_path):
    # When summer time ends, an hour repeats and local dates go backwards.
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


def test_a_lone_surrogate_in_a_text_is_removed(tmp_path):
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
def test_an_error_names_the_chat_and_message_with_a_wrong_type(tmp_path, damage, said):
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
def test_invalid_chats_and_messages_are_refused(tmp_path, value):
    with pytest.raises(MorrisError):
        collected(write_telegram(tmp_path, value))


def test_an_unknown_chat_type_is_skipped_with_a_printable_note(tmp_path):
    messages = [message(n, f"user{n % 2 + 1}", "Yes, who else?") for n in range(4)]
    known = telegram_chat(2, "Ann", messages)
    odd = telegram_chat(3, "Bo", messages, "odd\ud800 \x1b[2J" + "x" * 300)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(telegram_account([known, odd])))
    found = collected(path)
    assert left_out(found) == {"in a chat of a type that Morris does not know": 4}
    (remark,) = [remark for remark in found.remarks if "chats of the type “odd" in remark]
    assert remark.isprintable() and len(remark) < 120


def test_a_lone_surrogate_in_a_chat_id_is_removed(tmp_path):
    messages = [message(n, f"user{n % 2 + 1}", "Yes, who else?") for n in range(4)]
    path = tmp_path / "result.json"
    path.write_text(json.dumps(telegram_account([telegram_chat("2\ud800", "Ann", messages)])))
    found = collected(path)
    assert found.conversations
    known = [(c.id, c.names) for contacts in found.people.values() for c in contacts]
    assert known and json.dumps(known, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("me", ["@ivom", "ivom", "Ivo Marsh"])
def test_the_writer_may_be_named_by_the_account_s_name_or_username(tmp_path, me):
    about = {"user_id": 1, "first_name": "Ivo", "last_name": "Marsh", "username": "@ivom"}
    messages = message(1, "user2", "Hi."), message(2, "user1", "Yes?")
    path = account(tmp_path, *messages, personal_information=about)
    assert turns(collected(path, me=(me,))) == [[("user", "Hi."), ("assistant", "Yes?")]]
