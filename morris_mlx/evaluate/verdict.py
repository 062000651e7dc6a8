"""The verdict of an evaluation: a few sentences that say what its figures mean."""

from __future__ import annotations

import math

from morris_mlx.evaluate.style import MIN_STYLE_WORDS
from morris_mlx.records.reports import StyleReport
from morris_mlx.text.copying import MAX_COPIED_WORDS

# The standard deviation of a style distance between seeds, measured on MIN_STYLE_WORDS generated
# words; on twice as many it was 0.05. A smaller difference is noise.
STYLE_NOISE = 0.08


def style_noise(report: StyleReport) -> float:
    """Return the standard deviation of the style distances, for the words that were compared."""
    words = min(report.words.values(), default=MIN_STYLE_WORDS)
    return STYLE_NOISE * math.sqrt(MIN_STYLE_WORDS / max(MIN_STYLE_WORDS, words))


def verdict(report: StyleReport) -> str:
    """Return the verdict: does the adapter write more like the author than the base does?

    The rules, in this order: an adapter whose held-out loss is not below the base's has failed;
    without style distances only the loss is judged; a style distance that is smaller than that of
    the base or of the news briefs by less than `style_noise` does not count as smaller.
    """
    return " ".join(filter(None, (_on_style(report), _on_copying(report))))


def share_of_way(report: StyleReport) -> float | None:
    """Return the adapter's share of the way from the base's style to the author's.

    It is (base - adapter) / (base - author), where each is a distance to the held-out texts. None
    if a distance is missing, or if the base is as close to the author as it can be.
    """
    floor, adapted, ceiling = report.delta_floor, report.delta_adapted, report.delta_ceiling
    if floor is None or adapted is None or ceiling is None or floor - ceiling < style_noise(report):
        return None
    return (floor - adapted) / (floor - ceiling)


def _on_style(report: StyleReport) -> str:
    drop = report.loss_drop_percent
    if drop <= 0:
        return (
            "The adapter does not predict the author's held-out texts better than the base does. "
            "Train on more texts, or at a lower learning rate."
        )
    share = share_of_way(report)
    if share is None or report.delta_floor is None or report.delta_adapted is None:
        return (
            "The adapter predicts the author's held-out texts better than the base does: its loss "
            f"is {drop:.1f} % lower. The styles could not be compared."
        )
    if report.delta_floor - report.delta_adapted < style_noise(report):
        return (
            "The adapter's style is no closer to the author's than the base's is, although its "
            f"loss on held-out texts is {drop:.1f} % lower. Train on more texts, or use a larger "
            "base."
        )
    way = f"Its style is {100 * share:.0f} % of the way from the base's to the author's"
    loss = f"On held-out texts, its loss is {drop:.1f} % lower than the base's."
    contrast = report.delta_contrast
    if contrast is not None and contrast - report.delta_adapted < style_noise(report):
        return (
            f"The adapter writes a little more like the author than the base does. {way}, but no "
            f"closer to the author's than that of unrelated news briefs. {loss} Train on more "
            "texts, or use a larger base."
        )
    closer = "" if contrast is None else ", and closer to the author's than that of news briefs"
    return f"The adapter writes more like the author than the base does. {way}{closer}. {loss}"


def _on_copying(report: StyleReport) -> str:
    if report.copied_words is None:
        return ""
    if report.copied_words > MAX_COPIED_WORDS:
        return (
            f"But it copies: an answer has {report.copied_words} words in a row from a training "
            "text. Train for fewer epochs."
        )
    return (
        f"It does not copy: its answers have at most {report.copied_words} words in a row from a "
        "training text."
    )
