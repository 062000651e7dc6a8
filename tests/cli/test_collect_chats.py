"""`morris collect EXPORT` as a person types it: what is said, asked, refused and written."""

import json
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.chat_exports import (
    ME,
    START,
    discord_message,
    private_chat,
    telegram_account,
    telegram_chat,
    telegram_export,
    telegram_message,
    write_discord,
    write_telegram,
)
from support.workspace import column, done, morris
from typer.testing import CliRunner

from morris_mlx.cli import collect_chats
from morris_mlx.cli.app import app
from morris_mlx.cli.collect_chats import gap_seconds
from morris_mlx.collect import ChatsFound
from morris_mlx.errors import UsageError
from morris_mlx.project.conversations import read_conversations, write_conversations
from morris_mlx.project.datasets import read_card
from morris_mlx.records.corpus import Conversation, Message

ANN, BO = private_chat("Ann", "Hi.", "me: Yes?"), private_chat("Bo", "me: Hello.", "Hm.", "me: So.")


@pytest.fixture
def export(tmp_path):
    return telegram_export(tmp_path, [ANN, BO])


def rows(project):
    return [json.loads(line) for line in project.conversations.read_text().splitlines()]


def test_chats_are_collected_announced_and_counted(project, export):
    result = morris("collect", export, "--ground", "own")
    assert result.returncode == 0, result.stderr
    assert "Telegram full export: 2 chats, 3 messages of yours" in result.stdout
    assert f"2 conversations with 3 messages of yours → {project.conversations}" in result.stdout
    assert "Next: morris prepare" in result.stdout
    assert result.stderr == (
        "morris: you are Ivo Brandt in these chats; if not, name yourself with --me NAME\n"
    )
    assert sorted([m["role"] for m in row["messages"]] for row in rows(project)) == [
        ["assistant", "user", "assistant"],
        ["user", "assistant"],
    ]
    assert set(rows(project)[0]) == {"id", "messages", "source", "date"}
    assert not project.documents.exists()
    assert project.conversations.stat().st_mode & 0o077 == 0
    notes = json.loads(project.provenance.read_text())
    assert notes[str(export)]["ground"] == "own" and notes[str(export)]["conversations"] == 2
    assert "user2" not in project.conversations.read_text()


def test_the_counts_come_as_json(project, export):
    found = json.loads(done("collect", export, "--ground", "own", "--json"))
    funnel = found["messages"]
    assert funnel.pop("messages") == 5 == sum(funnel.values())
    assert found["you"] == ["Ivo Brandt"] and found["messages_of_yours"] == 3
    assert found["conversations"] == 2


def test_without_a_ground_chats_are_refused_and_with_one_it_is_remembered(project, export):
    result = morris("collect", export)
    assert result.returncode == 4 and "--ground own" in result.stderr
    assert not project.conversations.exists()
    done("collect", export, "--ground", "permission")
    done("collect", export)
    assert json.loads(project.provenance.read_text())[str(export)]["ground"] == "permission"


def test_the_same_export_gives_the_same_bytes(project, export):
    done("collect", export, "--ground", "own")
    before = project.conversations.read_bytes()
    done("collect", export)
    assert project.conversations.read_bytes() == before


def test_texts_and_exports_lie_together_and_each_finds_its_way(project, export):
    (export.parent / "essay.md").write_text(column(1))
    (export.parent / "messages.html").write_text("<p>Ann: somebody else's words</p>")
    result = morris("collect", export.parent, "--ground", "own")
    assert "2 conversations" in result.stdout and "1 text, " in result.stdout
    documents = project.documents.read_text()
    assert "committee" in documents and "somebody" not in documents
    notes = json.loads(project.provenance.read_text())
    assert notes[str(export)]["conversations"] == 2
    assert notes[str(export.parent)]["documents"] == 1
    export.unlink()
    done("collect", export.parent)
    assert rows(project) == [] and "committee" in project.documents.read_text()


def test_another_export_adds_and_a_damaged_one_changes_nothing(project, export, tmp_path):
    done("collect", export, "--ground", "own")
    before = project.conversations.read_bytes()
    (tmp_path / "other").mkdir()
    other = telegram_export(tmp_path / "other", [private_chat("Cy", "me: Third.")])
    done("collect", other, "--ground", "own")
    assert len(rows(project)) == 3
    other.write_bytes(other.read_bytes()[:-60])
    after = project.conversations.read_bytes()
    result = morris("collect", other)
    assert result.returncode == 1 and "cut off" in result.stderr and str(other) in result.stderr
    assert project.conversations.read_bytes() == after != before
    assert not list(project.data.glob(".new-*"))


def nobodys(folder):
    """An export that does not show whose it is."""
    rows = [discord_message(1, "Ann", "Hi."), discord_message(2, ME, "Yes?", START + 1)]
    return write_discord(folder, "a channel", rows)


def test_nobody_to_ask_is_told_the_option(project, tmp_path):
    path = nobodys(tmp_path)
    result = morris("collect", path, "--ground", "own")
    assert result.returncode == 2 and "--me NAME" in result.stderr
    assert "Ann (1)" in result.stderr


def on_terminal(words, answers, home):
    """The command with a terminal for stdin and stderr; (exit code, what was shown)."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", *map(str, words)],
        stdin=inner,
        stdout=subprocess.DEVNULL,
        stderr=inner,
        env={"MORRIS_HOME": str(home), "PATH": "/usr/bin:/bin"}
        | {"PYTHONPATH": str(Path(collect_chats.__file__).parents[2]), "TERM": "dumb"},
    )
    with open(outer, "r+b", buffering=0, closefd=True) as terminal:  # noqa: PTH123
        terminal.write("".join(f"{a}\n" for a in answers).encode())
        code = process.wait(timeout=240)
        import os

        os.set_blocking(outer, False)
        shown = (terminal.read(100_000) or b"").decode()
    return code, shown


def test_on_a_terminal_the_person_is_asked_who_and_on_what_ground(project, tmp_path):
    path = nobodys(tmp_path)
    code, shown = on_terminal(["collect", path], ["1", "9", "2"], project.home)
    assert code == 0, shown
    assert "On what ground may you use these chats?" in shown and "Which of these people" in shown
    assert "Ivo Brandt: 1 message, “Yes?”" in shown
    assert [m["role"] for m in rows(project)[0]["messages"]] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["--me", "a", "--me", "b"], "me", ("a", "b")),
        (["--gap", "6h"], "gap_seconds", 21_600.0),
        (["--window-turns", "5"], "window_turns", 5),
        (["--groups"], "groups", True),
        (["--only", "x", "--only", "y"], "only", ("x", "y")),
        (["--exclude", "z"], "exclude", ("z",)),
        (["--max-share", "0.25"], "max_share", 0.25),
        (["--dates", "month-first"], "dates", "month-first"),
    ],
)
def test_every_option_of_chats_arrives(words, field, value, project, export, monkeypatch):
    seen = []

    def gathered(exports, options, ask, report):
        seen.append(options)
        message = Message("assistant", "x")
        return ChatsFound((Conversation("1", (message,), str(export)),), messages=1, kept=1, own=1)

    monkeypatch.setattr("morris_mlx.collect.collect_chats", gathered)
    result = CliRunner().invoke(app, ["collect", str(export), "--ground", "own", *words])
    assert result.exit_code == 0, result.output
    assert getattr(seen[0], field) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1d", 86_400),
        ("6h", 21_600),
        ("6", 21_600),
        ("1.5h", 5400),
        ("90m", 5400),
        ("2w", 1_209_600),
    ],
)
def test_a_gap_is_said_in_days_hours_or_minutes(text, seconds):
    assert gap_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1d", "1y", "1 day"])
def test_a_gap_that_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match="--gap"):
        gap_seconds(text)


def test_conversations_come_back_as_they_went_and_damage_is_named(project):
    made = [
        Conversation("1", (Message("user", "ü\n\n“x”"), Message("assistant", "😀")), "s", "2020")
    ]
    write_conversations(project, made)
    assert list(read_conversations(project)) == made
    project.conversations.write_text('{"id": "1", "messages": [{"role": "boss"}]}\n')
    with pytest.raises(Exception, match=r"conversations\.jsonl, line 1: not a conversation"):
        list(read_conversations(project))


def test_chats_go_through_all_steps_with_texts_and_alone(project, tmp_path, tiny_folder):
    made = [
        private_chat(f"Friend {n}", "Hi.", f"me: Answer {n}.", "Bye.", start=START + n * 9000)
        for n in range(20)
    ]
    path = telegram_export(tmp_path, made)
    done("collect", path, "--ground", "own")
    first = json.loads(done("prepare", "--model", tiny_folder, "--json"))
    assert first["conversations"]["train"] == 16 and first["rows"]["train, chat"] == 16
    folder = tmp_path / "columns"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"{number}.md").write_text(column(number, paragraphs=2))
    done("collect", folder)
    shown = done("prepare", "--model", tiny_folder)
    assert shown.startswith("12 texts and 20 conversations → ")
    details = done("prepare", "--model", tiny_folder, "-v")
    assert "conversations" in details and "documents" in details and "train, chat" in details
    card = read_card(project.dataset)
    assert {task for _, task in card.rows["train"]} >= {"chat", "headline"}
    before = {p.name: p.read_bytes() for p in project.dataset.iterdir()}
    done("prepare", "--model", tiny_folder)
    assert {p.name: p.read_bytes() for p in project.dataset.iterdir()} == before


def test_an_export_without_a_message_of_the_writer_is_told(project, tmp_path):
    chat = telegram_chat(2, "Ann", [telegram_message(1, "user2", "Hi.")])
    path = write_telegram(tmp_path, telegram_account([chat]))
    result = morris("collect", path, "--ground", "own")
    assert result.returncode == 1 and "No message of yours" in result.stderr
    assert "1 in a chat where you wrote nothing" in result.stderr


def test_a_doubt_is_settled_by_an_option(project, tmp_path):
    path = tmp_path / "log.txt"
    lines = [f"2021-05-0{n} 06:30 - {what}: grey and slow." for n, what in enumerate("ABA", 1)]
    path.write_text("\n".join(lines))
    runner = CliRunner()
    result = runner.invoke(app, ["collect", str(path), "--ground", "own", "--as", "text"])
    assert result.exit_code == 0 and "1 text" in result.output
    words = ["collect", str(path), "--ground", "own", "--as", "chat", "--me", "A"]
    result = runner.invoke(app, words)
    assert result.exit_code == 0 and "WhatsApp: 1 chat, 2 messages of yours" in result.output


def test_the_posts_of_a_channel_become_documents_and_are_forgotten_with_it(project, tmp_path):
    text = "On the harbour\n\n" + "The harbour was shut for painting once more. " * 12
    rows = [telegram_message(1, "channel9", text)]
    channel = telegram_chat(9, "Low Tide", rows, "public_channel")
    path = write_telegram(tmp_path, channel)
    result = morris("collect", path, "--ground", "own")
    assert result.returncode == 0, result.stderr
    (document,) = [json.loads(line) for line in project.documents.read_text().splitlines()]
    assert document["title"] == "On the harbour" and document["date"] == "2023-11-14"
    note = json.loads(project.provenance.read_text())[str(path)]
    assert note["documents"] == 1 and note["kind"] == "chat export"
    assert morris("forget", path, "--yes").returncode == 0
    assert not project.documents.read_text()
