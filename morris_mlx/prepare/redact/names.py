"""Recognizer of names: people whom an export or the user lists, in all forms of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from morris_mlx.prepare.redact.name_forms import (
    VOCATIVE,
    Name,
    decline_name,
    guess_gender,
    guess_roles,
    has_surname_ending,
)
from morris_mlx.prepare.redact.spans import Hit, to_main_alphabet
from morris_mlx.prepare.redact.transliteration import latin_spellings
from morris_mlx.prepare.redact.word_lists import (
    COMPANY_WORDS,
    ENGLISH_WORDS,
    FEMALE,
    GREETINGS,
    MALE,
    NOT_AFTER_NAMES,
    NOT_NAMES,
    NOT_VERBS,
    NOT_VOCATIVES,
    ORDINARY,
    VERBS,
)
from morris_mlx.text.folding import fold, fold_lowercase, lowercase
from morris_mlx.text.pii import Person
from morris_mlx.text.words import HYPHENATED_WORD

WORD_PART = re.compile(r"[^\W\d_]+")
MIN_LETTERS = 3  # two letters are a syllable; "Ян" and "Bo" are found only in a whole name
MIN_LATIN_LETTERS = 4  # shorter Latin spellings of Russian names are often English words
SENTENCE_BREAKS = '.!?…\n"«»“”(•*-'  # before the first word of a sentence
LATIN, LATIN_POSSESSIVE = "latin", "latin possessive"  # slots of a Russian name in Latin letters
VERB_DISTANCE = 3  # words after a name among which its verb is looked for


@dataclass(frozen=True, slots=True)
class NameWord:
    """A word of a name, and the indices of the people who have it.

    `ambiguous` words, mostly nicknames, may be ordinary words wherever they are.
    """

    name: Name
    people: frozenset[int]
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class NameForm:
    """A form of a name, by its slot in the declension of the word."""

    word: NameWord
    slot: str


Forms = dict[str, list[NameForm]]  # by spelling, in lower case


def collect_name_words(people: Sequence[Person]) -> list[NameWord]:
    """Return the distinct words of all names, in a fixed order."""
    found: dict[tuple[str, str], NameWord] = {}
    for index, person in enumerate(people):
        names = [words_of_name(name) for name in person.names]
        gender = guess_gender([w for words in names for w in words])
        for words in names:
            for word, role in zip(words, guess_roles(words), strict=True):
                name = decline_name(word, role, gender)
                # Not listed, but beside a surname: Тигран Саркисян.
                given = role == "given" and _has_surname_beside(words, word)
                listed = name.word in MALE | FEMALE or given
                listed = listed or (len(words) == 1 and _is_short_form(word, names))
                certain = listed or has_surname_ending(name.word) or role == "patronymic"
                # A second word may say where somebody is known from: Дима Универ.
                ambiguous = not certain and (len(words) == 1 or name.declension != "latin")
                key = name.word, name.declension
                known = found.get(key, NameWord(name, frozenset(), True))
                found[key] = NameWord(
                    known.name, known.people | {index}, known.ambiguous and ambiguous
                )
    return [word for _, word in sorted(found.items())]


def words_of_name(name: str) -> list[str]:
    """Return the words of an entry in the contacts that may be a name."""
    words = [m.group() for m in HYPHENATED_WORD.finditer(fold(name).text)]
    if any(fold_lowercase(w) in COMPANY_WORDS for w in words):
        return []
    return [w for w in words if len(w) > 1 and fold_lowercase(w) not in NOT_NAMES]


def index_forms(words: Sequence[NameWord]) -> Forms:
    """Return the forms of all names by their spelling; Russian names also in Latin letters."""
    forms: Forms = {}
    for word in words:
        for slot, spellings in word.name.slots.items():
            for spelling in spellings:
                forms.setdefault(spelling, []).append(NameForm(word, slot))
    for word in words:
        for slot, ending in ((LATIN, ""), (LATIN_POSSESSIVE, "'s")):
            for spelling in latin_spellings(word.name.word):
                forms.setdefault(spelling + ending, []).append(NameForm(word, slot))
    return forms


def _has_surname_beside(words: Sequence[str], word: str) -> bool:
    roles = zip(words, guess_roles(list(words)), strict=True)
    return any(
        other != word
        and (
            role == "patronymic"
            or (role == "surname" and has_surname_ending(fold_lowercase(other)))
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


class _Token(NamedTuple):
    """A word of a text: its span, its normalized spelling, and the name forms spelled so."""

    start: int
    end: int
    word: str
    forms: Sequence[NameForm]


class NameRecognizer:
    """A finder of the forms of known names in folded texts.

    `stand_ins` has an invented name for each (word, declension). With None, names get the
    placeholder.
    """

    def __init__(self, forms: Forms, stand_ins: Mapping[tuple[str, str], Name] | None) -> None:
        self._forms = forms
        self._stand_ins = stand_ins

    def find(self, text: str) -> Iterator[Hit]:
        """Yield the names in a folded text, each word as a hit of its own."""
        tokens = list(self._tokens(text))
        for at, token in enumerate(tokens):
            if not token.forms:
                continue
            paired = _form_in_full_name(text, tokens, at)
            if paired or _is_name(text, tokens, at):
                form = paired or token.forms[0]
                stand_in = self._stand_in(form, text[token.start : token.end])
                yield Hit("name", token.start, token.end, stand_in)

    def _tokens(self, text: str) -> Iterator[_Token]:
        """Yield the words; one with a hyphen or 's as a whole if it is a form, else its parts."""
        for match in HYPHENATED_WORD.finditer(text):
            word = _normalized(match.group())
            if word in self._forms or word.isalpha():
                yield _Token(*match.span(), word, self._forms.get(word, ()))
                continue
            for part in WORD_PART.finditer(text, *match.span()):
                word = _normalized(part.group())
                yield _Token(*part.span(), word, self._forms.get(word, ()))

    def _stand_in(self, form: NameForm, real: str) -> str:
        """Return the invented name in the same form and with the same capitals as the real one."""
        if self._stand_ins is None:
            return ""
        invented = self._stand_ins[form.word.name.word, form.word.name.declension]
        if form.slot in (LATIN, LATIN_POSSESSIVE):
            spelling = latin_spellings(invented.word)[0]
            spelling += "'s" if form.slot == LATIN_POSSESSIVE else ""
        else:
            # An invented name without this diminutive gets the case of the diminutive.
            case = form.slot[-1] if form.slot.startswith("d") else "0"
            slots = invented.slots
            spelling = (slots.get(form.slot) or slots.get(case) or (invented.word,))[0]
        if real.isupper() and len(real) > 1:
            return spelling.upper()
        if real[0].isupper():
            return "-".join(part[:1].upper() + part[1:] for part in spelling.split("-"))
        return spelling


def _normalized(word: str) -> str:
    return lowercase(to_main_alphabet(word)).replace("’", "'")


def _form_in_full_name(text: str, tokens: Sequence[_Token], at: int) -> NameForm | None:
    """Return the form that, with the word before or after it, is the name of one person."""
    for neighbor in (at - 1, at + 1):
        if not 0 <= neighbor < len(tokens) or not tokens[neighbor].forms:
            continue
        left, right = sorted((tokens[at], tokens[neighbor]), key=lambda token: token.start)
        if text[left.end : right.start].strip(" .") or right.start - left.end > 2:
            continue
        for form in tokens[at].forms:
            for other in tokens[neighbor].forms:
                same_person = bool(form.word.people & other.word.people)
                if same_person and form.word.name.role != other.word.name.role:
                    return form
    return None


def _is_name(text: str, tokens: Sequence[_Token], at: int) -> bool:
    """Return True if a form is a name by itself: an ordinary word needs a sign that it is one."""
    token = tokens[at]
    if len(token.word.removesuffix("'s")) < MIN_LETTERS:
        return False
    ordinary = _is_ordinary_word(token)
    vocative = all(form.slot == VOCATIVE for form in token.forms)
    if not ordinary and not vocative:
        return True
    if _follows_greeting(text, tokens, at):
        return True
    if vocative and _is_address(text, token, ordinary):
        return True
    if not text[token.start].isupper():
        return False
    return not _begins_sentence(text, token.start) or _is_subject(text, tokens, at)


def _is_ordinary_word(token: _Token) -> bool:
    if token.word.removesuffix("'s") in ORDINARY:
        return True
    if all(form.word.ambiguous for form in token.forms):
        return True
    # In Latin letters, a Russian name may be an English word: roman, era.
    if all(form.slot in (LATIN, LATIN_POSSESSIVE) for form in token.forms) and (
        len(token.word) < MIN_LATIN_LETTERS or token.word in ENGLISH_WORDS
    ):
        return True
    # Surnames in -ых are also adjectives in the plural: Черных, Толстых.
    return token.word.endswith(("ых", "их"))


def _follows_greeting(text: str, tokens: Sequence[_Token], at: int) -> bool:
    if at == 0 or tokens[at - 1].word not in GREETINGS:
        return False
    return not text[tokens[at - 1].end : tokens[at].start].strip(" ,")


def _begins_sentence(text: str, start: int) -> bool:
    left = text[:start].rstrip(" \t")
    return not left or left[-1] in SENTENCE_BREAKS


def _is_address(text: str, token: _Token, ordinary: bool) -> bool:
    """Return True if a vocative is set off by a comma or the end of a line: "Саш, иди сюда"."""
    left, right = text[: token.start].rstrip(" "), text[token.end : token.end + 1]
    if ordinary:
        begins = _begins_sentence(text, token.start)
        return right == "," and begins and token.word not in NOT_VOCATIVES
    return right in (",", "!", "?") or (right in ("", "\n", ".") and left[-1:] in (",", ""))


def _is_subject(text: str, tokens: Sequence[_Token], at: int) -> bool:
    """Return True if the first word of a sentence is a person who does something there."""
    token = tokens[at]
    if token.word.endswith("'s") or not text[token.end :].strip(" .,!?…)\n"):
        return True
    right = text[token.end]
    if right in ",!?:" or (right == "\n" and token.word not in ORDINARY):
        return True
    previous = token
    for distance, following in enumerate(tokens[at + 1 : at + 1 + VERB_DISTANCE]):
        gap = text[previous.end : following.start]
        if gap.strip(" ") or (distance == 0 and following.word in NOT_AFTER_NAMES):
            return False
        if following.word in VERBS or _is_russian_verb(following.word):
            return True
        previous = following
    return False


def _is_russian_verb(word: str) -> bool:
    past = word.endswith(("ла", "л", "лась", "лся")) and len(word) > 3
    present = word.endswith(("ет", "ит", "ается", "ится", "ется")) and len(word) > 4
    return (past or present) and word not in NOT_VERBS
