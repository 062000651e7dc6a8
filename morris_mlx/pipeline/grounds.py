"""The ground on which texts may be used: given, noted before, or asked for once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from morris_mlx.errors import RefusedError
from morris_mlx.pipeline.questions import Asker, GroundQuestion
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground, read_provenance, recorded_ground


def settle_grounds(
    project: Project,
    urls: Sequence[str],
    exports: Sequence[str],
    given: Ground | None,
    asker: Asker,
) -> Mapping[str, Ground]:
    """Return the ground of each address and export.

    It is the one given now, else the one noted earlier, else the answer to one question for all.
    Raises RefusedError when there is no answer.
    """
    notes = read_provenance(project)
    grounds = {source: given or recorded_ground(notes, source) for source in (*urls, *exports)}
    asked = tuple(url for url in urls if grounds[url] is None)
    chats = tuple(export for export in exports if grounds[export] is None)
    if asked or chats:
        question = GroundQuestion(asked, chats)
        answer = asker.ground(question)
        if answer is None:
            raise RefusedError(refusal(question))
        grounds = {source: ground or answer for source, ground in grounds.items()}
    return {source: ground for source, ground in grounds.items() if ground is not None}


def refusal(question: GroundQuestion) -> str:
    """Return the error text for a question without an answer."""
    others = "Chats contain the words of other people. " if question.chats else ""
    listed = (
        f" Nothing was collected. The chats are in:{question.exports}" if question.chats else ""
    )
    return (
        f"{others}Morris must know on what ground {question.subject} may be used. Give "
        "--ground own (you wrote them), --ground permission (their writer agreed) or "
        f"--ground public-domain.{listed}"
    )
