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

from morris_mlx.collect.chats.formats.messenger import mend
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


def test_a_chat_of_several_files_is_one_chat(tmp_path):
    older = [messenger_message("Ann", "One."), messenger_message(ME, "Two.", START + 60)]
    newer = [messenger_message("Ann", "Three.", START + 10**6)]
    newer.append(messenger_message(ME, "Four.", START + 10**6 + 60))
    write(tmp_path, messenger_thread("Ann", newer), "message_1.json")
    write(tmp_path, messenger_thread("Ann", older), "message_2.json")
    found = collected(tmp_path, only=("Ann",))
    assert sorted(turns(found)) == [
        [("user", "One."), ("assistant", "Two.")],
        [("user", "Three."), ("assistant", "Four.")],
    ]


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
