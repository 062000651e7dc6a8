"""Finder of the forms of known names in folded texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from morris_mlx.prepare.redact.name_forms import Name
from morris_mlx.prepare.redact.name_signs import SignReader
from morris_mlx.prepare.redact.names import (
    LATIN,
    LATIN_POSSESSIVE,
    NO_USAGE,
    Forms,
    NameForm,
    NameWord,
    index_entries,
    index_forms,
    index_nicknames,
    is_function_word,
)
from morris_mlx.prepare.redact.spans import Hit, to_main_alphabet
from morris_mlx.prepare.redact.tokens import Token, adjoins, begins_with_capital
from morris_mlx.prepare.redact.transliteration import latin_spellings
from morris_mlx.prepare.redact.word_lists import PARTICLES, TITLES, is_given_name
from morris_mlx.prepare.redact.word_usage import WordUsage, begins_sentence
from morris_mlx.text.folding import lowercase, without_accents
from morris_mlx.text.pii import Person
from morris_mlx.text.words import HYPHENATED_WORD, WORD_PART

# Letters of scripts without spaces: Thai, Lao, Burmese, Khmer, kana and Chinese characters.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
MAX_GAP = 2  # characters between two words of a full name: "P. Koch"


class NameRecognizer:
    """A finder of known names.

    `stand_ins` has an invented name for each (word, declension). With None, names get the
    placeholder. `not_names` are words and phrases, in lower case, that are not names.
    """

    def __init__(
        self,
        people: Sequence[Person],
        words: Sequence[NameWord],
        stand_ins: Mapping[tuple[str, str], Name] | None,
        usage: WordUsage = NO_USAGE,
        not_names: Collection[str] = (),
    ) -> None:
        self._not_names = frozenset(not_names)
        self._forms = index_forms(words, usage)
        self._unspaced = _pattern_of_unspaced(self._forms, self._not_names)
        self._nicknames = index_nicknames(words)
        self._entries = index_entries(people)
        entries = {entry for known in self._entries.values() for entry in known}
        self._pairs = {pair for entry in entries for pair in pairwise(entry)}
        self._stand_ins = stand_ins
        self._signs = SignReader(usage)
        self._not_name_phrases: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted(self._not_names):
            parts = tuple(WORD_PART.findall(phrase))
            if len(parts) > 1:
                self._not_name_phrases.setdefault(parts[0], []).append(parts)

    def find(self, text: str) -> Iterator[Hit]:
        """Yield the names in a folded text; a nickname or a surname with particles is one hit."""
        # A list of all words takes 30 times the memory of the text, so it is not made for nothing.
        tokens = list(self._tokens(text)) if self._forms or self._nicknames else []
        excluded = self._excluded(text, tokens)
        at = 0
        while at < len(tokens):
            length, form = self._nickname_at(text, tokens, at)
            if form and at not in excluded:
                span = tokens[at].start, tokens[at + length - 1].end
                yield Hit("name", *span, self._stand_in(form, text[slice(*span)]))
                at += length
                continue
            if tokens[at].forms and at not in excluded:
                yield from self._find_name(text, tokens, at)
            at += 1
        if self._unspaced:
            for match in self._unspaced.finditer(text):
                form = self._forms[lowercase(match.group())][0]
                yield Hit("name", *match.span(), self._stand_in(form, match.group()))

    def _find_name(self, text: str, tokens: Sequence[Token], at: int) -> Iterator[Hit]:
        token = tokens[at]
        first, is_whole = self._first_of_surname(text, tokens, at)
        form, neighbor = self._form_in_full_name(text, tokens, at, first)
        paired = form is not None
        if neighbor is not None and self._are_ordinary(text, tokens, *sorted((at, neighbor))):
            if self._signs.follows_article(text, tokens, min(at, neighbor)):
                return
            paired = False
        if not paired and token.base in self._not_names:
            return
        if not paired and not self._is_beside_entry(text, tokens, at):
            particle = first < at and begins_with_capital(text, token)
            if not self._signs.is_name(text, tokens, at, particle_before=particle):
                return
        start = token.start
        whole = is_whole and begins_with_capital(text, tokens[first])
        if first < at and (whole or self._takes_particles(text, tokens, first, at, paired)):
            start = tokens[first].start
        real = text[token.start : token.end]
        yield Hit(
            "name",
            start,
            self._end_of_entry(text, tokens, at),
            self._stand_in(form or token.forms[0], real),
        )

    def _tokens(self, text: str) -> Iterator[Token]:
        """Yield the words; one with a hyphen or 's as a whole if it is a form, else its parts."""
        for match in HYPHENATED_WORD.finditer(text):
            word = _normalized(match.group())
            forms = self._forms_of(word, match.group())
            if forms or word.isalpha():
                yield Token(*match.span(), word, forms)
                continue
            for part in WORD_PART.finditer(text, *match.span()):
                word = _normalized(part.group())
                yield Token(*part.span(), word, self._forms_of(word, part.group()))

    def _forms_of(self, word: str, written: str) -> Sequence[NameForm]:
        """Return the forms with this spelling, with a capital also those with fewer accents.

        In lower case, "marié" is not Marie.
        """
        if forms := self._forms.get(word):
            return forms
        return self._forms.get(without_accents(word), ()) if written[:1].isupper() else ()

    def _excluded(self, text: str, tokens: Sequence[Token]) -> set[int]:
        """Return the indices of the words inside phrases that the user says are no names."""
        found: set[int] = set()
        if self._not_name_phrases:
            for at, token in enumerate(tokens):
                for parts in self._not_name_phrases.get(token.word, ()):
                    if _matches(text, tokens, at, parts):
                        found.update(range(at, at + len(parts)))
        return found

    # --- nicknames ----------------------------------------------------------------------------
    def _nickname_at(
        self, text: str, tokens: Sequence[Token], at: int
    ) -> tuple[int, NameForm | None]:
        """Return the length in words and the form of a nickname that begins here, or (0, None).

        All its words are ordinary, so those that are not function words need a capital.
        """
        for parts, form in self._nicknames.get(tokens[at].word, ()):
            if not _matches(text, tokens, at, parts):
                continue
            found = tokens[at : at + len(parts)]
            greeted = self._signs.follows_greeting(text, tokens, at)
            small = [t for t in found if not begins_with_capital(text, t)]
            if any(not is_function_word(t.word) or t is found[0] for t in small) and not greeted:
                continue
            if len(small) == len(parts) and not greeted:
                continue
            if self._signs.follows_article(text, tokens, at) or _part(text, found).isupper():
                continue
            last = at + len(parts) - 1
            if not greeted and self._signs.is_other_name(text, tokens, last):
                continue  # "El Jefe del Gobierno"
            # "All of us went": the first capital is that of the sentence.
            if (
                begins_sentence(text, tokens[at].start)
                and not self._signs.has_telling_capital(text, found[1:])
                and (small == found[1:] or not self._signs.is_subject(text, tokens, last))
            ):
                continue
            return len(parts), form
        return 0, None

    # --- full names ---------------------------------------------------------------------------
    def _first_of_surname(self, text: str, tokens: Sequence[Token], at: int) -> tuple[int, bool]:
        """Return the index of the first particle that an entry has before this word, or `at`.

        Also return True if the entry begins with that particle: Van Nguyen.
        """
        best = at, False
        for entry, place in self._places(tokens[at]):
            first = at
            while (
                place
                and first
                and adjoins(text, tokens[first - 1], tokens[first])
                and tokens[first - 1].word == entry[place - 1]
                and not tokens[first - 1].forms
            ):
                first, place = first - 1, place - 1
            if not place or not _is_particle(entry[place - 1]):  # not "der Berg" of "van der Berg"
                best = min(best, (first, place == 0))
        return best

    def _places(self, token: Token) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield the entries that have a word, in any of its forms, with its place in each."""
        for word in dict.fromkeys((token.base, *(f.word.name.word for f in token.forms))):
            for entry in self._entries.get(word, ()):
                yield from ((entry, place) for place, w in enumerate(entry) if w == word)

    def _takes_particles(
        self, text: str, tokens: Sequence[Token], first: int, at: int, paired: bool
    ) -> bool:
        """Return True if the words before a surname belong to it and are replaced with it.

        "von der Aue" may also mean "from the meadow", so that the particles are kept unless a
        given name, a title, or a capital inside the sentence shows that they are of the name.
        """
        before = tokens[first - 1] if first else None
        if before and adjoins(text, before, tokens[first]):
            same = {p for f in before.forms for p in f.word.people}
            if paired and same & {p for f in tokens[at].forms for p in f.word.people}:
                return True
            if before.word in TITLES:
                return True
        inside = not begins_sentence(text, tokens[first].start)
        return inside and any(begins_with_capital(text, t) for t in tokens[first:at])

    def _end_of_entry(self, text: str, tokens: Sequence[Token], at: int) -> int:
        """Return the end of a name with the words after it that are not names alone: Ann Church."""
        end = tokens[at].end
        for entry, place_of_word in self._places(tokens[at]):
            place, after = place_of_word + 1, at + 1
            while (
                place < len(entry)
                and after < len(tokens)
                and tokens[after].word == entry[place]
                and not tokens[after].forms
                and adjoins(text, tokens[after - 1], tokens[after])
            ):
                place, after = place + 1, after + 1
            is_name = place < len(entry) and after < len(tokens) and tokens[after].forms
            last = tokens[after - 1]
            if not is_name and begins_with_capital(text, last):
                end = max(end, last.end)
        return end

    def _is_beside_entry(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True for a whole entry with words that are not names alone: Van Nguyen."""
        for entry, place in self._places(tokens[at]):
            start = at - place
            if start < 0 or not _matches(text, tokens, start, entry):
                continue
            found = tokens[start : start + len(entry)]
            others = [t for t in found if not t.forms and t.word not in PARTICLES]
            written = [t for t in found if len(t.word) > 1 and t.word not in PARTICLES]
            if others and all(begins_with_capital(text, t) for t in written):
                return True
        return False

    def _form_in_full_name(
        self, text: str, tokens: Sequence[Token], at: int, first: int
    ) -> tuple[NameForm | None, int | None]:
        """Return the form that is the name of one person with the name before or after it.

        Also return the index of that name. `first` is the first particle of the surname, as in
        "Ursula von der Aue".
        """
        after = at + 1
        while after < len(tokens) and _is_particle(tokens[after].word) and not tokens[after].forms:
            after += 1
        if after < len(tokens) and self._first_of_surname(text, tokens, after)[0] > at + 1:
            after = len(tokens)
        for neighbor in (first - 1, after):
            if not 0 <= neighbor < len(tokens) or not tokens[neighbor].forms:
                continue
            low, high = sorted((at, neighbor))
            if not all(_is_near(text, tokens[i], tokens[i + 1]) for i in range(low, high)):
                continue
            for form in tokens[at].forms:
                for other in tokens[neighbor].forms:
                    same_person = bool(form.word.people & other.word.people)
                    roles = form.word.name.role, other.word.name.role
                    # Two given names are a whole, too, if a contact has them: José Ángel.
                    beside = (tokens[low].base, tokens[high].base) in self._pairs
                    if same_person and (roles[0] != roles[1] or beside):
                        return form, neighbor
        return None, None

    def _are_ordinary(self, text: str, tokens: Sequence[Token], low: int, high: int) -> bool:
        """Return True for two ordinary words: "will young", "the London Flat"."""
        pair = tokens[low], tokens[high]
        if not all(self._signs.is_ordinary(t) or self._signs.is_function_word(t) for t in pair):
            return False
        capitals = sum(begins_with_capital(text, t) for t in pair)
        if capitals == 1 or self._signs.follows_article(text, tokens, low):
            return True
        if capitals:
            return False
        # "la rosa di casa", "a rosa branca"; but "der peter koch" is a person.
        if self._signs.follows_article_of_words(text, tokens, low):
            return True
        return any(self._signs.is_function_word(t) for t in pair) or not any(
            t.is_certain for t in pair
        )

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


def _pattern_of_unspaced(forms: Forms, not_names: Collection[str]) -> re.Pattern[str] | None:
    """Return a pattern of the names in scripts without spaces, which are inside longer words."""
    found = (s for s in forms if UNSPACED.fullmatch(s) and not is_function_word(s))
    names = sorted((s for s in found if s not in not_names), key=lambda s: (-len(s), s))
    return re.compile("|".join(map(re.escape, names))) if names else None


def _is_particle(word: str) -> bool:
    return word in PARTICLES or (is_function_word(word) and not is_given_name(word))


def _is_near(text: str, left: Token, right: Token) -> bool:
    gap = text[left.end : right.start]
    return len(gap) <= MAX_GAP and not gap.strip(" .\n") and gap.count("\n") < 2


def _matches(text: str, tokens: Sequence[Token], at: int, parts: Sequence[str]) -> bool:
    found = tokens[at : at + len(parts)]
    if len(found) < len(parts) or any(t.word != p for t, p in zip(found, parts, strict=True)):
        return False
    return all(_is_near(text, a, b) for a, b in pairwise(found))


def _part(text: str, tokens: Sequence[Token]) -> str:
    return text[tokens[0].start : tokens[-1].end]


def _normalized(word: str) -> str:
    return lowercase(to_main_alphabet(word)).replace("’", "'")
