"""Inputs that users of this and similar programs reported, and the results of collecting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.collect import ChatOptions
from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.pipeline.collect import CollectRequest, CollectResult, collect
from morris_mlx.prepare.redact.redactor import RedactedCorpus, redact_corpus
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.people import people_in_chats
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import Conversation, Document, SplitAt

CASES = Path(__file__).parents[1] / "fixtures" / "reported_cases"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The result of collecting the paths of a case."""

    documents: tuple[Document, ...]
    conversations: tuple[Conversation, ...]
    result: CollectResult

    @property
    def document(self) -> Document:
        """The only text."""
        (found,) = self.documents
        return found

    @property
    def texts(self) -> dict[str, str]:
        """The texts by the name of their file."""
        return {Path(document.source).name: document.text for document in self.documents}

    @property
    def reasons(self) -> dict[str, str]:
        """The reasons of what was left out, by the last part of its source."""
        return {Path(item.source).name: item.reason for item in self.result.texts.skipped}

    @property
    def turns(self) -> list[list[tuple[str, str]]]:
        """The conversations as pairs of role and text."""
        return [[(m.role, m.content) for m in c.messages] for c in self.conversations]

    @property
    def own(self) -> list[str]:
        """The turns of the writer."""
        return [m.content for c in self.conversations for m in c.messages if m.role == "assistant"]

    @property
    def funnel(self) -> dict[str, int]:
        """The counts of messages."""
        assert self.result.chats
        return dict(self.result.chats.found.funnel)


def gather(
    project: Project,
    *paths: str | Path,
    me: Sequence[str] = (),
    groups: bool = False,
    read_as: ReadAs | None = None,
    split: SplitAt | None = None,
    author: str = "",
) -> Gathered:
    """Collect cases into a project, as `morris collect --ground own` does."""
    request = CollectRequest(
        tuple(CASES / path for path in paths),
        ChatOptions(me=tuple(me), groups=groups),
        ground=Ground.own,
        read_as=read_as,
        author=author,
        split=split,
    )
    result = collect(project, request)
    documents = read_documents(project) if project.documents.exists() else ()
    conversations = read_conversations(project) if project.conversations.exists() else ()
    return Gathered(tuple(documents), tuple(conversations), result)


def redacted(project: Project, found: Gathered) -> RedactedCorpus:
    """Return what `morris prepare` makes of collected texts and chats, with names replaced."""
    return redact_corpus(found.documents, found.conversations, people_in_chats(project))
