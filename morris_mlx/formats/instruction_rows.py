"""Reader of instruction rows from a JSON or JSON lines file in the common formats.

The formats are OpenAI messages, ShareGPT conversations, Alpaca (instruction, input, output) and
Dolly (instruction, context, response). Each row's format is recognized by its keys.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import digest
from morris_mlx.records.corpus import Conversation, Message, Role


class LeftOut(StrEnum):
    """The reason for not using a row; the value names it in reports and in a dataset's funnel."""

    not_json = "not valid JSON"
    not_an_object = "not a JSON object"
    machine_made = "written by a machine, as it says"
    unknown_format = "in none of the known formats"
    unknown_role = "a turn of an unknown role"
    not_text = "a turn that is not text"
    empty_turn = "an empty turn"
    no_request = "nothing is asked before the answer"
    no_answer = "does not end with an answer"
    duplicate = "the same as an earlier row"


ROLES: Mapping[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}
FORMATS = (
    '{"messages": [...]}, {"conversations": [...]}, {"instruction", "input", "output"} '
    'or {"instruction", "context", "response"}'
)
REQUESTS, CONTEXTS, ANSWERS = ("instruction",), ("input", "context"), ("output", "response")


@dataclass(frozen=True, slots=True)
class InstructionRows:
    """The usable rows of a file, and the number of others by reason: given = rows + left out.

    `path` is absolute and the source of every row.
    """

    path: Path
    rows: tuple[Conversation, ...]
    given: int
    left_out: Mapping[LeftOut, int]


class _LeftOutError(Exception):
    """A row that is not used."""

    def __init__(self, reason: LeftOut) -> None:
        super().__init__(reason)
        self.reason = reason


def read_instruction_rows(path: Path) -> InstructionRows:
    """Return the rows of a file.

    Raises MissingError when the file does not exist and MorrisError when no row can be used.
    """
    path = path.expanduser().resolve()
    left_out = Counter(dict.fromkeys(LeftOut, 0))
    rows: dict[str, Conversation] = {}
    given = 0
    for given, row in enumerate(_json_rows(_text(path)), 1):  # noqa: B007
        try:
            if isinstance(row, _LeftOutError):
                raise row
            messages = _messages(row)
        except _LeftOutError as error:
            left_out[error.reason] += 1
            continue
        key = digest(json.dumps([asdict(m) for m in messages], ensure_ascii=False))[:16]
        left_out[LeftOut.duplicate] += key in rows
        rows.setdefault(key, Conversation(key, messages, source=str(path)))
    if not rows:
        why = ", ".join(f"{n} {reason}" for reason, n in left_out.items() if n) or "it is empty"
        raise MorrisError(f"{path} has no row that can be used ({why}). Rows look like {FORMATS}.")
    return InstructionRows(path, tuple(rows.values()), given, dict(left_out))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"There is no file {path}. Give a file of rows.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MorrisError(f"{path} cannot be read ({error}). Save it as UTF-8.") from error


def _json_rows(text: str) -> Iterator[object]:
    """Yield the elements of a JSON array, one object, or one JSON value per line."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            whole = None
        if isinstance(whole, list):
            yield from whole
            return
        if isinstance(whole, dict):
            yield whole
            return
    for line in text.split("\n"):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield _LeftOutError(LeftOut.not_json)


def _messages(row: object) -> tuple[Message, ...]:
    if not isinstance(row, dict):
        raise _LeftOutError(LeftOut.not_an_object)
    if row.get("machine_made") is True:  # as `morris generate` marks its answers
        raise _LeftOutError(LeftOut.machine_made)
    turns = row.get("messages", row.get("conversations", row.get("conversation")))
    if isinstance(turns, list):
        messages = [_turn(turn) for turn in turns]
        if row.get("system") and not any(m.role == "system" for m in messages):
            messages.insert(0, _message("system", row["system"]))
    else:
        messages = list(_instruction(row))
    while messages and messages[0].role == "system" and not messages[0].content:
        messages = messages[1:]
    if any(not m.content for m in messages):
        raise _LeftOutError(LeftOut.empty_turn)
    if not messages or messages[-1].role != "assistant":
        raise _LeftOutError(LeftOut.no_answer)
    if next(m.role for m in messages if m.role != "system") != "user":
        raise _LeftOutError(LeftOut.no_request)
    return tuple(messages)


def _turn(turn: object) -> Message:
    if not isinstance(turn, dict):
        raise _LeftOutError(LeftOut.not_text)
    role = ROLES.get(str(turn.get("role", turn.get("from"))).lower())
    if role is None:
        raise _LeftOutError(LeftOut.unknown_role)
    return _message(role, turn.get("content", turn.get("value")))


def _instruction(row: Mapping[str, object]) -> Iterator[Message]:
    """Yield the messages of an Alpaca or Dolly row; its context follows the instruction."""
    request, answer = _first(row, REQUESTS), _first(row, ANSWERS)
    if request is None or answer is None:
        raise _LeftOutError(LeftOut.unknown_format)
    if row.get("system"):
        yield _message("system", row["system"])
    history = row.get("history")
    for pair in history if isinstance(history, list) else ():
        if not isinstance(pair, list) or len(pair) != 2:
            raise _LeftOutError(LeftOut.unknown_format)
        yield _message("user", pair[0])
        yield _message("assistant", pair[1])
    about = _first(row, CONTEXTS)
    asked = _message("user", request)
    if about is not None and (context := _message("user", about).content):
        asked = Message("user", f"{asked.content}\n\n{context}".strip())
    yield asked
    yield _message("assistant", answer)


def _first(row: Mapping[str, object], keys: Iterable[str]) -> object:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _message(role: Role, content: object) -> Message:
    """Return a message; OpenAI's list of parts is joined if all of them are text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        if all(isinstance(part, str) for part in parts):
            content = "\n\n".join(str(part) for part in parts)
    if not isinstance(content, str):
        raise _LeftOutError(LeftOut.not_text)
    try:
        content.encode("utf-8")
    except UnicodeEncodeError:
        raise _LeftOutError(LeftOut.not_text) from None
    return Message(role, content.strip())
