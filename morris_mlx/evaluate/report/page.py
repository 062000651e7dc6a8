"""The report of an evaluation as one HTML page: the values that "page.html" shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from morris_mlx.evaluate.phrases import compare_phrases
from morris_mlx.evaluate.report.charts import (
    COLORS,
    SENTENCE_BINS,
    WORD_BINS,
    draw_histogram,
    draw_losses,
    draw_scale,
    sentence_lengths,
    show_share,
    word_lengths,
)
from morris_mlx.records.evaluation import (
    CopiedPassage,
    Evaluation,
    Gain,
    RowName,
    Share,
    TextHealth,
    VoiceRow,
)
from morris_mlx.records.training import TrainRun
from morris_mlx.report.page import render_page

TEMPLATE = Path(__file__).parent / "page.html"
KEYS = ((COLORS[RowName.AUTHOR], "you"), ("clone", "the adapter"), ("base", "the base"))


def render_evaluation(
    evaluation: Evaluation, run: TrainRun, texts: Mapping[RowName, Sequence[str]]
) -> str:
    """Return the page as HTML. The same evaluation always gives the same page.

    `texts` are those of AUTHOR, ADAPTER and BASE, for the histograms and the phrases.
    """
    style, voice = evaluation.style, evaluation.voice
    phrases = compare_phrases(*(texts[n] for n in (RowName.AUTHOR, RowName.ADAPTER, RowName.BASE)))
    values = {
        "evaluation": evaluation,
        "voice": voice,
        "verdict": evaluation.verdict,
        "health": evaluation.health,
        "copying": evaluation.copying,
        "tiles_shown": _tiles(evaluation),
        "scale": draw_scale(voice.rows, lambda row: row_label(row, voice.other_hands)),
        "judges": _judges(voice.rows, voice.other_hands),
        "curve": draw_losses(run),
        "histograms": (
            draw_histogram(
                "Words in a sentence", "sentences", texts, sentence_lengths, SENTENCE_BINS
            ),
            draw_histogram("Letters in a word", "words", texts, word_lengths, WORD_BINS),
        ),
        "keys": KEYS,
        "phrases": phrases,
        "passages": _different(evaluation),
        "gains": [
            (
                g.count,
                show_share(g.own),
                show_share(g.independent),
                f"{100 * g.faulty:.0f} %",
                f"{g.tokens:.0f}",
            )
            for g in evaluation.gains
        ],
        "gains_sentence": gains_sentence(evaluation.gains),
        "health_rows": health_rows(evaluation.health.base, evaluation.health.adapter),
    }
    return render_page(TEMPLATE, f"Does “{style.adapter}” write like you?", values)


def row_label(row: VoiceRow, other_hands: str) -> str:
    """Return the name of a row for the user."""
    if row.name is RowName.ADAPTER:
        return f"adapter, strength {row.strength:g}"
    if row.name is RowName.OTHER and other_hands:
        return other_hands.removeprefix("unrelated ")
    return "you (held-out texts)" if row.name is RowName.AUTHOR else row.name.value


def _tiles(evaluation: Evaluation) -> tuple[tuple[str, str, str], ...]:
    voice, copying = evaluation.voice, evaluation.copying
    drop = evaluation.style.loss_drop_percent
    adapter = voice.row(RowName.ADAPTER, 1.0)
    prompted = voice.row(RowName.PROMPTED)
    own = None if adapter is None else adapter.combined
    other = None if prompted is None else prompted.combined
    way = "–" if own is None or own.value is None else f"{100 * own.value:.0f} %"
    between = (
        ""
        if own is None or own.low is None or own.high is None
        else f"{100 * own.low:.0f} to {100 * own.high:.0f}"
    )
    prompt = "–" if other is None or other.value is None else f"{100 * other.value:.0f} %"
    return (
        ("of the way to you", way, between),
        ("with a prompt alone", prompt, ""),
        ("predicts your unseen texts", f"{abs(drop):.1f} %", "better" if drop >= 0 else "worse"),
        (
            "words copied in a row",
            "–" if copying is None else f"{copying.longest}",
            "" if copying is None else f"you repeat {copying.own_longest}",
        ),
    )


def _different(evaluation: Evaluation) -> list[CopiedPassage]:
    """Return the copied passages, each once."""
    copying = evaluation.copying
    return list(dict.fromkeys(copying.passages)) if copying is not None else []


def _judges(
    rows: Sequence[VoiceRow], other_hands: str
) -> list[tuple[str, list[tuple[str, str]], str, str]]:
    """Return label, (judge, position) pairs, p-value and disagreement of each judged row."""
    return [
        (
            row_label(row, other_hands),
            [(name, show_share(share)) for name, share in row.judges.items()],
            "" if row.p_over_base is None else show_p(row.p_over_base),
            "–" if row.disagreement is None else f"{100 * row.disagreement:.0f} %",
        )
        for row in rows
        if row.judges
    ]


def gains_sentence(gains: Sequence[Gain]) -> str:
    """Return what the gains say about `morris generate --best-of`, "" without gains.

    Only the figures of the judges that did not choose count. The nearest to 100 % is the best.
    """
    judged = {g.count: g for g in gains if g.independent.value is not None}
    first = judged.get(1)
    if not gains:
        return ""
    if first is None or len(judged) < 2:
        return (
            "There is too little text for judges that did not choose, so a gain cannot be shown. "
            "Add more texts, or read a few answers with and without `--best-of`."
        )
    best = min(judged.values(), key=lambda g: (abs(1 - (g.independent.value or 0)), g.count))
    if best is first:
        return (
            "By the other judges, choosing brings nothing: one answer is at least as near to you. "
            "Write without `--best-of`."
        )
    near, alone = best.independent, first.independent
    found = (
        f"By the other judges, the best of {best.count} is nearest to you: {show_share(near)}, one "
        f"answer {show_share(alone)}."
    )
    if _overlap(near, alone):
        return (
            f"{found} The ranges overlap, so it may be chance: compare more answers (`--answers`)."
        )
    return f"{found} Write with `--best-of {best.count}`."


def _overlap(one: Share, other: Share) -> bool:
    """Return True if two ranges overlap, or if one is not known."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return True
    return one.low <= other.high and other.low <= one.high


def show_p(value: float) -> str:
    """Return a p-value in percent, or an upper limit."""
    return "< 0.1 %" if value < 0.001 else f"{100 * value:.1f} %"


def health_rows(base: TextHealth, adapter: TextHealth) -> list[tuple[str, str, str]]:
    """Return the name of each figure, and its values for base and adapter."""

    def both(name: str, values: tuple[float | None, float | None]) -> tuple[str, str, str]:
        first, second = ("–" if v is None else f"{100 * v:.0f} %" for v in values)
        return name, first, second

    ends = f"{100 * base.end_probability:.2g} %", f"{100 * adapter.end_probability:.2g} %"
    return [
        both("answers that repeat themselves", (base.repeated, adapter.repeated)),
        both("answers with pieces of the chat format", (base.leaked, adapter.leaked)),
        both("answers without words", (base.empty, adapter.empty)),
        both("answers in another language", (base.other_language, adapter.other_language)),
        both("answers that ended before the limit", (base.stopped, adapter.stopped)),
        both("different three-word runs", (base.distinct_trigrams, adapter.distinct_trigrams)),
        both("words of the request taken up", (base.answered, adapter.answered)),
        ("probability of an end where you ended", *ends),
    ]
