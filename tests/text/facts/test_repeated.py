"""Numbers that a draft uses twice: a lost use has a name, a second mention may be left out."""

import pytest

from morris_mlx.pipeline.rewrite_lexicon import build_lexicon
from morris_mlx.text.facts.compare import compare_facts


@pytest.fixture(scope="module")
def lexicon():
    return build_lexicon()


LOST = [
    (
        "We sold 40 in the spring and 40 in the autumn.",
        "In the spring we sold 40; the autumn was better forgotten.",
        "one of two",
        ("40 in the spring", "40 in the autumn"),
    ),
    (
        "He has three sons and three daughters.",
        "Three sons he has, and a house full of girls.",
        "one of two",
        ("three sons and three", "three daughters"),
    ),
    (
        "The hall seats 120 guests. The barn holds 120 sheep.",
        "There is room for 120 in the hall; the barn is for sheep.",
        "one of two",
        ("120 guests", "120 sheep"),
    ),
    (
        "Tea costs £2 and cake costs £2.",
        "For £2 there was tea, and cake for those who asked nicely.",
        "one of two",
        ("£2 and cake costs", "£2"),
    ),
    (
        "Rents rose by 5 percent, wages by 5 percent, and patience fell by 5 percent.",
        "Rents are up 5 %, wages are up 5 %, and patience is where it was.",
        "one of three",
        None,
    ),
    (
        "Весной продали 40 ульев, осенью 40 саженцев.",
        "Весной ушло 40 ульев, а осенью и вспомнить нечего.",
        "one of two",
        ("40 ульев", "40 саженцев"),
    ),
    (
        "У него пять коров и пять коз.",
        "Коров у него пять, а коз он не считал.",
        "one of two",
        None,
    ),
]


@pytest.mark.parametrize(("draft", "text", "missing", "uses"), LOST)
def test_a_lost_use_is_named(draft, text, missing, uses, lexicon):
    changes = compare_facts(draft, text, lexicon)
    assert not changes.lost and changes.count == 1
    (found,) = changes.fewer
    assert found.missing == missing
    if uses:
        assert found.uses == uses


FAITHFUL = [
    # A thing that is mentioned again.
    ("She sold 14 buns. The 14 buns were stale.", "Fourteen buns she sold, and stale they were."),
    ("She sold 14 buns. Of the buns, 14 were stale.", "Fourteen buns, all of them stale."),
    ("He bought 14 buns. 14 buns are a lot.", "He bought 14 buns, which is a lot of buns."),
    ("Он купил 14 булок. Эти 14 булок пропали.", "Четырнадцать булок он купил, и где они?"),
    # One number for both.
    ("We sold 40 in the spring and 40 in the autumn.", "Spring and autumn, we sold 40 each."),
    ("He has three sons and three daughters.", "Three of each he has, sons and daughters."),
    ("He has three sons and three daughters.", "Three sons, and as many daughters."),
    ("Tea costs £2 and cake costs £2.", "Tea is £2, and so is cake: the same for everything."),
    ("У него пять коров и пять коз.", "Коров и коз у него по пять."),
    ("У него пять коров и пять коз.", "Пять коров у него и столько же коз."),
    # Both uses are there, in other words.
    ("We sold 40 in the spring and 40 in the autumn.", "Forty in spring, and in autumn 40."),
    ("Rents rose 5 percent, wages 5 percent.", "5 % on the rents, five on the wages."),
    # Years and names are no counts.
    ("In 1987 Anna came. In 1987 Anna left.", "Anna came and went, all in 1987."),
    ("One came, and one stayed.", "One of them came, and stayed."),
]


@pytest.mark.parametrize(("draft", "text"), FAITHFUL)
def test_a_faithful_rewriting_raises_no_alarm(draft, text, lexicon):
    assert not compare_facts(draft, text, lexicon)


def test_a_number_that_is_gone_is_lost_once(lexicon):
    changes = compare_facts("He has three sons and three daughters.", "He has children.", lexicon)
    assert [fact.text for fact in changes.lost] == ["three"] and not changes.fewer
