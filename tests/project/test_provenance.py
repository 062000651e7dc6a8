"""data/provenance.json: origin, time and ground of files, pages and chats."""

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from support.chat_exports import private_chat, telegram_export
from support.hostile_site import article, served
from support.workspace import column, morris
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.errors import RefusedError
from morris_mlx.project.provenance import (
    NOT_FROM_THE_WEB,
    Ground,
    Provenance,
    add_provenance,
    page_urls,
    read_provenance,
    recorded_ground,
)

OWN_SERVER = ("--allow-private", "--delay", "0", "--contact", "me@example.org")
EVERY_NOTE = {
    "kind",
    "ground",
    "collected",
    "documents",
    "conversations",
    "rows",
    "robots",
    "licences",
}


@pytest.fixture
def site():
    with served() as site:
        site.page("/1", article(1, head='<meta name="copyright" content="© 2021 A. Writer">'))
        yield site


@pytest.fixture
def export(tmp_path):
    (tmp_path / "chats").mkdir()
    return telegram_export(tmp_path / "chats", [private_chat("Ann", "Hi.", "me: Yes?")])


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "1.md").write_text(column(1))
    (folder / "2.md").write_text(column(2).replace("date:", "license: CC BY 4.0\ndate:"))
    rights = '<meta name="dc.rights" content="All rights reserved, 2020">'
    (folder / "3.html").write_text(article(3, head=rights))
    return folder


def collect(*words):
    result = CliRunner().invoke(app, ["collect", *map(str, words)])
    if isinstance(result.exception, RefusedError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_files_pages_and_chats_have_entries_of_one_form(project, texts, export, site):
    before = datetime.now(UTC) - timedelta(seconds=2)
    url = f"{site.url}/1"
    collect(texts, export, url, *OWN_SERVER, "--ground", "permission")
    notes = read_provenance(project)
    assert set(notes) == {str(texts), str(export), url}
    for note in notes.values():
        assert set(note) - {"pages"} == EVERY_NOTE
        assert before <= datetime.fromisoformat(note["collected"]) <= datetime.now(UTC)
        assert note["ground"] == "permission"
    kinds = {name: note["kind"] for name, note in notes.items()}
    assert kinds == {str(texts): "folder", str(export): "chat export", url: "article"}
    assert [n["robots"] == NOT_FROM_THE_WEB for n in notes.values()] == [True, True, False]
    assert notes[str(texts)]["documents"] == 3 and notes[str(export)]["conversations"] == 1
    assert notes[url]["robots"].startswith("allowed") and notes[url]["documents"] == 1
    page = notes[url]["pages"][0]
    assert set(page) == {"url", "fetched", "robots", "licence"}
    assert page["robots"].startswith("allowed") and page["licence"] == "© 2021 A. Writer"


def test_licence_texts_are_found_in_pages_markdown_and_html(project, texts, site):
    collect(texts, f"{site.url}/1", *OWN_SERVER, "--ground", "own")
    notes = read_provenance(project)
    assert notes[str(texts)]["licences"] == ["CC BY 4.0", "All rights reserved, 2020"]
    assert notes[f"{site.url}/1"]["licences"] == ["© 2021 A. Writer"]


def test_a_page_that_robots_forbids_is_not_recorded_as_allowed(project, site):
    site.page("/2", article(2))
    site.page("/author", "<p><a href='/1'>Column 1</a></p><p><a href='/2'>Column 2</a></p>")
    site.page("/robots.txt", "User-agent: *\nDisallow: /2\n")
    collect(f"{site.url}/author", "--follow", "/*", *OWN_SERVER, "--ground", "own")
    note = read_provenance(project)[f"{site.url}/author"]
    assert [p["url"] for p in note["pages"]] == [f"{site.url}/1"]
    assert "robots.txt" in note["pages"][0]["robots"]


def test_own_files_need_no_answer_but_accept_one(project, texts):
    collect(texts)
    assert read_provenance(project)[str(texts)]["ground"] == "own"
    collect(texts / "1.md", "--ground", "public-domain")
    note = read_provenance(project)[str(texts / "1.md")]
    assert note["ground"] == "public-domain" and note["kind"] == "file"


@pytest.mark.parametrize("ground", list(Ground))
def test_every_ground_is_accepted_and_nothing_else(project, export, ground):
    collect(export, "--ground", str(ground))
    assert read_provenance(project)[str(export)]["ground"] == ground
    result = CliRunner().invoke(app, ["collect", str(export), "--ground", "because"])
    assert result.exit_code == 2


def test_without_an_answer_nothing_is_read_and_the_exit_code_is_4(project, texts, export, site):
    result = morris("collect", texts, export, f"{site.url}/1", *OWN_SERVER)
    assert result.returncode == 4
    assert (
        "--ground own" in result.stderr
        and "Chats contain the words of other people" in result.stderr
    )
    assert f"{site.url}/1" in result.stderr and site.log == []
    assert f"The chats are in:\n  {export}" in result.stderr
    assert not project.provenance.exists() and not project.documents.exists()


def test_one_question_covers_pages_and_chats_and_is_asked_once(project, export, site):
    leader, follower = pty.openpty()
    words = ["collect", str(export), f"{site.url}/1", *OWN_SERVER]
    command = [sys.executable, "-m", "morris_mlx", *words]
    with subprocess.Popen(
        command, stdin=follower, stderr=follower, stdout=subprocess.PIPE
    ) as asked:
        os.write(leader, b"why?\n2\n")
        asked.stdout.read()
    shown = os.read(leader, 100_000).decode()
    assert asked.returncode == 0, shown
    assert shown.count("On what ground may you use") == 1 and "these chats" in shown
    assert str(export) in shown
    notes = read_provenance(project)
    assert {n["ground"] for n in notes.values()} == {"permission"} and len(notes) == 2
    assert morris(*words).returncode == 0  # no terminal, no question: it was answered
    assert {n["ground"] for n in read_provenance(project).values()} == {"permission"}


def test_three_invalid_answers_are_a_refusal(project, export):
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "morris_mlx", "collect", str(export)]
    with subprocess.Popen(
        command, stdin=follower, stderr=follower, stdout=subprocess.PIPE
    ) as asked:
        os.write(leader, b"4\nno\n\n")
        asked.stdout.read()
    assert asked.returncode == 4 and not project.conversations.exists()


def test_a_new_source_is_asked_about_even_if_another_was_answered(project, export, tmp_path):
    collect(export, "--ground", "own")
    (tmp_path / "more").mkdir()
    other = telegram_export(tmp_path / "more", [private_chat("Bo", "Hi.", "me: So.")])
    with pytest.raises(RefusedError):
        collect(export, other)
    collect(export)


def test_entries_stay_until_their_source_is_collected_again(project):
    project.data.mkdir()
    add_provenance(project, {})
    add_provenance(
        project, {"/a": Provenance("file", Ground.own), "/b": Provenance("file", Ground.own)}
    )
    add_provenance(project, {"/b": Provenance("folder", Ground.permission, licences=("x",))})
    notes = read_provenance(project)
    assert notes["/a"]["kind"] == "file" and notes["/b"]["licences"] == ["x"]
    assert (
        recorded_ground(notes, "/b") is Ground.permission and recorded_ground(notes, "/c") is None
    )
    assert recorded_ground({"/d": {"ground": "because"}, "/e": 7}, "/d") is None
    assert project.provenance.stat().st_mode & 0o077 == 0
    assert json.loads(project.provenance.read_text()) == notes


@pytest.mark.parametrize("note", [None, 7, {"pages": None}, {"pages": 6}, {"pages": [7, {}]}])
def test_an_entry_without_a_list_of_pages_has_none(note):
    assert page_urls(note) == set()
