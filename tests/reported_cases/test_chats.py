"""Reported: chats that were taken for the writer's texts, and the other way (C1 to C18)."""

import pytest
from support.reported_cases import gather

from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.errors import MissingError

# Each with the ID of the report, and a part of the reason to leave it out.
REFUSED = {
    "C1 telegram-html": "Telegram's HTML export; export it again as JSON",
    "C3 chats-as-texts/imessage-exporter.txt": "imessage-exporter's text export",
    "C9 chats-as-texts/discord-exporter.txt": "DiscordChatExporter's text export",
    "C11 chats-as-texts/teams-copy.txt": "looks like a chat",
    "C11 chats-as-texts/google-chat-takeout-copy.txt": "looks like a chat",
    "C12 chats-as-texts/transcript.txt": "looks like a transcript of speech",
}
SAID = [
    "I will drive you there and wait outside with the dog.",
    "Paul will hear nothing from me, as usual.",
]
SAID += ["Move the bed to the other wall."]
SHORT = ["I will drive you there.", "He will not."]
# Each with the turns of the writer.
READ = {
    "C4 chats-as-texts/whatsapp-old-ios.txt": SAID,
    "C5 whatsapp-more/colon-after-time.txt": ["I will drive you there.", "He will not.\n\nUp yet?"],
    "C5 whatsapp-more/colon-after-time-2.txt": SHORT,
    "C7 chats-as-texts/whatsapp-german-daypart.txt": SAID,
    "C8 chats-as-texts/kakaotalk.txt": SAID,
}
# Layouts of reports whose files are not among the cases: each with a name, a minute and a text.
LAYOUTS = {
    "C6 Croatian": "{d}. 6. 2018. 21:{m}:15 {n}: {t}",
    "C14 month in words": "13 Jun 2018, 21:{m} - {n}: {t}",
    "C14 Chinese": "2018年6月13日 21:{m} - {n}: {t}",
    "C8 LINE": "下午9:{m}\t{n}\t{t}",
    "C10 Signal Desktop": "{n} (2018-06-13 21:{m}): {t}",
    "C10 Signal": "[2018-06-13 21:{m}] {n}: {t}",
    "C11 IRC": "[21:{m}] <{n}> {t}",
    "C11 Zoom": "21:{m}:10 From {n} to Everyone:\n\t{t}",
    "C12 transcript": "{n} [00:{m}:12]: {t}",
}
HEADINGS = {"C8 LINE": "[LINE] Chat history with Greta\n2018/06/13 Wed\n"}
TEXTS = {
    "C2 Messenger": '<div class="_a6-g"><div class="_2ph_ _a6-h">Greta</div><div>My results.</div></div>',
    "C3 imessage-exporter": '<div class="message"><div class="received">9:20 My results.</div></div>',
}


def alone(case: str) -> str:
    return case.partition(" ")[2]


@pytest.mark.parametrize("case", REFUSED)
def test_a_chat_in_a_layout_that_is_not_read_is_left_out_with_that_reason(project, case):
    with pytest.raises(MissingError) as raised:
        gather(project, alone(case))
    assert REFUSED[case] in str(raised.value)


@pytest.mark.parametrize("case", READ)
def test_a_chat_is_read_as_a_chat(project, case):
    found = gather(project, alone(case), me=["Ivo"])
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


def test_c7_a_whole_folder_of_chats_gives_no_text(project):
    found = gather(project, "chats-as-texts", me=["Ivo", "Ivo Holm"])
    assert list(found.texts) == ["screenplay-own.txt"]
    assert set(found.own) == set(SAID)
    assert len(found.conversations) == 4 and len(found.reasons) == 5
    assert all("looks like" in reason for reason in found.reasons.values())


def test_c13_a_paste_of_skype_is_a_chat(project):
    assert gather(project, "chats-as-texts/skype-paste.txt", me=["Ivo Holm"]).own == SAID


def test_c15_a_screenplay_is_a_text(project):
    found = gather(project, "chats-as-texts/screenplay-own.txt")
    assert found.document.text.startswith("GRETA: My results are back")


def test_c16_a_comment_of_a_reviewer_is_no_text(project):
    document = gather(project, "html-exports/google-docs.html").document
    assert document.title == "On paint"
    assert "Greta" not in document.text and "[a]" not in document.text
    assert document.text.endswith("and think ill of the council.")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("letters-home.txt", "From the window I can see the harbour"),  # C17
        ("log-of-the-boat.txt", "2021-05-03 06:30 - Weather: grey"),  # C18
        ("story.txt", "[12/03/2024, 18:00] Mission log: day one."),  # C18
    ],
)
def test_c17_c18_letters_logs_and_stories_are_texts(project, name, start):
    assert gather(project, "texts-as-chats").texts[name].startswith(start)


def test_c18_the_user_can_settle_a_doubt(project):
    found = gather(project, "chats-as-texts/transcript.txt", read_as=ReadAs.TEXT)
    assert found.document.text.startswith("GRETA [00:00:12]: My results")
