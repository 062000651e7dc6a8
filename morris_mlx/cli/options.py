"""Options that several commands share: one name, one help text, one default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.errors import UsageError, check_range
from morris_mlx.records.generation import MAX_STRENGTH, MAX_TOKENS, RANGES

MODELS = (
    "`practice`, `smollm2`, `zephyr`, a Hugging Face repository, a folder, a GGUF file, "
    "`ollama:NAME` or `lmstudio:PUBLISHER/MODEL`; `morris models` lists yours."
)
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
        help="An adapter's name or folder; `sample`, `sample-columns` and `sample-chats` are built "
        "in. Default: none, the model alone.",
    ),
]
Strength = Annotated[
    float,
    typer.Option(
        "--strength",
        help=f"Strength of the adapter: 0 is the base alone, 1 as trained, at most {MAX_STRENGTH}.",
    ),
]
MaxTokens = Annotated[
    int,
    typer.Option(
        "--max-tokens", "-m", help="Maximum length of a reply in tokens (a word has one or two)."
    ),
]
Temp = Annotated[
    float,
    typer.Option(
        "--temp",
        "--temperature",
        help="Sampling temperature: 0 always takes the most likely token, above 1 is erratic.",
    ),
]
TopP = Annotated[
    float,
    typer.Option(
        "--top-p", help="Sample from the most likely tokens of this total probability; 1: off."
    ),
]
TopK = Annotated[
    int, typer.Option("--top-k", help="Sample from this many of the most likely tokens; 0: off.")
]
MinP = Annotated[
    float,
    typer.Option(
        "--min-p",
        help="Drop tokens below this share of the most likely token's probability; 0: off.",
    ),
]
RepetitionPenalty = Annotated[
    float,
    typer.Option(
        "--repetition-penalty",
        help="Penalty on recently used tokens; 1: off. It changes the style, because it suppresses "
        "the most common words.",
    ),
]
PreventLoops = Annotated[
    bool,
    typer.Option(
        "--prevent-loops/--allow-loops",
        help="Sample again from the point where the text begins to repeat itself.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="Random seed, for reproducible text. Default: random."),
]
System = Annotated[
    str | None,
    typer.Option(
        "--system",
        "--system-prompt",
        help='System prompt; "" is none. Default: the one that the adapter was trained with.',
    ),
]
Backend = Annotated[
    str,
    typer.Option("--backend", help="Engine: `mlx`, `torch`, or `auto` (MLX where it runs)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
SameAsName = Annotated[
    str | None, typer.Option("--adapter", "--adapter-path", help="The same as NAME.")
]


AdapterName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="The adapter's name. Default: your newest one; with --model or --base, none.",
    ),
]
Base = Annotated[bool, typer.Option("--base", help="Take no adapter: the base alone.")]


def one_adapter(names: Iterable[str | None], adapter: str | None) -> str:
    """Return the one adapter that is named as an argument or by --adapter, `mine` without a name.

    Raises the errors of `named_adapter`.
    """
    return named_adapter(names, adapter) or ADAPTER_NAME


def named_adapter(names: Iterable[str | None], adapter: str | None) -> str | None:
    """Return the one adapter that is named as an argument or by --adapter, None without a name.

    Raises UsageError for several different names, and for an empty one.
    """
    given = list(dict.fromkeys(name for name in (*names, adapter) if name is not None))
    if len(given) > 1:
        listed = " and ".join(map(repr, given))
        raise UsageError(
            f"The adapters {listed} are named, as arguments and by --adapter. Name one of them."
        )
    if given == [""]:
        raise UsageError("The adapter's name is empty. Give the name of a folder in adapters/.")
    return given[0] if given else None


def sampling(
    max_tokens: int,
    temp: float,
    top_p: float,
    top_k: int,
    min_p: float,
    repetition_penalty: float,
    prevent_loops: bool,
) -> dict[str, Any]:
    """Return a command's sampling options as settings of a generator."""
    return {
        "max_tokens": max_tokens,
        "temperature": temp,
        "top_p": top_p,
        "top_k": top_k,
        "min_p": min_p,
        "repetition_penalty": repetition_penalty,
        "prevent_loops": prevent_loops,
    }


# The option of each setting, for error messages.
OPTIONS = {
    "strength": "--strength",
    "max_tokens": "--max-tokens",
    "temperature": "--temp",
    "top_p": "--top-p",
    "top_k": "--top-k",
    "min_p": "--min-p",
    "repetition_penalty": "--repetition-penalty",
    "seed": "--seed",
    "num_return_sequences": "--n",
    "num_beams": "--beams",
    "timeout_seconds": "--timeout",
}
OPTION_RANGES = RANGES | {"max_tokens": (1, MAX_TOKENS)}


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings. Raises UsageError, naming the option, for a value out of range."""
    for name, option in OPTIONS.items():
        if (value := settings.get(name)) is not None:
            check_range(option, value, *OPTION_RANGES[name])
    if "" in (settings.get("stop_token") or ()):
        raise UsageError("--stop is empty. Give it at least one character.")
    beams, n = settings.get("num_beams") or 1, settings.get("num_return_sequences") or 1
    if n > beams > 1:
        raise UsageError(
            f"--n is {n}, but --beams {beams} finds at most {beams} replies. Lower --n, or "
            "raise --beams."
        )
    if n > 1 and beams == 1 and settings.get("temperature") == 0:
        raise UsageError(
            f"--n is {n}, but --temp 0 gives only one reply. Raise --temp, or use --beams."
        )
    return dict(settings)
