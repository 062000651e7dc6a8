"""Signs in a sentence that its first word is a person, such as a verb or a comma after it."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.prepare.redact.tokens import Token, words_after
from morris_mlx.prepare.redact.word_lists import (
    COPULAS,
    HUMAN_VERBS,
    NEEDS_HUMAN_VERB,
    NOT_AFTER_NAMES,
    NOT_OF_PEOPLE,
    NOT_VERBS,
    NOT_VOCATIVES,
    ORDINARY,
    PRONOUNS,
    VERBS,
)
from morris_mlx.prepare.redact.word_usage import begins_sentence

VERB_DISTANCE = 3  # words after a name that are searched for its verb
_AUXILIARIES = frozenset(("did", "do", "does", "had", "have", "has", "will", "would", "could"))
_SUBJECT_PRONOUNS = frozenset(("i", "we", "he", "she", "they"))
_NAMES_THAT_ASK = frozenset(("will", "may"))
_SUBJECTS_OF_QUESTIONS = _SUBJECT_PRONOUNS | frozenset(
    ("it", "you", "this", "that", "there", "anyone", "anybody", "someone", "somebody", "everyone")
)
END_MARKS = " .,!?…)\n"


def is_address(text: str, token: Token, ordinary: bool) -> bool:
    """Return True if a vocative is followed by a comma or the end of a line: "Саш, иди сюда"."""
    right = text[token.end : token.end + 1]
    if ordinary:
        begins = begins_sentence(text, token.start)
        return right == "," and begins and token.word not in NOT_VOCATIVES
    start = token.start
    while start and text[start - 1] == " ":
        start -= 1
    left = text[start - 1] if start else ""
    return right in (",", "!", "?") or (right in ("", "\n", ".") and left in (",", ""))


def is_subject(text: str, tokens: Sequence[Token], at: int, *, has_english: bool) -> bool:
    """Return True if the first word of a sentence is a person who is its subject.

    With `has_english`, English verbs are signs, too.
    """
    token = tokens[at]
    if token.word.endswith("'s") or _ends_text(text, tokens, at):
        return True
    if _is_inverted(words_after(text, tokens, at, 2)):
        return False
    right = text[token.end]
    # A comma after a surname that is also a word is not a sign: "Bueno, vamos".
    if (right in ",!?:" and not token.is_likely) or (right == "\n" and token.word not in ORDINARY):
        return True
    # "Young painters found her": a surname is directly before its verb.
    following = words_after(text, tokens, at, 1 if token.is_likely else VERB_DISTANCE)
    if following and (following[0] in NOT_AFTER_NAMES or following[0] in PRONOUNS):
        return False
    if token.base in NEEDS_HUMAN_VERB:
        return bool(HUMAN_VERBS.intersection(following[:2]))
    if NOT_OF_PEOPLE.intersection(following):
        return False
    # "Jasmine tea is good": between a person and "is", other words are rare.
    following = [w for n, w in enumerate(following) if not n or w not in COPULAS]
    verbs = VERBS | HUMAN_VERBS if has_english else HUMAN_VERBS
    return any(w in verbs or _is_russian_verb(w) for w in following)


def is_question_after_colon(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Return True for a question after a speaker's name, as in an interview: "TOM: Will you?"."""
    if tokens[at].word not in _NAMES_THAT_ASK or not text[
        max(0, tokens[at].start - 2) : tokens[at].start
    ].rstrip().endswith(":"):
        return False
    return bool(_SUBJECTS_OF_QUESTIONS.intersection(words_after(text, tokens, at, 1)))


def _is_inverted(following: Sequence[str]) -> bool:
    """Return True for a verb before its pronoun: "Little did we know" begins with an adverb."""
    return len(following) > 1 and following[0] in _AUXILIARIES and following[1] in _SUBJECT_PRONOUNS


def _ends_text(text: str, tokens: Sequence[Token], at: int) -> bool:
    if at + 1 < len(tokens) and tokens[at + 1].start - tokens[at].end < 10:
        return False
    end = tokens[at].end
    while end < len(text) and text[end] in END_MARKS:
        end += 1
    return end == len(text)


def _is_russian_verb(word: str) -> bool:
    past = word.endswith(("ла", "л", "лась", "лся")) and len(word) > 3
    present = word.endswith(("ет", "ит", "ается", "ится", "ется")) and len(word) > 4
    return (past or present) and word not in NOT_VERBS
