"""Reader and writer of data/documents.jsonl: the collected documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import json_line, read_jsonl, write_text
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import Document
from morris_mlx.typed_json import record_from_json


def write_documents(project: Project, documents: Sequence[Document]) -> None:
    """Write all documents, replacing earlier ones."""
    open_project(project)
    write_text(project.documents, "".join(json_line(asdict(d)) for d in documents))


def read_documents(project: Project) -> list[Document]:
    """Return all documents.

    Raises MissingError when none were collected and MorrisError, with the line, for a damaged row.
    """
    path = project.documents
    if not path.exists():
        raise MissingError(
            f"No documents in {project.data}. Run `morris collect PATH` on your texts first."
        )
    documents = []
    for number, row in read_jsonl(path):
        try:
            documents.append(record_from_json(Document, row))
        except MorrisError as error:
            raise MorrisError(
                f"{path}, line {number}: not a document: {error} Run `morris collect PATH` again."
            ) from None
    return documents
