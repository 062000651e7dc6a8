"""A training job, its progress reports and the hooks of its caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morris_mlx.models.find import ModelFiles
from morris_mlx.records.corpus import Example, RowLength
from morris_mlx.records.training import TrainSettings


@dataclass(frozen=True, slots=True)
class TrainJob:
    """The examples, the base model, the settings and the folder of one training.

    Args:
        resume: Continue from the newest intact checkpoint in `folder`.
        change: A sentence about settings that were lowered to save memory, for run.json.
        force: Train even if the memory plan says that the training does not fit.
        token_cache: A folder for tokenized rows. Without it they are not kept.
        lengths: The lengths of the train rows, if the dataset's card has them. A training that
            does not fit into memory is then refused before its rows are tokenized.
    """

    name: str
    model: ModelFiles
    train: Sequence[Example]
    valid: Sequence[Example]
    settings: TrainSettings
    window: int
    system_prompt: str
    dataset_digest: str
    folder: Path
    resume: bool = False
    change: str = ""
    force: bool = False
    token_cache: Path | None = None
    lengths: Sequence[RowLength] = ()


@dataclass(frozen=True, slots=True)
class StepReport:
    """The state after an optimizer step.

    `loss` is the mean of the step in nats per supervised token; `tokens` counts the supervised
    tokens of the whole run so far.
    """

    step: int
    steps: int
    loss: float
    tokens: int
    learning_rate: float
    gradient_norm: float
    tokens_per_second: float
    peak_memory_gb: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class ValidReport:
    """The result of a validation; `best` is True if its adapter is kept.

    `voice` is the score of a few answers, None without the selection by voice.
    """

    step: int
    steps: int
    loss: float
    best: bool
    voice: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the user during the training."""

    text: str


Report = StepReport | ValidReport | Notice


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """A few answers of the model in its present state, and their score.

    `score` is higher for texts like the writer's, None for too few words. `texts` are by prompt.
    """

    score: float | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TrainHooks:
    """Callbacks of a training.

    Args:
        report: Receives every step report, validation report and notice.
        stopping: Polled after each step. Once it returns True, the run saves and ends.
        samples: Generates a few texts with the model in its present state, by prompt.
        voice: Scores a few answers of the model in its present state. It is needed, and called,
            only with the selection by voice. The same weights must give the same score.
    """

    report: Callable[[Report], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False
    samples: Callable[[Any], Mapping[str, str]] | None = None
    voice: Callable[[Any], VoiceSample] | None = None
