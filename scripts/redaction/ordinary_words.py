"""Share of ordinary words that redaction loses in prose, with contacts planted in five languages.

Each language has a folder of .txt files of prose, given as CODE=FOLDER. The contacts are invented
and difficult: surnames with particles, names that are ordinary words, nicknames made of ordinary
words. Each paragraph is redacted as a document. Replaced words in lower case count as lost, and so
do the ordinary words that are marked with * in the contacts, unless a title precedes them. A given
name with a capital does not count, because people in the prose have these names, too. A surname
after a given name ("Heinz Fischer") is counted as a person, in its paragraph, or in all of the prose
if it occurs often. Every full name is also planted into paragraphs and must be replaced.

    python scripts/redaction/ordinary_words.py en=FOLDER de=FOLDER es=FOLDER fr=FOLDER it=FOLDER
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from morris_mlx.prepare.redact.name_recognizer import NameRecognizer
from morris_mlx.prepare.redact.names import collect_name_words
from morris_mlx.prepare.redact.redactor import Redactor, measure_name_usage
from morris_mlx.prepare.redact.word_lists import is_given_name
from morris_mlx.text.folding import fold, fold_lowercase
from morris_mlx.text.pii import Person
from morris_mlx.text.words import HYPHENATED_WORD

TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Herrn?|Frau|Fräulein|[Ss]eñora?|[Dd]on|[Dd]oña|[Mm]onsieur|[Mm]adame"
    r"|[Mm]ademoiselle|[Ss]ignora?|[Ss]ignor)\.? $"
)
NAME_PAIR = re.compile(r"(?P<given>[^\W\d_]+) (?=(?P<surname>[^\W\d_]+))")
WELL_KNOWN = 10  # paragraphs with the name beside a given name: a politician in news
MAX_TITLE = 15  # characters before a name
WORDS = 700_000  # of each language: a writer's collected columns
MAX_LOST = 0.0005  # of the words
PLANTED = 20  # mentions of each full name
WRAPPED = 50  # characters in a line on average; lines of verse are shorter
MIN_PARAGRAPH = 40  # characters: shorter ones are headings
# "*" is before a surname that is an ordinary word, "~" before an entry that is a nickname, not a full name.
CONTACTS = {
    "en": (
        "Ursula von der *Aue",
        "Mary *Young",
        "Will *Brown",
        "Rose *Hill",
        "Grace *Church",
        "Tom *Stone",
        "Ann *Sparrow",
        "Joe *Quick",
        "Mark *Wood",
        "Paris *Long",
        "Summer *Day",
        "Frank *Knight",
        "~Not Today",
        "~One More Time",
        "~Big Dog Energy",
        "~White Van Man",
        "~Sad Potato",
        "Mike At Work",
        "~Old House",
        "Mr *Green",
    ),
    "de": (
        "Ursula von der *Aue",
        "Jan van der *Berg",
        "Peter *Koch",
        "Hans *König",
        "Sabine *Braun",
        "Max *Fischer",
        "Petra *Klein",
        "Uwe *Lang",
        "Ernst *Wolf",
        "Rosa *Sommer",
        "Frank zu *Stein",
        "Otto *Richter",
        "Ilse *Bauer",
        "Karl *Kaiser",
        "~Der *Chef",
        "~Kleine *Maus",
        "~Nicht Heute",
        "~Schwarzer *Kaffee",
        "Mama",
        "Anna vom *Bach",
    ),
    "es": (
        "María de los *Santos",
        "Pedro del *Pueblo",
        "Ana *Rey",
        "Luz *Calle",
        "Dolores *Fuentes",
        "Íñigo *Blanco",
        "José *Iglesias",
        "Mercedes *Campos",
        "Juan de la *Torre",
        "Marta *Moreno",
        "Consuelo *Vega",
        "Pablo *Guerrero",
        "Ángel *Casas",
        "Rosa *Flores",
        "~El *Jefe",
        "~Buenos *Días",
        "~Nada *Más",
        "Mamá",
        "Carlos *Bueno",
        "Soledad *Ríos",
    ),
    "fr": (
        "Paul Le *Petit",
        "Anne de La *Tour",
        "Pierre *Blanc",
        "Rose *Fontaine",
        "Claire *Leroux",
        "Jean *Boulanger",
        "Marie du *Bois",
        "Luc *Roi",
        "Aimé *Noir",
        "Hélène *Grand",
        "Louis de la *Rue",
        "Sophie *Mercier",
        "Marguerite *Chevalier",
        "Émile *Bon",
        "~Le *Chef",
        "~Petite *Fleur",
        "~Plus Jamais",
        "Maman",
        "Yves des *Champs",
        "Julie *Lune",
    ),
    "it": (
        "Marco La *Porta",
        "Gianni di *Casa",
        "Chiara *Monti",
        "Mia *Rossi",
        "Paolo della *Valle",
        "Anna *Bianchi",
        "Bruno *Leone",
        "Speranza *Fiore",
        "Vera *Conti",
        "Luca *Greco",
        "Pietro del *Prato",
        "Rosa *Ferrari",
        "Giulia *Bella",
        "Felice *Grande",
        "~Il *Capo",
        "~Buona *Notte",
        "~Mai *Più",
        "Mamma",
        "Carlo dei *Fiori",
        "Viola *Costa",
    ),
}


@dataclass(slots=True)
class Losses:
    """Counts of the words of a language, of those lost, and of the full names planted."""

    words: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    persons: Counter[str] = field(default_factory=Counter)  # people in the prose with that surname
    names: Counter[str] = field(default_factory=Counter)  # replaced, and no ordinary words
    planted: int = 0
    found: int = 0
    missed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Return the share of ordinary words that were lost."""
        return self.lost.total() / max(1, self.words)


def measure_losses(code: str, paragraphs: list[str], seed: int = 1) -> Losses:
    """Redact paragraphs as documents, and paragraphs with the full names planted into them."""
    entries = [entry.replace("*", "").replace("~", "") for entry in CONTACTS[code]]
    ordinary = {
        fold_lowercase(word.lstrip("~").removeprefix("*"))
        for entry in CONTACTS[code]
        for word in entry.split()
        if word.startswith(("*", "~*")) or entry.startswith("~")
    }
    people = [Person((entry,)) for entry in entries]
    usage = measure_name_usage(people, paragraphs)
    names = NameRecognizer(people, collect_name_words(people, usage), None, usage)
    losses = Losses()
    surnames = Counter(word for text in paragraphs for word in _surnames(fold(text).text))
    well_known = {word for word, n in surnames.items() if n >= WELL_KNOWN}
    for text in paragraphs:
        losses.words += len(HYPHENATED_WORD.findall(text))
        folded = fold(text).text
        persons = well_known.union(_surnames(folded))
        for hit in names.find(folded):
            titled = TITLE.search(folded[: hit.start][-MAX_TITLE:])
            for word in HYPHENATED_WORD.findall(folded[hit.start : hit.end]):
                kind = losses.names
                if word.islower() or (_bare(word) in ordinary and not titled):
                    is_person = word[:1].isupper() and _bare(word) in persons
                    kind = losses.persons if is_person else losses.lost
                kind[word] += 1
    redactor = Redactor(people, (), usage=usage)
    rng = random.Random(seed)
    full = [e for e, marked in zip(entries, CONTACTS[code], strict=True) if _is_full(marked)]
    for entry in full:
        for text in rng.choices(paragraphs, k=PLANTED):
            losses.planted += 1
            redacted = redactor.redact_document(f"{text} ({entry})")[-len(entry) - 2 :]
            left = [w for w in entry.split() if w[0].isupper() and w in redacted.split("(")[-1]]
            losses.found += not left
            if left:
                losses.missed.append((entry, redacted))
    return losses


def _surnames(text: str) -> set[str]:
    """Return the words with a capital after a given name: "Heinz Fischer", in lower case."""
    found = NAME_PAIR.finditer(text)
    return {
        _bare(m["surname"])
        for m in found
        if m["given"][0].isupper()
        and m["surname"][0].isupper()
        and is_given_name(fold_lowercase(m["given"]))
    }


def _is_full(marked: str) -> bool:
    words = marked.replace("*", "").split()
    return len(words) > 1 and not marked.startswith("~") and words[1] != "At" and words[0] != "Mr"


def _bare(word: str) -> str:
    low = fold_lowercase(word).replace("’", "'").removesuffix("'s")
    return low.removesuffix("s") if low.endswith("s") else low


def read_paragraphs(folder: Path, words: int) -> list[str]:
    """Return the paragraphs of the .txt files of a folder, up to a number of words."""
    found: list[str] = []
    count = 0
    for path in sorted(folder.rglob("*.txt")):
        for text in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            if count >= words:
                return found
            if len(text) >= MIN_PARAGRAPH:
                found.append(_unwrapped(text.strip()))
                count += len(text.split())
    return found


def _unwrapped(text: str) -> str:
    """Return a paragraph on one line if it is wrapped; verse keeps its lines."""
    lines = text.split("\n")
    return " ".join(text.split()) if sum(map(len, lines)) > WRAPPED * len(lines) else text


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("prose", nargs="+", help="CODE=FOLDER, of " + ", ".join(CONTACTS))
    parser.add_argument("--words", type=int, default=WORDS, help="of each language")
    parser.add_argument("--show", type=int, default=8, help="words that are lost most")
    options = parser.parse_args()
    good = True
    print(
        f"{'language':<10}{'words':>9}{'lost':>7}{'share':>10}{'persons':>9}{'names':>7}{'planted':>9}{'found':>7}"
    )
    for given in options.prose:
        code, _, folder = given.partition("=")
        if code not in CONTACTS or not Path(folder).is_dir():
            parser.error(f"{given} is not CODE=FOLDER with a code of {', '.join(CONTACTS)}.")
        losses = measure_losses(code, read_paragraphs(Path(folder), options.words))
        good = good and losses.share <= MAX_LOST and losses.found == losses.planted
        print(
            f"{code:<10}{losses.words:>9,}{losses.lost.total():>7,}{losses.share:>10.5%}"
            f"{losses.persons.total():>9,}{losses.names.total():>7,}{losses.planted:>9}{losses.found:>7}"
        )
        if options.show:
            most = ", ".join(f"{w} {n}" for w, n in losses.lost.most_common(options.show))
            kept = ", ".join(f"{w} {n}" for w, n in losses.names.most_common(options.show))
            people = ", ".join(f"{w} {n}" for w, n in losses.persons.most_common(options.show))
            print(f"    lost: {most or 'none'}\n    persons: {people or 'none'}")
            print(f"    names: {kept or 'none'}")
            for entry, redacted in losses.missed[: options.show]:
                print(f"    missed: {entry} in …{redacted}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
