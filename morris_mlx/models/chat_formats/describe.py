"""Description of a model's chat template, by rendering conversations of sentinels.

The contents of each conversation are sentinels, texts that occur nowhere else. The rendered text
between them is the structure. It may depend on two adjacent turns and on a turn being the last. A
model whose structure depends on anything else cannot be described and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from morris_mlx.models.chat_formats.chat_format import ZEPHYR, Before, ChatFormat, SystemPlace
from morris_mlx.models.chat_formats.sandbox import Template, TemplateError
from morris_mlx.records.corpus import Message, Role

# Words in brackets, and headings with a colon: the forms of markers that are ordinary text.
MARKER = re.compile(r"<{1,2}[^\s<>]+>{1,2}|\[[^\s\[\]]+\]|#{2,3} ?\w+:|\b[A-Z]{4,}:")
THOUGHT = re.compile(r"think|thought|reason", re.IGNORECASE)  # in markers that a reply may have
SHORTENED: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant"}
# Conversations that every template must render: rows end with an answer, prompts with a request.
ROWS, PROMPTS = ("ua", "uaua", "uauaua"), ("u", "uau", "uauau")
# Conversations that some templates refuse. They show which turns may follow each other.
OTHER_ROWS = ("u", "s", "a", "sa", "aua", "saua", "uaa", "uaaua", "uua", "ssua", "uasua", "usa")
OTHER_PROMPTS = ("s", "ua", "uas")
SENTINEL = "qzxw"  # begins every content, and is in no template
OWN = "the model's own"  # ChatFormat.name


class DescriptionError(ValueError):
    """The error for a template that no record can describe, with the reason."""


def describe(template: Template, special: Iterable[str], added: Iterable[str] = ()) -> ChatFormat:
    """Return the chat format that a template renders.

    Args:
        template: The model's own template.
        special: The tokenizer's special tokens. One of them must end an answer.
        added: Its other added tokens. Texts must not form those that the template writes.

    Raises DescriptionError.
    """
    reader = _Reader(template)
    for roles in ROWS:
        reader.require(roles, False)
    for roles in PROMPTS:
        reader.require(roles, True)
    place = reader.system_place()
    for roles in OTHER_ROWS:
        reader.accept(roles, False)
    for roles in OTHER_PROMPTS:
        reader.accept(roles, True)
    chat_format = _format(reader, place, special, added)
    is_zephyr = all(
        getattr(chat_format, name) == getattr(ZEPHYR, name)
        for name in ("gaps", "replies", "ends", "end", "lead", "system_place")
    )
    if is_zephyr:
        chat_format = replace(
            chat_format, name=ZEPHYR.name, merges=ZEPHYR.merges, markers=ZEPHYR.markers
        )
    return chat_format


class _InconsistentError(ValueError):
    """The error for renderings that differ at the same pair of turns."""


class _Reader:
    """A reader of structural texts from renderings of sentinels."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.gaps: dict[tuple[Before, Role], str] = {}
        self.answers: dict[Before, str] = {}  # before the last answer of a row
        self.prompts: dict[Before, str] = {}  # before a reply
        self.ends: dict[Role, str] = {}

    def require(self, roles: str, reply: bool) -> None:
        """Read a conversation that the template must render. Raises DescriptionError."""
        try:
            self._read(roles, reply)
        except TemplateError as error:
            raise DescriptionError(f"it refuses a plain conversation ({error})") from error
        except _InconsistentError as error:
            raise DescriptionError(str(error)) from error

    def accept(self, roles: str, reply: bool) -> bool:
        """Read a conversation. Return False if it contradicts the others or is refused."""
        try:
            self._read(roles, reply)
        except (TemplateError, _InconsistentError):
            return False
        return True

    def system_place(self) -> SystemPlace:
        """Return the place of a system text, and read the structure around it."""
        try:
            text = self._render("suau", True)
        except TemplateError:
            return SystemPlace.FOLDED
        places = [text.find(_sentinel(number)) for number in range(4)]
        if places[0] < 0:
            return SystemPlace.FOLDED  # the template drops the text
        if places == sorted(places):
            for roles in PROMPTS:
                self.require(f"s{roles}", True)
            for roles in ROWS:
                self.require(f"s{roles}", False)
            return SystemPlace.FIRST
        self.require("su", True)
        for order in ((1, 2, 0, 3), (1, 2, 3, 4, 0, 5)):
            roles = "suauau"[: len(order)]
            try:
                self._read(roles, True, order)
            except (TemplateError, _InconsistentError) as error:
                raise DescriptionError(f"the place of a system text changes ({error})") from error
        return SystemPlace.LAST_USER

    def drops_empty_system(self) -> bool:
        """Return True if an empty system text is the same as none."""
        user = Message("user", _sentinel(0))
        try:
            with_one = self.template.render([Message("system", ""), user], reply=True)
            return with_one == self.template.render([user], reply=True)
        except TemplateError:
            return True

    def _read(self, roles: str, reply: bool, order: Sequence[int] = ()) -> None:
        """Add the structure of a conversation, or raise without adding any of it.

        `order` has the numbers of the turns as the template writes them, if it moves one.
        """
        order = order or range(len(roles))
        *texts, after = self._cut(self._render(roles, reply), order)
        turns = [SHORTENED[roles[number]] for number in order]
        befores: list[Before] = [None, *turns[:-1]]
        found: list[tuple[dict[Any, str], Any, str]] = [
            (self.gaps, pair, text)
            for pair, text in zip(zip(befores, turns, strict=True), texts, strict=True)
        ]
        if turns[-1] == "assistant" and not reply:
            found[-1] = (self.answers, befores[-1], texts[-1])
        found.append((self.prompts if reply else self.ends, turns[-1], after))
        for known, key, text in found:
            if known.get(key, text) != text:
                raise _InconsistentError(
                    f"between two turns it writes {known[key]!r} in one place and {text!r} in "
                    "another"
                )
        for known, key, text in found:
            known[key] = text

    def _render(self, roles: str, reply: bool) -> str:
        turns = [Message(SHORTENED[r], _sentinel(number)) for number, r in enumerate(roles)]
        return self.template.render(turns, reply)

    @staticmethod
    def _cut(text: str, order: Sequence[int]) -> list[str]:
        """Return the texts before, between and after the sentinels."""
        pieces = []
        for number in order:
            before, found, text = text.partition(_sentinel(number))
            if not found:
                raise _InconsistentError("it leaves out a turn or moves it")
            pieces.append(before)
        if SENTINEL in "".join([*pieces, text]):
            raise _InconsistentError("it writes a turn twice or moves it")
        return [*pieces, text]


def _sentinel(number: int) -> str:
    return f"{SENTINEL}{'abcdefgh'[number]}z"


def _format(
    reader: _Reader, place: SystemPlace, special: Iterable[str], added: Iterable[str]
) -> ChatFormat:
    """Return the record. Raises DescriptionError if the structure is not a usable chat format."""
    answer, prompt = reader.answers["user"], reader.prompts["user"]
    if not answer.startswith(prompt):
        raise DescriptionError(
            f"its prompt for a reply ({prompt!r}) is not the beginning of the answer in a training "
            f"row ({answer!r})"
        )
    lead = _lead(prompt, answer)
    gaps = {}
    for (before, role), text in reader.gaps.items():
        if role == "assistant":
            if not text.endswith(lead):
                raise DescriptionError("the last answer begins differently from the earlier ones")
            text = text.removesuffix(lead)
        gaps[before, role] = text
    replies = {
        before: text.removesuffix(lead)
        for before, text in reader.answers.items()
        if text.endswith(lead) and text.startswith(reader.prompts.get(before, ""))
    }
    special = sorted(set(special), key=len, reverse=True)
    tail, end = _end(reader.ends["assistant"], special)
    written = "\n".join([*gaps.values(), *replies.values(), *reader.ends.values()])
    for token in special:
        written = written.replace(token, "\n")
    markers = dict.fromkeys(MARKER.findall(written))
    template = reader.template
    added = (token for token in added if token.strip() and not token.isalnum())
    return ChatFormat(
        name=OWN,
        gaps=gaps,
        replies=replies,
        ends={role: _up_to_token(text, special) for role, text in reader.ends.items()}
        | {"assistant": tail},
        end=end,
        markers=tuple(m for m in markers if not THOUGHT.search(m)),
        lead=lead,
        guarded=(*markers, *(token for token in added if token in template.text)),
        system_place=place,
        drops_empty_system=reader.drops_empty_system(),
        template_digest=template.digest,
        switches=template.switches,
    )


def _lead(prompt: str, answer: str) -> str:
    """Return the white space before the text of an answer that the prompt does not contain."""
    rest = answer[len(prompt) :]
    # Where the template writes more, such as an empty think block, all of it but spaces at its end
    # belongs to the prompt: a prompt that ends with a space spoils the first token of the reply.
    return rest if not rest.strip() else rest[len(rest.rstrip(" ")) :]


def _end(text: str, special: Sequence[str]) -> tuple[str, str]:
    """Return the text after an answer up to its end token, and the token."""
    places = [(text.find(token), -len(token), token) for token in special if token in text]
    place, _, token = min(places, default=(0, 0, ""))
    if not token or text[:place].strip():
        raise DescriptionError(
            f"no special token of the tokenizer ends an answer (the template writes {text!r} after "
            "it), so a reply would never end"
        )
    return text[: place + len(token)], token


def _up_to_token(text: str, special: Sequence[str]) -> str:
    """Return a text up to the last special token in it, or all of a text without one."""
    ends = [text.rfind(token) + len(token) for token in special if token in text]
    return text[: max(ends, default=len(text))]
