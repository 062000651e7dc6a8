"""MLX through mlx-lm: its generation loop, batches, samplers, processors, caches and adapters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.generate import BatchGenerator, generate_step, generation_stream, wired_limit

from morris_mlx.device import prepare_engine
from morris_mlx.generate.backend import (
    BATCH_SIZE,
    EXACT_PRECISION,
    ActiveAdapter,
    Hypothesis,
    TokenRequest,
    Work,
)
from morris_mlx.generate.mlx_backend.adapters import Wardrobe
from morris_mlx.generate.mlx_backend.attention import quick_attention
from morris_mlx.generate.mlx_backend.beam_search import beam_search
from morris_mlx.generate.mlx_backend.prompt_cache import PromptCaches
from morris_mlx.generate.mlx_backend.sampling import (
    PENALTY_WINDOW,
    Sampler,
    SeededSampler,
    penalties,
    sampler_for,
)
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.load import load_mlx_model

PROMPT_CACHE_SHARE = 0.1  # of the memory that MLX may use: the rest is the model's and the reply's


@dataclass(slots=True, eq=False)
class _Row:
    """A reply in work. `cache` has read `ids[:read]`; the rest is still to be read."""

    request: TokenRequest
    sampler: Sampler
    processors: list[Any]
    cache: Any
    ids: list[int]
    read: int
    taken: int = 0


class _UnwantedError(Exception):
    """Nobody waits for this reply any more."""


class MLXBackend:
    """A model of mlx-lm, with adapters or without."""

    name = "mlx"
    batch_size = BATCH_SIZE

    def __init__(self, files: ModelFiles, loaded: nn.Module | None = None) -> None:
        """With `loaded`, the weights are those of that model, as it is at each call.

        Raises MissingError, MorrisError.
        """
        engine = prepare_engine()
        self.window = files.window
        self.device = "cpu" if engine.name == "mlx-cpu" else "gpu"
        self.precision = engine.precision
        self._model: Any = load_mlx_model(files.folder) if loaded is None else loaded
        self._model.eval()
        self.vocabulary = int(self._model.args.vocab_size)
        self._own = loaded is None
        self._wardrobe = Wardrobe(self._model) if self._own else None
        self._worn = ActiveAdapter()
        self._prompts = PromptCaches(self._model, PROMPT_CACHE_SHARE * engine.usable_gb)

    def wear(self, active: ActiveAdapter) -> None:
        if self._wardrobe is not None:
            self._wardrobe.wear(active)
            self._worn = active

    def generate(self, work: Work) -> None:
        with quick_attention(self._model):
            while requests := work.more():
                rows = [self._row(request) for request in requests]
                if len(rows) == 1:
                    rows = self._alone(rows[0], work)
                if rows:
                    self._together(rows, work)

    def search(self, request: TokenRequest, going: Callable[[], bool]) -> list[Hypothesis]:
        with wired_limit(self._model, [generation_stream]), quick_attention(self._model):
            return beam_search(self._model, request, going, penalties(request.sampling))

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        row = mx.array(list(ids))[None]
        learned = mx.array(list(mask))[None, 1:]
        with quick_attention(self._model):
            logits = self._model(row[:, :-1]).astype(mx.float32)
        losses = nn.losses.cross_entropy(logits, row[:, 1:], reduction="none") * learned
        return float(losses.sum().item()), sum(mask[1:])

    def logits(self, ids: Sequence[int]) -> Any:
        import numpy as np

        with quick_attention(self._model):
            return np.array(self._model(mx.array(list(ids))[None])[0].astype(mx.float32))

    def memory_gb(self) -> tuple[float, float]:
        return mx.get_active_memory() / 1e9, mx.get_peak_memory() / 1e9

    @staticmethod
    def leave_thread() -> None:
        """Without it a process whose thread has streams aborts at its end."""
        mx.synchronize()
        mx.clear_streams()

    def close(self) -> None:
        del self._model, self._wardrobe, self._prompts
        mx.clear_cache()

    # --- one at a time ------------------------------------------------------------------

    def _row(self, request: TokenRequest) -> _Row:
        processors = penalties(request.sampling)
        # The penalties look back on what is read now, not on what a cache has read before.
        again = PENALTY_WINDOW if processors else 1
        if request.rotate:
            cache, read = self._prompts.rotating(self.window), 0
        elif request.promised and self.precision != EXACT_PRECISION:
            cache, read = self._prompts.new(), 0
        else:
            cache, read = self._prompts.take(self._worn, request.ids, again)
        sampler = sampler_for(request.sampling, request.seed)
        return _Row(request, sampler, processors, cache, list(request.ids), read)

    def _alone(self, row: _Row, work: Work) -> list[_Row]:
        """One reply; when others arrive that may be computed with it, all of them, unfinished."""
        request = row.request

        def still_wanted(*_: int) -> None:
            if not work.wanted(request):
                raise _UnwantedError

        steps = generate_step(
            mx.array(row.ids[row.read :]),
            self._model,
            max_tokens=request.sampling.max_tokens,
            sampler=row.sampler,
            logits_processors=row.processors,
            prompt_cache=row.cache,
            prompt_progress_callback=still_wanted,
        )
        with wired_limit(self._model, [generation_stream]):
            try:
                for token, _ in steps:
                    row.ids.append(int(token))
                    row.taken += 1
                    if not work.take(request, row.ids[-1]):
                        break
                    if new := work.more():
                        steps.close()
                        self._set_back(row)
                        return [row, *(self._row(r) for r in new)]
            except _UnwantedError:
                return []
            steps.close()
        if not request.rotate:
            self._set_back(row)
            self._keep(row.ids[: row.read], row.cache)
        return []

    def _set_back(self, row: _Row) -> None:
        """mlx-lm computes a token ahead: the cache and the draws go back to the last one taken."""
        row.read = len(row.ids) - 1
        for layer in row.cache:
            layer.trim(layer.offset - row.read)
        if isinstance(row.sampler, SeededSampler):
            row.sampler.set_back(row.taken)

    # --- several at once ----------------------------------------------------------------

    def _together(self, rows: list[_Row], work: Work) -> None:
        """Replies in one batch; others join while it goes on."""
        batch = BatchGenerator(
            self._model, completion_batch_size=self.batch_size, prefill_batch_size=self.batch_size
        )
        running = self._insert(batch, rows)
        try:
            while running:
                _, responses = batch.next()
                ended = [r.uid for r in responses if not self._taken(running[r.uid], r, work)]
                # Those whose prompt is still being read are asked for here.
                ended += [
                    uid
                    for uid, row in running.items()
                    if uid not in ended and not work.wanted(row.request)
                ]
                if ended:
                    self._remove(batch, running, ended)
                running |= self._insert(batch, [self._row(request) for request in work.more()])
        finally:
            batch.close()

    def _taken(self, row: _Row, response: Any, work: Work) -> bool:
        row.ids.append(int(response.token))
        return work.take(row.request, row.ids[-1])

    def _insert(self, batch: Any, rows: list[_Row]) -> dict[int, _Row]:
        if not rows:
            return {}
        uids = batch.insert(
            [row.ids[row.read :] for row in rows],
            # Two more than are taken: the reply ends when the work says so, not before.
            max_tokens=[row.request.sampling.max_tokens - row.taken + 2 for row in rows],
            caches=[row.cache for row in rows],
            all_tokens=[row.ids[: row.read] for row in rows],
            samplers=[row.sampler for row in rows],
            logits_processors=[row.processors for row in rows],
        )
        return dict(zip(uids, rows, strict=True))

    def _remove(self, batch: Any, running: dict[int, _Row], uids: list[int]) -> None:
        for uid, (cache, read) in batch.remove(uids, return_prompt_caches=True).items():
            del running[uid]
            self._keep(read, cache)

    def _keep(self, ids: Sequence[int], cache: Any) -> None:
        """For the next turn; not of a model that somebody else changes meanwhile."""
        if self._own:
            self._prompts.keep(self._worn, ids, cache)
