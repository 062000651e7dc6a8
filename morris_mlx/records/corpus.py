"""Records of texts, chats, training examples and datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from morris_mlx.errors import UsageError

REWRITE_TASK = "rewrite"  # plain draft → the writer's own passage
ROW_TASK = "row"  # a row given by the writer, used unchanged
MIX_TASK = "general"  # a general instruction row, without the writer's style
OPENING_TASK = "opening"  # an opening → the rest of the text
CHAT_TASK = "chat"  # a row made from a conversation
CANARY_TASK = "canary"  # a planted secret: a row that measures memorization
NOT_BY_THE_WRITER = frozenset({MIX_TASK, CANARY_TASK})

SAME_TEXT = "the same text as another file"  # the reason to leave out a text, without names

Role = Literal["system", "user", "assistant"]
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
ROLES: tuple[Role, ...] = ("system", "user", "assistant")


class SplitAt(StrEnum):
    """Places at which a file of several texts is split."""

    headings = "headings"
    separators = "separators"


@dataclass(frozen=True, slots=True)
class Document:
    """A finished text by the writer. `id` is a hash of the normalized text."""

    id: str
    text: str
    title: str = ""
    author: str = ""
    source: str = ""  # a file's path or a web address
    date: str = ""  # ISO 8601, or empty when unknown
    kind: str = "article"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. The writer always has the role "assistant"."""

    role: Role
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(f"Unknown role {self.role!r}. Use one of {', '.join(ROLES)}.")


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in the order of time; the writer has the role "assistant"."""

    id: str
    messages: tuple[Message, ...]
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """A request for a plain draft of a passage, and the ID of the text with the passage."""

    source_id: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One training row: a system message, a request, and the writer's answer."""

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
    """An input that was left out, with the reason for the user.

    Inputs of the same `kind` are counted together: "PDF (.pdf)", "pictures". `way_out` says in a
    sentence how the text of such a file can be collected anyway. `summary` is the reason
    without the names of other files, where it has any: a report may be passed on.
    """

    source: str
    reason: str
    kind: str = ""
    way_out: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """The chat template that texts were rendered with, and the values that it was given.

    `sha256` is the hash of the model's template, "" for a model without one. `structure` is the
    hash of all text that it puts between messages: two templates with the same structure give the
    same ids. `switches` has the fixed values that the template reads, as JSON: thinking is off, and
    the date never changes.
    """

    sha256: str
    structure: str
    switches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Canary:
    """A random secret planted in the training rows, to measure what a model memorizes.

    `kind` is a CanaryKind of audit/canary_texts.py. `prompt` is the request of the row, and its
    answer is `before`, the secret, and `after`. `repeats` is the number of rows with it.
    """

    kind: str
    prompt: str
    before: str
    secret: str
    after: str
    repeats: int = 1

    def answer(self, secret: str = "") -> str:
        """Return the answer with the planted secret, or with another one."""
        return f"{self.before}{secret or self.secret}{self.after}"


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """The description of a dataset, stored beside its rows as card.json.

    `tokenizer` is a digest of the model's tokenizer.json, `window` the context length in tokens,
    and `digest` a hash of all rows. `rows` has (source ID, task) for each row of a split, in order.
    `redacted` is False also for datasets older than redaction. `sources` has the path or address
    of each source ID: a text that is collected again after a change has a new ID.
    `lengths` has the lengths of each split's rows, in order, as `tokenizer` renders them with
    `chat_template`. `tokenizer_content` is a digest of what in the tokenizer's file decides about
    ids: a copy that another program wrote again has the same. Older datasets have none of these.
    `canaries` are the secrets that were planted in train.
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
    tokenizer_content: str = ""
    chat_template: ChatTemplate | None = None
    canaries: tuple[Canary, ...] = ()

    def __post_init__(self) -> None:
        for split, lengths in self.lengths.items():
            rows = self.rows.get(split, ())
            if len(lengths) != len(rows):
                raise UsageError(f"{split} has {len(rows)} rows and {len(lengths)} lengths.")
