"""Tests of reported cases: exports of chats, mail, blogs and networks."""

import json
import sqlite3

import pytest
from support.chat_exports import collected, discord_message, write_discord
from support.reported_cases import gather

from morris_mlx.errors import MissingError, UsageError


# --- chats ------------------------------------------------------------------------------
def test_a_discord_package_in_another_language_is_read(project):
    found = gather(project, "discord-german")
    assert found.own == ["Das Boot ist da, aber der Motor ist es nicht.\n\nIch komme mit dem Rad."]


GRID_USER = {"id": "U1", "name": "ivo", "profile": {"real_name": "Ivo Marsh"}}
SLACK_ROW = {"type": "message", "user": "U1", "text": "It hangs there.", "ts": "1600000000.000100"}


def test_an_enterprise_grid_of_slack_is_read(project, tmp_path):
    rows = [
        SLACK_ROW | {"user": "U2", "text": "Who has the key?", "ts": "1599999999.000100"},
        SLACK_ROW,
    ]
    files = {
        "org_users.json": [GRID_USER, {"id": "U2", "name": "greta", "profile": {}}],
        "teams/harbour/channels.json": [{"id": "C1", "name": "general", "members": ["U1", "U2"]}],
        "teams/harbour/general/2020-09-13.json": rows,
    }
    for name, value in files.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(json.dumps(value))
    assert gather(project, tmp_path / "in", me=["ivo"], groups=True).own == ["It hangs there."]


def test_a_slack_export_without_lists_is_read(project):
    found = gather(project, "slack-nolists", me=["ivo"], groups=True)
    assert found.turns == [
        [("user", "Who has the key to the shed?"), ("assistant", "It hangs where it always hangs.")]
    ]


def test_the_posts_of_ones_own_telegram_channel_are_texts(project):
    document = gather(project, "telegram-own-channel").document
    assert (document.date, document.author) == ("2024-03-04", "Ivo")
    assert document.text.startswith("The harbour was shut for painting on the Monday,")


@pytest.mark.parametrize(
    ("name", "own", "kept"),
    [
        ("whatsapp/group-new-system.txt", ["I do. They have asked for me by name."], 3),
        ("whatsapp/dot-first-last.txt", ["It looks back.", "Right then"], 3),
        ("whatsapp-more/ios-system-without-mark.txt", ["Hey 👋", "Out of milk again."], 3),
        ("whatsapp-more/spanish-android.txt", ["Ya voy"], 2),
    ],
)
def test_lines_that_whatsapp_writes_are_not_messages(project, name, own, kept):
    found = gather(project, name, me=["Ivo"], groups=True)
    assert found.own == own and found.funnel["kept"] == kept


def test_pasted_lines_are_pointed_out(project):
    found = gather(project, "whatsapp/pasted.txt", me=["Ivo"], groups=True)
    assert found.own == ["He has it in his shed, I saw it on Sunday."]
    assert found.result.chats
    assert any(
        "the time runs back once" in str(remark) for remark in found.result.chats.found.remarks
    )


LAYOUTS = (  # dates of WhatsApp by year, language and system
    *("13/06/2018, 21:{m} - {n}: {t}", "6/13/18, 9:{m} PM - {n}: {t}", "[13.06.18, 21:{m}:15] {n}: {t}"),
    *("13.06.18, 21:{m} - {n}: {t}", "2018-06-13, 21:{m} - {n}: {t}", "2018/06/13 21:{m} - {n}: {t}"),
    *("13-06-18 21:{m} - {n}: {t}", "[2018-06-13 21:{m}:15] {n}: {t}", "13/6/18 9:{m} p. m. - {n}: {t}"),
    *("13.06.18 21.{m}.15: {n}: {t}", "2018-06-13, 9:{m}:08 AM: {n}: {t}", "13. 6. 2018. 21:{m}:15 {n}: {t}"),
    *("13.06.18, 9:{m} nachm. - {n}: {t}", "13 Jun 2018, 21:{m} - {n}: {t}", "2018年6月13日 21:{m} - {n}: {t}"),
    *("[6/13/18, 9:{m}:15\u202fPM] {n}: {t}", "13/06/2018 a las 21:{m} - {n}: {t}", "13.6.2018 klo 21.{m} - {n}: {t}"),
    *("13-06-2018 21:{m} - {n}: {t}", "‎[13/06/18 21:{m}:15] {n}: {t}"),
)  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_dates_are_read(project, tmp_path, layout):
    people = ("Greta", "Ivo") * 3
    lines = [layout.format(m=20 + n, n=name, t=f"Words {n}.") for n, name in enumerate(people)]
    (tmp_path / "_chat.txt").write_text("\n".join(lines))
    assert gather(project, tmp_path / "_chat.txt", me=["Ivo"]).own == [
        "Words 1.",
        "Words 3.",
        "Words 5.",
    ]


TAPBACKS = [
    (0, "Is the boat in?"),
    (1, "It was in at nine and out at ten."),
    *(
        (0, f"Removed {what} from “It was in at nine and out at ten.”")
        for what in ("a heart", "a laugh")
    ),
    (0, "Removed an exclamation mark from “It was in at nine and out at ten.”"),
    *((1, text) for text in ("Le encantó “Is the boat in?”", "A aimé « Is the boat in? »")),
    (1, "a réagi avec 🔥 à « Is the boat in? »"),
    *(
        (1, text)
        for text in ("Hat „Is the boat in?“ mit 😂 kommentiert", "Gefällt „Is the boat in?“")
    ),
    (0, "Reacted with a sticker to “It was in at nine and out at ten.”"),
    *((0, 'Liked "It was in at nine"'), (1, "See you there then."), (0, "\ufffc"), (0, "\ufffd")),
    (1, "Loved the soup, by the way"),
]


def test_tapbacks_in_any_language_and_placeholders_are_not_messages(project, tmp_path):
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.executescript(
            "CREATE TABLE message(ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, attributedBody BLOB,"
            " is_from_me INT, date INT, handle_id INT, associated_message_type INT, item_type INT,"
            " date_retracted INT, balloon_bundle_id TEXT, associated_message_guid TEXT);"
            "CREATE TABLE handle(ROWID INTEGER PRIMARY KEY, id TEXT);"
            "CREATE TABLE chat(ROWID INTEGER PRIMARY KEY, chat_identifier TEXT, display_name TEXT, style INT);"
            "CREATE TABLE chat_message_join(chat_id INT, message_id INT);"
            "INSERT INTO handle VALUES(1,'+447700900123');"
            "INSERT INTO chat VALUES(1,'+447700900123','',45);"
        )
        for n, (mine, text) in enumerate(TAPBACKS, 1):
            moment = (700_000_000 + 60 * n) * 10**9
            row = (n, f"g{n}", text, mine, moment)
            database.execute("INSERT INTO message VALUES(?,?,?,NULL,?,?,1,0,0,0,NULL,NULL)", row)
            database.execute("INSERT INTO chat_message_join VALUES(1,?)", (n,))
    database.close()
    found = gather(project, tmp_path / "chat.db")
    assert found.own == [
        "It was in at nine and out at ten.\n\nSee you there then.\n\nLoved the soup, by the way"
    ]
    assert found.funnel["tapback"] == 10


def test_lead_ins_signatures_and_quotations_of_mails_are_removed(project):
    assert gather(project, "mail/replies.mbox").own == [
        "I went down at nine and the paint was wet.",
        "Wet again.",
        "And dry at last.",
        "My answers are in red below.",
        "I shall go on Tuesday, then.",
        "Fine by me.\n\nGreta, one more thing below the quotation.",
    ]


@pytest.mark.parametrize("name", ["ivo", "Ivo Marsh"])
def test_the_writer_has_any_known_name(project, tmp_path, name):
    people = [
        {"id": "U1", "name": "ivo", "profile": {"real_name": "Ivo Marsh", "display_name": "ivo"}},
        {"id": "U2", "name": "greta", "profile": {}},
    ]
    (tmp_path / "D1").mkdir()
    (tmp_path / "users.json").write_text(json.dumps(people))
    (tmp_path / "dms.json").write_text(json.dumps([{"id": "D1", "members": ["U1", "U2"]}]))
    rows = [SLACK_ROW | {"user": "U2", "ts": "1599999999.000100"}, SLACK_ROW]
    (tmp_path / "D1" / "2020-09-13.json").write_text(json.dumps(rows))
    assert gather(project, tmp_path, me=[name]).own == ["It hangs there."]


def test_a_wrong_count_of_messages_is_a_remark(tmp_path):
    rows = [
        discord_message(n, "Ann" if n % 2 else "Me", f"Words {n}.", 1_700_000_000 + n)
        for n in range(4)
    ]
    path = write_discord(tmp_path, "Ann", rows)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"messageCount": 3}))
    found = collected(path, me=("Me",))
    assert found.funnel["messages"] == 4


def test_a_notice_of_whatsapp_is_not_a_person(project, tmp_path):
    notice = "12/03/2024, 17:59 - Pokemon Chat: Messages and calls are end-to-end encrypted.\n"
    lines = "12/03/2024, 18:00 - Greta: Is it in?\n13/03/2024, 18:01 - Ivo: It is.\n"
    (tmp_path / "_chat.txt").write_text(notice + lines)
    with pytest.raises(UsageError) as raised:
        gather(project, tmp_path / "_chat.txt", me=["Paul"])
    assert "Pokemon" not in str(raised.value)


def test_a_dump_of_slack_by_another_program_is_named(project, tmp_path):
    dump = {"name": "general", "channel_id": "C1", "messages": [SLACK_ROW]}
    (tmp_path / "C1.json").write_text(json.dumps(dump))
    with pytest.raises(MissingError, match="channels of Slack in another program's layout"):
        gather(project, tmp_path)


# --- the archives of section 5 ----------------------------------------------------------
PAINT = "The harbour was shut for painting on the Monday, which is what they say"
TEXTS = {
    "essay.docx": ("On paint", ""),
    "wordpress.xml": ("On paint", "2024-03-04"),
    "substack-export.zip": ("On paint", "2024-03-04"),
    "book.epub": ("On paint", ""),
    "memo.rtf": ("", ""),
    "posts.csv": ("On paint", "2024-03-04"),
    "posts.jsonl": ("On paint", "2024-03-04"),
    "feed-saved.xml": ("On paint", "2024-03-04"),
    "page.mdx": ("On paint", ""),
    "notion.zip": ("On paint", "2024-03-04"),
    "evernote.enex": ("On paint", "2024-03-04"),
    "scrivener.scriv": ("", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_format_gives_its_text_with_title_and_date(project, name):
    document = gather(project, f"formats/{name}").document
    assert (document.title, document.date) == TEXTS[name]
    assert document.text.startswith(PAINT) and document.text.count("\n\n") in (0, 1)


def test_a_zip_of_texts_and_an_org_file_are_read(project):
    found = gather(project, "formats/texts.zip", "formats/paper.org")
    assert sorted(d.title for d in found.documents) == ["On boys", "On paint", "On paint"]


@pytest.mark.parametrize("name", ["tweets.js", "twitter-archive.zip"])
def test_posts_of_x_are_read_without_retweets_and_replies(project, name):
    found = gather(project, f"formats/{name}")
    assert found.document.text == "The harbour is shut for painting & so am I."
    assert {"a retweet", "a reply to somebody else"} <= set(found.reasons.values())


def test_posts_of_linkedin_are_read_and_comments_of_reddit_named(project):
    assert gather(project, "formats/Shares.csv").document.date == "2024-03-04"
    with pytest.raises(MissingError, match="a comment"):
        gather(project, "formats/reddit.zip")


@pytest.mark.parametrize("name", ["1234.emlx", "Sent.mbox", "letter.eml"])
def test_mails_in_files_are_read(project, name):
    found = gather(project, f"formats/{name}", me=["Ivo Marsh"])
    assert found.own == ["The harbour was shut for painting."]


@pytest.mark.parametrize("name", ["facebook.zip", "message_1.json"])
def test_messages_of_facebook_are_read_with_their_letters(project, name):
    found = gather(project, f"formats/{name}", me=["Ivo Marsh"])
    assert found.own == ["It’s in the café 😀"]
    assert all(d.text == "A café post of mine – in two parts" for d in found.documents)


UNREAD = {
    "on-paint.gdoc": "It holds no text: in Google Docs, File → Download → Word or Markdown.",
    "page.webarchive": "a damaged web archive",
    "conversations.json": "conversations with a chat model. Its answers are not yours.",
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_says_why(project, name):
    with pytest.raises(MissingError) as raised:
        gather(project, f"formats/{name}")
    assert UNREAD[name] in str(raised.value)
