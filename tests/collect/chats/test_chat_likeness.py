"""Tests of the look at files: marks of exporters, shapes of lines, and the user's own word."""

import pytest
from support.chat_layouts import CHATS, TEXTS, made_chat

from morris_mlx.collect import collect_files, find_chats, take_inventory
from morris_mlx.collect.chats.chat_likeness import chat_reason, reason_not_to_read
from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.errors import MissingError

PAGES = {
    "Telegram's": '<div class="page_body chat_page"><div class="message default clearfix">',
    "Facebook's or Instagram's": '<div class="_a6-p"><h2 class="_3-95 _2pim _a6-h">Ann</h2></div>',
    "from Facebook's or Instagram's": '<div>Participants: Ann, Ivo</div><div class="msg">Hello</div>',
    "DiscordChatExporter's": '<div class="chatlog"><div class="chatlog__message-group">',
    "imessage-exporter's": '<div class="message"><div class="sent iMessage"><p>9:20</p></div>',
    "WhatsApp": "<title>Whatsapp - Ann</title><body>Chat history with Ann</body>",
    "Signal": '<div class="msg me"><span class="sender">Me</span></div>',
    "Slack": '<div class="message-container"><div class="username">ann</div></div>',
    "VK": '<div class="message" data-id="1"><div class="message__header">Ann</div></div>',
    "on the web": '<div data-pre-plain-text="[21:20] Ann: "><span>Hello</span></div>',
    "Google Voice": '<div class="hChatLog hfeed"><div class="message">Hello</div></div>',
}
BUBBLE = '<div class="bubble {side}"><b>{name}</b><i>21:2{n}</i><p>Hello there.</p></div>'
UNKNOWN_PAGE = "".join(
    BUBBLE.format(side=side, name=name, n=n)
    for n, (side, name) in enumerate([("left", "Ann"), ("right", "Ivo")] * 3)
)
ARTICLE = "<p>I came at 9:20 and left at 10:15. The message was short.</p>" * 20


@pytest.mark.parametrize("program", PAGES)
def test_a_page_is_recognized_by_the_marks_of_the_program(program):
    page = f"<!DOCTYPE html><html><body>{PAGES[program]}</body></html>"
    reason = chat_reason(page.encode(), ".html") or ""
    assert reason.startswith("looks like ") and program in reason and "; " in reason


def test_a_page_of_an_unknown_program_is_recognized_by_its_elements_and_lines():
    assert "looks like a chat" in (chat_reason(UNKNOWN_PAGE.encode(), ".html") or "")
    lines = "".join(f"<p>{line}</p>" for line in made_chat(CHATS["Teams"]).splitlines())
    assert "looks like a chat" in (chat_reason(f"<html>{lines}</html>".encode(), ".html") or "")


def test_an_article_is_no_chat():
    page = f"<html><head><style>.message {{}}</style></head><body>{ARTICLE}</body></html>"
    assert chat_reason(page.encode(), ".html") is None


@pytest.mark.parametrize("program", ["IRC", "Zoom", "Teams", "a transcript", "Skype, copied"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_text_in_the_shape_of_a_chat_is_recognized_in_any_encoding(program, encoding):
    reason = chat_reason(made_chat(CHATS[program]).encode(encoding), ".txt") or ""
    assert reason.startswith("looks like a ") and "--as text" in reason


def test_headings_and_bold_names_do_not_hide_a_chat():
    for layout in ("### {n} (2018-06-13 21:{m})\n\n{t}\n", "- **{n}** [21:{m}]: {t}"):
        assert chat_reason(made_chat(layout).encode(), ".md")


def test_exporters_of_text_are_named():
    discord = "====\nGuild: Direct Messages\nChannel: Private / Ann\n====\n\n"
    text = discord + made_chat(CHATS["DiscordChatExporter"])
    assert "DiscordChatExporter" in (chat_reason(text.encode(), ".txt") or "")
    reason = chat_reason(made_chat(CHATS["an unknown calendar"]).encode(), ".txt") or ""
    assert (
        reason.startswith("looks like a chat from WhatsApp") and "export the chat again" in reason
    )


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_is_not_left_out(kind):
    assert chat_reason(TEXTS[kind].encode(), ".txt") is None


def test_a_chat_in_a_folder_is_left_out_with_its_reason_and_the_texts_stay(tmp_path):
    page = PAGES["Telegram's"]
    (tmp_path / "messages.html").write_text(f"<html><body>{page}</body></html>")
    (tmp_path / "teams.txt").write_text(made_chat(CHATS["Teams"]))
    (tmp_path / "essay.md").write_text("A text of mine about a gate, at 9:20 in the morning.")
    found = collect_files([tmp_path])
    assert [d.source for d in found.documents] == [str(tmp_path / "essay.md")]
    reasons = {s.source.rpartition("/")[2]: s.reason for s in found.skipped}
    assert "Telegram's HTML export; export it again as JSON" in reasons["messages.html"]
    assert reasons["teams.txt"].startswith("looks like a chat")
    with pytest.raises(MissingError, match="looks like a chat"):
        collect_files([tmp_path / "teams.txt"])


def test_the_user_settles_a_doubt(tmp_path):
    (tmp_path / "chat.txt").write_text(made_chat(CHATS["Skype"]))
    (tmp_path / "log.txt").write_text(TEXTS["a log"])
    assert [e.path.name for e in find_chats([tmp_path])[0]] == ["chat.txt"]
    as_text = take_inventory([tmp_path], ReadAs.TEXT)
    assert not as_text.chats and len(as_text.members) == 2
    as_chat = take_inventory([tmp_path], ReadAs.CHAT)
    assert sorted(e.path.name for e in as_chat.chats) == ["chat.txt", "log.txt"]
    essay = b"A text of mine about a gate."
    assert "--as chat" in (reason_not_to_read(essay, ".txt", ReadAs.CHAT) or "")
    assert reason_not_to_read(essay, ".pdf", ReadAs.CHAT) is None


CERTAIN = {
    "Zoom": "21:20:10 From Ann to Everyone:\n\t{a}\n21:20:30 From Ivo to Everyone:\n\t{b}\n",
    "captions": "WEBVTT\n\n00:12.000 --> 00:15.000\nAnn: {a}\n\n00:16.000 --> 00:19.000\n{b}\n",
    "Telegram": "Ann, [13.06.2018 21:20]\n{a}\n\nIvo, [13.06.2018 21:21]\n{b}\n",
    "Discord": "ann\nOP\n — 06/13/2018 9:20 PM\n{a}\nivo\n — Today 9:21 PM\n{b}\n",
    "Messenger": "Ann\n{a}\nYou sent\n{b}\nAnn\n{a}\nYou sent\n{b}\n",
    "Google": "Ann: {a}\n Sent at 9:20 PM on Wednesday\nme: {b}\n",
    "a chat model": "You said:\n{a}\nChatGPT said:\n{b}\nYou said:\n{a}\nChatGPT said:\n{b}\n",
    "IRC": "Session Start (ivo:ann): Wed Jun 13 21:20:00 2018\n[21:20] ann: {a}\n",
}


@pytest.mark.parametrize("program", CERTAIN)
def test_a_few_lines_of_a_program_prove_a_short_chat(program):
    text = CERTAIN[program].format(a="Is the boat in yet?", b="It was in at nine.")
    reason = chat_reason(text.encode(), ".txt") or ""
    assert program in reason and "--as text" in reason


def test_an_essay_that_quotes_two_messages_stays_a_text():
    quoted = CERTAIN["Telegram"].format(a="Is the boat in yet?", b="It was in at nine.")
    prose = "I went down to the quay the next morning, and the boat was gone.\n\n" * 20
    assert chat_reason(f"{prose}{quoted}{prose}".encode(), ".txt") is None


MAIL_HEADERS = (
    "From: Ann Lee <ann@a.example>\nTo: Ivo\nSubject: Hedge\nDate: Mon, 4 Mar 2024 10:00\n",
    "-----Ursprüngliche Nachricht-----\nVon: Ann\nGesendet: Montag, 4. März 2024 10:00\nAn: Ivo\n",
    "**De :** Ann\n**Envoyé :** lundi 4 mars 2024 10:05\n**À :** Ivo\n**Objet :** La haie\n",
)


@pytest.mark.parametrize("header", MAIL_HEADERS)
def test_a_text_with_the_header_of_a_mail_is_left_out(header):
    letter = "Dear Ann,\n\nthe hedge is cut at last, and nobody fell out over it.\n\nIvo\n\n"
    for text in (f"{header}\n{letter}", f"{letter}{header}\n{letter}"):
        assert "contains a mail" in (chat_reason(text.encode(), ".txt") or "")
        assert reason_not_to_read(text.encode(), ".txt", ReadAs.TEXT) is None


@pytest.mark.parametrize(
    "text",
    [
        "To: all members\nFrom: the secretary\nDate: 4 March 2024\nSubject: the hedge\n\nIt is cut.",
        "From: Rome, with love\n\nTo: whoever finds it at 10:30. The date was a Monday.",
        "Title: On rain\nDate: 2024-03-04 10:00\nAuthor: Ann\n\nIt rained.",
    ],
)
def test_a_memo_or_a_text_with_front_matter_is_no_mail(text):
    assert chat_reason(text.encode(), ".txt") is None


def test_bookmarks_and_pages_of_a_chat_model_are_left_out():
    bookmarks = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE><DL><DT>A title</DL>"
    page = "<html><head><title>ChatGPT Data Export</title></head><body>Hello</body></html>"
    assert "bookmarks; their titles" in (chat_reason(bookmarks.encode(), ".html") or "")
    assert "with a chat model; save" in (chat_reason(page.encode(), ".html") or "")
