"""Answers to the held-out requests, which base, prompted base and adapter all get alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.generation import GenerationResult
from morris_mlx.text.words import PROSE_WORD

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

ANSWERS_AT_ONCE = 8  # one batch of the engine
# Tokens of each: with the 0.6 words of a token of most languages, one batch has MIN_STYLE_WORDS.
ANSWER_TOKENS = 210
SHORTEST_LIMIT = 24  # tokens: for chats whose replies are a few words
LONGER = 1.5  # times the author's longer answers, so that an answer can end by itself
WHOLE_TEXT_TASKS = ("headline", "topic")  # requests that ask for a text from its beginning
# Words of a full evaluation: 8 pieces of 250 words, of which some are lost where texts are joined.
WANTED_WORDS = 2200
LEAST_ANSWERS, MOST_ANSWERS = 16, 160


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of an evaluation, the same for all rows.

    Attributes:
        examples: The held-out rows, in the order of the requests; with few rows, they recur.
        seeds: The seed of each answer.
        max_tokens: The limit of every answer.
    """

    examples: tuple[Example, ...]
    seeds: tuple[int, ...]
    max_tokens: int

    def __len__(self) -> int:
        return len(self.examples)


def choose_requests(
    test: Sequence[Example],
    seed: int,
    count_tokens: Callable[[str], int],
    answers: int | None = None,
) -> Requests:
    """Return the requests for an evaluation, as many as give enough words to judge.

    Args:
        test: The held-out rows.
        seed: The seed of the first answer.
        count_tokens: Counts the tokens of a text.
        answers: The number of requests. None: by the length of the author's own answers.
    """
    asked = [e for e in test if e.task in WHOLE_TEXT_TASKS] or list(test)
    own = [count_tokens(e.messages[-1].content) for e in asked]
    long_own = sorted(own)[9 * len(own) // 10]
    limit = min(ANSWER_TOKENS, max(SHORTEST_LIMIT, math.ceil(LONGER * long_own)))
    if answers is None:
        words = [len(PROSE_WORD.findall(e.messages[-1].content)) for e in asked]
        share = min(1.0, ANSWER_TOKENS * len(own) / max(1, sum(own)))
        needed = math.ceil(WANTED_WORDS / max(1.0, share * sum(words) / len(words)))
        answers = max(LEAST_ANSWERS, min(MOST_ANSWERS, needed))
        answers = ANSWERS_AT_ONCE * math.ceil(answers / ANSWERS_AT_ONCE)
    return Requests(
        tuple(asked[number % len(asked)] for number in range(answers)),
        tuple(seed + number for number in range(answers)),
        limit,
    )


def write_answers(
    generator: Generator,
    requests: Requests,
    strength: float,
    report: Callable[[int], None] = lambda _: None,
    system_prompt: str | None = None,
    part: slice = slice(None),
) -> list[GenerationResult]:
    """Return the answers to the requests of `part`, in as large batches as there is memory for.

    Args:
        generator: The base with its adapter.
        requests: The requests.
        strength: The strength of the adapter; 0 is the base.
        report: Gets the number of answers after each of them.
        system_prompt: Replaces the system prompt of the rows.
        part: The requests to answer.
    """
    tasks = [e.messages[:-1] for e in requests.examples[part]]
    if system_prompt is not None:
        tasks = [with_system(task, system_prompt) for task in tasks]
    results: list[GenerationResult] = []
    for result in generator.generate_many(
        tasks, requests.seeds[part], max_tokens=requests.max_tokens, strength=strength
    ):
        results.append(result)
        report(len(results))
    return results


def texts_of(results: Sequence[GenerationResult]) -> list[str]:
    """Return the texts of results."""
    return [result.text for result in results]


def with_system(messages: Sequence[Message], system_prompt: str) -> tuple[Message, ...]:
    """Return messages with another system prompt."""
    rest = (m for m in messages if m.role != "system")
    return (Message("system", system_prompt), *rest)
