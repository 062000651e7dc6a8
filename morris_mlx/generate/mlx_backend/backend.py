"""Generation with MLX through mlx-lm: its loop, batches, samplers, caches and adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.generate import BatchGenerator, generate_step, generation_stream, wired_limit

from morris_mlx.device import prepare_engine
from morris_mlx.generate.backend import (
    BATCH_SIZE,
    EXACT_PRECISION,
    MOST_AT_ONCE,
    ActiveAdapter,
    Hypothesis,
    RequestGroup,
    TokenRequest,
)
from morris_mlx.generate.mlx_backend.adapters import AdapterPool
from morris_mlx.generate.mlx_backend.attention import quick_attention
from morris_mlx.generate.mlx_backend.beam_search import beam_search
from morris_mlx.generate.mlx_backend.linear import quick_linear
from morris_mlx.generate.mlx_backend.masks import grouped_masks
from morris_mlx.generate.mlx_backend.prompt_cache import MLXCaches
from morris_mlx.generate.mlx_backend.sampling import (
    PENALTY_WINDOW,
    FirstTokenBar,
    Sampler,
    SeededSampler,
    penalties,
    sampler_for,
)
from morris_mlx.generate.prompt_cache import MEMORY_SHARE, PrefixCache, shared_length
from morris_mlx.models.config import read_config
from morris_mlx.models.fast_exp import exp
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.load import load_mlx_model

# Tokens of a beginning that is read once for several prompts; a shorter one costs little.
LEAST_BEGINNING = 64
PREFILL_TOKENS = 512  # of it at once: the memory of a layer's results grows with them


@dataclass(slots=True, eq=False)
class _BatchRow:
    """A reply in progress. `cache` holds `ids[:cached]`; the rest is still to be computed."""

    request: TokenRequest
    sampler: Sampler
    processors: list[Any]
    cache: Any
    ids: list[int]
    cached: int
    generated: int = 0


class _CancelledError(Exception):
    """The reply was cancelled or reached its timeout while its prompt was read."""


@contextmanager
def _quick_layers(model: nn.Module) -> Iterator[None]:
    """Let `model` use faster attention and linear layers of a CPU, and masks that fit a batch."""
    with quick_attention(model), quick_linear(), grouped_masks(model):
        yield


class MLXBackend:
    """A model of mlx-lm, with adapters or without."""

    name = "mlx"
    batch_size = BATCH_SIZE

    def __init__(self, files: ModelFiles, loaded: nn.Module | None = None) -> None:
        """Load the model in `files`; with `loaded`, use that model as it is at each call.

        Raises MissingError, MorrisError.
        """
        engine = prepare_engine()
        self.window = files.window
        self.device = "cpu" if engine.name == "mlx-cpu" else "gpu"
        self.precision = engine.precision
        self._model: Any = load_mlx_model(files.folder) if loaded is None else loaded
        self._model.eval()
        sizes = read_config(files.folder).sizes(files.name)
        self.vocabulary = sizes.vocabulary
        number_bytes = 4 if self.precision == EXACT_PRECISION else 2
        self._token_bytes = 2 * sizes.layers * sizes.kv_heads * sizes.head_dim * number_bytes
        self._own = loaded is None
        self._pool = AdapterPool(self._model) if self._own else None
        self._active = ActiveAdapter()
        self._caches = MLXCaches(self._model)
        self._usable_gb = engine.usable_gb
        self._prefix_cache = self._new_prefix_cache()

    def activate(self, active: ActiveAdapter) -> None:
        """Activate the adapter; do nothing for a model that was given as `loaded`."""
        if self._pool is not None:
            self._pool.activate(active)
            self._active = active

    def rows_at_once(self, tokens: int) -> int:
        """Return as many as there is memory for their caches, MOST_AT_ONCE at most."""
        memory = MEMORY_SHARE * 1e9 * self._usable_gb
        return max(BATCH_SIZE, min(MOST_AT_ONCE, int(memory / (tokens * self._token_bytes))))

    def generate(self, group: RequestGroup) -> None:
        """Generate replies until the group has no more requests.

        A reply that is alone runs in mlx-lm's loop, and joins a batch when others arrive. A batch
        with seeds uses no caches of earlier requests, which may be rounded differently.
        """
        with _quick_layers(self._model):
            while requests := group.new_requests():
                seeded_batch = len(requests) > 1 and requests[0].reproducible
                with self._other_prefix_cache() if seeded_batch else nullcontext():
                    rows = [self._row(request) for request in requests]
                    if seeded_batch:
                        self._read_beginning(rows)
                    if len(rows) == 1:
                        rows = self._generate_one(rows[0], group)
                    if rows:
                        self._generate_batch(rows, group)

    def search(
        self, request: TokenRequest, should_continue: Callable[[], bool]
    ) -> list[Hypothesis]:
        """Return the best hypotheses of a beam search, as `Backend.search` describes."""
        with wired_limit(self._model, [generation_stream]), _quick_layers(self._model):
            return beam_search(self._model, request, should_continue, penalties(request.sampling))

    def score(self, ids: Sequence[int], mask: Sequence[bool]) -> tuple[float, int]:
        """Return (sum of -log p in nats, number of ids) over the ids whose mask is True.

        The first id has no prediction and is never counted.
        """
        places = [place for place, counts in enumerate(mask[1:]) if counts]
        if not places:
            return 0.0, 0
        row = mx.array(list(ids))
        with _quick_layers(self._model):
            logits = self._model(row[None, :-1])[0, mx.array(places)].astype(mx.float32)
        wanted = mx.take_along_axis(logits, row[1:][mx.array(places)][:, None], axis=-1)
        highest = logits.max(axis=-1, keepdims=True)
        # The exponentials of all tokens of the vocabulary take as long as the layers.
        mass = exp(logits - highest).sum(axis=-1, keepdims=True)
        return float((highest + mx.log(mass) - wanted).sum().item()), len(places)

    def logits(self, ids: Sequence[int]) -> Any:
        """Return the float32 logits [ids, vocabulary] as a NumPy array."""
        import numpy as np

        with _quick_layers(self._model):
            return np.array(self._model(mx.array(list(ids))[None])[0].astype(mx.float32))

    def memory_gb(self) -> tuple[float, float]:
        """Return MLX's active and peak memory in this process, in 1e9 bytes."""
        return mx.get_active_memory() / 1e9, mx.get_peak_memory() / 1e9

    @staticmethod
    def release_thread() -> None:
        """Clear the thread's streams: a process with open streams aborts at its end."""
        mx.synchronize()
        mx.clear_streams()

    def close(self) -> None:
        """Free the model, its adapters and caches. The backend cannot be used afterwards."""
        del self._model, self._pool, self._caches, self._prefix_cache
        mx.clear_cache()

    def _new_prefix_cache(self) -> PrefixCache:
        return PrefixCache(self._caches, self._usable_gb)

    @contextmanager
    def _other_prefix_cache(self) -> Iterator[None]:
        """Use an empty prefix cache in a `with` block, and drop it afterwards."""
        kept, self._prefix_cache = self._prefix_cache, self._new_prefix_cache()
        try:
            yield
        finally:
            self._prefix_cache = kept

    # --- one reply at a time ------------------------------------------------------------------

    def _row(self, request: TokenRequest) -> _BatchRow:
        processors = penalties(request.sampling)
        # The penalties see only ids that are computed now, not those in a cache.
        recomputed = PENALTY_WINDOW if processors else 1
        if request.barred:
            processors.append(FirstTokenBar(request.barred))
        if request.rotate:
            cache, cached = self._caches.rotating(self.window), 0
        elif request.reproducible and self.precision != EXACT_PRECISION:
            cache, cached = self._caches.new(), 0
        else:
            cache, cached = self._prefix_cache.take(self._active, request.ids, recomputed)
        sampler = sampler_for(request.sampling, request.seed)
        return _BatchRow(request, sampler, processors, cache, list(request.ids), cached)

    def _read_beginning(self, rows: Sequence[_BatchRow]) -> None:
        """Read the beginning that the prompts of a new batch share once, for all of its rows.

        A batch copies the caches of its rows, so they may be the same one.
        """
        first, last = min(row.ids for row in rows), max(row.ids for row in rows)
        recomputed = PENALTY_WINDOW if any(row.processors for row in rows) else 1
        shared = min(shared_length(first, last), min(len(row.ids) for row in rows) - recomputed)
        cache = self._caches.new()
        if shared < LEAST_BEGINNING or not self._caches.are_plain(cache):
            return
        for start in range(0, shared, PREFILL_TOKENS):
            ids = first[start : min(start + PREFILL_TOKENS, shared)]
            self._model(mx.array(ids)[None], cache=cache)
            mx.eval([layer.state for layer in cache])
        for row in rows:
            row.cache, row.cached = cache, shared

    def _generate_one(self, row: _BatchRow, group: RequestGroup) -> list[_BatchRow]:
        """Generate one reply; when others arrive that may join it, return them all, unfinished."""
        request = row.request

        def check_active(*_: int) -> None:
            if not group.is_active(request):
                raise _CancelledError

        steps = generate_step(
            mx.array(row.ids[row.cached :]),
            self._model,
            max_tokens=request.sampling.max_tokens,
            sampler=row.sampler,
            logits_processors=row.processors,
            prompt_cache=row.cache,
            prompt_progress_callback=check_active,
        )
        with wired_limit(self._model, [generation_stream]):
            try:
                for token, _ in steps:
                    row.ids.append(int(token))
                    row.generated += 1
                    if not group.add_token(request, row.ids[-1]):
                        break
                    if new := group.new_requests():
                        steps.close()
                        self._rewind(row)
                        return [row, *(self._row(r) for r in new)]
            except _CancelledError:
                return []
            steps.close()
        if not request.rotate:
            self._rewind(row)
            self._keep(row.ids[: row.cached], row.cache)
        return []

    def _rewind(self, row: _BatchRow) -> None:
        """Set cache and sampler back to the last token used, because mlx-lm computes one ahead.

        A cache that cannot be cut, such as a convolution's, is replaced by an empty one.
        """
        if self._caches.can_trim(row.cache):
            row.cached = len(row.ids) - 1
            for layer in row.cache:
                layer.trim(layer.offset - row.cached)
        else:
            row.cache, row.cached = self._caches.new(), 0
        if isinstance(row.sampler, SeededSampler):
            row.sampler.rewind(row.generated)

    # --- several replies at once ----------------------------------------------------------------

    def _generate_batch(self, rows: list[_BatchRow], group: RequestGroup) -> None:
        """Generate replies in one batch, which others join while it runs."""
        batch = BatchGenerator(
            self._model, completion_batch_size=MOST_AT_ONCE, prefill_batch_size=self.batch_size
        )
        running = self._insert(batch, rows)
        try:
            while running:
                _, responses = batch.next()
                ended = [r.uid for r in responses if not self._add_token(running[r.uid], r, group)]
                # Rows whose prompt is still being read have no response; they may be cancelled.
                ended += [
                    uid
                    for uid, row in running.items()
                    if uid not in ended and not group.is_active(row.request)
                ]
                if ended:
                    self._remove(batch, running, ended)
                running |= self._insert(
                    batch, [self._row(request) for request in group.new_requests()]
                )
        finally:
            batch.close()

    def _add_token(self, row: _BatchRow, response: Any, group: RequestGroup) -> bool:
        row.ids.append(int(response.token))
        return group.add_token(row.request, row.ids[-1])

    def _insert(self, batch: Any, rows: list[_BatchRow]) -> dict[int, _BatchRow]:
        if not rows:
            return {}
        uids = batch.insert(
            [row.ids[row.cached :] for row in rows],
            # Two more than are used: the reply ends when the group says so, not before.
            max_tokens=[row.request.sampling.max_tokens - row.generated + 2 for row in rows],
            caches=[row.cache for row in rows],
            all_tokens=[row.ids[: row.cached] for row in rows],
            samplers=[row.sampler for row in rows],
            logits_processors=[row.processors for row in rows],
        )
        return dict(zip(uids, rows, strict=True))

    def _remove(self, batch: Any, running: dict[int, _BatchRow], uids: list[int]) -> None:
        for uid, (cache, ids) in batch.remove(uids, return_prompt_caches=True).items():
            del running[uid]
            self._keep(ids, cache)

    def _keep(self, ids: Sequence[int], cache: Any) -> None:
        """Keep a cache for the next turn, unless other code trains this model meanwhile."""
        if self._own:
            self._prefix_cache.keep(self._active, ids, cache)
