"""Signs that a word means a person: titles, greetings, verbs and capitals in its context."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.prepare.redact.name_forms import GENITIVE, VOCATIVE
from morris_mlx.prepare.redact.names import (
    LATIN,
    LATIN_POSSESSIVE,
    Certainty,
    is_frequent_english,
    is_function_word,
    is_ordinary,
)
from morris_mlx.prepare.redact.person_signs import PersonSigns
from morris_mlx.prepare.redact.sentence_signs import is_address, is_question_after_colon, is_subject
from morris_mlx.prepare.redact.tokens import (
    Token,
    adjoins,
    begins_with_capital,
    is_in_compound,
    word_before,
    words_after,
)
from morris_mlx.prepare.redact.word_lists import (
    BEFORE_PEOPLE,
    BEFORE_PLACES,
    ENGLISH_WORDS,
    FAMILY_BEFORE,
    GERMAN_ENDINGS,
    GIVEN_NOUNS,
    GREETINGS,
    HUMAN_VERBS,
    MONTHS,
    MOTIONS,
    NOT_BEFORE_NAMES,
    NOUN_CAPITALS,
    ORDINARY,
    PARTICLES,
    PLACES,
    PLURAL_VERBS,
    TITLES,
    is_given_name,
    ordinary_words,
)
from morris_mlx.prepare.redact.word_usage import LISTED, WordUsage, begins_sentence, is_in_date

MIN_LETTERS = 3  # two letters are a syllable; "Ян" and "Bo" are found only in a whole name
MIN_LATIN_LETTERS = 4  # shorter Latin spellings of Russian names are often English words
MOTION_DISTANCE = 5  # words before a place: "went by train from Austin to Paris"


class SignReader:
    """A classifier of single words: a name, or an ordinary word of the corpus."""

    def __init__(self, usage: WordUsage) -> None:
        self._usage = usage
        self._persons = PersonSigns(usage)
        listed = ordinary_words()
        languages = usage.languages & NOUN_CAPITALS
        self._nouns = usage.nouns.union(*(listed.get(code, frozenset()) for code in languages))
        self._articles = usage.determiners() | usage.determiners("-own")
        self._articles -= self._persons.no_articles
        # "my Grace" and, in some languages, "der Peter" are persons.
        self._articles_of_words = usage.determiners() - usage.determiners("-given")

    def is_name(
        self, text: str, tokens: Sequence[Token], at: int, *, particle_before: bool = False
    ) -> bool:
        """Return True if a form is a name by itself: an ordinary word needs a sign that it is one.

        With `particle_before`, the particles of the surname are before it: "von der Aue".
        """
        token = tokens[at]
        if len(token.base) < MIN_LETTERS:
            return False
        capital = begins_with_capital(text, token)
        before = word_before(text, tokens, at)
        ordinary = self.is_ordinary(token)
        if token.base in MONTHS and is_in_date(text, token.start, token.end):
            return False
        if capital and self._is_family(text, tokens, at):
            return True
        if not capital and _ends_other_name(text, tokens, at):
            return False
        if before in TITLES and (capital or not ordinary):
            return True
        ordinary = ordinary or self._may_be_place(text, tokens, at)
        article = not particle_before and self.follows_article(text, tokens, at)
        if article and (ordinary or not (capital or token.is_certain)):
            return False
        vocative = all(form.slot == VOCATIVE for form in token.forms)
        if not ordinary and not vocative:
            return True
        if self.follows_greeting(text, tokens, at) and (capital or not token.is_likely):
            return True  # but not "my dear young lady"
        if vocative and is_address(text, token, ordinary):
            return True
        return capital and self._is_person(text, tokens, at, particle_before)

    def follows_article(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True after an article or a possessive that is not used before names."""
        given = tokens[at].is_certain and tokens[at].base not in GIVEN_NOUNS | MONTHS
        articles = self._articles_of_words if given else self._articles
        return word_before(text, tokens, at) in articles

    def _follows_article_and_adjective(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True after an article with German adjectives: "ein guter Koch weiß es"."""
        if not self._usage.languages & NOUN_CAPITALS:
            return False
        first = at - 1
        while word_before(text, tokens, first + 1).endswith(GERMAN_ENDINGS):
            if (
                text[tokens[first].start].isupper()
                or word_before(text, tokens, first + 1) in self._articles
            ):
                break
            first -= 1
        return first < at - 1 and word_before(text, tokens, first + 1) in self._articles

    def follows_article_of_words(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True after an article or possessive, except in languages that put it before names.

        In Spanish and Italian, "la" before two ordinary words in lower case hardly begins a name.
        """
        if self._usage.languages & NOUN_CAPITALS:
            return False
        return word_before(text, tokens, at) in self._articles

    def has_telling_capital(self, text: str, words: Sequence[Token]) -> bool:
        """Return True if a word has a capital that an ordinary one would not have there."""
        if self._usage.languages & NOUN_CAPITALS:
            return False
        return any(begins_with_capital(text, t) for t in words if not is_function_word(t.word))

    def is_function_word(self, token: Token) -> bool:
        """Return True for a function word; a given name only of a language of the corpus."""
        if token.is_certain:
            return self._usage.is_function_word(token.base)
        return is_function_word(token.base)

    def is_ordinary(self, token: Token) -> bool:
        """Return True if a form is also an ordinary word."""
        return self._is_ordinary_form(token) or self._is_ordinary_word(token, token.base)

    def _is_ordinary_form(self, token: Token) -> bool:
        genitives = {f.word.name.word for f in token.forms if f.slot == GENITIVE}
        return any(self._is_ordinary_word(token, word) for word in genitives)

    def _is_ordinary_word(self, token: Token, word: str) -> bool:
        if word in ORDINARY or all(f.word.certainty == Certainty.AMBIGUOUS for f in token.forms):
            return True
        if self._usage.is_function_word(word) or _is_russian_homonym(token):
            return True
        if word in PLACES and not token.is_certain:
            return True
        if token.is_certain:
            listed = ordinary_words()
            if any(word in listed.get(code, ()) for code in self._usage.languages):
                return True
            return is_frequent_english(word, self._usage)
        return is_function_word(word) or is_ordinary(word, self._usage)

    def is_subject(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True if the first word of a sentence is a person who is its subject."""
        return is_subject(text, tokens, at, has_english="en" in self._usage.languages)

    def is_other_name(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True for a street, a rank with its country, or a part of an idiom."""
        return self._persons.is_other_name(text, tokens, at)

    def follows_greeting(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True after "Hi" and similar words, with or without a comma."""
        if at == 0 or tokens[at - 1].word not in GREETINGS:
            return False
        return not text[tokens[at - 1].end : tokens[at].start].strip(" ,")

    def _is_bare_given_noun(self, text: str, token: Token, before: str) -> bool:
        """Return True for a given name that is a noun without an article or adjective before it.

        "Bei Ernst brennt Licht", but not "mein Ernst" or "in vollem Ernst".
        """
        if not token.is_certain or token.base not in GIVEN_NOUNS:
            return False
        if begins_sentence(text, token.start):
            return text.startswith(",", token.end)  # "Wolf, bist du da?"
        return before not in self._articles and not before.endswith(GERMAN_ENDINGS)

    def _is_family(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True for a family by its surname: "bei Kochs", "die Winters", "los Vaca"."""
        token, before = tokens[at], word_before(text, tokens, at)
        if "es" in self._usage.languages and before == "los":
            following = tokens[at + 1] if at + 1 < len(tokens) else None
            beside = following and adjoins(text, token, following)
            if following and beside and begins_with_capital(text, following):
                return False  # "los Reyes Magos"
            return not token.base.endswith("s") or text[tokens[at - 1].start].islower()
        plural = token.base.endswith("s") and all(form.slot == GENITIVE for form in token.forms)
        plural = plural and token.base not in self._nouns
        if not plural or not self._usage.languages & NOUN_CAPITALS:
            return False
        begins = begins_sentence(text, token.start)
        return before in FAMILY_BEFORE or (
            begins and bool(PLURAL_VERBS.intersection(words_after(text, tokens, at, 1)))
        )

    def _may_be_place(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True where a name is more likely a place: "to Austin" after a verb of motion."""
        if tokens[at].base not in PLACES or not begins_with_capital(text, tokens[at]):
            return False
        before = word_before(text, tokens, at)
        if before in BEFORE_PLACES or self.follows_article(text, tokens, at):
            return True
        moved = any(t.word in MOTIONS for t in tokens[max(0, at - MOTION_DISTANCE) : at])
        return before in ("to", "from") and moved

    def _is_noun(self, token: Token) -> bool:
        if token.is_certain and token.base not in GIVEN_NOUNS:
            return False
        if token.base in self._usage.surnames:
            return False
        return any(w in self._nouns for w in (token.base, *(f.word.name.word for f in token.forms)))

    def _is_person(
        self, text: str, tokens: Sequence[Token], at: int, particle_before: bool
    ) -> bool:
        """Return True if an ordinary word with a capital means a person."""
        token = tokens[at]
        before = word_before(text, tokens, at)
        if _is_in_other_name(text, tokens, at, nouns=bool(self._usage.languages & NOUN_CAPITALS)):
            return False
        if _follows_given_name(text, tokens, at):
            return True
        if not token.is_certain and self._persons.is_other_name(text, tokens, at):
            return False
        # "Zum Stein am Ufer" begins a sentence with a preposition and a noun.
        is_noun = token.base in self._usage.nouns and before in self._articles
        if particle_before and not (is_noun and begins_sentence(text, tokens[at - 1].start)):
            return True
        place = token.base in PLACES and not token.is_certain
        place = place or self._may_be_place(text, tokens, at)
        if self._is_noun(token) or place or token.base in MONTHS:
            if self._follows_article_and_adjective(text, tokens, at):
                return False
            following = words_after(text, tokens, at, 1)
            ambiguous = self._is_noun(token) and self._persons.is_ambiguous(before)
            asked = before in BEFORE_PEOPLE and not ambiguous
            if HUMAN_VERBS.intersection(following) or asked:
                return True
            paired = self._persons.is_paired_with_noun(text, tokens, at)
            if self._is_bare_given_noun(text, token, before) and not paired:
                return True
            return self._is_noun(token) and self._persons.means_person(text, tokens, at)
        if before in NOT_BEFORE_NAMES or is_question_after_colon(text, tokens, at):
            return False
        if not begins_sentence(text, token.start) or self.is_subject(text, tokens, at):
            return True
        if self._persons.begins_with_person(text, tokens, at, is_noun=False):
            return True
        # Where nouns have articles, one without an article hardly begins a sentence.
        following = words_after(text, tokens, at, 1)
        foreign = bool(self._usage.languages - LISTED)
        no_word = token.is_certain or not is_ordinary(token.base, self._usage)
        if not (no_word and foreign) or self._usage.is_function_word(token.base):
            return False
        return not PARTICLES.intersection(following)


def _is_russian_homonym(token: Token) -> bool:
    # In Latin letters, a Russian name may be an English word: roman, era.
    if all(form.slot in (LATIN, LATIN_POSSESSIVE) for form in token.forms) and (
        len(token.word) < MIN_LATIN_LETTERS or token.word in ENGLISH_WORDS
    ):
        return True
    # Surnames in -ых are also adjectives in the plural: Черных, Толстых.
    return token.word.endswith(("ых", "их"))


def _is_in_other_name(text: str, tokens: Sequence[Token], at: int, *, nouns: bool) -> bool:
    """Return True beside another word with a capital: Black Forest, Le Petit Prince."""
    token = tokens[at]
    if not token.is_certain and is_in_compound(text, token):
        return True
    if nouns:
        return False
    if at > 1 and tokens[at - 1].word == "s" and begins_with_capital(text, tokens[at - 2]):
        return not begins_sentence(text, tokens[at - 2].start)  # Cooper's Hill
    for neighbor in (at - 1, at + 1):
        if not 0 <= neighbor < len(tokens):
            continue
        left, right = sorted((tokens[at], tokens[neighbor]), key=lambda token: token.start)
        other = tokens[neighbor]
        if not adjoins(text, left, right) or other.forms or len(other.word) < MIN_LETTERS:
            continue
        named = is_given_name(other.word) or is_function_word(other.word)
        inside = neighbor > at or not begins_sentence(text, other.start)
        if inside and not named and begins_with_capital(text, other):
            return not text[other.start : other.end].isupper()
    return False


def _ends_other_name(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Return True for the end of a compound that begins with another word: Klekih-petra."""
    if not at or text[tokens[at - 1].end : tokens[at].start] != "-":
        return False
    before = tokens[at - 1]
    named = before.forms or is_given_name(before.word) or before.word in TITLES
    return begins_with_capital(text, before) and not named


def _follows_given_name(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Return True after a given name, or an initial with a full stop, with a capital."""
    if not at or not begins_with_capital(text, tokens[at - 1]):
        return False
    before = tokens[at - 1]
    gap = text[before.end : tokens[at].start]
    if len(before.word) == 1:
        return gap in (".", ". ")
    return gap == " " and is_given_name(before.word) and not is_function_word(before.word)
