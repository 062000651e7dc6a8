"""Tests of format detection: by content, in files, folders and zips."""

import sqlite3

import pytest
from support.chat_exports import (
    EXPORTS,
    START,
    AppleMessages,
    private_chat,
    whatsapp_text,
)

from morris_mlx.collect import collect_files, find_chats
from morris_mlx.errors import MissingError


@pytest.mark.parametrize("format_", EXPORTS)
def test_a_format_is_detected_by_content_not_by_file_name(format_, tmp_path):
    made = [private_chat("Ann", "Hi.", "me: Yes?"), private_chat("Bo", "me: Hello.", "Hm.")]
    path = EXPORTS[format_](tmp_path, made)
    files = [path] if path.is_file() else sorted(path.iterdir())
    for number, file in enumerate(files):
        renamed = file.rename(file.with_name(f"{number}.dat"))
        (export,) = find_chats([renamed])[0]
        assert export.format == format_


def test_a_folder_is_sorted_into_exports_their_companions_and_other_files(tmp_path):
    text = whatsapp_text(private_chat("Ann", "Hi.", "me: Yes?", start=START + 5 * 86_400))
    (tmp_path / "_chat.txt").write_text(text)
    (tmp_path / "00000012-essay of a friend.txt").write_text("Not mine.")
    (tmp_path / "essay.txt").write_text("Mine.")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "caption.txt").write_text("Mine: WhatsApp makes no folders.")
    (tmp_path / ".hidden.txt").write_text(text)
    exports, files = find_chats([tmp_path])
    assert [e.path.name for e in exports] == ["_chat.txt"]
    assert {f.name for f in files} == {"_chat.txt", "00000012-essay of a friend.txt"}


def test_an_apple_database_is_detected_wherever_its_table_list_is(tmp_path):
    path = tmp_path / "chat.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE pictures (picture BLOB)")
        database.execute("INSERT INTO pictures VALUES (zeroblob(3000000))")
        for number in range(60):  # the list of tables extends beyond the first page
            database.execute(f"CREATE TABLE t{number} (a TEXT, {'b' * 200} TEXT)")
    database.close()
    assert find_chats([tmp_path]) == ([], set())
    apple = AppleMessages(tmp_path)
    apple.chat(1, "+4900")
    apple.say(1, True, START, "So.")
    apple.close()
    (export,) = find_chats([tmp_path])[0]
    assert export.format == "iMessage"
    assert [p.name for p in tmp_path.iterdir()] == ["chat.db"]


def test_other_json_is_refused_by_name(tmp_path):
    path = tmp_path / "package.json"
    path.write_text('{"name": "x", "version": 1}')
    with pytest.raises(
        MissingError, match=r"package\.json: JSON .*none of the exports that Morris"
    ):
        collect_files([path])
    assert find_chats([tmp_path]) == ([], set())


def test_a_diary_is_not_detected_as_a_chat(tmp_path):
    diary = tmp_path / "diary.txt"
    diary.write_text("25.01.2024, 14:05 - went out to buy bread\n26.01.2024, 9:00 - it rained\n")
    assert find_chats([diary]) == ([], set())


def test_a_chat_with_unknown_dates_is_refused(tmp_path):
    path = tmp_path / "chat.txt"
    lines = [f"15 Mehr 1403, 10:0{n} e pasdites - {who}: so" for n, who in enumerate("ABABAB")]
    path.write_text("\n".join([*lines, "and on"]))
    with pytest.raises(
        MissingError, match=r"looks like a chat from WhatsApp.*export the chat again"
    ):
        collect_files([path])
    diary = ["12 March, 10:30 - Rain: a whole day of it.", "Then nothing.", "And tea.", "So."] * 3
    path.write_text("\n".join(diary))
    assert find_chats([path]) == ([], set())
