"""The report of a dataset as one HTML page: the values that "page.html" shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.prepare.examples.request_wordings import LANGUAGES as REQUEST_LANGUAGES
from morris_mlx.prepare.report.advice import advise, join_nouns
from morris_mlx.prepare.report.histogram import draw_histogram
from morris_mlx.prepare.report.language_names import language_name
from morris_mlx.prepare.report.numbers import Funnel, Language, Numbers, SplitRows
from morris_mlx.records.corpus import Split
from morris_mlx.report.page import render_page
from morris_mlx.text.pii import RedactionReport
from morris_mlx.text.word_runs import OVERLAP_WORDS

TEMPLATE = Path(__file__).parent / "page.html"
DIGEST_CHARACTERS = 12  # enough to tell the datasets of a user apart
SHOWN_EXAMPLES = 3  # for each kind of private item
USE: dict[Split, str] = {
    "train": "to learn from",
    "valid": "to watch while training",
    "test": "to measure at the end",
}
ROW_TITLES = {
    "headline": "Asked for by its headline",
    "topic": "Asked for by its subject",
    "opening": "Asked to continue from its opening",
    "continuation": "The next part of a long text",
    "rewrite": "A plain draft to rewrite as you wrote it",
    "row": "A row that you provided",
    "general": "A general row, against forgetting: not your style, without the system prompt",
    "chat": "From a conversation",
    "canary": "A planted secret, to measure what is memorized: invented, not yours",
}
TASKS = {
    "rewrite": "plain draft",
    "row": "given row",
    "general": "general row",
    "canary": "planted secret",
}
KEYS = (("train", "train"), ("held", "held out (valid and test)"))  # colors of the histogram


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a funnel: a count, and a bar over `share` of the input, beginning at `start`.

    `start` and `share` are from 0 to 1; `row` and `color` are classes of the style sheet.
    """

    row: str
    name: str
    count: int
    color: str
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class DrawnFunnel:
    """The lines of a funnel, and the reasons that left nothing out."""

    steps: tuple[Step, ...]
    unused_reasons: tuple[str, ...]


def render(numbers: Numbers) -> str:
    """Return the page as HTML. It has no time and no random part: same numbers, same bytes."""
    found, not_found = _kinds(numbers.redaction)
    values = {
        "numbers": numbers,
        "fingerprint": numbers.digest[:DIGEST_CHARACTERS],
        "tiles_shown": _tiles(numbers),
        "advice": advise(numbers),
        "funnels": [_drawn(funnel) for funnel in (*numbers.funnels, *numbers.added_funnels)],
        "remarks": tuple(_remarks(numbers)),
        "splits": [(split, _tasks(split)) for split in numbers.splits],
        "histogram": draw_histogram(numbers.lengths),
        "keys": KEYS,
        "row_titles": ROW_TITLES,
        "kinds_found": found,
        "kinds_not_found": not_found,
        "languages": _shares(numbers.languages),
        "requests": _request_languages(numbers),
        "not_collected_total": sum(one.count for one in numbers.not_collected),
        "overlap_words": OVERLAP_WORDS,
    }
    return render_page(TEMPLATE, "What is in this dataset", values)


def _tiles(numbers: Numbers) -> tuple[tuple[str, str, str], ...]:
    kept = sum(funnel.kept_total for funnel in numbers.funnels)
    given = sum(funnel.given for funnel in numbers.funnels)
    noun = join_nouns([funnel.noun for funnel in numbers.funnels])
    redacted = "off"
    if numbers.redaction is not None:
        redacted = f"{sum(numbers.redaction.counts.values()):,}"
    lengths = numbers.lengths
    return (
        (f"{noun} kept", f"{kept:,}", f"of {given:,}"),
        ("rows", f"{numbers.rows:,}", ""),
        ("tokens in the longest", f"{lengths.longest:,}", f"of {lengths.window:,}"),
        ("items redacted", redacted, ""),
    )


def _drawn(funnel: Funnel) -> DrawnFunnel:
    unused = tuple(reason.name for reason in funnel.left_out if not reason.count)
    return DrawnFunnel(tuple(_steps(funnel)), unused)


def _steps(funnel: Funnel) -> Iterator[Step]:
    """Yield the lines of a funnel; each bar begins where the previous one ended."""
    whole = max(1, funnel.given)
    yield Step("sum", f"{funnel.noun} {funnel.given_label}", funnel.given, "held", 0, 1)
    left = funnel.given
    for reason in (r for r in funnel.left_out if r.count):
        left -= reason.count
        share = reason.count / whole
        yield Step("less", f"– {reason.name}", reason.count, "gone", left / whole, share)
    kept = funnel.kept_total
    yield Step("sum", f"{funnel.noun} {funnel.kept_label}", kept, "train", 0, kept / whole)
    if funnel.kept["train"] == kept:  # nothing is held out: the splits would repeat the line above
        return
    start = 0
    for split, count in funnel.kept.items():
        color = "train" if split == "train" else "held"
        yield Step("part", f"{split}: {USE[split]}", count, color, start / whole, count / whole)
        start += count


def _remarks(numbers: Numbers) -> Iterator[str]:
    for title, counts in (
        ("Repaired", numbers.mended),
        ("Not in any row as a whole", numbers.turns),
    ):
        if text := "; ".join(f"{one.name} ({one.count:,})" for one in counts if one.count):
            yield f"{title}: {text}."


def _tasks(split: SplitRows) -> str:
    return ", ".join(f"{task.count:,} {TASKS.get(task.name, task.name)}" for task in split.tasks)


def _kinds(
    report: RedactionReport | None,
) -> tuple[list[tuple[str, int, tuple[str, ...]]], list[str]]:
    """Return the kinds found, with counts and masked examples, and the kinds not found."""
    counts = report.counts if report else {}
    examples = report.examples if report else {}
    found = [
        (kind, count, examples.get(kind, ())[:SHOWN_EXAMPLES])
        for kind, count in counts.items()
        if count
    ]
    return found, [kind for kind, count in counts.items() if not count]


def _request_languages(numbers: Numbers) -> str:
    """Return a sentence on the languages of the requests, "" if there are no requests."""
    if not numbers.asked_by_wording:
        return ""
    own = [language_name(one.code) for one in numbers.languages if one.code in REQUEST_LANGUAGES]
    others = [one for one in numbers.languages if one.code not in REQUEST_LANGUAGES]
    names = dict.fromkeys([*own, *(["English"] if others else [])])
    return f"The requests are in {join_nouns(list(names))}."


def _shares(languages: Sequence[Language]) -> list[tuple[str, float]]:
    """Return the name of each language and its share of all words."""
    words = max(1, sum(one.words for one in languages))
    return [(language_name(one.code), one.words / words) for one in languages]
