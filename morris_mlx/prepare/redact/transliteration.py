"""Russian names in Latin letters, in the ways in which people and passports spell them."""

from __future__ import annotations

MOST = 40  # spellings of one word; those with few unusual choices
# Longer ones first. After a consonant "ье" and "ьё" sound alike in every spelling.
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
    """Of a word in lower case, ё as е, the usual one first; none of a word with other letters."""
    spelled = [(0, "")]
    at = 0
    while at < len(word):
        found = next((pair for pair in LETTERS if word.startswith(pair[0], at)), None)
        if found is None:
            return ()
        letters, ways = found
        longer = [(c + n, s + w) for c, s in spelled for n, w in enumerate(ways)]
        spelled = sorted(longer)[:MOST]
        at += len(letters)
    return tuple(dict.fromkeys(s for _, s in spelled))
