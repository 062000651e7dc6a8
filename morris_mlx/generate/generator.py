"""Generator: text from a model, in the same way over every engine."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.generate.active_adapter import (
    active_adapter,
    note_on_other_format,
    reference_to,
    with_system_prompt,
)
from morris_mlx.generate.async_reply import AsyncPieces
from morris_mlx.generate.base import BaseLLM, checked_task, checked_tasks
from morris_mlx.generate.conversation import messages_from
from morris_mlx.generate.engines import BACKENDS, LoadedModel, open_model, print_remark
from morris_mlx.generate.many_tasks import ManyTasks, Task
from morris_mlx.generate.metrics import MeasuredReply
from morris_mlx.generate.reply import PendingReply, Piece, Reply, with_alternatives
from morris_mlx.generate.request import PreparedRequest, prepare_request
from morris_mlx.generate.settings import settings_with
from morris_mlx.models.chat_tokenizer import Rendered
from morris_mlx.models.find_adapter import (
    AdapterFinder,
    find_base_model,
    finder_of_home,
    note_on_other_base,
)
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import Adapter, GenerationResult, GenerationSettings

Opener = Callable[[GenerationSettings], LoadedModel]
NOT_PER_CALL = ("model_name", "device")
SUMMARY_SHARE = 1 / 2  # of the window, for the text; the other half is for request and summary


class Generator(BaseLLM):
    """A model that is loaded on first use: `Generator("practice", temperature=0.7).run("...")`.

    `adapter` and `strength` may change with every call: several stay loaded on one base. Safe to
    call from several threads; `history` is one conversation, for one of them.
    """

    def __init__(
        self,
        model_name: str | Path | None = None,
        *,
        backend: str = "auto",
        say: Callable[[str], None] = print_remark,
        opener: Opener | None = None,
        find_adapter: AdapterFinder | None = None,
        **settings: Any,
    ) -> None:
        """Check the settings; model and adapter are loaded later.

        Args:
            model_name: A name or folder; None is the adapter's own base, or the default model.
            backend: "auto", "mlx" or "torch".
            say: Gets remarks for the user, such as which engine was chosen.
            opener: Loads the model for the settings, in place of `model_name` and `backend`.
            find_adapter: Resolves the name of an adapter. It is called for each request, so that a
                new training is noticed. None finds those of the project at home (`$MORRIS_HOME`,
                else the current folder) as it is at this call, the sample, and folders.
            settings: Those of `GenerationSettings`.

        Raises UsageError for settings that are impossible.
        """
        super().__init__(model_name, **settings)
        if backend not in BACKENDS:
            raise UsageError(f"backend is {backend!r}; it must be one of {', '.join(BACKENDS)}.")
        self._find_adapter = find_adapter or finder_of_home()
        self._opener = opener or (
            lambda chosen: open_model(chosen, self._adapter(chosen), backend, say)
        )
        self._say = say
        self._noted: set[tuple[Adapter, Path]] = set()  # adapters whose base was compared
        self._loaded: LoadedModel | None = None
        self._loaded_for: tuple[str | None, str | None] | None = None
        self._loading = threading.Lock()
        self._closed = False

    # --- the interface ------------------------------------------------------------------

    def run(self, task: str | None = None, *args: Any, **overrides: Any) -> str:
        """Return the reply to a task, the best one if several are asked for."""
        if args:
            raise UsageError("run takes one task. Give settings by their names.")
        return self.generate(checked_task(task), **overrides).text

    def generate(self, task: str | Sequence[Message], **overrides: Any) -> GenerationResult:
        """Return the reply to a task or to messages, with its metrics and its alternatives."""
        replies = self.replies(task, **overrides)
        try:
            return with_alternatives([reply.wait() for reply in replies])
        finally:
            for reply in replies:
                reply.close()

    def replies(self, task: str | Sequence[Message], **overrides: Any) -> list[Reply]:
        """Start all replies that are asked for and return them; one for a beam search."""
        return [Reply(pending) for pending in self._submit(task, overrides)]

    def stream(self, task: str | None = None, **overrides: Any) -> Reply:
        """Return the reply while it is generated. Closing or dropping it stops the model."""
        return Reply(_only(self._submit(checked_task(task), overrides)))

    def reply(self, messages: Sequence[Message], **overrides: Any) -> Reply:
        """Return the answer to messages while it is generated.

        A system message among them replaces the system prompt.
        """
        return Reply(_only(self._submit(messages, overrides)))

    async def arun(self, task: str | None = None, **overrides: Any) -> str:
        """Return the reply to a task. Cancelling it stops the model within a token."""
        return (await self.agenerate(checked_task(task), **overrides)).text

    async def agenerate(self, task: str | Sequence[Message], **overrides: Any) -> GenerationResult:
        """Return what `generate` returns, without blocking the event loop."""
        pieces = AsyncPieces()
        await asyncio.to_thread(self.load)
        replies = self._submit(task, overrides, pieces.put)
        try:
            await pieces.wait_for_all(replies)
        finally:
            for pending in replies:
                pending.finish("cancelled")
        return with_alternatives([p.result for p in replies if p.result is not None])

    async def astream(self, task: str | None = None, **overrides: Any) -> AsyncIterator[str]:
        """Yield the reply in pieces. Leaving the loop with `aclose`, or cancelling, stops it."""
        pieces = AsyncPieces()
        await asyncio.to_thread(self.load)
        pending = _only(self._submit(checked_task(task), overrides, pieces.put))
        try:
            while not (piece := await pieces.next_piece(pending)).ended:
                yield piece.text
            if pending.error is not None:
                raise pending.error
        finally:
            pending.finish("cancelled")

    def batch_run(self, tasks: Sequence[str], **overrides: Any) -> list[str]:
        """Return the replies in the order of the tasks, several computed at a time."""
        return [r.text for r in self.generate_many(checked_tasks(tasks), **overrides)]

    def generate_many(
        self,
        tasks: Sequence[str | Sequence[Message]],
        seeds: Sequence[int | None] | None = None,
        **overrides: Any,
    ) -> Iterator[GenerationResult]:
        """Yield results in the order of the tasks, each as soon as it is there.

        `seeds` has one seed for each task. Neighboring tasks with seeds are computed in batches
        that no other request joins, so the same call gives the same texts again. A single
        task with the same seed uses the same random numbers, but its logits may be rounded
        differently; in float32 this seldom changes a text.

        A task that cannot be answered raises its error after the results of the tasks before it.
        """
        for outcome in self.try_many(tasks, seeds, **overrides):
            if isinstance(outcome, UsageError):
                raise outcome
            yield outcome

    def try_many(
        self,
        tasks: Sequence[str | Sequence[Message]],
        seeds: Sequence[int | None] | None = None,
        **overrides: Any,
    ) -> Iterator[GenerationResult | UsageError]:
        """Yield what `generate_many` does, but for an impossible task its error: the others go on.

        Only as many tasks are queued as are computed at once. Other errors than UsageError, which
        concern more than one task, are raised after the results of the tasks before.
        """
        every = [
            overrides if seed is None else {**overrides, "seed": seed}
            for _, seed in zip(tasks, seeds or [None] * len(tasks), strict=True)
        ]
        return ManyTasks(
            [
                Task(task, own, own.get("seed", self.settings.seed) is not None)
                for task, own in zip(tasks, every, strict=True)
            ],
            lambda task: self._pending_replies(task.text, task.overrides),
            self._queue,
            lambda task: self.generate(task.text, **task.overrides),
            lambda tokens: self.load().backend.rows_at_once(tokens),
        ).outcomes()

    def score(self, messages: Sequence[Message], only_end: bool = False) -> tuple[float, int]:
        """Return (sum of -log p in nats, number of tokens) of the assistant's turns.

        With `only_end`, only the end token of the last turn counts.
        """
        loaded = self.load()
        rendered = loaded.tokenizer.render(messages)
        mask = rendered.mask
        if only_end:
            last = max(at for at, learned in enumerate(mask) if learned)
            mask = tuple(at == last for at in range(len(mask)))
        active = active_adapter(self.settings, self._adapter(self.settings))

        def work() -> tuple[float, int]:
            loaded.backend.activate(active)
            return loaded.backend.score(rendered.ids, mask)

        return loaded.scheduler.call(work)

    def logits(self, messages: Sequence[Message], most_tokens: int) -> tuple[Rendered, Any]:
        """Return a conversation's first `most_tokens` ids, and the logits after each of them.

        The logits are a float32 NumPy array [ids, vocabulary].
        """
        loaded = self.load()
        row = loaded.tokenizer.render(messages)
        row = Rendered(row.ids[:most_tokens], row.mask[:most_tokens])
        active = active_adapter(self.settings, self._adapter(self.settings))

        def work() -> Any:
            loaded.backend.activate(active)
            return loaded.backend.logits(row.ids)

        return row, loaded.scheduler.call(work)

    def load(self) -> LoadedModel:
        """Load the model, unless that is done. Raises MissingError, MorrisError."""
        with self._loading:
            wanted = self.settings.model_name, self.settings.device
            if self._closed:
                raise MorrisError("The generator is closed. Create a new one.")
            if self._loaded is None or self._loaded_for != wanted:
                self._unload()
                self._loaded, self._loaded_for = self._opener(self.settings), wanted
            return self._loaded

    def prepare(self) -> None:
        """Load model and adapter now, to get their errors now."""
        loaded = self.load()
        active = active_adapter(self.settings, self._adapter_on(loaded, self.settings))
        loaded.scheduler.call(lambda: loaded.backend.activate(active))

    def close(self) -> None:
        """Cancel running replies, free the model's memory and end the model thread."""
        with self._loading:
            self._closed = True
            self._unload()
        super().close()

    def _unload(self) -> None:
        if self._loaded is not None:
            loaded, self._loaded = self._loaded, None
            loaded.release()

    # --- one request --------------------------------------------------------------------

    def _submit(
        self,
        task: str | Sequence[Message],
        overrides: Mapping[str, Any],
        send: Callable[[Piece], None] | None = None,
    ) -> list[PendingReply]:
        """Check a request, submit its replies to the model thread and return them."""
        replies = self._pending_replies(task, overrides, send)
        self._queue(replies)
        return replies

    def _queue(self, replies: Sequence[PendingReply]) -> None:
        """Submit replies to the model thread, those with seeds as one batch; if one fails, none."""
        loaded = self.load()
        with ExitStack() as undo:
            together = []
            for pending in replies:
                undo.callback(pending.finish, "cancelled")
                if pending.request.sampling.max_tokens == 0:
                    pending.finish("length")
                elif pending.batched_by_seed:
                    together.append(pending)
                else:
                    loaded.scheduler.submit(loaded.backend, [pending])
            for _, same in groupby(together, lambda pending: pending.active):
                loaded.scheduler.submit(loaded.backend, list(same))
            undo.pop_all()  # the queue had a place for all of them

    def _pending_replies(
        self,
        task: str | Sequence[Message],
        overrides: Mapping[str, Any],
        send: Callable[[Piece], None] | None = None,
    ) -> list[PendingReply]:
        """Check a request and return its replies, which are not submitted yet."""
        for name in NOT_PER_CALL:
            if name in overrides:
                raise UsageError(f"{name} cannot be set for one call. Use set_{name}.")
        settings = settings_with(self.settings, overrides)
        loaded = self.load()
        if isinstance(task, str):
            messages = [Message(settings.role or "user", checked_task(task))]
        else:
            messages = messages_from(task)
            if not messages or messages[-1].role == "assistant":
                raise UsageError("The conversation must end with a message to be answered.")
        adapter = self._adapter_on(loaded, settings)
        prepared = prepare_request(
            loaded,
            settings,
            with_system_prompt(tuple(messages), settings, adapter),
            active_adapter(settings, adapter),
            self._seeds,
        )
        text, count = messages[-1].content, len(prepared.requests)
        return [self._pending(loaded, prepared, n, text, send) for n in range(count)]

    def _adapter(self, settings: GenerationSettings) -> Adapter | None:
        """Return the adapter that the settings name. Raises MissingError for an unknown one."""
        return None if settings.adapter is None else self._find_adapter(settings.adapter)

    def _adapter_on(self, loaded: LoadedModel, settings: GenerationSettings) -> Adapter | None:
        """Return the adapter, after a remark if the loaded model is not the one of its training."""
        adapter = self._adapter(settings)
        if adapter is not None and (adapter, loaded.files.folder) not in self._noted:
            self._noted.add((adapter, loaded.files.folder))
            for note in (
                note_on_other_base(loaded.files, adapter),
                note_on_other_format(loaded.tokenizer, adapter),
            ):
                if note:
                    self._say(note)
        return adapter

    def _pending(
        self,
        loaded: LoadedModel,
        prepared: PreparedRequest,
        number: int,
        task: str,
        send: Callable[[Piece], None] | None,
    ) -> PendingReply:
        began = time.process_time()

        def on_result(result: GenerationResult) -> None:
            self._last = MeasuredReply(task, result, time.process_time() - began)
            self._log_result(task, result)

        return PendingReply(
            prepared.requests[number],
            prepared.active,
            loaded.tokenizer,
            prepared.stop_strings,
            exclusive=prepared.exclusive,
            hidden_id=prepared.hidden_id,
            timeout_seconds=prepared.timeout_seconds,
            on_result=on_result,
            send=send,
        )

    # --- overrides of BaseLLM -----------------------------------------------------------

    def _reply_to(self, messages: Sequence[Message], **overrides: Any) -> str:
        return self.generate(messages, **overrides).text

    def _num_tokens(self, text: str) -> int:
        return self.load().tokenizer.count(text)

    def _summary_limit(self) -> int:
        return int(self.load().backend.window * SUMMARY_SHARE)

    def _summary_size(self, text: str) -> int:
        return self._num_tokens(text)

    def _engine_memory_gb(self) -> tuple[float | None, float | None]:
        if self._loaded is None:
            return None, None
        return self._loaded.scheduler.call(self._loaded.backend.memory_gb)

    def _reference_for(self, settings: GenerationSettings) -> Mapping[str, str]:
        adapter = self._adapter(settings)
        if settings.model_name == self.settings.model_name:
            return reference_to(self.load().files, adapter)
        return reference_to(find_base_model(settings.model_name, adapter), adapter)


def _only(replies: list[PendingReply]) -> PendingReply:
    """Return the one reply. Of several, cancel all and raise UsageError."""
    if len(replies) > 1:
        for pending in replies:
            pending.finish("cancelled")
        raise UsageError("A stream is one reply. For several (num_return_sequences) call run.")
    return replies[0]
