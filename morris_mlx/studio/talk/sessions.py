"""Where the tabs of the browser come to ask: one model, in turn, each with its own conversation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.records.generation import GenerationResult
from morris_mlx.studio.interfaces import AdapterCard, Workshop
from morris_mlx.studio.talk.form import Form, read_form
from morris_mlx.studio.talk.reply_task import Ask, Ended, Piece, Ready, Said, Work
from morris_mlx.studio.talk.state import Answer, Side, Talk, Turn

BUSY = "A reply is still being written. Stop it first, or wait for its end."
WAITING = "The model is busy. This question is next."
READING = "Reading the question …"
WRITING = "Writing …"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows now; None leaves its part as it is.

    `running` True or False begins or ends a reply; `alarm` marks a status that is an error.
    """

    talk: Talk | None = None
    status: str | None = None
    alarm: bool = False
    running: bool | None = None
    box: str | None = None


class Desk:
    """Sessions are told apart by the name that Gradio gives to each tab."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._ready = Ready()
        self._works: dict[str, Work] = {}
        # One thread for all that the model does: in the order of asking, and never two at once.
        self._thread = ThreadPoolExecutor(1, "speaker")

    def adapters(self) -> list[AdapterCard]:
        return list(self._workshop.list_adapters())

    def is_busy(self, session: str) -> bool:
        return session in self._works

    def stop(self, session: str) -> None:
        if work := self._works.get(session):
            work.stop()

    def close(self) -> None:
        """Stop all that runs; what waits is dropped."""
        for work in list(self._works.values()):
            work.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def send(self, session: str, talk: Talk, question: object, *page: object) -> Iterator[Shown]:
        """Ask; `page` is what `read_form` reads. An empty question does nothing."""
        text = question.strip() if isinstance(question, str) else ""
        if not text:
            yield Shown()
            return
        yield from self._answer(session, talk, talk, text, page, box="")

    def retry(self, session: str, talk: Talk, *page: object) -> Iterator[Shown]:
        """Ask the last question again. The old answer stays until there is a new one."""
        if not talk.turns:
            yield Shown()
            return
        question = talk.turns[-1].question
        yield from self._answer(session, talk, talk.without_last(), question, page, box=None)

    def undo(self, session: str, talk: Talk, box: object) -> Shown:
        """Take the last turn back; its question goes into the box, unless something is there."""
        if self.is_busy(session):
            return Shown(status=BUSY, alarm=True)
        if not talk.turns:
            return Shown()
        question = talk.turns[-1].question
        return Shown(talk.without_last(), status="", box=None if box else question)

    def forget(self, session: str) -> Shown:
        if self.is_busy(session):
            return Shown(status=BUSY, alarm=True)
        return Shown(Talk(), status="")

    def _answer(
        self,
        session: str,
        before: Talk,
        kept: Talk,
        question: str,
        page: tuple[object, ...],
        box: str | None,
    ) -> Iterator[Shown]:
        """`before` is the conversation as it was, `kept` its turns before the question."""
        try:
            if self.is_busy(session):
                raise UsageError(BUSY)
            form = read_form([card.name for card in self.adapters()], *page)
        except MorrisError as error:
            yield Shown(status=str(error), alarm=True)
            return
        asked = kept.asked(self._turn(question, form))
        work = Work(self._workshop, self._ready, asks_of(asked, form))
        self._works[session] = work
        try:
            work.start(self._thread)
            yield Shown(asked, READING, running=True, box=box)
            for shown in _follow(work, before, asked):
                if shown.running is False:
                    self._release(session, work)  # who sees the end may ask at once
                yield shown
        finally:
            work.stop()
            self._release(session, work)

    def _release(self, session: str, work: Work) -> None:
        if self._works.get(session) is work:
            del self._works[session]

    def _turn(self, question: str, form: Form) -> Turn:
        """The question, and who is to answer it, in words: the page never calls it a person."""
        base = Answer(f"Machine · {self._workshop.base_model}, no adapter")
        if form.adapter is None:
            return Turn(question, base)
        clone = Answer(f"Machine · {form.adapter} at strength {form.strength:g}")
        return Turn(question, clone, base if form.compare else None)


def asks_of(talk: Talk, form: Form) -> list[Ask]:
    """Who is asked what: the base alone, the adapter alone, or the base and then the adapter."""

    def ask(side: Side, adapter: str | None) -> Ask:
        overrides = form.overrides | {"adapter": adapter}
        if adapter is not None:
            overrides["strength"] = form.strength
        return Ask(side, talk.messages(side, form.system_prompt), overrides)

    clone = ask("clone", form.adapter)
    return [ask("base", None), clone] if form.compare else [clone]


def _follow(work: Work, before: Talk, talk: Talk) -> Iterator[Shown]:
    """The reply as it grows. A retry that says nothing gives back the answer that was there."""
    retried = len(before.turns) == len(talk.turns)
    status = told = READING
    trouble = ""
    try:
        for batch in work.news():
            for news in batch:
                match news:
                    case Said(text):
                        status = text or READING
                    case Piece(side, text):
                        talk, status = talk.grown(side, text), WRITING
                    case Ended(side, result):
                        talk, status = talk.ended(side, figures_of(result)), READING
            now = WAITING if work.waits else status
            yield Shown(talk if batch else None, now if now != told else None)
            told = now
    except MorrisError as error:
        trouble = str(error)
    end = before if retried and not talk.is_answered else talk
    yield Shown(end, trouble, alarm=bool(trouble), running=False)


ENDS = {"stop": "", "length": "cut at its longest", "timeout": "ran out of time"}


def figures_of(result: GenerationResult | None) -> str:
    """One line: speed, wait, length, seed, and how it ended where that was not by itself."""
    if result is None:
        return "stopped"
    parts = [] if math.isnan(speed := result.tokens_per_second) else [f"{speed:.1f} tokens/s"]
    if result.tokens:
        parts.append(f"first after {result.seconds_to_first_token:.2f} s")
    parts += [f"{result.tokens:,} token{'s' * (result.tokens != 1)}", f"seed {result.seed}"]
    return " · ".join(filter(None, (*parts, ENDS.get(result.finish_reason, "stopped"))))
