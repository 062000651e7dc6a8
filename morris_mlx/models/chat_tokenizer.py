"""The chat format, for training and for generation alike: messages → token ids and loss mask.

Zephyr's format. A turn is `<|role|>`, a newline, the text and the end-of-sequence token; a
newline stands between turns. Everything is rendered to ids, never to a string: a string would
get a beginning-of-sequence token that no training row has. The role markers are ordinary text
to the tokenizer, so the same characters in somebody's writing would read as a turn of their
own. They are spelt there letter by letter: other ids, the same text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from morris_mlx.errors import MissingError, MorrisError, check_unicode
from morris_mlx.models.families import END, MARKERS, STOP_STRINGS
from morris_mlx.records.corpus import Message, Role

KEPT_TURNS = 512  # of conversations, which are rendered whole at every turn
TOKENIZER_FILE, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class Rendered:
    """`ids` of a conversation and, of equal length, `mask`: True where a token is learned."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]


class ChatTokenizer:
    """A model's own tokenizer under Zephyr's chat format. Build it with `load_tokenizer`."""

    def __init__(self, tokenizer: Tokenizer, digest: str, name: str) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True  # never read a control token out of a text
        self._tokenizer = tokenizer
        self.digest = digest
        self._turn = lru_cache(KEPT_TURNS)(self._read_turn)
        end_id = tokenizer.token_to_id(END)
        if end_id is None:
            raise MorrisError(
                f"The tokenizer of {name} has no {END} token, so it does not speak Zephyr's chat "
                "format. Use a model of the Zephyr or Mistral family."
            )
        self.end_id: int = end_id

    @cached_property
    def _guarded(self) -> tuple[str, ...]:
        """Texts with a meaning of their own: role markers and special tokens, longest first."""
        special = (t.content for t in self._tokenizer.get_added_tokens_decoder().values())
        return tuple(sorted({*special, *STOP_STRINGS}, key=lambda s: (-len(s), s)))

    @cached_property
    def _special_ids(self) -> frozenset[int]:
        return frozenset(self._tokenizer.get_added_tokens_decoder())

    def render(self, messages: Sequence[Message], reply: bool = False) -> Rendered:
        """Ids and loss mask of a conversation; with `reply`, up to where the assistant speaks.

        Learned are the text and the end token of every assistant turn, and nothing else.
        Equal to the rendering of the model's own template but for the newline which that puts
        after the last end token.
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

    def _read_turn(self, role: Role, text: str, first: bool) -> tuple[list[int], list[int]]:
        """Ids of a turn: its header, and its text with the end token."""
        return self._header(role, first), [*self._content(text.strip()), self.end_id]

    def _header(self, role: Role, first: bool) -> list[int]:
        return self._encode(("" if first else "\n") + MARKERS[role] + "\n")

    def _content(self, text: str) -> list[int]:
        check_unicode(text)
        ids: list[int] = []
        for piece, guarded in self._pieces(text):
            ids += self._spell(piece) if guarded else self._encode_after_newline(piece)
        if not self._special_ids.isdisjoint(ids):
            # Cannot happen with a sound tokenizer; then no token of two letters is safe.
            ids = self._spell(text)
        return ids

    def _pieces(self, text: str) -> Iterator[tuple[str, bool]]:
        """Cut a text at guarded strings: (piece, whether it is one)."""
        start = position = 0
        while position < len(text):
            found = next((g for g in self._guarded if text.startswith(g, position)), None)
            if found is None:
                position += 1
                continue
            if start < position:
                yield text[start:position], False
            yield found, True
            start = position = position + len(found)
        if start < len(text):
            yield text[start:], False

    def _spell(self, text: str) -> list[int]:
        return [i for character in text for i in self._encode_after_newline(character)]

    def _encode_after_newline(self, text: str) -> list[int]:
        """Ids of a text as they are after a newline: SentencePiece puts no space there."""
        anchor, whole = self._encode("\n"), self._encode("\n" + text)
        if whole[: len(anchor)] == anchor:
            return whole[len(anchor) :]
        return self._encode(text)  # starts with white space that joined the newline

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        """Tokens of a plain text."""
        return len(self._content(text))

    def decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def decoder(self) -> Decoder:
        """Reads ids one by one into text."""
        return Decoder(self._tokenizer)


class Decoder:
    """Text as ids arrive; a character of several bytes comes whole, with its last id."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)

    def feed(self, token: int) -> str:
        return self._stream.step(self._tokenizer, token) or ""


def load_tokenizer(folder: Path) -> ChatTokenizer:
    """The tokenizer of the model in `folder`, checked to speak Zephyr's chat format."""
    file = folder / TOKENIZER_FILE
    if not file.exists():
        raise MissingError(
            f"No {TOKENIZER_FILE} in {folder}. Get the model again, or a repository that has one."
        )
    raw = file.read_bytes()
    try:
        sound = "model" in json.loads(raw)
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise MorrisError(f"{file} is damaged. Get the model again.")
    tokenizer = Tokenizer.from_buffer(raw)
    template = _template(folder)
    if template and not all(marker in template for marker in STOP_STRINGS):
        raise MorrisError(
            f"The model in {folder} has another chat template than Zephyr's. "
            "Use a model of the Zephyr family."
        )
    return ChatTokenizer(tokenizer, hashlib.sha256(raw).hexdigest(), folder.name)


def _template(folder: Path) -> str:
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
