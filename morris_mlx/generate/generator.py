"""Generator: a model that speaks, the same over every engine."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.generate.active_adapter import (
    active_adapter,
    reference_to,
    with_system_prompt,
)
from morris_mlx.generate.async_reply import Mailbox
from morris_mlx.generate.backend import BATCH_SIZE
from morris_mlx.generate.base import BaseLLM, checked_task, checked_tasks
from morris_mlx.generate.conversation import messages_from
from morris_mlx.generate.engines import BACKENDS, Engine, open_engine, tell
from morris_mlx.generate.metrics import Measured
from morris_mlx.generate.reply import Draft, Piece, Reply, first_of
from morris_mlx.generate.request import Question, question
from morris_mlx.generate.settings import settings_with
from morris_mlx.models.find_adapter import find_adapter, find_base_model
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import Adapter, GenerationResult, GenerationSettings

AdapterFinder = Callable[[str], Adapter]  # name or folder → adapter; raises MissingError
Opener = Callable[[GenerationSettings], Engine]
NOT_PER_CALL = ("model_name", "device")
SUMMARY_SHARE = 1 / 2  # of the window, for the text; the other half is for request and summary


class Generator(BaseLLM):
    """`Generator(model_name="practice", temperature=0.7).run("...")` loads on first use.

    `adapter` and `strength` may change with every call: several stay loaded on one base. Safe to
    call from several threads; `history` is one conversation, and belongs to one of them.
    """

    def __init__(
        self,
        model_name: str | None = None,
        *,
        backend: str = "auto",
        say: Callable[[str], None] = tell,
        opener: Opener | None = None,
        find_adapter: AdapterFinder = find_adapter,
        **settings: Any,
    ) -> None:
        """`backend`: "auto", "mlx" or "torch". `say` gets remarks, such as which engine it is.

        `find_adapter` resolves the name of an adapter, at each request, so that one trained again
        is noticed. The default knows the built-in sample and folders, and no project.

        Raises UsageError for settings that cannot be. Model and adapter are looked for later.
        """
        super().__init__(model_name, **settings)
        if backend not in BACKENDS:
            raise UsageError(f"backend is {backend!r}; it must be one of {', '.join(BACKENDS)}.")
        self._say = say
        self._find_adapter = find_adapter
        self._opener = opener or (
            lambda chosen: open_engine(chosen, self._adapter(chosen), backend, say)
        )
        self._engine: Engine | None = None
        self._loaded_for: tuple[str | None, str | None] | None = None
        self._loading = threading.Lock()
        self._closed = False

    # --- the interface ------------------------------------------------------------------

    def run(self, task: str | None = None, *args: Any, **overrides: Any) -> str:
        """The reply to a task, the best one where several are asked for."""
        if args:
            raise UsageError("run takes one task, and settings by their names.")
        return self.generate(checked_task(task), **overrides).text

    def generate(self, task: str | Sequence[Message], **overrides: Any) -> GenerationResult:
        """The reply to a task or to whole messages, with its figures and its alternatives."""
        replies = self.replies(task, **overrides)
        try:
            return first_of([reply.whole() for reply in replies])
        finally:
            for reply in replies:
                reply.close()

    def replies(self, task: str | Sequence[Message], **overrides: Any) -> list[Reply]:
        """As many replies as are asked for, on their way; of a search one, with the others in it.

        `first_of` makes one result of theirs.
        """
        return [Reply(draft) for draft in self._begin(task, overrides)]

    def stream(self, task: str | None = None, **overrides: Any) -> Reply:
        """The reply as it comes. Close it, or let go of it, and the model stops."""
        return Reply(_only(self._begin(checked_task(task), overrides)))

    def reply(self, messages: Sequence[Message], **overrides: Any) -> Reply:
        """The answer to messages as it comes. A system message among them is the system prompt."""
        return Reply(_only(self._begin(messages, overrides)))

    async def arun(self, task: str | None = None, **overrides: Any) -> str:
        """Cancelling it stops the model within a token."""
        return (await self.agenerate(checked_task(task), **overrides)).text

    async def agenerate(self, task: str | Sequence[Message], **overrides: Any) -> GenerationResult:
        """What `generate` gives."""
        mailbox = Mailbox()
        await asyncio.to_thread(self.load)
        drafts = self._begin(task, overrides, mailbox.put)
        try:
            await mailbox.all_ended(drafts)
        finally:
            for draft in drafts:
                draft.end("cancelled")
        return first_of([draft.result for draft in drafts if draft.result is not None])

    async def astream(self, task: str | None = None, **overrides: Any) -> AsyncIterator[str]:
        """The reply as it comes. Leaving the loop with `aclose`, or cancelling, stops the model."""
        mailbox = Mailbox()
        await asyncio.to_thread(self.load)
        draft = _only(self._begin(checked_task(task), overrides, mailbox.put))
        try:
            while not (piece := await mailbox.next_piece(draft)).ended:
                yield piece.text
            if draft.error is not None:
                raise draft.error
        finally:
            draft.end("cancelled")

    def batch_run(self, tasks: Sequence[str], **overrides: Any) -> list[str]:
        """The replies, in the order of the tasks, several computed at a time."""
        return [r.text for r in self.generate_many(checked_tasks(tasks), **overrides)]

    def generate_many(
        self,
        tasks: Sequence[str | Sequence[Message]],
        seeds: Sequence[int | None] | None = None,
        **overrides: Any,
    ) -> Iterator[GenerationResult]:
        """Results in the order of the tasks, each when it is there; `seeds` has one for each.

        No more wait in the queue than are computed at once. A task that cannot be is an error in
        its turn: the results of those before it come first.
        """
        running: deque[list[Reply]] = deque()
        todo = deque(zip(tasks, seeds or [None] * len(tasks), strict=True))
        failed: MorrisError | None = None
        try:
            while todo or running or failed is not None:
                while todo and failed is None and sum(map(len, running)) < BATCH_SIZE:
                    task, seed = todo.popleft()
                    own = overrides if seed is None else {**overrides, "seed": seed}
                    try:
                        running.append(self.replies(task, **own))
                    except MorrisError as error:
                        failed = error
                if failed is not None and not running:
                    raise failed
                yield first_of([reply.whole() for reply in running[0]])
                running.popleft()
        finally:
            for replies in running:
                for reply in replies:
                    reply.close()

    def score(self, messages: Sequence[Message]) -> tuple[float, int]:
        """(sum of -log p in nats, how many tokens) of the assistant's turns."""
        engine = self.load()
        rendered = engine.tokenizer.render(messages)
        active = active_adapter(self.settings, self._adapter(self.settings))

        def work() -> tuple[float, int]:
            engine.backend.wear(active)
            return engine.backend.score(rendered.ids, rendered.mask)

        return engine.thread.call(work)

    def load(self) -> Engine:
        """Loads the model now, where it is not loaded yet. Raises MissingError, MorrisError."""
        with self._loading:
            wanted = self.settings.model_name, self.settings.device
            if self._closed:
                raise MorrisError("The generator is closed. Make a new one.")
            if self._engine is None or self._loaded_for != wanted:
                self._unload()
                self._engine, self._loaded_for = self._opener(self.settings), wanted
            return self._engine

    def prepare(self) -> None:
        """Loads model and adapter now, so that what is wrong with them is known."""
        engine = self.load()
        active = active_adapter(self.settings, self._adapter(self.settings))
        engine.thread.call(lambda: engine.backend.wear(active))

    def close(self) -> None:
        """Stops what it is saying, gives the memory back and ends the model thread."""
        with self._loading:
            self._closed = True
            self._unload()
        super().close()

    def _unload(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.release()

    # --- one request --------------------------------------------------------------------

    def _begin(
        self,
        task: str | Sequence[Message],
        overrides: Mapping[str, Any],
        send: Callable[[Piece], None] | None = None,
    ) -> list[Draft]:
        """Checks everything and hands it to the model thread: a draft for every reply."""
        for name in NOT_PER_CALL:
            if name in overrides:
                raise UsageError(f"{name} is not for one call. Use set_{name}.")
        settings = settings_with(self.settings, overrides)
        engine = self.load()
        if isinstance(task, str):
            messages = [Message(settings.role or "user", checked_task(task))]
        else:
            messages = messages_from(task)
            if not messages or messages[-1].role == "assistant":
                raise UsageError("The conversation must end with a message to be answered.")
        adapter = self._adapter(settings)
        asked = question(
            engine,
            settings,
            with_system_prompt(tuple(messages), settings, adapter),
            active_adapter(settings, adapter),
            self._seeds,
        )
        text = messages[-1].content
        drafts = [self._draft(engine, asked, n, text, send) for n in range(len(asked.requests))]
        with ExitStack() as undo:
            for draft in drafts:
                undo.callback(draft.end, "cancelled")
                if draft.request.sampling.max_tokens == 0:
                    draft.end("length")
                else:
                    engine.thread.write(engine.backend, draft)
            undo.pop_all()  # all found a place
        return drafts

    def _adapter(self, settings: GenerationSettings) -> Adapter | None:
        """Return the adapter that the settings name. Raises MissingError for an unknown one."""
        return None if settings.adapter is None else self._find_adapter(settings.adapter)

    def _draft(
        self,
        engine: Engine,
        asked: Question,
        number: int,
        task: str,
        send: Callable[[Piece], None] | None,
    ) -> Draft:
        began = time.process_time()

        def note(result: GenerationResult) -> None:
            self._last = Measured(task, result, time.process_time() - began)
            self._log_result(task, result)

        return Draft(
            asked.requests[number],
            asked.active,
            engine.tokenizer,
            asked.stops,
            alone=asked.alone,
            hidden_id=asked.hidden_id,
            timeout_seconds=asked.timeout_seconds,
            note=note,
            send=send,
        )

    # --- what BaseLLM asks --------------------------------------------------------------

    def _reply_to(self, messages: Sequence[Message], **overrides: Any) -> str:
        return self.generate(messages, **overrides).text

    def _num_tokens(self, text: str) -> int:
        return self.load().tokenizer.count(text)

    def _summary_room(self) -> int:
        return int(self.load().backend.window * SUMMARY_SHARE)

    def _summary_size(self, text: str) -> int:
        return self._num_tokens(text)

    def _engine_memory_gb(self) -> tuple[float | None, float | None]:
        if self._engine is None:
            return None, None
        return self._engine.thread.call(self._engine.backend.memory_gb)

    def _reference_for(self, settings: GenerationSettings) -> Mapping[str, str]:
        adapter = self._adapter(settings)
        if settings.model_name == self.settings.model_name:
            return reference_to(self.load().files, adapter)
        return reference_to(find_base_model(settings.model_name, adapter), adapter)


def _only(drafts: list[Draft]) -> Draft:
    """Raises UsageError when there are several, and stops them."""
    if len(drafts) > 1:
        for draft in drafts:
            draft.end("cancelled")
        raise UsageError("A stream is one reply. For several (num_return_sequences) call run.")
    return drafts[0]
