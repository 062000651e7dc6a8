"""Tests of the parser of Discord's data package."""

import json
import shutil
import zipfile

import pytest
from support.chat_exports import (
    adds_up,
    collected,
    left_out,
    turns,
)

from morris_mlx.collect import find_chats
from morris_mlx.errors import MorrisError

NO_WORDS = "no words (photo, sticker, voice message …)"


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
def test_the_data_package_gives_own_messages_in_sessions(tmp_path, csv):
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


@pytest.mark.parametrize("folder", ["Nachrichten", "Wiadomości", "メッセージ", "Messages"])
def test_a_package_in_any_language_is_known_by_its_shape(folder, tmp_path):
    root = package(tmp_path, [{"ID": 1, "Timestamp": "2024-01-15 10:00:00", "Contents": "Hallo."}])
    (root / "messages" / "index.json").write_text('{"55": "Direktnachricht mit ann#0"}')
    (root / "messages").rename(root / folder)
    found = collected(root)
    assert turns(found) == [[("assistant", "Hallo.")]]
    (people,) = found.people.values()
    assert [c.names for c in people] == [("ann",)]  # not the words around the name


def test_messages_without_a_channel_are_no_package(tmp_path):
    root = package(tmp_path, [])
    (root / "messages" / "c55" / "channel.json").unlink()
    assert not find_chats([root])[0]
