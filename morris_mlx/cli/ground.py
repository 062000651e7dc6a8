"""On what ground texts may be used: said, noted before, or asked once for all that others see."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import typer

from morris_mlx.cli.output import say
from morris_mlx.errors import RefusedError
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground, noted_ground, read_provenance

MEANINGS = {
    Ground.own: "they are your own",
    Ground.permission: "their writer gave you permission",
    Ground.public_domain: "they are in the public domain",
}
MOST_ANSWERS = 3  # that are none, before it is taken for a refusal


def settle_grounds(
    project: Project, urls: Sequence[str], exports: Sequence[str], said: Ground | None
) -> Mapping[str, Ground]:
    """By address and export: what was said now, else noted earlier, else asked once on a terminal.

    One's own files need no answer. Raises RefusedError when there is none.
    """
    notes = read_provenance(project)
    grounds = {source: said or noted_ground(notes, source) for source in (*urls, *exports)}
    asked = [url for url in urls if grounds[url] is None]
    chats = any(grounds[export] is None for export in exports)
    if asked or chats:
        answer = _ask(_named(asked, chats), chats)
        grounds = {source: ground or answer for source, ground in grounds.items()}
    return {source: ground for source, ground in grounds.items() if ground is not None}


def _named(urls: Sequence[str], chats: bool) -> str:
    texts = [f"the texts of {', '.join(urls)}"] if urls else []
    return " and ".join([*texts, *(["these chats"] if chats else [])])


def _ask(what: str, chats: bool) -> Ground:
    others = "Other people speak in chats. " if chats else ""
    refusal = (
        f"{others}On what ground may {what} be used? Say it with --ground own (you wrote them), "
        "--ground permission (their writer agreed) or --ground public-domain."
    )
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedError(refusal)
    say(f"{others}On what ground may you use {what}?")
    for number, (ground, meaning) in enumerate(MEANINGS.items(), 1):
        say(f"  {number}  {ground}: {meaning}")
    choices = {str(n): ground for n, ground in enumerate(MEANINGS, 1)}
    choices |= {str(ground): ground for ground in MEANINGS}
    for _ in range(MOST_ANSWERS):
        answer = str(typer.prompt("Number or word", default="", show_default=False, err=True))
        if answer.strip().lower() in choices:
            return choices[answer.strip().lower()]
    raise RefusedError(refusal)
