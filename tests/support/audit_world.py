"""A small project with redacted texts, planted secrets and a random adapter, to be audited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from morris_mlx.defaults import ADAPTER_WEIGHTS, sample_folder
from morris_mlx.files import file_digest
from morris_mlx.models.find import find_model
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.models.load import model_digest
from morris_mlx.project.documents import write_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground, Provenance, SourceKind, add_provenance
from morris_mlx.records.corpus import Document
from morris_mlx.text.pii import Person
from support.random_adapter import make_adapter
from support.workspace import column, make_tiny_model, prepare_project

PRIVATE = "\n\nWrite to jane.doe@example-post.org or call +44 7700 912345, says Mary Fletcher."
PEOPLE = (Person(("Mary Fletcher", "Mary")),)
SECRETS = ("jane.doe", "912345", "fletcher", "mary")  # what no report may contain, in lower case
TEXTS = 12


def make_audit_world(home: Path, canaries: int = 2) -> Project:
    """Prepare twelve columns, one of them with private items, and make the adapter `mine`."""
    project = Project(home)
    texts = [
        Document(
            f"{n:016x}",
            column(n, 2).split("---\n")[-1] + PRIVATE * (n == 1),
            title=f"Column {n}",
            source=f"/texts/{n}.md",
        )
        for n in range(1, TEXTS + 1)
    ]
    write_documents(project, texts)
    add_provenance(project, {"/texts": Provenance(SourceKind.folder, Ground.own, TEXTS)})
    base = make_tiny_model(home / "base")
    card, _ = prepare_project(project, str(base), people=PEOPLE, canaries=canaries)
    folder = make_adapter(find_model(str(base)), project.adapter("mine"), "lora")
    run = replace(
        read_run(sample_folder() / "adapters" / "sample"),
        name="mine",
        base_model=str(base),
        base_digest=model_digest(base),
        dataset_digest=card.digest,
        adapter_sha256=file_digest(folder / ADAPTER_WEIGHTS),
        system_prompt=card.system_prompt,
    )
    write_run(folder, run)
    return project
