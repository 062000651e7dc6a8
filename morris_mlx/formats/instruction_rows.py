"""Instruction rows in one file, JSON or JSON lines, in the formats that data sets come in.

OpenAI messages, ShareGPT conversations, Alpaca (instruction, input, output) and Dolly
(instruction, context, response), recognised row by row by what is in them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import digest
from morris_mlx.records.corpus import Conversation, Message, Role

NO_JSON, NO_OBJECT = "not valid JSON", "not a JSON object"
UNKNOWN = "in none of the known formats"
UNKNOWN_ROLE, NOT_TEXT = "a turn of an unknown role", "a turn that is not text"
EMPTY, NO_REQUEST = "an empty turn", "nothing is asked before the answer"
NO_ANSWER, TWICE = "does not end with an answer", "the same as an earlier row"
MACHINE = "written by a machine, as it says"
REASONS = (
    NO_JSON, NO_OBJECT, MACHINE, UNKNOWN, UNKNOWN_ROLE, NOT_TEXT, EMPTY, NO_REQUEST, NO_ANSWER,
    TWICE
)  # fmt: skip
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
class RowsFile:
    """The usable rows, and why the others are left out: given = rows + left out.

    `path` is the whole one, and the source of every row.
    """

    path: Path
    rows: tuple[Conversation, ...]
    given: int
    left_out: Mapping[str, int]


class _LeftOutError(Exception):
    """Why a row is not usable."""


def read_rows(path: Path) -> RowsFile:
    """All rows. Raises MissingError for no file, MorrisError when none of the rows can be used."""
    path = path.expanduser().resolve()
    left_out = Counter(dict.fromkeys(REASONS, 0))
    rows: dict[str, Conversation] = {}
    given = 0
    for given, row in enumerate(_json_rows(_text(path)), 1):  # noqa: B007
        try:
            if isinstance(row, _LeftOutError):
                raise row
            messages = _messages(row)
        except _LeftOutError as reason:
            left_out[str(reason)] += 1
            continue
        key = digest(json.dumps([asdict(m) for m in messages], ensure_ascii=False))[:16]
        left_out[TWICE] += key in rows
        rows.setdefault(key, Conversation(key, messages, source=str(path)))
    if not rows:
        why = ", ".join(f"{n} {reason}" for reason, n in left_out.items() if n) or "it is empty"
        raise MorrisError(f"{path} has no row that can be used ({why}). Rows look like {FORMATS}.")
    return RowsFile(path, tuple(rows.values()), given, dict(left_out))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"{path} is not there. Name a file of rows.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MorrisError(f"{path} cannot be read ({error}). Save it as UTF-8.") from error


def _json_rows(text: str) -> Iterator[object]:
    """The elements of one JSON array, one object, or a JSON value a line."""
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
                yield _LeftOutError(NO_JSON)


def _messages(row: object) -> tuple[Message, ...]:
    if not isinstance(row, dict):
        raise _LeftOutError(NO_OBJECT)
    if row.get("machine_made") is True:  # as `morris generate` marks its answers
        raise _LeftOutError(MACHINE)
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
        raise _LeftOutError(EMPTY)
    if not messages or messages[-1].role != "assistant":
        raise _LeftOutError(NO_ANSWER)
    if next(m.role for m in messages if m.role != "system") != "user":
        raise _LeftOutError(NO_REQUEST)
    return tuple(messages)


def _turn(turn: object) -> Message:
    if not isinstance(turn, dict):
        raise _LeftOutError(NOT_TEXT)
    role = ROLES.get(str(turn.get("role", turn.get("from"))).lower())
    if role is None:
        raise _LeftOutError(UNKNOWN_ROLE)
    return _message(role, turn.get("content", turn.get("value")))


def _instruction(row: Mapping[str, object]) -> Iterator[Message]:
    """Alpaca and Dolly: what the instruction is about stands below it."""
    request, answer = _first(row, REQUESTS), _first(row, ANSWERS)
    if request is None or answer is None:
        raise _LeftOutError(UNKNOWN)
    if row.get("system"):
        yield _message("system", row["system"])
    history = row.get("history")
    for pair in history if isinstance(history, list) else ():
        if not isinstance(pair, list) or len(pair) != 2:
            raise _LeftOutError(UNKNOWN)
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
    """Its text; OpenAI's list of parts is joined when all of them are text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        if all(isinstance(part, str) for part in parts):
            content = "\n\n".join(str(part) for part in parts)
    if not isinstance(content, str):
        raise _LeftOutError(NOT_TEXT)
    try:
        content.encode("utf-8")
    except UnicodeEncodeError:
        raise _LeftOutError(NOT_TEXT) from None
    return Message(role, content.strip())
