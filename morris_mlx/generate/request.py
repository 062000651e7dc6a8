"""Messages and settings → requests to an engine, checked completely before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from morris_mlx.errors import UsageError
from morris_mlx.generate.backend import ActiveAdapter, TokenRequest
from morris_mlx.generate.context_window import fit_to_window
from morris_mlx.generate.engines import LoadedModel
from morris_mlx.generate.seeds import Seeds
from morris_mlx.generate.settings import beams_from, sampling_from
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import MAX_SEED, GenerationSettings


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """One or several token requests with the same prompt, and how to read their replies.

    `exclusive` requests share no batch with those of another call. Either they have a seed, so
    their rounding must not depend on other rows, or no batch can hold them.
    """

    requests: tuple[TokenRequest, ...]
    active: ActiveAdapter
    stop_strings: tuple[str, ...]
    exclusive: bool
    hidden_id: int | None
    timeout_seconds: float | None


def prepare_request(
    loaded: LoadedModel,
    settings: GenerationSettings,
    messages: Sequence[Message],
    active: ActiveAdapter,
    seeds: Seeds,
) -> PreparedRequest:
    """Return the token requests for an answer to `messages`.

    Raises UsageError for a conversation that cannot be answered or does not fit, and for ids that
    are not in this model's vocabulary.
    """
    vocabulary = loaded.backend.vocabulary
    stop_strings, stop_ids = _stops(settings, vocabulary)
    sampling, beams = sampling_from(settings), beams_from(settings)
    if sampling.top_k >= vocabulary:  # it would keep every token
        sampling = replace(sampling, top_k=0)
    ids, room, rotate = _prompt(loaded, settings, messages, sampling.max_tokens)
    if rotate and beams is not None:
        raise UsageError(
            f"Beam search ends at the model's window of {loaded.backend.window} tokens. Lower "
            "max_length, or leave num_beams out."
        )
    end = _known("eos_token_id", settings.eos_token_id, vocabulary)
    ends = loaded.end_ids if end is None else frozenset({end})
    seeded = settings.seed is not None
    first = TokenRequest(
        ids, replace(sampling, max_tokens=room), 0, ends | stop_ids, beams, rotate, seeded
    )
    count = 1 if beams else settings.num_return_sequences or 1
    drawn = [seeds.draw() for _ in range(count)] if not seeded else None
    given = [((settings.seed or 0) + n) % (MAX_SEED + 1) for n in range(count)]
    return PreparedRequest(
        requests=tuple(replace(first, seed=seed) for seed in (drawn or given)),
        active=active,
        stop_strings=(*loaded.tokenizer.chat_format.stop_strings, *stop_strings),
        exclusive=seeded or beams is not None or rotate,
        hidden_id=_known("pad_token_id", settings.pad_token_id, vocabulary),
        timeout_seconds=settings.timeout_seconds,
    )


def _prompt(
    loaded: LoadedModel, settings: GenerationSettings, messages: Sequence[Message], max_tokens: int
) -> tuple[tuple[int, ...], int, bool]:
    """Return the prompt ids, the reply's most tokens, and True if it may exceed the window."""
    window = loaded.backend.window
    limit = settings.max_length or window
    start = _known("bos_token_id", settings.bos_token_id, loaded.backend.vocabulary)
    before = () if start is None else (start,)
    available = min(limit, window) - len(before)
    if available < 2:
        raise UsageError(
            f"max_length is {limit}; prompt and reply need at least 2 tokens. Raise it."
        )
    least = None if settings.max_length is None else 1
    ids, room = fit_to_window(loaded.tokenizer, messages, available, max_tokens, least)
    ids = (*before, *ids)
    if limit > window:
        room = min(max_tokens, limit - len(ids))
    return ids, room, len(ids) + room > window


def _stops(settings: GenerationSettings, vocabulary: int) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return the strings and the ids among the stops."""
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
