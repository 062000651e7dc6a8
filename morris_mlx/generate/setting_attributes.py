"""The settings of a generator as attributes and setters over one frozen, validated record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, overload

from morris_mlx.generate.settings import settings_with
from morris_mlx.records.generation import GenerationSettings

# Creative mode: a higher temperature makes unlikely tokens more probable; min_p excludes the tail.
CREATIVE = {"temperature": 1.3, "top_p": 0.98, "min_p": 0.05}
# The preset of version 0.1.0, which a checkpoint may contain.
FORMER_CREATIVE = {"temperature": 1.0, "top_p": 0.98, "min_p": 0.03, "repetition_penalty": 1.2}

T = TypeVar("T")
Stop = str | int | Sequence[str] | Sequence[int] | None


class Setting(Generic[T]):
    """One field of the record. Assignment validates; a bad value raises UsageError."""

    def __init__(self, field: str = "") -> None:
        self._field = field  # given for another spelling of a field

    def __set_name__(self, owner: type, name: str) -> None:
        self._field = self._field or name

    @overload
    def __get__(self, llm: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, llm: SettingAttributes, owner: type) -> T: ...
    def __get__(self, llm: SettingAttributes | None, owner: type) -> Setting[T] | T:
        if llm is None:
            return self
        value: T = getattr(llm.settings, self._field)
        return value

    def __set__(self, llm: SettingAttributes, value: T) -> None:
        llm.settings = settings_with(llm.settings, {self._field: value})


class SettingAttributes:
    """Every setting under its name, like `llm.temperature`; None is the default."""

    # On the class, so that a subclass that never calls `__init__` has them too.
    settings: GenerationSettings = GenerationSettings()
    _before_creative: GenerationSettings | None = None

    model_name: Setting[str | None] = Setting()
    adapter: Setting[str | None] = Setting()
    strength: Setting[float | None] = Setting()
    device: Setting[str | None] = Setting()
    max_tokens: Setting[int | None] = Setting()
    max_length: Setting[int | None] = Setting()
    temperature: Setting[float | None] = Setting()
    top_k: Setting[int | None] = Setting()
    top_p: Setting[float | None] = Setting()
    min_p: Setting[float | None] = Setting()
    do_sample: Setting[bool | None] = Setting()
    seed: Setting[int | None] = Setting()
    num_beams: Setting[int | None] = Setting()
    beam_width: Setting[int | None] = Setting("num_beams")
    num_return_sequences: Setting[int | None] = Setting()
    length_penalty: Setting[float | None] = Setting()
    early_stopping: Setting[bool | Literal["never"] | None] = Setting()
    repetition_penalty: Setting[float | None] = Setting()
    repition_penalty: Setting[float | None] = Setting("repetition_penalty")
    frequency_penalty: Setting[float | None] = Setting()
    presence_penalty: Setting[float | None] = Setting()
    prevent_loops: Setting[bool | None] = Setting()
    stop_token: Setting[Stop] = Setting()
    system_prompt: Setting[str | None] = Setting()
    role: Setting[str | None] = Setting()
    pad_token_id: Setting[int | None] = Setting()
    eos_token_id: Setting[int | None] = Setting()
    bos_token_id: Setting[int | None] = Setting()
    timeout_seconds: Setting[float | None] = Setting()

    def set_model_name(self, model_name: str | Path | None) -> None:
        """Change the model; it is loaded when it is first needed."""
        self.settings = settings_with(self.settings, {"model_name": model_name})

    def set_device(self, device: str | None) -> None:
        """Change the device: "gpu", "mps", "cuda" or "cpu". The model is loaded again."""
        self.device = device

    def set_temperature(self, temperature: float | None) -> None:
        """Change the temperature, 0 to 5; 0 is greedy."""
        self.temperature = temperature

    def set_max_tokens(self, max_tokens: int | None) -> None:
        """Change the maximum number of tokens of a reply."""
        self.max_tokens = max_tokens

    def set_max_length(self, max_length: int | None) -> None:
        """Change the maximum number of tokens of prompt and reply together."""
        self.max_length = max_length

    def set_frequency_penalty(self, frequency_penalty: float | None) -> None:
        """Change the penalty that grows with each recent use of a token, -10 to 10; 0 is off."""
        self.frequency_penalty = frequency_penalty

    def set_presence_penalty(self, presence_penalty: float | None) -> None:
        """Change the penalty for every recently used token, once each, -10 to 10; 0 is off."""
        self.presence_penalty = presence_penalty

    def set_repetition_penalty(self, repetition_penalty: float | None) -> None:
        """Change the factor against recently used tokens, 0.01 to 10; 1 is off."""
        self.repetition_penalty = repetition_penalty

    def set_prevent_loops(self, prevent_loops: bool | None) -> None:
        """Turn the prevention of loops on or off."""
        self.prevent_loops = prevent_loops

    def set_stop_token(self, stop_token: Stop) -> None:
        """Change the strings or token ids that end a reply; they are not part of it."""
        self.stop_token = stop_token

    def set_length_penalty(self, length_penalty: float | None) -> None:
        """Change the exponent of the length in a beam's score; above 0 it favors longer replies."""
        self.length_penalty = length_penalty

    def set_role(self, role: str | None) -> None:
        """Change the role of the task's message: "user" or "system"."""
        self.role = role

    def set_top_k(self, top_k: int | None) -> None:
        """Sample only from this many likeliest tokens; 0 is off."""
        self.top_k = top_k

    def set_top_p(self, top_p: float | None) -> None:
        """Sample only from the likeliest tokens that reach this total probability; 1 is off."""
        self.top_p = top_p

    def set_num_beams(self, num_beams: int | None) -> None:
        """Change the number of beams, 1 to 64; 1 is no beam search."""
        self.num_beams = num_beams

    def set_do_sample(self, do_sample: bool | None) -> None:
        """Turn sampling on or off; off is greedy decoding."""
        self.do_sample = do_sample

    def set_early_stopping(self, early_stopping: bool | Literal["never"] | None) -> None:
        """Change when a beam search ends: True, False or "never", as in `Beams`."""
        self.early_stopping = early_stopping

    def set_seed(self, seed: int | None) -> None:
        """Change the random seed. With None each reply gets a new one."""
        self.seed = seed

    def toggle_creative_mode(self, enable: bool) -> None:
        """Apply the preset CREATIVE, or restore the settings from before it.

        A setting that was changed since then is not restored.
        """
        if enable and self._before_creative is None:
            self._before_creative = self.settings
            self.settings = settings_with(self.settings, CREATIVE)
        elif not enable and self._before_creative is not None:
            before, self._before_creative = self._before_creative, None
            restored: dict[str, Any] = {
                name: getattr(before, name)
                for preset in (CREATIVE, FORMER_CREATIVE)
                for name, value in preset.items()
                if getattr(self.settings, name) == value
            }
            self.settings = settings_with(self.settings, restored)

    @property
    def creative_mode(self) -> bool:
        """True while the preset is applied."""
        return self._before_creative is not None
