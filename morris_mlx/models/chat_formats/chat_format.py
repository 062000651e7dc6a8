"""The record of a chat format, and the rules that fit any conversation to it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from morris_mlx.records.corpus import ROLES, ChatTemplate, Message, Role

MERGED = "\n\n"  # between adjacent turns of one role that become one turn

Before = Role | None  # the role of the turn before, None at the beginning of a conversation


class SystemPlace(StrEnum):
    """The place of a system text in a conversation."""

    FIRST = "before the first turn"
    LAST_USER = "before the last turn of the user"
    FOLDED = "in the first turn of the user, because the template has no place for it"


@dataclass(frozen=True, slots=True, eq=False)
class ChatFormat:
    """The texts between the contents of a conversation, for every pair of adjacent turns.

    `gaps[before, role]` is the text between the contents of two turns. `replies[before]` is the
    text before the last answer, which ends the prompt for a reply. They differ if a template puts
    an empty think block only before the last answer. A missing pair cannot be rendered; `arrange`
    changes the conversation so that it has none. `ends` has the texts after a last turn; after an
    assistant's turn, only up to the token `end`. `lead` is white space that begins the text of
    every answer.

    `markers` are structural texts that are not special tokens: a model that writes one has begun
    another turn. `guarded` are further texts that a message must not be able to form.
    """

    name: str
    gaps: Mapping[tuple[Before, Role], str]
    replies: Mapping[Before, str]
    ends: Mapping[Role, str]
    end: str
    markers: tuple[str, ...]
    lead: str = ""
    guarded: tuple[str, ...] = ()
    system_place: SystemPlace = SystemPlace.FIRST
    drops_empty_system: bool = False
    merges: bool = True
    template_digest: str = ""
    switches: Mapping[str, str] = field(default_factory=dict)

    @property
    def stop_strings(self) -> tuple[str, ...]:
        """Texts that end a reply.

        This is half of the defense against forged turns. The other half is in the tokenizer, which
        encodes the same texts in a message as ordinary text.
        """
        return self.markers

    @property
    def template(self) -> ChatTemplate:
        """The template and its switches, for the records of datasets and trainings."""
        return ChatTemplate(self.template_digest, self.structure_digest(), dict(self.switches))

    def structure_digest(self) -> str:
        """Return a hash of everything that this format puts between messages."""
        parts = [
            *sorted(f"{before}>{role}:{text}" for (before, role), text in self.gaps.items()),
            *sorted(f"{before}>:{text}" for before, text in self.replies.items()),
            *(self.ends["assistant"], self.end, self.lead, self.system_place.name),
            f"{self.drops_empty_system} {self.merges}",
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def arrange(self, messages: Sequence[Message], reply: bool = False) -> tuple[Message, ...]:
        """Return the turns of a conversation as this format can render them, with trimmed texts.

        Adjacent turns of one role are merged. A system text is moved into a turn of the user if the
        format has no place for it, and an empty turn of the user is inserted before an answer that
        may not be first. No text is lost.

        Args:
            messages: The conversation.
            reply: True for a prompt, which the header of an answer follows.
        """
        turns = [Message(m.role, m.content.strip()) for m in messages]
        if not self.merges:
            return tuple(turns)
        if self.drops_empty_system:
            turns = [turn for turn in turns if turn.content or turn.role != "system"]
        turns = _merged(turns)
        system, turns = turns[:1], turns[1:]
        if system and system[0].role != "system":
            system, turns = [], [*system, *turns]
        turns = self._placed(turns, reply)
        if system and self.system_place is SystemPlace.FOLDED:
            system, turns = [], _merged([replace(system[0], role="user"), *turns])
        elif system and self.system_place is SystemPlace.LAST_USER:
            system, turns = [], self._before_last_user(system[0], turns)
        return tuple(self._opened([*system, *turns], reply))

    def _placed(self, turns: list[Message], reply: bool) -> list[Message]:
        """Turn system texts within a conversation into turns of the user if necessary."""
        placed: list[Message] = []
        for number, turn in enumerate(turns):
            if turn.role == "system":
                before = placed[-1].role if placed else None
                after = turns[number + 1].role if number + 1 < len(turns) else None
                is_known = before is not None and (before, "system") in self.gaps
                if not is_known or not self._allows("system", after, number + 2 == len(turns)):
                    turn = replace(turn, role="user")
            placed.append(turn)
        return _merged(placed)

    def _allows(self, before: Before, role: Role | None, last: bool) -> bool:
        """Return True if a turn of `role` may follow `before`; a `role` of None is the reply."""
        if role is None or (role == "assistant" and last):
            return before in self.replies
        return (before, role) in self.gaps

    @staticmethod
    def _before_last_user(system: Message, turns: list[Message]) -> list[Message]:
        places = [number for number, turn in enumerate(turns) if turn.role == "user"]
        if not places:
            return [replace(system, role="user"), *turns]
        return [*turns[: places[-1]], system, *turns[places[-1] :]]

    def _opened(self, turns: list[Message], reply: bool) -> list[Message]:
        """Insert an empty turn of the user before an answer that may not begin a conversation."""
        opened: list[Message] = []
        for number, turn in enumerate(turns):
            before = opened[-1].role if opened else None
            last = number + 1 == len(turns) and not reply
            if turn.role == "assistant" and not self._allows(before, turn.role, last):
                opened.append(Message("user", ""))
            opened.append(turn)
        before = opened[-1].role if opened else None
        if reply and before not in self.replies:
            if before == "system":  # a task that is sent under this role
                opened[-1] = replace(opened[-1], role="user")
            else:
                opened.append(Message("user", ""))
        return opened


def _merged(turns: Iterable[Message]) -> list[Message]:
    """Merge adjacent turns of one role."""
    merged: list[Message] = []
    for role, group in itertools.groupby(turns, key=lambda turn: turn.role):
        texts = [turn.content for turn in group]
        merged.append(Message(role, MERGED.join(filter(None, texts))))
    return merged


def _zephyr() -> ChatFormat:
    end = "</s>"
    marker: dict[Role, str] = {role: f"<|{role}|>" for role in ROLES}
    befores: tuple[Before, ...] = (None, *ROLES)

    def gap(before: Before, role: Role) -> str:
        return f"{end}\n{marker[role]}\n" if before else f"{marker[role]}\n"

    return ChatFormat(
        name="Zephyr",
        gaps={(before, role): gap(before, role) for before in befores for role in ROLES},
        replies={before: gap(before, "assistant") for before in befores},
        ends=dict.fromkeys(ROLES, end),
        end=end,
        markers=tuple(marker.values()),
        merges=False,  # existing datasets of this format keep adjacent turns of one role separate
    )


ZEPHYR = _zephyr()
