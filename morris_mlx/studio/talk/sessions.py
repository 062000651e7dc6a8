"""The conversations of all open tabs with one model: send, stop, retry, undo and start again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from morris_mlx.errors import BusyError, MorrisError, UsageError
from morris_mlx.project.adapters import AdapterCard
from morris_mlx.records.generation import FinishReason, GenerationResult
from morris_mlx.studio.interfaces import StudioContext
from morris_mlx.studio.talk.form import Form, read_form
from morris_mlx.studio.talk.reply_task import (
    Loading,
    ModelLoader,
    NewText,
    ReadingPrompt,
    ReplyEnded,
    ReplyRequest,
    ReplyTask,
    Waiting,
)
from morris_mlx.studio.talk.state import Answer, Conversation, Side, Turn

RUNNING = "A reply is still being written. Wait for its end, or press Stop."
TOO_MANY_WAITING = "Too many messages are waiting for the model. Press Retry in a moment."
WAITING = "The model is busy with other replies. Yours follows …"
READING = "Reading your message …"
WRITING = "Writing …"


@dataclass(frozen=True, slots=True)
class PageUpdate:
    """Changes of the page; None leaves a part as it is.

    `is_error` marks the status as an error. `running` is True when a reply begins and False when it
    ends. `box` is the new text of the message box.
    """

    conversation: Conversation | None = None
    status: str | None = None
    is_error: bool = False
    running: bool | None = None
    box: str | None = None


class Sessions:
    """All sessions, one per tab, by the ID that Gradio gives to the tab.

    A session has at most one reply at a time. Replies of several sessions are ordered and limited
    by the generator.
    """

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._loader = ModelLoader(context.generator.prepare)
        self._tasks: dict[str, ReplyTask] = {}

    def adapters(self) -> list[AdapterCard]:
        """Return the adapters that there are now."""
        return list(self._context.list_adapters())

    def is_running(self, session: str) -> bool:
        """Return True if a reply of the session has not ended."""
        return session in self._tasks

    def stop(self, session: str) -> None:
        """Stop the session's reply, if there is one."""
        if task := self._tasks.get(session):
            task.stop()

    def close(self) -> None:
        """Stop all replies."""
        for task in list(self._tasks.values()):
            task.stop()
        self._loader.close()

    def send(
        self, session: str, conversation: Conversation, question: object, *fields: object
    ) -> Iterator[PageUpdate]:
        """Answer a message; `fields` are the arguments of `read_form`. Ignore an empty message."""
        text = question.strip() if isinstance(question, str) else ""
        if not text:
            yield PageUpdate()
            return
        yield from self._answer(session, conversation, conversation, text, fields, box="")

    def retry(
        self, session: str, conversation: Conversation, *fields: object
    ) -> Iterator[PageUpdate]:
        """Answer the last message again. The old answer stays until there is a new one."""
        if not conversation.turns:
            yield PageUpdate()
            return
        question, kept = conversation.turns[-1].question, conversation.without_last()
        yield from self._answer(session, conversation, kept, question, fields, box=None)

    def undo(self, session: str, conversation: Conversation, box: object) -> PageUpdate:
        """Remove the last turn. Its message returns to the box, unless the box has text."""
        if self.is_running(session):
            return PageUpdate(status=RUNNING, is_error=True)
        if not conversation.turns:
            return PageUpdate()
        question = conversation.turns[-1].question
        return PageUpdate(conversation.without_last(), status="", box=None if box else question)

    def start_again(self, session: str) -> PageUpdate:
        """Begin a new conversation."""
        if self.is_running(session):
            return PageUpdate(status=RUNNING, is_error=True)
        return PageUpdate(Conversation(), status="")

    def _answer(
        self,
        session: str,
        before: Conversation,
        kept: Conversation,
        question: str,
        fields: tuple[object, ...],
        box: str | None,
    ) -> Iterator[PageUpdate]:
        """Answer a question. `kept` are the turns before it, `before` the turns on the page."""
        try:
            form = read_form([card.name for card in self.adapters()], *fields)
            conversation = kept.with_turn(self._new_turn(question, form))
            requests = reply_requests(conversation, form)
            task = ReplyTask(self._context.generator, self._loader, requests)
            if self._tasks.setdefault(session, task) is not task:
                raise UsageError(RUNNING)
        except MorrisError as error:
            yield PageUpdate(status=str(error), is_error=True)
            return
        try:
            yield PageUpdate(conversation, READING, running=True, box=box)
            for update in self._follow(task, before, conversation):
                if update.running is False:
                    self._release(session, task)  # the page may send again when it sees the end
                yield update
        finally:
            task.stop()
            self._release(session, task)

    def _release(self, session: str, task: ReplyTask) -> None:
        if self._tasks.get(session) is task:
            del self._tasks[session]

    def _new_turn(self, question: str, form: Form) -> Turn:
        """Return a turn without answers; its authors are machines, never the imitated person."""
        base = Answer(f"Machine · {self._context.base_model}, no adapter")
        if form.adapter is None:
            return Turn(question, base)
        chosen = Answer(f"Machine · {form.adapter} at strength {form.strength:g}")
        return Turn(question, chosen, base if form.compare else None)

    def _follow(
        self, task: ReplyTask, before: Conversation, conversation: Conversation
    ) -> Iterator[PageUpdate]:
        """Yield the growing reply. A retry without any text restores the answer before it."""
        is_retry = len(before.turns) == len(conversation.turns)
        shown, status, error_text = conversation, READING, ""
        try:
            for event in task.events():
                last_status = status
                match event:
                    case Loading():
                        status = f"Loading {self._context.base_model} …"
                    case Waiting():
                        status = WAITING
                    case ReadingPrompt():
                        status = READING
                    case NewText(side, text):
                        status = WRITING
                        conversation = conversation.with_text(side, text) if text else conversation
                    case ReplyEnded(side, result):
                        status = READING
                        conversation = conversation.with_metrics(side, metrics_line(result))
                changed = None if conversation is shown else conversation
                yield PageUpdate(changed, None if status == last_status else status)
                shown = conversation
        except BusyError:
            error_text = TOO_MANY_WAITING
        except MorrisError as error:
            error_text = str(error)
        final = before if is_retry and not conversation.is_answered else conversation
        yield PageUpdate(final, error_text, is_error=bool(error_text), running=False)


def reply_requests(conversation: Conversation, form: Form) -> list[ReplyRequest]:
    """Return a request for the chosen model, after one for the base model when they compare."""

    def request(side: Side, adapter: str | None) -> ReplyRequest:
        overrides = form.overrides | {"adapter": adapter}
        if adapter is not None:
            overrides["strength"] = form.strength
        return ReplyRequest(side, conversation.messages(side, form.system_prompt), overrides)

    chosen = request(Side.CHOSEN, form.adapter)
    return [request(Side.BASE, None), chosen] if form.compare else [chosen]


ENDINGS: dict[FinishReason, str] = {
    "stop": "",
    "length": "cut at max tokens",
    "loop": "cut where it repeated itself",
    "timeout": "ended by timeout",
    "cancelled": "stopped",
}


def metrics_line(result: GenerationResult | None) -> str:
    """Return speed, latency, length, seed and, unless the model ended it, the ending of a reply."""
    if result is None:
        return ENDINGS["cancelled"]
    parts = [] if math.isnan(speed := result.tokens_per_second) else [f"{speed:.1f} tokens/s"]
    if result.tokens:
        parts.append(f"first after {result.seconds_to_first_token:.2f} s")
    parts += [f"{result.tokens:,} token{'s' * (result.tokens != 1)}", f"seed {result.seed}"]
    return " · ".join(filter(None, (*parts, ENDINGS[result.finish_reason])))
