"""A blind test: the user chooses between passages without labels; the hits have an exact interval.

with closing(open_blind_test(project, BlindRequest("mine"))) as test:
    while (number := test.next_pair) is not None:
        pair = test.pairs[number]  # show pair.request, pair.first, pair.second
        test.answer(number, first=True)
    print(test.result.sentence)
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from morris_mlx.audit.intervals import share_interval
from morris_mlx.errors import MissingError, UsageError
from morris_mlx.evaluate.blind_test import describe_hits, make_pairs
from morris_mlx.files import digest
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.models.find_adapter import base_of
from morris_mlx.pipeline.evaluate import EvaluateRequest, Material, find_material
from morris_mlx.pipeline.evaluation_answers import Requests, choose_requests, write_answers
from morris_mlx.project.blind_tests import (
    BlindChoice,
    add_choice,
    hold_tests,
    read_answers,
    read_choices,
    read_pairs,
    write_pairs,
)
from morris_mlx.project.datasets import read_card
from morris_mlx.project.folder import Project
from morris_mlx.records.blind_test import (
    AnsweredRequest,
    BlindPair,
    BlindRequest,
    BlindResult,
    KeptAnswers,
    Opponent,
)
from morris_mlx.records.corpus import Example
from morris_mlx.records.generation import Adapter, GenerationResult

ANSWERS = 16  # two batches: some are too short to be compared
STAGE = "preparing the blind test:"
QUESTIONS = {
    Opponent.author: "Which one did you write?",
    Opponent.base: "Which one sounds more like you?",
}


class BlindTest:
    """A blind test of one adapter. Each choice is on disk before the next pair is shown.

    Until it is closed, no other process can open a test of the same adapter.
    """

    def __init__(
        self,
        project: Project,
        adapter: Adapter,
        request: BlindRequest,
        key: str,
        pairs: tuple[BlindPair, ...],
        choices: Sequence[BlindChoice],
        held: ExitStack,
    ) -> None:
        """Begin where the choices of before end.

        Args:
            project: The project with the adapter's blind tests.
            adapter: The adapter.
            request: The request for this test.
            key: The key of this test in the lists of pairs and choices.
            pairs: The pairs of this test.
            choices: Those of all tests in the adapter's list.
            held: The lock on the adapter's blind tests, which `close` releases.
        """
        self._held = held
        self.pairs = pairs
        self.against = request.against
        self._project, self._adapter, self._request, self._key = project, adapter, request, key
        every = [
            choice
            for choice in choices
            if choice.adapter_sha256 == adapter.digest and choice.against == request.against
        ]
        self._hits = {c.pair: c.hit for c in every if c.test == key and c.pair < len(pairs)}
        self._earlier = [choice for choice in every if choice.test != key]

    def close(self) -> None:
        """Let other processes open a test of this adapter."""
        self._held.close()

    @property
    def question(self) -> str:
        """The question of every pair."""
        return QUESTIONS[self.against]

    @property
    def next_pair(self) -> int | None:
        """The number of the first pair without an answer, None if all are answered."""
        return next((n for n in range(len(self.pairs)) if n not in self._hits), None)

    def answer(self, number: int, first: bool) -> None:
        """Store the choice of the first or the second passage of a pair.

        Raises UsageError for a number without a pair or a pair that has an answer, and MorrisError
        if the choice cannot be written.
        """
        if number not in range(len(self.pairs)) or number in self._hits:
            raise UsageError(
                f"Pair {number + 1} cannot be answered: there are {len(self.pairs)}, and each is "
                "answered once. Show the next pair."
            )
        hit = first == self.pairs[number].target_first
        choice = BlindChoice(
            self._key,
            number,
            len(self.pairs),
            hit,
            self.against,
            self._adapter.digest,
            self._request.seed,
        )
        add_choice(self._project, self._adapter, choice)
        self._hits[number] = hit

    @property
    def result(self) -> BlindResult:
        """The hits of this test so far; a sentence says what they mean when it is finished."""
        return _result(list(self._hits.values()), len(self.pairs), self.against)

    @property
    def all_results(self) -> BlindResult:
        """The hits of this test and of all others of the same adapter against the same opponent."""
        hits = [*self._hits.values(), *(choice.hit for choice in self._earlier)]
        return _result(hits, len(hits), self.against)


def open_blind_test(project: Project, request: BlindRequest, sink: Sink = ignore) -> BlindTest:
    """Return a blind test, new or begun before, which the caller closes.

    The answers of the last evaluation are used if they are those of the same adapter, dataset and
    seed; else the model writes some. Raises MissingError for an adapter or a dataset that is not
    there, and if the texts are too few or too short for a single pair, and MorrisError if another
    process has a test of the adapter open.
    """
    wanted = EvaluateRequest(request.adapter, request.seed, request.dataset)
    material = find_material(project, wanted)
    key = _key(material, request)
    with ExitStack() as held:
        held.enter_context(hold_tests(project, material.adapter))
        pairs = read_pairs(project, material.adapter, key)
        if not pairs:
            pairs = make_pairs(_answers(material, request, sink), request.against, request.seed)
            if not pairs:
                raise MissingError(
                    f"The held-out texts of {material.name}, or the answers to their requests, are "
                    "too few or too short for a pair. Add texts, prepare and train again."
                )
            write_pairs(project, material.adapter, key, pairs)
        choices = list(read_choices(project, material.adapter))
        return BlindTest(project, material.adapter, request, key, pairs, choices, held.pop_all())


def keep_answers(
    material: Material,
    requests: Requests,
    base: Sequence[GenerationResult],
    adapter: Sequence[GenerationResult],
) -> KeptAnswers:
    """Return the answers of an evaluation as they are kept for a blind test."""
    texts = ([result.text for result in results] for results in (base, adapter))
    return replace(_identity(material, requests.seeds[0]), rows=_rows(requests.examples, *texts))


def _rows(
    examples: Sequence[Example], base: Sequence[str], adapter: Sequence[str]
) -> tuple[AnsweredRequest, ...]:
    return tuple(
        AnsweredRequest(e.messages[-2].content, e.messages[-1].content, one, other)
        for e, one, other in zip(examples, base, adapter, strict=True)
    )


def _identity(material: Material, seed: int) -> KeptAnswers:
    """Return all that answers depend on, without any."""
    return KeptAnswers(
        material.adapter.digest,
        material.adapter.config_digest,
        material.run.base_digest,
        read_card(material.dataset).digest,
        seed,
    )


def _key(material: Material, request: BlindRequest) -> str:
    return digest(f"{_identity(material, request.seed)} {request.against}")[:16]


def _answers(material: Material, request: BlindRequest, sink: Sink) -> tuple[AnsweredRequest, ...]:
    """Return the answers of the last evaluation if they are the same, else new ones."""
    kept = read_answers(material.adapter.folder)
    same = kept is not None and replace(kept, rows=()) == _identity(material, request.seed)
    if kept is not None and same and len(kept.rows) >= ANSWERS:
        return kept.rows[:ANSWERS]
    return _write(material, request, sink)


def _write(material: Material, request: BlindRequest, sink: Sink) -> tuple[AnsweredRequest, ...]:
    from morris_mlx.generate import load_generator

    base_needed = request.against is Opponent.base
    total = ANSWERS * (1 + base_needed)
    folder = material.adapter.folder
    with load_generator(base_of(material.run), folder, say=lambda _: None) as generator:
        count = generator.load().tokenizer.count
        requests = choose_requests(material.test, request.seed, count, ANSWERS)

        def answers(strength: float, before: int) -> list[str]:
            sink(Progress(STAGE, before, total))
            results = write_answers(
                generator, requests, strength, lambda n: sink(Progress(STAGE, before + n, total))
            )
            return [result.text for result in results]

        own = answers(1.0, 0)
        base = answers(0.0, ANSWERS) if base_needed else [""] * len(own)
    return _rows(requests.examples, base, own)


def _result(hits: Sequence[bool], pairs: int, against: Opponent) -> BlindResult:
    found = share_interval(sum(hits), len(hits))
    sentence = ""
    if hits and len(hits) == pairs:
        sentence = describe_hits(sum(hits), pairs, found.low, found.high, against)
    return BlindResult(sum(hits), len(hits), pairs, found.low, found.high, sentence)
