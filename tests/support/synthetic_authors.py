"""Invented texts by writers with different habits, on the same random topics."""

import random

TOPICS = [
    "kettle",
    "harbour",
    "lantern",
    "garden",
    "ledger",
    "violin",
    "orchard",
    "bridge",
    "parcel",
    "ferry",
    "window",
    "letter",
    "market",
    "saddle",
    "chapel",
    "meadow",
    "anchor",
    "cellar",
    "kitchen",
    "railway",
    "feather",
    "basket",
    "compass",
    "curtain",
]
VERBS = ["carried", "watched", "mended", "painted", "counted", "forgot", "opened", "followed"]
# Of each writer: openings, links between clauses, marks at the end, clauses per sentence.
HABITS = {
    "brisk": (["But", "So", "Well,", "Now"], [" and "], [".", ".", "!"], (1, 2)),
    "winding": (
        ["However,", "Although", "Whereas", "Perhaps"],
        ["; moreover, ", ", which ", ", although "],
        [".", ".", "?"],
        (3, 5),
    ),
    "plain": (["The man", "She", "They", "It"], [", then ", " because "], ["."], (1, 3)),
}


def synthetic_text(writer: str, words: int, seed: int) -> str:
    """Return a text of about `words` words in the habits of a writer."""
    rng = random.Random(f"{writer}-{seed}")
    openings, links, ends, clauses = HABITS[writer]
    sentences: list[str] = []
    while sum(len(s.split()) for s in sentences) < words:
        parts = [
            f"the {rng.choice(TOPICS)} {rng.choice(VERBS)} {rng.choice(['a', 'my', 'this'])} "
            f"{rng.choice(TOPICS)}"
            for _ in range(rng.randint(*clauses))
        ]
        body = parts[0]
        for part in parts[1:]:
            body += rng.choice(links) + part
        sentences.append(f"{rng.choice(openings)} {body}{rng.choice(ends)}")
    return " ".join(sentences)


def synthetic_texts(writer: str, count: int, words: int = 80, first: int = 0) -> list[str]:
    """Return several texts of a writer, each from its own seed."""
    return [synthetic_text(writer, words, first + number) for number in range(count)]
