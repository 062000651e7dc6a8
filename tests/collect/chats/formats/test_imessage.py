"""Tests of the parser of Apple's Messages: typedstreams, tapbacks, old and new tables."""

import re
import sqlite3

import pytest
from support.chat_exports import (
    APPLE_TABLES,
    START,
    AppleMessages,
    adds_up,
    attributed,
    collected,
    left_out,
    turns,
)

from morris_mlx.collect import find_chats
from morris_mlx.collect.chats.formats.imessage import decode_attributed_body
from morris_mlx.errors import MorrisError

NO_WORDS = "no words (photo, sticker, voice message …)"


@pytest.fixture
def apple(tmp_path):
    messages = AppleMessages(tmp_path)
    messages.chat(1, "+4900")
    return messages


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 40_000])
def test_a_body_of_any_length_is_decoded(length):
    text = "ж" * (length // 2) + "x" * (length % 2)
    assert decode_attributed_body(attributed(text)) == text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NSString",
        b"NSString\x01\x94\x84\x01+",
        b"NSString\x01\x94\x84\x01+\x81\x01",
        b"NSString\x01\x94\x84\x01+\x82\xff\xff\xff\x7fabc",
        b"NSString\x01\x94\x84\x01+\x10short",
        b"NSString\x01\x94\x84\x01+\x86x",
    ],
)
def test_a_damaged_body_is_skipped_and_counted(body, apple):
    assert decode_attributed_body(body) is None
    apple.say(1, True, START, "So.")
    apple.say(1, True, START, None, body or b"x")
    assert left_out(collected(apple.close())) == {"a body that cannot be read": 1}


def test_tapbacks_stickers_and_events_are_skipped(apple):
    apple.say(1, False, START, None, attributed("Hi."))
    apple.say(1, True, START + 1, "Loved “Hi.”", associated_message_type=2000)
    apple.say(1, True, START + 2, "Removed a heart", associated_message_type=3000)
    apple.say(1, True, START + 3, "\ufffc", associated_message_type=1000)
    apple.say(1, True, START + 4, "named the conversation", item_type=2)
    apple.say(1, True, START + 5, "\ufffc")
    apple.say(1, True, START + 6, "\ufffcA caption.")
    apple.say(1, True, START + 7, "\ufffd")
    found = collected(apple.close())
    assert turns(found) == [[("user", "Hi."), ("assistant", "A caption.")]]
    assert left_out(found) == {"tapback": 2, NO_WORDS: 3, "service message": 1}
    assert adds_up(found)


@pytest.mark.parametrize(
    "text",
    [
        "Liked “Hi.”",
        "Emphasized an image",
        "Laughed at “Hi.”",
        "Reacted 🎉 to “Hi.”",
        "Понравилось «Hi.»",
        "A aimé « Hi. »",
    ],
)
def test_tapbacks_sent_as_text_messages_are_skipped(text, apple):
    apple.say(1, False, START, "Hi.")
    apple.say(1, True, START + 1, text)
    apple.say(1, True, START + 2, "Liked it, too.")
    found = collected(apple.close())
    assert turns(found) == [[("user", "Hi."), ("assistant", "Liked it, too.")]]
    assert left_out(found) == {"tapback": 1}


def test_unsent_messages_are_skipped_and_edited_ones_have_their_latest_text(tmp_path):
    more = "item_type INTEGER DEFAULT 0, date_retracted INTEGER DEFAULT 0, date_edited INTEGER"
    apple = AppleMessages(tmp_path, APPLE_TABLES.replace("item_type INTEGER DEFAULT 0", more))
    apple.chat(1, "+4900")
    apple.say(1, False, START, "Hi.")
    apple.say(1, True, START + 1, date_retracted=5, date_edited=5)
    apple.say(1, True, START + 2, None, attributed("As it is now."), date_edited=7)
    found = collected(apple.close())
    assert turns(found) == [[("user", "Hi."), ("assistant", "As it is now.")]]
    assert left_out(found) == {"deleted": 1}


def test_a_message_without_a_chat_is_skipped(apple):
    apple.say(1, False, START, "Hi.")
    apple.say(1, True, START + 1, "Yes?")
    apple.say(1, False, START + 2, "Thrown away.")
    apple.database.execute("DELETE FROM chat_message_join WHERE message_id = 3")
    found = collected(apple.close())
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert left_out(found) == {"not in any chat": 1}


def test_dates_and_tables_of_old_systems_are_read(tmp_path):
    new = re.compile(r"attributedBody BLOB,|,\s+associated_message_type.*\n.*DEFAULT 0")
    old = new.sub("", APPLE_TABLES)
    assert "attributedBody" not in old and "DEFAULT" not in old
    apple = AppleMessages(tmp_path, old)
    apple.chat(1, "ann@example.org")
    for n, mine in enumerate((False, True)):
        apple.say(1, mine, 0, "x" * (n + 1), date=START - 978_307_200 + n)
    found = collected(apple.close())
    assert turns(found) == [[("user", "x"), ("assistant", "xx")]]
    assert found.conversations[0].date == "2023-11-14T22:13:20"


def test_a_message_in_two_chats_is_counted_once(apple):
    apple.chat(2, "chat77", 43, "Choir")
    apple.say(1, True, START, "Alone.")
    apple.say(2, True, START, "To all.")
    apple.database.execute("INSERT INTO chat_message_join VALUES (1, 2)")
    apple.say(2, True, START + 1, "To all, too.")
    found = collected(apple.close())
    assert sorted(t for c in turns(found) for _, t in c) == ["Alone.\n\nTo all."]
    assert found.funnel["messages"] == 3 and left_out(found) == {
        "in a group (--groups takes them)": 1
    }


def test_the_write_ahead_log_is_read_and_no_file_is_changed(tmp_path):
    apple = AppleMessages(tmp_path)
    apple.database.execute("PRAGMA journal_mode=WAL")
    apple.chat(1, "+4900")
    apple.database.commit()
    apple.say(1, True, START, "Only in the log.")
    apple.database.commit()
    assert apple.path.with_name("chat.db-wal").stat().st_size > 0
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert turns(collected(apple.path)) == [[("assistant", "Only in the log.")]]
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    apple.database.close()


def test_other_and_damaged_databases_are_refused(tmp_path, apple):
    other = tmp_path / "other.db"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE notes (x)")
    database.commit()
    database.close()
    with pytest.raises(MorrisError, match="not that of Apple's Messages"):
        collected(other)
    apple.say(1, True, START, "So.")
    whole = apple.close().read_bytes()
    apple.path.write_bytes(whole[:5000])
    with pytest.raises(MorrisError, match="cannot be read as a database"):
        collected(apple.path)
    apple.path.write_bytes(whole)
    exports, files = find_chats([tmp_path])  # of the two in this folder
    assert [e.path for e in exports] == [apple.path] and files == {apple.path}
