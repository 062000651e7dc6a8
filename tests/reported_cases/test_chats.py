"""Tests of reported cases: chats that were taken for texts of the writer, and texts for chats."""

import pytest
from support.reported_cases import gather

from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.errors import MissingError

# Each with the ID of the report, and a part of the reason to leave it out.
REFUSED = {
    "telegram-html": "Telegram's HTML export; export it again as JSON",
    "chats-as-texts/imessage-exporter.txt": "imessage-exporter's text export",
    "chats-as-texts/discord-exporter.txt": "DiscordChatExporter's text export",
    "chats-as-texts/teams-copy.txt": "looks like a chat",
    "chats-as-texts/google-chat-takeout-copy.txt": "looks like a chat",
    "chats-as-texts/transcript.txt": "looks like a transcript of speech",
}
SAID = [
    "I will drive you there and wait outside with the dog.",
    "Paul will hear nothing from me, as usual.",
]
SAID += ["Move the bed to the other wall."]
SHORT = ["I will drive you there.", "He will not."]
# Each with the turns of the writer.
READ = {
    "chats-as-texts/whatsapp-old-ios.txt": SAID,
    "whatsapp-more/colon-after-time.txt": ["I will drive you there.", "He will not.\n\nUp yet?"],
    "whatsapp-more/colon-after-time-2.txt": SHORT,
    "chats-as-texts/whatsapp-german-daypart.txt": SAID,
    "chats-as-texts/kakaotalk.txt": SAID,
}
# Layouts of reports whose files are not among the cases: each with a name, a minute and a text.
LAYOUTS = {
    "Croatian": "{d}. 6. 2018. 21:{m}:15 {n}: {t}",
    "month in words": "13 Jun 2018, 21:{m} - {n}: {t}",
    "Chinese": "2018年6月13日 21:{m} - {n}: {t}",
    "LINE": "下午9:{m}\t{n}\t{t}",
    "Signal Desktop": "{n} (2018-06-13 21:{m}): {t}",
    "Signal": "[2018-06-13 21:{m}] {n}: {t}",
    "IRC": "[21:{m}] <{n}> {t}",
    "Zoom": "21:{m}:10 From {n} to Everyone:\n\t{t}",
    "transcript": "{n} [00:{m}:12]: {t}",
}
HEADINGS = {"LINE": "[LINE] Chat history with Greta\n2018/06/13 Wed\n"}
TEXTS = {
    "Messenger": '<div class="_a6-g"><div class="_2ph_ _a6-h">Greta</div><div>My results.</div></div>',
    "imessage-exporter": '<div class="message"><div class="received">9:20 My results.</div></div>',
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_chat_in_a_layout_that_is_not_read_is_left_out_with_that_reason(project, case):
    with pytest.raises(MissingError) as raised:
        gather(project, case)
    assert REFUSED[case] in str(raised.value)


@pytest.mark.parametrize("case", READ)
def test_a_chat_is_read_as_a_chat(project, case):
    found = gather(project, case, me=["Ivo"])
    assert found.own == READ[case] and found.documents == ()


@pytest.mark.parametrize("case", LAYOUTS)
def test_no_layout_of_a_chat_becomes_a_text_in_a_folder(project, tmp_path, case):
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [LAYOUTS[case].format(d=13, n=n, m=20 + m, t=t) for m, (n, t) in enumerate(dialog())]
    (folder / "chat.txt").write_text(HEADINGS.get(case, "") + "\n".join(lines))
    (folder / "essay.md").write_text("An essay about a bench, which nobody may sit upon.")
    found = gather(project, folder, me=["Ivo"])
    assert list(found.texts) == ["essay.md"]
    assert "looks like" in found.reasons.get("chat.txt", "") or found.own == SAID


def dialog():
    asked = [
        "My results are back, tell nobody.",
        "Paul must not know.",
        "They drummed until three.",
    ]
    return [pair for a, b in zip(asked, SAID, strict=True) for pair in (("Greta", a), ("Ivo", b))]


@pytest.mark.parametrize("case", TEXTS)
def test_pages_of_chats_are_left_out(project, tmp_path, case):
    page = f"<html><body>{TEXTS[case] * 4}</body></html>"
    (tmp_path / "message_1.html").write_text(page)
    with pytest.raises(MissingError, match="looks like a chat"):
        gather(project, tmp_path / "message_1.html")


def test_a_whole_folder_of_chats_gives_no_text(project):
    found = gather(project, "chats-as-texts", me=["Ivo", "Ivo Holm"])
    assert list(found.texts) == ["screenplay-own.txt"]
    assert set(found.own) == set(SAID)
    assert len(found.conversations) == 4 and len(found.reasons) == 5
    assert all("looks like" in reason for reason in found.reasons.values())


def test_a_paste_of_skype_is_a_chat(project):
    assert gather(project, "chats-as-texts/skype-paste.txt", me=["Ivo Holm"]).own == SAID


def test_a_screenplay_is_a_text(project):
    found = gather(project, "chats-as-texts/screenplay-own.txt")
    assert found.document.text.startswith("GRETA: My results are back")


def test_a_comment_of_a_reviewer_is_not_a_text(project):
    document = gather(project, "html-exports/google-docs.html").document
    assert document.title == "On paint"
    assert "Greta" not in document.text and "[a]" not in document.text
    assert document.text.endswith("and think ill of the council.")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("letters-home.txt", "From the window I can see the harbour"),
        ("log-of-the-boat.txt", "2021-05-03 06:30 - Weather: grey"),
        ("story.txt", "[12/03/2024, 18:00] Mission log: day one."),
    ],
)
def test_letters_logs_and_stories_are_texts(project, name, start):
    assert gather(project, "texts-as-chats").texts[name].startswith(start)


def test_the_user_can_settle_a_doubt(project):
    found = gather(project, "chats-as-texts/transcript.txt", read_as=ReadAs.TEXT)
    assert found.document.text.startswith("GRETA [00:00:12]: My results")
