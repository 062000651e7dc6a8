"""The steps of a conversion: download, verify, convert, compare, move into place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from morris_mlx.convert.plan import ConversionPlan, file_stamps
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
    AS_STORED,
    Conversion,
    LogitsCheck,
    Precision,
    convert_command,
    converted_folder,
    mark_file,
    read_conversion,
    write_conversion,
)
from morris_mlx.models.download import fetch_files
from morris_mlx.models.gguf_files import gguf_digest
from morris_mlx.models.hub_cache import SHA256

LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of one stage: bytes downloaded, verified or converted, layers compared.

    `total` is 0 for a conversion whose progress is not known.
    """

    kind: Literal["fetch", "verify", "convert", "compare"]
    done: int = 0
    total: int = 0


Report = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """The result: a folder that can be loaded.

    `conversion` is its card, None for weights that needed no conversion. `fresh` is False when the
    result existed already, complete.
    """

    folder: Path
    conversion: Conversion | None
    fresh: bool


def run_conversion(plan: ConversionPlan, report: Report) -> Converted:
    """Carry out a plan.

    An interruption at any moment leaves nothing incomplete that `find_model` would find. What was
    downloaded is kept for the next try; an incomplete result is removed, at the latest by the next
    conversion.

    Args:
        plan: The plan, from `plan_conversion`.
        report: Called with the progress.

    Raises:
        MissingError: The download failed.
        RefusedError: The weights cannot be converted.
        MorrisError: A file is damaged, the disk is full, or the result differs too much.
    """
    if plan.done:
        return Converted(plan.target, read_conversion(plan.target), fresh=False)
    parent = make_folder(converted_folder())
    busy = f"Another `morris convert` is running in {parent}. Wait until it ends."
    with locked(parent / LOCK, busy):
        remove_unfinished(parent)
        if plan.file is not None:
            assert plan.precision is not None
            with replacing_folder(plan.target) as folder:
                conversion = _convert_gguf(plan, plan.file, plan.precision, folder, report)
                write_conversion(folder, conversion)
            return Converted(plan.target, conversion, fresh=True)
        source = read_weights(_fetch(plan, report))
        if plan.precision is None:
            return Converted(source.folder, None, fresh=plan.listing is not None)
        with replacing_folder(plan.target) as folder:
            conversion = _convert(plan, plan.precision, source, folder, report)
            if plan.is_folder and file_stamps(source) != plan.stamps:
                raise changed(source.folder)
            write_conversion(folder, conversion)
    return Converted(plan.target, conversion, fresh=True)


def _fetch(plan: ConversionPlan, report: Report) -> Path:
    """Return the source's folder, its big files verified by their hashes."""
    if plan.listing is None:
        assert plan.folder is not None
        _verify_cached(plan.folder, report)
        return plan.folder
    return fetch_files(plan.listing, lambda done, total: report(Step("fetch", done, total)))


def _verify_cached(folder: Path, report: Report) -> None:
    """Compare big files of the Hugging Face cache with the hashes that are their names."""
    blobs = [(p, p.resolve()) for p in sorted(folder.glob("model*.safetensors")) if p.is_symlink()]
    named = [(path, blob) for path, blob in blobs if SHA256.fullmatch(blob.name)]
    total = sum(blob.stat().st_size for _, blob in named)
    done = 0
    for path, blob in named:
        report(Step("verify", done, total))
        if file_digest(blob) != blob.name:
            raise MorrisError(
                f"{path} is damaged: its SHA-256 is wrong. Delete {blob} and start again; "
                "only that file is downloaded again."
            )
        done += blob.stat().st_size


def _convert(
    plan: ConversionPlan, precision: Precision, source: Weights, folder: Path, report: Report
) -> Conversion:
    """Write the converted model and its page into `folder`; return its card."""
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
    return _finish(plan, precision, folder, bits, check)


def _convert_gguf(
    plan: ConversionPlan, file: Path, precision: Precision, folder: Path, report: Report
) -> Conversion:
    """Write the converted model of a GGUF file and its page into `folder`; return its card."""
    prepare_engine()
    from morris_mlx.convert.gguf.converter import read_source, write_model
    from morris_mlx.convert.gguf.verify import compare_with_file

    source = read_source(file)
    write_model(source, precision, folder, lambda done, total: report(Step("convert", done, total)))
    check = compare_with_file(
        source.model,
        precision,
        folder,
        lambda done, total: report(Step("compare", done, total)),
    )
    if gguf_digest(file) != plan.revision:
        raise changed(file)
    bits = 8 * plan.converted_bytes / source.model.parameters
    return _finish(plan, precision, folder, bits, check)


def changed(source: Path) -> MorrisError:
    """Return the error for a model that is not the one that was checked before."""
    return MorrisError(
        f"{source} changed while it was converted, so the result was removed. Wait until nothing "
        "writes to it, and run the command again."
    )


def _finish(
    plan: ConversionPlan, precision: Precision, folder: Path, bits: float, check: LogitsCheck
) -> Conversion:
    """Write the page of a converted model into its folder; return its card."""
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
    """Return the text of the README.md in the converted folder."""
    groups = f", groups of {precision.group_size}" if precision.group_size else ""
    stored = f"{precision.bits} bits ({precision.mode}{groups})"
    if precision.name == AS_STORED:
        stored = f"as in the file, mostly {stored}; weights that MLX cannot use, in 16 bits"
    source = plan.source if plan.file is None else plan.file.name
    return f"""# {plan.source}, {precision.name}

MLX weights that `{convert_command(source, precision)}` made on this machine.

- source: {source}, revision {plan.revision}
- precision: {stored}, {bits:.2f} bits per weight in all
- made by morris-mlx {versions().get("morris-mlx", "")} with mlx-lm {versions().get("mlx-lm", "")}
- against the {compared(plan)}, over {check.positions} next-token choices: the same choice in
  {100 * check.same_choice:.1f} % of them, KL divergence {check.kl_nats:.4f} nats, logits
  {check.mean_difference:.4f} apart on average and {check.max_difference:.4f} at most

The terms of the source's license hold for these weights too. morris.json holds the same for
programs, with the SHA-256 of every file.
"""


def compared(plan: ConversionPlan) -> str:
    """Return what the converted weights were compared with."""
    return "source" if plan.file is None else "file's weights, unpacked to float32"
