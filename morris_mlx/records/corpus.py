"""The frozen values that flow between rooms. They validate themselves and do nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from morris_mlx.errors import UsageError

REWRITE_TASK = "rewrite"  # plain draft → the writer's own passage
ROW_TASK = "row"  # a row that the writer gave as it is
MIX_TASK = "general"  # a row of general instructions: nobody's voice
CHAT_TASK = "chat"  # the task of a row that was made of a conversation

Role = Literal["system", "user", "assistant"]
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
ROLES: tuple[Role, ...] = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Document:
    """A finished text by the writer. `id` is a hash of the normalised text."""

    id: str
    text: str
    title: str = ""
    author: str = ""
    source: str = ""  # where it was read: a file's path, or a URL
    date: str = ""  # ISO 8601, or empty when unknown
    kind: str = "article"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. The writer is always the assistant."""

    role: Role
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(f"Unknown role {self.role!r}. Use one of {', '.join(ROLES)}.")


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in order of time, the writer already "assistant"."""

    id: str
    messages: tuple[Message, ...]
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """Messages that ask for a plain draft of a passage, and the id of the text it stands in."""

    source_id: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One row to learn from: a system message, a request, the writer's answer."""

    messages: tuple[Message, ...]
    source_id: str
    task: str


@dataclass(frozen=True, slots=True)
class RowLength:
    """The tokens of a rendered dataset row, and how many of them are supervised."""

    tokens: int
    supervised: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that was left out, and why, in words for the user."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """What a dataset was made for; written beside its rows as card.json.

    `tokenizer` is a digest of the model's tokenizer.json, `window` is in tokens,
    `digest` is a hash of all rows, `rows` has per split (source id, task) in row order,
    `redacted` is False, too, of datasets older than redaction; `sources` says of each source id
    where it came from: texts that were collected anew have new ids. `lengths` has per split the
    lengths of the rows as `tokenizer` renders them, in row order; it is empty in datasets of
    versions that did not record them.
    """

    model: str
    tokenizer: str
    window: int
    system_prompt: str
    seed: int
    digest: str
    rows: Mapping[str, tuple[tuple[str, str], ...]]
    redacted: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    lengths: Mapping[str, tuple[RowLength, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for split, lengths in self.lengths.items():
            rows = self.rows.get(split, ())
            if len(lengths) != len(rows):
                raise UsageError(f"{split} has {len(rows)} rows and {len(lengths)} lengths.")
