"""Favorite phrases: learned, overused, and neither."""

from morris_mlx.evaluate.phrases import compare_phrases

FILLER = "The {} stood by the {} and nobody asked. "
NOUNS = ["kettle", "harbour", "lantern", "garden", "ledger", "violin", "orchard", "bridge"]


def texts(phrase, count, every=1):
    return [
        FILLER.format(NOUNS[n % 8], NOUNS[(n * 3 + 1) % 8]) * 2 + (phrase if n % every == 0 else "")
        for n in range(count)
    ]


def test_learned_phrases_are_the_authors_and_not_the_bases():
    author = texts("On the other hand, one cannot have everything.", 12, 2)
    adapter = texts("On the other hand, one cannot have everything.", 6, 2)
    found = compare_phrases(author, adapter, texts("", 6))
    learned = [phrase.text for phrase in found.learned]
    assert any("other" in phrase for phrase in learned)
    assert not any("stood by" in phrase for phrase in learned)  # the base has it, too
    assert found.learned[0].author > 0 and found.learned[0].base == 0
    assert not found.overused


def test_phrases_that_the_author_hardly_uses_are_overused():
    adapter = texts("Basically, it is complicated.", 8)
    found = compare_phrases(texts("", 12), adapter, texts("", 6))
    assert any("is complicated" in phrase.text for phrase in found.overused)
    assert all(phrase.adapter > phrase.author for phrase in found.overused)
