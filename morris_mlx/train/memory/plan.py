"""Whether a training fits into a machine, before anything is loaded; and the settings that do.

What is given up first costs no quality: the allocator's cache, rows at once (more batches make
up for them), keeping what can be computed again. Fewer bits, a shorter window and fewer layers
do cost some: they are proposed, never chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from morris_mlx.models.shape import ModelShape, trainable_parameters
from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train.memory.estimate import BatchShape, Parts, matrix_flops, padded, training_parts
from morris_mlx.train.memory.machine import Machine

# What a run may change on the way when memory runs out: none of it changes what is learned.
MEMORY_SETTINGS = ("batch_size", "accumulate", "recompute", "cache_limit_gb")

CACHE_GB, LEAST_CACHE_GB = 1.0, 0.1  # MLX's own default grows beyond the machine
CACHE = "cache limit"
THRIFTIER: dict[Recompute, Recompute] = {"none": "attention", "attention": "full"}
TOLERANCE = 0.1  # of activations and loss, which are counted less surely than the rest
BITS = (8, 4)  # to convert to
WINDOWS = (1024, 512)  # tokens; shorter ones cut columns into crumbs
LEAST_LAYERS = 8  # fewer learn hardly any manner
SHOWN_BUCKETS = 6


@dataclass(frozen=True, slots=True)
class RowLength:
    """A dataset's row: its tokens, and how many of them are learned."""

    tokens: int
    learned: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Batches of this padded width, and the memory in use at the peak of one, in 1e9 bytes."""

    width: int
    peak_gb: float


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be trained, where: `rows` empty stands for rows as long as the window."""

    shape: ModelShape
    window: int
    machine: Machine
    rows: tuple[RowLength, ...] = ()
    model: str = "MODEL"  # its name in what is proposed


@dataclass(frozen=True, slots=True)
class Plan:
    """A training's memory in 1e9 bytes, and what it takes to fit.

    `predicted_peak_gb` is what mx.get_peak_memory() will say: weights, adapter, optimizer,
    activations and loss add up to it. With cache and headroom it is `needed_gb`, to be held
    against `usable_gb`. `changes` were made to the settings; `proposals` are the user's to
    make, and what this plan already assumes. `tokens_per_second` and `seconds` are rough.
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
class Limits:
    """For mx.set_memory_limit, mx.set_cache_limit and mx.set_wired_limit, in bytes."""

    memory: int
    cache: int
    wired: int


def plan_training(task: Task, settings: TrainSettings, propose: bool = False) -> Plan:
    """The first settings that fit, or the thriftiest; with `propose`, other bases and windows too.

    A plan with proposals describes what they would lead to.
    """
    plan = _fit(task, settings)
    if plan.fits or not propose:
        return plan
    for smaller, thriftier, proposals in _proposals(task, settings):
        plan = replace(_fit(smaller, thriftier), proposals=proposals)
        if plan.fits:
            break
    return plan


def _fit(task: Task, settings: TrainSettings) -> Plan:
    """The settings as they are, or with as little as possible given up."""
    changes: dict[str, str] = {}  # one line for each kind: the last one says where it ended
    cache_limit_gb = settings.cache_limit_gb
    plan = describe(task, settings)
    while not plan.fits:
        thriftier = lower(settings)
        if thriftier is None:
            break
        change = change_in_words(settings, thriftier)
        changes[change.split(":")[0]] = change
        settings = thriftier
        plan = describe(task, settings)
    roomier = describe(task, replace(settings, cache_limit_gb=cache_limit_gb))
    if roomier.fits:  # what was given up later has made room for the cache again
        plan = roomier
        changes.pop(CACHE, None)
    return replace(plan, changes=tuple(changes.values()))


def lower(settings: TrainSettings) -> TrainSettings | None:
    """The next thing to give up that changes no result; None when there is nothing left."""
    if not 0 < settings.cache_limit_gb <= LEAST_CACHE_GB:
        return replace(settings, cache_limit_gb=LEAST_CACHE_GB)
    if settings.batch_size > 1:
        divisor = next(n for n in range(2, settings.batch_size + 1) if settings.batch_size % n == 0)
        return replace(
            settings,
            batch_size=settings.batch_size // divisor,
            accumulate=settings.accumulate * divisor,
        )
    following = THRIFTIER.get(settings.recompute)
    return replace(settings, recompute=following) if following else None


def change_in_words(old: TrainSettings, new: TrainSettings) -> str:
    if old.batch_size != new.batch_size:
        return (
            f"rows at once: {new.batch_size} x {new.accumulate} batches a step (changes no result)"
        )
    if old.recompute != new.recompute:
        return f"recompute: {new.recompute} (slower; changes no result)"
    return f"{CACHE}: {new.cache_limit_gb:g} GB (a little slower; changes no result)"


def _proposals(
    task: Task, settings: TrainSettings
) -> Iterator[tuple[Task, TrainSettings, tuple[str, ...]]]:
    """One after the other, each on top of those before: fewer bits, shorter rows, fewer layers."""
    bits, window, layers = "", "", ""
    for fewer in BITS:
        if fewer < task.shape.bits:
            task = replace(task, shape=task.shape.with_bits(fewer))
            bits = f"bits: {fewer} (`morris convert {task.model} --bits {fewer}`)"
            yield task, settings, (bits,)
    for shorter in WINDOWS:
        if shorter < task.window:
            task = replace(task, window=shorter)
            window = f"window: {shorter} (`morris prepare --window {shorter}`)"
            yield task, settings, tuple(filter(None, (bits, window)))
    count = (settings.layers or task.shape.layers) // 2
    while count >= LEAST_LAYERS:
        settings = replace(settings, layers=count)
        layers = f"layers: the last {count} (`--layers {count}`)"
        yield task, settings, tuple(filter(None, (bits, window, layers)))
        count //= 2


def describe(task: Task, settings: TrainSettings) -> Plan:
    """The memory of exactly these settings."""
    engine = task.machine.engine(task.shape)
    batches = batch_shapes(task, settings)
    parts = [training_parts(task.shape, settings, batch, engine) for batch in batches]
    worst = max(parts, key=lambda part: part.peak)
    cache = (settings.cache_limit_gb or CACHE_GB) if task.machine.gpu else 0.0
    headroom = TOLERANCE * (worst.activations + worst.loss) / 1e9
    needed = worst.peak / 1e9 + cache + headroom
    tokens = sum(min(row.tokens, task.window) for row in task.rows)
    speed = task.machine.flops(task.shape) / matrix_flops(task.shape, settings)
    return Plan(
        settings=settings,
        bits=task.shape.bits,
        window=task.window,
        trainable_parameters=trainable_parameters(task.shape, settings),
        weights_gb=worst.weights / 1e9,
        adapter_gb=worst.adapter / 1e9,
        optimizer_gb=worst.optimizer / 1e9,
        activations_gb=worst.activations / 1e9,
        loss_gb=worst.loss / 1e9,
        predicted_peak_gb=worst.peak / 1e9,
        cache_gb=cache,
        headroom_gb=headroom,
        needed_gb=needed,
        memory_gb=task.machine.memory_gb,
        usable_gb=task.machine.usable_gb,
        fits=needed <= task.machine.usable_gb,
        buckets=_buckets(batches, parts),
        tokens_per_second=speed,
        seconds=settings.epochs * tokens / speed if tokens else None,
    )


def batch_shapes(task: Task, settings: TrainSettings) -> list[BatchShape]:
    """The largest that batches.Schedule may form: sorted by length, cut into batches, padded."""
    window, size = task.window, settings.batch_size
    if not task.rows:
        return [BatchShape(size, padded(window), padded(size * window))]
    rows = sorted((min(r.tokens, window), min(r.learned, window)) for r in task.rows)
    shapes = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        width = padded(batch[-1][0])
        learned = min(padded(sum(row[1] for row in batch)), len(batch) * width)
        shapes.append(BatchShape(len(batch), width, learned))
    return shapes


def _buckets(batches: Sequence[BatchShape], parts: Sequence[Parts]) -> tuple[Bucket, ...]:
    """The widths from the narrowest to the widest, a few of them, each with its worst batch."""
    peaks: dict[int, float] = {}
    for batch, part in zip(batches, parts, strict=True):
        peaks[batch.width] = max(part.peak / 1e9, peaks.get(batch.width, 0.0))
    widths = sorted(peaks)
    step = math.ceil(len(widths) / SHOWN_BUCKETS)
    return tuple(Bucket(width, peaks[width]) for width in sorted(widths[::-1][::step]))


def corrected(plan: Plan, measured_gb: float) -> Plan:
    """The plan after a look at the real peak of its widest batch: that counts from now on."""
    sure = plan.weights_gb + plan.adapter_gb + plan.optimizer_gb
    headroom = TOLERANCE / 2 * max(0.0, measured_gb - sure)
    needed = measured_gb + plan.cache_gb + headroom
    return replace(
        plan,
        measured_peak_gb=measured_gb,
        headroom_gb=headroom,
        needed_gb=needed,
        fits=needed <= plan.usable_gb,
    )


def limits(plan: Plan) -> Limits:
    """What MLX is to be held to: beyond `memory` it waits for memory to be freed."""
    memory = max(plan.usable_gb, plan.needed_gb)  # the same when a plan that fits is trained
    return Limits(
        memory=round(memory * 1e9),
        cache=round(plan.cache_gb * 1e9),
        wired=round(min(plan.needed_gb, plan.usable_gb) * 1e9),
    )
