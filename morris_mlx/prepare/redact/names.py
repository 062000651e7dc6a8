"""Names of people the export knows, in every form, and never an ordinary word for one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.prepare.redact.name_forms import Name, gender_of, is_surname_like, name_of, roles_of
from morris_mlx.prepare.redact.spans import Hit, one_alphabet
from morris_mlx.prepare.redact.transliteration import latin_spellings
from morris_mlx.prepare.redact.word_lists import (
    AFTER_WORDS,
    FEMALE,
    FIRM,
    GREETINGS,
    LATIN_WORDS,
    MALE,
    NO_CALL,
    NOT_NAMES,
    NOT_VERBS,
    ORDINARY,
    VERBS,
)
from morris_mlx.text.folding import fold, fold_lowercase, lowercase
from morris_mlx.text.pii import Person

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
MIN_LETTERS = 3  # two letters are a syllable; "Ян" and "Bo" are found as part of a whole name
SENTENCE_END = '.!?…\n"«»“”(•*-'
LATIN, LATIN_OF = "latin", "latin of"  # slots of a Russian name in Latin letters
MIN_LATIN = 4  # shorter ones are English words too often
LOOK_AHEAD = 3  # words after a name among which its verb stands


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word of somebody's name, whose it is (numbers of people), and whether it is all of it."""

    name: Name
    people: frozenset[int]
    doubtful: bool  # could be an ordinary word wherever it stands: a nickname


def known_words(people: Sequence[Person]) -> list[KnownWord]:
    """The distinct words of all names, in a fixed order."""
    found: dict[tuple[str, str], tuple[Name, set[int], bool]] = {}
    for number, person in enumerate(people):
        whole = [words_of(name) for name in person.names]
        gender = gender_of([w for words in whole for w in words])
        for words in whole:
            for word, role in zip(words, roles_of(words), strict=True):
                name = name_of(word, role, gender)
                listed = name.word in MALE | FEMALE
                # Unlisted, but what stands beside it is a surname: Тигран Саркисян.
                listed = listed or (role == "given" and _surname_beside(words, word))
                listed = listed or (len(words) == 1 and _is_short_of_any(word, whole))
                # A second word may say where somebody is known from: Дима Универ.
                sure = listed or is_surname_like(name.word) or role == "patronymic"
                nickname = not sure and (len(words) == 1 or name.declension != "latin")
                old = found.get((name.word, name.declension))
                numbers = {number} | (old[1] if old else set())
                found[name.word, name.declension] = (
                    old[0] if old else name,
                    numbers,
                    nickname and (old is None or old[2]),
                )
    return [KnownWord(n, frozenset(p), d) for _, (n, p, d) in sorted(found.items())]


def _surname_beside(words: Sequence[str], word: str) -> bool:
    roles = zip(words, roles_of(list(words)), strict=True)
    return any(
        other != word
        and (role == "patronymic" or (role == "surname" and is_surname_like(fold_lowercase(other))))
        for other, role in roles
    )


def _is_short_of_any(word: str, whole: Sequence[Sequence[str]]) -> bool:
    """Whether a nickname comes from the given name of the same person: Ollie, Илюха, Kasia."""
    low = fold_lowercase(word)
    return any(
        low[:2] == fold_lowercase(words[0])[:2] and len(low) <= len(words[0]) + 1
        for words in whole
        if len(words) > 1
    )


def words_of(name: str) -> list[str]:
    """The words of a contact's entry that can be a name."""
    words = [m.group() for m in WORD.finditer(fold(name).text)]
    if any(fold_lowercase(w) in FIRM for w in words):
        return []
    return [w for w in words if len(w) > 1 and fold_lowercase(w) not in NOT_NAMES]


@dataclass(frozen=True, slots=True)
class _Form:
    word: KnownWord
    slot: str


Forms = dict[str, list[_Form]]


def forms_of(words: Sequence[KnownWord]) -> Forms:
    """Every spelling of every known word; also of Russian ones in Latin letters."""
    forms: Forms = {}
    for word in words:
        for slot, spellings in word.name.slots.items():
            for spelled in spellings:
                forms.setdefault(spelled, []).append(_Form(word, slot))
    for word in words:
        for slot, end in ((LATIN, ""), (LATIN_OF, "'s")):
            form = [_Form(word, slot)]
            for spelled in latin_spellings(word.name.word):
                known_too = forms.get(spelled + end)
                forms[spelled + end] = [*known_too, *form] if known_too else form
    return forms


def _as_listed(word: str) -> str:
    return lowercase(one_alphabet(word)).replace("’", "'")


class NameFinder:
    """Finds forms of known names; `stand_ins` has for (word, declension) the invented name."""

    def __init__(self, forms: Forms, stand_ins: dict[tuple[str, str], Name] | None) -> None:
        self._stand_ins = stand_ins
        self._forms = forms

    def __bool__(self) -> bool:
        return bool(self._forms)

    def find(self, text: str) -> Iterator[Hit]:
        tokens = list(self._tokens(text))
        shown = [_as_listed(text[a:b]) for a, b in tokens]
        forms = [self._forms.get(word, []) for word in shown]
        for at, (start, end) in enumerate(tokens):
            if not forms[at]:
                continue
            beside = self._beside(text, tokens, forms, at)
            if beside or self._stands_alone(text, tokens, shown, forms[at], at):
                chosen = beside or forms[at][0]
                yield Hit("name", start, end, self._stand_in(chosen, text[start:end]))

    def _tokens(self, text: str) -> Iterator[tuple[int, int]]:
        """Words; one with a hyphen or 's whole when it is known, else its parts."""
        for match in WORD.finditer(text):
            word = _as_listed(match.group())
            if word in self._forms or word.isalpha():
                yield match.start(), match.end()
                continue
            for part in re.finditer(r"[^\W\d_]+", match.group()):
                yield match.start() + part.start(), match.start() + part.end()

    def _beside(
        self,
        text: str,
        tokens: Sequence[tuple[int, int]],
        forms: Sequence[Sequence[_Form]],
        at: int,
    ) -> _Form | None:
        """The form that makes one person's name together with the word before or after it."""
        for other in (at - 1, at + 1):
            if not 0 <= other < len(tokens) or not forms[other]:
                continue
            left, right = sorted((tokens[at], tokens[other]))
            if text[left[1] : right[0]].strip(" .") or right[0] - left[1] > 2:
                continue
            for form in forms[at]:
                for neighbour in forms[other]:
                    differ = form.word.name.role != neighbour.word.name.role
                    if differ and form.word.people & neighbour.word.people:
                        return form
        return None

    def _stands_alone(
        self,
        text: str,
        tokens: Sequence[tuple[int, int]],
        shown: Sequence[str],
        forms: Sequence[_Form],
        at: int,
    ) -> bool:
        """Whether a form alone is the name: an ordinary word needs a sign that it is meant so."""
        start, end = tokens[at]
        if len(shown[at].removesuffix("'s")) < MIN_LETTERS:
            return False
        ordinary = shown[at].removesuffix("'s") in ORDINARY
        ordinary = ordinary or all(form.word.doubtful for form in forms)
        # Also in Latin letters it may be a word of that language: roman, era.
        ordinary = ordinary or (
            all(form.slot in (LATIN, LATIN_OF) for form in forms)
            and (len(shown[at]) < MIN_LATIN or shown[at] in LATIN_WORDS)
        )
        # A family of this name is called like things of a quality: Черных, Толстых.
        ordinary = ordinary or shown[at].endswith(("ых", "их"))
        called = all(form.slot == "call" for form in forms)
        if not ordinary and not called:
            return True
        capital = text[start].isupper()
        greeted = (
            at > 0
            and shown[at - 1] in GREETINGS
            and not text[tokens[at - 1][1] : start].strip(" ,")
        )
        if greeted or (called and _is_call(text, start, end, shown[at], ordinary)):
            return True
        if not capital:
            return False
        if not _begins_sentence(text, start):
            return True
        return _acts(text, tokens, shown, at)

    def _stand_in(self, form: _Form, real: str) -> str:
        if self._stand_ins is None:
            return ""
        invented = self._stand_ins[form.word.name.word, form.word.name.declension]
        case = form.slot[-1] if form.slot.startswith("d") else "0"
        spelled = (invented.slots.get(form.slot) or invented.slots.get(case) or (invented.word,))[0]
        if form.slot in (LATIN, LATIN_OF):
            spelled = latin_spellings(invented.word)[0] + ("'s" if form.slot == LATIN_OF else "")
        if real.isupper() and len(real) > 1:
            return spelled.upper()
        if real[0].isupper():
            return "-".join(part[:1].upper() + part[1:] for part in spelled.split("-"))
        return spelled


def _begins_sentence(text: str, start: int) -> bool:
    left = text[:start].rstrip(" \t")
    return not left or left[-1] in SENTENCE_END


def _is_call(text: str, start: int, end: int, word: str, ordinary: bool) -> bool:
    """Саш, … / …, саш: set off by a comma or the end of the line, as one calls somebody."""
    left, right = text[:start].rstrip(" "), text[end : end + 1]
    if ordinary:
        return right == "," and _begins_sentence(text, start) and word not in NO_CALL
    return right in (",", "!", "?") or (right in ("", "\n", ".") and (left[-1:] in (",", "")))


def _acts(text: str, tokens: Sequence[tuple[int, int]], shown: Sequence[str], at: int) -> bool:
    """Whether a word at the beginning of a sentence is somebody who does something there."""
    end = tokens[at][1]
    if shown[at].endswith("'s") or not text[end:].strip(" .,!?…)\n"):
        return True
    if text[end] in ",!?:" or (text[end] == "\n" and shown[at] not in ORDINARY):
        return True
    for number, word in enumerate(shown[at + 1 : at + 1 + LOOK_AHEAD]):
        between = text[tokens[at + number][1] : tokens[at + number + 1][0]]
        if between.strip(" ") or (number == 0 and word in AFTER_WORDS):
            return False
        if word in VERBS or _russian_verb(word):
            return True
    return False


def _russian_verb(word: str) -> bool:
    past = word.endswith(("ла", "л", "лась", "лся")) and len(word) > 3
    present = word.endswith(("ет", "ит", "ается", "ится", "ется")) and len(word) > 4
    return (past or present) and word not in NOT_VERBS
