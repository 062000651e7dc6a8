"""`morris rewrite`: a draft in, a marked text out, and what is wrong on stderr."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from morris_mlx.cli import main
from morris_mlx.cli.chat import rewrite_in_chat
from morris_mlx.errors import MissingError
from morris_mlx.formats.marked_text import read_marked_text
from morris_mlx.generate import scripted_generator
from morris_mlx.pipeline.rewrite import Rewriter
from morris_mlx.project.folder import Project

DRAFT = "# Buns\n\nIn May 1987 Anna sold 14 buns to us.\n\nShe was very proud of all of them.\n"
GOOD = ("It was to us, in May 1987, that Anna sold 14 buns.", "And proud of them she was, too.")
BAD = "It was to us that Anna once sold buns in May."
ADAPTER = ("--adapter", "sample", "--seed", 3, "--backend", "mlx")


@pytest.fixture
def command(monkeypatch, capfd, tmp_path):
    """The command in this process, with prepared replies: exit code, stdout and stderr."""
    monkeypatch.setenv("MORRIS_HOME", str(tmp_path))

    def run(*words, replies=GOOD, stdin=DRAFT):
        script = replies if callable(replies) else iter(replies)

        def load(model, adapter, backend, **settings):
            settings["prevent_loops"] = False
            return scripted_generator(script, model, adapter=str(adapter), **settings)

        monkeypatch.setattr("morris_mlx.generate.load_generator", load)
        monkeypatch.setattr(sys, "argv", ["morris", "rewrite", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return SimpleNamespace(code=ended.value.code or 0, out=out, err=err)

    return run


def test_a_draft_is_rewritten_and_saved(command, tmp_path):
    out = tmp_path / "column.md"
    done = command("-", *ADAPTER, "--out", out)
    assert done.code == 0 and done.out == f"# Buns\n\n{GOOD[0]}\n\n{GOOD[1]}\n"
    assert "2 paragraphs rewritten; all facts were found again." in done.err
    written = read_marked_text(out)
    assert written.text + "\n" == done.out and written.origin.adapter == "sample"


def test_a_wrong_paragraph_is_marked_and_named(command):
    done = command("-", *ADAPTER, "--tries", 1, replies=(BAD, GOOD[1]))
    assert done.code == 5
    assert f"{BAD}\n[Check: lost date “1987”; lost number “14”]\n\n" in done.out
    assert "“In May 1987 Anna sold 14 buns to us.”: lost date “1987”" in done.err
    assert "Marked [Check: …]: 1 of 2 paragraphs." in done.err


def test_a_marked_text_is_written_all_the_same(command, tmp_path):
    out = tmp_path / "column.md"
    done = command("-", *ADAPTER, "--tries", 1, "--out", out, replies=(BAD, GOOD[1]))
    assert done.code == 5 and "[Check: lost date" in read_marked_text(out).text


def test_json_has_every_part(command):
    done = command("-", *ADAPTER, "--tries", 2, "--json", replies=(BAD, BAD, GOOD[1]))
    assert done.code == 5
    value = json.loads(done.out)
    assert value["machine_made"] is True and value["finish_reason"] == "stop"
    assert [part["tries"] for part in value["parts"]] == [0, 2, 1]
    assert value["parts"][1]["problems"] == ["lost date “1987”", "lost number “14”"]


def test_ctrl_c_keeps_what_is_finished(command, tmp_path, monkeypatch):
    out = tmp_path / "column.md"
    whole = Rewriter.rewrite

    def interrupted(self, request, sink):
        parts = whole(self, request, sink)
        yield next(parts)
        yield next(parts)
        raise KeyboardInterrupt

    monkeypatch.setattr(Rewriter, "rewrite", interrupted)
    done = command("-", *ADAPTER, "--out", out)
    assert done.code == 130 and f"{out} has the paragraphs until here." in done.err
    written = read_marked_text(out)
    assert written.text == f"# Buns\n\n{GOOD[0]}" and written.origin.finish_reason == "cancelled"


def test_ctrl_c_before_the_first_paragraph_claims_nothing(command, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Rewriter, "rewrite", interrupted)
    done = command("-", *ADAPTER)
    assert done.code == 130 and "facts were found" not in done.err


def test_a_draft_with_nothing_to_rewrite_and_a_missing_adapter_are_named(command):
    done = command("-", "--model", "practice", stdin="# Buns\n\nToo short.\n")
    assert done.code == 0 and "Nothing was rewritten: headings, code" in done.err
    assert "No adapter is given, so the text will not have your voice." in done.err


@pytest.mark.parametrize(
    ("words", "stdin", "code", "message"),
    [
        (["none.md"], "", 3, "There is no file none.md"),
        (["-"], " \n", 2, "The draft is empty"),
        (["-", "--tries", 0], DRAFT, 2, "tries is 0"),
        (["-", "--facts", "none.md"], DRAFT, 3, "There is no file none.md"),
        (["-", "--out", "/nowhere/x.md"], DRAFT, 2, "There is no folder /nowhere"),
    ],
)
def test_errors_say_what_to_do(command, words, stdin, code, message):
    done = command(*words, *ADAPTER, stdin=stdin)
    assert done.code == code and message in done.err


def test_a_chat_rewrites_a_file_or_a_text(practice, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    draft = tmp_path / "draft.md"
    draft.write_text("In May 1987 Anna sold 14 buns to us.")
    with scripted_generator([GOOD[0], GOOD[0], *[BAD] * 3], practice) as llm:
        rewriter = Rewriter(Project(tmp_path), llm, "Be the writer.")
        assert list(rewrite_in_chat(rewriter, str(draft), 1)) == [GOOD[0]]
        assert list(rewrite_in_chat(rewriter, "~/draft.md", 1)) == [GOOD[0]]
        marked, problems = rewrite_in_chat(rewriter, draft.read_text(), 1)
    assert "[Check: lost date" in marked and "lost number “14”" in problems


@pytest.mark.parametrize("name", ["drft.md", "texts/draft"])
def test_the_name_of_a_missing_file_is_not_rewritten_in_a_chat(name):
    with pytest.raises(MissingError, match=f"There is no file {name}. Check its name"):
        list(rewrite_in_chat(None, name, 1))
