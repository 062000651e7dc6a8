"""The voice of a model in training: a few short answers, scored by the cheapest judge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from morris_mlx.errors import MorrisError
from morris_mlx.pipeline.evaluate import read_briefs
from morris_mlx.pipeline.evaluation_answers import WHOLE_TEXT_TASKS
from morris_mlx.pipeline.evaluation_texts import author_texts, language_of, other_hands
from morris_mlx.records.corpus import NOT_BY_THE_WRITER, Example, Split
from morris_mlx.text.words import PROSE_WORD

if TYPE_CHECKING:
    from morris_mlx.evaluate.voice_delta import VoiceDelta
    from morris_mlx.train import TrainJob, VoiceSample

AT_ONCE = 8  # one batch of the engine
ANSWER_TOKENS = 120  # of each: about 75 words, so that one batch has some 600
WANTED_WORDS = 400  # of all answers; chats need more of them
MOST_ANSWERS = 5 * AT_ONCE


class VoiceMeter:
    """The requests of a training, which are answered at each validation, and the judge.

    Requests and seeds are the same every time, so the same weights get the same score.
    """

    def __init__(self, job: TrainJob) -> None:
        """Fit the judge on the training texts. Raises MorrisError if there are too few."""
        from morris_mlx.evaluate.voice_delta import VoiceDelta
        from morris_mlx.prepare.cleaning.language import detect_language

        self._model = job.model
        self._requests = choose_requests(job.valid)
        known = author_texts([e for e in job.train if e.task not in NOT_BY_THE_WRITER])
        language = language_of(known, detect_language)
        examples: dict[Split, Sequence[Example]] = {
            "train": job.train,
            "valid": job.valid,
            "test": (),
        }
        others = other_hands(examples, read_briefs(), language)
        try:
            if not self._requests:
                raise MorrisError("There is no held-out request to answer.")
            self._judge: VoiceDelta = VoiceDelta.fit(
                known, [*others.row, *others.reference], language
            )
        except MorrisError as error:
            raise MorrisError(
                f"The voice cannot be judged. {error} Or train with --select loss."
            ) from error

    def __call__(self, model: Any) -> VoiceSample:
        """Return the answers of a model with its present weights, and their score."""
        from morris_mlx.generate import generator_for_loaded
        from morris_mlx.train import VoiceSample

        tasks = [example.messages[:-1] for example in self._requests]
        seeds = list(range(len(tasks)))
        with generator_for_loaded(model, self._model, max_tokens=ANSWER_TOKENS) as generator:
            answers = [answer.text for answer in generator.generate_many(tasks, seeds)]
        texts: dict[str, str] = {}
        for task, answer in zip(tasks, answers, strict=True):  # with few requests, they recur
            asked = task[-1].content
            texts[asked] = f"{texts[asked]}\n\n{answer}" if asked in texts else answer
        return VoiceSample(self._judge.score(answers), texts)


def choose_requests(valid: Sequence[Example]) -> list[Example]:
    """Return the held-out rows whose requests are answered, as many as give enough words.

    Requests for a text from its beginning come first; rows that do not end with a request and its
    answer are left out. With few rows, they recur.
    """
    usable = [e for e in valid if len(e.messages) > 1 and e.messages[-2].role == "user"]
    asked = [e for e in usable if e.task in WHOLE_TEXT_TASKS] or usable
    if not asked:
        return []
    words = fmean(len(PROSE_WORD.findall(e.messages[-1].content)) for e in asked)
    batches = math.ceil(WANTED_WORDS / max(1.0, words) / AT_ONCE)
    count = min(MOST_ANSWERS, AT_ONCE * batches)
    return [asked[number % len(asked)] for number in range(count)]
