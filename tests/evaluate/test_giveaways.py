"""Differences of habits, named in sentences, in English and Russian, both ways."""

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.giveaways import LARGEST, _compare, find_giveaways, standardized_difference
from morris_mlx.evaluate.habits import HABITS, HabitKind

THINGS = ["kettle", "lantern", "bridge", "parcel", "ferry", "window", "ledger", "saddle"]
OWN = [
    f"I had the {a}; it stood by the {b}, and I didn’t mind it in the least. Was it mine? "
    f"By and large the {a} was older than the {b} of my aunt in the country."
    for a, b in zip(THINGS, THINGS[3:] + THINGS[:3], strict=True)
]
OTHER = [
    f"The {a} is basically good. The {b} is basically new! The {a} is nice. It is a {b}."
    for a, b in zip(THINGS, THINGS[2:] + THINGS[:2], strict=True)
]


def by_kind(found):
    return {g.kind: g for g in found if g.kind is not HabitKind.PHRASE}


def phrases(found):
    return [g.sentence for g in found if g.kind is HabitKind.PHRASE]


def test_shorter_sentences_missing_marks_and_favorite_words_are_named():
    found = find_giveaways(OWN, OTHER)
    kinds = by_kind(found)
    assert "% shorter than yours" in kinds[HabitKind.SENTENCES].sentence
    assert any(
        "“basically” occurs 16 times" in s and "you never write it" in s for s in phrases(found)
    )
    assert any(
        s.startswith("“by” does not occur; you write it 16 times in ") for s in phrases(found)
    )


def test_marks_that_are_missing_or_new_are_named_with_the_figures():
    habits = {habit.kind: habit for habit in HABITS}
    semicolons = _compare(habits[HabitKind.SEMICOLONS], OWN, OTHER)
    assert semicolons.sentence.startswith("No semicolons; you use them (0.0 per 1,000 words, you ")
    assert semicolons.own_examples[0].startswith("I had the bridge; it stood")
    shouts = _compare(habits[HabitKind.EXCLAMATIONS], OWN, OTHER)
    assert shouts.sentence.startswith("There are exclamation marks; you use none (")
    assert shouts.own_examples == () or "!" not in shouts.own_examples[0]
    assert "!" in shouts.other_examples[0] and len(shouts.other_examples) == 2
    contractions = _compare(habits[HabitKind.CONTRACTIONS], OWN, OTHER)
    assert contractions.difference < 0 and "didn’t" in contractions.own_examples[0]


def test_exchanging_the_sets_turns_every_difference_round():
    def kinds(own, other):
        return {(g.kind, round(g.difference, 9)) for g in find_giveaways(own, other)}

    turned = {(kind, -difference) for kind, difference in kinds(OTHER, OWN)}
    assert kinds(OWN, OTHER) == turned


def test_a_set_does_not_differ_from_itself():
    assert find_giveaways(OWN, OWN) == ()


def test_russian_texts_are_compared_by_the_same_habits():
    own = [f"Но я, признаться, люблю {a}; а вы? И вот {a} снова у меня — надолго." for a in "абвгд"]
    other = [f"Предмет {a} является хорошим. Предмет {a} является новым." for a in "абвгд"]
    found = find_giveaways(own, other)
    assert any(
        "“является” occurs 10 times" in s and "you never write it" in s for s in phrases(found)
    )
    assert all(g.own_examples or g.own_value == 0 for g in found)


def test_too_few_texts_are_refused():
    with pytest.raises(MorrisError, match="2 texts with words among your texts"):
        find_giveaways([*OWN[:2], "…"], OTHER)


def test_the_standardized_difference_has_the_known_value():
    # Means 2 and 4, variance 1 each: d = 2, with Hedges's correction for 4 degrees of freedom.
    assert standardized_difference([1, 2, 3], [3, 4, 5]) == pytest.approx(2 * (1 - 3 / 15))
    assert standardized_difference([1, 1], [1, 1]) == 0
    assert standardized_difference([1, 1], [2, 2]) == LARGEST
