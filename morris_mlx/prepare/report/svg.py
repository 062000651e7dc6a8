"""The drawings of the report: bars that stretch with the page while their letters do not.

Widths are per cent of the drawing, heights are pixels; colours come from the page's style sheet
by class, so that light, dark and paper need no drawing of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from morris_mlx.prepare.report.numbers import BINS, Lengths

BAR_PIXELS = 10
PLOT_PIXELS, AXIS_PIXELS = 150, 30  # of the histogram: its bars, and the figures under them
HEADROOM_PIXELS = 18  # for the words over the bars
LEAST_WIDTH = 0.5  # per cent: one text of a thousand is to be seen
TICKS = 4


def bar(kind: str, start: float, share: float) -> str:
    """A bar over `share` of the whole, which begins at `start`; both from 0 to 1."""
    width = max(LEAST_WIDTH, 100 * share) if share else 0.0
    left = min(100 * start, 100 - width)
    return (
        f'<svg class="bar" width="100%" height="{BAR_PIXELS}" aria-hidden="true">'
        f'<rect class="track" width="100%" height="{BAR_PIXELS}" rx="3"/>'
        f'<rect class="{kind}" x="{_number(left)}%" width="{_number(width)}%" '
        f'height="{BAR_PIXELS}" rx="3"/></svg>'
    )


def histogram(lengths: Lengths) -> str:
    """Rows by length: train below, held out on top, and the window's edge on the right."""
    most = max(a + b for a, b in zip(lengths.train, lengths.held_out, strict=True))
    height = HEADROOM_PIXELS + PLOT_PIXELS + AXIS_PIXELS
    words = (
        f"Rows by length: the shortest has {lengths.shortest:,} tokens, the middle one "
        f"{lengths.median:,}, the longest {lengths.longest:,}; the window has {lengths.window:,}."
    )
    return "".join(
        (
            f'<svg class="histogram" width="100%" height="{height}" role="img" ',
            f'aria-label="{words}">',
            *_grid(most),
            *(_column(lengths, place, most) for place in range(BINS)),
            *_axis(lengths.window),
            "</svg>",
        )
    )


def _column(lengths: Lengths, place: int, most: int) -> str:
    train, held_out = lengths.train[place], lengths.held_out[place]
    if not train + held_out:
        return ""
    low, high = (lengths.window * i // BINS for i in (place, place + 1))
    x, width = _number(100 * (place + 0.1) / BINS), _number(80 / BINS)
    base = HEADROOM_PIXELS + PLOT_PIXELS
    parts = [f"<g><title>{low + 1:,} to {high:,} tokens: {train:,} train, {held_out:,} held out"]
    parts.append("</title>")
    for kind, below, count in (("train", 0, train), ("held", train, held_out)):
        if count:
            tall = max(1.5, PLOT_PIXELS * count / most)  # pixels: one row of many is to be seen
            y = base - PLOT_PIXELS * below / most - tall
            parts.append(
                f'<rect class="{kind}" x="{x}%" y="{_number(y)}" width="{width}%" '
                f'height="{_number(tall)}"/>'
            )
    return "".join([*parts, "</g>"])


def _grid(most: int) -> Iterator[str]:
    base = HEADROOM_PIXELS + PLOT_PIXELS
    yield f'<text class="tick" x="0" y="12">{most:,} row{"s" if most > 1 else ""}</text>'
    yield f'<line class="grid" x1="0" x2="100%" y1="{HEADROOM_PIXELS}" y2="{HEADROOM_PIXELS}"/>'
    yield f'<line class="axis" x1="0" x2="100%" y1="{base + 0.5}" y2="{base + 0.5}"/>'


def _axis(window: int) -> Iterator[str]:
    base = HEADROOM_PIXELS + PLOT_PIXELS
    for tick in range(TICKS + 1):
        anchor = {0: "start", TICKS: "end"}.get(tick, "middle")
        yield (
            f'<text class="tick" x="{_number(100 * tick / TICKS)}%" y="{base + 20}" '
            f'text-anchor="{anchor}">{window * tick // TICKS:,}</text>'
        )
    yield f'<line class="window" x1="100%" x2="100%" y1="{HEADROOM_PIXELS}" y2="{base}"/>'
    yield '<text class="tick" x="100%" y="12" text-anchor="end">window</text>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
