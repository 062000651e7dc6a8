"""`morris chat`: a conversation with the adapter in the terminal."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.cli import options
from morris_mlx.cli.choose_model import choose_adapter, choose_model
from morris_mlx.cli.line_editing import read_with_history
from morris_mlx.cli.output import say
from morris_mlx.cli.rewrite import read_draft
from morris_mlx.cli.terminal_text import TerminalWriter
from morris_mlx.errors import MissingError
from morris_mlx.files import resolve_path
from morris_mlx.pipeline.generate import open_generator
from morris_mlx.pipeline.rewrite_request import RewriteRequest
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import SAMPLING, STRENGTH

if TYPE_CHECKING:
    from morris_mlx.pipeline.rewrite import Rewriter

FILE_NAME = re.compile(r"\S+\.\w{1,5}|\S*/\S+")  # a draft of one word that was meant as a path


def chat(
    name: options.AdapterName = None,
    adapter: options.SameAsName = None,
    model: options.Model = None,
    base: options.Base = False,
    strength: options.Strength = STRENGTH,
    max_tokens: options.MaxTokens = SAMPLING.max_tokens,
    seed: options.Seed = None,
    system_prompt: options.System = None,
    temp: options.Temp = SAMPLING.temp,
    top_p: options.TopP = SAMPLING.top_p,
    top_k: options.TopK = SAMPLING.top_k,
    min_p: options.MinP = SAMPLING.min_p,
    repetition_penalty: options.RepetitionPenalty = SAMPLING.repetition_penalty,
    prevent_loops: options.PreventLoops = SAMPLING.prevent_loops,
    backend: options.Backend = "auto",
) -> None:
    """Chat with a model or an adapter in the terminal.

    It remembers the conversation as far as it fits into the model's window. Commands in the chat
    begin with a slash, and /help lists them. Ctrl-C stops a reply.

    \b
    Example:
        morris chat mine
        morris chat --model smollm2
    """
    from morris_mlx.cli.chat_session import ChatSession
    from morris_mlx.cli.chat_voice import ChatVoice
    from morris_mlx.pipeline.rewrite import rewriter_of

    sampling = options.sampling(
        max_tokens, temp, top_p, top_k, min_p, repetition_penalty, prevent_loops
    )
    settings = options.checked(sampling | {"strength": strength, "seed": seed})
    project = current_project()
    chosen = choose_adapter(project, name, adapter, model, base)
    selection = choose_model(project, model, chosen, system_prompt)
    with open_generator(selection, backend, settings) as generator:
        voice = ChatVoice(generator, selection, partial(resolve_adapter, project), strength, seed)
        say(
            f"You are chatting with {voice.name}, a machine that imitates a person. /help lists "
            "the commands."
        )
        piped = not sys.stdin.isatty()
        ChatSession(
            voice,
            sys.stdout,
            _line_reader(piped),
            Path(voice.name).name if piped else "",
            lambda draft: rewrite_in_chat(
                rewriter_of(project, voice.selection, generator, voice.overrides), draft, seed
            ),
            _writer(piped),
        ).run()


def rewrite_in_chat(rewriter: Rewriter, draft: str, seed: int | None) -> Iterator[str]:
    """Yield the rewriting of a draft by paragraphs, and then what is wrong with it.

    `draft` is the text or the name of its file.
    """
    from morris_mlx.pipeline.rewritten import Rewriting, RewrittenPart, named_problems

    is_file = "\n" not in draft and (path := resolve_path(draft)) is not None and path.is_file()
    if not is_file and FILE_NAME.fullmatch(draft):
        raise MissingError(f"There is no file {draft}. Check its name, or give the text itself.")
    request = RewriteRequest(read_draft(str(path)) if is_file else draft, seed=seed)
    done: list[RewrittenPart] = []
    for part in rewriter.rewrite(request):
        done.append(part)
        yield part.marked_text
    for beginning, part in named_problems(Rewriting(tuple(done))):
        yield f"\n  “{beginning}”: {'; '.join((*part.problems, *part.remarks))}"


def _writer(piped: bool) -> TerminalWriter | None:
    """Return the writer for a terminal, None for a file or a pipe, which gets the plain text."""
    if piped or not sys.stdout.isatty():
        return None
    styled = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return TerminalWriter(sys.stdout, shutil.get_terminal_size().columns - 1, styled)


def _line_reader(piped: bool) -> Callable[[str], str]:
    # A byte that is no UTF-8 must spoil its own line only.
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    if piped:
        return lambda _: _line_or_end(sys.stdin.readline())
    return read_with_history


def _line_or_end(line: str) -> str:
    if not line:
        raise EOFError
    return line
