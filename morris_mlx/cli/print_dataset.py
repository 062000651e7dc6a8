"""The summary and the details that `morris prepare` prints of a dataset.

The summary has a few lines and everything that asks for an action; the report has the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from morris_mlx.cli.output import print_table, print_wrapped, say
from morris_mlx.prepare.reasons import INPUT, LEARNED_FROM
from morris_mlx.prepare.report.language_names import language_name
from morris_mlx.prepare.style.settings import MIN_TEXTS_FOR_HABITS
from morris_mlx.project.datasets import PAGE_FILE
from morris_mlx.records.corpus import SPLITS
from morris_mlx.text.numbers import counted

INPUTS = {"documents": "text", "conversations": "conversation", "own_rows": "own row"}


def print_summary(
    report: Mapping[str, Any], dataset: Path, chosen_languages: bool, verbose: bool
) -> None:
    """Print what the dataset consists of, what is missing, and the next step.

    Args:
        report: The report of the dataset.
        dataset: Its folder.
        chosen_languages: The user gave --language.
        verbose: The details were printed before, so that reasons are not repeated.
    """
    given = [counted(report[k][INPUT], word) for k, word in INPUTS.items() if report.get(k)]
    rows = {
        split: sum(n for name, n in report["rows"].items() if name.startswith(f"{split},"))
        for split in SPLITS
    }
    shown = ", ".join(f"{count:,} to {split}" for split, count in rows.items())
    print_wrapped(
        f"{' and '.join(given)} → {counted(report['rows_in_all'], 'row')} ({shown}), at most "
        f"{report['longest_row_tokens']:,} of {report['window']:,} tokens"
    )
    if not verbose:
        _print_left_out(report)
        print_other_languages(report["other_languages"], chosen_languages)
        _summarize_redaction(report["redaction"])
        _print_frequent_names(report.get("frequent_names", {}), report["redaction"])
        _print_extras_summary(report)
    print(f"Report: {dataset / PAGE_FILE}")
    print("Next: morris train")


def _print_left_out(report: Mapping[str, Any]) -> None:
    """Print how many texts and conversations are not in the dataset, by reason."""
    reasons: dict[str, int] = {}
    for name in INPUTS:
        for reason, count in report.get(name, {}).items():
            if count and reason not in (INPUT, *SPLITS):
                reasons[reason] = reasons.get(reason, 0) + count
    for reason, count in report["not_collected"].items():
        reasons[f"not collected: {reason}"] = count
    if reasons:
        most = sorted(reasons.items(), key=lambda pair: -pair[1])
        shown = "; ".join(f"{count:,} {reason}" for reason, count in most)
        print_wrapped(f"Left out: {shown}", "", "  ")


def _summarize_redaction(redaction: dict[str, Any] | None) -> None:
    if redaction is None:
        return
    found = {kind: count for kind, count in redaction["counts"].items() if count}
    shown = ", ".join(f"{kind} {count:,}" for kind, count in found.items())
    print_wrapped(
        f"Redacted: {shown or 'nothing was found'}. Not everything can be found: the report lists "
        "what to check yourself.",
        "",
        "  ",
    )


def _print_extras_summary(report: Mapping[str, Any]) -> None:
    if prompt := report.get("enhanced_prompt"):
        print(f"System prompt: {prompt}")
    for name in ("drafts", "briefs", "mix"):
        if counts := report.get(name):
            shown = ", ".join(f"{key} {count:,}" for key, count in counts.items() if count)
            print_wrapped(f"{name.capitalize()}: {shown or 'none'}", "", "  ")
    _warn_of_extras(report)


def print_details(report: Mapping[str, Any], chosen_languages: bool) -> None:
    """Print all counts of the report."""
    for name in ("documents", "conversations", "turns", "rows"):
        if counts := report.get(name):
            print_table([(name, "count"), *((k, str(v)) for k, v in counts.items())])
            print()
    print_other_languages(report["other_languages"], chosen_languages)
    _print_redaction(report["redaction"])
    _print_frequent_names(report.get("frequent_names", {}), report["redaction"])
    _print_extras(report)
    shares = ", ".join(f"{split} {share:.1%}" for split, share in report["overlap"].items())
    print(f"\nWord runs that also occur in train: {shares}")
    if left_out := sum(report["not_collected"].values()):
        reasons = counted(len(report["not_collected"]), "reason")
        print(f"Not collected: {counted(left_out, 'item')}, for {reasons} that the report lists")
    print()


def print_other_languages(counts: Mapping[str, int], chosen: bool) -> None:
    """Print the languages that were left out; `chosen` is True if the user gave --language."""
    if not counts:
        return
    most = sorted(counts.items(), key=lambda pair: -pair[1])
    shown = ", ".join(f"{language_name(code)} ({code}) {count}" for code, count in most)
    print(f"Left out because of their language: {shown}")
    if not chosen:
        print(
            "To keep more, run the command again with --language CODE for every language that you "
            "want, including those that were kept this time."
        )
    print()


def _print_redaction(redaction: dict[str, Any] | None) -> None:
    if redaction is None:
        return
    rows = [
        (kind, str(count), ", ".join(redaction["examples"].get(kind, ())[:3]))
        for kind, count in redaction["counts"].items()
    ]
    print_table([("redacted", "count", "for example"), *rows])
    print("\nRedaction does not find the following, so check it yourself:")
    for words in redaction["cannot_find"]:
        print(f"  {words}")


def _print_frequent_names(counts: Mapping[str, int], redaction: dict[str, Any] | None) -> None:
    """Print the names that were replaced suspiciously often, as they were written."""
    if redaction is None or not counts:
        return
    words = redaction["words"]
    print(
        f"\nNames are {redaction['counts']['name'] / words:.1%} of your {words:,} words. "
        "These were replaced most often:"
    )
    rows = [(name, str(count), f"{count / words:.2%}") for name, count in counts.items()]
    print_table([("name", "count", "of all words"), *rows])
    print(
        "If some of them are not names, write these into a text file, one per line, and run\n"
        "`morris prepare --not-names FILE` before you train: they are missing from the dataset now."
    )


def _print_extras(report: Mapping[str, Any]) -> None:
    """Print which extras are in the dataset, and why others are not."""
    if report.get("enhanced_prompt"):
        print(f"\nSystem prompt: {report['enhanced_prompt']}")
    if off := report.get("off_topic"):
        print(f"Off-topic texts: {off['texts']}, in {off['rows']} training rows")
    for name in ("drafts", "briefs", "own_rows", "mix"):
        if counts := report.get(name):
            print()
            heading = name.replace("_", " ")
            print_table([(heading, "count"), *((k, str(v)) for k, v in counts.items() if v)])
    _warn_of_extras(report)


def _warn_of_extras(report: Mapping[str, Any]) -> None:
    if report.get("enhanced_prompt") and not report["habits"]:
        say(
            f"Too few texts for measured habits: {MIN_TEXTS_FOR_HABITS} texts or conversations are "
            "needed."
        )
    if report.get("drafts") and not report["drafts"][LEARNED_FROM]:
        say("No draft could be used; the report has the reasons. Another model may do better.")
    if report.get("briefs") and not report["briefs"][LEARNED_FROM]:
        say("No brief could be used; the requests name topics instead.")
