"""Messages and settings → what an engine is asked, all of it checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from morris_mlx.errors import UsageError
from morris_mlx.generate.backend import Adaptation, TokenRequest
from morris_mlx.generate.context_window import fit
from morris_mlx.generate.engines import Engine
from morris_mlx.generate.seeds import Seeds
from morris_mlx.generate.settings import beams_from, sampling_from
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import MAX_SEED, GenerationSettings


@dataclass(frozen=True, slots=True)
class Question:
    """One or several requests for replies to the same prompt, and how each is to be read.

    `alone` are those whose text was promised by a seed (company in a batch may round otherwise),
    and those that no batch can hold.
    """

    requests: tuple[TokenRequest, ...]
    adaptation: Adaptation
    stops: tuple[str, ...]
    alone: bool
    hidden_id: int | None
    timeout_seconds: float | None


def question(
    engine: Engine,
    settings: GenerationSettings,
    messages: Sequence[Message],
    adaptation: Adaptation,
    seeds: Seeds,
) -> Question:
    """Raises UsageError for a conversation that cannot be answered or does not fit, and for ids
    that are not of this model's vocabulary."""
    vocabulary = engine.backend.vocabulary
    stops, stop_ids = _stops(settings, vocabulary)
    sampling, beams = sampling_from(settings), beams_from(settings)
    if sampling.top_k >= vocabulary:  # all words: what a filter of so many keeps
        sampling = replace(sampling, top_k=0)
    ids, room, rotate = _prompt(engine, settings, messages, sampling.max_tokens)
    if rotate and beams is not None:
        raise UsageError(
            f"Beam search ends at the model's window of {engine.backend.window} tokens. Lower "
            "max_length, or leave num_beams out."
        )
    end = _known("eos_token_id", settings.eos_token_id, vocabulary)
    ends = engine.end_ids if end is None else frozenset({end})
    promised = settings.seed is not None
    first = TokenRequest(
        ids, replace(sampling, max_tokens=room), 0, ends | stop_ids, beams, rotate, promised
    )
    count = 1 if beams else settings.num_return_sequences or 1
    drawn = [seeds.draw() for _ in range(count)] if not promised else None
    given = [((settings.seed or 0) + n) % (MAX_SEED + 1) for n in range(count)]
    return Question(
        requests=tuple(replace(first, seed=seed) for seed in (drawn or given)),
        adaptation=adaptation,
        stops=(*engine.tokenizer.chat_format.stop_strings, *stops),
        alone=promised or beams is not None or rotate,
        hidden_id=_known("pad_token_id", settings.pad_token_id, vocabulary),
        timeout_seconds=settings.timeout_seconds,
    )


def _prompt(
    engine: Engine, settings: GenerationSettings, messages: Sequence[Message], max_tokens: int
) -> tuple[tuple[int, ...], int, bool]:
    """Prompt ids, the most tokens of the reply, and whether it goes on beyond the window."""
    window = engine.backend.window
    limit = settings.max_length or window
    start = _known("bos_token_id", settings.bos_token_id, engine.backend.vocabulary)
    before = () if start is None else (start,)
    read = min(limit, window) - len(before)
    if read < 2:
        raise UsageError(f"max_length is {limit}; a prompt and a reply need more.")
    least = None if settings.max_length is None else 1
    ids, room = fit(engine.tokenizer, messages, read, max_tokens, least)
    ids = (*before, *ids)
    if limit > window:
        room = min(max_tokens, limit - len(ids))
    return ids, room, len(ids) + room > window


def _stops(settings: GenerationSettings, vocabulary: int) -> tuple[tuple[str, ...], frozenset[int]]:
    """The strings and the ids among the stops."""
    stops = settings.stop_token
    if not isinstance(stops, tuple):
        return (), frozenset()
    for stop in stops:
        if isinstance(stop, int):
            _known("stop_token", stop, vocabulary)
    return (
        tuple(stop for stop in stops if isinstance(stop, str)),
        frozenset(stop for stop in stops if isinstance(stop, int)),
    )


def _known(name: str, token: int | None, vocabulary: int) -> int | None:
    if token is not None and token >= vocabulary:
        raise UsageError(f"{name} is {token}; this model's token ids are below {vocabulary}.")
    return token
