"""Chat messages as token ids and a loss mask, for training and for generation alike.

A turn is a role marker, a newline, the text and the end token; a newline separates turns. Messages
are rendered to ids, never to a string: a string would get a beginning-of-sequence token that no
training row has. Role markers are ordinary text to the tokenizer, so the same characters in a
message would read as a turn of their own. There they are encoded character by character: other
ids, the same text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from morris_mlx.errors import MissingError, MorrisError, check_unicode
from morris_mlx.models.chat_formats import FORMATS, ChatFormat, find_format
from morris_mlx.models.hub_cache import model_label
from morris_mlx.records.corpus import Message, Role

KEPT_TURNS = 512  # a conversation is rendered whole at every turn
TOKENIZER_FILE, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A conversation's ids and, of equal length, its loss mask: True where a token is learned."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]


class ChatTokenizer:
    """A model's own tokenizer and its chat format. `load_tokenizer` makes one.

    `name` is the model's, for an error; `digest` identifies the tokenizer's file.
    """

    def __init__(
        self, tokenizer: Tokenizer, digest: str, name: str, chat_format: ChatFormat
    ) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True  # never read a control token out of a text
        self._tokenizer = tokenizer
        self.digest = digest
        self.chat_format = chat_format
        self._turn = lru_cache(KEPT_TURNS)(self._encode_turn)
        end_id = tokenizer.token_to_id(chat_format.end)
        if end_id is None:
            raise MorrisError(
                f"The tokenizer of {name} has no {chat_format.end} token, so it cannot use "
                f"{chat_format.name}'s chat format. Use a model of the {chat_format.families} "
                "family."
            )
        self.end_id: int = end_id

    @cached_property
    def _guarded(self) -> GuardedStrings:
        """Texts that must not be read as control tokens: markers and special tokens."""
        special = (t.content for t in self._tokenizer.get_added_tokens_decoder().values())
        return GuardedStrings([*special, *self.chat_format.stop_strings])

    @cached_property
    def _special_ids(self) -> frozenset[int]:
        return frozenset(self._tokenizer.get_added_tokens_decoder())

    def render(self, messages: Sequence[Message], reply: bool = False) -> Rendered:
        """Return the ids and the loss mask of a conversation.

        The text and the end token of every assistant turn are learned, and nothing else. The ids
        equal those of the model's own template, which only adds a newline after the last turn.

        Args:
            messages: The turns.
            reply: Add the header of an assistant turn, for a prompt.

        Raises:
            MorrisError: A message holds a lone surrogate.
        """
        ids: list[int] = []
        mask: list[bool] = []
        for message in messages:
            header, content = self._turn(message.role, message.content, not ids)
            ids += header
            ids += content
            mask += [False] * len(header)
            mask += [message.role == "assistant"] * len(content)
        if reply:
            header = self._header("assistant", first=not ids)
            ids += header
            mask += [False] * len(header)
        return Rendered(tuple(ids), tuple(mask))

    def _encode_turn(self, role: Role, text: str, first: bool) -> tuple[list[int], list[int]]:
        """Return the ids of a turn: its header, and its text with the end token."""
        return self._header(role, first), [*self._content(text.strip()), self.end_id]

    def _header(self, role: Role, first: bool) -> list[int]:
        return self._encode(("" if first else "\n") + self.chat_format.markers[role] + "\n")

    def _content(self, text: str) -> list[int]:
        check_unicode(text)
        ids: list[int] = []
        for piece, guarded in self._guarded.split(text):
            ids += self._encode_characters(piece) if guarded else self._encode_after_newline(piece)
        if not self._special_ids.isdisjoint(ids):
            # Only a damaged tokenizer does this; then no token of two characters is safe.
            ids = self._encode_characters(text)
        return ids

    def _encode_characters(self, text: str) -> list[int]:
        return [i for character in text for i in self._encode_after_newline(character)]

    def _encode_after_newline(self, text: str) -> list[int]:
        """Return the ids that a text has after a newline, where SentencePiece adds no space."""
        anchor, whole = self._encode("\n"), self._encode("\n" + text)
        if whole[: len(anchor)] == anchor:
            return whole[len(anchor) :]
        return self._encode(text)  # starts with white space that joined the newline

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        """Return the number of tokens of a plain text."""
        return len(self._content(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, without special tokens."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def decoder(self) -> Decoder:
        """Return a decoder of one stream of ids."""
        return Decoder(self._tokenizer)


class GuardedStrings:
    """A set of strings to find in texts, in a time that does not depend on their number.

    A model may have thousands of added tokens. A pattern finds the characters that one begins
    with; there, the lengths of those that begin so are tried, the longest first.
    """

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = frozenset(s for s in strings if s)
        lengths: dict[str, set[int]] = {}
        for string in self._strings:
            lengths.setdefault(string[0], set()).add(len(string))
        self._lengths = {first: sorted(known, reverse=True) for first, known in lengths.items()}
        # Without any string, a pattern that matches nowhere.
        self._first = re.compile(f"[{''.join(map(re.escape, lengths))}]" if lengths else r"(?!)")

    def split(self, text: str) -> Iterator[tuple[str, bool]]:
        """Split a text at the strings; yield (piece, True if it is one of them)."""
        start = 0
        for match in self._first.finditer(text):
            at = match.start()
            if at < start:  # inside the string that was found before
                continue
            if found := self._longest_at(text, at):
                if start < at:
                    yield text[start:at], False
                yield found, True
                start = at + len(found)
        if start < len(text):
            yield text[start:], False

    def _longest_at(self, text: str, at: int) -> str:
        """Return the longest of the strings at a position of a text, or ""."""
        for length in self._lengths[text[at]]:
            if (candidate := text[at : at + length]) in self._strings:
                return candidate
        return ""


class Decoder:
    """A streaming decoder: a character of several tokens comes whole, with the last of them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)

    def feed(self, token: int) -> str:
        """Return the text that a further token completes, which may be ""."""
        return self._stream.step(self._tokenizer, token) or ""


def load_tokenizer(folder: Path) -> ChatTokenizer:
    """Load the tokenizer of the model in `folder`.

    Raises MissingError without a tokenizer.json, and MorrisError for a damaged file and for a chat
    template that is none of the known formats.
    """
    file = folder / TOKENIZER_FILE
    if not file.exists():
        raise MissingError(
            f"No {TOKENIZER_FILE} in {model_label(folder)}. Get the model again, or a repository "
            "that has one."
        )
    raw = file.read_bytes()
    try:
        sound = "model" in json.loads(raw)
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise MorrisError(f"{file} is damaged. Get the model again.")
    tokenizer = Tokenizer.from_buffer(raw)
    chat_format = find_format(_template(folder))
    if chat_format is None:
        known = " or ".join(known.name for known in FORMATS)
        raise MorrisError(
            f"The model in {model_label(folder)} has another chat template than {known}'s. "
            f"Use a model of the {known} family."
        )
    label = model_label(folder)
    name = folder.name if label == str(folder) else label
    return ChatTokenizer(tokenizer, hashlib.sha256(raw).hexdigest(), name, chat_format)


def _template(folder: Path) -> str:
    """Return the text of the model's chat template, "" without one."""
    separate, config = folder / "chat_template.jinja", folder / TOKENIZER_CONFIG
    path = separate if separate.exists() else config
    if not path.exists():
        return ""
    try:
        text = path.read_text(encoding="utf-8")
        known = {"chat_template": text} if path == separate else json.loads(text)
        value = known.get("chat_template") or ""
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise MorrisError(f"{path} is damaged ({error}). Get the model again.") from error
    return value if isinstance(value, str) else json.dumps(value)
