"""What a person should know before they train on this, in words. Nothing to say: no words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.prepare.corpus import DUPLICATE, NEAR
from morris_mlx.prepare.report.numbers import DRAFTED, Funnel, Numbers

FEW_SOURCES = 30  # of fewer, two at most are held out for each measure: one odd one decides it
DOMINANT_SHARE = 0.25  # of the words: every fourth sentence learned is about one thing
LARGEST_OF_EQUALS = 2.0  # times an equal share: of four texts each is a quarter
CONTINUED_SHARE = 0.5  # of the rows: then openings and ends are rarer than middles
COPIES_SHARE = 0.1  # of what came in: so many come from a source that was collected twice
LEFT_OUT_SHARE = 0.5  # of what came in: more went than stayed
OVERLAP_SHARE = 0.05  # of word runs: single quotations stay well below it
FEW_HELD_OUT_ROWS = 5  # of a split: of fewer, each is a quarter of the figure
SECOND_LANGUAGE_SHARE = 0.1  # of the words: more than quotations


@dataclass(frozen=True, slots=True)
class Advice:
    """What there is, and what comes of it or helps."""

    title: str
    words: str


def advise(numbers: Numbers) -> tuple[Advice, ...]:
    """The gravest first."""
    return (
        *_about_redaction(numbers),
        *_about_amount(numbers),
        *(advice for one in numbers.funnels for advice in _about_funnel(one)),
        *_about_drafts(numbers),
        *_about_rows(numbers),
        *_about_held_out(numbers),
        *_about_languages(numbers),
    )


def _about_redaction(numbers: Numbers) -> Iterator[Advice]:
    if numbers.redaction is None:
        yield Advice(
            "Nothing was redacted",
            "Names, phone numbers, addresses and passwords, yours and those of others, stand in "
            "these rows as they were written. A model trained on them may write them out to "
            "anybody who asks. Prepare again without --no-redact unless you mean it.",
        )


def _about_amount(numbers: Numbers) -> Iterator[Advice]:
    kept = sum(funnel.kept_in_all for funnel in numbers.funnels)
    if kept < FEW_SOURCES:
        yield Advice(
            f"Few {listed([funnel.noun for funnel in numbers.funnels])}",
            f"{kept:,} are left, and a tenth of them is held out for each measure. "
            f"Below {FEW_SOURCES} the figures swing with every single one, and the model learns "
            "its subjects by heart before it learns a manner. More would help most.",
        )


def listed(nouns: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join(part for part in (", ".join(nouns[:-1]), nouns[-1]) if part)


def _about_funnel(funnel: Funnel) -> Iterator[Advice]:
    counts = {reason.name: reason.count for reason in funnel.left_out}
    copies = counts.get(DUPLICATE, 0) + counts.get(NEAR, 0)
    if copies > COPIES_SHARE * funnel.given:
        yield Advice(
            f"Many {funnel.noun} are there twice",
            f"{copies:,} of {funnel.given:,} are the same as another, or nearly. They were left "
            "out. See whether a source was collected twice.",
        )
    other = funnel.given - funnel.kept_in_all - copies
    if other > LEFT_OUT_SHARE * funnel.given:
        reasons = [r for r in funnel.left_out if r.name not in (DUPLICATE, NEAR)]
        most = max(reasons, key=lambda reason: reason.count)
        yield Advice(
            f"More {funnel.noun} went than stayed",
            f"{other:,} of {funnel.given:,} were left out, most of them as: {most.name}. "
            "See whether that is what you want.",
        )


def _about_drafts(numbers: Numbers) -> Iterator[Advice]:
    for one in numbers.beside:
        if one.noun == DRAFTED and one.given and not one.kept_in_all:
            yield Advice(
                "No plain draft is fit to learn from",
                "The model that made them did not do what it was asked: the reasons are below. "
                "Without such drafts you teach a manner from headlines alone. Another --model may "
                "do better.",
            )


def _about_rows(numbers: Numbers) -> Iterator[Advice]:
    sources = sum(funnel.kept["train"] for funnel in numbers.funnels)
    if numbers.largest_share > max(DOMINANT_SHARE, LARGEST_OF_EQUALS / max(sources, 1)):
        yield Advice(
            "One text outweighs the others",
            f"{numbers.largest_share:.0%} of the words to be learned come from a single one. The "
            "model will speak of its subject, asked or not. Collect more beside it, or a part of "
            "it only.",
        )
    if numbers.continued_share > CONTINUED_SHARE:
        yield Advice(
            "Most rows are parts of longer texts",
            f"{numbers.continued_share:.0%} of the rows begin where the window cut a text, so few "
            f"show how you begin or end. A wider --max-seq-length than {numbers.lengths.window:,} "
            "cuts less, where model and memory allow it.",
        )


def _about_held_out(numbers: Numbers) -> Iterator[Advice]:
    few = [s for s in numbers.splits if s.split != "train" and s.rows < FEW_HELD_OUT_ROWS]
    if few:
        said = " and ".join(f"{s.rows} for {s.split}" for s in few)
        yield Advice(
            "Hardly anything is held out",
            f"There are only so many rows: {said}. Whether training helps can be told "
            "only roughly.",
        )
    high = {s: share for s, share in numbers.overlap.items() if share > OVERLAP_SHARE}
    if high:
        said = " and ".join(f"{share:.0%} of {split}" for split, share in high.items())
        yield Advice(
            "Held-out texts are partly known",
            f"Word for word, {said} stands in train as well. The measures will look better than "
            "the model is: texts of one mould, or long quotations, do that.",
        )


def _about_languages(numbers: Numbers) -> Iterator[Advice]:
    told = [one for one in numbers.languages if one.code]
    words = sum(one.words for one in told)
    if sum(one.words > SECOND_LANGUAGE_SHARE * words for one in told) > 1:
        yield Advice(
            "More than one language",
            "The model will learn to write in all of them, each from a part of the rows. "
            "--language keeps one alone.",
        )
