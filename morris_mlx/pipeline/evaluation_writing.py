"""Everything in a full evaluation that needs the model: all answers, losses and plain tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.bundles import bundle_texts
from morris_mlx.evaluate.health import Answer, measure_health
from morris_mlx.evaluate.judges.pieces import cut_pieces
from morris_mlx.evaluate.judges.population import PIECE_WORDS
from morris_mlx.evaluate.jury import MIN_PIECES, Jury, too_few
from morris_mlx.jobs.events import Progress, Sink
from morris_mlx.pipeline.evaluate import EvaluateRequest, Material, read_briefs, score_held_out
from morris_mlx.pipeline.evaluation_answers import Requests, choose_requests, write_answers
from morris_mlx.pipeline.evaluation_health import (
    PLAIN_TASKS,
    end_probability,
    neutral_loss,
    try_plain_tasks,
)
from morris_mlx.pipeline.evaluation_texts import (
    OtherHands,
    author_texts,
    language_of,
    other_hands,
)
from morris_mlx.pipeline.prompted_base import PASSAGE_WORDS, make_prompts
from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.records.corpus import Example
from morris_mlx.records.evaluation import Health, Probe, TextHealth
from morris_mlx.records.generation import GenerationResult
from morris_mlx.records.reports import HeldOutScore

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

STRENGTHS = (0.5, 1.0, 1.5)  # half, as trained, and the strongest that the generator allows
FEW_ANSWERS = 8  # without judges: enough for repetition, copies and leftovers of the template
PILOT = 8  # answers by which the prompts of the base are compared: one batch
SEED_STEP = 10_000  # between the candidates of a request: more than there are requests
STAGE = "evaluating:"


@dataclass(frozen=True, slots=True)
class Written:
    """All generated texts, and the measurements that needed the model.

    `prompted` is empty, with the reason in `refusal`, if the base could not be prompted.
    `candidates` are the adapter's answers to each request, if a choice among several is measured.
    """

    requests: Requests
    scores: tuple[HeldOutScore, HeldOutScore]
    base: list[GenerationResult]
    adapter: dict[float, list[GenerationResult]]
    prompted: list[GenerationResult]
    refusal: str
    health: Health
    candidates: list[list[GenerationResult]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts that are not generated, and the judges; `no_jury` is the reason for none."""

    language: str
    known: list[str]
    held_out: list[str]
    others: OtherHands
    jury: Jury | None
    no_jury: str


def gather_sources(material: Material) -> Sources:
    """Return the texts that are not generated, and judges that were fitted on them."""
    known, held_out = author_texts(material.own_rows), author_texts(material.test)
    language = language_of(known, detect_language)
    others = other_hands(material.examples, read_briefs(), language)
    jury, reason = _fit_jury(known, held_out, others, language)
    return Sources(language, known, held_out, others, jury, reason)


def _fit_jury(
    known: Sequence[str], held_out: Sequence[str], others: OtherHands, language: str
) -> tuple[Jury | None, str]:
    """Return the judges, or None with the reason if there is too little text."""
    held = len(cut_pieces(held_out, PIECE_WORDS))
    if held < MIN_PIECES:
        return None, too_few(held, "the author's held-out texts")
    try:
        return Jury.fit(known, others.reference, language), ""
    except MorrisError as error:
        return None, str(error)


def write_everything(
    generator: Generator, material: Material, sources: Sources, request: EvaluateRequest, sink: Sink
) -> Written:
    """Generate and score everything that needs the model.

    Without judges, only a few answers of base and adapter are generated, for the other figures.
    """
    tokenizer = generator.load().tokenizer
    judged = sources.jury is not None
    wanted = request.answers or (None if judged else FEW_ANSWERS)
    requests = choose_requests(material.test, request.seed, tokenizer.count, wanted)
    scores = [
        score_held_out(generator, material.test, strength, name, sink)
        for strength, name in ((0.0, "base"), (1.0, "adapter"))
    ]

    def answers(strength: float, name: str) -> list[GenerationResult]:
        return write_answers(
            generator, requests, strength, report_answers(sink, name, len(requests))
        )

    strengths = STRENGTHS if judged else (1.0,)
    base = answers(0.0, "the base")
    adapter = {s: answers(s, f"the adapter at strength {s:g}") for s in strengths}
    prompted, refusal = write_prompted(generator, requests, sources, sink) if judged else ([], "")
    sink(Progress(STAGE, detail="condition of the model …"))
    conditions = [
        examine_condition(generator, requests.examples, results, strength, material.test, sources)
        for results, strength in ((base, 0.0), (adapter[1.0], 1.0))
    ]
    health = join_conditions(*conditions)
    candidates = []
    if judged and request.best_of > 1:
        more = _write_more(generator, requests, request.best_of, sink)
        candidates = [list(group) for group in zip(adapter[1.0], *more, strict=True)]
    losses = scores[0], scores[1]
    return Written(requests, losses, base, adapter, prompted, refusal, health, candidates)


def _write_more(
    generator: Generator, requests: Requests, count: int, sink: Sink
) -> Iterator[list[GenerationResult]]:
    """Yield `count` - 1 more answers of the adapter to all requests, each with other seeds."""
    for number in range(1, count):
        seeds = tuple(seed + SEED_STEP * number for seed in requests.seeds)
        report = report_answers(sink, f"the adapter, candidate {number + 1}", len(requests))
        yield write_answers(generator, replace(requests, seeds=seeds), 1.0, report)


def report_answers(sink: Sink, name: str, total: int) -> Callable[[int], None]:
    """Return a function that reports the number of answers that `name` has written."""
    sink(Progress(STAGE, 0, total, f"answers by {name}"))
    return lambda done: sink(Progress(STAGE, done, total, f"answers by {name}"))


def write_prompted(
    generator: Generator, requests: Requests, sources: Sources, sink: Sink
) -> tuple[list[GenerationResult], str]:
    """Return the answers of the base with the best of the prompts, or the reason for none."""
    loaded = generator.load()
    count = loaded.tokenizer.count
    longest = max(
        loaded.tokenizer.row_tokens(()) + sum(count(m.content) for m in e.messages[:-1])
        for e in requests.examples
    )
    room = loaded.backend.window - requests.max_tokens - longest
    passages = ["\n".join(group) for group in bundle_texts(sources.known, PASSAGE_WORDS).values()]
    made = make_prompts(passages, sources.language, room, count)
    if not made.prompts:
        return [], made.refusal
    scored: list[tuple[float, int, list[GenerationResult]]] = []
    for number, prompt in enumerate(made.prompts):
        report = report_answers(sink, f"the prompted base, prompt {number + 1}", PILOT)
        pilot = write_answers(generator, requests, 0.0, report, prompt, slice(0, PILOT))
        texts = [result.text for result in pilot]
        ratio = None if sources.jury is None else sources.jury.mean_ratio(texts)
        scored.append((float("-inf") if ratio is None else ratio, -number, pilot))
    _, negative, first = max(scored, key=lambda one: one[:2])
    best = made.prompts[-negative]
    report = report_answers(sink, "the prompted base", len(requests) - PILOT)
    return first + write_answers(generator, requests, 0.0, report, best, slice(PILOT, None)), ""


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of one model: its answers, its loss on neutral text, its plain tasks."""

    answers: TextHealth
    neutral: float | None
    done: tuple[bool, ...]


def examine_condition(
    generator: Generator,
    asked: Sequence[Example],
    results: Sequence[GenerationResult],
    strength: float,
    test: Sequence[Example],
    sources: Sources,
) -> Condition:
    """Return the condition of the adapter at a strength; 0 is the base.

    `results` are the answers to the rows `asked`; `test` has all held-out rows.
    """
    answers = [
        Answer(result.text, example.messages[-2].content, result.finish_reason)
        for example, result in zip(asked, results, strict=True)
    ]
    ends = end_probability(generator, test, strength)
    chat_format = generator.load().tokenizer.chat_format
    return Condition(
        measure_health(answers, ends, sources.language, detect_language, chat_format),
        neutral_loss(generator, read_briefs(), strength),
        tuple(try_plain_tasks(generator, strength)),
    )


def join_conditions(base: Condition, adapter: Condition) -> Health:
    """Return the condition of an adapter beside that of its base."""
    done = zip(PLAIN_TASKS, base.done, adapter.done, strict=True)
    return Health(
        base.answers,
        adapter.answers,
        base.neutral,
        adapter.neutral,
        tuple(Probe(task.request, *pair) for task, *pair in done),
    )
