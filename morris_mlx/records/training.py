"""Settings and results of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from morris_mlx.errors import UsageError, check_choice, check_range
from morris_mlx.records.corpus import ChatTemplate

Targets = Literal["attention", "all", "all+head", "all+experts"]
TARGETS: tuple[Targets, ...] = ("attention", "all", "all+head", "all+experts")
EXPERTS: Targets = "all+experts"  # of the types with experts, which are no family of the table
FineTuneType = Literal["lora", "dora"]
FINE_TUNE_TYPES: tuple[FineTuneType, ...] = ("lora", "dora")
Recompute = Literal["none", "attention", "full"]
RECOMPUTE: tuple[Recompute, ...] = ("none", "attention", "full")
Packing = Literal["auto", "always", "never"]
PACKING: tuple[Packing, ...] = ("auto", "always", "never")
UNFINISHED = "not finished"  # TrainRun.stopped while the training is running


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """All settings of the trainer. The LoRA scale is alpha / rank, as in PEFT.

    `epochs` is a maximum. `batch_size` counts rows in a micro-batch and `accumulate` micro-batches
    in an optimizer step. `warmup` is the share of steps with a rising learning rate, `clip_norm`
    the largest global gradient norm (0: no clipping). `validate_every` counts optimizer steps (0:
    twice an epoch), `patience` validations without improvement before the training stops (0:
    never), and `save_every` optimizer steps between checkpoints (0: at every validation). `targets`
    are the four linear layers of "attention", "all" seven of a block, or "all+head", with the
    output layer (the embedding, if the model ties both). In a model with experts "all" leaves out
    the experts and what belongs to them; "all+experts" adds them, but not their routers.
    `layers` is the number of last blocks that take LoRA (0: all). `recompute` and `cache_limit_gb`
    (0: by the plan) trade time for memory and do not change the result. With `packing` the rows
    of a batch are computed one after the other instead of padded; "auto" does so where it is
    faster.
    """

    epochs: int
    rank: int
    alpha: float
    dropout: float
    learning_rate: float
    batch_size: int
    accumulate: int
    weight_decay: float = 0.01
    warmup: float = 0.05
    clip_norm: float = 1.0
    validate_every: int = 0
    patience: int = 0
    save_every: int = 0
    seed: int = 0
    fine_tune_type: FineTuneType = "lora"
    targets: Targets = "all"
    layers: int = 0
    recompute: Recompute = "attention"
    cache_limit_gb: float = 0.0
    packing: Packing = "never"  # as in every run that is older than this setting

    def __post_init__(self) -> None:
        check_choice("targets", self.targets, TARGETS)
        check_choice("fine_tune_type", self.fine_tune_type, FINE_TUNE_TYPES)
        check_choice("recompute", self.recompute, RECOMPUTE)
        check_choice("packing", self.packing, PACKING)
        if self.fine_tune_type == "dora" and self.targets == "all+head":
            raise UsageError("DoRA cannot be applied to the output layer. Set targets to all.")
        for name in ("epochs", "rank", "batch_size", "accumulate"):
            check_range(name, getattr(self, name), 1, 1_000_000)
        check_range("alpha", self.alpha, 1e-6, 1e6)
        check_range("dropout", self.dropout, 0.0, 0.95)
        check_range("learning_rate", self.learning_rate, 1e-9, 1.0)
        check_range("weight_decay", self.weight_decay, 0.0, 1.0)
        check_range("warmup", self.warmup, 0.0, 1.0)
        check_range("clip_norm", self.clip_norm, 0.0, 1e9)
        for name in ("validate_every", "patience", "save_every", "layers"):
            check_range(name, getattr(self, name), 0, 10**9)
        check_range("cache_limit_gb", self.cache_limit_gb, 0.0, 1e4)
        check_range("seed", self.seed, 0, 2**32 - 1)

    def packs(self, on_gpu: bool) -> bool:
        """Return True if the rows of a batch are packed on such a device.

        "auto" packs on a CPU, where it was measured to be faster. On a GPU each new set of lengths
        would compile another step, and a padded batch needs fewer operations. The backward pass of
        packed rows is written for LoRA, so DoRA always has padded batches.
        """
        wanted = self.packing == "always" or (self.packing == "auto" and not on_gpu)
        return wanted and self.fine_tune_type == "lora"

    def keeps_bytes(self, on_gpu: bool) -> bool:
        """Return True if quantized weights are kept as bytes on such a device, to save memory."""
        return self.packs(on_gpu) and not on_gpu and self.recompute != "none"

    @property
    def scale(self) -> float:
        """Return the factor of the LoRA product."""
        return self.alpha / self.rank


@dataclass(frozen=True, slots=True)
class LossPoint:
    """Loss in nats per supervised token after `step` optimizer steps; None if not measured."""

    step: int
    train: float | None = None
    valid: float | None = None


@dataclass(frozen=True, slots=True)
class TrainRun:
    """A training run, stored as run.json in the adapter's folder.

    `peak_memory_gb` is in units of 1e9 bytes and `best_valid_loss` in nats per supervised token:
    that of the base at step 0 until a validation is below it, None for an adapter that was stopped
    before its first validation. `adapter_sha256` is "" while no adapter was kept. `seconds` counts
    no time that the machine slept.
    `chat_template` is None for a run older than its record, which had Zephyr's.
    `stopped` is the reason for ending before the last step, else "". `changes` lists memory
    settings changed during the run, `started_with` the first ones (None: no change). The weights
    file has one of the two hashes: both are valid while a better adapter replaces an older one.
    """

    name: str
    base_model: str
    base_digest: str
    dataset_digest: str
    system_prompt: str
    window: int
    settings: TrainSettings
    losses: tuple[LossPoint, ...]
    best_step: int
    best_valid_loss: float | None
    base_valid_loss: float
    trainable_parameters: int
    supervised_tokens: int
    seconds: float
    peak_memory_gb: float
    adapter_sha256: str
    versions: Mapping[str, str]
    machine: str
    stopped: str = ""
    step: int = 0
    changes: tuple[str, ...] = ()
    started_with: TrainSettings | None = None
    adapter_sha256_before: str = ""
    chat_template: ChatTemplate | None = None

    @property
    def is_better_than_base(self) -> bool:
        """Return True if a validation was below the base's held-out loss."""
        return self.best_valid_loss is not None and self.best_valid_loss < self.base_valid_loss
