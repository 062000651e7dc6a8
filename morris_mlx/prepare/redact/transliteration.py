"""Transliteration of Russian names into Latin letters, in the spellings of people and passports."""

from __future__ import annotations

MAX_SPELLINGS = 40  # of one word; those with the fewest unusual choices
# Longer sequences come first; the usual spelling of each comes first.
LETTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ский", ("sky", "ski", "skiy", "skii", "skij")),
    ("кс", ("ks", "x")),
    ("ий", ("y", "i", "iy", "ii", "ij")),
    ("ый", ("y", "yi", "iy")),
    ("ья", ("ya", "ia", "ja")),
    ("ье", ("yo", "ie", "ye", "io", "e")),
    ("ия", ("ia", "iya", "ija", "ya")),
    ("ью", ("yu", "iu")),
    ("а", ("a",)),
    ("б", ("b",)),
    ("в", ("v", "w")),
    ("г", ("g",)),
    ("д", ("d",)),
    ("е", ("e", "ye", "yo", "ie", "io", "je")),
    ("ж", ("zh", "j")),
    ("з", ("z",)),
    ("и", ("i",)),
    ("й", ("y", "i", "j")),
    ("к", ("k",)),
    ("л", ("l",)),
    ("м", ("m",)),
    ("н", ("n",)),
    ("о", ("o",)),
    ("п", ("p",)),
    ("р", ("r",)),
    ("с", ("s",)),
    ("т", ("t",)),
    ("у", ("u", "ou")),
    ("ф", ("f", "ph")),
    ("х", ("kh", "h")),
    ("ц", ("ts", "c", "tz")),
    ("ч", ("ch",)),
    ("ш", ("sh",)),
    ("щ", ("shch", "sch")),
    ("ъ", ("",)),
    ("ы", ("y", "i")),
    ("ь", ("", "'")),
    ("э", ("e",)),
    ("ю", ("yu", "iu", "ju")),
    ("я", ("ya", "ia", "ja")),
    ("-", ("-",)),
)


def latin_spellings(word: str) -> tuple[str, ...]:
    """Return the spellings of a word in lower case, with е for ё; the usual one comes first.

    A word with other than Russian letters has none.
    """
    spellings = [(0, "")]  # with the number of unusual choices
    at = 0
    while at < len(word):
        found = next((pair for pair in LETTERS if word.startswith(pair[0], at)), None)
        if found is None:
            return ()
        letters, choices = found
        longer = [(n + cost, s + c) for n, s in spellings for cost, c in enumerate(choices)]
        spellings = sorted(longer)[:MAX_SPELLINGS]
        at += len(letters)
    return tuple(dict.fromkeys(s for _, s in spellings))
