"""Advice to read before training; none for a dataset without problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.prepare.examples.request_wordings import LANGUAGES
from morris_mlx.prepare.reasons import PASSAGES, ExclusionReason
from morris_mlx.prepare.report.language_names import language_name
from morris_mlx.prepare.report.numbers import Funnel, Numbers
from morris_mlx.text.pii import PiiKind

FEW_SOURCES = 30  # with fewer, each split holds out two at most, and one odd text decides it
DOMINANT_SHARE = 0.25  # of the words: every fourth sentence is about one thing
LARGEST_OF_EQUALS = 2.0  # times an equal share: with four texts, each has a quarter
CONTINUED_SHARE = 0.5  # of the rows: beyond this, openings and ends are rarer than middles
COPIES_SHARE = 0.1  # of what came in: more than chance, a source was collected twice
LEFT_OUT_SHARE = 0.5  # of what came in
OVERLAP_SHARE = 0.05  # of word runs: a few quotations stay well below it
FEW_HELD_OUT_ROWS = 5  # in a split: with fewer, each row is a quarter of the result
SECOND_LANGUAGE_SHARE = 0.1  # of the words: more than quotations make up
SHOWN_NAMES = 5  # of those replaced most often
OTHER_LANGUAGES_SHARE = 0.05  # of all texts; a smaller share consists of quotations
RESIDUE_SHARE = 0.02  # of the texts: a single one among a hundred may be about markup
FOREIGN_REQUESTS_SHARE = 0.05  # of the words: more than quotations
DUPLICATES = (ExclusionReason.EXACT_DUPLICATE, ExclusionReason.NEAR_DUPLICATE)


@dataclass(frozen=True, slots=True)
class Advice:
    """A problem of the dataset, and its consequence or remedy."""

    title: str
    text: str


def advise(numbers: Numbers) -> tuple[Advice, ...]:
    """Return all advice about a dataset, the most serious first."""
    return (
        *_about_redaction(numbers),
        *_about_names(numbers),
        *_about_amount(numbers),
        *(advice for one in numbers.funnels for advice in _about_funnel(one)),
        *_about_residue(numbers),
        *_about_drafts(numbers),
        *_about_rows(numbers),
        *_about_held_out(numbers),
        *_about_languages(numbers),
    )


def _about_redaction(numbers: Numbers) -> Iterator[Advice]:
    if numbers.redaction is None:
        yield Advice(
            "Nothing was redacted",
            "Names, phone numbers, addresses and passwords, yours and those of others, are in "
            "these rows as they were written. A model trained on them may repeat them to anybody "
            "who asks. Run prepare again without --no-redact unless this is intended.",
        )


def _about_names(numbers: Numbers) -> Iterator[Advice]:
    redaction = numbers.redaction
    if redaction is None or not redaction.frequent_names:
        return
    share = redaction.counts[PiiKind.name] / redaction.words
    most = ", ".join(f"{n.shown} ({n.count:,})" for n in redaction.frequent_names[:SHOWN_NAMES])
    yield Advice(
        "Names make up much of the text",
        f"{share:.1%} of the words were replaced as names, most often: {most}. If one "
        "of these is an ordinary word, it is missing from all texts. `morris prepare` shows the "
        "words on the terminal; write the ordinary ones into a file, one per line, and run "
        "`morris prepare --not-names FILE`.",
    )


def _about_amount(numbers: Numbers) -> Iterator[Advice]:
    kept = sum(funnel.kept_total for funnel in numbers.funnels)
    if kept < FEW_SOURCES:
        yield Advice(
            f"Few {join_nouns([funnel.noun for funnel in numbers.funnels])}",
            f"{kept:,} are left, and a tenth of them is held out for validation, another for the "
            f"test. Below {FEW_SOURCES}, every single one changes the results, and the model "
            "memorizes the subjects before it learns the style. More text helps most.",
        )


def join_nouns(nouns: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return " and ".join(part for part in (", ".join(nouns[:-1]), nouns[-1]) if part)


def _about_funnel(funnel: Funnel) -> Iterator[Advice]:
    counts = {reason.name: reason.count for reason in funnel.left_out}
    copies = sum(counts.get(reason, 0) for reason in DUPLICATES)
    if copies > COPIES_SHARE * funnel.given:
        yield Advice(
            f"Many {funnel.noun} are duplicates",
            f"{copies:,} of {funnel.given:,} are the same as another, or nearly. They were left "
            "out. Check whether a source was collected twice.",
        )
    other = funnel.given - funnel.kept_total - copies
    if other > LEFT_OUT_SHARE * funnel.given:
        reasons = [r for r in funnel.left_out if r.name not in DUPLICATES]
        most = max(reasons, key=lambda reason: reason.count)
        yield Advice(
            f"Most {funnel.noun} were left out",
            f"{other:,} of {funnel.given:,} were left out. The most frequent reason is: "
            f"{most.name}. Check whether this is what you want.",
        )


def _about_residue(numbers: Numbers) -> Iterator[Advice]:
    found = numbers.residue
    if found.with_markup > RESIDUE_SHARE * found.texts:
        kinds = [f"{kind} ({n:,})" for kind, n in found.markup.items() if n]
        yield Advice(
            "Markup was left in texts",
            f"{found.with_markup:,} of {found.texts:,} texts contain markup that readers do not "
            f"see: {', '.join(kinds)}. The model will write it, too. Remove it from the files and "
            "collect them again.",
        )
    if found.wrapped > RESIDUE_SHARE * found.texts:
        yield Advice(
            "Lines are broken at a column",
            f"In {found.wrapped:,} of {found.texts:,} texts, the lines of a paragraph end at about "
            "the same column, as in mails and old text files. The model will break its lines "
            "there. Join the lines of each paragraph and collect the files again.",
        )


def _about_drafts(numbers: Numbers) -> Iterator[Advice]:
    for one in numbers.added_funnels:
        if one.noun == PASSAGES and one.given and not one.kept_total:
            yield Advice(
                "No plain draft is usable",
                "The model that wrote the drafts did not follow its instructions; the reasons are "
                "below. Without drafts, the style is learned from headlines alone. Another "
                "--model may do better.",
            )


def _about_rows(numbers: Numbers) -> Iterator[Advice]:
    sources = sum(funnel.kept["train"] for funnel in numbers.funnels)
    if numbers.largest_share > max(DOMINANT_SHARE, LARGEST_OF_EQUALS / max(sources, 1)):
        yield Advice(
            "One text outweighs the others",
            f"{numbers.largest_share:.0%} of the words in train come from a single text. The model "
            "will write about its subject, asked or not. Collect more texts, or only a part of "
            "this one.",
        )
    if numbers.continued_share > CONTINUED_SHARE:
        yield Advice(
            "Most rows are parts of longer texts",
            f"{numbers.continued_share:.0%} of the rows begin where the window cut a text, so few "
            "show how you begin or end one. A --max-seq-length above "
            f"{numbers.lengths.window:,} cuts less, if the model and the memory allow it.",
        )


def _about_held_out(numbers: Numbers) -> Iterator[Advice]:
    few = [s for s in numbers.splits if s.split != "train" and s.rows < FEW_HELD_OUT_ROWS]
    if few:
        said = " and ".join(f"{s.rows} for {s.split}" for s in few)
        yield Advice(
            "Hardly anything is held out",
            f"Rows held out: {said}. They show only roughly whether training helps.",
        )
    high = {s: share for s, share in numbers.overlap.items() if share > OVERLAP_SHARE}
    if high:
        said = " and ".join(f"{share:.0%} of {split}" for split, share in high.items())
        yield Advice(
            "Held-out texts overlap with train",
            f"{said} is in train word for word, too. The results will look better than the model "
            "is. Texts made from one pattern, or long quotations, cause this.",
        )


def _about_languages(numbers: Numbers) -> Iterator[Advice]:
    known = [one for one in numbers.languages if one.code]
    words = sum(one.words for one in known)
    if sum(one.words > SECOND_LANGUAGE_SHARE * words for one in known) > 1:
        yield Advice(
            "More than one language",
            "The model will learn to write in all of them, each from a part of the rows. Use "
            "--language to keep only one.",
        )
    given = sum(one.given for one in numbers.funnels)
    if sum(one.count for one in numbers.other_languages) > OTHER_LANGUAGES_SHARE * given:
        names = join_nouns(
            [f"{language_name(c.name)} ({c.count})" for c in numbers.other_languages]
        )
        yield Advice(
            "Texts in other languages were left out",
            f"Texts and conversations in {names} are not in the dataset. To keep them, name every "
            "language that you want with --language.",
        )
    foreign = [one for one in known if one.code not in LANGUAGES]
    share = sum(one.words for one in foreign) / max(words, 1)
    if numbers.asked_by_wording and share > FOREIGN_REQUESTS_SHARE:
        names = join_nouns([language_name(one.code) for one in foreign])
        have = join_nouns(sorted(language_name(code) for code in LANGUAGES))
        yield Advice(
            "Requests are in English",
            f"{share:.0%} of the words are in {names}, and Morris has wordings of requests in "
            f"{have} only. The texts are learned as they are; ask the model in English.",
        )
