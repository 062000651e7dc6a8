"""Chat formats that Morris renders: one row of a table per format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from morris_mlx.records.corpus import Role


@dataclass(frozen=True, slots=True, eq=False)
class ChatFormat:
    """The texts that structure a conversation: role markers, and the token that ends a turn."""

    name: str
    families: str  # models that use it, for an error
    markers: Mapping[Role, str]
    end: str

    @property
    def stop_strings(self) -> tuple[str, ...]:
        """Texts that end a reply: a model that writes a role marker has begun another turn.

        This is half of the defense against forged turns. The other half is in the tokenizer: the
        same texts in a message are encoded so that they are no markers.
        """
        return tuple(self.markers.values())

    def renders(self, template: str) -> bool:
        """Return True if a model's chat template uses all markers of this format."""
        return all(marker in template for marker in self.markers.values())


ZEPHYR = ChatFormat(
    name="Zephyr",
    families="Zephyr or Mistral",
    markers={"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"},
    end="</s>",
)
FORMATS = (ZEPHYR,)
DEFAULT_FORMAT = ZEPHYR  # of a model that comes without a chat template


def find_format(template: str) -> ChatFormat | None:
    """Return the format that a model's chat template renders, or None.

    `template` is "" for a model without one.
    """
    if not template:
        return DEFAULT_FORMAT
    return next((chat_format for chat_format in FORMATS if chat_format.renders(template)), None)
