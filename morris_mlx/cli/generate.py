"""`morris generate`: a prompt → a text on stdout; many prompts → a file of answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli import options
from morris_mlx.cli.choose_model import choose_model
from morris_mlx.cli.generate_batch import answer_prompts
from morris_mlx.cli.generate_best import check_best_of, write_best_text
from morris_mlx.cli.output import print_json, say
from morris_mlx.cli.terminal_text import shown_text
from morris_mlx.errors import RefusedError, StoppedError, UsageError
from morris_mlx.formats.marked_text import (
    GeneratorIdentity,
    check_new_file,
    identify_generator,
    write_marked_text,
)
from morris_mlx.pipeline.audit_gate import (
    Clearance,
    Publication,
    Purpose,
    check_clearance,
    clear_for_publication,
    record_clearance,
)
from morris_mlx.pipeline.generate import (
    BatchRequest,
    chat_format_of,
    find_faults,
    open_generator,
    training_texts,
)
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import SAMPLING, STRENGTH, Finding, GenerationResult

if TYPE_CHECKING:
    from morris_mlx.generate import Generator, Reply

BETWEEN = "\n\n* * *\n\n"  # several replies to one prompt


def generate(
    prompt: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROMPT",
            help="The request, in quotation marks or not. From stdin with `-`, or when stdin is a "
            "file or a pipe.",
        ),
    ] = None,
    prompt_option: Annotated[
        str | None, typer.Option("--prompt", "-p", help="The same as the argument.")
    ] = None,
    adapter: options.Adapter = None,
    model: options.Model = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write to this new file, marked as machine-made."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Check for template fragments, repetition, an unfinished end, copies of the "
            "training texts and redacted items. If something is found: exit code 4, and --output "
            "is not written (answers to --file are kept).",
        ),
    ] = False,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="The text is meant for others: the adapter must have passed `morris audit`, and "
            "the text is checked as with --check.",
        ),
    ] = False,
    unaudited: Annotated[
        bool,
        typer.Option(
            "--unaudited",
            help="With --publish: no audit is needed. This is recorded in data/publications.jsonl "
            "and in the file of --output.",
        ),
    ] = False,
    n: Annotated[int, typer.Option("--n", help="Number of replies.")] = 1,
    best_of: Annotated[
        int | None,
        typer.Option(
            "--best-of",
            metavar="N",
            help="Write N candidates in a batch and print the one that is most like you. Those "
            "that copy your texts, repeat themselves or miss the request come last.",
        ),
    ] = None,
    max_tokens: options.MaxTokens = SAMPLING.max_tokens,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            "--stop",
            metavar="<str>",
            help="Text that ends a reply and is not shown; may be repeated.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", help="Seconds after which the reply is cut off."),
    ] = None,
    seed: options.Seed = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help='File of prompts: JSON lines like {"prompt": "..."}. Answers go to --output; run '
            "the same command again to continue.",
        ),
    ] = None,
    as_json: options.Json = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="With --best-of: show the scores of all candidates."),
    ] = False,
    strength: options.Strength = STRENGTH,
    system_prompt: options.System = None,
    temp: options.Temp = SAMPLING.temp,
    top_p: options.TopP = SAMPLING.top_p,
    top_k: options.TopK = SAMPLING.top_k,
    min_p: options.MinP = SAMPLING.min_p,
    repetition_penalty: options.RepetitionPenalty = SAMPLING.repetition_penalty,
    prevent_loops: options.PreventLoops = SAMPLING.prevent_loops,
    beams: Annotated[
        int,
        typer.Option(
            "--beams",
            help="Number of beams of a beam search for the most likely text; 1: sample.",
        ),
    ] = 1,
    backend: options.Backend = "auto",
) -> None:
    """Write a text. It is printed while it is generated; Ctrl-C stops it.

    The text is machine-made. Read it before you send it anywhere.

    \b
    Example:
        morris generate "Write a column about the new timetable." --adapter sample
        cat brief.txt | morris generate - --adapter mine --temp 0.5 --output column.md
        morris generate --file prompts.jsonl --output answers.jsonl --adapter mine
        morris generate "Write about the ferry." --adapter mine --best-of 8
    """
    settings = options.checked(
        options.sampling(max_tokens, temp, top_p, top_k, min_p, repetition_penalty, prevent_loops)
        | {
            "strength": strength,
            "seed": seed,
            "num_beams": beams,
            "num_return_sequences": n if best_of is None else 1,
            "stop_token": stop or None,
            "timeout_seconds": timeout,
        }
    )
    if unaudited and not publish:
        raise UsageError("--unaudited works only with --publish. Add it, or leave --unaudited out.")
    check = check or publish
    if best_of is not None:
        check_best_of(best_of, n, adapter, settings)
        settings["num_return_sequences"] = best_of
    words = " ".join(prompt) if prompt else None
    if file is None:
        text = _prompt_text(words, prompt_option, n, output)
        voice = choose_model(current_project(), model, adapter, system_prompt)
        clearance = None
        if publish:
            clearance = check_clearance(current_project(), voice.adapter, unaudited)
        write = partial(_write_and_print, voice, text, backend, settings, as_json)
        if best_of is not None:
            write = partial(write_best_text, voice, text, backend, settings, verbose, as_json)
        _write_one(voice, write, output, settings, check, as_json, clearance)
    else:
        answers = _answers_path(words, prompt_option, n, output)
        voice = choose_model(current_project(), model, adapter, system_prompt)
        if publish:
            publication = Publication(Purpose.text, answers.name)
            clear_for_publication(current_project(), voice.adapter, publication, unaudited)
        batch = BatchRequest(file, answers, backend, settings, check, best_of is not None)
        answer_prompts(voice, batch, as_json)


def _write_one(
    voice: ModelSelection,
    write: Callable[[], GenerationResult],
    output: Path | None,
    settings: Mapping[str, Any],
    check: bool,
    as_json: bool,
    clearance: Clearance | None,
) -> None:
    """Write the reply to one prompt, check it and save it.

    `write` returns the reply and prints it, unless JSON is printed. `clearance` is the ground of
    its publication, None for a text that is not to be published. The publication is recorded if
    the text passes its checks.
    """
    from morris_mlx.audit.leaks import build_leak_finder

    project = current_project()
    learned = training_texts(project, voice) if check else ()
    leaks = build_leak_finder(project, voice.adapter_folder, say) if check else None
    writer = identify_generator(voice.model.name, voice.adapter_folder, settings["strength"])
    result = write()
    ends = {reply.finish_reason for reply in (result, *result.alternatives)}
    stopped = "cancelled" in ends
    findings = None
    if check and not stopped:
        findings = find_faults(result, learned, leaks, chat_format_of(voice))
    if as_json:
        ground = {"audit": clearance.value} if clearance else {}
        print_json(_as_json(result, writer, findings) | ground)
    if stopped:
        raise StoppedError(f"Stopped.{_unwritten(output)}")
    if "timeout" in ends:
        say(f"The reply was cut off after {settings['timeout_seconds']:g} s (--timeout).")
    if "loop" in ends:
        say("The reply was cut where it began to repeat itself. Try another --seed.")
    if findings:
        raise _faults_error(findings, output)
    if clearance is not None:
        publication = Publication(Purpose.text, output.name if output else "")
        record_clearance(project, voice.adapter, publication, clearance)
    if output is not None:
        write_marked_text(output, result, writer, clearance.value if clearance else "")
        say(f"Written to {output}, marked as machine-made.")


def _write_and_print(
    voice: ModelSelection, text: str, backend: str, settings: Mapping[str, Any], quiet: bool
) -> GenerationResult:
    with open_generator(voice, backend, settings) as generator:
        return _speak(generator, text, quiet)


def _faults_error(findings: Iterable[Finding], output: Path | None) -> RefusedError:
    listed = "".join(f"\n  {finding.kind}: {finding.detail}" for finding in findings)
    return RefusedError(f"The text does not pass the checks.{_unwritten(output)}{listed}")


def _unwritten(output: Path | None) -> str:
    return "" if output is None else f" {output} was not written."


def _speak(generator: Generator, text: str, quiet: bool) -> GenerationResult:
    """Return the reply, printed while it is written unless `quiet`; several one after another.

    Ctrl-C ends it: the result is then the text so far. A beam search has none before its end.
    """
    from morris_mlx.generate import with_alternatives

    replies = generator.replies(text)
    try:
        for number, reply in enumerate(replies):
            if not quiet:
                _print_reply(reply, number)
            reply.wait()
    except KeyboardInterrupt:
        for reply in replies:
            reply.close()
    if not quiet:
        print()
    return with_alternatives([reply.result for reply in replies if reply.result is not None])


def _print_reply(reply: Reply, number: int) -> None:
    """Print one reply while it is written, then the alternatives of a beam search."""
    between = BETWEEN if number else ""
    for piece in reply:
        print(between + shown_text(piece), end="", flush=True)
        between = ""
    for other in reply.result.alternatives if reply.result else ():
        print(BETWEEN + shown_text(other.text), end="")


def _as_json(
    result: GenerationResult, writer: GeneratorIdentity, findings: tuple[Finding, ...] | None
) -> dict[str, Any]:
    from morris_mlx.formats.marked_text import answer_fields

    value = answer_fields(result, writer)
    if result.score is not None:
        value["score"] = result.score
    if result.alternatives:
        value["alternatives"] = [
            {"text": r.text, "finish_reason": r.finish_reason, "tokens": r.tokens, "seed": r.seed}
            | ({} if r.score is None else {"score": r.score})
            for r in result.alternatives
        ]
    if findings is not None:
        value["findings"] = [{"kind": f.kind, "detail": f.detail} for f in findings]
    return value


def _answers_path(prompt: str | None, option: str | None, n: int, output: Path | None) -> Path:
    """Return the file for the answers of --file. Raises UsageError for other options."""
    if prompt is not None or option is not None:
        raise UsageError("There is both a prompt and --file. Leave one of the two out.")
    if output is None:
        raise UsageError("--file needs --output: the file that the answers go to.")
    if n > 1:
        raise UsageError("--file writes one reply for each prompt. Leave --n out.")
    return output


def _prompt_text(prompt: str | None, option: str | None, n: int, output: Path | None) -> str:
    """Return the prompt. Raises UsageError if it is missing or the output cannot be written."""
    if prompt is not None and option is not None:
        raise UsageError(
            "The prompt is given twice: as an argument and as --prompt. Leave one out."
        )
    text = prompt if prompt is not None else option
    missing = UsageError('There is no prompt. Try: morris generate "Write a column about rain."')
    implied = text is None
    if text is None:
        if sys.stdin.isatty():
            raise missing
        text = "-"
    if output is not None:
        if n > 1:
            raise UsageError(
                "--output writes one reply. Leave --n out, or print the replies with --json."
            )
        check_new_file(output)
    if text == "-":
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(
                "The prompt on stdin is not UTF-8. Convert it, for example with iconv."
            ) from error
    if not text.strip():
        raise missing if implied else UsageError("The prompt is empty. Say what to write.")
    return text
