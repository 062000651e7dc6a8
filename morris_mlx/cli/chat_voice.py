"""The voice of a chat in the terminal: a model, an adapter, its strength, its system prompt.

voice = ChatVoice(generator, selection, find, seed=7)
voice.use("mine")
for piece in voice.reply(messages):
    print(piece, end="")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.errors import MorrisError, RefusedError, UsageError
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import note_on_other_base
from morris_mlx.project.adapters import ModelSelection
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import MAX_STRENGTH, Adapter, GenerationResult

SEEDS = 2**32


class ReplyWithMetrics(Protocol):
    """A reply that is read piece by piece, and has its metrics at its end."""

    result: GenerationResult | None

    def __iter__(self) -> Iterator[str]: ...

    def close(self) -> None:
        """Stop the reply."""


class ChatVoice:
    """The model of a chat, which the chat's commands change between two messages.

    Attributes:
        name: The name that the chat shows: the adapter's, or the base's.
        system_prompt: The system prompt of the next reply.
        strength: The strength of the adapter; with 0 the base answers.
    """

    def __init__(
        self,
        generator: Any,
        selection: ModelSelection,
        find: Callable[[str], Adapter],
        strength: float,
        seed: int | None = None,
    ) -> None:
        self._generator = generator
        self._files: ModelFiles = selection.model
        self._find = find
        self._adapter = selection.adapter
        self._seed = seed
        self._replies = 0
        self._last: ReplyWithMetrics | None = None
        self._own_prompt = False
        self.strength = strength
        self.system_prompt = selection.system_prompt

    @property
    def name(self) -> str:
        """The adapter's name, or the base's without an adapter or at strength 0."""
        if self._adapter is None or self.strength == 0:
            return self._files.name
        return self._adapter.name

    @property
    def selection(self) -> ModelSelection:
        """The present choice: the model, the adapter and the system prompt."""
        return ModelSelection(self._files, self._adapter, self.system_prompt)

    @property
    def overrides(self) -> dict[str, Any]:
        """The settings of the generator by which it answers as chosen now."""
        chosen: dict[str, Any] = {"strength": self.strength}
        if self._adapter is not None:
            chosen["adapter"] = str(self._adapter.folder)
        return chosen

    def reply(self, messages: Sequence[Message]) -> ReplyWithMetrics:
        """Return the answer to messages. With a seed, each reply of the chat has another one."""
        self._replies += 1
        settings = self.overrides
        if self._seed is not None:
            settings["seed"] = (self._seed + self._replies) % SEEDS
        self._last = self._generator.reply(messages, **settings)
        return self._last

    def use(self, name: str) -> str:
        """Take another adapter on the same base, with its system prompt; return what was done.

        Raises MissingError for an unknown one, RefusedError for one of another base.
        """
        if not name:
            raise UsageError("Give the name of an adapter: /adapter NAME")
        adapter = self._find(name)
        if note_on_other_base(self._files, adapter):
            base = adapter.run.base_model if adapter.run is not None else "another base"
            raise RefusedError(
                f"{name} was trained on {base}, and this chat runs {self._files.name}. Leave it "
                f"and start another one: morris chat {name}"
            )
        self._adapter = adapter
        self.strength = self.strength or 1.0
        if not self._own_prompt:
            self.system_prompt = adapter.system_prompt
        return f"{name} answers from here on, at strength {self.strength:g}."

    def use_base(self) -> str:
        """Let the base answer; return what was done."""
        self.strength = 0.0
        if not self._own_prompt:
            self.system_prompt = SYSTEM_PROMPT
        return f"The base {self._files.name} answers from here on."

    def set_strength(self, text: str) -> str:
        """Set the adapter's strength from what was typed; return what was done."""
        try:
            strength = float(text.replace(",", "."))
        except ValueError:
            strength = -1.0
        if not 0 <= strength <= MAX_STRENGTH:
            raise UsageError(f"Give a number from 0 to {MAX_STRENGTH:g}: /strength 0.8")
        if self._adapter is None:
            raise MorrisError("There is no adapter whose strength could be set: /adapter NAME")
        self.strength = strength
        return f"The strength of {self._adapter.name} is {strength:g}."

    def set_system_prompt(self, text: str) -> str:
        """Set the system prompt; without a text return the present one."""
        if not text:
            return f"The system prompt: {self.system_prompt}"
        self._own_prompt, self.system_prompt = True, text
        return "The system prompt was changed. It holds from the next message on."

    def stats(self) -> str:
        """Return the figures of the last reply."""
        result = None if self._last is None else self._last.result
        if result is None:
            return "There is no reply yet."
        return (
            f"{self.name}, strength {self.strength:g}, seed {result.seed}: prompt "
            f"{result.prompt_tokens:,} tokens, reply {result.tokens:,} tokens in "
            f"{result.seconds:.1f} s ({result.tokens_per_second:.0f} tokens/s), first token after "
            f"{result.seconds_to_first_token:.2f} s."
        )
