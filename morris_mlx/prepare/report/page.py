"""The report as one HTML page that loads nothing, runs nothing and believes no text."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from morris_mlx.prepare.report.advice import Advice, advise, listed
from morris_mlx.prepare.report.numbers import (
    Funnel,
    Language,
    Lengths,
    Numbers,
    ShownRow,
    ShownTurn,
    SplitRows,
)
from morris_mlx.prepare.report.svg import bar, histogram
from morris_mlx.records.corpus import Split
from morris_mlx.text.pii import RedactionReport
from morris_mlx.text.word_runs import OVERLAP_WORDS

HERE = Path(__file__).parent
DIGEST_CHARACTERS = 12  # enough to tell one's own datasets apart
OPTION, CODE = re.compile(r"--[a-z-]+"), r"<code>\g<0></code>"  # never broken over lines
SHOWN_EXAMPLES = 3  # of a kind of private item
LANGUAGES = {
    "": "too short or too mixed to tell", "ar": "Arabic", "be": "Belarusian", "cs": "Czech",
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "he": "Hebrew",
    "it": "Italian", "ja": "Japanese", "kk": "Kazakh", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
    "zh": "Chinese",
}  # fmt: skip
USE: dict[Split, str] = {
    "train": "to learn from",
    "valid": "to watch while training",
    "test": "to measure in the end",
}
ASKED = {
    "headline": "Asked for by its headline",
    "topic": "Asked for by its subject",
    "opening": "Asked to go on from its opening",
    "continuation": "The next part of a long text",
    "rewrite": "A plain draft, and how you wrote it",
    "row": "A row that you gave",
    "general": "A general row, against forgetting: nobody’s voice, and without the line above",
    "chat": "Out of a conversation",
}
TASKS = {"rewrite": "plain draft", "row": "given row", "general": "general row"}


def render(numbers: Numbers) -> str:
    """The page. The same numbers give the same bytes: no clock, no chance."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    words = {
        "policy": _policy(style),
        "style": style,
        "model": safe(numbers.model),
        "window": f"{numbers.lengths.window:,}",
        "digest": safe(numbers.digest[:DIGEST_CHARACTERS]),
        "tiles": _tiles(numbers),
        "advice": _advice(advise(numbers)),
        "funnels": "".join(map(_funnel, (*numbers.funnels, *numbers.beside))) + _remarks(numbers),
        "splits": _splits(numbers.splits),
        "histogram": histogram(numbers.lengths),
        "lengths": _length_words(numbers.lengths),
        "system": safe(numbers.system_prompt),
        "shown": "".join(map(_row, numbers.shown)),
        "redaction": _redaction(numbers.redaction),
        "languages": _languages(numbers.languages),
        "overlap": _overlap(numbers),
    }
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(words)


def _policy(style: str) -> str:
    """Nothing may be loaded or run; the one style sheet is known by its hash."""
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{known}'; base-uri 'none'; form-action 'none'"


def safe(text: str) -> str:
    """Text as text, in an element or an attribute: no markup, and what cannot be seen is shown."""
    return html.escape("".join(map(_visible, text.replace("\r\n", "\n"))), quote=True)


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":  # half a character: no file can hold it
        return "\ufffd"
    if category != "Cc" or char in "\n\t":
        return char
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\ufffd"


def _tiles(numbers: Numbers) -> str:
    kept = sum(funnel.kept_in_all for funnel in numbers.funnels)
    given = sum(funnel.given for funnel in numbers.funnels)
    noun = listed([funnel.noun for funnel in numbers.funnels])
    redacted = "off"
    if numbers.redaction is not None:
        redacted = f"{sum(numbers.redaction.counts.values()):,}"
    lengths = numbers.lengths
    tiles = (
        (f"{noun} kept", f"{kept:,}", f"of {given:,}"),
        ("rows", f"{numbers.rows:,}", ""),
        ("tokens in the longest", f"{lengths.longest:,}", f"of {lengths.window:,}"),
        ("items redacted", redacted, ""),
    )
    return "".join(
        f"<div><dt>{name}</dt><dd>{value}{f' <small>{of}</small>' if of else ''}</dd></div>"
        for name, value, of in tiles
    )


def _advice(advices: Sequence[Advice]) -> str:
    if not advices:
        return "<p>Nothing stands out. Read a few of the rows below all the same.</p>"
    said = (
        f"<li><strong>{safe(a.title)}</strong> {OPTION.sub(CODE, safe(a.words))}</li>"
        for a in advices
    )
    return f'<ul class="notes">{"".join(said)}</ul>'


def _funnel(funnel: Funnel) -> str:
    """What came in, what went for which reason, what stayed: each bar begins where one ended."""
    whole = max(1, funnel.given)
    rows = [_step("sum", f"{funnel.noun} {funnel.came}", funnel.given, bar("held", 0, 1))]
    left = funnel.given
    for reason in (r for r in funnel.left_out if r.count):
        left -= reason.count
        drawn = bar("gone", left / whole, reason.count / whole)
        rows.append(_step("less", f"– {reason.name}", reason.count, drawn))
    kept = funnel.kept_in_all
    rows.append(_step("sum", f"{funnel.noun} {funnel.stayed}", kept, bar("train", 0, kept / whole)))
    start = 0
    parts = funnel.kept.items() if funnel.kept["train"] != kept else ()  # all to learn from
    for split, count in parts:
        drawn = bar("train" if split == "train" else "held", start / whole, count / whole)
        rows.append(_step("part", f"{split}: {USE[split]}", count, drawn))
        start += count
    none = [reason.name for reason in funnel.left_out if not reason.count]
    said = f'<p class="soft">None was left out as: {safe("; ".join(none))}.</p>' if none else ""
    return f'<table class="funnel"><tbody>{"".join(rows)}</tbody></table>{said}'


def _step(kind: str, name: str, count: int, drawn: str) -> str:
    return (
        f'<tr class="{kind}"><th scope="row">{safe(name)}</th><td class="n">{count:,}</td>'
        f'<td class="draw">{drawn}</td></tr>'
    )


def _remarks(numbers: Numbers) -> str:
    remarks = (("Put right on the way", numbers.mended), ("In no row whole", numbers.turns))
    return "".join(
        f'<p class="soft">{what}: {safe(said)}.</p>'
        for what, counts in remarks
        if (said := "; ".join(f"{one.name} ({one.count:,})" for one in counts if one.count))
    )


def _splits(splits: Sequence[SplitRows]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{one.split}</th>'
        f'<td class="n">{one.rows:,}<span class="unit"> rows</span></td>'
        f'<td class="n words">{one.words:,}</td>'
        f"<td>{safe(_tasks(one))}</td></tr>"
        for one in splits
    )
    in_all = sum(one.rows for one in splits), sum(one.words for one in splits)
    rows += (
        f'<tr class="sum"><th scope="row">in all</th><td class="n">{in_all[0]:,}'
        f'<span class="unit"> rows</span></td><td class="n words">{in_all[1]:,}</td><td></td></tr>'
    )
    return (
        '<table class="splits"><thead><tr><th scope="col">split</th><th scope="col" class="n">rows'
        '</th><th scope="col" class="n words">your words</th><th scope="col">asked for by</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _tasks(split: SplitRows) -> str:
    return ", ".join(f"{task.count:,} {TASKS.get(task.name, task.name)}" for task in split.tasks)


def _length_words(lengths: Lengths) -> str:
    keys = "".join(
        f'<span class="key"><svg width="12" height="12" aria-hidden="true"><rect class="{kind}" '
        f'width="12" height="12" rx="2"/></svg>{name}</span>'
        for kind, name in (("train", "train"), ("held", "held out (valid and test)"))
    )
    return (
        f"<p>{keys}</p><p>Tokens in a row. The shortest has {lengths.shortest:,}, the middle one "
        f"{lengths.median:,}, the longest {lengths.longest:,}. What is longer than the "
        "window became several rows.</p>"
    )


def _row(row: ShownRow) -> str:
    left = f'<p class="more">… and {row.turns_left:,} more turns</p>' if row.turns_left else ""
    turns = "".join(map(_turn, row.turns))
    asked = safe(ASKED.get(row.task, row.task))
    return f'<article class="row"><h3>{asked}</h3>{turns}{left}</article>'


def _turn(turn: ShownTurn) -> str:
    own = " own" if turn.role == "assistant" else ""
    left = f'<p class="more{own}">… and {turn.words_left:,} more words</p>'
    text = turn.text + "\u00a0…" * bool(turn.words_left)
    return f'<div class="turn{own}" dir="auto">{safe(text)}</div>' + (
        left if turn.words_left else ""
    )


def _redaction(report: RedactionReport | None) -> str:
    if report is None:
        return (
            "<p><strong>Nothing: redaction was switched off.</strong> Private items stand in the "
            "rows as they were written.</p>"
        )
    found = [kind for kind, count in report.counts.items() if count]
    none = [kind for kind, count in report.counts.items() if not count]
    parts = ["<p>No private item was found.</p>"]
    if found:
        rows = "".join(
            f'<tr><th scope="row">{safe(kind)}</th><td class="n">{report.counts[kind]:,}</td>'
            f"<td>{_masked(report.examples.get(kind, ()))}</td></tr>"
            for kind in found
        )
        parts = [
            '<table class="kinds"><thead><tr><th scope="col">kind</th><th scope="col" class="n">'
            'times</th><th scope="col">for example, masked</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        ]
        if none:
            parts.append(f'<p class="soft">Looked for and not found: {safe(", ".join(none))}.</p>')
    items = "".join(f"<li>{safe(words)}</li>" for words in report.cannot_find)
    parts.append(
        "<h3>What this cannot find</h3><p>No list of rules knows everything private. Look for "
        f'these yourself:</p><ul class="plain">{items}</ul>'
    )
    return "".join(parts)


def _masked(examples: Iterable[str]) -> str:
    return ", ".join(f"<bdi>{safe(text)}</bdi>" for text in list(examples)[:SHOWN_EXAMPLES])


def _languages(languages: Sequence[Language]) -> str:
    words = max(1, sum(one.words for one in languages))
    return "".join(
        _share(LANGUAGES.get(one.code, one.code), one.words / words, "train") for one in languages
    )


def _overlap(numbers: Numbers) -> str:
    if not numbers.overlap:
        return "<p>This was not measured.</p>"
    shares = "".join(_share(split, share, "gone") for split, share in numbers.overlap.items())
    return (
        f'<p class="soft">Of all runs of {OVERLAP_WORDS} words, these stand in train as well. Few '
        f"is good: what is known by heart measures nothing.</p>{shares}"
    )


def _share(name: str, share: float, kind: str) -> str:
    return (
        f'<div class="share"><p><span>{safe(name)}</span><span>{share:.1%}</span></p>'
        f"{bar(kind, 0, share)}</div>"
    )
