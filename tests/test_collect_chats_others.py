"""Messages of Apple, Discord, Slack and mail: the traps of each."""

import json
import re
import shutil
import sqlite3
import zipfile

import pytest
from chat_exports import (
    APPLE_TABLES,
    ME,
    START,
    AppleMessages,
    adds_up,
    attributed,
    collected,
    discord_message,
    left_out,
    letter,
    slack_user,
    talk,
    turns,
    whatsapp_text,
    write_discord,
    write_mbox,
    write_slack,
)

from morris_mlx.collect.chats.imessage import text_of_attributed_body
from morris_mlx.collect.chats.mail_text import without_reply
from morris_mlx.collect.chats.recognise import find_exports
from morris_mlx.errors import MorrisError

NO_WORDS = "no words (photo, sticker, voice message …)"


# --- Apple's Messages ------------------------------------------------------------------------
@pytest.fixture
def apple(tmp_path):
    messages = AppleMessages(tmp_path)
    messages.chat(1, "+4900")
    return messages


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 40_000])
def test_a_body_of_any_length_is_decoded(length):
    text = "ж" * (length // 2) + "x" * (length % 2)
    assert text_of_attributed_body(attributed(text)) == text


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
def test_a_damaged_body_is_counted_not_guessed(body, apple):
    assert text_of_attributed_body(body) is None
    apple.say(1, True, START, "So.")
    apple.say(1, True, START, None, body or b"x")
    assert left_out(collected(apple.close())) == {"a body that cannot be read": 1}


def test_tapbacks_stickers_and_events_are_left_out(apple):
    apple.say(1, False, START, None, attributed("Hi."))
    apple.say(1, True, START + 1, "Loved “Hi.”", associated_message_type=2000)
    apple.say(1, True, START + 2, "Removed a heart", associated_message_type=3000)
    apple.say(1, True, START + 3, "\ufffc", associated_message_type=1000)
    apple.say(1, True, START + 4, "named the conversation", item_type=2)
    apple.say(1, True, START + 5, "\ufffc")
    apple.say(1, True, START + 6, "\ufffcA caption.")
    found = collected(apple.close())
    assert turns(found) == [[("user", "Hi."), ("assistant", "A caption.")]]
    assert left_out(found) == {"tapback": 2, NO_WORDS: 2, "service message": 1}
    assert adds_up(found)


def test_dates_in_seconds_of_old_systems_and_tables_of_old_systems(tmp_path):
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


def test_groups_are_told_from_private_chats_and_a_shared_message_counts_once(apple):
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


def test_what_is_only_in_the_log_beside_the_database_is_read_and_nothing_is_touched(tmp_path):
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


def test_other_databases_and_damaged_ones_are_named(tmp_path, apple):
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
    exports, files = find_exports(tmp_path)  # of the two in this folder
    assert [e.path for e in exports] == [apple.path] and files == {apple.path}


# --- Discord ---------------------------------------------------------------------------------
def test_what_is_no_talk_in_discord_is_left_out(tmp_path):
    say = discord_message
    messages = [
        say(1, "ann", "Hi <:wave:123>"),
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


# --- mail ------------------------------------------------------------------------------------
IVO, ANN = "Ivo <ivo@example.org>", "Ann <ANN@example.org>"


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        (
            "Yes.\n\nOn Tue, 14 Nov 2023 at 22:13, Ann <ann@example.org> wrote:\n> Hi.\n> Ho.\n",
            "Yes.",
        ),
        ("Да.\n\n14 нояб. 2023 г., 22:13 Ann <ann@example.org>:\n\n> Hi.\n", "Да."),
        ("Ja.\n\nAm 14.11.2023 um 22:13 schrieb\nAnn <ann@example.org>:\n> Hi.\n", "Ja."),
        ("> Hi.\nHo.\n> Who?\nMe: and you.\n", "Ho.\nMe: and you."),
        ("Yes.\n-- \nIvo Brandt\nGardener\n", "Yes."),
        ("Yes.\n\nSent from my iPhone\n", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ann\nHi.\n", "Yes."),
        ("Yes.\n\nFrom: Ann <ann@example.org>\nSent: Tuesday\nTo: Ivo\n\nHi.\n", "Yes."),
        ("Note these:\n\n- one\n- two -- three\n", "Note these:\n\n- one\n- two -- three"),
        (">From here on it is mine.\n", "From here on it is mine."),
    ],
)
def test_quotations_and_signatures_are_taken_off(body, typed):
    assert without_reply(body).strip() == typed


def test_mail_of_all_sorts(tmp_path):
    html = "<html><head><style>p{}</style></head><body><p>Yes &amp; no.</p><blockquote>Hi.</blockquote></body></html>"
    path = write_mbox(
        tmp_path,
        letter(ANN, IVO, "Hi.", Message_ID="<1@x>", Delivered_To="ivo@example.org"),
        letter(
            IVO,
            ANN,
            html,
            START + 5,
            In_Reply_To="<1@x>",
            Message_ID="<2@x>",
            Content_Type="text/html; charset=utf-8",
        ),
        letter(IVO, ANN, "Again.", START + 5, Message_ID="<2@x>"),
        letter("news@example.org", IVO, "Buy!", List_Id="<news>"),
        letter("robot@example.org", IVO, "Away.", Auto_Submitted="auto-replied"),
        letter(IVO, ANN, "When?", Date="never"),
        letter("", ANN, "Who?"),
        letter(
            IVO,
            ANN,
            "Odd.",
            START + 9,
            In_Reply_To="<2@x>",
            Content_Type="text/plain; charset=martian",
        ),
        letter(IVO, ANN, "> Hi.\n", START + 10),
        letter(f"{IVO}", f"{ANN}, third@example.org", "To both.", START + 11, Message_ID="<9@x>"),
    )
    found = collected(path)
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes & no.\n\nOdd.")]]
    assert left_out(found) == {
        "the same mail twice": 1,
        "automatic mail or a mailing list": 2,
        "without a date": 1,
        "without a sender": 1,
        "only a quotation": 1,
        "in a group (--groups takes them)": 1,
    }
    assert adds_up(found)


def test_a_thread_stays_one_whatever_the_order_of_its_mails_and_their_silence(tmp_path):
    weeks = 7 * 86_400
    path = write_mbox(
        tmp_path,
        letter(
            IVO,
            ANN,
            "Third.",
            START + 2 * weeks,
            Message_ID="<3@x>",
            In_Reply_To="<2@x>",
            X_Gmail_Labels="Sent",
        ),
        letter(ANN, IVO, "Second.", START + weeks, Message_ID="<2@x>", In_Reply_To="<1@x>"),
        letter(IVO, ANN, "First.", START, Message_ID="<1@x>"),
    )
    assert turns(collected(path)) == [
        [("assistant", "First."), ("user", "Second."), ("assistant", "Third.")]
    ]


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


def test_a_character_set_that_is_no_name_of_one_is_read_as_utf_8(tmp_path):
    odd = letter("a@x.org", "ivo@x.org", "Hello, you.", Content_Type="text/plain; charset=ut\0f")
    mine = letter("ivo@x.org", "a@x.org", "Yes, who else?", X_Gmail_Labels="Sent")
    found = collected(write_mbox(tmp_path, odd, mine))
    assert ("user", "Hello, you.") in [turn for talk in turns(found) for turn in talk]


def test_a_header_of_no_character_set_stays_as_it_is(tmp_path):
    odd = letter("=?ut\ufffdf-8?q?Ann?= <a@x.org>", "ivo@x.org", "Hello, you.")
    mine = letter("ivo@x.org", "a@x.org", "Yes, who else?", X_Gmail_Labels="Sent")
    found = collected(write_mbox(tmp_path, odd, mine))
    assert ("user", "Hello, you.") in [turn for talk in turns(found) for turn in talk]


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
    assert json.dumps(list(found.people.values()), ensure_ascii=False).encode("utf-8")
