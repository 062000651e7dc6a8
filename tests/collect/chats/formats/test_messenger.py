"""Tests of messages from Facebook and Instagram: mojibake, order, events, encrypted chats."""

import json

import pytest
from support.chat_exports import (
    ME,
    START,
    adds_up,
    collected,
    left_out,
    messenger_message,
    messenger_thread,
    mojibake,
    turns,
)

from morris_mlx.collect import ChatOptions, collect_chats, find_chats
from morris_mlx.collect.chats.formats.messenger import mend
from morris_mlx.collect.chats.messages import no_answer, no_progress
from morris_mlx.errors import MorrisError


def write(folder, value, name="message_1.json"):
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8-sig")
    return path


def test_names_and_texts_are_mended_and_put_in_order(tmp_path):
    say = messenger_message
    rows = [say("Zoë Holm", "Where’s the café?"), say(ME, "It’s here 😀", START + 60)]
    found = collected(write(tmp_path, messenger_thread("Zoë Holm", rows)))
    assert turns(found) == [[("user", "Where’s the café?"), ("assistant", "It’s here 😀")]]
    (people,) = found.people.values()
    assert [c.names for c in people] == [("Zoë Holm",)] and found.writers == (ME,)


@pytest.mark.parametrize("text", ["café", "naïve Â", "Ã", "plain", "“quoted”", "ÿ"])
def test_a_text_is_mended_only_where_its_bytes_were_taken_apart(text):
    assert mend(mojibake(text)) == text
    assert mend(text) == text


def test_events_reactions_and_media_are_left_out(tmp_path):
    say = messenger_message
    texts = [
        *("Ann sent an attachment.", "Reacted 👍 to your message ", "Liked a message"),
        *("Ann named the group Beans.", "Ann missed your call.", "You sent a photo."),
        *("I left the group chat early", "I liked a message board once"),
    ]
    rows = [say("Ann", text, START + n) for n, text in enumerate(texts)]
    rows += [say(ME, "So.", START + 50), say("Ann", None, START + 60, photos=[{"uri": "x"}])]
    rows += [say("Ann", "Gone", START + 70, is_unsent=True), say("Ann", "x", call_duration=3)]
    found = collected(write(tmp_path, messenger_thread("Ann", rows)))
    said = "I left the group chat early\n\nI liked a message board once"
    assert turns(found) == [[("user", said), ("assistant", "So.")]]
    reasons = {"service message": 7, "no words (photo, sticker, voice message …)": 1, "deleted": 1}
    assert left_out(found) == reasons and adds_up(found)


def test_the_files_of_a_chat_are_read_as_one(tmp_path):
    say = messenger_message
    parts = {
        "message_2.json": [say("Ann", "One."), say(ME, "Two.", START + 60)],
        "message_1.json": [say("Ann", "Three.", START + 120), say(ME, "Four.", START + 180)],
    }
    for name, rows in parts.items():
        write(tmp_path, messenger_thread("Ann", rows), name)
    said = [("user", "One."), ("assistant", "Two."), ("user", "Three."), ("assistant", "Four.")]
    found = collected(tmp_path)
    assert turns(found) == [said] and adds_up(found)
    assert found.summaries == ("Facebook or Instagram chat: 1 chat, 2 messages of yours",)


def test_a_damaged_file_of_a_chat_does_not_take_the_others_with_it(tmp_path):
    rows = [messenger_message("Ann", "One."), messenger_message(ME, "Two.", START + 60)]
    write(tmp_path, messenger_thread("Ann", rows), "message_2.json")
    path = write(tmp_path, messenger_thread("Ann", rows), "message_1.json")
    path.write_bytes(path.read_bytes()[:-40])
    exports, _ = find_chats([tmp_path])
    found = collect_chats(exports, ChatOptions(me=(ME,)), no_answer, lambda _: no_progress)
    assert turns(found) == [[("user", "One."), ("assistant", "Two.")]]
    assert [failed.export.name for failed in found.failed] == ["message_1.json"]


def test_chats_that_were_put_into_one_folder_are_not_mixed(tmp_path):
    for number, who in enumerate(("Ann", "Bo"), 1):
        rows = [messenger_message(who, f"I am {who}."), messenger_message(ME, "So.", START + 9)]
        write(tmp_path, messenger_thread(who, rows), f"message_{number}.json")
    found = collected(tmp_path)
    assert sorted(conversation[0] for conversation in turns(found)) == [
        ("user", "I am Ann."),
        ("user", "I am Bo."),
    ]


def test_many_chats_share_a_line_of_the_summary(tmp_path):
    for number in range(7):
        rows = [
            messenger_message(f"Friend {number}", "Hi."),
            messenger_message(ME, "So.", START + 9),
        ]
        (tmp_path / str(number)).mkdir()
        write(tmp_path / str(number), messenger_thread(f"Friend {number}", rows))
    line = "Facebook or Instagram chat, 7 exports: 7 chats, 7 messages of yours"
    assert collected(tmp_path).summaries == (line,)


def test_an_encrypted_chat_is_read_as_it_was_typed(tmp_path):
    def say(sender, text, seconds, **more):
        row = {"isUnsent": False, "media": [], "reactions": [], "senderName": sender}
        return row | {"text": text, "timestamp": 1000 * seconds, "type": "text"} | more

    rows = [say("Zoë", "Café?", START), say(ME, "Â oui.", START + 60)]
    rows.append(say("Zoë", "", START + 90, type="media", media=[{"uri": "x"}]))
    value = {"participants": ["Zoë", ME], "threadName": "Zoë_12", "messages": rows}
    found = collected(write(tmp_path, value, "Zoë_12.json"))
    assert turns(found) == [[("user", "Café?"), ("assistant", "Â oui.")]]


def test_a_group_is_taken_only_on_request(tmp_path):
    rows = [messenger_message(who, "Hi.", START + n) for n, who in enumerate(("Ann", "Bo", ME))]
    path = write(tmp_path, messenger_thread("Beans", rows))
    assert collected(path, me=(ME,), groups=True).own == 1
    with pytest.raises(MorrisError, match="3 in a group"):
        collected(path, me=(ME,))


def test_a_file_is_known_by_its_messages_alone(tmp_path):
    rows = [messenger_message("Ann", "One."), messenger_message(ME, "Two.", START + 60)]
    path = write(tmp_path, {"messages": rows})
    assert turns(collected(path, me=(ME,))) == [[("user", "One."), ("assistant", "Two.")]]
