"""Held-out loss, and a style distance that tells the writer from other authors."""

import pytest

from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MorrisError
from morris_mlx.evaluate import held_out_score, style_distances
from morris_mlx.evaluate.style import MIN_STYLE_WORDS, _cut, _profile, count_words
from morris_mlx.records.corpus import Example, Message


def texts(kind):
    return [d.text for d in collect_files([sample_folder() / kind]).documents]


def test_the_loss_is_weighted_by_tokens():
    examples = [
        Example((Message("user", "q"), Message("assistant", a)), a, "t") for a in ("x", "yy")
    ]
    score = held_out_score(examples, lambda m: {"x": (2.0, 1), "yy": (3.0, 9)}[m[-1].content])
    assert score.loss == pytest.approx(0.5) and score.tokens == 10
    assert score.perplexity == pytest.approx(1.6487, rel=1e-4)


def test_no_held_out_rows_is_an_error():
    with pytest.raises(MorrisError, match="No held-out rows"):
        held_out_score([], lambda m: (0.0, 0))


def test_the_writers_own_texts_are_nearer_than_another_authors():
    columns, briefs = texts("columns"), texts("briefs")
    train, other, held_out = columns[:30], columns[30:40], columns[40:]
    found = style_distances(train, held_out, base=briefs, adapted=other, contrast=briefs)
    assert found.adapted < 0.8 * found.floor
    assert found.ceiling < 0.8 * found.floor
    assert found.contrast == found.floor
    assert found.adapted == pytest.approx(found.ceiling, rel=0.3)


def test_a_text_has_no_distance_to_itself():
    columns = texts("columns")
    found = style_distances(
        columns[:30], columns[40:], base=columns[30:40], adapted=columns[40:], contrast=columns
    )
    assert found.adapted == pytest.approx(0.0, abs=1e-9)


def test_too_little_text_gives_a_reason_and_no_distance():
    columns = texts("columns")
    found = style_distances(
        columns, columns[:5], base=["Short."], adapted=columns[5:10], contrast=columns
    )
    assert found.floor is found.adapted is found.ceiling is None
    assert f"base (1); {MIN_STYLE_WORDS} words are needed" in found.note


def test_straight_and_curly_marks_are_distinct_features_and_words_are_not():
    features = ("don’t", "'", "’", "“")
    assert _profile(["I don't"], features)[:2] == [0.5, 0.0]
    assert _profile(["I don’t"], features) == _profile(["I don't"], features)
    assert _profile(["“So” it is"], features)[3] == pytest.approx(1 / 3)


def test_cutting_keeps_the_exact_number_of_words():
    assert count_words(_cut(["one two three", "four five"], 4)) == 4
    assert _cut(["one, two three", "four"], 2) == ["one, two"]
