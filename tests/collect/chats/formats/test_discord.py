"""Tests of the parser of DiscordChatExporter's JSON."""

import json

import pytest
from support.chat_exports import (
    ME,
    START,
    adds_up,
    collected,
    discord_message,
    left_out,
    turns,
    write_discord,
)

from morris_mlx.errors import MorrisError

NO_WORDS = "no words (photo, sticker, voice message …)"


def test_other_than_typed_messages_are_skipped(tmp_path):
    say = discord_message
    messages = [
        say(1, "ann", "Hi <:wave:123> <t:1700000000:R>"),
        say(2, ME, "> her words\nMy words.", type="Reply"),
        say(3, ME, "> only her words"),
        say(4, ME, "", attachments=[{"url": "x"}]),
        say(5, ME, "joined", type="GuildMemberJoin"),
        say(6, "robot", "Beep.", author={"id": "9", "name": "robot", "isBot": True}),
        say(7, ME, "News.", reference={"type": "Forward"}),
    ]
    found = collected(write_discord(tmp_path, "ann", messages), me=(ME,))
    assert turns(found) == [[("user", "Hi :wave:"), ("assistant", "My words.")]]
    assert left_out(found) == {
        "forwarded": 1,
        NO_WORDS: 1,
        "only a quotation": 1,
        "service message": 1,
        "written by a bot": 1,
    }
    assert adds_up(found)


def test_an_export_with_the_newest_message_first_is_sorted(tmp_path):
    said = [("ann", "Hi."), (ME, "Yes?"), ("ann", "Well."), (ME, "So.")]
    rows = [discord_message(n, who, text, START + n) for n, (who, text) in enumerate(said)]
    there = turns(collected(write_discord(tmp_path, "ann", rows), me=(ME,)))
    assert turns(collected(write_discord(tmp_path, "ann", rows[::-1]), me=(ME,))) == there


def test_the_name_of_a_private_channel_identifies_the_peer(tmp_path):
    rows = [discord_message(1, "ann", "Hi."), discord_message(2, ME, "Yes?", START + 1)]
    found = collected(write_discord(tmp_path, "ann", rows))
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": {}}, "no list"),
        ({"messages": [5]}, "message 1"),
        ({"channel": 5}, "does not say which channel"),
        (
            {"messages": [discord_message(1, "a", "x") | {"timestamp": "soon"}]},
            "whose date is 'soon'",
        ),
        ({"messages": [discord_message(1, "a", "x") | {"author": None}]}, "without an author"),
    ],
)
def test_an_error_names_the_place_of_the_damage(tmp_path, change, said):
    path = write_discord(tmp_path, "ann", [discord_message(1, "ann", "Hi")])
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(MorrisError, match=said):
        collected(path, me=("ann",))


def test_a_count_that_differs_from_the_messages_is_a_note(tmp_path):
    path = write_discord(
        tmp_path, "ann", [discord_message(1, "ann", "Hi."), discord_message(2, ME, "Yes?")]
    )
    path.write_text(json.dumps(json.loads(path.read_text()) | {"messageCount": 7}))
    found = collected(path, me=(ME,))
    assert found.own == 1 and any("states 7 messages and contains 2" in r for r in found.remarks)
