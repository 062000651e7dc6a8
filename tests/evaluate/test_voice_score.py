"""The voice score: known positions, intervals that cover, and p-values of equal and unequal sets."""

import numpy as np
import pytest
from support.synthetic_authors import synthetic_texts

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.inventory import learn_inventory
from morris_mlx.evaluate.judges.measured_text import measure_all
from morris_mlx.evaluate.judges.panel import JUDGES, Opinions
from morris_mlx.evaluate.voice_score import permutation_p_value, shuffled_control, voice_score


class NumberPanel:
    """A panel whose texts are numbers: the ratio of every judge is the number."""

    def judge(self, texts):
        return Opinions(np.repeat(np.array(texts)[:, None], len(JUDGES), axis=1))


def numbers(rng, mean, count=40):
    return Documents(tuple(rng.normal(mean, 1, count)), tuple(str(n) for n in range(count)))


def scored(rng, mean):
    return voice_score(NumberPanel(), numbers(rng, mean), numbers(rng, -4), numbers(rng, 4))


def test_the_position_is_the_share_of_the_way_from_floor_to_ceiling():
    rng = np.random.default_rng(0)
    for mean, share in ((-4, 0.0), (0, 0.5), (4, 1.0)):
        found = scored(rng, mean)
        assert found.combined.value == pytest.approx(share, abs=0.06)
        assert found.combined.low < found.combined.value < found.combined.high
        values = [found.judges[name].value for name in JUDGES]
        assert values == pytest.approx([found.combined.value] * len(JUDGES))


def test_the_interval_covers_the_truth_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr("morris_mlx.evaluate.voice_score.RESAMPLES", 300)
    monkeypatch.setattr("morris_mlx.evaluate.voice_score.PERMUTATIONS", 1)
    rng = np.random.default_rng(1)
    found = [scored(rng, 1.0).combined for _ in range(60)]
    covered = sum(p.low <= 5 / 8 <= p.high for p in found)
    assert 51 <= covered <= 60  # 57 expected of 60; 50 has a probability below 1 %


def test_pieces_of_few_texts_give_a_wider_interval_than_as_many_texts():
    rng = np.random.default_rng(2)
    level = rng.normal(0, 2, 8)
    values = tuple(np.repeat(level, 5) + rng.normal(0, 0.1, 40))
    floor, ceiling = numbers(rng, -4), numbers(rng, 4)

    def width(groups):
        found = voice_score(NumberPanel(), Documents(values, groups), floor, ceiling).combined
        return found.high - found.low

    grouped = tuple(str(n // 5) for n in range(40))
    assert width(grouped) > 1.5 * width(tuple(str(n) for n in range(40)))


def test_a_floor_like_the_ceiling_gives_no_position():
    rng = np.random.default_rng(3)
    found = voice_score(NumberPanel(), numbers(rng, 0), numbers(rng, 0), numbers(rng, 0))
    assert found.combined.value is found.combined.low is found.combined.high is None


def test_two_scores_with_one_seed_are_equal():
    first, second = (scored(np.random.default_rng(4), 1) for _ in range(2))
    assert first == second


def test_p_values_are_small_for_a_difference_and_uniform_without_one():
    rng = np.random.default_rng(5)

    def p(mean, count=12):
        a, b = numbers(rng, mean, count), numbers(rng, 0, count)
        return permutation_p_value(np.array(a.texts), np.array(b.texts), a, b, rng)

    assert p(3) == pytest.approx(1 / 2001, abs=1e-3)
    same = [p(0) for _ in range(40)]
    assert 0.35 < np.mean(same) < 0.65
    assert sum(value < 0.05 for value in same) <= 6


def test_an_empty_set_is_refused():
    rng = np.random.default_rng(6)
    with pytest.raises(MorrisError, match="no text of the base model"):
        voice_score(NumberPanel(), numbers(rng, 0), Documents(), numbers(rng, 0))


def test_shuffled_labels_are_at_chance():
    texts = {w: synthetic_texts(w, 12) for w in ("winding", "brisk")}
    inventory = learn_inventory([t for own in texts.values() for t in own], "en")
    known, reference = (
        Documents(measure_all(own, inventory), (w,) * len(own)) for w, own in texts.items()
    )
    found = shuffled_control(known, reference, len(inventory.grammar))
    assert found.low <= found.auc <= found.high
    assert 0.25 < found.auc < 0.75  # of 24 texts; the right labels give 1
