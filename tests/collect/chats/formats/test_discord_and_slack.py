"""Discord and Slack: the traps of each; and what lies in folders."""

import json
import shutil
import zipfile

import pytest
from support.chat_exports import (
    ME,
    START,
    adds_up,
    collected,
    discord_message,
    left_out,
    slack_user,
    talk,
    turns,
    whatsapp_text,
    write_discord,
    write_slack,
)

from morris_mlx.collect.chats.detect_format import find_exports
from morris_mlx.errors import MorrisError

NO_WORDS = "no words (photo, sticker, voice message …)"


# --- Discord ---------------------------------------------------------------------------------
def test_what_is_no_talk_in_discord_is_left_out(tmp_path):
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


def test_an_export_with_the_newest_message_first_is_put_in_order(tmp_path):
    said = [("ann", "Hi."), (ME, "Yes?"), ("ann", "Well."), (ME, "So.")]
    rows = [discord_message(n, who, text, START + n) for n, (who, text) in enumerate(said)]
    there = turns(collected(write_discord(tmp_path, "ann", rows), me=(ME,)))
    assert turns(collected(write_discord(tmp_path, "ann", rows[::-1]), me=(ME,))) == there


def test_a_private_channel_is_named_after_the_other_one(tmp_path):
    rows = [discord_message(1, "ann", "Hi."), discord_message(2, ME, "Yes?", START + 1)]
    found = collected(write_discord(tmp_path, "ann", rows))
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messageCount": 7}, "says 7 messages and holds 1"),
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
def test_a_damaged_discord_file_is_named_with_its_place(tmp_path, change, said):
    path = write_discord(tmp_path, "ann", [discord_message(1, "ann", "Hi")])
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(MorrisError, match=said):
        collected(path, me=("ann",))


def package(folder, rows, csv=False):
    root = folder / "package"
    (root / "messages" / "c55").mkdir(parents=True)
    (root / "messages" / "index.json").write_text('{"55": "Direct Message with ann"}')
    about = {"id": "55", "type": "DM", "recipients": ["1", "2"]}
    (root / "messages" / "c55" / "channel.json").write_text(json.dumps(about))
    if csv:
        lines = [f'{r["ID"]},{r["Timestamp"]},"{r["Contents"]}",' for r in rows]
        text = "\n".join(["ID,Timestamp,Contents,Attachments", *lines]) + "\n"
        (root / "messages" / "c55" / "messages.csv").write_text(text)
    else:
        (root / "messages" / "c55" / "messages.json").write_text(json.dumps(rows))
    return root


@pytest.mark.parametrize("csv", [False, True])
def test_the_data_package_gives_own_messages_each_on_its_own_occasion(tmp_path, csv):
    rows = [
        {"ID": 3, "Timestamp": "2024-01-15 11:00:00", "Contents": "Later <@123>"},
        {"ID": 2, "Timestamp": "2024-01-15 10:01:00", "Contents": "And more."},
        {"ID": 1, "Timestamp": "2024-01-15 10:00:00.000000+00:00", "Contents": "First."},
        {"ID": 4, "Timestamp": "2024-01-15 12:00:00", "Contents": ""},
    ]
    root = package(tmp_path, rows, csv)
    zipped = tmp_path / "package.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in root.rglob("*.*"):
            if file.is_file():
                archive.write(file, file.relative_to(root))
    for path in (root, zipped):
        found = collected(path)
        assert turns(found) == [[("assistant", "First.\n\nAnd more.")], [("assistant", "Later")]]
        assert left_out(found) == {NO_WORDS: 1} and adds_up(found)
        assert any("own messages only" in remark for remark in found.remarks)
    by_name = collected(root, only=("direct message with ann",))
    assert turns(by_name) == turns(found)
    shutil.rmtree(root)
    with pytest.raises(MorrisError, match=r"messages\.json is damaged"):
        root = package(tmp_path, rows)
        (root / "messages" / "c55" / "messages.json").write_text('[{"ID": 1, "Time')
        collected(root)


# --- Slack -----------------------------------------------------------------------------------
def slack(folder, rows, **more):
    users = [slack_user("U1", ME), slack_user("U2", "Ann", profile={"display_name": "annie"})]
    files = {
        "users.json": [*users, slack_user("U3", "Robot", is_bot=True)],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "channels.json": [{"id": "C1", "name": "garden", "members": ["U1", "U2"]}],
        "D1/2023-11-14.json": rows,
    }
    return write_slack(folder, files | more)


def row(user, text, ts=START, **more):
    return {"type": "message", "user": user, "text": text, "ts": f"{ts}.000100"} | more


def test_slacks_marks_are_shown_as_people_see_them_and_other_lines_left_out(tmp_path):
    rows = [
        row("U2", "Ask <@U1> in <#C1|garden>: <https://x.example|this> &amp; &lt;that&gt; <!here>"),
        row("U1", "&gt; her words\nMine.", START + 1),
        row("U1", "&gt; her words", START + 2),
        row("U3", "Beep.", START + 3),
        row("U1", "Beep, too.", START + 4, bot_id="B1"),
        row("U1", "has joined", START + 5, subtype="channel_join"),
        row("U1", "A file's caption", START + 6, subtype="file_share"),
    ]
    found = collected(slack(tmp_path, rows), me=(ME,))
    asked = f"Ask @{ME} in #garden: this & <that> @here"
    assert turns(found) == [[("user", asked), ("assistant", "Mine.\n\nA file's caption")]]
    assert left_out(found) == {"written by a bot": 2, "only a quotation": 1, "service message": 1}
    assert adds_up(found)


def test_a_thread_is_a_conversation_of_its_own(tmp_path):
    rows = [
        row("U2", "Root.", START, thread_ts=f"{START}.000100"),
        row("U2", "Something else.", START + 10),
        row("U1", "To the root.", START + 20, thread_ts=f"{START}.000100"),
        row("U1", "To something else.", START + 30),
    ]
    found = collected(
        slack(tmp_path, [], **{"garden/2023-11-14.json": rows}), me=(ME,), groups=True
    )
    assert sorted(turns(found)) == [
        [("user", "Root."), ("assistant", "To the root.")],
        [("user", "Something else."), ("assistant", "To something else.")],
    ]


def test_a_damaged_day_of_slack_is_named(tmp_path):
    with pytest.raises(MorrisError, match=r"D1/2023-11-14\.json is damaged.*no list"):
        collected(slack(tmp_path, {"a": 1}), me=(ME,))
    with pytest.raises(MorrisError, match=r"D1/2023-11-14\.json, message 1 .*no time"):
        collected(slack(tmp_path, [{"type": "message", "user": "U1", "text": "x"}]), me=(ME,))


# --- folders ---------------------------------------------------------------------------------
def test_what_lies_in_a_folder_is_an_export_or_a_part_of_one_or_neither(tmp_path):
    text = whatsapp_text(talk("Ann", "Hi.", "me: Yes?", start=START + 5 * 86_400))
    (tmp_path / "_chat.txt").write_text(text)
    (tmp_path / "00000012-essay of a friend.txt").write_text("Not mine.")
    (tmp_path / "essay.txt").write_text("Mine.")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "caption.txt").write_text("Not mine either.")
    (tmp_path / ".hidden.txt").write_text(text)
    exports, files = find_exports(tmp_path)
    assert [e.path.name for e in exports] == ["_chat.txt"]
    assert {f.name for f in files} == {"_chat.txt", "00000012-essay of a friend.txt", "caption.txt"}


def test_half_a_character_in_a_sender_of_slack_does_not_reach_the_names(tmp_path):
    rows = [row("U1", "Hello, you."), row("U?", "Yes, who else?", START + 1)]
    path = slack(tmp_path, rows)
    with zipfile.ZipFile(path) as archive:
        members = {
            name: archive.read(name).replace(b'"U?"', b'"U\\ud800"') for name in archive.namelist()
        }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    found = collected(path, me=(ME,))
    assert found.own == 1
    names = [c.names for contacts in found.people.values() for c in contacts]
    assert json.dumps(names, ensure_ascii=False).encode("utf-8")
