"""Examples built from conversations: every turn of the writer is learned, in rows that fit.

A row ends with a turn of the writer. A long conversation becomes several rows, cut after such a
turn. If the writer began a conversation, a fixed neutral request is put before it, because a row
never begins with the writer. Turns after the last one of the writer are in no row, since there is
nothing to learn from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.language import detect_language, is_cyrillic
from morris_mlx.prepare.codecs import ROWS
from morris_mlx.prepare.disk_list import DiskDict
from morris_mlx.prepare.examples.request_wordings import wordings_for
from morris_mlx.prepare.examples.wordings.english import ENGLISH
from morris_mlx.prepare.examples.wordings.russian import RUSSIAN
from morris_mlx.records.corpus import CHAT_TASK, Conversation, Example, Message

# The request before a conversation that the writer began: it must not give away the turn that
# follows. The same request makes the trained model begin a conversation.
CHAT_OPENING, CHAT_OPENING_RU = ENGLISH.chat_opening, RUSSIAN.chat_opening

CONTEXT_SHARE = 0.25  # of the window is kept for the question if the answer would fill the window
MIN_TURN_TOKENS = 8  # besides the shortest exchange: a window with less room cuts every turn
ELLIPSIS = "…"
MESSAGE_GAP = "\n\n"  # between the messages of one turn


class IncompleteTurn(StrEnum):
    """The ways in which a turn is not in a row as a whole, as reports show them."""

    ANSWER_CUT = "turns of the writer longer than the window: cut"
    CONTEXT_CUT = "turns of others longer than the window: only the end kept"
    CONTEXT_LEFT_OUT = "turns of others before one that fills the window: left out"
    UNANSWERED = "turns of others at the end that nobody answered"


@dataclass(frozen=True, slots=True)
class ConversationRows:
    """The rows of each conversation by its ID, and the number of turns that are incomplete."""

    by_conversation: Mapping[str, Sequence[Example]]
    incomplete_turns: dict[IncompleteTurn, int]


def writer_text(conversation: Conversation) -> str:
    """Return the writer's turns, with a blank line between two of them."""
    own = (m.content.strip() for m in conversation.messages if m.role == "assistant")
    return "\n\n".join(text for text in own if text)


def opening_request(text: str) -> str:
    """Return the request before a conversation that the writer began, in the language of `text`."""
    language = detect_language(text) or ("ru" if is_cyrillic(text) else "")
    return wordings_for(language).chat_opening


def build_conversation_rows(
    conversations: Collection[Conversation],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
) -> ConversationRows:
    """Build rows of at most `window` tokens. Each conversation must have a turn of the writer.

    Raises MorrisError when the system prompt leaves no room for a conversation.
    """
    counts: Counter[IncompleteTurn] = Counter(dict.fromkeys(IncompleteTurn, 0))
    if not conversations:
        return ConversationRows({}, {})
    packer = _Packer(tokenizer, window, system_prompt, counts)
    rows = DiskDict(ROWS, ((c.id, tuple(packer.rows(c))) for c in conversations))
    return ConversationRows(rows, dict(counts))


class _Packer:
    """A packer of exchanges into rows. An exchange is the writer's answer and the turns before it.

    `counts` is updated with the turns that are incomplete.
    """

    def __init__(
        self,
        tokenizer: ChatTokenizer,
        window: int,
        system_prompt: str,
        counts: Counter[IncompleteTurn],
    ) -> None:
        self._counts = counts
        self._system = (Message("system", system_prompt),)
        self._room = window - tokenizer.row_tokens(self._system)
        self._tokens = tokenizer.turn_tokens  # a row is at most as long as its turns together
        self._shortest = self._tokens(Message("user", CHAT_OPENING)) + self._tokens(
            Message("assistant", ELLIPSIS)
        )
        if self._room < self._shortest + MIN_TURN_TOKENS:
            raise MorrisError(
                f"The system prompt leaves {self._room} of {window} tokens for a conversation. "
                "Give a larger --max-seq-length or a shorter --system-prompt."
            )

    def rows(self, conversation: Conversation) -> Iterator[Example]:
        """Yield the rows of a conversation."""
        row: list[Message] = []
        used = 0
        for exchange in self._exchanges(conversation):
            tokens = sum(map(self._tokens, exchange))
            if used + tokens > self._room:
                if row:
                    yield self._example(row, conversation)
                row, used = [], 0
                if tokens > self._room:
                    exchange = self._shortened(exchange)
                    tokens = sum(map(self._tokens, exchange))
            row += exchange
            used += tokens
        if row:
            yield self._example(row, conversation)

    def _exchanges(self, conversation: Conversation) -> Iterator[list[Message]]:
        opening = opening_request(writer_text(conversation))
        current: list[Message] = []
        for message in conversation.messages:
            if not message.content.strip():
                continue
            current.append(message)
            if message.role == "assistant":
                # An answer to no request gets the neutral one.
                yield [Message("user", opening), *current] if len(current) == 1 else current
                current = []
        self._counts[IncompleteTurn.UNANSWERED] += len(current)

    def _example(self, row: list[Message], conversation: Conversation) -> Example:
        return Example((*self._system, *row), conversation.id, CHAT_TASK)

    def _shortened(self, exchange: list[Message]) -> list[Message]:
        """Return an exchange that fits alone: the start of its answer, the end of its context."""
        *others, answer = exchange
        nearest = others[-1]
        reserve = min(self._tokens(nearest), max(self._shortest, int(CONTEXT_SHARE * self._room)))
        if self._tokens(answer) > self._room - reserve:
            self._counts[IncompleteTurn.ANSWER_CUT] += 1
            answer = self._cut(answer, self._room - reserve, keep_end=False)
        left = self._room - self._tokens(answer)
        kept: list[Message] = []
        for message in reversed(others):
            tokens = self._tokens(message)
            if tokens > left and kept:
                break
            if tokens > left:
                self._counts[IncompleteTurn.CONTEXT_CUT] += 1
                message = self._cut(message, left, keep_end=True)
                tokens = self._tokens(message)
            kept.insert(0, message)
            left -= tokens
        self._counts[IncompleteTurn.CONTEXT_LEFT_OUT] += len(others) - len(kept)
        return [*kept, answer]

    def _cut(self, message: Message, room: int, keep_end: bool) -> Message:
        """Return as many whole messages of a turn as fit, or else words, or else characters."""
        text = message.content.strip()
        for separator in (MESSAGE_GAP, " ", ""):
            pieces = text.split(separator) if separator else list(text)
            low, high = 0, len(pieces)
            while low < high:
                count = (low + high + 1) // 2
                kept = pieces[-count:] if keep_end else pieces[:count]
                fits = self._tokens(Message(message.role, separator.join(kept))) <= room
                low, high = (count, high) if fits else (low, count - 1)
            if low:
                kept = pieces[-low:] if keep_end else pieces[:low]
                return Message(message.role, separator.join(kept))
        return Message(message.role, ELLIPSIS)
