"""Bundles of short texts, in which nothing is lost or counted twice."""

from support.synthetic_authors import synthetic_texts

from morris_mlx.evaluate.bundles import bundle_texts, measure_bundles
from morris_mlx.evaluate.judges.inventory import learn_inventory


def test_short_texts_are_joined_and_long_ones_are_alone():
    replies = ["one two three"] * 5
    assert list(bundle_texts(replies, 6).values()) == [replies[:2], replies[2:4], replies[4:]]
    assert list(bundle_texts(["a b c d", "e f g h"], 4).values()) == [["a b c d"], ["e f g h"]]
    assert bundle_texts([], 10) == {}


def test_pieces_of_a_bundle_are_one_group():
    texts = synthetic_texts("plain", 8, words=60)
    measured = measure_bundles(texts, learn_inventory(texts, "en"), 100, "a ")
    assert len(measured) == 4 and set(measured.groups) == {"a 0", "a 1", "a 2", "a 3"}
    assert all(100 <= text.words < 130 for text in measured.texts)
