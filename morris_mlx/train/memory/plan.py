"""Memory plan: whether a training fits into a machine, and the settings with which it does.

A plan needs no engine and no weights. To save memory it first gives up what costs no quality: the
allocator's cache, rows per batch (more batches per step make up for them), and activations that can
be recomputed. Fewer bits, a shorter window and fewer layers do cost some quality: the plan proposes
them and never chooses them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from morris_mlx.models.families import Forward
from morris_mlx.models.shape import ModelShape, trainable_parameters
from morris_mlx.records.corpus import RowLength
from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train.memory.estimate import BatchShape, Parts, matrix_flops, padded, training_parts
from morris_mlx.train.memory.machine import Machine

# The settings that a run may change to save memory: none of them changes what is learned.
MEMORY_SETTINGS = ("batch_size", "accumulate", "recompute", "packing", "cache_limit_gb")

CACHE_GB, LEAST_CACHE_GB = 1.0, 0.1  # MLX's own default may grow beyond the machine
CACHE = "cache limit"
NEXT_RECOMPUTE: dict[Recompute, Recompute] = {"none": "attention", "attention": "full"}
TOLERANCE = 0.1  # of activations and loss, which are estimated less exactly than the rest
BITS = (8, 4)  # precisions to propose a conversion to
FEWER_BITS = "bits: "  # how a proposal of fewer bits begins
WINDOWS = (1024, 512)  # tokens; shorter windows cut a column into fragments
LEAST_LAYERS = 8  # fewer layers hardly learn a style
SHOWN_BUCKETS = 6


@dataclass(frozen=True, slots=True)
class Bucket:
    """A padded batch width and the peak memory of its largest batch, in 1e9 bytes."""

    width: int
    peak_gb: float


@dataclass(frozen=True, slots=True)
class Workload:
    """The training to plan: a base model, a window, a machine and the lengths of the rows.

    Without `rows` the plan assumes rows as long as the window. `model` is the name of the base in
    proposals.
    """

    shape: ModelShape
    window: int
    machine: Machine
    rows: tuple[RowLength, ...] = ()
    model: str = "MODEL"


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The memory of a training in 1e9 bytes, and the settings with which it fits.

    `predicted_peak_gb` predicts mx.get_peak_memory(): the sum of weights, adapter, optimizer,
    activations and loss. `needed_gb` adds cache and headroom and is compared with `usable_gb`.
    `changes` were made to the settings. `proposals` are left to the user, and this plan assumes
    that they are followed. `tokens_per_second` and `seconds` are rough.
    """

    settings: TrainSettings
    bits: int
    window: int
    trainable_parameters: int
    weights_gb: float
    adapter_gb: float
    optimizer_gb: float
    activations_gb: float
    loss_gb: float
    predicted_peak_gb: float
    cache_gb: float
    headroom_gb: float
    needed_gb: float
    memory_gb: float
    usable_gb: float
    fits: bool
    buckets: tuple[Bucket, ...]
    tokens_per_second: float
    seconds: float | None = None
    measured_peak_gb: float | None = None
    changes: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """Arguments for mx.set_memory_limit, mx.set_cache_limit and mx.set_wired_limit, in bytes."""

    memory: int
    cache: int
    wired: int


def plan_training(workload: Workload, settings: TrainSettings, propose: bool = False) -> MemoryPlan:
    """Return the plan of the first settings that fit, or of those that need the least memory.

    With `propose`, other bases, windows and numbers of layers are tried too if nothing fits.
    """
    plan = _fit(workload, settings)
    if plan.fits or not propose:
        return plan
    for smaller, reduced, proposals in _proposals(workload, settings):
        plan = replace(_fit(smaller, reduced), proposals=proposals)
        if plan.fits:
            break
    return plan


def _fit(workload: Workload, settings: TrainSettings) -> MemoryPlan:
    """Return the plan of the settings, reduced as little as possible."""
    changes: dict[str, str] = {}  # one line for each kind of change, with its last state
    cache_limit_gb = settings.cache_limit_gb
    plan = estimate_plan(workload, settings)
    while not plan.fits:
        reduced = reduce_memory(settings)
        if reduced is None:
            break
        change = describe_change(settings, reduced)
        changes[change.split(":")[0]] = change
        settings = reduced
        plan = estimate_plan(workload, settings)
    # A later reduction may have made room for the cache again.
    with_cache = estimate_plan(workload, replace(settings, cache_limit_gb=cache_limit_gb))
    if with_cache.fits:
        plan = with_cache
        changes.pop(CACHE, None)
    return replace(plan, changes=tuple(changes.values()))


def reduce_memory(settings: TrainSettings) -> TrainSettings | None:
    """Return settings that need less memory and give the same result, or None if none are left."""
    if not 0 < settings.cache_limit_gb <= LEAST_CACHE_GB:
        return replace(settings, cache_limit_gb=LEAST_CACHE_GB)
    if settings.batch_size > 1:
        divisor = next(n for n in range(2, settings.batch_size + 1) if settings.batch_size % n == 0)
        return replace(
            settings,
            batch_size=settings.batch_size // divisor,
            accumulate=settings.accumulate * divisor,
        )
    following = NEXT_RECOMPUTE.get(settings.recompute)
    return replace(settings, recompute=following) if following else None


def describe_change(old: TrainSettings, new: TrainSettings) -> str:
    """Describe what `reduce_memory` changed, for the user."""
    if old.batch_size != new.batch_size:
        return (
            f"rows at once: {new.batch_size} x {new.accumulate} batches a step (changes no result)"
        )
    if old.recompute != new.recompute:
        return f"recompute: {new.recompute} (slower; changes no result)"
    return f"{CACHE}: {new.cache_limit_gb:g} GB (a little slower; changes no result)"


def _proposals(
    workload: Workload, settings: TrainSettings
) -> Iterator[tuple[Workload, TrainSettings, tuple[str, ...]]]:
    """Yield fewer bits, then shorter windows, then fewer layers, each on top of those before."""
    bits, window, layers = "", "", ""
    for fewer in BITS:
        smaller = workload.shape.with_bits(fewer)
        # A model that is unpacked when it is loaded needs no less memory with fewer bits.
        if fewer < workload.shape.bits and workload.machine.loaded(smaller) == smaller:
            workload = replace(workload, shape=smaller)
            bits = f"{FEWER_BITS}{fewer} (`morris convert {workload.model} --bits {fewer}`)"
            yield workload, settings, (bits,)
    for shorter in WINDOWS:
        if shorter < workload.window:
            workload = replace(workload, window=shorter)
            window = f"window: {shorter} (`morris prepare --window {shorter}`)"
            yield workload, settings, tuple(filter(None, (bits, window)))
    count = (settings.layers or workload.shape.layers) // 2
    while count >= LEAST_LAYERS:
        settings = replace(settings, layers=count)
        layers = f"layers: the last {count} (`--layers {count}`)"
        yield workload, settings, tuple(filter(None, (bits, window, layers)))
        count //= 2


def estimate_plan(workload: Workload, settings: TrainSettings) -> MemoryPlan:
    """Return the plan of exactly these settings."""
    shape = workload.machine.loaded(workload.shape, settings)
    profile = workload.machine.compute_profile(shape)
    batches = batch_shapes(workload, settings)
    parts = [training_parts(shape, settings, batch, profile) for batch in batches]
    worst = max(parts, key=lambda part: part.peak)
    cache = (settings.cache_limit_gb or CACHE_GB) if workload.machine.gpu else 0.0
    headroom = TOLERANCE * (worst.activations + worst.loss) / 1e9
    needed = worst.peak / 1e9 + cache + headroom
    tokens = sum(_places(row, workload.window) for row in workload.rows)
    speed = workload.machine.flops(shape) / matrix_flops(shape, settings)
    return MemoryPlan(
        settings=settings,
        bits=workload.shape.bits,
        window=workload.window,
        trainable_parameters=trainable_parameters(workload.shape, settings),
        weights_gb=worst.weights / 1e9,
        adapter_gb=worst.adapter / 1e9,
        optimizer_gb=worst.optimizer / 1e9,
        activations_gb=worst.activations / 1e9,
        loss_gb=worst.loss / 1e9,
        predicted_peak_gb=worst.peak / 1e9,
        cache_gb=cache,
        headroom_gb=headroom,
        needed_gb=needed,
        memory_gb=workload.machine.memory_gb,
        usable_gb=workload.machine.usable_gb,
        fits=needed <= workload.machine.usable_gb,
        buckets=_buckets(batches, parts),
        tokens_per_second=speed,
        seconds=settings.epochs * tokens / speed if tokens else None,
    )


def _places(row: RowLength, window: int) -> int:
    """Return the tokens that the model reads of a row: the last one is only predicted."""
    return min(row.tokens - 1, window)


def batch_shapes(workload: Workload, settings: TrainSettings) -> list[BatchShape]:
    """Return the largest batches that the batch sampler may form: sorted, cut and padded."""
    window, size = workload.window, settings.batch_size
    llama_shaped = workload.shape.forward is not Forward.GENERIC
    packed = llama_shaped and settings.packs(workload.machine.gpu)
    if not workload.rows:
        lengths = (window,) * size if packed else ()
        return [BatchShape(size, padded(window), padded(size * window), lengths)]
    rows = sorted((_places(r, window), min(r.supervised, window)) for r in workload.rows)
    if packed:
        rows.reverse()  # a batch of the longest rows is the largest
    shapes = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        if packed:
            lengths = tuple(length for length, _ in batch)
            targets = sum(row[1] for row in batch)
            shapes.append(BatchShape(len(batch), lengths[0], targets, lengths))
            continue
        width = padded(batch[-1][0])
        targets = min(padded(sum(row[1] for row in batch)), len(batch) * width)
        shapes.append(BatchShape(len(batch), width, targets))
    return shapes


def _buckets(batches: Sequence[BatchShape], parts: Sequence[Parts]) -> tuple[Bucket, ...]:
    """Return a selection of the widths with the peak of each one's largest batch."""
    peaks: dict[int, float] = {}
    for batch, part in zip(batches, parts, strict=True):
        peaks[batch.width] = max(part.peak / 1e9, peaks.get(batch.width, 0.0))
    widths = sorted(peaks)
    step = math.ceil(len(widths) / SHOWN_BUCKETS)
    return tuple(Bucket(width, peaks[width]) for width in sorted(widths[::-1][::step]))


def correct_plan(plan: MemoryPlan, measured_gb: float) -> MemoryPlan:
    """Return the plan with the measured peak of its largest batch in place of the prediction."""
    exact = plan.weights_gb + plan.adapter_gb + plan.optimizer_gb
    headroom = TOLERANCE / 2 * max(0.0, measured_gb - exact)
    needed = measured_gb + plan.cache_gb + headroom
    return replace(
        plan,
        measured_peak_gb=measured_gb,
        headroom_gb=headroom,
        needed_gb=needed,
        fits=needed <= plan.usable_gb,
    )


def memory_limits(plan: MemoryPlan) -> MemoryLimits:
    """Return the limits for MLX: beyond `memory` it waits until memory is freed."""
    memory = max(plan.usable_gb, plan.needed_gb)  # `needed_gb` is larger in a forced training only
    return MemoryLimits(
        memory=round(memory * 1e9),
        cache=round(plan.cache_gb * 1e9),
        wired=round(min(plan.needed_gb, plan.usable_gb) * 1e9),
    )
