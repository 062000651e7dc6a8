"""Reader and writer of data/documents.jsonl: the collected documents."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import json_line, read_jsonl, replacing, write_text
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import SAME_TEXT, Document, Skipped
from morris_mlx.typed_json import record_from_json


@dataclass(frozen=True, slots=True)
class MergedDocuments:
    """The result of merging new documents with earlier ones.

    Attributes:
        new: the sources of the documents that were added, one for each.
        words: their words.
        known: texts that other sources gave before, which were left out.
        sources: the sources of all documents in the file, in its order.
    """

    new: tuple[str, ...] = ()
    words: int = 0
    known: tuple[Skipped, ...] = ()
    sources: tuple[str, ...] = ()


def replace_documents(
    project: Project, found: Iterable[Document], is_replaced: Callable[[str], bool]
) -> MergedDocuments:
    """Write `found` in the place of the documents whose source `is_replaced`, ordered by source.

    The texts are not held in memory: they wait in a temporary file.
    """
    open_project(project)
    rows: list[tuple[str, str, int]] = []  # source, ID, place in the temporary file
    known: dict[str, str] = {}
    left_out: list[Skipped] = []
    new: list[str] = []
    words = 0
    with tempfile.TemporaryFile(dir=project.data) as texts:

        def keep(document: Document) -> None:
            rows.append((document.source, document.id, texts.tell()))
            try:
                texts.write(json_line(asdict(document)).encode("utf-8"))
            except OSError as error:
                raise MorrisError(
                    f"Cannot write in {project.data}: {error.strerror}. Correct this and collect "
                    "again."
                ) from error

        for document in iter_documents(project) if project.documents.exists() else ():
            if not is_replaced(document.source):
                known[document.id] = document.source
                keep(document)
        earlier = frozenset(known)
        for document in found:
            if same := known.get(document.id):
                when = ", collected before" if document.id in earlier else ""
                reason = f"the same text as {same}{when}"
                left_out.append(Skipped(document.source, reason, summary=f"{SAME_TEXT}{when}"))
                continue
            known[document.id] = document.source
            keep(document)
            new.append(document.source)
            words += len(document.text.split())
        with replacing(project.documents) as temporary, temporary.open("wb") as file:
            for _, _, place in sorted(rows):
                texts.seek(place)
                file.write(texts.readline())
    sources = tuple(source for source, _, _ in sorted(rows))
    return MergedDocuments(tuple(new), words, tuple(left_out), sources)


def write_documents(project: Project, documents: Sequence[Document]) -> None:
    """Write all documents, replacing earlier ones."""
    open_project(project)
    write_text(project.documents, "".join(json_line(asdict(d)) for d in documents))


def read_documents(project: Project) -> list[Document]:
    """Return all documents. Raises the errors of `iter_documents`."""
    return list(iter_documents(project))


def iter_documents(project: Project) -> Iterator[Document]:
    """Yield all documents.

    Raises MissingError when none were collected and MorrisError, with the line, for a damaged row.
    """
    path = project.documents
    if not path.exists():
        raise MissingError(
            f"No documents in {project.data}. Run `morris collect PATH` on your texts first."
        )
    for number, row in read_jsonl(path):
        try:
            yield record_from_json(Document, row)
        except MorrisError as error:
            raise MorrisError(
                f"{path}, line {number}: not a document: {error} Run `morris collect PATH` again."
            ) from None
