"""Audit an adapter: may its texts be shown to others?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from morris_mlx.defaults import ADAPTER_NAME, AUDIT_ANSWERS
from morris_mlx.errors import check_range
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.pipeline.audit_engines import compare_engines
from morris_mlx.pipeline.audit_subject import AuditSubject, find_subject
from morris_mlx.pipeline.audit_texts import AuditTexts, write_texts
from morris_mlx.pipeline.canaries import probe_language
from morris_mlx.project.audits import remove_audit, write_audit
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import read_provenance
from morris_mlx.project.redaction_map import read_redaction_map
from morris_mlx.records.audit import AUDIT_RULES, AuditCheck, AuditedFiles, AuditReport
from morris_mlx.records.corpus import Canary, Example, Message
from morris_mlx.text.copying import find_copies
from morris_mlx.text.pii import LeakFinder

if TYPE_CHECKING:
    from morris_mlx.audit.memorization import RecitedRow
    from morris_mlx.generate import Generator

T = TypeVar("T")
MIN_ANSWERS, MAX_ANSWERS = 20, 10_000
TRAIN_ROWS, HELD_OUT_ROWS = 32, 16  # rows whose passages are examined: half a minute with SmolLM2
ROW_TOKENS = 256  # of such a row: request and beginning of the answer
REPEATED = 0.8  # of a passage's words in another text: then the writer repeats it
LOADING, PASSAGES, CANARIES = "loading the model:", "reading training rows:", "planted secrets:"


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """The adapter's name, the number of generated texts, and the first of their random seeds.

    `backend` is the engine. Raises UsageError for a number of answers out of range.
    """

    adapter: str = ADAPTER_NAME
    answers: int = AUDIT_ANSWERS
    seed: int = 0
    backend: str = "auto"

    def __post_init__(self) -> None:
        check_range("--answers", self.answers, MIN_ANSWERS, MAX_ANSWERS)


@dataclass(frozen=True, slots=True)
class AuditDone:
    """A finished audit and the path of its page."""

    report: AuditReport
    page: Path


def audit(project: Project, request: AuditRequest, sink: Sink = ignore) -> AuditDone:
    """Carry out all checks of an adapter, and write the report. The same files give the same one.

    An earlier audit of the adapter is removed first. Raises MissingError for an adapter, a dataset
    or a redaction map that is not there: without them nothing can be excluded.
    """
    from morris_mlx.audit.report import render_audit
    from morris_mlx.generate import load_generator

    subject = find_subject(project, request.adapter)
    remove_audit(project, subject.adapter)
    leaks = _leak_finder(project, subject)
    sink(Progress(LOADING))
    with load_generator(
        subject.base, subject.adapter.folder, request.backend, say=lambda _: None
    ) as generator:
        texts = write_texts(
            generator,
            _requests(subject),
            _probes(subject, leaks, request),
            request.answers,
            request.seed,
            sink,
        )
        passages = _check_passages(generator, subject, sink)
        canaries = _check_canaries(generator, subject, texts, sink)
        losses = compare_engines(generator, [row.messages for row in subject.examples["test"]])
    engines = losses.finish(
        subject.base, subject.adapter, subject.run, request.backend, texts.unusable, sink
    )
    copying, shown = _check_copying(subject, texts, leaks)
    report = AuditReport(
        adapter=request.adapter,
        adapter_sha256=subject.adapter.digest,
        config_sha256=subject.adapter.config_digest,
        base_model=subject.run.base_model,
        base_digest=subject.run.base_digest,
        dataset_digest=subject.run.dataset_digest,
        rules=AUDIT_RULES,
        answers=len(texts.every),
        seed=request.seed,
        checks=(
            copying,
            passages,
            canaries,
            _check_leaks(subject, texts, leaks),
            engines,
            _check_provenance(project, subject),
        ),
        shown=shown,
    )
    page = write_audit(
        project, subject.adapter, report, render_audit(report), _audited_files(subject)
    )
    return AuditDone(report, page)


def _leak_finder(project: Project, subject: AuditSubject) -> LeakFinder | None:
    """Return the finder of redacted items, None for a dataset that was not redacted."""
    if not subject.card.redacted:
        return None
    return LeakFinder(read_redaction_map(project, subject.run.dataset_digest))


def _requests(subject: AuditSubject) -> list[tuple[Message, ...]]:
    """Return the requests of training rows and of held-out rows in turn."""
    train = [row.messages[:-1] for _, row in subject.train]
    held_out = [row.messages[:-1] for row in subject.examples["test"]]
    both = [held_out, train]
    asked: list[tuple[Message, ...]] = []
    for number in range(max(map(len, both))):
        asked += [rows[number % len(rows)] for rows in both if rows]
    return asked


def _probes(subject: AuditSubject, leaks: LeakFinder | None, request: AuditRequest) -> list[str]:
    """Return requests for redacted items and for planted secrets."""
    from morris_mlx.audit.probes import make_probes

    planted = [canary.prompt for canary in subject.card.canaries]
    if leaks is None:
        return planted
    language = probe_language(list(subject.own_texts.values())[:50])
    return planted + make_probes(leaks.redaction_map, request.answers, request.seed, language)


# --- the checks -----------------------------------------------------------------------------


def _check_copying(
    subject: AuditSubject, texts: AuditTexts, leaks: LeakFinder | None
) -> tuple[AuditCheck, tuple[str, ...]]:
    """Return the check for copies, and the longest ones to be shown."""
    from morris_mlx.audit.copying import check_copying, own_repetition, shown_spans
    from morris_mlx.audit.leaks import Concealer

    learned = [m.content for row in subject.examples["train"] for m in row.messages[-1:]]
    found = find_copies([one.text for one in texts.answers], learned)
    words = [len(one.text.split()) for one in texts.answers]
    own = own_repetition(list(subject.own_texts.values()), max(1, sum(words) // len(words)))
    conceal = Concealer(leaks.redaction_map) if leaks else str
    return check_copying(found, own), shown_spans(found, conceal)


def _check_passages(generator: Generator, subject: AuditSubject, sink: Sink) -> AuditCheck:
    from morris_mlx.audit.memorization import RowLosses, Suspect, check_passages, mean_loss

    train = _spread(subject.train, TRAIN_ROWS)
    held_out = _spread(list(enumerate(subject.examples["test"], 1)), HELD_OUT_ROWS)
    measured: list[list[RecitedRow]] = []
    done, total = 0, 2 * (len(train) + len(held_out))
    for strength in (0.0, 1.0):
        generator.strength = strength
        for rows in (train, held_out):
            found = []
            for _, row in rows:
                found.append(_measure(generator, row))
                done += 1
                sink(Progress(PASSAGES, done, total))
            measured.append(found)
    base, _, tuned, _ = measured
    suspects = [
        Suspect(
            number,
            here,
            known.is_discoverable or known.is_recalled,
            _is_repeated(generator, subject, row, here),
        )
        for (number, row), here, known in zip(train, tuned, base, strict=True)
        if here.is_discoverable or here.is_recalled
    ]
    losses = [[(row.loss, row.tokens) for row in rows] for rows in measured]
    base_train, base_test, adapter_train, adapter_test = map(mean_loss, losses)
    return check_passages(
        tuned, suspects, RowLosses(base_train, adapter_train, base_test, adapter_test)
    )


def _measure(generator: Generator, row: Example) -> RecitedRow:
    from morris_mlx.audit.memorization import measure_row

    rendered, logits = generator.logits(row.messages, ROW_TOKENS)
    return measure_row(rendered.ids, rendered.mask, logits)


def _is_repeated(
    generator: Generator, subject: AuditSubject, row: Example, found: RecitedRow
) -> bool:
    """Return True if another text of the writer contains the recited passage."""
    from morris_mlx.audit.memorization import PASSAGE_TOKENS

    tokenizer = generator.load().tokenizer
    rendered = tokenizer.render(row.messages)
    pairs = zip(rendered.ids[1:], rendered.mask[1:], strict=True)
    answer = [token for token, learned in pairs if learned]
    start = found.passage_start if found.is_discoverable else found.run_start
    passage = tokenizer.decode(answer[start : start + PASSAGE_TOKENS])
    others = [text for source, text in subject.own_texts.items() if source != row.source_id]
    copied = find_copies([passage], others).longest
    return len(copied.words) >= REPEATED * max(1, len(passage.split()))


def _check_canaries(
    generator: Generator, subject: AuditSubject, texts: AuditTexts, sink: Sink
) -> AuditCheck:
    from morris_mlx.audit.canaries import MEASURED, check_canaries, measure_exposure

    generator.strength = 1.0
    system = Message("system", subject.run.system_prompt)

    def loss(messages: Sequence[Message]) -> float:
        return generator.score((system, *messages))[0]

    canaries: list[Canary] = _spread(subject.card.canaries, MEASURED)
    found = []
    for number, canary in enumerate(canaries):
        sink(Progress(CANARIES, number, len(canaries)))
        found.append(measure_exposure(canary, loss))
    written = "\n".join(one.text for one in texts.every)
    generated = sum(canary.secret in written for canary in subject.card.canaries)
    return check_canaries(found, len(subject.card.canaries), generated)


def _check_leaks(subject: AuditSubject, texts: AuditTexts, leaks: LeakFinder | None) -> AuditCheck:
    from morris_mlx.audit.leaks import check_leaks

    return check_leaks(texts.every, leaks, len(texts.probes), subject.is_public)


def _check_provenance(project: Project, subject: AuditSubject) -> AuditCheck:
    from morris_mlx.audit.provenance import check_provenance

    return check_provenance(
        subject.card, read_provenance(project), subject.rows_changed, subject.is_public
    )


def _audited_files(subject: AuditSubject) -> AuditedFiles:
    from morris_mlx.audit.fingerprints import fingerprints

    return AuditedFiles(fingerprints(subject.files))


def _spread(items: Sequence[T], count: int) -> list[T]:
    """Return at most `count` items at equal distances."""
    few = min(count, len(items))
    return [items[number * len(items) // few] for number in range(few)]
