"""Beam search over mlx-lm's models, as transformers defines it (`_beam_search` of 5.23)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_map
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.sample_utils import make_logits_processors

from morris_mlx.generate.backend import Hypothesis, TokenRequest
from morris_mlx.records.generation import Beams, Sampling

PREFILL_TOKENS = 2048  # of the prompt at once: fast, and its activations fit; as in mlx-lm
SUMMED = 256  # about the square root of a vocabulary: a block has as many terms as there are blocks

# (ids [n], log-probabilities [1, vocabulary]) → log-probabilities [1, vocabulary]
Processor = Callable[[mx.array, mx.array], mx.array]


@dataclass(frozen=True, slots=True)
class Beam:
    """New ids, and the sum of their log-probabilities in nats. `parent` is the row it grew from."""

    ids: tuple[int, ...]
    total: float
    parent: int = 0


def beam_search(
    model: Any,
    request: TokenRequest,
    should_continue: Callable[[], bool],
    processors: Sequence[Processor] | None = None,
) -> list[Hypothesis]:
    """Return the `num_return_sequences` best hypotheses; without `request.beams` the greedy one.

    `should_continue` is called before each chunk of the prompt and before each step. When it
    returns False the search ends with the best so far: finished hypotheses first, then unfinished
    ones, and empty ones before the first step. `processors` work on log-probabilities, beam by
    beam, and default to the penalties of `request.sampling`. Of sequences with exactly the same
    score the one with the lower row, then the lower id, comes first; torch leaves that open.
    """
    beams = request.beams or Beams(num_beams=1)
    limit = request.sampling.max_tokens
    kept = max(2, 1 + len(request.end_ids)) * beams.num_beams  # enough, even if all end ids occur
    penalties = sampling_penalties(request.sampling) if processors is None else processors
    cache = make_prompt_cache(model)
    running, finished = [Beam((), 0.0)], list[Hypothesis]()
    ready = _read_prompt(model, request.ids[:-1], cache, should_continue)
    for length in range(1, limit + 1):
        if not (ready and should_continue()):
            break
        grown = _grow(model, cache, request.ids, running, kept, penalties)
        marked = [(b, length == limit or b.ids[-1] in request.end_ids) for b in grown]
        # Beams after the first `num_beams` are kept to be continued; their ends do not count.
        new = [_scored(beam, beams) for beam, ended in marked[: beams.num_beams] if ended]
        finished = _best([*finished, *new], beams.num_beams)
        running = [beam for beam, ended in marked if not ended][: beams.num_beams]
        if not running or _is_settled(running[0], finished, beams, limit):
            break
    if running == [Beam((), 0.0)]:
        return [Hypothesis((), 0.0)] * beams.num_return_sequences
    unfinished = _best([_scored(beam, beams) for beam in running], beams.num_beams)
    return [*finished, *unfinished][: beams.num_return_sequences]


def sampling_penalties(sampling: Sampling) -> list[Processor]:
    """Return mlx-lm's penalties over the last 20 tokens of prompt and reply, its default."""
    repetition = sampling.repetition_penalty
    processors: list[Processor] = make_logits_processors(
        repetition_penalty=repetition if repetition != 1.0 else None,
        presence_penalty=sampling.presence_penalty,
        frequency_penalty=sampling.frequency_penalty,
    )
    return processors


def _read_prompt(
    model: Any, ids: Sequence[int], cache: list[Any], should_continue: Callable[[], bool]
) -> bool:
    """Fill the cache, of one row, with `ids`. Return False if the search should stop.

    The logits are not used here, so MLX does not compute the output layer.
    """
    for start in range(0, len(ids), PREFILL_TOKENS):
        if not should_continue():
            return False
        model(mx.array(list(ids[start : start + PREFILL_TOKENS]))[None], cache=cache)
        mx.eval([layer.state for layer in cache])
    return True


def _grow(
    model: Any,
    cache: list[Any],
    prompt: Sequence[int],
    running: Sequence[Beam],
    kept: int,
    processors: Sequence[Processor],
) -> list[Beam]:
    """Return the `kept` best continuations of all beams by one token, the best first."""
    _take_rows(cache, [beam.parent for beam in running])
    last = mx.array([beam.ids[-1] if beam.ids else prompt[-1] for beam in running])
    logits = model(last[:, None], cache=cache)[:, -1, :].astype(mx.float32)
    scores = _log_probabilities(logits)
    if processors:
        scores = _processed(scores, prompt, running, processors)
    costs = -(scores + mx.array([beam.total for beam in running])[:, None]).reshape(-1)
    places = mx.arange(costs.size)
    if kept < costs.size:
        places = mx.argpartition(costs, kth=kept - 1)[:kept]
    lowest = costs[places]
    # The only evaluation and transfer to the host in a step. The cache is evaluated with it, so
    # that it does not keep the graph that made it.
    mx.eval(places, lowest, [layer.state for layer in cache])
    grown = []
    for cost, place in sorted(zip(np.array(lowest), np.array(places), strict=True)):
        row, token = divmod(int(place), scores.shape[-1])
        grown.append(Beam((*running[row].ids, token), -float(cost), row))
    return grown


def _log_probabilities(logits: mx.array) -> mx.array:
    """Return the natural logarithms of the probabilities of float32 logits [beams, vocabulary].

    The sum is taken block by block: on a CPU MLX adds up a row one by one, and small terms vanish
    beside a large sum. That error always has the same sign, so it accumulates over a long reply.
    """
    rows, vocabulary = logits.shape
    filled = mx.pad(logits, [(0, 0), (0, -vocabulary % SUMMED)], constant_values=-mx.inf)
    sums = mx.logsumexp(filled.reshape(rows, -1, SUMMED), axis=-1)
    return logits - mx.logsumexp(sums, axis=-1, keepdims=True)


def _processed(
    scores: mx.array,
    prompt: Sequence[int],
    running: Sequence[Beam],
    processors: Sequence[Processor],
) -> mx.array:
    """Apply the processors to `scores` [beams, vocabulary], each row after its own ids."""
    before = mx.array(list(prompt))
    rows = []
    for number, beam in enumerate(running):
        ids = mx.concatenate([before, mx.array(beam.ids, dtype=before.dtype)])
        row = scores[number : number + 1]
        for process in processors:
            row = process(ids, row)
        rows.append(row)
    return mx.concatenate(rows)


def _take_rows(cache: list[Any], rows: list[int]) -> None:
    """Give each beam the cache of its parent; make several rows from the one of the prompt."""
    if rows == list(range(len(rows))):  # each is its own parent; rows never become fewer
        return
    chosen = mx.array(rows)
    for layer in cache:
        layer.state = tree_map(
            lambda part: part[chosen] if isinstance(part, mx.array) else part, layer.state
        )


def _scored(beam: Beam, beams: Beams) -> Hypothesis:
    """Return a hypothesis with its final score, dividing by the length without the prompt."""
    return Hypothesis(beam.ids, beam.total / len(beam.ids) ** beams.length_penalty)


def _best(hypotheses: list[Hypothesis], count: int) -> list[Hypothesis]:
    # The sort is stable: of equal scores the older one is first.
    return sorted(hypotheses, key=lambda found: -found.score)[:count]


def _is_settled(best: Beam, finished: Sequence[Hypothesis], beams: Beams, limit: int) -> bool:
    """Return True if no running beam can win; `finished` has the best first.

    transformers fills `finished` with scores of -1e9 at first. Here it holds finished hypotheses
    only: with a strongly negative length penalty real scores are below that.
    """
    if len(finished) < beams.num_beams:
        return False
    if beams.early_stopping is True:
        return True
    # An estimate, unless "never": the sum only falls, but a positive penalty rewards length.
    reachable = beams.early_stopping == "never" and beams.length_penalty > 0.0
    length = limit if reachable else len(best.ids)
    score: float = best.total / length**beams.length_penalty
    return score <= finished[-1].score
