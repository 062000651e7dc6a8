"""A backend without a model, with prepared replies. For tests and for building an interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from morris_mlx.errors import MorrisError
from morris_mlx.generate.backend import (
    BATCH_SIZE,
    ActiveAdapter,
    Hypothesis,
    RequestGroup,
    TokenRequest,
)
from morris_mlx.generate.engines import LoadedModel, load_on_model_thread
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.models.config import read_config
from morris_mlx.models.find import ModelFiles
from morris_mlx.records.corpus import Message

Script = Iterable[str] | Callable[[TokenRequest], str]


class ScriptedBackend:
    """Replies from a list, or from a function of the request, token by token like a model's.

    `requests` records all requests, `generated` the number of tokens, `active` the adapter.
    """

    name, device, precision = "scripted", "cpu", "text"
    batch_size = BATCH_SIZE

    def __init__(
        self,
        script: Script,
        tokenizer: ChatTokenizer,
        window: int,
        vocabulary: int,
        seconds_per_token: float = 0.0,
    ) -> None:
        self.window = window
        self.vocabulary = vocabulary
        self.requests: list[TokenRequest] = []
        self.generated = 0
        self.active = ActiveAdapter()
        self._tokenizer = tokenizer
        self._script = script if callable(script) else iter(script)
        self._pause = seconds_per_token

    def activate(self, active: ActiveAdapter) -> None:
        """Record the adapter in `active`; the replies do not depend on it."""
        self.active = active

    def rows_at_once(self, tokens: int) -> int:
        """Return `batch_size`, for requests of any length."""
        return self.batch_size

    def generate(self, group: RequestGroup) -> None:
        """Pass on one token of each running reply per step, after a pause."""
        running: dict[TokenRequest, Iterator[int]] = {}
        while True:
            running |= {request: iter(self._reply(request)) for request in group.new_requests()}
            if not running:
                return
            time.sleep(self._pause)
            for request, tokens in list(running.items()):
                self.generated += 1
                if not group.add_token(request, next(tokens, self._tokenizer.end_id)):
                    del running[request]

    def search(
        self, request: TokenRequest, should_continue: Callable[[], bool]
    ) -> list[Hypothesis]:
        """Return as many of the next replies as are asked for; the first has the best score."""
        wanted = request.beams.num_return_sequences if request.beams else 1
        most = request.sampling.max_tokens
        return [Hypothesis(self._reply(request)[:most], -float(n)) for n in range(wanted)]

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """Return one nat per token: enough for code that only adds up."""
        count = sum(mask[1:])
        return float(count), count

    def logits(self, ids: Sequence[int]) -> Any:
        """Return zeros: all tokens are equally likely."""
        return np.zeros((len(ids), self.vocabulary), dtype=np.float32)

    def memory_gb(self) -> tuple[float, float]:
        """Return zeros: there is no model in memory."""
        return 0.0, 0.0

    @staticmethod
    def release_thread() -> None:
        """Do nothing: the thread holds no resources."""

    def close(self) -> None:
        """Do nothing: there is no model to free."""

    def _reply(self, request: TokenRequest) -> tuple[int, ...]:
        self.requests.append(request)
        if callable(self._script):
            text: str | None = self._script(request)
        elif request.barred:  # a prepared reply has no other continuation
            return ()
        else:
            text = next(self._script, None)
        if text is None:
            raise MorrisError("The script has no reply left. Add one more.")
        rendered = self._tokenizer.render([Message("assistant", text)])
        return tuple(i for i, learned in zip(rendered.ids, rendered.mask, strict=True) if learned)


def load_script(script: Script, model: ModelFiles, seconds_per_token: float) -> LoadedModel:
    """Return a scripted backend on the model thread, where the other engines run."""
    tokenizer = load_tokenizer(model.folder)
    vocabulary = read_config(model.folder).sizes(model.name).vocabulary
    backend = ScriptedBackend(script, tokenizer, model.window, vocabulary, seconds_per_token)
    return load_on_model_thread(model, lambda: backend)
