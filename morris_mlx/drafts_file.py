"""Plain drafts on their owner's disk: each is made once, whatever interrupts the making.

A row holds a draft and the hash of all it depends on: who was asked, with which settings, and the
words of the request with the passage in them. The passage itself is not kept here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict

from morris_mlx.errors import StoppedError
from morris_mlx.files import append_jsonl, digest, flush, locked
from morris_mlx.records import Message
from morris_mlx.settings import Project
from morris_mlx.store import open_project

CompleteMany = Callable[[Sequence[Sequence[Message]]], Iterator[str]]
Show = Callable[[int, int], None]  # drafts that are there, of how many


def kept_drafts(
    project: Project, maker: str, complete_many: CompleteMany, show: Show
) -> CompleteMany:
    """`complete_many` that asks only for what is not in the project's drafts yet.

    `maker` names the model by its digest, and its settings. Every answer is on the disk before the
    next is waited for. Raises StoppedError at Ctrl-C, and what was made is kept.
    """

    def complete(asked: Sequence[Sequence[Message]]) -> Iterator[str]:
        open_project(project)
        path = project.drafts
        with locked(path, f"{path} is being written by another process. Wait for it."):
            _cut_torn_row(path.read_bytes(), project)
            keys = [draft_key(maker, messages) for messages in asked]
            known = _read(project)
            missing = {k: m for k, m in zip(keys, asked, strict=True) if k not in known}
            done, total = len(set(keys)) - len(missing), len(set(keys))
            show(done, total)
            try:
                answers = complete_many(list(missing.values())) if missing else iter(())
                for key, text in zip(missing, answers, strict=True):
                    append_jsonl(path, {"key": key, "draft": text})
                    flush(path)
                    known[key] = text
                    done += 1
                    show(done, total)
            except KeyboardInterrupt:
                raise StoppedError(
                    f"Stopped: {done} of {total} drafts are kept in {path}. "
                    "The same command goes on."
                ) from None
        yield from (known[key] for key in keys)

    return complete


def draft_key(maker: str, messages: Sequence[Message]) -> str:
    return digest(json.dumps([maker, [asdict(m) for m in messages]], ensure_ascii=False))


def _cut_torn_row(content: bytes, project: Project) -> None:
    """Cut what a kill left of the last row; in place, for the lock hangs on the file."""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(project.drafts, whole)


def _read(project: Project) -> dict[str, str]:
    """Drafts by their keys. A row that is none is as if it were not there: it is made again."""
    drafts: dict[str, str] = {}
    for line in project.drafts.read_bytes().splitlines():
        row: object = None
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
        if isinstance(row, dict) and isinstance(row.get("draft"), str):
            drafts[str(row.get("key"))] = row["draft"]
    return drafts
