"""`morris convert`: a model's weights → MLX weights in the user's cache, for all projects."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import event_sink, print_json, say
from morris_mlx.errors import RefusedError, StoppedError, UsageError
from morris_mlx.models.converted import AS_STORED, PRECISIONS, Conversion, Precision
from morris_mlx.pipeline.convert import compared, gigabytes, is_trainable, plan_conversion
from morris_mlx.pipeline.convert import convert as run_conversion

if TYPE_CHECKING:
    from morris_mlx.convert import ConversionPlan, Converted

# Share of next-token choices that must stay the same. SmolLM2 (135 million weights) keeps 0.62 of
# them at 4 bits and 0.98 at 8: small models have little redundancy.
MUCH_KEPT = 0.8
SAFE_BITS = 8


class Bits(StrEnum):
    """Bits of a converted weight."""

    four = "4"
    eight = "8"
    sixteen = "16"


class Mode(StrEnum):
    """Quantization mode."""

    affine = "affine"
    mxfp4 = "mxfp4"


def convert(
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Hugging Face repository, `zephyr`, `smollm2`, folder, GGUF file, `ollama:NAME` "
            "or `lmstudio:PUBLISHER/MODEL`.",
        ),
    ],
    bits: Annotated[
        Bits | None, typer.Option(help="Bits per weight. Default: 4; a GGUF file keeps its own.")
    ] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Quantization mode; mxfp4 has 4 bits. Default: affine.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Download without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Convert a model to fewer bits, or a GGUF file to MLX's format.

    A model with fewer bits needs less memory. The size of the download is shown first, and you are
    asked to confirm it. If a download is interrupted, run the command again to resume it. The
    result is stored in your cache folder, compared with its source, and used by `--model` from then
    on. HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME and HF_TOKEN work as in huggingface-hub; MORRIS_CACHE
    moves the cache folder.

    Weights of a GGUF file in q4_0, q4_1, q8_0 and bf16 are kept unchanged, and all others become
    16-bit floats. With --bits, all weights are quantized again.

    \b
    Example:
        morris convert zephyr --bits 4
        morris convert ~/models/SmolLM2-135M-Instruct.Q4_1.gguf
    """
    with event_sink() as sink:
        plan = plan_conversion(name, _precision(bits, mode), sink)
    _announce(plan, yes)
    try:
        with event_sink() as sink:
            done = run_conversion(plan, sink)
    except KeyboardInterrupt:
        raise StoppedError(
            "The conversion was stopped. What was downloaded is kept. Run the same command "
            "again to continue."
        ) from None
    if as_json:
        print_json(_figures(plan, done))
    else:
        print(_describe(plan, done))


def _precision(bits: Bits | None, mode: Mode | None) -> Precision | None:
    if bits is None and mode is None:
        return None
    if mode is Mode.mxfp4:
        if bits not in (None, Bits.four):
            raise UsageError("--mode mxfp4 always has 4 bits. Leave --bits out.")
        return next(p for p in PRECISIONS if p.mode == "mxfp4")
    wanted = int(bits or Bits.four)
    if mode is Mode.affine and wanted == 16:
        raise UsageError("--bits 16 does not quantize, so it has no mode. Leave --mode out.")
    return next(p for p in PRECISIONS if p.bits == wanted and p.mode != "mxfp4")


def _announce(plan: ConversionPlan, yes: bool) -> None:
    """Say on stderr what will happen. Raises RefusedError for a download without a yes."""
    if plan.damage:
        say(f"{plan.target} is damaged ({plan.damage}), so it is created again.")
    if plan.listing is None:
        return
    say(f"{plan.source}: {gigabytes(plan.download_bytes)} to download.")
    if plan.precision is not None:
        say(f"Then {gigabytes(plan.converted_bytes)} for {plan.precision.name} in {plan.target}.")
    say(f"Free there: {gigabytes(_free(plan.target))}.")
    if yes:
        return
    if not sys.stdin.isatty():
        raise RefusedError(
            f"The download of {gigabytes(plan.download_bytes)} needs your confirmation, and "
            "there is no terminal to ask on. Add --yes to confirm it."
        )
    if not typer.confirm("Continue?", err=True):
        raise RefusedError("Nothing was downloaded.")


def _free(folder: Path) -> int:
    import shutil

    place = next(p for p in (folder, *folder.parents) if p.exists())
    return shutil.disk_usage(place).free


def warning_of_loss(plan: ConversionPlan, card: Conversion) -> str:
    """Return a warning if few bits changed many of the model's choices, else ""."""
    lost = card.check.same_choice < MUCH_KEPT and 0 < card.precision.bits < SAFE_BITS
    if not lost or card.precision.name == AS_STORED:
        return ""
    as_stored = ", or omit --bits to keep the file's own weights" if plan.file else ""
    return (
        f"Warning: at {card.precision.bits} bits, this model chooses a different next token in "
        f"{100 - 100 * card.check.same_choice:.0f} % of the places that were compared. "
        f"Use 8 bits: `morris convert {plan.name} --bits {SAFE_BITS}`{as_stored}."
    )


def _describe(plan: ConversionPlan, done: Converted) -> str:
    card = done.conversion
    if card is None:
        return (
            f"{plan.source} is MLX already and needs no conversion: {done.folder}\n"
            f"{_next_step(plan, done)}"
        )
    size = sum(mark.size_bytes for mark in card.files.values())
    made = "is converted" if done.fresh else "was converted already, and no file is damaged"
    check = card.check
    lines = [
        f"{plan.source} {made}: {card.precision.name}, {gigabytes(size)}, "
        f"{card.bits_per_weight:.2f} bits a weight → {done.folder}",
        f"Against the {compared(plan)}, over {check.positions} next-token choices: "
        f"{100 * check.same_choice:.1f} % the same, KL {check.kl_nats:.4f} nats, logits "
        f"{check.mean_difference:.4f} apart on average, {check.max_difference:.4f} at most.",
    ]
    if warning := warning_of_loss(plan, card):
        lines.append(warning)
    if plan.listing is not None:
        lines.append(
            "The source stays in the Hugging Face cache. To remove it: "
            f"hf cache rm model/{plan.source}"
        )
    lines.append(_next_step(plan, done))
    return "\n".join(lines)


def _next_step(plan: ConversionPlan, done: Converted) -> str:
    """Return the next command: training where Morris trains the family, else generation."""
    name = str(done.folder) if plan.is_folder and done.conversion else plan.name
    if is_trainable(done.folder):
        return f"Next: morris train --model {name}"
    return f'Next: morris generate "Tell me about rain." --model {name}'


def _figures(plan: ConversionPlan, done: Converted) -> dict[str, Any]:
    card = None if done.conversion is None else asdict(done.conversion)
    return {
        "folder": str(done.folder),
        "fresh": done.fresh,
        "ready_made": card is None,
        "source": plan.source,
        "revision": plan.revision,
        "conversion": card,
        "warning": warning_of_loss(plan, done.conversion) if done.conversion else "",
    }
