"""The sample's Telegram export: everything that such exports do, read whole, and the demo on it."""

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from support.chat_exports import adds_up, collected, turns
from support.workspace import make_tiny_model
from typer.testing import CliRunner

from morris_mlx.cli import demo as demo_command
from morris_mlx.cli.app import app
from morris_mlx.cli.demo_chats import (
    CHATS,
    HELD_OUT,
    collect_and_prepare,
    is_russian,
    only_english,
)
from morris_mlx.cli.demo_steps import DemoBase, run_demo
from morris_mlx.collect.chats.json_stream import repair_escapes
from morris_mlx.defaults import sample_folder
from morris_mlx.prepare.redact.redactor import redact_corpus
from morris_mlx.project.datasets import read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_people_file
from morris_mlx.records.corpus import Example, Message
from morris_mlx.text.pii import Person
from morris_mlx.train.recipes import PRACTICE_CHATS_RECIPE

FOLDER = sample_folder() / "telegram"
WRITTEN = (FOLDER / "result.json").read_text(encoding="utf-8")
EXPORT = json.loads(repair_escapes(WRITTEN))
CHATS_OF = [*EXPORT["chats"]["list"], *EXPORT["left_chats"]["list"]]
MESSAGES = [message for chat in CHATS_OF for message in chat["messages"]]
OWNER = EXPORT["personal_information"]
OWN_ID = f"user{OWNER['user_id']}"
SIGNATURES = re.compile(
    r"reporting:|verdict:|\(nobody asked|as the prophets|carry on|we live|let the minutes"
    r"|докладываю|вердикт|никто не спрашивал|как предсказывали|живём|работаем дальше"
)


def found():
    return collected(FOLDER / "result.json")


def entities(kind: str) -> list[dict]:
    return [e for m in MESSAGES for e in m.get("text_entities", ()) if e["type"] == kind]


def having(key: str) -> list[dict]:
    return [m for m in MESSAGES if key in m]


def of_type(kind: str) -> list[dict]:
    return [chat for chat in CHATS_OF if chat["type"] == kind]


TRAPS = {
    "a text that is a string": lambda: [m for m in MESSAGES if isinstance(m.get("text"), str)],
    "a text that is a list": lambda: [m for m in MESSAGES if isinstance(m.get("text"), list)],
    "a list with words between": lambda: [
        m for m in MESSAGES if {type(p) for p in m.get("text", ())} == {str, dict}
    ],
    "a text without entities": lambda: [
        m for m in MESSAGES if m.get("text") and "text_entities" not in m
    ],
    "a link": lambda: entities("link"),
    "words with a link": lambda: [e for e in entities("text_link") if e["href"]],
    "bold": lambda: entities("bold"),
    "italic": lambda: entities("italic"),
    "a spoiler": lambda: entities("spoiler"),
    "a mention": lambda: entities("mention"),
    "a hashtag": lambda: entities("hashtag"),
    "a command": lambda: entities("bot_command"),
    "an e-mail": lambda: entities("email"),
    "a phone": lambda: entities("phone"),
    "a card": lambda: entities("bank_card"),
    "a quotation": lambda: entities("blockquote"),
    "a forward": lambda: [m for m in having("forwarded_from") if m["forwarded_from"]],
    "a forward of nobody": lambda: [
        m for m in having("forwarded_from") if m["forwarded_from"] is None
    ],
    "a reply": lambda: having("reply_to_message_id"),
    "an edit": lambda: [m for m in having("edited") if m["edited_unixtime"] > m["date_unixtime"]],
    "a reaction": lambda: having("reactions"),
    "a service message": lambda: [m for m in MESSAGES if m["type"] == "service" and m["action"]],
    "a deleted account's chat": lambda: [c for c in of_type("personal_chat") if c["name"] is None],
    "a deleted account in a group": lambda: [
        m for c in of_type("private_supergroup") for m in c["messages"] if m.get("from", "") is None
    ],
    "a number for a person": lambda: [m for m in MESSAGES if isinstance(m.get("from_id"), int)],
    "a message without unix time": lambda: [
        m for m in MESSAGES if "date" in m and "date_unixtime" not in m
    ],
    "an unsupported message": lambda: [
        m for m in MESSAGES if m["type"] == "unsupported" and set(m) == {"id", "type"}
    ],
    "a sticker": lambda: [m for m in having("sticker_emoji") if m["media_type"] == "sticker"],
    "a photo": lambda: having("photo"),
    "a voice message": lambda: [
        m for m in having("duration_seconds") if m.get("media_type") == "voice_message"
    ],
    "a video": lambda: [m for m in MESSAGES if m.get("media_type") == "video_file"],
    "an animation": lambda: [m for m in MESSAGES if m.get("media_type") == "animation"],
    "a poll": lambda: having("poll"),
    "a contact": lambda: having("contact_information"),
    "a place": lambda: having("location_information"),
    "a message by way of a bot": lambda: [m for m in having("via_bot") if m["from_id"] == OWN_ID],
    "the owner in a group": lambda: [
        m
        for c in of_type("private_supergroup")
        for m in c["messages"]
        if m.get("from_id") == OWN_ID
    ],
    "a bot": lambda: of_type("bot_chat"),
    "a channel": lambda: of_type("public_channel"),
    "notes to oneself": lambda: [
        c for c in of_type("saved_messages") if c["id"] == OWNER["user_id"]
    ],
    "a contact list": lambda: EXPORT["contacts"]["list"],
    "a left chat": lambda: EXPORT["left_chats"]["list"],
    "a control character that JSON forbids": lambda: re.findall(r"[^\\]\\x0B", WRITTEN),
    "a burst": lambda: [t for talk in turns(found()) for _, t in talk if "\n\n" in t],
    "nobody's answer": lambda: [talk for talk in turns(found()) if len(talk) == 1],
}


@pytest.mark.parametrize("trap", TRAPS)
def test_the_export_has_every_trap(trap):
    assert TRAPS[trap](), trap


def test_the_export_is_what_the_readable_source_makes():
    script = Path(__file__).parents[2] / "scripts" / "build" / "sample_chats.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_it_is_no_valid_json_before_it_is_mended():
    with pytest.raises(json.JSONDecodeError):
        json.loads(WRITTEN)


def test_the_export_is_read_whole_and_its_owner_recognised():
    export = found()
    assert export.writers == ("Marfa Ostrova",)
    assert adds_up(export) and export.funnel["messages"] == len(MESSAGES) >= 600
    reasons = ("forwarded", "service message", "written by a bot", "only a link", "in a channel")
    reasons += ("in notes to yourself", "in a group (--groups takes them)")
    reasons += ("no words (photo, sticker, voice message …)",)
    reasons += ("a kind of message that Telegram does not export",)
    assert all(export.funnel[reason] for reason in reasons)
    assert export.own >= 250 and len(export.conversations) >= 80
    assert any("repaired" in remark for remark in export.remarks)
    assert "48 pins, size 7\n1 block, beech" in str(turns(export)).replace("\\n", "\n")


def test_there_are_people_and_both_languages_over_two_years():
    private = [c for c in CHATS_OF if c["type"] == "personal_chat"]
    assert 5 <= len(private) <= 7
    dates = sorted(m["date"] for m in MESSAGES if "date" in m)
    assert dates[0][:4] == "2023" and dates[-1][:4] == "2025"
    shown = [Example(c.messages, c.id, "chat") for c in found().conversations]
    russian = sum(map(is_russian, shown))
    assert 0.25 <= russian / len(shown) <= 0.6


def test_her_voice_is_hers_alone_and_no_message_a_copy():
    said = [(r, t) for talk in turns(found()) for r, text in talk for t in text.split("\n\n")]
    hers = [t for role, t in said if role == "assistant"]
    others = [t for role, t in said if role == "user"]
    signed = sum(bool(SIGNATURES.search(t)) for t in hers)
    assert 0.15 <= signed / len(hers) <= 0.45
    assert not [t for t in others if SIGNATURES.search(t)]
    assert not [t for t in hers if "!" in t]
    assert sum(t[0].isupper() for t in hers) <= 0.05 * len(hers)
    long = Counter(t for t in hers if len(t.split()) > 4)
    assert not [t for t, count in long.items() if count > 1]


def test_nobody_real_can_be_called_or_written_to():
    phones = re.findall(r"\+?\d[\d -]{9,}\d", WRITTEN.replace("date_unixtime", ""))
    phones = [p for p in phones if " " in p and not p.startswith("4111")]
    assert phones
    for phone in phones:  # Ofcom's numbers for drama; a Russian code that does not exist
        assert phone.startswith(("+44 7700 900", "01632 960", "+7 000 555-01")), phone
    for host in re.findall(r"@([\w-]+\.\w+)", WRITTEN) + re.findall(r"https?://([\w.-]+)", WRITTEN):
        assert host == "example.org" or host.endswith(".test"), host


def test_redaction_finds_what_was_planted():
    export = found()
    talkers = [Person(c.names) for people in export.people.values() for c in people]
    people = (*read_people_file(FOLDER / "names.txt"), *talkers)
    redacted = redact_corpus((), export.conversations, people)
    items = {(i.kind, i.real) for i in redacted.redaction_map.items}
    assert items >= {
        ("password", "Herring-Tuesday-88"),
        ("password", "трилобит1"),
        ("e-mail", "accounts@gannet-hotel.test"),
        ("e-mail", "gosha.samsonov@geolog.test"),
        ("card", "4111 1111 1111 1111"),
        ("phone", "+44 7700 900142"),
        ("phone", "+7 000 555-01-42"),
        ("address", "Flat 3, 14 Lantern Row, Saltmere ZZ9 9ZZ"),
        ("address", "9 Cormorant Hill, Saltmere"),
        ("address", "Кедровск, ул. Фонарная, д. 12, кв. 7"),
        *(("name", form) for form in ("лизу", "Лизе", "лизы", "тимуру", "тимура", "Тимуром")),
        *(("name", form) for form in ("олега", "олесю", "Олесей", "зинаиду", "петровну")),
        *(("name", form) for form in ("Callum", "callum", "fedya", "Oleg's", "liza", "Anselm")),
    }
    left = " ".join(m.content for c in redacted.conversations for m in c.messages)
    for _, real in items:
        assert not re.search(rf"(?<!\w){re.escape(real)}(?!\w)", left), real


def test_russian_is_told_from_english_by_the_writers_turns():
    def said(*texts):
        return Example(tuple(Message(r, t) for r, t in texts), "x", "chat")

    assert is_russian(said(("user", "well?"), ("assistant", "живём, ok")))
    assert not is_russian(said(("user", "Ну что?"), ("assistant", "we live. да")))


def test_the_demo_without_smollm2_learns_both_languages(tmp_path, tiny_folder, capsys):
    settings = replace(PRACTICE_CHATS_RECIPE, epochs=1, batch_size=8)
    story = replace(CHATS, words=4, bases=(DemoBase(str(tiny_folder), "a toy", settings),))
    project = Project(tmp_path / "demo-chats")
    ended = run_demo(story, project)
    shown = capsys.readouterr().out
    assert "The export names its owner: Marfa Ostrova." in shown
    assert re.search(r"102 conversations with 341 messages of yours", shown)
    assert "Herring-Tuesday-88 → [password]" in shown and "[card]" in shown
    assert re.search(
        r"\d+ rows; conversations by date: \d+ to train, 10 to valid, 10 to test", shown
    )
    assert shown.count("WITH THE ADAPTER") == len(HELD_OUT)
    assert all(f"[{number}/4]" in shown for number in range(1, 5))
    assert re.search(r"^English +\d\.\d+", shown, re.M) and re.search(r"^Russian ", shown, re.M)
    assert "does not know Russian. The loss of the Russian conversations falls" in shown
    assert (project.adapter(ended.adapter) / "quick-report.json").exists()


def test_on_smollm2_the_demo_leaves_the_russian_conversations_out(tmp_path, capsys):
    project = Project(tmp_path / "project")
    # A window in which a conversation is one row, as SmolLM2's is.
    toy = make_tiny_model(tmp_path / "toy", max_position_embeddings=1024)
    collect_and_prepare(project, str(toy))
    card = only_english(project, read_card(project.dataset))
    left = read_dataset(project.dataset)
    assert "34 Russian rows are left out" in capsys.readouterr().out
    assert not any(is_russian(example) for rows in left.values() for example in rows)
    assert card.digest == read_card(project.dataset).digest
    assert {split: len(rows) for split, rows in left.items()} == {
        "train": 55,
        "valid": 6,
        "test": 6,
    }
    first_turns = [(row.messages[1].content, row.messages[2].content) for row in left["test"]]
    assert set(first_turns) >= {(one.request, one.written) for one in HELD_OUT}


def test_the_command_takes_the_chats_only_when_told(tmp_path, monkeypatch):
    told = []

    class StopHereError(Exception):
        pass

    def listen(story, project, seed):
        told.append((story.folder, project.home, seed))
        raise StopHereError

    monkeypatch.setattr(demo_command, "run_demo", listen)
    for options in ([], ["--chats", "--seed", "3"]):
        CliRunner().invoke(app, ["demo", *options, "--folder", str(tmp_path)])
    assert told == [("demo", tmp_path / "demo", 0), ("demo-chats", tmp_path / "demo-chats", 3)]
