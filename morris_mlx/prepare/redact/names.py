"""Names that redaction looks for: people whom an export or the user lists, in all their forms.

An entry of the contacts is a name, of which each word is replaced, or a nickname made of ordinary
words ("Not Today"), which is replaced only as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

from morris_mlx.prepare.redact.name_forms import (
    GENITIVE,
    Gender,
    Name,
    Role,
    decline_name,
    guess_gender,
    guess_roles,
    has_certain_surname_ending,
    has_surname_ending,
)
from morris_mlx.prepare.redact.transliteration import latin_spellings
from morris_mlx.prepare.redact.word_lists import (
    COMPANY_WORDS,
    FEMALE,
    MALE,
    NOT_NAMES,
    ORDINARY,
    PARTICLES,
    PLACES,
    TITLES,
    is_given_name,
    languages_of_word,
    ordinary_words,
)
from morris_mlx.prepare.redact.word_usage import WordUsage
from morris_mlx.text.folding import fold, fold_lowercase, without_accents
from morris_mlx.text.pii import Person
from morris_mlx.text.words import HYPHENATED_WORD, WORD_PART

LATIN, LATIN_POSSESSIVE = "latin", "latin possessive"  # slots of a Russian name in Latin letters
FREQUENT_ENGLISH = "en-frequent"  # the key of the computed list
GENITIVE_LANGUAGES = frozenset(("de", "lb", "nl", "sv", "da", "no", "nb", "nn"))
ADJECTIVE_ENDINGS = ("ая", "яя", "ый", "ий", "ой", "ое", "ее")
NO_USAGE = WordUsage()


class Certainty(IntEnum):
    """Certainty that a word is a name wherever it is."""

    AMBIGUOUS = 0  # mostly a nickname: an ordinary word unless something shows a person
    LIKELY = 1  # a name, unless the corpus uses it as an ordinary word
    CERTAIN = 2  # a listed given name, a patronymic, a Russian surname


@dataclass(frozen=True, slots=True)
class NameWord:
    """A word of a name, or a whole nickname, and the indices of the people who have it."""

    name: Name
    people: frozenset[int]
    certainty: Certainty

    @property
    def is_nickname(self) -> bool:
        """Return True for a nickname of several words, which is replaced only as a whole."""
        return " " in self.name.word


@dataclass(frozen=True, slots=True)
class NameForm:
    """A form of a name, by its slot in the declension of the word."""

    word: NameWord
    slot: str


Forms = dict[str, list[NameForm]]  # by spelling, in lower case


def collect_name_words(
    people: Sequence[Person], usage: WordUsage = NO_USAGE, not_names: Collection[str] = ()
) -> list[NameWord]:
    """Return the distinct words of all names, in a fixed order.

    `not_names` are entries, in lower case, that the user says are no names.
    """
    found: dict[tuple[str, str], NameWord] = {}
    for index, person in enumerate(people):
        entries = [name for name in person.names if normalize_entry(name) not in not_names]
        names = [words_of_name(name) for name in entries]
        gender = guess_gender([w for words in names for w in words])
        for entry, words in zip(entries, names, strict=True):
            for name, certainty in _words_of_entry(entry, words, names, gender, usage):
                key = name.word, name.declension
                known = found.get(key, NameWord(name, frozenset(), Certainty.AMBIGUOUS))
                people_of_word = known.people | {index}
                found[key] = NameWord(known.name, people_of_word, max(known.certainty, certainty))
    return [word for _, word in sorted(found.items())]


def _words_of_entry(
    entry: str,
    words: Sequence[str],
    names: Sequence[Sequence[str]],
    gender: Gender,
    usage: WordUsage,
) -> list[tuple[Name, Certainty]]:
    """Return the names of an entry with their certainty: its words, or the nickname as a whole."""
    tokens = entry_tokens(entry)
    if _is_nickname(tokens, words, usage):
        phrase = " ".join(part for token in tokens for part in WORD_PART.findall(token))
        nickname = Name(phrase, "given", "", "latin", {"0": (phrase,)})
        return [(nickname, Certainty.AMBIGUOUS)]
    roles = guess_roles(list(words))
    made = []
    for word, role in zip(words, roles, strict=True):
        name = decline_name(word, role, gender)
        made.append((name, _certainty(name, role, words, names)))
    return made


def _certainty(
    name: Name, role: Role, words: Sequence[str], names: Sequence[Sequence[str]]
) -> Certainty:
    listed = is_given_name(name.word)
    # Not listed, but beside a surname: Тигран Саркисян, not Снежная Королева.
    given = role == "given" and not name.word.endswith(ADJECTIVE_ENDINGS)
    listed = listed or (given and _has_surname_beside(words, name.word))
    listed = listed or (len(words) == 1 and _is_short_form(words[0], names))
    if listed or role == "patronymic" or has_certain_surname_ending(name.word):
        return Certainty.CERTAIN
    if has_surname_ending(name.word) and any(is_given_name(fold_lowercase(w)) for w in words):
        return Certainty.LIKELY
    # A second word may say where somebody is known from: Дима Универ.
    alone = len(words) == 1 or name.declension != "latin"
    return Certainty.AMBIGUOUS if alone else Certainty.LIKELY


def _is_nickname(tokens: Sequence[str], words: Sequence[str], usage: WordUsage) -> bool:
    """Return True for an entry of several words, all of them ordinary, without a given name.

    A title, as in "Mr Green", does not make one.
    """
    low = [fold_lowercase(word) for word in words]
    has_function_word = any(t in PARTICLES or is_function_word(t) for t in tokens)
    if len(tokens) < 2 or tokens[0] in TITLES or any(t in COMPANY_WORDS for t in tokens):
        return False
    if len(low) < 2 and not has_function_word:
        return False
    if len(low) == 1 and usage.is_function_word(low[0]) and low[0] not in MALE | FEMALE:
        return True
    if any(is_given_name(w) or w in PLACES for w in low[:1]) or any(map(_is_certain_name, low)):
        return False
    return all(is_ordinary(word, usage) for word in low)


def _is_certain_name(low: str) -> bool:
    return low in MALE or low in FEMALE or has_certain_surname_ending(low)


def entry_tokens(entry: str) -> tuple[str, ...]:
    """Return all words of an entry in lower case."""
    return tuple(fold_lowercase(m.group()) for m in HYPHENATED_WORD.finditer(fold(entry).text))


def normalize_entry(entry: str) -> str:
    """Return the words of an entry or a phrase in lower case, with single spaces."""
    return " ".join(entry_tokens(entry))


def words_of_name(name: str) -> list[str]:
    """Return the words of an entry in the contacts that may be a name."""
    words = [m.group() for m in HYPHENATED_WORD.finditer(fold(name).text)]
    if any(fold_lowercase(w) in COMPANY_WORDS for w in words):
        return []
    # Before a title is what somebody is: "Vermieter Herr Bauer". A last word is a surname: "Ann
    # Judge".
    titles = [at for at, word in enumerate(words[:-1]) if fold_lowercase(word) in TITLES]
    words = words[titles[-1] + 1 :] if titles else words
    words = [w for w in words if len(w) > 1 and fold_lowercase(w) not in NOT_NAMES]
    if len(words) == 1 and fold_lowercase(words[0]) not in PARTICLES:
        return words  # "Pri" is short for Priya, and a function word of Slovene
    # A function word that is not capitalized beside others that are is a particle: "Ali ben Omar".
    capitals = any(word[0].isupper() for word in words)
    return [w for at, w in enumerate(words) if _may_be_name(w, at == 0, capitals and w.islower())]


def _may_be_name(word: str, first: bool, small: bool) -> bool:
    low = fold_lowercase(word)
    if not (low in PARTICLES or is_function_word(low)):
        return True
    return not small and (low in MALE or low in FEMALE or (first and is_given_name(low)))


def is_function_word(low: str) -> bool:
    """Return True for a function word of any language."""
    return low in languages_of_word()


def is_ordinary(low: str, usage: WordUsage) -> bool:
    """Return True for an ordinary word of a language of the corpus, or by its use there."""
    plain = without_accents(low)
    if (
        low in ORDINARY
        or low in PLACES
        or low in usage.ordinary
        or plain in usage.ordinary
        or low in usage.nouns
    ):
        return True
    lists = ordinary_words()
    for code in usage.languages:
        listed = lists.get(code, frozenset())
        if low in listed or plain in listed:
            return True
    return is_frequent_english(low, usage)


def is_frequent_english(low: str, usage: WordUsage) -> bool:
    """Return True for a frequent English word, if the corpus has English; not for John."""
    frequent = "en" in usage.languages and low in ordinary_words().get(FREQUENT_ENGLISH, ())
    return frequent and low not in MALE and low not in FEMALE


def index_forms(words: Sequence[NameWord], usage: WordUsage = NO_USAGE) -> Forms:
    """Return the forms of all names by their spelling; Russian names also in Latin letters.

    Names have a genitive without an apostrophe ("Peters Auto") in corpora of some languages.
    """
    forms: Forms = {}
    single = [word for word in words if not word.is_nickname]
    for word in single:
        for slot, spellings in word.name.slots.items():
            if slot == GENITIVE and not usage.languages & GENITIVE_LANGUAGES:
                continue
            for spelling in spellings:
                forms.setdefault(spelling, []).append(NameForm(word, slot))
    for word in single:
        for slot, ending in ((LATIN, ""), (LATIN_POSSESSIVE, "'s")):
            for spelling in latin_spellings(word.name.word):
                forms.setdefault(spelling + ending, []).append(NameForm(word, slot))
    return forms


def index_entries(people: Sequence[Person]) -> dict[str, list[tuple[str, ...]]]:
    """Return all entries of several words, as words in lower case, by each of their words."""
    entries: dict[str, list[tuple[str, ...]]] = {}
    for tokens in dict.fromkeys(entry_tokens(name) for p in people for name in p.names):
        if len(tokens) > 1:
            for token in dict.fromkeys(tokens):
                entries.setdefault(token, []).append(tokens)
    return entries


def index_nicknames(words: Sequence[NameWord]) -> dict[str, list[tuple[tuple[str, ...], NameForm]]]:
    """Return the nicknames of several words, longest first, by their first word."""
    nicknames: dict[str, list[tuple[tuple[str, ...], NameForm]]] = {}
    for word in words:
        if word.is_nickname:
            tokens = tuple(word.name.word.split())
            nicknames.setdefault(tokens[0], []).append((tokens, NameForm(word, "0")))
    for known in nicknames.values():
        known.sort(key=lambda one: -len(one[0]))
    return nicknames


def _has_surname_beside(words: Sequence[str], word: str) -> bool:
    roles = zip(words, guess_roles(list(words)), strict=True)
    return any(
        fold_lowercase(other) != word
        and (
            role == "patronymic"
            or (role == "surname" and has_certain_surname_ending(fold_lowercase(other)))
        )
        for other, role in roles
    )


def _is_short_form(word: str, names: Sequence[Sequence[str]]) -> bool:
    """Return True for a short form of a given name of the same person: Ollie, Илюха, Kasia."""
    low = fold_lowercase(word)
    return any(
        low[:2] == fold_lowercase(words[0])[:2] and len(low) <= len(words[0]) + 1
        for words in names
        if len(words) > 1
    )
