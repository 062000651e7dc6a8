"""The records of generation: settings, adapters, results and findings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Literal

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.errors import UsageError, check_choice, check_range
from morris_mlx.records.training import TrainRun, TrainSettings

FinishReason = Literal["stop", "length", "loop", "timeout", "cancelled"]
TaskRole = Literal["user", "system"]
FindingKind = Literal[
    "template", "repetition", "empty", "unfinished", "copy", "redacted item", "length", "language"
]
TASK_ROLES: tuple[TaskRole, ...] = ("user", "system")
MAX_STRENGTH = 1.5  # beyond it the adapter drowns the base
MAX_SEED = 2**32 - 1
MAX_BEAMS = 64
MAX_CANDIDATES = 64  # that a reply is chosen from: one large batch
MAX_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampling of a reply, with every value given.

    `temp` 0 is greedy; `top_k` 0, `top_p` 1, `min_p` 0, `repetition_penalty` 1 and the other two
    penalties 0 are off. The order is mlx-lm's: penalties, top_p, min_p, top_k, temperature.
    `prevent_loops` samples again from where a loop began, or else ends the reply there.
    """

    max_tokens: int
    temp: float
    top_p: float
    top_k: int
    min_p: float
    repetition_penalty: float
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    prevent_loops: bool = False

    def __post_init__(self) -> None:
        check_range("max_tokens", self.max_tokens, 0, MAX_TOKENS)
        check_range("temperature", self.temp, 0.0, 5.0)
        check_range("top_p", self.top_p, 1e-6, 1.0)
        check_range("top_k", self.top_k, 0, 1_000_000)
        check_range("min_p", self.min_p, 0.0, 1.0)
        check_range("repetition_penalty", self.repetition_penalty, 0.01, 10.0)
        check_range("frequency_penalty", self.frequency_penalty, -10.0, 10.0)
        check_range("presence_penalty", self.presence_penalty, -10.0, 10.0)


SAMPLING = Sampling(
    max_tokens=700,  # a column of 450 words, with room to end by itself
    # Lower ones make small models monotonous, and less like the writer. Distances of style
    # (`scripts/bench/sampling.py`) at 0.7, 0.8 and 1.0: 1.04, 1.05, 0.89 with the practice base,
    # 1.09, 0.96, 0.82 with SmolLM2. With a min_p of 0.1 the practice base was farther on average.
    temp=1.0,
    top_p=0.95,
    top_k=0,
    min_p=0.05,  # excludes the tail, where small models produce nonsense
    # Off: style lies in function words, which recur every few tokens and would be penalized.
    repetition_penalty=1.0,
    prevent_loops=True,
)
STRENGTH = 1.0


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter on this disk, resolved once from its name and carried by every request for it.

    `digest` and `config_digest` are the SHA-256 of its two files when it was resolved, "" for a
    file that is missing. `run` is the record of its training, None for an adapter made by mlx-lm.
    Two adapters are equal when they are the same files with the same contents.
    """

    name: str = field(compare=False)
    folder: Path
    digest: str
    config_digest: str
    run: TrainRun | None = field(compare=False)

    @property
    def base(self) -> str | None:
        """The name of the model that it was trained on; None if unknown."""
        return None if self.run is None else self.run.base_model

    @property
    def system_prompt(self) -> str:
        """The system prompt that it was trained with; Morris's own if unknown."""
        return SYSTEM_PROMPT if self.run is None else self.run.system_prompt

    @property
    def settings(self) -> TrainSettings | None:
        """The settings of its training; None if unknown."""
        return None if self.run is None else self.run.settings


@dataclass(frozen=True, slots=True)
class Beams:
    """Beam search as transformers defines it: `num_beams` hypotheses are kept at each step.

    The score of a finished one is its sum of log-probabilities over its length to the power of
    `length_penalty`. `early_stopping` True ends with the first `num_beams` finished ones, False
    when a better one is unlikely, "never" when a better one is impossible.
    """

    num_beams: int
    num_return_sequences: int = 1
    length_penalty: float = 1.0
    early_stopping: bool | Literal["never"] = False


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """The settings of a generator. None is the model's or Morris's own default.

    `max_tokens` limits the reply, `max_length` prompt and reply together. `do_sample` False or
    `temperature` 0 (or less than 0.001) is greedy. `stop_token` is a string, several strings, or
    token ids, none of which is shown. `role` is the role of the task's message. `adapter` is a
    name or a folder, `strength` 0 (the base) to 1.5. `prevent_loops` False leaves loops as they
    are: then greedy decoding is exactly mlx-lm's. Raises UsageError, with the range, for a value
    outside it.
    """

    model_name: str | None = None
    adapter: str | None = None
    strength: float | None = None
    device: str | None = None
    max_tokens: int | None = None
    max_length: int | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    do_sample: bool | None = None
    seed: int | None = None
    num_beams: int | None = None
    num_return_sequences: int | None = None
    length_penalty: float | None = None
    early_stopping: bool | Literal["never"] | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    prevent_loops: bool | None = None
    stop_token: str | int | tuple[str, ...] | tuple[int, ...] | None = None
    system_prompt: str | None = None
    role: TaskRole | None = None
    pad_token_id: int | None = None
    eos_token_id: int | None = None
    bos_token_id: int | None = None
    timeout_seconds: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            if (value := getattr(self, name)) is not None:
                check_range(name, value, low, high)
        for name in ("model_name", "adapter", "system_prompt"):
            value = getattr(self, name)
            if value is not None and not _is_text(value):
                raise UsageError(
                    f"{name} is {value!r}; it must be text without a lone surrogate (half a "
                    "character). Replace or delete it."
                )
        for name in ("do_sample", "prevent_loops"):
            if (value := getattr(self, name)) is not None and not isinstance(value, bool):
                raise UsageError(f"{name} is {value!r}; it must be True or False.")
        if self.early_stopping is not None and (
            not isinstance(self.early_stopping, bool) and self.early_stopping != "never"
        ):
            raise UsageError(
                f'early_stopping is {self.early_stopping!r}; it must be True, False or "never".'
            )
        if self.role is not None:
            check_choice("role", self.role, TASK_ROLES)
        if self.device is not None:
            check_choice("device", self.device, DEVICES)
        object.__setattr__(self, "stop_token", _checked_stop(self.stop_token))


DEVICES = ("gpu", "cpu", "mps", "cuda")
RANGES: dict[str, tuple[float, float]] = {
    "strength": (0.0, MAX_STRENGTH),
    "max_tokens": (0, MAX_TOKENS),
    "max_length": (1, MAX_TOKENS),
    "temperature": (0.0, 5.0),
    "top_k": (0, 1_000_000),
    "top_p": (1e-6, 1.0),
    "min_p": (0.0, 1.0),
    "seed": (0, MAX_SEED),
    "num_beams": (1, MAX_BEAMS),
    "num_return_sequences": (1, MAX_BEAMS),
    "length_penalty": (-10.0, 10.0),
    "repetition_penalty": (0.01, 10.0),
    "frequency_penalty": (-10.0, 10.0),
    "presence_penalty": (-10.0, 10.0),
    "pad_token_id": (0, 2**31 - 1),
    "eos_token_id": (0, 2**31 - 1),
    "bos_token_id": (0, 2**31 - 1),
    "timeout_seconds": (0.001, 1e6),
}
SETTING_NAMES = tuple(field.name for field in fields(GenerationSettings))


def _is_text(value: object) -> bool:
    """Return True for a string without lone surrogates, which no tokenizer accepts."""
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _checked_stop(stop: object) -> object:
    """Return the stop as a tuple of strings or of ids, or None. Raises UsageError."""
    if stop is None:
        return None
    items = tuple(stop) if isinstance(stop, (list, tuple)) else (stop,)
    if all(_is_text(item) for item in items):
        if not items or any(not item for item in items):
            raise UsageError("A stop string is empty. Give at least one character.")
        return items
    if all(isinstance(item, int) and not isinstance(item, bool) for item in items):
        for item in items:
            check_range("stop_token", item, 0, 2**31 - 1)
        return items
    raise UsageError(
        f"stop_token is {stop!r}; it must be a string, a list of strings, or token ids."
    )


class CandidateFault(StrEnum):
    """Reasons for which a candidate is ranked behind every candidate without one."""

    COPIES = "copies"
    REPEATS = "repeats itself"
    OFF_REQUEST = "does not take up the request"
    UNUSABLE = "is empty or has pieces of the chat format"


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """The assessment of one of the candidates that a reply was chosen from.

    `score` is the judges' mean log likelihood ratio, higher for the writer; None for a text that is
    too short to judge.
    """

    seed: int
    tokens: int
    words: int
    score: float | None
    faults: tuple[CandidateFault, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """A reply and its metrics, counted while it was generated.

    `finish_reason` is "stop" (an end token or a stop string), "length" (cut by a limit), "loop"
    (cut where it began to repeat itself), "timeout" or "cancelled". `tokens` includes the end
    token. `seed` gives the same reply again. `redraws` is the number of loops that were sampled
    again.
    `alternatives` are the other replies if several were asked for, the best first; `score` is that
    of a beam search, None without one. `candidates` are those that the reply was chosen from, the
    best first, without their texts.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    tokens: int
    seconds_to_first_token: float
    seconds: float
    seed: int = 0
    redraws: int = 0
    score: float | None = None
    alternatives: tuple[GenerationResult, ...] = ()
    candidates: tuple[CandidateScore, ...] = ()

    @property
    def tokens_per_second(self) -> float:
        """The speed from the request to the end of the reply; NaN for no time at all."""
        return self.tokens / self.seconds if self.seconds > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of a generated text: its kind, and a description for the user."""

    kind: FindingKind
    detail: str
