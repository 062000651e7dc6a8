"""A conversion from beginning to end: fetch, verify, convert, compare, put in place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from morris_mlx.convert.plan import ConversionPlan
from morris_mlx.convert.weights import Weights, read_weights
from morris_mlx.device import prepare_engine, versions
from morris_mlx.errors import MorrisError
from morris_mlx.files import (
    file_digest,
    locked,
    make_folder,
    remove_unfinished,
    replacing_folder,
    write_text,
)
from morris_mlx.models.converted import (
    Conversion,
    LogitsCheck,
    Precision,
    convert_command,
    converted_folder,
    mark_file,
    read_conversion,
    write_conversion,
)
from morris_mlx.models.download import fetch_all

LOCK = ".lock"
SHA256 = re.compile(r"[0-9a-f]{64}")  # the cache names a big file by its hash


@dataclass(frozen=True, slots=True)
class Step:
    """How far one part of the work is: bytes fetched or verified, layers compared."""

    kind: Literal["fetch", "verify", "convert", "compare"]
    done: int = 0
    total: int = 0


Report = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """The folder to load. `conversion` is its card, None for weights that were ready-made.

    `fresh` is False when it had been here, whole, before.
    """

    folder: Path
    conversion: Conversion | None
    fresh: bool


def run_conversion(plan: ConversionPlan, report: Report) -> Converted:
    """Do what the plan says. Raises MorrisError, MissingError or RefusedError.

    Interrupted at any moment it leaves nothing that `find_model` would find: what was fetched
    stays for the next try, what was half converted is removed, at the latest by the next start.
    """
    if plan.done:
        return Converted(plan.target, read_conversion(plan.target), fresh=False)
    parent = make_folder(converted_folder())
    busy = f"Another `morris convert` is at work in {parent}. Wait until it is done."
    with locked(parent / LOCK, busy):
        remove_unfinished(parent)
        source = read_weights(_fetch(plan, report))
        if plan.precision is None:
            return Converted(source.folder, None, fresh=plan.listing is not None)
        with replacing_folder(plan.target) as folder:
            conversion = _convert(plan, plan.precision, source, folder, report)
            write_conversion(folder, conversion)
    return Converted(plan.target, conversion, fresh=True)


def _fetch(plan: ConversionPlan, report: Report) -> Path:
    """The source's folder, its big files verified by their hashes."""
    if plan.listing is None:
        assert plan.folder is not None
        _verify_cached(plan.folder, report)
        return plan.folder
    done = 0

    def arrived(count: int) -> None:
        nonlocal done
        done += count
        report(Step("fetch", done, plan.download_bytes))

    report(Step("fetch", 0, plan.download_bytes))
    return fetch_all(plan.listing, arrived)


def _verify_cached(folder: Path, report: Report) -> None:
    """Files that the Hugging Face cache names by their hash must have that hash."""
    blobs = [(p, p.resolve()) for p in sorted(folder.glob("model*.safetensors")) if p.is_symlink()]
    named = [(path, blob) for path, blob in blobs if SHA256.fullmatch(blob.name)]
    total = sum(blob.stat().st_size for _, blob in named)
    done = 0
    for path, blob in named:
        report(Step("verify", done, total))
        if file_digest(blob) != blob.name:
            raise MorrisError(
                f"{path} is damaged: its SHA-256 is wrong. Delete {blob} and start again; "
                "that file alone is fetched anew."
            )
        done += blob.stat().st_size


def _convert(
    plan: ConversionPlan, precision: Precision, source: Weights, folder: Path, report: Report
) -> Conversion:
    """Fill `folder` with the converted model and its page; returns its card."""
    prepare_engine()
    from morris_mlx.convert.converter import convert_weights
    from morris_mlx.convert.verify import compare_logits

    report(Step("convert"))
    convert_weights(source, folder, precision)
    converted = read_weights(folder)
    check = compare_logits(
        source, converted, lambda done, total: report(Step("compare", done, total))
    )
    bits = 8 * converted.stored_bytes / source.parameters
    write_text(folder / "README.md", describe(plan, precision, bits, check))
    return Conversion(
        source=plan.source,
        revision=plan.revision,
        precision=precision,
        bits_per_weight=round(bits, 3),
        check=check,
        files={path.name: mark_file(path) for path in sorted(folder.iterdir())},
        versions=versions(),
    )


def describe(plan: ConversionPlan, precision: Precision, bits: float, check: LogitsCheck) -> str:
    """The converted folder's page for people."""
    groups = f", groups of {precision.group_size}" if precision.group_size else ""
    return f"""# {plan.source}, {precision.name}

MLX weights that `{convert_command(plan.source, precision)}` made on this machine.

- source: {plan.source}, revision {plan.revision}
- precision: {precision.bits} bits ({precision.mode}{groups}), {bits:.2f} bits a weight in all
- made by morris-mlx {versions().get("morris-mlx", "")} with mlx-lm {versions().get("mlx-lm", "")}
- against the source, over {check.positions} next-token choices: the same choice in
  {100 * check.same_choice:.1f} % of them, KL divergence {check.kl_nats:.4f} nats, logits
  {check.mean_difference:.4f} apart on average and {check.max_difference:.4f} at most

The terms of the source's licence hold for these weights too. morris.json tells the same to
programs, with the SHA-256 of every file.
"""
