"""Condition of generated texts: repetition, leftovers of the template, ends, language, request.

These figures say whether the answers are usable, not whose style they have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from morris_mlx.evaluate.checks import check_text
from morris_mlx.evaluate.giveaways import MIN_TEXTS
from morris_mlx.evaluate.judges.grammar import function_words
from morris_mlx.models.chat_formats import ChatFormat
from morris_mlx.records.evaluation import TextHealth
from morris_mlx.records.generation import FinishReason
from morris_mlx.text.words import PROSE_WORD

REQUEST_LETTERS = 4  # of a word of a request that must be taken up; shorter ones are mostly grammar
STEM = 5  # letters that must agree: "auction" and "auctions" are the same


@dataclass(frozen=True, slots=True)
class Answer:
    """A generated text, its request, and the reason why it ended."""

    text: str
    request: str
    finish_reason: FinishReason


def measure_health(
    answers: Sequence[Answer],
    end_probability: float,
    language: str,
    detect_language: Callable[[str], str],
    chat_format: ChatFormat | None = None,
) -> TextHealth:
    """Return the figures of a model's answers.

    Args:
        answers: The answers. They may have been cut at a limit, which is no fault.
        end_probability: The probability of an end where the author's texts end.
        language: The language of the author's texts.
        detect_language: Returns the language of a text, "" if it cannot be told.
        chat_format: The model's chat format.
    """
    kinds = [_kinds(answer, chat_format) for answer in answers]
    count = max(1, len(answers))
    languages = [detect_language(answer.text) for answer in answers]
    taken = [share for a in answers if (share := request_share(a, language)) is not None]
    return TextHealth(
        answers=len(answers),
        repeated=sum(
            "repetition" in k or a.finish_reason == "loop"
            for k, a in zip(kinds, answers, strict=True)
        )
        / count,
        leaked=sum("template" in k for k in kinds) / count,
        empty=sum("empty" in k for k in kinds) / count,
        stopped=sum(a.finish_reason == "stop" for a in answers) / count,
        other_language=sum(one not in ("", language) for one in languages) / count,
        distinct_trigrams=distinct_trigrams([a.text for a in answers]),
        answered=sum(taken) / len(taken) if taken else None,
        end_probability=end_probability,
    )


def _kinds(answer: Answer, chat_format: ChatFormat | None) -> set[str]:
    # "stop": an answer that was cut at the limit of the evaluation is not unfinished.
    return {f.kind for f in check_text(answer.text, "stop", chat_format=chat_format)}


def distinct_trigrams(texts: Sequence[str]) -> float:
    """Return the mean share of the three-word runs of a text that are different.

    It is 1 for texts without a run; only repetition within a text counts.
    """
    shares = []
    for text in texts:
        words = [w.casefold() for w in PROSE_WORD.findall(text)]
        runs = list(zip(words, words[1:], words[2:], strict=False))
        if runs:
            shares.append(len(set(runs)) / len(runs))
    return sum(shares) / len(shares) if shares else 1.0


def request_share(answer: Answer, language: str) -> float | None:
    """Return the share of the words of content of a request that the answer has.

    None for a request without such words.
    """
    grammar = function_words(language)
    wanted = {
        word.casefold()[:STEM]
        for word in PROSE_WORD.findall(answer.request)
        if len(word) >= REQUEST_LETTERS and word.casefold() not in grammar
    }
    if not wanted:
        return None
    found = {word.casefold()[:STEM] for word in PROSE_WORD.findall(answer.text)}
    return len(wanted & found) / len(wanted)


def enough_to_compare(texts: Sequence[str]) -> bool:
    """Return True if there are enough texts with words for a comparison of habits."""
    return sum(bool(PROSE_WORD.search(text)) for text in texts) >= MIN_TEXTS
