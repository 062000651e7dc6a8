"""Verdicts of evaluations: each rule, and the order of the rules."""

import pytest

from morris_mlx.evaluate.verdict import share_of_way, verdict
from morris_mlx.records.reports import HeldOutScore, StyleReport


def report(drop=8.0, floor=1.1, adapted=0.7, ceiling=0.6, contrast=0.9, copied=5, words=1000):
    base = HeldOutScore(4.0, 1000)
    return StyleReport(
        adapter="mine",
        base_model="practice",
        dataset_digest="",
        base=base,
        adapted=HeldOutScore(base.loss * (1 - drop / 100), 1000),
        loss_drop_percent=drop,
        delta_floor=floor,
        delta_adapted=adapted,
        delta_ceiling=ceiling,
        delta_contrast=contrast,
        words={"base": words, "adapter": 2 * words},
        copied_words=copied,
    )


MORE = "The adapter writes more like the author than the base does."
A_LITTLE = "The adapter writes a little more like the author than the base does."
NO_STYLE = {"floor": None, "adapted": None, "ceiling": None, "contrast": None}


@pytest.mark.parametrize(
    ("changes", "beginning", "part"),
    [
        ({}, MORE, "Its style is 80 % of the way from the base's to the author's, and closer"),
        ({}, MORE, "its loss is 8.0 % lower"),
        ({"contrast": 0.77}, A_LITTLE, "80 % of the way from the base's to the author's, but no"),
        ({"contrast": None}, MORE, "80 % of the way from the base's to the author's. On held-out"),
        ({"adapted": 1.05}, "The adapter's style is no closer", "a larger base"),
        ({"adapted": 1.03}, "The adapter's style is no closer", "a larger base"),
        ({"adapted": 1.03, "words": 2000}, A_LITTLE, "14 % of the way"),
        ({"adapted": 1.3}, "The adapter's style is no closer", "8.0 % lower"),
        ({"drop": -0.1}, "The adapter does not predict", "lower learning rate"),
        ({"drop": 0.0}, "The adapter does not predict", "more texts"),
        (NO_STYLE, "The adapter predicts", "The styles could not be compared."),
        ({"floor": 0.62}, "The adapter predicts", "could not be compared"),
    ],
)
def test_each_rule_has_its_sentence(changes, beginning, part):
    said = verdict(report(**changes))
    assert said.startswith(beginning) and part in said


@pytest.mark.parametrize(
    ("copied", "sentence"),
    [
        (12, "It does not copy: its answers have at most 12 words in a row"),
        (13, "But it copies: an answer has 13 words in a row"),
        (None, None),
    ],
)
def test_copied_passages_are_part_of_the_verdict(copied, sentence):
    said = verdict(report(copied=copied))
    assert (sentence in said) if sentence else ("copies" not in said and "copy" not in said)


def test_the_share_of_the_way_is_measured_from_the_base_to_the_author():
    assert share_of_way(report()) == pytest.approx(0.8)
    assert share_of_way(report(adapted=1.1)) == 0.0
    assert share_of_way(report(**NO_STYLE)) is None
