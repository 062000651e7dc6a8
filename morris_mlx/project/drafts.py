"""Cache of plain drafts in data/drafts.jsonl: each draft is generated once, despite interruptions.

A row has a draft, the ID of its text, and a hash of everything it depends on: the model, its
settings, and the request with the passage. The passage itself is not stored. If two texts share a
passage, each has a row, because one of the texts may be forgotten.
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
ShowProgress = Callable[[int, int], None]  # drafts available, drafts in total


def draft_with_cache(
    project: Project, maker: str, complete_many: CompleteMany, show: ShowProgress
) -> DraftMany:
    """Return a drafting function that calls `complete_many` only for drafts not in the cache.

    `maker` identifies the model by its digest and its settings. Every draft is on disk before the
    next one is generated. The function raises StoppedError at Ctrl-C and keeps finished drafts.
    """

    def draft(requests: Sequence[DraftRequest]) -> Iterator[str]:
        open_project(project)
        path = project.drafts
        with locked(path, f"Another process is writing {path}. Wait until it has ended."):
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
                    # The cached draft may be of another text: record this text, too.
                    _append(project, key, drafts[key], sources[key].keys() - known[key].sources)
            asked = dict(zip(keys, (request.messages for request in requests), strict=True))
            missing = {key: asked[key] for key in sources if key not in drafts}
            show(len(drafts), len(sources))
            try:
                answers = complete_many(list(missing.values())) if missing else iter(())
                for key, text in zip(missing, answers, strict=True):
                    _append(project, key, text, sources[key])
                    drafts[key] = text
                    show(len(drafts), len(sources))
            except KeyboardInterrupt:
                raise StoppedError(
                    f"Stopped: {len(drafts)} of {len(sources)} drafts are saved in {path}. "
                    "Run the same command again to continue."
                ) from None
        yield from (drafts[key] for key in keys)

    return draft


def _append(project: Project, key: str, draft: str, sources: Collection[str]) -> None:
    for source in sorted(sources):
        append_jsonl(project.drafts, {"key": key, "source_id": source, "draft": draft})
    if sources:
        flush(project.drafts)


def draft_key(maker: str, messages: Sequence[Message]) -> str:
    """Return the hash under which the draft for a request is stored."""
    return digest(json.dumps([maker, [asdict(m) for m in messages]], ensure_ascii=False))


def _cut_torn_row(content: bytes, project: Project) -> None:
    """Remove an incomplete last row that a kill left; in place, because the file is the lock."""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(project.drafts, whole)


@dataclass(slots=True)
class _Cached:
    """A cached draft, and the IDs of its texts."""

    draft: str
    sources: set[str]


def _read(project: Project) -> dict[str, _Cached]:
    """Return the cached drafts by key. A damaged row is ignored, so its draft is made again."""
    known: dict[str, _Cached] = {}
    for line in project.drafts.read_bytes().splitlines():
        row: object = None
        with suppress(ValueError, RecursionError):
            row = json_value(line.decode("utf-8"))
        if isinstance(row, dict) and isinstance(row.get("draft"), str):
            draft = known.setdefault(str(row.get("key")), _Cached(row["draft"], set()))
            draft.sources.add(str(row.get("source_id") or ""))
    return known
