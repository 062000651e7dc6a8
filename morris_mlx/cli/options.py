"""Options that several commands share: one name, one help text, one default."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from morris_mlx.settings import MAX_STRENGTH, SAMPLING

MODELS = "`practice`, `zephyr`, a folder, or a Hugging Face repository."
BY_MACHINE = "zephyr on Apple silicon, practice elsewhere"
Model = Annotated[
    str | None,
    typer.Option("--model", help=f"{MODELS} Default: the adapter's own, else {BY_MACHINE}."),
]
ModelToPrepareFor = Annotated[
    str | None, typer.Option("--model", help=f"{MODELS} Default: {BY_MACHINE}.")
]
ModelToTrain = Annotated[
    str | None,
    typer.Option("--model", help=f"{MODELS} Default: the one that the dataset was prepared for."),
]
ModelToPlan = Annotated[
    str | None,
    typer.Option("--model", help=f"{MODELS} Default: the dataset's, else {BY_MACHINE}."),
]
Adapter = Annotated[
    str | None,
    typer.Option(
        "--adapter",
        "--adapter-path",
        help="Name of an adapter, or its folder; `sample` is built in.",
    ),
]
Strength = Annotated[
    float,
    typer.Option(
        "--strength",
        help=f"How much of the adapter: 0 is the base, 1 as trained, at most {MAX_STRENGTH}.",
    ),
]
MaxTokens = Annotated[
    int, typer.Option("--max-tokens", "-m", help="Longest answer, in tokens.", min=1)
]
Temp = Annotated[
    float,
    typer.Option("--temp", "--temperature", help="0 always takes the likeliest word.", min=0.0),
]
TopP = Annotated[
    float, typer.Option("--top-p", help="Share of the likeliest words kept; 1 is off.")
]
TopK = Annotated[
    int, typer.Option("--top-k", help="Number of likeliest words kept; 0 is off.", min=0)
]
MinP = Annotated[
    float,
    typer.Option("--min-p", help="Drop words less likely than this share of the best; 0 is off."),
]
RepetitionPenalty = Annotated[
    float | None,
    typer.Option(
        "--repetition-penalty",
        help="Above 1 it avoids repeating itself; 1 is off. "
        f"Default: {SAMPLING.repetition_penalty}, and off at --temp 0.",
    ),
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="The same seed gives the same answer.", min=0)
]
System = Annotated[
    str | None,
    typer.Option(
        "--system-prompt", "--system", help="Default: the one that the adapter learned with."
    ),
]
Backend = Annotated[
    str,
    typer.Option("--backend", help="`mlx`, `torch`, or `auto`: MLX where it can compute."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def sampling(
    max_tokens: int,
    temp: float,
    top_p: float,
    top_k: int,
    min_p: float,
    repetition_penalty: float | None,
) -> dict[str, Any]:
    """The options of a command as a generator's settings; what was not said is left to it."""
    return {
        "max_tokens": max_tokens,
        "temperature": temp,
        "top_p": top_p,
        "top_k": top_k,
        "min_p": min_p,
        "repetition_penalty": repetition_penalty,
    }
