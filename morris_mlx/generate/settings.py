"""Settings from several places → the sampling and beam search of one reply."""

from __future__ import annotations

import difflib
import os
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

# Below it a second token would have to be as likely as the first to be sampled at all, and half
# precision cannot hold log-probabilities divided by less: all tokens would become equally likely.
LEAST_TEMPERATURE = 1e-3
ALIASES = {"beam_width": "num_beams", "repition_penalty": "repetition_penalty"}


def settings_with(base: GenerationSettings, changes: Mapping[str, Any]) -> GenerationSettings:
    """Return `base` with the changes, validated.

    Raises UsageError for unknown names, and for two spellings of one setting with different values.
    """
    named: dict[str, Any] = {}
    for word, value in changes.items():
        name = ALIASES.get(word, word)
        if name not in SETTING_NAMES:
            near = difflib.get_close_matches(word, [*SETTING_NAMES, *ALIASES], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"There is no setting {word!r}.{hint}")
        if name in named and named[name] != value:
            raise UsageError(
                f"{name} is given twice, as {named[name]!r} and as {value!r} ({word}). "
                "Leave one out."
            )
        named[name] = os.fsdecode(value) if isinstance(value, os.PathLike) else value
    return replace(base, **named)


def sampling_from(settings: GenerationSettings) -> Sampling:
    """Return how tokens are sampled, with Morris's defaults for settings that are None."""
    likeliest = is_greedy(settings) or beams_from(settings) is not None
    return Sampling(
        max_tokens=_given_or(settings.max_tokens, SAMPLING.max_tokens),
        temp=0.0 if likeliest else _given_or(settings.temperature, SAMPLING.temp),
        top_p=_given_or(settings.top_p, SAMPLING.top_p),
        top_k=_given_or(settings.top_k, SAMPLING.top_k),
        min_p=_given_or(settings.min_p, SAMPLING.min_p),
        repetition_penalty=_given_or(settings.repetition_penalty, SAMPLING.repetition_penalty),
        frequency_penalty=_given_or(settings.frequency_penalty, SAMPLING.frequency_penalty),
        presence_penalty=_given_or(settings.presence_penalty, SAMPLING.presence_penalty),
        prevent_loops=_given_or(settings.prevent_loops, SAMPLING.prevent_loops),
    )


def is_greedy(settings: GenerationSettings) -> bool:
    """Return True if the settings ask for greedy decoding."""
    low = settings.temperature is not None and settings.temperature < LEAST_TEMPERATURE
    return settings.do_sample is False or low


def beams_from(settings: GenerationSettings) -> Beams | None:
    """Return the beam search that the settings ask for, None for one beam.

    Raises UsageError for settings that contradict each other.
    """
    wanted, sequences = settings.num_beams or 1, settings.num_return_sequences or 1
    if wanted == 1:
        if sequences > 1 and is_greedy(settings):
            raise UsageError(
                f"num_return_sequences is {sequences}, but greedy decoding has one reply. "
                "Raise the temperature above 0, or set num_beams."
            )
        return None
    if settings.do_sample:
        raise UsageError(
            "num_beams searches for the likeliest reply and does not sample. Leave do_sample out."
        )
    if sequences > wanted:
        raise UsageError(
            f"num_return_sequences is {sequences}; with num_beams={wanted} it is at most {wanted}."
        )
    return Beams(
        wanted,
        sequences,
        _given_or(settings.length_penalty, 1.0),
        _given_or(settings.early_stopping, False),
    )


def _given_or(value: Any, default: Any) -> Any:
    return default if value is None else value
