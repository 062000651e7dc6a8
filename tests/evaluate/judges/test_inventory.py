"""Choice of features: topics are masked, and the choice does not depend on the order of texts."""

from support.synthetic_authors import synthetic_texts

from morris_mlx.evaluate.judges.grammar import tokenize
from morris_mlx.evaluate.judges.inventory import character_ngrams, distort, learn_inventory
from morris_mlx.evaluate.judges.measured_text import RHYTHM, measure

TEXTS = synthetic_texts("plain", 6) + synthetic_texts("brisk", 6)


def test_a_word_of_one_document_is_masked_and_one_of_many_is_not():
    inventory = learn_inventory([*TEXTS, "The zeppelin rose. Zeppelin, zeppelin!"], "en")
    assert "zeppelin" not in inventory.visible and "kettle" in inventory.visible
    assert not any("zep" in feature for feature in inventory.characters)
    assert (
        distort(tokenize("The zeppelin carried 3."), inventory.visible) == " the *in carried # . "
    )


def test_the_inventory_does_not_depend_on_the_order_of_the_texts():
    assert learn_inventory(TEXTS, "en") == learn_inventory(TEXTS[::-1], "en")


def test_a_language_without_a_list_takes_its_most_spread_words():
    inventory = learn_inventory(TEXTS, "fi")
    assert "the" in inventory.kept and "-ing" not in inventory.kept


def test_ngrams_have_all_lengths():
    assert character_ngrams("abcd") == ["ab", "bc", "cd", "abc", "bcd", "abcd"]


def test_a_measured_text_counts_each_token_and_sentence_end():
    inventory = learn_inventory(TEXTS, "en")
    found = measure("The kettle carried a ferry. So!", inventory)
    assert found.words == 6
    assert found.counts.sum() == 6 + 2 + 2  # words, marks, ends of sentences
    assert (found.keys[1:] > found.keys[:-1]).all()
    assert abs(found.characters.sum() - 1) < 1e-9
    assert dict(zip(RHYTHM, found.rhythm, strict=True))["!"] == 1 / 6


def test_a_text_without_words_is_measured_as_zeros():
    found = measure("…!", learn_inventory(TEXTS, "en"))
    assert found.words == 0 and not found.rhythm.any() and not found.frequencies.any()
