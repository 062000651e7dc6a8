"""Signs, in several languages, that a surname which is also an ordinary word means a person.

All German nouns have a capital, so the sign there is a noun without an article: "bei Koch". In
other languages, a capital within a sentence is a sign, and the first word of a sentence counts only
with a verb for what people do.
"""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.prepare.redact.name_forms import GENITIVE
from morris_mlx.prepare.redact.names import is_function_word
from morris_mlx.prepare.redact.tokens import (
    Token,
    adjoins,
    begins_with_capital,
    word_before,
    words_after,
)
from morris_mlx.prepare.redact.word_lists import (
    BEFORE_PEOPLE,
    GERMAN_ENDINGS,
    NOUN_CAPITALS,
    TITLES,
    is_given_name,
    person_signs,
)
from morris_mlx.prepare.redact.word_usage import WordUsage, begins_sentence, determiners_of

CLAUSE_WORDS = 8  # words after a noun that are searched for the participle of its clause
IDIOM_DISTANCE = 2  # words between the halves of an idiom: "von Stein zu Stein", "Porta a Porta"
INFINITIVES = tuple(v + r for v in "aei" for r in ("r", "re", "rlo", "rla", "rse"))
MAX_CLITICS = 3  # words between a subject and its verb: "Rey no me lo dijo"


class PersonSigns:
    """A reader of the words around a surname, with the lists of the languages of a corpus."""

    def __init__(self, usage: WordUsage) -> None:
        known = person_signs()
        self._lists = {
            kind: frozenset[str]().union(
                *(known.get(f"{code}-{kind}", frozenset()) for code in usage.languages)
            )
            for kind in {key.partition("-")[2] for key in known}
        }
        self._endings = tuple(sorted(self._lists["ending"]))
        languages = usage.languages & NOUN_CAPITALS
        self._nouns_have_capitals = bool(languages)
        own = determiners_of(languages) | determiners_of(languages, "-own")
        # "du" is a subject in German, although it is an article in French.
        pronouns = (known.get(f"{code}-pronoun", frozenset()) - own for code in languages)
        self.no_articles = frozenset[str]().union(*pronouns)
        self._determiners = usage.determiners() | usage.determiners("-own")
        self._determiners -= self.no_articles

    def is_ambiguous(self, before: str) -> bool:
        """Return True for a word that people as well as things may follow: "mit Stein"."""
        return self._nouns_have_capitals and before in self._lists["with"]

    # --- other names, and idioms ----------------------------------------------------------------
    def is_other_name(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True for a street, a rank with its country, or a part of an idiom.

        "rue Fontaine", "Rey de España", "House of Stone", "Porta a Porta".
        """
        before = word_before(text, tokens, at)
        if before in self._lists["street"] or self._is_repeated(tokens, at):
            return True
        following = words_after(text, tokens, at, 1)
        if self._nouns_have_capitals:
            return False
        if following and following[0] in self._lists["of"] and before not in BEFORE_PEOPLE:
            return True
        if before not in self._lists["of"] or at < 2 or not adjoins(text, *tokens[at - 2 : at]):
            return False
        head = tokens[at - 2]
        named = head.forms or is_given_name(head.word) or is_function_word(head.word)
        is_capital = begins_with_capital(text, head) and not begins_sentence(text, head.start)
        return is_capital and not named

    def _is_repeated(self, tokens: Sequence[Token], at: int) -> bool:
        near = range(at - IDIOM_DISTANCE, at + IDIOM_DISTANCE + 1)
        others = (tokens[i] for i in near if i != at and 0 <= i < len(tokens))
        return any(token.word == tokens[at].word for token in others)

    # --- nouns without an article ----------------------------------------------------------------
    def means_person(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True if a noun without an article means a person: "bei Koch", "Kochs Auto"."""
        if not self._nouns_have_capitals:
            return False
        before = word_before(text, tokens, at)
        if before in self._determiners or self.is_paired_with_noun(text, tokens, at):
            return False
        if self._is_genitive(text, tokens, at, before) or self._ends_letter(text, tokens, at):
            return True
        if begins_sentence(text, tokens[at].start):
            return self.begins_with_person(text, tokens, at, is_noun=True)
        clause = words_after(text, tokens, at, CLAUSE_WORDS)
        if before in self._lists["with"]:
            return self._is_with_person(text, tokens, at, clause)
        if before in self._lists["and"] and at > 1 and tokens[at - 2].forms:
            joined = adjoins(text, tokens[at - 2], tokens[at - 1])
            return joined and self.means_person(text, tokens, at - 2)
        if self._is_mass(tokens[at]):
            return self._is_in_verb_frame(text, tokens, at, clause, is_mass=True)
        if before in self._lists["ask"] or self._is_subject_of_clause(text, tokens, at, clause):
            return True
        return self._is_in_verb_frame(text, tokens, at, clause, is_mass=False)

    def _is_mass(self, token: Token) -> bool:
        return token.base in self._lists["mass"]

    def _is_with_person(
        self, text: str, tokens: Sequence[Token], at: int, clause: Sequence[str]
    ) -> bool:
        """Return True after a preposition: "bei Koch", but not "von König Ludwig" or "zu Berg"."""
        before, word = tokens[at - 1].word, tokens[at].base
        if before in self._lists["source"]:
            return True
        if self._is_before_name(text, tokens, at):
            return False
        if word in self._lists["place"] and before in self._lists["to"]:
            return False
        if word in self._lists["quality"]:
            return clause[:1] != ["auf"]  # "von Klein auf"
        return not self._is_mass(tokens[at]) or bool(self._lists["past"].intersection(clause))

    def is_paired_with_noun(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True before "und" and a noun that is not a name: "für König und Vaterland"."""
        if at + 2 >= len(tokens) or tokens[at + 1].word not in self._lists["and"] | {"noch", "wie"}:
            return False
        if not adjoins(text, tokens[at], tokens[at + 1]):
            return False
        other = tokens[at + 2]
        if not adjoins(text, tokens[at + 1], other) or not begins_with_capital(text, other):
            return False
        return not (other.forms or is_given_name(other.word) or other.word in TITLES)

    def _is_genitive(self, text: str, tokens: Sequence[Token], at: int, before: str) -> bool:
        """Return True for a genitive before a noun, without an article: "Kochs Auto"."""
        token = tokens[at]
        genitive = token.word.endswith("'s") or all(f.slot == GENITIVE for f in token.forms)
        if not genitive or at + 1 == len(tokens):
            return False
        of_word = adjoins(text, token, tokens[at + 1]) and begins_with_capital(text, tokens[at + 1])
        return of_word and not (len(before) > 2 and before.endswith(GERMAN_ENDINGS))

    def _ends_letter(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True for a name alone after "Viele Grüße", or after "Bis morgen" and a comma."""
        if not at:
            return False
        gap = text[tokens[at - 1].end : tokens[at].start]
        kind = "parting" if "," in gap else "closing"
        if tokens[at - 1].word not in self._lists["closing"] | self._lists[kind]:
            return False
        end = text[tokens[at].end : tokens[at].end + 2].strip(" .!")
        return not gap.strip(" ,\n") and (not end or end.startswith("\n"))

    def _is_subject_of_clause(
        self, text: str, tokens: Sequence[Token], at: int, clause: Sequence[str]
    ) -> bool:
        """Return True between a conjunction and a verb at the end: "wenn Koch anruft"."""
        if not clause or len(clause) == CLAUSE_WORDS or self._is_before_name(text, tokens, at):
            return False
        verbs = self._lists["verb"] | self._lists["helper"] | self._lists["copula"]
        before = word_before(text, tokens, at)
        return before in self._lists["conjunction"] and clause[-1] in verbs

    def _is_before_name(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True before another name that is not in the contacts: "König Ludwig"."""
        if at + 1 == len(tokens) or not adjoins(text, tokens[at], tokens[at + 1]):
            return False
        following = tokens[at + 1]
        is_rank = tokens[at].base in self._lists["rank"]
        named = is_rank or is_given_name(following.word)
        return named and begins_with_capital(text, following)

    def _is_in_verb_frame(
        self, text: str, tokens: Sequence[Token], at: int, clause: Sequence[str], *, is_mass: bool
    ) -> bool:
        """Return True for a subject after its verb, or an object: "Hat Koch angerufen?"."""
        verb = at - 1
        if verb > 0 and tokens[verb].word in self._lists["dative"] | self._lists["pronoun"]:
            verb -= 1
        if verb < 0 or not all(adjoins(text, tokens[i], tokens[i + 1]) for i in range(verb, at)):
            return False
        word = tokens[verb].word
        done = self._lists["past"] if is_mass else self._lists["past"] | self._lists["seen"]
        if word in self._lists["auxiliary"] and done.intersection(clause):
            return True
        if tokens[at - 1].word in self._lists["pronoun"]:
            return False  # "hast du Koch gelernt"
        finite = self._lists["verb"] | self._lists["helper"] | self._lists["copula"]
        if is_mass or word not in finite:
            return False
        if not verb or begins_sentence(text, tokens[verb].start):
            return True
        opening = tokens[verb - 1]
        is_open = adjoins(text, opening, tokens[verb]) and begins_sentence(text, opening.start)
        return is_open and opening.word in self._lists["opening"]

    # --- the first word of a sentence ------------------------------------------------------------
    def begins_with_person(
        self, text: str, tokens: Sequence[Token], at: int, *, is_noun: bool
    ) -> bool:
        """Return True if the first word of a sentence is the subject of a verb for people.

        `is_noun` is True if the word is a noun or an adjective and all nouns of the language have a
        capital.
        """
        is_quality = tokens[at].base in self._lists["quality"]
        if is_noun and self._is_mass(tokens[at]) and not is_quality:
            return False
        if is_noun and self._is_called(text, tokens, at):
            return True
        following = words_after(text, tokens, at, MAX_CLITICS + 3)
        if self._is_pair(text, tokens, at, following):
            return True
        skipped = 0
        while skipped < min(MAX_CLITICS, len(following) - 1) and (
            following[skipped] in self._lists["clitic"]
        ):
            skipped += 1
        if not following:
            return False
        if (
            following[skipped + 1 : skipped + 2]
            and following[skipped + 1] in self._lists["pronoun"]
        ):
            return False  # "Koch hat er gelernt", "Lang ist es her"
        if is_quality and is_noun:
            return self._is_verb_of_quality(following[skipped], following[skipped + 1 :])
        return self._is_verb_of_person(
            following[skipped], following[skipped + 1 :], has_clitic=skipped > 0, is_noun=is_noun
        )

    def _is_verb_of_quality(self, verb: str, rest: Sequence[str]) -> bool:
        """Return True for "Lang kommt später", but not "Lang kommt mir das vor"."""
        others = self._determiners | self._lists["dative"]
        return verb in self._lists["verb"] and not (rest and rest[0] in others)

    def _is_verb_of_person(
        self, verb: str, rest: Sequence[str], *, has_clitic: bool, is_noun: bool
    ) -> bool:
        """Return True for a verb after a surname that is unlikely after an ordinary word."""
        determined = bool(rest) and rest[0] in self._determiners
        if verb in self._lists["copula"]:
            if has_clitic:
                return True  # "Rossi si è licenziato"
            # "Koch ist ein Beruf", "Bueno es saberlo"
            if not rest or determined:
                return False
            if is_function_word(rest[0]):
                return rest[0] in self._lists["here"]
            return is_noun or not rest[0].endswith(INFINITIVES)
        known = verb in self._lists["helper"] | self._lists["verb"]
        is_verb = known or verb.endswith(self._endings)
        return is_verb and (is_noun or has_clitic or not determined)

    def _is_called(self, text: str, tokens: Sequence[Token], at: int) -> bool:
        """Return True for a name in direct address, before a comma: "Koch, kommst du?"."""
        if not text.startswith(",", tokens[at].end) or at + 1 == len(tokens):
            return False
        gap = text[tokens[at].end + 1 : tokens[at + 1].start]
        return not gap.strip(" ") and tokens[at + 1].word in self._lists["call"]

    def _is_pair(
        self, text: str, tokens: Sequence[Token], at: int, following: Sequence[str]
    ) -> bool:
        """Return True for "Koch und ich", and for two names before a verb of several people."""
        if len(following) < 2 or following[0] not in self._lists["and"]:
            return False
        if following[1] in self._lists["me"]:
            return True
        other = tokens[at + 2]
        named = other.forms or is_given_name(other.word)
        is_verb = len(following) > 2 and following[2] in self._lists["plural"]
        return bool(named) and begins_with_capital(text, other) and is_verb
