"""`morris generate`: a prompt → a text on stdout, as it comes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from morris_mlx.cli import options
from morris_mlx.errors import UsageError
from morris_mlx.records import GenerationRequest, Message
from morris_mlx.settings import (
    SAMPLING,
    STRENGTH,
    current_project,
)


def generate(
    prompt: Annotated[
        str | None, typer.Argument(help="What to write; `-` reads it from stdin.")
    ] = None,
    prompt_option: Annotated[
        str | None, typer.Option("--prompt", "-p", help="The same as the argument.")
    ] = None,
    model: options.Model = None,
    adapter: options.Adapter = None,
    strength: options.Strength = STRENGTH,
    max_tokens: options.MaxTokens = SAMPLING.max_tokens,
    temp: options.Temp = SAMPLING.temp,
    top_p: options.TopP = SAMPLING.top_p,
    top_k: options.TopK = SAMPLING.top_k,
    min_p: options.MinP = SAMPLING.min_p,
    repetition_penalty: options.RepetitionPenalty = None,
    seed: options.Seed = None,
    system_prompt: options.System = None,
) -> None:
    """Write a text. It is printed as it comes; Ctrl-C stops it.

    What comes out is machine-made. Read it before you send it anywhere.

    \b
    Example:
        morris generate "Write a column about the new timetable." --adapter sample
        cat brief.txt | morris generate - --adapter mine --temp 0.5
    """
    from morris_mlx.cli.voice import find_voice

    text = _prompt_text(prompt, prompt_option)
    voice = find_voice(current_project(), model, adapter, system_prompt)
    request = GenerationRequest(
        messages=(Message("system", voice.system_prompt), Message("user", text)),
        sampling=options.sampling(max_tokens, temp, top_p, top_k, min_p, repetition_penalty),
        seed=seed,
    )
    for piece in voice.load(strength).stream(request):
        print(piece, end="", flush=True)
    print()


def _prompt_text(prompt: str | None, option: str | None) -> str:
    if prompt is not None and option is not None:
        raise UsageError(
            "The prompt is there twice: as an argument and as --prompt. Leave one out."
        )
    text = prompt if prompt is not None else option
    if text is None:
        raise UsageError('No prompt. Try: morris generate "Write a column about rain."')
    if text == "-":
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError("What came on stdin is not UTF-8. Convert it with iconv.") from error
    if not text.strip():
        raise UsageError("The prompt is empty. Say what to write.")
    return text
