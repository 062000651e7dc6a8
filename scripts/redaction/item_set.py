"""A set of test items for `measure.py`, by one author and mostly in one language.

A set in one language is a module of `first_author` or `second_author` with the language's name in
lower case and with a constant ITEM_SET: `first_author/german.py`. `measure.py` finds it by LANGUAGES.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from first_author.items import PlantedItem

from morris_mlx.text.pii import Person

Make = Callable[[random.Random], PlantedItem]
MakeMentions = Callable[[random.Random], list[PlantedItem]]


@dataclass(frozen=True, slots=True)
class ItemSet:
    """The makers of a set of items, its known people with a maker of mentions, and look-alikes.

    `people` returns the contacts and the maker for a seed. `lookalike` returns the kind and the text
    of something that must not be changed. With `uses_corpus`, the redactor learns from the texts of
    the set which words of names are ordinary words, as it does from a writer's texts.
    """

    makers: dict[str, Make]
    people: Callable[[int], tuple[list[Person], MakeMentions]]
    lookalike: Callable[[random.Random], tuple[str, str]]
    uses_corpus: bool = field(default=False)
