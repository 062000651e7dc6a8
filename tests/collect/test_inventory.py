"""Tests of the inventory: exports and texts side by side, zips, odd names, and the account."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from support.chat_exports import (
    START,
    collected,
    mail_text,
    private_chat,
    slack_user,
    telegram_export,
    telegram_message,
    telegram_text,
    whatsapp_text,
    write_mbox,
)

from morris_mlx.collect import collect_files, read_texts, take_inventory
from morris_mlx.collect.archives import MAX_OPEN_ZIPS
from morris_mlx.errors import MissingError

ANN = private_chat("Ann", "Hi.", "me: Yes?", start=START + 5 * 86_400)
ESSAY = "The harbour was empty, and I counted the boats that were not in it."


def account(*paths):
    """Return the names of files by their place, after reading all texts; each file is in one."""
    reading = read_texts(take_inventory(list(paths)))
    documents = list(reading.documents())
    sources = reading.inventory.sources
    assert len(sources) == len(set(sources))
    texts, chats = set(reading.taken), set(reading.inventory.chat_files)
    left = set(sources) - texts - chats
    assert not texts & chats and left <= {s.source for s in reading.skipped}
    assert {d.source for d in documents} <= texts or any("/" in d.source for d in documents)
    return {
        "texts": sorted(Path(source).name for source in texts),
        "chats": sorted(Path(source).name for source in chats),
        "left out": sorted(Path(source).name for source in left),
    }


def slack(folder):
    """Write a small Slack export into a folder."""
    (folder / "general").mkdir(parents=True)
    row = {"type": "message", "user": "U1", "text": "So.", "ts": f"{START}.0"}
    files = {
        "users.json": [slack_user("U1", "Ivo Brandt")],
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1"]}],
        "general/2023-11-14.json": [row],
    }
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value))


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_several_exports_and_texts_side_by_side_are_all_taken(tmp_path):
    slack(tmp_path / "slack")
    (tmp_path / "telegram").mkdir()
    telegram_export(tmp_path / "telegram", [ANN])
    (tmp_path / "essays").mkdir()
    (tmp_path / "essays" / "one.md").write_text(ESSAY)
    assert account(tmp_path) == {
        "texts": ["one.md"],
        "chats": ["2023-11-14.json", "channels.json", "result.json", "users.json"],
        "left out": [],
    }


def test_a_slack_export_at_the_top_does_not_swallow_what_lies_below_it(tmp_path):
    slack(tmp_path)
    (tmp_path / "telegram").mkdir()
    telegram_export(tmp_path / "telegram", [ANN])
    (tmp_path / "essays").mkdir()
    (tmp_path / "essays" / "one.md").write_text(ESSAY)
    (tmp_path / "two.txt").write_text(ESSAY + " Again.")
    found = account(tmp_path)
    assert found["texts"] == ["one.md", "two.txt"] and "result.json" in found["chats"]


def test_folders_beside_a_whatsapp_chat_are_not_its_own(tmp_path):
    (tmp_path / "WhatsApp Chat with Ann.txt").write_text(whatsapp_text(ANN))
    for folder in ("chats", "files", "lists", "photos"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.md").write_text(f"{ESSAY} {folder}")
    (tmp_path / "chats" / "WhatsApp Chat with Bo.txt").write_text(
        whatsapp_text(private_chat("Bo", "me: Hello.", "Hm.", start=START + 6 * 86_400))
    )
    (tmp_path / "20240115-essay.md").write_text("A text with its date in front of its name.")
    (tmp_path / "IMG-20240115-WA0001.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "letter.docx").write_bytes(b"PK\x03\x04")
    found = account(tmp_path)
    assert found["texts"] == ["20240115-essay.md", "chats.md", "files.md", "lists.md", "photos.md"]
    assert found["chats"] == [
        "IMG-20240115-WA0001.jpg",
        "WhatsApp Chat with Ann.txt",
        "WhatsApp Chat with Bo.txt",
    ]


def test_a_file_sent_in_a_chat_belongs_to_it_and_is_no_text_of_the_writer(tmp_path):
    rows = [
        telegram_message(1, "user2", "Read this."),
        telegram_message(2, "user2", "", START + 1, file="files/of a friend.txt"),
    ]
    chat = {"name": "Ann", "type": "personal_chat", "id": 2, "messages": rows}
    (tmp_path / "result.json").write_text(telegram_text(chat))
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "of a friend.txt").write_text(ESSAY)
    (tmp_path / "files" / "mine.txt").write_text("Mine: the chat does not mention it.")
    (tmp_path / "WhatsApp Chat with Ann.txt").write_text(
        whatsapp_text(private_chat("Ann", "me: draft.txt (file attached)", "Ta."))
    )
    (tmp_path / "draft.txt").write_text("Sent in a chat.")
    found = account(tmp_path)
    assert found["texts"] == ["mine.txt"]
    assert {"of a friend.txt", "draft.txt", "result.json"} <= set(found["chats"])


def test_a_zip_of_texts_is_read_with_the_zips_in_it_and_named_by_its_path(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("Part/two.md", ESSAY + " Twice.")
    path = zipped(
        tmp_path / "notes.zip",
        {"one.md": ESSAY, "Part-1.zip": inner.getvalue(), "../photo.jpg": b"\xff\xd8\xff"},
    )
    found = collect_files([path])
    assert [d.source for d in found.documents] == [
        f"{path}/Part-1.zip/Part/two.md",
        f"{path}/one.md",
    ]
    assert [s.source for s in found.skipped] == [f"{path}/photo.jpg"]
    assert account(tmp_path)["left out"] == ["photo.jpg"]


def test_a_mailbox_is_read_out_of_a_zip(tmp_path):
    mbox = write_mbox(
        tmp_path, mail_text("ivo@example.org", "ann@example.org", "Yes, on Tuesday at the pier.")
    )
    path = zipped(tmp_path / "takeout.zip", {"Takeout/Mail/All mail.mbox": mbox.read_text()})
    found = collected(path, me=("ivo@example.org",))
    assert found.own == 1 and account(path)["chats"] == ["All mail.mbox"]


def test_more_zips_than_may_be_open_are_read(tmp_path):
    for number in range(MAX_OPEN_ZIPS + 5):
        zipped(tmp_path / f"{number}.zip", {"a.txt": f"Text {number}."})
    assert len(collect_files([tmp_path]).documents) == MAX_OPEN_ZIPS + 5


def test_a_zip_in_a_zip_in_a_zip_and_one_with_a_password_are_left_out(tmp_path):
    content = b"x"
    for name in ("a.txt", "b.zip", "c.zip"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(name, content)
        content = buffer.getvalue()
    (tmp_path / "d.zip").write_bytes(content)
    locked = bytearray(zipped(tmp_path / "locked.zip", {"a.txt": b"x"}).read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(MissingError, match=r"(?s)a zip in a zip in a zip.*has a password"):
        collect_files([tmp_path])


def test_a_damaged_zip_and_unknown_json_do_not_stop_the_texts_beside_them(tmp_path):
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 cut")
    (tmp_path / "data.json").write_text('{"posts": []}')
    (tmp_path / "one.md").write_text(ESSAY)
    found = collect_files([tmp_path])
    assert [Path(d.source).name for d in found.documents] == ["one.md"]
    reasons = {Path(s.source).name: s.reason for s in found.skipped}
    assert "damaged" in reasons["cut.zip"] and "none of the exports" in reasons["data.json"]


def test_pictures_are_not_opened_and_unknown_kinds_are_told_by_their_first_bytes(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "a.jpg").chmod(0)
    (tmp_path / "b.xyz").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "no suffix").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "c.odd").write_bytes(b"\x01\x02\x00")
    (tmp_path / "one.md").write_text(ESSAY)
    kinds = {Path(s.source).name: s.kind for s in collect_files([tmp_path]).skipped}
    assert kinds == {
        "a.jpg": "pictures",
        "b.xyz": "pictures",
        "no suffix": "old Word document (no suffix)",
        "c.odd": "binary file of an unknown kind (.odd)",
    }


def test_plain_text_with_an_unknown_suffix_is_read_when_it_is_named(tmp_path):
    path = tmp_path / "chapter.draft"
    path.write_text(ESSAY)
    assert [d.text for d in collect_files([path]).documents] == [ESSAY]
    with pytest.raises(MissingError, match=r"unknown kind .*give it by its name"):
        collect_files([tmp_path])


def test_names_that_are_not_utf_8_are_collected_and_can_be_written(tmp_path):
    odd = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    with open(odd, "w") as file:  # noqa: PTH123
        file.write(ESSAY)
    (document,) = collect_files([tmp_path]).documents
    assert document.source == f"{tmp_path}/caf\\xe9.txt"
    assert [d.source for d in collect_files([Path(os.fsdecode(odd))]).documents] == [
        document.source
    ]


def test_hidden_files_are_counted_and_may_mark_a_folder(tmp_path):
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / ".obsidian" / "templates.json").write_text('{"folder": "Templates"}')
    (tmp_path / "Templates").mkdir()
    (tmp_path / "Templates" / "day.md").write_text("Today I {{title}}.")
    (tmp_path / "one.md").write_text(ESSAY)
    assert account(tmp_path) == {
        "texts": ["one.md"],
        "chats": [],
        "left out": ["day.md", "templates.json"],
    }


def test_links_and_pipes_are_counted_and_not_opened(tmp_path):
    (tmp_path / "elsewhere.txt").write_text("Elsewhere.")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.md").write_text(ESSAY)
    (folder / "again.md").symlink_to(folder / "one.md")
    (folder / "loop").symlink_to(folder)
    (folder / "gone.md").symlink_to(folder / "nothing")
    (folder / "outside.txt").symlink_to(tmp_path / "elsewhere.txt")
    os.mkfifo(folder / "pipe.txt")
    assert account(folder) == {
        "texts": ["one.md", "outside.txt"],
        "chats": [],
        "left out": ["again.md", "gone.md", "loop", "pipe.txt"],
    }


def test_a_file_given_twice_is_listed_once(tmp_path):
    (tmp_path / "one.md").write_text(ESSAY)
    assert account(tmp_path, tmp_path / "one.md", tmp_path)["texts"] == ["one.md"]
