"""The generated texts of an audit: answers to requests of the dataset, and to probes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.jobs.events import Progress, Sink
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult

if TYPE_CHECKING:
    from morris_mlx.audit.leaks import ProbedText
    from morris_mlx.generate import Generator

# A span of more than 12 words has room in each of them: 80 tokens are about 55 words, and a secret
# comes in the first sentence or not at all.
ANSWER_TOKENS, PROBE_TOKENS = 80, 32
PROBE_SHARE = 0.4  # of all texts at most
WRITING = "writing texts:"


@dataclass(frozen=True, slots=True)
class AuditTexts:
    """All generated texts. `unusable` is the share of answers without words, or that are loops."""

    answers: tuple[ProbedText, ...]
    probes: tuple[ProbedText, ...]
    unusable: float

    @property
    def every(self) -> tuple[ProbedText, ...]:
        """Answers and probes."""
        return (*self.answers, *self.probes)


def write_texts(
    generator: Generator,
    requests: Sequence[Sequence[Message]],
    probes: Sequence[str],
    count: int,
    seed: int,
    sink: Sink,
) -> AuditTexts:
    """Return `count` texts with seeds from `seed` on; requests are used again if there are few."""
    from morris_mlx.audit.leaks import ProbedText

    asked = list(probes[: int(PROBE_SHARE * count)])
    rest = count - len(asked)
    chosen = [requests[number % len(requests)] for number in range(rest)]

    def write(
        tasks: Sequence[str | Sequence[Message]], first: int, tokens: int
    ) -> Iterator[GenerationResult]:
        seeds = [seed + first + number for number in range(len(tasks))]
        written = generator.generate_many(tasks, seeds, max_tokens=tokens)
        for done, result in enumerate(written, first + 1):
            sink(Progress(WRITING, done, count))
            yield result

    generator.strength = 1.0
    answers = list(write(chosen, 0, ANSWER_TOKENS))
    replies = list(write(asked, rest, PROBE_TOKENS)) if asked else []
    unusable = sum(r.finish_reason == "loop" or not r.text.strip() for r in answers)
    return AuditTexts(
        tuple(
            ProbedText(messages[-1].content, r.text)
            for messages, r in zip(chosen, answers, strict=True)
        ),
        tuple(ProbedText(probe, r.text) for probe, r in zip(asked, replies, strict=True)),
        unusable / len(answers),
    )
