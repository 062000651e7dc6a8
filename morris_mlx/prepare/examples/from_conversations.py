"""Conversations → examples: every turn of the writer is learned, in rows that fit the window.

A row ends with a turn of the writer. A long conversation becomes several rows, cut after such a
turn; a row never begins with the writer unless the writer began: then a fixed neutral request
stands before it. What nobody answered any more stands in no row, for there is nothing to learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.language import is_cyrillic, language_of
from morris_mlx.records.corpus import CHAT_TASK, Conversation, Example, Message

# Stands before a conversation that the writer began: a turn must answer something, and it must
# not be told what it says. Ask for this, and the model begins one.
CHAT_OPENING = "Start a conversation with me."
CHAT_OPENING_RU = "Начни со мной разговор."

CUT_ANSWER = "turns of the writer longer than the window: cut"
CUT_CONTEXT = "turns of others longer than the window: only the end kept"
LEFT_CONTEXT = "turns of others before one that fills the window: left out"
UNANSWERED = "turns of others at the end that nobody answered"
CONTEXT_SHARE = 0.25  # of the window is kept for the question where an answer would fill it all
_BURST = "\n\n"


@dataclass(frozen=True, slots=True)
class Conversed:
    """The rows of each conversation by its id; of turns that are in no row whole, how many."""

    rows: Mapping[str, tuple[Example, ...]]
    turns: dict[str, int]


def own_words(conversation: Conversation) -> str:
    """What the writer says in it, a blank line between two turns."""
    said = (m.content.strip() for m in conversation.messages if m.role == "assistant")
    return "\n\n".join(text for text in said if text)


def opening_of(said: str) -> str:
    """The request that stands before a conversation which the writer began, in their language."""
    language = language_of(said)
    russian = language == "ru" or (not language and is_cyrillic(said))
    return CHAT_OPENING_RU if russian else CHAT_OPENING


def converse(
    conversations: Sequence[Conversation],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
) -> Conversed:
    """Each must hold something of the writer's. Raises MorrisError when the prompt fills all."""
    turns: Counter[str] = Counter({CUT_ANSWER: 0, CUT_CONTEXT: 0, LEFT_CONTEXT: 0, UNANSWERED: 0})
    if not conversations:
        return Conversed({}, {})
    rows = _Rows(tokenizer, window, system_prompt, turns)
    return Conversed({c.id: tuple(rows.examples(c)) for c in conversations}, dict(turns))


class _Rows:
    """Packs exchanges (what others said, and the answer) into rows of at most `window` tokens."""

    def __init__(
        self, tokenizer: ChatTokenizer, window: int, system_prompt: str, counts: Counter[str]
    ) -> None:
        self._tokenizer, self._counts = tokenizer, counts
        self._system = (Message("system", system_prompt),)
        self._used = len(tokenizer.render(self._system).ids)
        self._room = window - self._used
        self._least = self._cost(Message("user", CHAT_OPENING)) + self._cost(
            Message("assistant", "…")
        )
        if self._room < self._least + 8:
            raise MorrisError(
                f"The system prompt leaves {self._room} of {window} tokens for a conversation. "
                "Give a wider --max-seq-length or a shorter --system-prompt."
            )

    def examples(self, conversation: Conversation) -> Iterator[Example]:
        row: list[Message] = []
        used = 0
        for exchange in self._exchanges(conversation):
            cost = sum(map(self._cost, exchange))
            if used + cost > self._room:
                if row:
                    yield self._example(row, conversation)
                row, used = [], 0
                if cost > self._room:
                    exchange = self._shortened(exchange)
                    cost = sum(map(self._cost, exchange))
            row += exchange
            used += cost
        if row:
            yield self._example(row, conversation)

    def _exchanges(self, conversation: Conversation) -> Iterator[list[Message]]:
        """What others said and the writer's answer, turn by turn; never an answer by itself."""
        opening = opening_of(own_words(conversation))
        current: list[Message] = []
        for message in conversation.messages:
            if not message.content.strip():
                continue
            current.append(message)
            if message.role == "assistant":
                # Without a request there is nothing to learn an answer to; this one tells nothing.
                lone = len(current) == 1
                yield [Message("user", opening), *current] if lone else current
                current = []
        self._counts[UNANSWERED] += len(current)

    def _example(self, row: list[Message], conversation: Conversation) -> Example:
        return Example((*self._system, *row), conversation.id, CHAT_TASK)

    def _cost(self, message: Message) -> int:
        """Tokens of a turn that is not the first of a row; a row's are the sum of its turns'."""
        return len(self._tokenizer.render((*self._system, message)).ids) - self._used

    def _shortened(self, exchange: list[Message]) -> list[Message]:
        """An exchange that fits alone: the answer to its beginning, the question to its end."""
        *others, answer = exchange
        nearest = others[-1]
        reserve = min(self._cost(nearest), max(self._least, int(CONTEXT_SHARE * self._room)))
        if self._cost(answer) > self._room - reserve:
            self._counts[CUT_ANSWER] += 1
            answer = self._cut(answer, self._room - reserve, keep_end=False)
        left = self._room - self._cost(answer)
        kept: list[Message] = []
        for message in reversed(others):
            cost = self._cost(message)
            if cost > left and kept:
                break
            if cost > left:
                self._counts[CUT_CONTEXT] += 1
                message = self._cut(message, left, keep_end=True)
                cost = self._cost(message)
            kept.insert(0, message)
            left -= cost
        self._counts[LEFT_CONTEXT] += len(others) - len(kept)
        return [*kept, answer]

    def _cut(self, message: Message, room: int, keep_end: bool) -> Message:
        """As many whole messages of the burst as fit, else as many words, else characters."""
        text = message.content.strip()
        for separator in (_BURST, " ", ""):
            pieces = text.split(separator) if separator else list(text)
            low, high = 0, len(pieces)
            while low < high:
                count = (low + high + 1) // 2
                kept = pieces[-count:] if keep_end else pieces[:count]
                fits = self._cost(Message(message.role, separator.join(kept))) <= room
                low, high = (count, high) if fits else (low, count - 1)
            if low:
                kept = pieces[-low:] if keep_end else pieces[:low]
                return Message(message.role, separator.join(kept))
        return Message(message.role, "…")
