"""The benchmark of the judges: works are split whole, and each piece finds its author."""

import numpy as np
import pytest
from support.bench_scripts import load_script
from support.synthetic_authors import synthetic_texts

WORDS = 60
authorship = load_script("authorship")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of three authors with two works each, six pieces a work."""
    made = tmp_path_factory.mktemp("authors")
    for author in ("winding", "brisk", "plain"):
        (made / author).mkdir()
        for work in range(2):
            text = "\n\n".join(synthetic_texts(author, 6, WORDS, first=10 * work))
            (made / author / f"work{work}.txt").write_text(text, encoding="utf-8")
    (made / "notes.txt").write_text("No folder of an author.", encoding="utf-8")
    return made


def test_a_work_is_either_learned_or_tested(folder):
    works = authorship.read_works(folder, WORDS)
    assert list(works) == ["brisk", "plain", "winding"]
    for number in range(2):
        learned, tested = authorship.split_works(works, number, most=4)
        for author in works:
            assert {work for work, _ in tested[author]} == {f"work{number}"}
            assert {work for work, _ in learned[author]} == {f"work{1 - number}"}
            assert len(tested[author]) <= 4


def test_pieces_are_taken_from_the_whole_length_of_a_work():
    pieces = [str(n) for n in range(10)]
    assert authorship.evenly(pieces, 20) == pieces
    assert authorship.evenly(pieces, 3) == ["0", "3", "6"]


def test_the_judges_know_the_author_of_a_new_work(folder, capsys):
    learned, tested = authorship.split_works(authorship.read_works(folder, WORDS), 0, most=3)
    scores = authorship.judge_pieces(learned, tested, "en")
    truth = np.repeat(np.arange(3), [len(own) for own in tested.values()])
    assert {s.shape for s in scores.values()} == {(3, len(truth))}
    assert (scores["combined"].argmax(axis=0) == truth).mean() >= 0.8
    authorship.print_row("combined", WORDS, [(2 * np.eye(3)[:, truth] - 1, truth)])
    assert capsys.readouterr().out.split() == [
        "60",
        "combined",
        "1.000",
        "1.0000",
        "1.000",
        "1.0000",
    ]
