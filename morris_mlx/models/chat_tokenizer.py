"""Chat messages as token ids and a loss mask, for training and for generation alike.

Messages are rendered to ids from the record of the model's chat format, never to a string: a string
could get a beginning-of-sequence token that no training row has, and a message could hold what
reads as a control token. Where a message holds such characters they are encoded one by one: other
ids, the same text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from morris_mlx.errors import MissingError, MorrisError, RefusedError, check_unicode
from morris_mlx.models.chat_formats.chat_format import ZEPHYR, ChatFormat
from morris_mlx.models.chat_formats.check import check_ids, expected_ids
from morris_mlx.models.chat_formats.describe import DescriptionError, describe
from morris_mlx.models.chat_formats.model_files import (
    TOKENIZER_CONFIG,
    end_token,
    read_template,
)
from morris_mlx.models.chat_formats.sandbox import Template, TemplateError
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.sentencepiece_model import tokenizer_file
from morris_mlx.models.text_encoder import Part, TextEncoder, Token
from morris_mlx.models.tokenizer_file import content_digest, mend_decoder
from morris_mlx.models.working_repository import repository_hint
from morris_mlx.records.corpus import DatasetCard, Message, Role

KEPT_STRETCHES = 512  # a conversation is rendered whole at every turn
TOKENIZER_FILE = "tokenizer.json"
INCOMPLETE = "\ufffd"  # in place of bytes that are no character, or not yet
_KNOWN_FORMATS: dict[tuple[object, ...], ChatFormat] = {}

__all__ = [
    "TOKENIZER_CONFIG",
    "TOKENIZER_FILE",
    "CardDifference",
    "ChatTokenizer",
    "Decoder",
    "Rendered",
    "load_tokenizer",
]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A conversation's ids and, of equal length, its loss mask: True where a token is learned."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]


class CardDifference(StrEnum):
    """The parts of a model in which it may differ from the one a dataset was prepared for."""

    TOKENIZER = "tokenizer"
    CHAT_TEMPLATE = "chat template"


class ChatTokenizer:
    """A model's own tokenizer and its chat format. `load_tokenizer` makes one.

    `name` is the model's, for an error; `digest` identifies the tokenizer's file.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        digest: str,
        name: str,
        chat_format: ChatFormat,
        file: Path | None = None,
    ) -> None:
        self._tokenizer, self._file = tokenizer, file
        self.digest = digest
        self.chat_format = chat_format
        self._encoder = TextEncoder(tokenizer, (*chat_format.guarded, *chat_format.markers))
        end_id = self._encoder.id_of(chat_format.end)
        if end_id is None:
            raise MorrisError(
                f"The tokenizer of {name} has no special token {chat_format.end}, so it cannot use "
                f"{chat_format.name}'s chat format. Use a model with a chat template, usually the "
                "variant with “Instruct”, “Chat” or “it” in its name."
            )
        self.end_id: int = end_id
        self._stretch = lru_cache(KEPT_STRETCHES)(self._encoder.encode_stretch)
        self._structure = cache(self._split_structure)

    @cached_property
    def content_digest(self) -> str:
        """A digest of everything in the tokenizer's file that affects ids, "" without a file."""
        return content_digest(self._file) if self._file else ""

    def difference_from(self, card: DatasetCard) -> CardDifference | None:
        """Return the reason why a dataset's rows do not have the lengths that its card says."""
        if self.digest != card.tokenizer and (
            not card.tokenizer_content or self.content_digest != card.tokenizer_content
        ):
            return CardDifference.TOKENIZER
        prepared = card.chat_template.structure if card.chat_template else ZEPHYR.structure_digest()
        if prepared != self.chat_format.structure_digest():
            return CardDifference.CHAT_TEMPLATE
        return None

    @cached_property
    def end_ids(self) -> frozenset[int]:
        """The ids that end a reply: end tokens, and the control tokens that begin another turn."""
        structure = (*self.chat_format.gaps.values(), *self.chat_format.ends.values())
        pieces = (piece for text in structure for piece in self._encoder.split(text))
        return frozenset({self.end_id, *(piece for piece in pieces if isinstance(piece, int))})

    def render(self, messages: Sequence[Message], reply: bool = False) -> Rendered:
        """Return the ids and the loss mask of a conversation.

        The text and the end token of every assistant turn are learned, and nothing else. The ids
        equal those of the model's own template, which may only add to what follows the last end
        token.

        Args:
            messages: The turns.
            reply: Add the header of an assistant turn, for a prompt.

        Raises:
            MorrisError: A message holds a lone surrogate.
        """
        for message in messages:
            check_unicode(message.content)
        ids: list[int] = []
        mask: list[bool] = []
        stretch: list[Part] = []

        def close() -> None:
            if stretch:
                for run, learned in self._stretch(tuple(stretch), bool(ids)):
                    ids.extend(run)
                    mask.extend([learned] * len(run))
                stretch.clear()

        for piece in self._pieces(self.chat_format.arrange(messages, reply), reply):
            if isinstance(piece, Part):
                stretch.append(piece)
            else:
                close()
                ids.append(piece.id)
                mask.append(piece.learned)
        close()
        return Rendered(tuple(ids), tuple(mask))

    def _pieces(self, turns: Sequence[Message], reply: bool) -> Iterator[Part | Token]:
        """Yield the structure and the contents of arranged turns."""
        known = self.chat_format
        before: Role | None = None
        for number, turn in enumerate(turns, 1):
            is_answer = turn.role == "assistant"
            if is_answer and number == len(turns) and not reply:
                gap = known.replies[before]
            else:
                gap = known.gaps[before, turn.role]
            yield from self._structure(gap, before == "assistant")
            text = known.lead + turn.content if is_answer else turn.content
            yield Part(text, content=True, learned=is_answer)
            before = turn.role
        if reply:
            yield from self._structure(known.replies[before], before == "assistant")
        elif before is not None:
            yield from self._structure(known.ends.get(before, ""), before == "assistant")

    def _split_structure(self, text: str, after_answer: bool) -> tuple[Part | Token, ...]:
        """Return the pieces of a structural text; the end token of an answer is learned."""
        pieces = self._encoder.split(text)
        first = next((n for n, piece in enumerate(pieces) if isinstance(piece, int)), -1)
        if not after_answer or any(str(piece).strip() for piece in pieces[: max(first, 0)]):
            first = -1
        return tuple(
            Token(piece, learned=n <= first)
            if isinstance(piece, int)
            else Part(piece, learned=n <= first)
            for n, piece in enumerate(pieces)
        )

    def turn_tokens(self, message: Message) -> int:
        """Return the most tokens that a turn adds to a conversation, without what ends a row."""
        known = self.chat_format
        structures = [text for (_, role), text in known.gaps.items() if role == message.role]
        if message.role == "assistant":
            structures += known.replies.values()
        most = max((self._tokens_of(text) for text in structures), default=0)
        return most + self.count(known.lead + message.content.strip()) + self._slack

    def row_tokens(self, system: Sequence[Message]) -> int:
        """Return the tokens of a row besides its turns: the system text, and what ends the row."""
        known = self.chat_format
        rendered = self.render(system).ids if known.arrange(system) else ()
        if rendered:
            return len(rendered)
        return self._tokens_of(known.gaps[None, "user"] + known.ends["assistant"])

    @cached_property
    def _slack(self) -> int:
        """The extra tokens that a turn may have where its text meets the structure."""
        texts = [text for (before, _), text in self.chat_format.gaps.items() if before == "user"]
        return 0 if all(isinstance(self._encoder.split(text)[0], int) for text in texts) else 2

    @cached_property
    def _tokens_of(self) -> Callable[[str], int]:
        return cache(lambda text: len(self._encoder.encode_structure(text)))

    def count(self, text: str) -> int:
        """Return the number of tokens of a plain text."""
        return len(self._encoder.encode_content(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, without special tokens."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def decoder(self) -> Decoder:
        """Return a decoder of the ids of one reply."""
        return Decoder(self._tokenizer, self.chat_format.lead)


class Decoder:
    """A streaming decoder. A character that consists of several tokens is returned with the last.

    `lead` is white space that the format puts before every answer; it is no part of the text.
    A model that writes bytes at random may spoil a character that was already returned, such as a
    backslash before bytes that are no UTF-8. The text then goes on after it; tokenizers'
    `DecodeStream` would raise an error.
    """

    def __init__(self, tokenizer: Tokenizer, lead: str = "") -> None:
        self._tokenizer, self._lead = tokenizer, lead
        # The ids of the last returned text, which are needed for the space before the next, and
        # the ids after them.
        self._ids: list[int] = []
        self._returned = 0
        self._before = ""

    def feed(self, token: int) -> str:
        """Return the text that a further token completes, which may be ""."""
        self._ids.append(token)
        whole = self._decode(self._ids)
        if len(whole) <= len(self._before) or whole.endswith(INCOMPLETE):
            return ""
        text = whole[len(self._before) :]
        del self._ids[: self._returned]
        self._returned = len(self._ids)
        self._before = self._decode(self._ids)
        if self._lead:
            text, self._lead = text.removeprefix(self._lead), ""
        return text

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))


def load_tokenizer(folder: Path) -> ChatTokenizer:
    """Load the tokenizer of the model in `folder`, with the model's own chat format.

    Raises MissingError without a tokenizer.json, MorrisError for a damaged file, and RefusedError
    for a model whose chat format is unknown or cannot be described.
    """
    file = tokenizer_file(folder, TOKENIZER_FILE)
    label = model_label(folder)
    name = folder.name if label == str(folder) else label
    if not file.exists():
        raise MissingError(
            f"No {TOKENIZER_FILE} in {label}. Get the model again. {repository_hint(label)}"
        )
    raw = file.read_bytes()
    try:
        values = json.loads(raw)
        sound = "model" in values
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise MorrisError(f"{file} is damaged. Get the model again.")
    tokenizer = Tokenizer.from_buffer(raw)
    mend_decoder(tokenizer, values)
    digest = hashlib.sha256(raw).hexdigest()
    template = read_template(folder)
    if template is None:
        chat_format = _format_without_template(tokenizer, end_token(folder), name)
    else:
        chat_format = _described(tokenizer, template, digest, name)
    return ChatTokenizer(tokenizer, digest, name, chat_format, file)


def _format_without_template(tokenizer: Tokenizer, end: str, name: str) -> ChatFormat:
    """Return Zephyr's format for a base of its family. Raises RefusedError for another base."""
    added = tokenizer.get_added_tokens_decoder().values()
    is_special = any(token.special and token.content == ZEPHYR.end for token in added)
    if is_special and end in ("", ZEPHYR.end):
        return ZEPHYR
    raise RefusedError(
        f"{name} has no chat template: it is a base model that was never trained to answer. Use "
        "the variant that was, usually with “Instruct”, “Chat” or “it” in its name. To train this "
        "one anyway, put its family's template into the folder of its Hugging Face repository as "
        "chat_template.jinja, and give that folder as --model."
    )


def _described(tokenizer: Tokenizer, template: Template, digest: str, name: str) -> ChatFormat:
    """Return the format of a template, which is described and checked once in a process."""
    key = (digest, template.digest, *sorted(template.tokens.items()))
    if key not in _KNOWN_FORMATS:
        try:
            _KNOWN_FORMATS[key] = _describe_and_check(tokenizer, template, name)
        except DescriptionError as error:
            raise RefusedError(
                f"The chat template of {name} cannot be used: {error}. Use another model."
            ) from error
    return _KNOWN_FORMATS[key]


def _describe_and_check(tokenizer: Tokenizer, template: Template, name: str) -> ChatFormat:
    added = tokenizer.get_added_tokens_decoder().values()
    special = [token.content for token in added if token.special]
    others = [token.content for token in added if not token.special]
    try:
        chat_format = describe(template, special, others)
    except (TemplateError, ValueError) as error:  # a template that cannot even be read
        raise DescriptionError(str(error)) from error
    tokenizer.encode_special_tokens = False

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    expected = expected_ids(template, chat_format, encode)
    chat = ChatTokenizer(tokenizer, "", name, chat_format)
    check_ids(
        expected,
        chat_format.system_place,
        lambda turns, reply: chat.render(turns, reply).ids,
    )
    return chat_format
