"""The best of several adapters: the one nearest to the author, if the intervals say so."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.evaluate.rules import with_interval
from morris_mlx.records.comparison import Choice, ComparedAdapter
from morris_mlx.records.evaluation import Share, VerdictKind

# A high position means nothing for these: they copy, are damaged, or have learned nothing.
FAULTS = frozenset(
    (
        VerdictKind.UNCHANGED,
        VerdictKind.RECITES,
        VerdictKind.NEVER_ENDS,
        VerdictKind.BROKEN,
        VerdictKind.WRONG_TEXTS,
        VerdictKind.DAMAGED,
        VerdictKind.NO_STYLE,
    )
)
TRAIN_AGAIN = "Follow the advice for each of them, and compare again."
MORE_ANSWERS = (
    "Take the one that copies less, or compare more answers (`--answers`): the ranges become "
    "narrower."
)
READ = "Read its texts, and before you show them to anybody, run `morris audit {name}`."


def choose_best(adapters: Sequence[ComparedAdapter]) -> Choice:
    """Return the adapter nearest to the author among those without a fault.

    None is the best if the interval of another one reaches as near. A position above 100 % is as
    far from the author as one below: it exaggerates.
    """
    sound = [one for one in adapters if one.verdict.kind not in FAULTS]
    faulty = [one for one in adapters if one.verdict.kind in FAULTS]
    if not sound:
        return Choice(None, f"None of them is fit for use: {_verdicts(faulty)}.", TRAIN_AGAIN)
    scored = [one for one in sound if one.row.combined.value is not None]
    if not scored:
        return _by_loss(sound)
    first, *others = sorted(scored, key=lambda one: distance(one.row.combined)[0])
    place = f"{with_interval(first.row.combined)} of the way to you"
    left_out = f" Left out: {_verdicts(faulty)}." if faulty else ""
    if not others:
        only = "the only one without a fault" if faulty else "the only one that could be judged"
        alone = only if len(adapters) > 1 else "the only one"
        return _chosen(first, f"{first.label} is {alone}: {place}.{left_out}")
    near = [one for one in others if _overlap(first, one)]
    if near:
        names = _listed([_position(one) for one in (first, *near)])
        behind = [one for one in others if one not in near]
        rest = (
            f" Farther from you: {_listed([_position(one) for one in behind])}." if behind else ""
        )
        return Choice(
            None,
            f"Not shown to be different: {names}. Their ranges overlap.{rest}{left_out}",
            MORE_ANSWERS,
        )
    return _chosen(
        first,
        f"{first.label} is the best: {place}. The next one is {_position(others[0])}; the ranges "
        f"do not overlap.{left_out}",
    )


def distance(share: Share) -> tuple[float, float, float]:
    """Return the distance of a position from the author (100 %), and the ends of its interval."""
    value, low, high = (1.0 - (end or 0.0) for end in (share.value, share.low, share.high))
    ends = sorted((abs(low), abs(high)))
    nearest = 0.0 if high <= 0.0 <= low else ends[0]
    return abs(value), nearest, ends[1]


def _overlap(nearer: ComparedAdapter, other: ComparedAdapter) -> bool:
    return distance(other.row.combined)[1] <= distance(nearer.row.combined)[2]


def _chosen(best: ComparedAdapter, sentence: str) -> Choice:
    return Choice(best.label, sentence, READ.format(name=best.name))


def _by_loss(sound: Sequence[ComparedAdapter]) -> Choice:
    """Return that nothing is known about the style, and which loss is the lowest."""
    lowest = min(sound, key=lambda one: one.held_out.loss)
    said = ""
    if len(sound) > 1:
        said = (
            f" The held-out loss of {lowest.label} is the lowest ({lowest.held_out.loss:.3f}), "
            "which is no proof of a style."
        )
    return Choice(
        None,
        f"The style could not be judged, so none of them is named.{said}",
        "Add texts: the judges need held-out texts of about 1,000 words.",
    )


def _verdicts(adapters: Sequence[ComparedAdapter]) -> str:
    return ", ".join(f"{one.label} ({one.verdict.kind.value})" for one in adapters)


def _position(one: ComparedAdapter) -> str:
    return f"{one.label} with {with_interval(one.row.combined)}"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{'; '.join(items[:-1])}; and {items[-1]}"
