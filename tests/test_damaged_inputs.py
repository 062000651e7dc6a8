"""Cut, incomplete and wrongly typed inputs: a clear error, and earlier output stays."""

import json
import zipfile

import pytest
from support.chat_exports import EXPORTS, private_chat
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.errors import MorrisError
from morris_mlx.project.conversations import read_conversations

TALKS = [private_chat(f"Friend {n}", *(f"me: Line {n} of mine." if i % 2 else f"Line {i}, is it?" for i in range(12)), start=1_700_000_000 + n * 200_000) for n in range(8)]  # fmt: skip


def run(*words) -> str:
    """Return the message of a command that fails, or ""."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, MorrisError):
        return str(result.exception)
    if result.exit_code == 1:  # a part of the input could not be read
        return result.stderr
    assert result.exit_code == 0, (result.output, result.exception)
    return ""


def contents(project) -> dict[str, bytes]:
    """Return the content of every file in data/ except locks and page stores."""
    paths = (p for p in project.data.rglob("*") if p.is_file())
    return {str(p.relative_to(project.data)): p.read_bytes() for p in paths}


@pytest.fixture
def full(project, columns, tmp_path, tiny_folder):
    """A project with texts, chats and a dataset of both."""
    (tmp_path / "chats").mkdir()
    export = EXPORTS["Telegram"](tmp_path / "chats", TALKS)
    assert not run("collect", columns, export, "--ground", "own")
    assert not run("prepare", "--model", tiny_folder)
    there = contents(project)
    kept = {"documents.jsonl", "conversations.jsonl", "provenance.json", "private/people.json"}
    assert kept | {"dataset/card.json", "dataset/train.jsonl"} <= there.keys()
    return project


def spoilt(format_, harm, tmp_path):
    """An export that was damaged after its collection."""
    folder = tmp_path / "spoilt"
    folder.mkdir()
    path = EXPORTS[format_](folder, TALKS)
    file = path if path.is_file() else sorted(path.iterdir())[0]
    raw = file.read_bytes()
    if harm == "cut":
        raw = raw[: len(raw) * 2 // 3]
    elif harm == "half-written":  # room that was never filled
        raw = raw[: len(raw) // 2] + bytes(len(raw) // 2)
    else:
        for old, new in ((b'"messages"', b'"messages": 7, "x"'), (b'"text"', b'"text": 5, "x"')):
            raw = raw.replace(old, new)
    file.write_bytes(raw)
    return path


@pytest.mark.parametrize("harm", ["cut", "half-written", "wrong-typed"])
def test_a_damaged_json_export_is_refused_and_nothing_changes(full, tmp_path, harm):
    before = contents(full)
    path = spoilt("Telegram", harm, tmp_path)
    said = run("collect", path, "--ground", "own", "--me", "Ivo Brandt")
    assert str(path) in said and "again" in said
    assert contents(full) == before


@pytest.mark.parametrize("harm", ["cut", "half-written", "wrong-typed"])
def test_a_damaged_export_among_others_is_named_and_the_others_are_collected(full, tmp_path, harm):
    before = contents(full)
    folder = spoilt("Discord", harm, tmp_path)
    damaged, *others = sorted(folder.iterdir())
    said = run("collect", folder, "--ground", "own", "--me", "Ivo Brandt")
    assert f"nothing was collected from {damaged};" in said and "again" in said
    sources = {c.source for c in read_conversations(full)}
    assert str(damaged) not in sources and {str(path) for path in others} <= sources
    assert contents(full)["documents.jsonl"] == before["documents.jsonl"]


@pytest.mark.parametrize("harm", ["cut", "half-written"])
@pytest.mark.parametrize("format_", ["iMessage", "Slack"])
def test_a_damaged_database_or_archive_is_refused_and_nothing_changes(
    full, tmp_path, format_, harm
):
    before = contents(full)
    path = spoilt(format_, harm, tmp_path)
    said = run("collect", path, "--ground", "own", "--me", "Ivo Brandt")
    assert str(path) in said
    assert contents(full) == before


def test_an_export_damaged_after_its_collection_removes_nothing(full, tmp_path):
    before = contents(full)
    path = tmp_path / "chats" / "result.json"
    path.write_bytes(path.read_bytes()[:900])
    assert str(path) in run("collect", path, "--ground", "own")
    # Among intact files, too: what it gave before stays, and the others are collected.
    (tmp_path / "chats" / "new.md").write_text("A new text.", encoding="utf-8")
    assert str(path) in run("collect", tmp_path / "chats", "--ground", "own")
    after = contents(full)
    for name in ("conversations.jsonl", "private/people.json"):
        assert after[name] == before[name]
    assert b"A new text." in after["documents.jsonl"]


def test_a_zip_of_other_files_and_a_wrong_database_change_nothing(full, tmp_path):
    before = contents(full)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("result.bin", b"\x00nothing")
    (tmp_path / "x.json").write_text('{"a": 1}')
    for name in ("x.zip", "x.json"):
        said = run("collect", tmp_path / name, "--ground", "own")
        assert "No text found" in said and str(tmp_path / name) in said
    assert contents(full) == before


HARMS = {
    "cut": lambda raw: raw[: len(raw) * 2 // 3],
    "half-written": lambda raw: raw[: len(raw) // 2] + bytes(len(raw) // 2),
    "not text": lambda raw: raw[:9] + b"\xff\xfe" + raw[9:],
    "wrong-typed": lambda raw: raw.replace(b'": "', b'": 5, "x": "').replace(b'"Friend 0"', b"7"),
    "a list": lambda _: b"[1]\n",
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["documents.jsonl", "conversations.jsonl", "private/people.json"])
def test_prepare_names_a_damaged_file_and_keeps_the_dataset(full, tiny_folder, name, harm):
    path = full.data / name
    path.write_bytes(HARMS[harm](whole := path.read_bytes()))
    before = contents(full)
    assert before[name] != whole
    said = run("prepare", "--model", tiny_folder)
    assert str(path) in said
    assert contents(full) == before


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize(
    "name", ["documents.jsonl", "conversations.jsonl", "private/people.json", "provenance.json"]
)
def test_collect_does_not_overwrite_a_damaged_file(full, tmp_path, name, harm):
    """A file damaged by a disk crash is never overwritten as if it were empty."""
    path = full.data / name
    whole = path.read_bytes()
    path.write_bytes(HARMS[harm](whole))
    new = tmp_path / "more"
    new.mkdir()
    (new / "a.md").write_text("One more text, and nothing else in it.", encoding="utf-8")
    EXPORTS["Telegram"](new, TALKS[:2])
    before = contents(full)
    said = run("collect", new, "--ground", "own")
    if said:
        assert str(path) in said
        assert contents(full)[name] == before[name]
    else:  # a note of another source that says nothing of use stays as it is
        assert name == "provenance.json" and harm == "wrong-typed"
        assert json.loads(path.read_bytes()).items() >= json.loads(before[name]).items()


@pytest.mark.parametrize(
    "rows",
    [b"", b'{"instruction": "a"', b"\xff\xfe\x00", b'[{"messages": 5}]', b'{"messages": [[]]}'],
)
def test_damaged_rows_and_names_keep_the_dataset(full, tmp_path, tiny_folder, rows):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(rows)
    before = contents(full)
    assert str(path) in run("prepare", "--model", tiny_folder, "--rows", path)
    assert str(path) in run("prepare", "--model", tiny_folder, "--mix", path, "0.2")
    if rows.startswith(b"\xff"):
        assert str(path) in run("prepare", "--model", tiny_folder, "--names", path)
    assert contents(full) == before


def test_a_damaged_tokenizer_or_config_keeps_the_dataset(full, tmp_path, tiny_folder):
    before = contents(full)
    for name in ("tokenizer.json", "config.json", "tokenizer_config.json"):
        folder = tmp_path / name
        folder.mkdir()
        for path in tiny_folder.iterdir():
            raw = path.read_bytes()
            (folder / path.name).write_bytes(raw[: len(raw) // 2] if path.name == name else raw)
        assert str(folder) in run("prepare", "--model", folder), name
    assert contents(full) == before


def test_a_damaged_dataset_or_map_is_replaced(full, tiny_folder):
    """`morris prepare` replaces its own output, damaged or not."""
    sound = contents(full)
    for name in ("dataset/card.json", "dataset/train.jsonl", "private/redaction.json"):
        (full.data / name).write_bytes(json.dumps([1]).encode())
        assert not run("prepare", "--model", tiny_folder)
        assert contents(full) == sound
