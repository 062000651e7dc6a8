"""Plain drafts on their owner's disk: each is made once, whatever interrupts the making.

A row holds a draft, the id of the text that it is of, and the hash of all it depends on: who was
asked, with which settings, and the words of the request with the passage in them. The passage
itself is not kept here. Where two texts share a passage, each has a row: one may have to go.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from morris_mlx.errors import StoppedError
from morris_mlx.files import append_jsonl, digest, flush, json_value, locked
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import DraftRequest, Message

CompleteMany = Callable[[Sequence[Sequence[Message]]], Iterator[str]]
DraftMany = Callable[[Sequence[DraftRequest]], Iterator[str]]
Show = Callable[[int, int], None]  # drafts that are there, of how many


def kept_drafts(project: Project, maker: str, complete_many: CompleteMany, show: Show) -> DraftMany:
    """`complete_many` that is asked only for what is not in the project's drafts yet.

    `maker` names the model by its digest, and its settings. Every answer is on the disk before the
    next is waited for. Raises StoppedError at Ctrl-C, and what was made is kept.
    """

    def draft(requests: Sequence[DraftRequest]) -> Iterator[str]:
        open_project(project)
        path = project.drafts
        with locked(path, f"{path} is being written by another process. Wait for it."):
            _cut_torn_row(path.read_bytes(), project)
            keys = [draft_key(maker, request.messages) for request in requests]
            sources: dict[str, dict[str, None]] = {}
            for key, request in zip(keys, requests, strict=True):
                sources.setdefault(key, {})[request.source_id] = None
            known = _read(project)
            drafts: dict[str, str] = {}
            for key in sources:
                if key in known:
                    drafts[key] = known[key].draft
                    # A draft of another text, or of one that was named nowhere: whose it is, too.
                    _keep(project, key, drafts[key], sources[key].keys() - known[key].sources)
            asked = dict(zip(keys, (request.messages for request in requests), strict=True))
            missing = {key: asked[key] for key in sources if key not in drafts}
            show(len(drafts), len(sources))
            try:
                answers = complete_many(list(missing.values())) if missing else iter(())
                for key, text in zip(missing, answers, strict=True):
                    _keep(project, key, text, sources[key])
                    drafts[key] = text
                    show(len(drafts), len(sources))
            except KeyboardInterrupt:
                raise StoppedError(
                    f"Stopped: {len(drafts)} of {len(sources)} drafts are kept in {path}. "
                    "The same command goes on."
                ) from None
        yield from (drafts[key] for key in keys)

    return draft


def _keep(project: Project, key: str, draft: str, sources: Collection[str]) -> None:
    for source in sorted(sources):
        append_jsonl(project.drafts, {"key": key, "source_id": source, "draft": draft})
    if sources:
        flush(project.drafts)


def draft_key(maker: str, messages: Sequence[Message]) -> str:
    return digest(json.dumps([maker, [asdict(m) for m in messages]], ensure_ascii=False))


def _cut_torn_row(content: bytes, project: Project) -> None:
    """Cut what a kill left of the last row; in place, for the lock hangs on the file."""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(project.drafts, whole)


@dataclass(slots=True)
class _Known:
    """A draft that is there, and the ids of the texts that it is noted as one of."""

    draft: str
    sources: set[str]


def _read(project: Project) -> dict[str, _Known]:
    """Drafts by their keys. A row that is none is as if it were not there: it is made again."""
    known: dict[str, _Known] = {}
    for line in project.drafts.read_bytes().splitlines():
        row: object = None
        with suppress(ValueError, RecursionError):
            row = json_value(line.decode("utf-8"))
        if isinstance(row, dict) and isinstance(row.get("draft"), str):
            draft = known.setdefault(str(row.get("key")), _Known(row["draft"], set()))
            draft.sources.add(str(row.get("source_id") or ""))
    return known
