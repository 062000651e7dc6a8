"""Files that a killed run goes on from: answers and drafts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from fuzzing.target import Target, require_type, written
from fuzzing.texts import WRITER, json_lines
from morris_mlx.errors import MorrisError
from morris_mlx.formats.answers import run_batch
from morris_mlx.formats.prompts import Prompt
from morris_mlx.project.drafts import draft_key, draft_with_cache
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import DraftRequest, Message
from morris_mlx.records.generation import GenerationResult


def answers(data: bytes, folder: Path) -> None:
    """A batch goes on where the file ends, or refuses the file and leaves it as it was."""
    output = written(folder, "answers.jsonl", data)
    asked = (Prompt("1", (Message("user", "Hi?"),)), Prompt("2", (Message("user", "Ho?"),)))
    said = GenerationResult("Lo.", "stop", 3, 2, 0.1, 0.2, seed=1)
    try:
        done = run_batch(asked, output, WRITER, "s", lambda left: enumerate([said] * len(left)))
    except MorrisError:
        assert output.read_bytes() == data
        raise
    assert done.found + done.answered == 2
    assert len([json.loads(line) for line in output.read_bytes().rstrip(b"\n").split(b"\n")]) == 2


def answer_seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as name:
        answers(b"", Path(name))
        whole = (Path(name) / "answers.jsonl").read_bytes()
    return [whole, whole[: whole.find(b"\n") + 40], b""]


def drafts(data: bytes, folder: Path) -> None:
    """Whatever lies there, every draft that is asked for comes, and the file can be read again."""
    project = Project(folder)
    written(folder, "data/drafts.jsonl", data)
    asked = [
        DraftRequest("d1", (Message("user", "one"),)),
        DraftRequest("d2", (Message("user", "two"),)),
    ]
    complete = draft_with_cache(
        project, "m", lambda m: iter(["plain"] * len(m)), lambda _a, _b: None
    )
    require_type(list(complete(asked)), list[str])
    none = draft_with_cache(project, "m", lambda m: iter([]), lambda _a, _b: None)
    assert len(list(none(asked))) == 2


def draft_seeds() -> list[bytes]:
    key = draft_key("m", [Message("user", "one")])
    return [
        json_lines({"key": key, "draft": "kept", "source_id": "d1"}, {"key": "other", "draft": "x"})
    ]


TARGETS = (
    Target("answers", answer_seeds, answers, "answers.jsonl", (b'{"id": ', b"\0")),
    Target("drafts", draft_seeds, drafts),
)
