"""Settings given in several places → what one reply is made with."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from morris_mlx.errors import UsageError
from morris_mlx.records.generation import (
    SAMPLING,
    SETTING_NAMES,
    Beams,
    GenerationSettings,
    Sampling,
)

GREEDY_REPETITION_PENALTY = 1.0  # off: at temperature 0 the answer is mlx-lm's own

# Below it a second word would have to be as likely as the first to be drawn at all, and half
# precision cannot hold log-probabilities divided by less: all words would become alike.
LEAST_TEMPERATURE = 1e-3
ALIASES = {"beam_width": "num_beams", "repition_penalty": "repetition_penalty"}


def settings_with(base: GenerationSettings, changes: Mapping[str, Any]) -> GenerationSettings:
    """`base` with the changes, validated. Raises UsageError for unknown names, and for two
    spellings of one setting that say different things."""
    named: dict[str, Any] = {}
    for word, value in changes.items():
        name = ALIASES.get(word, word)
        if name not in SETTING_NAMES:
            near = difflib.get_close_matches(word, [*SETTING_NAMES, *ALIASES], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"There is no setting {word!r}.{hint}")
        if name in named and named[name] != value:
            raise UsageError(
                f"{name} is there twice, as {named[name]!r} and as {value!r} ({word}). "
                "Leave one out."
            )
        named[name] = value
    return replace(base, **named)


def sampling_from(settings: GenerationSettings) -> Sampling:
    """How tokens are chosen; what was left open is Morris's own choice.

    A repetition penalty that nobody asked for is off where the likeliest text is wanted.
    """
    likeliest = is_greedy(settings) or beams_from(settings) is not None
    unsaid_penalty = GREEDY_REPETITION_PENALTY if likeliest else SAMPLING.repetition_penalty
    return Sampling(
        max_tokens=_or(settings.max_tokens, SAMPLING.max_tokens),
        temp=0.0 if likeliest else _or(settings.temperature, SAMPLING.temp),
        top_p=_or(settings.top_p, SAMPLING.top_p),
        top_k=_or(settings.top_k, SAMPLING.top_k),
        min_p=_or(settings.min_p, SAMPLING.min_p),
        repetition_penalty=_or(settings.repetition_penalty, unsaid_penalty),
        frequency_penalty=_or(settings.frequency_penalty, SAMPLING.frequency_penalty),
        presence_penalty=_or(settings.presence_penalty, SAMPLING.presence_penalty),
    )


def is_greedy(settings: GenerationSettings) -> bool:
    warmth = settings.temperature
    return settings.do_sample is False or (warmth is not None and warmth < LEAST_TEMPERATURE)


def beams_from(settings: GenerationSettings) -> Beams | None:
    """The beam search that is asked for. Raises UsageError for what does not go together."""
    wanted, sequences = settings.num_beams or 1, settings.num_return_sequences or 1
    if wanted == 1:
        if sequences > 1 and is_greedy(settings):
            raise UsageError(
                f"num_return_sequences is {sequences}, and greedy decoding has one reply. "
                "Sample (temperature above 0), or search with num_beams."
            )
        return None
    if settings.do_sample:
        raise UsageError("num_beams searches for the likeliest reply; leave do_sample out.")
    if sequences > wanted:
        raise UsageError(
            f"num_return_sequences is {sequences}; with num_beams={wanted} it is at most {wanted}."
        )
    return Beams(
        wanted,
        sequences,
        _or(settings.length_penalty, 1.0),
        _or(settings.early_stopping, False),
    )


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
