"""Exports that were damaged at random: read as they are, or refused in words; never a crash."""

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
    slack_user,
    talk,
    telegram_account,
    telegram_chat,
    telegram_message,
)

from morris_mlx.collect.chats.detect_format import find_exports
from morris_mlx.errors import MorrisError

MADE = [
    talk("Ann", "Hi.", "me: Yes?", "Ho."),
    talk("Bo", "me: Hello.", "Hm.", start=START + 86_400),
]
SEED = "b"
ODD = (None, True, 0, -1, 1e400, 10**30, "", "x", "\ud800", [], [1], [[]], {}, {"a": 1})


def tried(path: Path, **options) -> str:
    """ "read" or "refused"; anything else but a MorrisError is a crash."""
    try:
        exports, _ = find_exports(path)
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
def test_bytes_that_were_lost_or_changed_never_crash(format_, tmp_path):
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
        outcomes.add(tried(path))
    assert outcomes <= {"read", "refused"}


def changed(value, rng):
    """The same JSON with one value in it replaced by something odd."""
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
def test_values_of_the_wrong_type_never_crash(format_, tmp_path):
    rng = random.Random(SEED + format_)
    path = tmp_path / "x.json"
    for _ in range(250):
        path.write_text(json.dumps(changed(json_exports()[format_], rng)))
        tried(path)


def test_values_of_the_wrong_type_in_slack_and_discords_package_never_crash(tmp_path):
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
            odd = changed(whole, rng)
            with zipfile.ZipFile(path, "w") as archive:
                for name, value in odd.items():
                    archive.writestr(name, json.dumps(value))
            tried(path)


def test_a_zip_with_a_file_of_no_name_is_read_without_it(tmp_path):
    path = EXPORTS["Slack"](tmp_path, MADE)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"~~~": b"x"}).items():
            archive.writestr(name, content)
    path.write_bytes(path.read_bytes().replace(b"~~~", b"\0~~"))  # which zipfile reads as no name
    assert tried(path) == "read"


def test_a_kind_of_chat_that_nobody_knows_is_counted_in_words_that_can_be_printed(tmp_path):
    said = [telegram_message(n, f"user{n % 2 + 1}", "Yes, who else?") for n in range(4)]
    known = telegram_chat(2, "Ann", said)
    odd = telegram_chat(3, "Bo", said, "odd\ud800 \x1b[2J" + "x" * 300)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(telegram_account([known, odd])))
    reasons = [reason for reason in collected(path).funnel if reason.startswith("in a chat of")]
    (reason,) = reasons
    assert reason.isprintable() and len(reason) < 80


def test_half_a_character_in_a_chats_id_reaches_no_file(tmp_path):
    said = [telegram_message(n, f"user{n % 2 + 1}", "Yes, who else?") for n in range(4)]
    path = tmp_path / "result.json"
    path.write_text(json.dumps(telegram_account([telegram_chat("2\ud800", "Ann", said)])))
    found = collected(path)
    assert found.conversations
    known = [(c.id, c.names) for contacts in found.people.values() for c in contacts]
    assert known and json.dumps(known, ensure_ascii=False).encode("utf-8")
