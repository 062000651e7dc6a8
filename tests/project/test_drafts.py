"""The cache of plain drafts: each draft is made once, despite interruptions, and has its texts."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from morris_mlx.errors import StoppedError
from morris_mlx.project.drafts import draft_key, draft_with_cache
from morris_mlx.project.folder import open_project
from morris_mlx.records.corpus import DraftRequest, Message


def drafting(answer, asked):
    """A model that drafts each passage and records its requests."""

    def complete_many(messages):
        for one in messages:
            asked.append(one)
            yield answer(one[-1].content.split("\n\n", 1)[1])

    return complete_many


def asks(count):
    return [
        DraftRequest(f"text{n}", (Message("user", f"Rewrite.\n\nPassage number {n}."),))
        for n in range(count)
    ]


def test_a_cached_draft_is_never_made_again(project):
    asked, shown = [], []
    complete = draft_with_cache(
        project, "m", drafting(str.upper, asked), lambda *n: shown.append(n)
    )
    first = list(complete(asks(4)))
    assert first == [f"PASSAGE NUMBER {n}." for n in range(4)] and len(asked) == 4
    assert list(complete(asks(6)[::-1])) == [f"PASSAGE NUMBER {n}." for n in range(6)][::-1]
    assert len(asked) == 6 and shown[0] == (0, 4) and shown[-1] == (6, 6)
    assert list(complete([*asks(2), *asks(2)])) == first[:2] * 2 and len(asked) == 6
    other = draft_with_cache(project, "another model", drafting(str.lower, asked), lambda *_: None)
    assert list(other(asks(1))) == ["passage number 0."] and len(asked) == 7
    assert stat.S_IMODE(project.drafts.stat().st_mode) == 0o600
    assert "Rewrite" not in project.drafts.read_text("utf-8")


def test_a_draft_lists_every_text_with_its_passage_and_is_made_once(project):
    def rows():
        return [json.loads(r) for r in project.drafts.read_text("utf-8").splitlines()]

    asked = []
    draft = draft_with_cache(project, "m", drafting(str.upper, asked), lambda *_: None)
    [request] = asks(1)
    elsewhere = DraftRequest("letter", request.messages)
    assert len(list(draft([request, elsewhere, request]))) == 3 and len(asked) == 1
    assert [r["source_id"] for r in rows()] == ["letter", "text0"]
    list(draft([DraftRequest("third", request.messages)]))
    list(draft([request, elsewhere]))
    assert [r["source_id"] for r in rows()] == ["letter", "text0", "third"] and len(asked) == 1


def test_drafts_without_a_text_are_used_and_get_their_text(project):
    asked = []
    draft = draft_with_cache(project, "m", drafting(str.upper, asked), lambda *_: None)
    list(draft(asks(2)))
    nameless = project.drafts.read_text("utf-8").replace('"source_id"', '"was"')
    project.drafts.write_text(nameless, "utf-8")
    assert len(list(draft(asks(2)))) == 2 and len(asked) == 2
    rows = [json.loads(r) for r in project.drafts.read_text("utf-8").splitlines()]
    assert [r.get("source_id") for r in rows] == [None, None, "text0", "text1"]


def test_ctrl_c_keeps_finished_drafts(project):
    asked = []

    def answer(passage):
        if len(asked) == 3:
            raise KeyboardInterrupt
        return passage.upper()

    complete = draft_with_cache(project, "m", drafting(answer, asked), lambda *_: None)
    with pytest.raises(StoppedError, match="2 of 5 drafts are saved"):
        list(complete(asks(5)))
    again = []
    complete = draft_with_cache(project, "m", drafting(str.upper, again), lambda *_: None)
    assert len(list(complete(asks(5)))) == 5 and len(again) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from morris_mlx.project.drafts import draft_with_cache
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import DraftRequest, Message

def complete_many(asked):
    for n, messages in enumerate(asked):
        if n == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        with open(sys.argv[3], "a") as log:
            log.write(messages[0].content + "\\n")
        yield messages[0].content.upper()

asked = [DraftRequest("t", (Message("user", f"passage {n}"),)) for n in range(9)]
print(len(list(draft_with_cache(Project(Path(sys.argv[1])), "m", complete_many, print)(asked))))
"""


def test_no_draft_is_made_twice_after_a_kill(project, tmp_path):
    log = tmp_path / "asked.txt"

    def run(kill_at):
        words = [sys.executable, "-c", KILLED, str(project.home), str(kill_at), str(log)]
        return subprocess.run(words, env=os.environ, capture_output=True, text=True)

    assert run(4).returncode == -signal.SIGKILL
    with project.drafts.open("a") as file:  # torn in the middle of a row, as by a power cut
        file.write('{"key": "12')
    assert run(3).returncode == -signal.SIGKILL
    done = run(99)
    assert done.returncode == 0 and done.stdout.endswith("9\n"), done.stderr
    asked = log.read_text().split("\n")[:-1]
    assert sorted(asked) == [f"passage {n}" for n in range(9)]


def test_a_draft_with_a_lone_surrogate_is_made_again(project):
    asked = [DraftRequest("d", (Message("user", "one"),))]
    complete = draft_with_cache(project, "m", lambda m: iter(["plain"] * len(m)), lambda *_: None)
    open_project(project)
    row = {"key": draft_key("m", asked[0].messages), "draft": "\ud800", "source_id": "d"}
    project.drafts.write_text(json.dumps(row) + "\n")
    assert list(complete(asked)) == ["plain"] == list(complete(asked))
