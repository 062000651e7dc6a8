"""The geometry of the drawings of an evaluation's page.

Widths are percentages of the drawing and heights are pixels, so that drawings stretch with the page
while their letters do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.evaluate.habits import sentences_of, spoken_words
from morris_mlx.records.evaluation import RowName, Share, VoiceRow
from morris_mlx.records.training import TrainRun

COLORS = {
    RowName.BASE: "base",
    RowName.PROMPTED: "prompted",
    RowName.OTHER: "other",
    RowName.ADAPTER: "clone",
    RowName.AUTHOR: "you",
}
SHOWN_LOW, SHOWN_HIGH = -0.5, 1.75  # positions beyond are drawn at the edge
SENTENCE_BINS = tuple(range(1, 46, 5))  # words: 1 to 5, 6 to 10, … 41 and more
WORD_BINS = tuple(range(1, 14))  # letters; the last one is 13 and more
PLOT = 130  # pixels


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """A row of the scale; `at`, `low` and `high` are percentages of the drawing, or None.

    `best` is True for the best of several adapters.
    """

    label: str
    color: str
    shown: str
    remark: str
    at: float | None = None
    low: float | None = None
    high: float | None = None
    best: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale from the base to the author; `base` and `author` are the places of 0 and 100 %."""

    rows: tuple[ScaleRow, ...]
    base: float
    author: float


def draw_scale(
    rows: Sequence[VoiceRow], label: Callable[[VoiceRow], str], best: str | None = None
) -> Scale:
    """Return the scale of all rows, from left to right; `best` is the label of the best one."""
    values = [v for r in rows for v in (r.combined.low, r.combined.high) if v is not None]
    left = max(SHOWN_LOW, min([-0.1, *values]))
    right = min(SHOWN_HIGH, max([1.1, *values]))

    def place(value: float) -> float:
        return 100 * (min(right, max(left, value)) - left) / (right - left)

    drawn = []
    for row in rows:
        share = row.combined
        name, color = label(row), COLORS[row.name]
        if share.value is None or share.low is None or share.high is None:
            drawn.append(ScaleRow(name, color, "–", row.note))
            continue
        places = (place(share.value), place(share.low), place(share.high))
        shown = show_share(share)
        drawn.append(ScaleRow(name, color, shown, row.note, *places, best=name == best))
    return Scale(tuple(drawn), place(0.0), place(1.0))


def show_share(share: Share) -> str:
    """Return a share with its interval, such as "71 % (63 to 78)"."""
    if share.value is None or share.low is None or share.high is None:
        return "–"
    value, low, high = (_whole_percent(v) for v in (share.value, share.low, share.high))
    return f"{value} % ({low} to {high})"


def _whole_percent(share: float) -> str:
    """Return a share in whole percent, with a minus sign in place of a hyphen and without -0."""
    return str(round(100 * share)).replace("-", "−")


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: its color, place and height, and a label."""

    color: str
    left: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars of several sets of texts, side by side in each bin; `of` names what is counted."""

    title: str
    of: str
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    most: str


def sentence_lengths(text: str) -> list[int]:
    """Return the words of each sentence."""
    return [len(spoken_words(sentence)) for sentence in sentences_of(text)]


def word_lengths(text: str) -> list[int]:
    """Return the letters of each word."""
    return [len(word) for word in spoken_words(text)]


def draw_histogram(
    title: str,
    of: str,
    texts: Mapping[RowName, Sequence[str]],
    measure: Callable[[str], list[int]],
    bins: Sequence[int],
) -> Histogram:
    """Return the shares of each bin for every set.

    `of` names what is counted, such as "words"; `bins` are the first values of the bins.
    """
    shares = {name: _shares(own, measure, bins) for name, own in texts.items()}
    most = max((share for own in shares.values() for share in own), default=0.0) or 1.0
    slot = 100 / len(bins)
    width = 0.8 * slot / max(1, len(shares))
    names = [_bin_name(bins, at) for at in range(len(bins))]
    bars = [
        Bar(
            COLORS[name],
            at * slot + 0.1 * slot + number * width,
            width,
            PLOT * share / most,
            f"{names[at]}: {100 * share:.0f} % of the {of} ({name.value})",
        )
        for number, (name, own) in enumerate(shares.items())
        for at, share in enumerate(own)
        if share
    ]
    ticks = tuple((at * slot + slot / 2, name) for at, name in enumerate(names))
    return Histogram(title, of, PLOT, tuple(bars), ticks, f"{100 * most:.0f} %")


def _shares(
    texts: Sequence[str], measure: Callable[[str], list[int]], bins: Sequence[int]
) -> list[float]:
    counts = [0] * len(bins)
    for text in texts:
        for value in measure(text):
            if value >= bins[0]:
                counts[max(at for at, first in enumerate(bins) if first <= value)] += 1
    total = sum(counts)
    return [count / total for count in counts] if total else [0.0] * len(bins)


def _bin_name(bins: Sequence[int], at: int) -> str:
    if at + 1 == len(bins):
        return f"{bins[at]}+"
    last = bins[at + 1] - 1
    return str(bins[at]) if last == bins[at] else f"{bins[at]}–{last}"


@dataclass(frozen=True, slots=True)
class Curve:
    """The losses of a training; points are percentages of the drawing, x to the right, y down.

    `valid` is the line of the held-out loss, `train` that of the training loss, each as the
    attribute of a polyline. `best` is the point of the adapter that was kept.
    """

    valid: str
    train: str
    best: tuple[float, float] | None
    best_label: str
    highest: str
    lowest: str
    steps: int


def draw_losses(run: TrainRun) -> Curve | None:
    """Return the curve of a training's losses; None with fewer than two validations."""
    valid = [(p.step, p.valid) for p in run.losses if p.valid is not None]
    train = [(p.step, p.train) for p in run.losses if p.train is not None]
    if len(valid) < 2:
        return None
    values = [loss for _, loss in (*valid, *train)]
    low, high = min(values), max(values)
    last = max(step for step, _ in (*valid, *train)) or 1
    spread = (high - low) or 1.0

    def place(step: int, loss: float) -> tuple[float, float]:
        return 100 * step / last, 4 + 92 * (high - loss) / spread

    def line(points: Sequence[tuple[int, float]]) -> str:
        return " ".join("{:.2f},{:.2f}".format(*place(*point)) for point in points)

    best = next(((s, v) for s, v in valid if s == run.best_step), None)
    return Curve(
        valid=line(valid),
        train=line(train),
        best=None if best is None else place(*best),
        best_label="" if best is None else f"step {best[0]:,}: {best[1]:.3f}",
        highest=f"{high:.2f}",
        lowest=f"{low:.2f}",
        steps=last,
    )
