"""What `morris prepare` prints about its dataset."""

from pathlib import Path

import pytest

from morris_mlx.cli.print_dataset import print_details, print_other_languages, print_summary

REPORT = {
    "documents": {"input": 92, "exact duplicate": 2, "shorter than 80 words": 0, "train": 74},
    "conversations": {"input": 5, "without a turn of yours": 1, "train": 4},
    "rows": {"train, headline": 74, "train, chat": 6, "valid, headline": 9, "test, topic": 9},
    "rows_in_all": 98,
    "longest_row_tokens": 827,
    "window": 2048,
    "redaction": {
        "counts": {"phone": 3, "name": 0},
        "examples": {"phone": ["+44 77…"]},
        "cannot_find": ["names that you did not list"],
        "words": 1000,
    },
    "other_languages": {"es": 2},
    "not_collected": {"a picture": 4},
    "overlap": {"valid": 0.01, "test": 0.02},
}


def test_the_summary_is_a_few_lines_with_everything_that_is_missing(capsys):
    print_summary(REPORT, Path("d"), chosen_languages=False, verbose=False)
    shown = capsys.readouterr().out
    assert shown.startswith(
        "92 texts and 5 conversations → 98 rows (80 to train, 9 to valid, 9 to test), at most 827 "
        "of 2,048"
    )
    assert "Left out: 4 not collected: a picture; 2 exact duplicate; 1 without a turn" in shown
    assert "Redacted: phone 3. Not everything can be found" in shown and "name 0" not in shown
    assert "Spanish (es) 2" in shown and shown.endswith("Next: morris train\n")
    assert "shorter than" not in shown


def test_nothing_found_and_nothing_missing_is_said_in_one_line_each(capsys):
    clean = REPORT | {"documents": {"input": 1, "train": 1}, "not_collected": {}}
    clean |= {"redaction": REPORT["redaction"] | {"counts": {"phone": 0}}, "other_languages": {}}
    clean["conversations"] = {}
    print_summary(clean, Path("d"), chosen_languages=False, verbose=False)
    shown = capsys.readouterr().out
    assert shown.startswith("1 text → 98 rows") and "Left out" not in shown
    assert "Redacted: nothing was found." in shown and len(shown.splitlines()) == 4


def test_the_details_have_every_count(capsys):
    print_details(REPORT, chosen_languages=False)
    print_summary(REPORT, Path("d"), chosen_languages=False, verbose=True)
    shown = capsys.readouterr().out
    assert "shorter than 80 words" in shown and "names that you did not list" in shown
    assert "test 2.0%" in shown and shown.count("Spanish") == 1 and "Redacted:" not in shown


@pytest.mark.parametrize("kind", ["drafts", "briefs"])
def test_extras_are_counted_and_their_failure_is_told(capsys, kind):
    counts = {"passages": 9, "learned from": 0}
    print_summary(REPORT | {kind: counts}, Path("d"), chosen_languages=False, verbose=False)
    out, err = capsys.readouterr()
    assert f"{kind.capitalize()}: passages 9" in out and "could be used" in err


def test_languages_that_were_left_out_are_named_with_the_way_to_keep_them(capsys):
    print_other_languages({"es": 2, "ru": 15, "xx": 1}, chosen=False)
    shown = capsys.readouterr().out
    assert "language: Russian (ru) 15, Spanish (es) 2, xx (xx) 1\n" in shown
    assert "--language CODE for every language" in shown
    print_other_languages({"es": 2}, chosen=True)
    assert "--language" not in capsys.readouterr().out
    print_other_languages({}, chosen=False)
    assert capsys.readouterr().out == ""
