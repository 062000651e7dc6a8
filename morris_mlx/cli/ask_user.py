"""Questions to the user on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from morris_mlx.cli.output import say
from morris_mlx.errors import RefusedError
from morris_mlx.pipeline.grounds import refusal
from morris_mlx.pipeline.questions import Asker, GroundQuestion
from morris_mlx.project.provenance import Ground

if TYPE_CHECKING:
    from morris_mlx.collect import Question

MEANINGS = {
    Ground.own: "they are your own",
    Ground.permission: "their writer gave you permission",
    Ground.public_domain: "they are in the public domain",
}
MAX_INVALID_ANSWERS = 3  # before the question counts as refused


def ask(question: Question) -> int | None:
    """Return the index of the user's choice, None without a terminal."""
    return _choose(question.text, question.choices)


def _choose(text: str, choices: Sequence[str]) -> int | None:
    if not is_interactive():
        return None
    say(text)
    for number, choice in enumerate(choices, 1):
        say(f"  {number}  {choice}")
    while True:
        number = int(typer.prompt("Number", type=int, err=True))
        if 1 <= number <= len(choices):
            return number - 1


def ask_ground(question: GroundQuestion) -> Ground | None:
    """Return the ground that the user gives, None without a terminal.

    Raises RefusedError after several invalid answers.
    """
    if not is_interactive():
        return None
    others = "Chats contain the words of other people. " if question.chats else ""
    say(f"{others}On what ground may you use {question.subject}?{question.exports}")
    for number, (ground, meaning) in enumerate(MEANINGS.items(), 1):
        say(f"  {number}  {ground}: {meaning}")
    choices = {str(n): ground for n, ground in enumerate(MEANINGS, 1)}
    choices |= {str(ground): ground for ground in MEANINGS}
    for _ in range(MAX_INVALID_ANSWERS):
        answer = str(typer.prompt("Number or word", default="", show_default=False, err=True))
        if answer.strip().lower() in choices:
            return choices[answer.strip().lower()]
    raise RefusedError(refusal(question))


def is_interactive() -> bool:
    """Return True when stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


ASK_ON_TERMINAL = Asker(ask, ask_ground)
