"""`morris collect URL` as a person types it: ground, provenance, dry run, exit codes, Ctrl-C."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from support.hostile_site import article, served
from support.workspace import done, morris
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.errors import UsageError
from morris_mlx.jobs.events import Progress
from morris_mlx.jobs.progress_line import ProgressLine
from morris_mlx.project.documents import read_documents
from morris_mlx.project.provenance import read_provenance


@pytest.fixture
def site():
    with served() as site:
        for n in range(1, 4):
            site.page(f"/columns/{n}", article(n))
        links = "".join(f"<p><a href='/columns/{n}'>Column {n}</a></p>" for n in range(1, 4))
        site.page("/author", f"<html><body>{links}</body></html>")
        yield site


OWN = ("--allow-private", "--delay", "0", "--contact", "me@example.org")
GROUND = (*OWN, "--ground", "own")
FOLLOW = ("--follow", "/columns/*")


def run(*words):
    """The command within this process: loading its libraries takes a second each time."""
    return CliRunner().invoke(app, ["collect", *map(str, words)])


def test_pages_become_documents_with_their_provenance(site, project):
    site.page("/columns/1", article(1, head='<meta name="copyright" content="© 2021 A. Writer">'))
    result = run(f"{site.url}/author", *FOLLOW, *GROUND)
    assert result.exit_code == 0, result.output
    assert "3 texts" in result.output and "5 requests" in result.output
    note = read_provenance(project)[f"{site.url}/author"]
    assert note["ground"] == "own" and note["documents"] == 3 and note["kind"] == "listing"
    assert note["robots"] == f"allowed: there is no {site.url}/robots.txt (404)"
    page = next(p for p in note["pages"] if p["url"].endswith("/1"))
    assert page["licence"] == "© 2021 A. Writer" and page["fetched"].startswith("20")
    assert all(p.stat().st_mode & 0o077 == 0 for p in (project.data / "raw", project.provenance))


def test_files_and_pages_may_be_mixed(site, project, tmp_path):
    (tmp_path / "a.txt").write_text("My own text, from a file.")
    result = run(tmp_path / "a.txt", f"{site.url}/columns/1", *GROUND, "--json")
    found = json.loads(result.stdout)
    assert found["collected"] == 2 == found["documents"] and found["requests"] == 2
    notes = read_provenance(project)
    assert set(notes) == {str(tmp_path / "a.txt"), f"{site.url}/columns/1"}


def test_without_a_ground_pages_are_refused_and_nothing_is_asked(site, project):
    result = morris("collect", f"{site.url}/columns/1", *OWN)
    assert result.returncode == 4 and "--ground" in result.stderr
    assert site.log == [] and not project.documents.exists()


def test_a_ground_is_asked_for_once_on_a_terminal(site, project):
    leader, follower = pty.openpty()
    words = [sys.executable, "-m", "morris_mlx", "collect", f"{site.url}/columns/1", *OWN]
    with subprocess.Popen(words, stdin=follower, stderr=follower, stdout=subprocess.PIPE) as asked:
        os.write(leader, b"perhaps\npermission\n")
        out = asked.stdout.read().decode()
    assert asked.returncode == 0 and "1 text, " in out
    assert read_provenance(project)[f"{site.url}/columns/1"]["ground"] == "permission"
    # Not asked again: what was noted counts.
    done("collect", f"{site.url}/columns/1", *OWN)
    assert read_provenance(project)[f"{site.url}/columns/1"]["ground"] == "permission"


def test_a_second_collection_replaces_its_own_pages_only(site, project):
    run(f"{site.url}/author", *FOLLOW, *GROUND)
    run(f"{site.url}/columns/1", *GROUND)
    site.page("/author", "<html><body><a href='/columns/2'>Column 2</a></body></html>")
    runs = json.loads((project.raw_web / "runs.json").read_text())
    assert all(r["done"] for r in runs.values())
    result = run(f"{site.url}/author", *FOLLOW, *GROUND)
    assert result.exit_code == 0
    # 1 stays for the address that was given for it, 3 is no longer listed.
    assert [d.title for d in read_documents(project)] == ["Column 1", "Column 2"]


def test_what_is_no_longer_in_a_feed_stays_until_it_is_gone(site, project):
    def feed(*numbers):
        items = "".join(f"<item><link>{site.url}/columns/{n}</link></item>" for n in numbers)
        site.page("/rss", f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>")

    feed(1, 2)
    assert run(f"{site.url}/rss", *GROUND).exit_code == 0
    feed(2, 3)
    result = run(f"{site.url}/rss", *GROUND)
    assert [d.title for d in read_documents(project)] == ["Column 1", "Column 2", "Column 3"]
    assert "2 texts" in result.stdout and "and 1 from before" in result.stdout
    note = read_provenance(project)[f"{site.url}/rss"]
    assert note["documents"] == 3 and len(note["pages"]) == 3
    # Still named, and not there any more: that is another matter.
    feed(3, 2)
    site.page("/columns/2", "", status="410 Gone")
    run(f"{site.url}/rss", *GROUND)
    assert [d.title for d in read_documents(project)] == ["Column 1", "Column 3"]


def test_the_same_again_writes_the_same_bytes(site, project):
    run(f"{site.url}/author", *FOLLOW, *GROUND)
    before = project.documents.read_bytes()
    for more in ((), ("--offline",)):
        assert run(f"{site.url}/author", *FOLLOW, *GROUND, *more).exit_code == 0
        assert project.documents.read_bytes() == before


def test_a_dry_run_prints_an_outlook_and_collects_nothing(site, project):
    site.robots("User-agent: *\nDisallow: /columns/3\n")
    words = ("--allow-private", "--contact", "me@example.org", "--delay", "0.5", "--dry-run")
    result = run(f"{site.url}/author", *FOLLOW, *words)
    assert result.exit_code == 0, result.output
    assert f"robots: allowed by {site.url}/robots.txt" in result.output
    assert "2 pages found" in result.output and "at least 1 s: 0.5 s between" in result.output
    assert "disallowed by" in result.output
    assert not project.documents.exists() and not any("columns" in p for p in site.paths)
    found = json.loads(run(f"{site.url}/author", *FOLLOW, *words, "--json").stdout)
    assert found["sources"][0]["seconds"] == 1.0


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_ctrl_c_ends_with_130_and_a_word_on_how_to_go_on(site, project, more):
    words = ["collect", f"{site.url}/author", *FOLLOW, "--ground", "own", "--allow-private", *more]
    words += ["--contact", "me@example.org", "--delay", "5"]
    command = [sys.executable, "-m", "morris_mlx", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while len(site.log) < 1 and process.poll() is None:
            time.sleep(0.02)
        time.sleep(0.2)  # into the wait before the next request
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130 and "Run the same command again to continue" in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["file:///etc/passwd"], 4, "file: is not http or https"),
        (["https://example.org/", "--ground", "own", "--contact", ""], 2, "--contact"),
        (["https://h/", "--delay", "0.1", "--contact", "a@b.c"], 4, "burden"),
        (["x.txt", "--dry-run"], 2, "are for web pages"),
        (["x.txt", "--follow", "/x"], 2, "are for web pages"),
        (["x.txt", "http://h/", "--dry-run", "--contact", "a@b.c"], 2, "Leave x.txt out"),
        (["http://h/", "--offline", "--ground", "own"], 3, "not in the store"),
    ],
)
def test_errors_say_the_next_step(words, code, said, project):
    result = run(*words)
    assert result.exception is not None and said in str(result.exception)
    assert getattr(result.exception, "exit_code", None) == code


@pytest.mark.parametrize(
    ("option", "value", "field", "arrived"),
    [
        ("--follow", "/x/*", "follow", ("/x/*",)),
        ("--max-pages", "7", "max_pages", 7),
        ("--author", "Me", "author", "Me"),
        ("--delay", "9", "delay_seconds", 9.0),
        ("--contact", "you@example.org", "contact", "you@example.org"),
        ("--offline", None, "offline", True),
        ("--allow-private", None, "allow_private", True),
    ],
)
def test_every_option_arrives(option, value, field, arrived, project, monkeypatch):
    asked = []

    def collect_web(request, folder, told):
        asked.append(request)
        raise UsageError("far enough")

    monkeypatch.setattr("morris_mlx.collect.collect_web", collect_web)
    monkeypatch.setenv("MORRIS_CONTACT", "me@example.org")
    run("http://h/", "--ground", "own", option, *([value] if value else []))
    assert getattr(asked[0], field) == arrived


def test_ctrl_c_while_the_moving_line_begins_gives_the_cursor_back(monkeypatch, capsys):
    def interrupted(status):
        raise KeyboardInterrupt

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("rich.status.Status.start", interrupted)
    with pytest.raises(KeyboardInterrupt), ProgressLine() as line:
        line(Progress("Collecting"))
    assert capsys.readouterr().err.endswith("\x1b[?25h")


def test_a_moving_line_says_any_address_as_it_is(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal
    with ProgressLine() as line:
        line(Progress("Collecting", detail="http://[fe80::1]/ and /home/me/[/old]/x.zip"))
    assert "[fe80::1]/ and /home/me/[/old]/x.zip" in capsys.readouterr().err
