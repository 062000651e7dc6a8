"""The Python examples in the README run unchanged."""

import contextlib
import io
import re
from pathlib import Path

import pytest
from support.private_chats import export

from morris_mlx.pipeline import api
from morris_mlx.pipeline.api import UsageError, collect, train

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def run(code):
    """(what it printed, what it said, its names)"""
    out, err, names = io.StringIO(), io.StringIO(), {}
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exec(compile(code, str(README), "exec"), names)
    return out.getvalue(), err.getvalue(), names


def test_the_readme_shows_the_steps_and_the_generator():
    assert len(BLOCKS) == 2


def test_a_generator_does_what_the_readme_shows(project):
    said, told, names = run(BLOCKS[1])
    assert len(said.split()) >= 5 and "practice on mlx" in told  # the replies are random
    loud = said.strip().splitlines()[-1]
    assert loud == loud.upper() != loud.lower()
    names["llm"].close()


def test_five_lines_lead_from_an_export_to_a_reply(project, monkeypatch):
    """All of it, really: only the training is shortened, to a few rows of the smallest adapter."""
    export(project.home)
    monkeypatch.chdir(project.home)
    short = {"epochs": 1, "rank": 2, "targets": "attention", "layers": 1, "validate_every": 1000}
    whole = train
    monkeypatch.setattr(api, "train", lambda name: whole(name=name, **short))
    code = BLOCKS[0]
    lines = [line for line in code.splitlines() if line and not line.startswith("from ")]
    assert len(lines) == 5
    said, _, names = run(code)
    assert said.endswith("\n")  # a reply, which is random and may be empty
    assert (project.adapter("mine") / "run.json").exists()
    assert names["llm"].history[0].content == "Are you coming on Sunday?"
    names["llm"].close()


def test_one_name_in_the_chats_need_not_be_a_list(project):
    path = project.home / "WhatsApp Chat.txt"
    path.write_text(
        "".join(f"15/01/2024, 10:0{n} - {who}: so be it\n" for n, who in enumerate(("Bo", "Ann")))
    )
    assert collect(path, ground="own", me="Ann").conversations == 1


def test_collecting_nothing_and_a_ground_that_is_none_are_errors(project):
    with pytest.raises(UsageError, match="Nothing to collect"):
        collect()
    with pytest.raises(UsageError, match="ground is 'mine'"):
        collect("x.txt", ground="mine")
