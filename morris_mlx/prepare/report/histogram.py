"""The geometry of the histogram of rows by length, which "histogram.html" draws.

Widths are percentages of the drawing and heights are pixels, so the bars stretch with the page
while its letters do not. Colors are classes of the style sheet, which knows light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from morris_mlx.prepare.report.numbers import BINS, Lengths

PLOT_PIXELS, AXIS_PIXELS = 150, 30  # the bars, and the labels below the axis
HEADROOM_PIXELS = 18  # for the labels above the bars
LEAST_PIXELS = 1.5  # one row of many stays visible
COLUMN_PERCENT = 80 / BINS  # four fifths of a bin; the rest is the gap
TICKS = 4


@dataclass(frozen=True, slots=True)
class Block:
    """The bar of one color in a column; `top` is its distance from the top of the drawing."""

    color: str
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """The bars of one bin: train below, held out above it."""

    left: float
    width: float
    label: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A label below the axis."""

    left: float
    anchor: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """The whole drawing; a column of `most` rows reaches from `base` to `top`."""

    height: int
    top: int
    base: int
    most: int
    label: str
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]


def draw_histogram(lengths: Lengths) -> Histogram:
    """Return the geometry of a histogram; bins without rows have no column."""
    most = max(a + b for a, b in zip(lengths.train, lengths.held_out, strict=True))
    return Histogram(
        height=HEADROOM_PIXELS + PLOT_PIXELS + AXIS_PIXELS,
        top=HEADROOM_PIXELS,
        base=HEADROOM_PIXELS + PLOT_PIXELS,
        most=most,
        label=(
            f"Rows by length: the shortest has {lengths.shortest:,} tokens, the median is "
            f"{lengths.median:,}, the longest {lengths.longest:,}; the window has "
            f"{lengths.window:,}."
        ),
        columns=tuple(
            _column(lengths, place, most)
            for place in range(BINS)
            if lengths.train[place] + lengths.held_out[place]
        ),
        ticks=tuple(_ticks(lengths.window)),
    )


def _column(lengths: Lengths, place: int, most: int) -> Column:
    train, held_out = lengths.train[place], lengths.held_out[place]
    low, high = (lengths.window * i // BINS for i in (place, place + 1))
    blocks = []
    for color, below, count in (("train", 0, train), ("held", train, held_out)):
        if count:
            height = max(LEAST_PIXELS, PLOT_PIXELS * count / most)
            bottom = HEADROOM_PIXELS + PLOT_PIXELS - PLOT_PIXELS * below / most
            blocks.append(Block(color, bottom - height, height))
    return Column(
        left=100 * (place + 0.1) / BINS,
        width=COLUMN_PERCENT,
        label=f"{low + 1:,} to {high:,} tokens: {train:,} train, {held_out:,} held out",
        blocks=tuple(blocks),
    )


def _ticks(window: int) -> Iterator[Tick]:
    for tick in range(TICKS + 1):
        anchor = {0: "start", TICKS: "end"}.get(tick, "middle")
        yield Tick(100 * tick / TICKS, anchor, window * tick // TICKS)
