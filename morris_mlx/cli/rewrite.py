"""`morris rewrite`: a plain draft → the same content in the writer's voice, with facts checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli import options
from morris_mlx.cli.choose_model import choose_model
from morris_mlx.cli.output import event_sink, print_json, say
from morris_mlx.cli.terminal_text import shown_text
from morris_mlx.errors import StoppedError
from morris_mlx.formats.marked_text import (
    answer_fields,
    check_new_file,
    identify_generator,
    write_marked_text,
)
from morris_mlx.formats.plain_text import read_plain_text
from morris_mlx.pipeline.rewrite_request import MAX_TRIES, TEMPERATURE, TRIES, RewriteRequest
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import SAMPLING, STRENGTH
from morris_mlx.text.numbers import counted

if TYPE_CHECKING:
    from morris_mlx.jobs.events import Sink
    from morris_mlx.pipeline.rewrite import Rewriter
    from morris_mlx.pipeline.rewritten import Rewriting, RewrittenPart

# Exit code of a text that was written and must be read: neither a success nor one of the errors.
EXIT_MARKED = 5


def rewrite(
    draft: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The draft, plain text or Markdown; `-` reads it from stdin."
        ),
    ],
    adapter: options.Adapter = None,
    model: options.Model = None,
    facts: Annotated[
        list[Path] | None,
        typer.Option(
            "--facts",
            metavar="<path>",
            help="Notes whose facts may be added; may be repeated. The notes and your collected "
            "documents are searched on this machine.",
        ),
    ] = None,
    tries: Annotated[
        int, typer.Option("--tries", help=f"Most tries for a paragraph, 1 to {MAX_TRIES}.")
    ] = TRIES,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "--out",
            "-o",
            help="Also write to this new file, marked as machine-made.",
        ),
    ] = None,
    strength: options.Strength = STRENGTH,
    max_tokens: options.MaxTokens = SAMPLING.max_tokens,
    seed: options.Seed = None,
    as_json: options.Json = False,
    system_prompt: options.System = None,
    temp: options.Temp = TEMPERATURE,
    top_p: options.TopP = SAMPLING.top_p,
    top_k: options.TopK = SAMPLING.top_k,
    min_p: options.MinP = SAMPLING.min_p,
    repetition_penalty: options.RepetitionPenalty = SAMPLING.repetition_penalty,
    prevent_loops: options.PreventLoops = SAMPLING.prevent_loops,
    backend: options.Backend = "auto",
) -> None:
    """Rewrite a plain draft in your voice, paragraph by paragraph.

    Numbers, dates, names, quotations and links are compared with the draft. A paragraph that
    loses, changes or adds one is tried again; if it is still wrong, a line [Check: ...] below it
    names every difference. Copies of more than twelve words from a training text are marked, too.
    Headings, code, tables and quoted paragraphs are kept as they are. Ctrl-C stops it and keeps the
    finished paragraphs. The exit code is 5 if a paragraph is marked; the text is written all the
    same.

    \b
    Example:
        morris rewrite draft.md --adapter mine --out column.md
        cat draft.txt | morris rewrite - --adapter mine --facts notes.md
    """
    from morris_mlx.pipeline.rewrite import open_rewriter
    from morris_mlx.pipeline.rewritten import parts_to_json
    from morris_mlx.project.notes import read_notes

    settings = options.checked(
        options.sampling(max_tokens, temp, top_p, top_k, min_p, repetition_penalty, prevent_loops)
        | {"strength": strength, "seed": seed}
    )
    request = RewriteRequest(read_draft(draft), tuple(facts or ()), tries, seed)
    if output is not None:
        check_new_file(output)
    # Errors come before the model is loaded. A pipe can be read only once.
    read_notes([path for path in request.facts if path.is_file() or not path.exists()])
    project = current_project()
    voice = choose_model(project, model, adapter, system_prompt)
    if voice.adapter is None:
        say("No adapter is given, so the text will not have your voice. Add --adapter NAME.")
    writer = identify_generator(voice.model.name, voice.adapter_folder, strength)
    with open_rewriter(project, voice, backend, settings) as rewriter, event_sink() as sink:
        done = run_rewriting(rewriter, request, sink, quiet=as_json)
    if as_json:
        print_json(answer_fields(done.result, writer) | {"parts": parts_to_json(done)})
    elif done.parts:
        print()
    report_problems(done)
    if output is not None and done.parts:
        write_marked_text(output, done.result, writer)
        say(f"Written to {output}, marked as machine-made.")
    if not done.finished:
        kept = f" {output} has the paragraphs until here." if output and done.parts else ""
        raise StoppedError(f"Stopped.{kept}")
    if done.wrong:
        raise typer.Exit(EXIT_MARKED)


def read_draft(name: str) -> str:
    """Return the draft in a file, or on stdin for "-". Raises MissingError or UsageError."""
    check = "Check the path of the draft."
    if name == "-":
        return read_plain_text(sys.stdin.buffer.read, "The draft on stdin", check)
    return read_plain_text(Path(name).read_bytes, name, check)


def run_rewriting(
    rewriter: Rewriter, request: RewriteRequest, sink: Sink, quiet: bool
) -> Rewriting:
    """Return the rewriting, printed part by part unless `quiet`; Ctrl-C ends it with those done."""
    from morris_mlx.pipeline.rewritten import Rewriting

    done: list[RewrittenPart] = []
    try:
        for part in rewriter.rewrite(request, sink):
            done.append(part)
            if not quiet:
                print(shown_text(part.marked_text), end="", flush=True)
    except KeyboardInterrupt:
        return Rewriting(tuple(done), finished=False)
    return Rewriting(tuple(done))


def report_problems(done: Rewriting) -> None:
    """Print what is wrong, by paragraph, on stderr."""
    from morris_mlx.pipeline.rewritten import named_problems

    for beginning, part in named_problems(done):
        listed = "; ".join((*part.problems, *part.remarks))
        say(f"  “{beginning}”: {listed}")
    rewritten = sum(part.tries > 0 for part in done.parts)
    if done.wrong:
        say(
            f"Marked [Check: …]: {len(done.wrong)} of {counted(rewritten, 'paragraph')}. Correct "
            "them before you use the text."
        )
    elif done.finished and not rewritten:
        say(
            "Nothing was rewritten: headings, code, tables, quoted paragraphs and paragraphs of "
            "fewer than four words are kept as they are."
        )
    elif rewritten:
        say(f"{counted(rewritten, 'paragraph')} rewritten; all facts were found again.")
