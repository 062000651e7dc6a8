"""Rewrite a plain draft in the writer's voice, paragraph by paragraph, and check its facts.

Each paragraph is requested in the words of the training rows that have plain drafts. Numbers,
dates, names, quotations and links are compared with the draft; a paragraph with a difference is
tried again, and the best try is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.pipeline.generate import chat_format_of, open_generator, training_texts
from morris_mlx.pipeline.rewrite_lexicon import build_lexicon, function_and_common_words
from morris_mlx.pipeline.rewrite_request import RewriteRequest
from morris_mlx.pipeline.rewritten import RewrittenPart
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.project.folder import Project
from morris_mlx.project.notes import NotesIndex, Passage, project_passages, read_notes
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import Finding, GenerationResult
from morris_mlx.text.copying import without_shared_runs
from morris_mlx.text.draft_parts import DraftPart, split_draft
from morris_mlx.text.facts.compare import compare_facts

if TYPE_CHECKING:
    from morris_mlx.generate import Generator
    from morris_mlx.models.chat_formats import ChatFormat

CONTEXT_PARTS = 2  # rewritten paragraphs before this one, as turns of the conversation
NOTES_PER_PART = 3
# The most tokens of a reply: these times those of the draft, and some more for a short one.
TOKENS_PER_TOKEN, MORE_TOKENS = 3, 48
# Words of a reply, times those of the draft: drafts in training have the inverse limits.
LEAST_SHARE, MOST_SHARE = 0.5, 2.5
FEW_WORDS = 15  # a short paragraph may become longer by so many
SEEDS_PER_PART = 1000  # apart, so that no try of a paragraph has the seed of another one
NOTES = {
    "en": "Facts that you may use:\n{notes}",
    "ru": "Факты, которые можно использовать:\n{notes}",
}
KEEP = {"en": "Keep exactly: {facts}.", "ru": "Сохрани точно: {facts}."}
LEAVE_OUT = {"en": "Do not mention: {facts}.", "ru": "Не упоминай: {facts}."}


class Rewriter:
    """A generator, and all that its rewritings are compared with."""

    def __init__(
        self,
        project: Project,
        generator: Generator,
        system_prompt: str,
        chat_format: ChatFormat | None = None,
        training_texts: Iterable[str] = (),
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        """Build the lexicon.

        Args:
            project: The project whose documents are searched for facts, with the user's notes.
            generator: The model with the writer's adapter.
            system_prompt: The one of the adapter's training.
            chat_format: The model's format, whose markers must not be in a text.
            training_texts: Those of the adapter. Their words in lower case are not taken for names,
                and a rewriting must not copy them.
            overrides: Settings of the generator for these rewritings, such as another adapter.
        """
        self._project = project
        self._generator = generator
        self._system_prompt = system_prompt
        self._chat_format = chat_format
        self._learned = list(training_texts)
        self._overrides = dict(overrides or {})
        self._lexicon = build_lexicon(self._learned)

    def rewrite(self, request: RewriteRequest, sink: Sink = ignore) -> Iterator[RewrittenPart]:
        """Yield the parts of the draft in order, each as soon as it is done.

        Raises MissingError or UsageError for notes that cannot be read.
        """
        parts = split_draft(request.draft)
        total = float(sum(part.words for part in parts if part.is_prose))
        done: list[RewrittenPart] = []
        words = 0
        with self._notes(request.facts) as notes:
            for number, part in enumerate(parts):
                if part.is_prose:
                    task = _PartTask(request, number, part, tuple(done))
                    where = f"paragraph {number + 1} of {len(parts)}"
                    report = _progress(sink, words, part.words, total, where)
                    done.append(self._rewrite_part(task, notes, report))
                    words += part.words
                else:
                    done.append(RewrittenPart(part, part.text))
                yield done[-1]

    def _notes(self, paths: Sequence[Path]) -> NotesIndex:
        own = read_notes(paths)
        texts = [*own, *project_passages(self._project)] if own else []
        return NotesIndex(texts, function_and_common_words())

    def _rewrite_part(
        self, task: _PartTask, notes: NotesIndex, report: Callable[[float, int], None]
    ) -> RewrittenPart:
        """Return the first try without a difference, else the best one."""
        found = notes.search(task.part.text, NOTES_PER_PART)
        tries: list[RewrittenPart] = []
        while len(tries) < task.request.tries and not (tries and not tries[-1].is_wrong):
            messages = self._messages(task, found, tries)
            try:
                result = self._generate(task, messages, len(tries), report)
            except UsageError as error:  # it does not fit into the model's window
                fault = Finding("length", f"not rewritten. {error}")
                return RewrittenPart(task.part, task.part.text, len(tries), faults=(fault,))
            tries.append(self._examine(task, result, found))
        return replace(min(tries, key=_badness), tries=len(tries))

    def _messages(
        self, task: _PartTask, found: Sequence[Passage], tries: Sequence[RewrittenPart]
    ) -> list[Message]:
        """Return the system prompt, the paragraphs before this one as turns, and the request."""
        language = _language_of(task.part.text, task.request.draft)
        other = "ru" if language == "ru" else "en"
        prompt = [self._system_prompt]
        if found:
            prompt.append(NOTES[other].format(notes="\n".join(f"- {p.text}" for p in found)))
        if tries:
            prompt += _corrections(tries[-1], other)
        context = [done for done in task.done if done.tries and not done.is_wrong][-CONTEXT_PARTS:]
        turns = [
            message
            for done in context
            for message in (
                Message("user", task.asked(done.part.text, language)),
                Message("assistant", done.text),
            )
        ]
        wanted = task.asked(task.part.text, language, len(tries))
        system = Message("system", "\n\n".join(filter(None, prompt)))
        return [system, *turns, Message("user", wanted)]

    def _generate(
        self,
        task: _PartTask,
        messages: Sequence[Message],
        attempt: int,
        report: Callable[[float, int], None],
    ) -> GenerationResult:
        report(0.0, attempt)
        size = self._generator.load().tokenizer.count(task.part.text)
        most = TOKENS_PER_TOKEN * size + MORE_TOKENS
        limit = self._generator.settings.max_tokens
        reply = self._generator.reply(
            messages,
            **self._overrides,
            seed=task.seed(attempt),
            max_tokens=most if limit is None else min(limit, most),
        )
        written = 0
        try:
            for piece in reply:
                written += len(piece)
                report(written / max(1, len(task.part.text)), attempt)
        finally:
            reply.close()
        return reply.wait()

    def _examine(
        self, task: _PartTask, result: GenerationResult, found: Sequence[Passage]
    ) -> RewrittenPart:
        """Return the try with all that is wrong in it."""
        text = result.text.strip()
        others = (p.text for p in split_draft(task.request.draft) if p.text != task.part.text)
        changes = compare_facts(
            task.part.text,
            text,
            self._lexicon,
            background="\n\n".join(others),
            notes="\n\n".join(passage.text for passage in found),
        )
        faults = self._faults(task, replace(result, text=text))
        return RewrittenPart(task.part, text, 1, changes, tuple(faults), result)

    def _faults(self, task: _PartTask, result: GenerationResult) -> Iterator[Finding]:
        from morris_mlx.evaluate import check_text
        from morris_mlx.evaluate.checks import find_copied
        from morris_mlx.prepare.cleaning.language import detect_language

        draft = task.part.text
        before = check_text(draft, "stop", (), self._chat_format)
        for fault in check_text(result.text, result.finish_reason, (), self._chat_format):
            if fault.kind == "unfinished" and result.finish_reason == "length":
                yield self._cut_off(result)
            elif fault not in before:
                yield fault
        # What the draft has may be in the text, also if the draft has it from a training text.
        yield from find_copied(without_shared_runs(result.text, task.request.draft), self._learned)
        asked, given = len(draft.split()), len(result.text.split())
        if given > MOST_SHARE * asked + FEW_WORDS:
            yield Finding("length", f"{given} words in place of {asked}")
        elif 0 < given < LEAST_SHARE * asked:
            yield Finding("length", f"only {given} words in place of {asked}")
        one, other = detect_language(draft), detect_language(result.text)
        if one and other and one != other:
            yield Finding("language", f"written in {other!r} in place of {one!r}")

    def _cut_off(self, result: GenerationResult) -> Finding:
        """Return the fault of a text that was cut off by the limit of the paragraph or the user."""
        limit = self._generator.settings.max_tokens
        if limit is not None and result.tokens >= limit:
            return Finding("unfinished", "it was cut off at --max-tokens; set a larger one")
        return Finding("unfinished", "it was cut off, because it became much longer than the draft")


def rewriter_of(
    project: Project,
    selection: ModelSelection,
    generator: Generator,
    overrides: Mapping[str, Any] | None = None,
) -> Rewriter:
    """Return a rewriter over a generator of the selected model.

    `overrides` are settings of the generator that the selection was made with.
    """
    learned: Iterable[str] = ()
    with suppress(MissingError):  # without them, copies of them cannot be named
        learned = training_texts(project, selection)
    chat_format = chat_format_of(selection)
    return Rewriter(project, generator, selection.system_prompt, chat_format, learned, overrides)


@contextmanager
def open_rewriter(
    project: Project, selection: ModelSelection, backend: str, settings: Mapping[str, Any]
) -> Iterator[Rewriter]:
    """Load the selected model and adapter for rewriting. Raises their errors."""
    with open_generator(selection, backend, settings) as generator:
        yield rewriter_of(project, selection, generator)


@dataclass(frozen=True, slots=True)
class _PartTask:
    """A part to rewrite, by its number, after those that are done."""

    request: RewriteRequest
    number: int
    part: DraftPart
    done: tuple[RewrittenPart, ...]

    def asked(self, draft: str, language: str, attempt: int = 0) -> str:
        """Return the request for a draft; every attempt has another wording."""
        from morris_mlx.prepare.examples.request_wordings import rewrite_request

        return rewrite_request(draft, language, draft, self.request.seed or 0, attempt)

    def seed(self, attempt: int) -> int | None:
        """Return the seed of an attempt, None for a random one."""
        if self.request.seed is None:
            return None
        return (self.request.seed + self.number * SEEDS_PER_PART + attempt) % 2**32


def _language_of(part: str, draft: str) -> str:
    """Return the language of a part; of a short one, that of the whole draft or of its letters."""
    from morris_mlx.prepare.cleaning.language import detect_language, is_cyrillic

    return detect_language(part) or detect_language(draft) or ("ru" if is_cyrillic(part) else "")


def _progress(
    sink: Sink, before: int, words: int, total: float, where: str
) -> Callable[[float, int], None]:
    """Return a function that reports a share of one part, and its attempt, in words of all."""

    def report(share: float, attempt: int) -> None:
        again = f", try {attempt + 1}" if attempt else ""
        sink(Progress("rewriting:", before + min(share, 1.0) * words, total, where + again))

    return report


def _corrections(before: RewrittenPart, language: str) -> list[str]:
    """Return sentences for the next try about the facts that the last one lost or added."""
    changes = before.changes
    kept = [fact.text for fact in (*changes.lost, *(pair.before for pair in changes.changed))]
    kept += [use for one in changes.fewer for use in one.uses]
    left_out = [fact.text for fact in (*changes.added, *(pair.after for pair in changes.changed))]
    sentences = []
    if kept:
        sentences.append(KEEP[language].format(facts="; ".join(kept)))
    if left_out:
        sentences.append(LEAVE_OUT[language].format(facts="; ".join(left_out)))
    return sentences


def _badness(part: RewrittenPart) -> tuple[bool, int, int]:
    changes = part.changes
    unsure = len(changes.perhaps_lost) + len(changes.perhaps_added)
    return not part.text, changes.count + len(part.faults), unsure
