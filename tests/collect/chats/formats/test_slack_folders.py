"""Tests of Slack exports without a list of users, which are recognized by their messages."""

import json
from pathlib import Path

import pytest
from support.chat_exports import collected, turns

from morris_mlx.collect import take_inventory
from morris_mlx.collect.archives import FolderArchive
from morris_mlx.collect.chats.formats.slack_folders import folders_without_users


def message(user, text, seconds, name=""):
    profile = {"user_profile": {"real_name": name}} if name else {}
    return {"type": "message", "user": user, "text": text, "ts": f"{seconds}.000100"} | profile


ASKED = message("U1", "Who has the key?", 1600000000, "Greta Holm")
ANSWERED = message("U2", "It hangs where it always hangs.", 1600000060, "Ivo Marsh")
TURNS = [("user", ASKED["text"]), ("assistant", ANSWERED["text"])]


def write(folder: Path, files):
    for name, rows in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return folder


def roots(folder):
    return {root for root, _ in folders_without_users(FolderArchive(folder), frozenset())}


@pytest.mark.parametrize("top", ["", "garden/", "slack/garden/"])
def test_the_folder_of_a_chat_and_the_folder_around_it_are_exports(tmp_path, top):
    write(tmp_path, {f"{top}2020-09-12.json": [], f"{top}2020-09-13.json": [ASKED, ANSWERED]})
    found = collected(tmp_path, me=("Ivo Marsh",), groups=True)
    assert turns(found) == [TURNS]


def test_files_of_a_day_by_other_programs_and_texts_are_not_taken(tmp_path):
    write(
        tmp_path,
        {
            "garden/2020-09-13.json": [ASKED, ANSWERED],
            "D0AB12/2020-09-13.json": [ASKED],
            "diary/2020-09-13.json": {"text": "It rained."},
            "channels.json": [{"id": "C1", "name": "garden"}],
            "other.json": {"a": 1},
            "essay.md": "It rained.",
        },
    )
    assert roots(tmp_path) == {"garden/", "D0AB12/"}
    inventory = take_inventory([tmp_path])
    assert {Path(source).parent.name for source in inventory.chat_files} == {"garden", "D0AB12"}
    assert len(inventory.members) == 4


def test_lists_of_chats_belong_to_the_export_around_all_chats(tmp_path):
    files = {"garden/2020-09-13.json": [ASKED], "channels.json": [{"id": "C1", "name": "garden"}]}
    ((root, names),) = folders_without_users(
        FolderArchive(write(tmp_path, files)), frozenset({"other/2020-09-13.json"})
    )
    assert (root, names) == ("", set(files))


def test_a_damaged_day_does_not_raise_an_error(tmp_path):
    write(tmp_path, {"garden/2020-09-12.json": "[{", "garden/2020-09-13.json": [ASKED]})
    assert roots(tmp_path) == {""}
