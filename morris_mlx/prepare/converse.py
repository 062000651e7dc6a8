"""Conversations → examples: every turn of the writer is learned, in rows that fit the window.

A row ends with a turn of the writer. A long conversation becomes several rows, cut after such a
turn; a row never begins with the writer unless the writer began: then a fixed neutral request
stands before it. What nobody answered any more stands in no row, for there is nothing to learn.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from morris_mlx.errors import MorrisError
from morris_mlx.prepare import Prepared
from morris_mlx.prepare.duplicates import overlap
from morris_mlx.prepare.ready import Ready
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import SPLITS, Conversation, Example, Message, Split
from morris_mlx.settings import (
    CHAT_OPENING,
    CHAT_TASK,
    MIN_CONVERSATIONS,
    TEST_SHARE,
    VALID_SHARE,
)

NOTHING = "nothing of the writer's in it"
CUT_ANSWER = "turns of the writer longer than the window: cut"
CUT_CONTEXT = "turns of others longer than the window: only the end kept"
LEFT_CONTEXT = "turns of others before one that fills the window: left out"
UNANSWERED = "turns of others at the end that nobody answered"
CONTEXT_SHARE = 0.25  # of the window is kept for the question where an answer would fill it all
_BURST = "\n\n"


def build_from_conversations(
    ready: Ready, tokenizer: ChatTokenizer, window: int, system_prompt: str
) -> Prepared:
    """Rows and counts. Raises MorrisError when too few conversations have a turn to learn."""
    turns: Counter[str] = Counter({CUT_ANSWER: 0, CUT_CONTEXT: 0, LEFT_CONTEXT: 0, UNANSWERED: 0})
    rows = _Rows(tokenizer, window, system_prompt, turns)
    reasons = ready.dropped_conversations | {NOTHING: 0}
    given = len(ready.conversations) + sum(ready.dropped_conversations.values())
    made: dict[str, tuple[Example, ...]] = {}
    for conversation in ready.conversations:
        if examples := tuple(rows.examples(conversation)):
            made[conversation.id] = examples
        else:
            reasons[NOTHING] += 1
    if len(made) < MIN_CONVERSATIONS:
        raise MorrisError(
            f"Only {len(made)} of {given} conversations can be learned from, and "
            f"{MIN_CONVERSATIONS} are needed "
            f"({', '.join(f'{n} {reason}' for reason, n in reasons.items() if n)}). Collect more "
            "chats, or part them more often: `morris collect --gap 6h`."
        )
    kept = [c for c in ready.conversations if c.id in made]
    splits = split_by_date(kept, ready.together)
    texts = {c.id: "\n".join(m.content for m in c.messages if m.role == "assistant") for c in kept}
    known = [texts[i] for i in splits["train"]]
    return Prepared(
        examples={s: tuple(e for i in splits[s] for e in made[i]) for s in SPLITS},
        documents={},
        rows={f"{s}, {CHAT_TASK}": sum(len(made[i]) for i in splits[s]) for s in SPLITS},
        longest_tokens=rows.longest,
        mended=ready.mended,
        overlap={s: overlap([texts[i] for i in splits[s]], known) for s in SPLITS if s != "train"},
        redaction=ready.redaction,
        private_map=ready.private_map,
        conversations={"input": given} | reasons | {s: len(splits[s]) for s in SPLITS},
        turns=dict(turns),
        system_prompt=system_prompt,
    )


def split_by_date(
    conversations: Sequence[Conversation], together: Sequence[Sequence[str]] = ()
) -> dict[Split, list[str]]:
    """Whole conversations: the latest tenth to test, the tenth before it to valid.

    What a model is to answer comes after what it learned from, and so do the held-out ones. One
    that is much like an earlier one goes where that is, so long as every split keeps one.
    """
    ordered = [c.id for c in sorted(conversations, key=lambda c: (c.date, c.id))]
    test = max(1, math.floor(TEST_SHARE * len(ordered)))
    valid = max(1, math.floor(VALID_SHARE * len(ordered)))
    train = len(ordered) - test - valid
    place = dict.fromkeys(ordered, 0)
    place |= dict.fromkeys(ordered[train:], 1) | dict.fromkeys(ordered[train + valid :], 2)
    counts = Counter(place.values())
    for group in together:
        here = [i for i in group if i in place]
        first = min((place[i] for i in here), default=0)
        for i in here:
            if place[i] != first and counts[place[i]] > 1:
                counts[place[i]] -= 1
                counts[first] += 1
                place[i] = first
    return {s: [i for i in ordered if place[i] == n] for n, s in enumerate(SPLITS)}


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
        self.longest = 0
        if self._room < self._least + 8:
            raise MorrisError(
                f"The system prompt leaves {self._room} of {window} tokens for a conversation. "
                "Give a wider --max-seq-length or a shorter --system-prompt."
            )

    def examples(self, conversation: Conversation) -> Iterator[Example]:
        row: list[Message] = []
        used = 0
        for exchange in self._exchanges(conversation.messages):
            cost = sum(map(self._cost, exchange))
            if used + cost > self._room:
                if row:
                    yield self._example(row, used, conversation)
                row, used = [], 0
                if cost > self._room:
                    exchange = self._shortened(exchange)
                    cost = sum(map(self._cost, exchange))
            row += exchange
            used += cost
        if row:
            yield self._example(row, used, conversation)

    def _exchanges(self, messages: Sequence[Message]) -> Iterator[list[Message]]:
        """What others said and the writer's answer, turn by turn; never an answer by itself."""
        current: list[Message] = []
        for message in messages:
            if not message.content.strip():
                continue
            current.append(message)
            if message.role == "assistant":
                # Without a request there is nothing to learn an answer to; this one tells nothing.
                lone = len(current) == 1
                yield [Message("user", CHAT_OPENING), *current] if lone else current
                current = []
        self._counts[UNANSWERED] += len(current)

    def _example(self, row: list[Message], used: int, conversation: Conversation) -> Example:
        self.longest = max(self.longest, self._used + used)
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
