"""Attribution of disputed texts: known texts are judged without themselves."""

import csv
import sys

import pytest
from support.bench_scripts import load_script
from support.synthetic_authors import synthetic_texts

disputed = load_script("disputed")


def write(path, rows, columns=("number", "author", "text")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.fixture
def papers(tmp_path):
    """Return a file of two authors with ten texts each, two disputed ones, and one joint work."""
    rows = [
        (f"{author[0]}{n}", author, text)
        for author in ("winding", "brisk")
        for n, text in enumerate(synthetic_texts(author, 10, 60))
    ]
    rows += [("d1", "disputed", synthetic_texts("winding", 1, 60, first=50)[0])]
    rows += [("d2", "", synthetic_texts("brisk", 1, 60, first=50)[0])]
    rows += [("j1", "both", synthetic_texts("plain", 1, 60)[0]), ("e1", "brisk", "  ")]
    return write(tmp_path / "papers.csv", rows)


def test_disputed_texts_are_attributed_with_the_accuracy_on_the_known(papers, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["disputed.py", str(papers), "--folds", "2"])
    disputed.main()
    shown = capsys.readouterr().out
    assert "Known texts: 20 by winding, brisk" in shown and "j1" not in shown
    lines = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip()}
    assert int(lines["combined"][1]) >= 18 and lines["combined"][3] == "20"
    assert lines["d1"][1] == "winding" and lines["d2"][1] == "brisk"


def test_rows_without_a_text_are_left_out_and_missing_columns_are_named(papers, tmp_path):
    assert "e1" not in {number for number, _, _ in disputed.read_rows(papers)}
    wrong = write(tmp_path / "wrong.csv", [("1", "a")], ("number", "writer"))
    with pytest.raises(SystemExit, match="no column author, text"):
        disputed.read_rows(wrong)


def test_one_candidate_is_not_enough(papers, monkeypatch):
    arguments = ["disputed.py", str(papers), "--candidates", "brisk"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit, match="At least two authors"):
        disputed.main()
