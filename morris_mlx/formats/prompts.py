"""Strict reader of a file of prompts: an invalid row is an error, never skipped.

A row is a JSON string, {"prompt": "..."} or {"messages": [...]}, optionally with its own `id`,
`seed` and `system`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError, check_range, check_unicode
from morris_mlx.files import digest
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import MAX_SEED

KEYS = ("prompt", "messages", "id", "seed", "system")
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row of the file.

    A `seed` of None means the caller's seed. `from_text` is True for a row given as one text,
    without roles.
    """

    id: str
    messages: tuple[Message, ...]
    seed: int | None = None
    from_text: bool = True

    @property
    def sha256(self) -> str:
        """Return a hash of everything in the row."""
        return digest(
            json.dumps([self.id, self.seed, messages_to_json(self.messages)], ensure_ascii=False)
        )


def read_prompts(path: Path) -> tuple[Prompt, ...]:
    """Return all prompts of a JSON lines file in UTF-8. Blank lines are ignored.

    A row without an ID gets its number. Raises MissingError when there is no file, and MorrisError
    with the line's number for an invalid row.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingError(
            f"There is no file {path}. Give a file of prompts with --file."
        ) from None
    except OSError as error:
        raise MorrisError(
            f"{path} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    if content.startswith(UTF16):
        raise MorrisError(f"{path} is UTF-16. Save it as UTF-8.")
    prompts: list[Prompt] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            prompt = _prompt_from_row(_row(line), len(prompts) + 1)
        except MorrisError as error:
            raise MorrisError(f"{path}, line {number}: {error}") from error
        if prompt.id in lines:
            raise MorrisError(
                f"{path}, line {number}: line {lines[prompt.id]} has the id {prompt.id!r}, too. "
                "Give every row its own id, or give none at all."
            )
        lines[prompt.id] = number
        prompts.append(prompt)
    if not prompts:
        raise MorrisError(f'{path} has no prompts. Add rows such as {{"prompt": "..."}}.')
    return tuple(prompts)


def _row(line: bytes) -> object:
    try:
        row = json.loads(line.decode("utf-8"), object_pairs_hook=_with_keys_once)
    except UnicodeDecodeError as error:
        raise MorrisError(f"not UTF-8 (byte {error.start + 1}). Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise MorrisError(f"not valid JSON ({error}). Write each row on one line.") from None
    return row


def _with_keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a repeated key: Python would silently drop one of its values."""
    row = dict(pairs)
    if len(row) < len(pairs):
        raise MorrisError("a key occurs twice. Remove one.")
    return row


def _prompt_from_row(row: object, number: int) -> Prompt:
    if isinstance(row, str):
        row = {"prompt": row}
    if not isinstance(row, dict):
        raise MorrisError('neither a string nor an object. Write {"prompt": "..."}.')
    if unknown := [key for key in row if key not in KEYS]:
        raise MorrisError(f"unknown key {unknown[0]!r}. Known keys: {', '.join(KEYS)}.")
    if ("prompt" in row) == ("messages" in row):
        raise MorrisError('it needs either "prompt" or "messages", and not both.')
    seed = row.get("seed")
    if seed is not None:
        check_range("seed", seed, 0, MAX_SEED)
    name = number if row.get("id") is None else row["id"]
    if not isinstance(name, (str, int)) or isinstance(name, bool) or not str(name).strip():
        raise MorrisError('"id" must be a string that is not empty, or a whole number.')
    messages = _messages(row)
    for text in (str(name), *(message.content for message in messages)):
        check_unicode(text)
    return Prompt(str(name), messages, seed, from_text="prompt" in row)


def _messages(row: Mapping[str, object]) -> tuple[Message, ...]:
    """Return the conversation of a row, preceded by its system message."""
    if "prompt" in row:
        messages = [Message("user", _text("prompt", row["prompt"]))]
    else:
        given = row["messages"]
        if not isinstance(given, list) or not given:
            raise MorrisError('"messages" must be a list of at least one message.')
        messages = [_message(item) for item in given]
        if messages[-1].role == "assistant":
            raise MorrisError("the last message is the assistant's. End with a user message.")
    if row.get("system") is None:
        return tuple(messages)
    if any(message.role == "system" for message in messages):
        raise MorrisError('it has both "system" and a system message. Remove one of the two.')
    return (Message("system", _text("system", row["system"])), *messages)


def _message(item: object) -> Message:
    if not isinstance(item, dict) or set(item) != {"role", "content"}:
        raise MorrisError('a message must be {"role": ..., "content": ...} and nothing else.')
    return Message(item["role"], _text("content", item["content"]))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise MorrisError(f'"{name}" must be a text that is not empty.')
    return value


def messages_to_json(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return messages as JSON objects."""
    return [asdict(message) for message in messages]
