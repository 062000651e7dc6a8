"""The verdict of an evaluation: one or two sentences that say what its figures mean."""

from __future__ import annotations

from morris_mlx.records.reports import StyleReport
from morris_mlx.text.copying import MAX_COPIED_WORDS

# The standard deviation of a style distance between seeds, measured on 1,000 generated words: a
# smaller difference is noise.
STYLE_NOISE = 0.08


def verdict(report: StyleReport) -> str:
    """Return what an evaluation shows: is the adapter nearer to the author than the base is?

    The rules, in this order: an adapter with a higher held-out loss than the base learned nothing
    of use; without style distances only the loss is judged; a distance that differs from the
    base's, or from a newswire's, by less than STYLE_NOISE does not count as nearer.
    """
    return " ".join(filter(None, (_on_style(report), _on_copying(report))))


def share_of_way(report: StyleReport) -> float | None:
    """Return the share of the way from the base's style to the author's, None without distances.

    It is (base - adapter) / (base - author), where each is a distance to the held-out texts.
    """
    floor, adapted, ceiling = report.delta_floor, report.delta_adapted, report.delta_ceiling
    if floor is None or adapted is None or ceiling is None or floor - ceiling < STYLE_NOISE:
        return None
    return (floor - adapted) / (floor - ceiling)


def _on_style(report: StyleReport) -> str:
    drop = report.loss_drop_percent
    if drop <= 0:
        return (
            "Not yet: it predicts the author's held-out texts no better than the base does. Train "
            "on more texts, or at a lower learning rate."
        )
    loss = f"on texts that it never saw its loss is {drop:.1f} % lower than the base's"
    share = share_of_way(report)
    if share is None or report.delta_floor is None or report.delta_adapted is None:
        return f"It learned something of the author: {loss}. Its style could not be measured."
    if report.delta_floor - report.delta_adapted < STYLE_NOISE:
        return (
            f"Not yet: {loss}, but its style is no nearer to the author's. Train on more texts, or "
            "take a larger base."
        )
    way = f"{100 * share:.0f} % of the way from the base's style to the author's"
    contrast = report.delta_contrast
    if contrast is not None and contrast - report.delta_adapted < STYLE_NOISE:
        return (
            f"Partly: it went {way}, and {loss}. But it is no nearer to the author than an "
            "unrelated newswire is. More texts or a larger base bring it nearer."
        )
    return f"Yes: it went {way} and is nearer to the author than a newswire is; {loss}."


def _on_copying(report: StyleReport) -> str:
    if report.copied_words is None:
        return ""
    if report.copied_words > MAX_COPIED_WORDS:
        return (
            f"But it recites: {report.copied_words} words in a row of its answers stand in the "
            "training texts. Train for fewer epochs."
        )
    return (
        "It does not recite: at most "
        f"{report.copied_words} words in a row of its answers stand in the training texts."
    )
