"""`morris evaluate NAME --blind`: pairs of passages without labels, one key for each answer."""

from __future__ import annotations

import sys
import textwrap
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from morris_mlx.cli.ask_user import is_interactive
from morris_mlx.cli.output import (
    OUTPUT_WIDTH,
    event_sink,
    print_json,
    print_wrapped,
    say,
    stopped_with,
    wrapped,
)
from morris_mlx.errors import StoppedError
from morris_mlx.project.folder import Project
from morris_mlx.records.blind_test import BlindPair, BlindRequest, BlindResult

if TYPE_CHECKING:
    from morris_mlx.pipeline.blind_test import BlindTest

LEAVE = "q"
KEYS = {"1": True, "2": False}
INDENT = "    "


def run_blind_test(project: Project, request: BlindRequest, as_json: bool) -> None:
    """Show the pairs that have no answer yet, and print the result after the last one.

    The questions go to stderr, the result to stdout. Raises StoppedError on Ctrl-C; what was
    answered is kept.
    """
    from morris_mlx.pipeline.blind_test import open_blind_test

    stopped = "Stopped before the first pair. Run the same command again."
    with stopped_with(stopped), event_sink() as sink:
        opened = open_blind_test(project, request, sink)
    with closing(opened) as test:
        try:
            left = _ask_all(test)
        except KeyboardInterrupt:
            raise StoppedError(f"Stopped. {_how_to_continue(test.result)}") from None
    if as_json:
        print_json(_as_json(test))
    elif left:
        print(_how_to_continue(test.result))
    else:
        _print_result(test, request)


def _ask_all(test: BlindTest) -> bool:
    """Ask about all pairs without an answer. Return True if the user left before the last one."""
    begun = test.result.answered
    if begun and test.next_pair is not None:
        say(f"{begun} of {len(test.pairs)} pairs are answered already.")
    while (number := test.next_pair) is not None:
        _show(test.pairs[number], number, len(test.pairs))
        key = _read_answer(test.question)
        if key == LEAVE:
            return True
        test.answer(number, KEYS[key])
    return False


def _show(pair: BlindPair, number: int, pairs: int) -> None:
    asked = textwrap.shorten(pair.request, 2 * OUTPUT_WIDTH, placeholder=" …")
    say(f"\n── {number + 1} of {pairs} " + "─" * 20)
    say(wrapped(f"Request: {asked}"))
    for name, text in (("1", pair.first), ("2", pair.second)):
        say("")
        for at, line in enumerate(text.split("\n")):
            before = f"{name}   " if at == 0 else INDENT
            say(wrapped(line, before, INDENT))


def _read_answer(question: str) -> str:
    """Return "1", "2" or LEAVE. The end of the input counts as LEAVE."""
    print(f"\n{question} 1 or 2 ({LEAVE}: leave) ", end="", file=sys.stderr, flush=True)
    while True:
        key = _read_key()
        if key in KEYS or key == LEAVE:
            say(key)
            return key
        if key.strip():
            print(f"\nPress 1, 2 or {LEAVE}. ", end="", file=sys.stderr, flush=True)


def _read_key() -> str:
    """Return one key of the terminal, or the first character of a line of other input."""
    if is_interactive():
        try:
            return typer.getchar().lower()
        except EOFError:  # Ctrl-D
            return LEAVE
    line = sys.stdin.buffer.readline().decode("utf-8", "replace")
    return line.strip()[:1].lower() if line else LEAVE


def _how_to_continue(result: BlindResult) -> str:
    return (
        f"{result.answered} of {result.pairs} pairs are answered and kept. Run the same command "
        "again to continue."
    )


def _print_result(test: BlindTest, request: BlindRequest) -> None:
    result, every = test.result, test.all_results
    print_wrapped(result.sentence)
    if every.answered > result.answered:
        # Less precise than one long test: the same texts of the writer may be in several.
        print(f"In all tests of this adapter: {every.hits} of {every.answered} times.")
    print("95 times out of 100, the true share is within the range. Guessing is 50 %.")
    say(f"For other texts, add --seed {request.seed + 1}.")


def _as_json(test: BlindTest) -> dict[str, object]:
    every = test.all_results
    return {
        "against": test.against.value,
        **asdict(test.result),
        "guessing": 0.5,
        "all_tests": {"hits": every.hits, "answered": every.answered},
    }
