"""Tests with randomly damaged exports: they are read or refused with a message, and never crash."""

import json
import random
import zipfile
from pathlib import Path

import pytest
from support.chat_exports import (
    EXPORTS,
    START,
    adds_up,
    collected,
    discord_message,
    private_chat,
    slack_user,
    telegram_account,
    telegram_chat,
    telegram_message,
)

from morris_mlx.collect import find_chats
from morris_mlx.errors import MorrisError

MADE = [
    private_chat("Ann", "Hi.", "me: Yes?", "Ho."),
    private_chat("Bo", "me: Hello.", "Hm.", start=START + 86_400),
]
SEED = "b"
ODD = (None, True, 0, -1, 1e400, 10**30, "", "x", "\ud800", [], [1], [[]], {}, {"a": 1})


def try_to_collect(path: Path, **options) -> str:
    """Collect an export. Returns "read" or "refused"; any error but MorrisError is a crash."""
    try:
        exports, _ = find_chats([path])
        if not exports:
            return "refused"
        found = collected(path, me=("Ivo Brandt",), groups=True, dates="day-first", **options)
    except MorrisError as error:
        assert len(str(error)) > 30
        return "refused"
    assert adds_up(found)
    for conversation in found.conversations:
        "".join(m.content for m in conversation.messages).encode("utf-8")
    return "read"


@pytest.mark.parametrize("format_", EXPORTS)
def test_lost_or_changed_bytes_never_crash(format_, tmp_path):
    path = EXPORTS[format_](tmp_path, MADE)
    file = path if path.is_file() else sorted(path.iterdir())[0]
    whole = file.read_bytes()
    rng = random.Random(SEED + format_)
    outcomes = set()
    for _ in range(60):
        raw = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(raw) or 1)
            raw = raw or bytearray(1)
            if rng.random() < 0.5:
                raw[at] = rng.randrange(256)
            else:
                del raw[at : at + rng.randint(1, 40)]
        file.write_bytes(bytes(raw))
        outcomes.add(try_to_collect(path))
    assert outcomes <= {"read", "refused"}


def replace_random_value(value, rng):
    """Return a copy of JSON with one value replaced by an odd one."""
    places = []

    def walk(node):
        pairs = (
            node.items()
            if isinstance(node, dict)
            else enumerate(node)
            if isinstance(node, list)
            else ()
        )
        for key, child in pairs:
            places.append((node, key))
            walk(child)

    value = json.loads(json.dumps(value))
    walk(value)
    node, key = rng.choice(places)
    node[key] = rng.choice(ODD)
    return value


def json_exports():
    say = telegram_message
    rows = [
        say(1, "user2", "Hi."),
        say(2, "user1", "Yes?", START + 1),
        {"id": 3, "type": "unsupported"},
    ]
    telegram = telegram_account([telegram_chat(2, "Ann", rows)])
    channel = {"id": "9", "type": "DirectTextChat", "name": "ann"}
    discord = {"guild": {"id": "0"}, "channel": channel}
    discord["messages"] = [
        discord_message(1, "ann", "Hi."),
        discord_message(2, "Ivo Brandt", "Yes?"),
    ]
    return {"telegram": telegram, "discord": discord}


@pytest.mark.parametrize("format_", ["telegram", "discord"])
def test_values_of_a_wrong_type_never_crash(format_, tmp_path):
    rng = random.Random(SEED + format_)
    path = tmp_path / "x.json"
    for _ in range(250):
        path.write_text(json.dumps(replace_random_value(json_exports()[format_], rng)))
        try_to_collect(path)


def test_wrong_types_in_slack_and_the_discord_package_never_crash(tmp_path):
    rng = random.Random(SEED)
    row = {"type": "message", "user": "U1", "text": "Yes?", "ts": f"{START}.1", "thread_ts": "1"}
    files = {
        "users.json": [slack_user("U1", "Ivo Brandt"), slack_user("U2", "Ann")],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "D1/2023-11-14.json": [row, row | {"user": "U2"}],
    }
    owned = {
        "messages/index.json": {"5": "x"},
        "messages/c5/channel.json": {"id": "5", "type": "DM", "name": "x"},
        "messages/c5/messages.json": [
            {"ID": 1, "Timestamp": "2024-01-15 10:00:00", "Contents": "x"}
        ],
    }
    path = tmp_path / "x.zip"
    for whole in (files, owned):
        for _ in range(150):
            odd = replace_random_value(whole, rng)
            with zipfile.ZipFile(path, "w") as archive:
                for name, value in odd.items():
                    archive.writestr(name, json.dumps(value))
            try_to_collect(path)


def test_a_zip_member_without_a_name_is_ignored(tmp_path):
    path = EXPORTS["Slack"](tmp_path, MADE)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"~~~": b"x"}).items():
            archive.writestr(name, content)
    path.write_bytes(path.read_bytes().replace(b"~~~", b"\0~~"))  # zipfile reads an empty name
    assert try_to_collect(path) == "read"
