"""Reader of instruction rows from a file of JSON, JSON lines or CSV in the common formats.

The formats are OpenAI messages, ShareGPT conversations, bare lists of turns, requests with answers
under their usual names (instruction and output, prompt and completion, question and answer …), and
plain texts. The format of each row is recognized by its keys.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import digest
from morris_mlx.formats.row_messages import (
    TURNS,
    Cut,
    LeftOut,
    LeftOutError,
    is_row,
    messages_of_row,
)
from morris_mlx.records.corpus import Conversation

FORMATS = (
    '{"messages": [...]}, {"conversations": [...]}, {"prompt", "completion"}, {"instruction", '
    '"input", "output"}, {"question", "answer"} or {"text"}; a table has such columns'
)
LINE_END = re.compile(r"\r\n?|\n")
DELIMITERS = (",", ";", "\t", "|")
TABLE_ENDINGS = (".csv", ".tsv")
MAX_WRAPPERS = 3  # {"data": {"train": [row, …]}} and one more
SHOWN_CHARACTERS = 80  # of the first line of a table


@dataclass(frozen=True, slots=True)
class InstructionRows:
    """The usable rows of a file, and the number of others by reason: given = rows + left out.

    `path` is absolute and the source of every row. A row of a plain text has one message, of the
    assistant: whoever learns it must put a request before it. `cuts` counts what was cut from rows.
    """

    path: Path
    rows: tuple[Conversation, ...]
    given: int
    left_out: Mapping[LeftOut, int]
    cuts: Mapping[Cut, int] = field(default_factory=dict)


def read_instruction_rows(path: Path) -> InstructionRows:
    """Return the rows of a file.

    Raises MissingError when the file does not exist and MorrisError when no row can be used.
    """
    path = path.expanduser().resolve()
    left_out = Counter(dict.fromkeys(LeftOut, 0))
    cuts = Counter[Cut]()
    rows: dict[str, Conversation] = {}
    given = 0
    for given, row in enumerate(_rows(path, _text(path)), 1):  # noqa: B007
        try:
            if isinstance(row, LeftOutError):
                raise row
            messages = messages_of_row(row, cuts)
        except LeftOutError as error:
            left_out[error.reason] += 1
            continue
        key = digest(json.dumps([asdict(m) for m in messages], ensure_ascii=False))[:16]
        left_out[LeftOut.duplicate] += key in rows
        rows.setdefault(key, Conversation(key, messages, source=str(path)))
    if not rows:
        why = ", ".join(f"{n} {reason}" for reason, n in left_out.items() if n) or "it is empty"
        raise MorrisError(f"{path} has no row that can be used ({why}). Rows look like {FORMATS}.")
    return InstructionRows(path, tuple(rows.values()), given, dict(left_out), dict(cuts))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        # Excel writes its "Unicode text" as UTF-16, with a byte order mark.
        utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        return raw.decode("utf-16" if utf16 else "utf-8-sig")
    except FileNotFoundError:
        raise MissingError(f"There is no file {path}. Give a file of rows.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MorrisError(f"{path} cannot be read ({error}). Save it as UTF-8.") from error


def _rows(path: Path, text: str) -> Iterator[object]:
    """Yield the rows of a JSON value, of a table, or one JSON value per line."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            pass  # JSON lines, or damaged
        else:
            yield from _unwrapped(whole)
            return
    elif (table := _table(path, text)) is not None:
        yield from table
        return
    for line in text.split("\n"):
        if line.strip():
            try:
                yield _without_wrapper(json.loads(line))
            except (ValueError, RecursionError):
                yield LeftOutError(LeftOut.not_json)


def _unwrapped(whole: object) -> Iterator[object]:
    """Yield the rows of a list, or of the lists in an object such as {"data": [row, …]}."""
    if columns := _columns(whole):
        names, cells = list(columns), zip(*columns.values(), strict=True)
        yield from (dict(zip(names, row, strict=True)) for row in cells)
    elif is_row(whole):
        yield whole
    elif isinstance(whole, list):
        yield from map(_without_wrapper, whole)
    elif lists := list(_lists_in(whole)):
        # Beside the rows there may be lists of other things, such as the names of columns.
        with_rows = [one for one in lists if any(map(is_row, map(_without_wrapper, one)))]
        for one in with_rows or lists:
            yield from map(_without_wrapper, one)
    else:
        yield whole


def _columns(value: object) -> dict[str, list[object]]:
    """Return an object of columns, {"prompt": ["…", …], "completion": ["…", …]}, or {}."""
    if not isinstance(value, dict) or not all(isinstance(held, list) for held in value.values()):
        return {}
    are_texts = all(isinstance(cell, str) for held in value.values() for cell in held)
    same_length = len({len(held) for held in value.values()}) == 1
    return value if are_texts and same_length and len(value) > 1 else {}


def _lists_in(value: object, depth: int = 0) -> Iterator[list[object]]:
    """Yield the lists of objects or of lists in an object, also in the objects that it holds."""
    if isinstance(value, list):
        if any(isinstance(one, (dict, list)) for one in value):
            yield value
    elif isinstance(value, dict) and depth < MAX_WRAPPERS:
        for held in value.values():
            yield from _lists_in(held, depth + 1)


def _without_wrapper(row: object) -> object:
    """Return the row of {"row_idx": 0, "row": {…}}, as dataset viewers write them."""
    if isinstance(row, dict) and isinstance(row.get("row"), dict):
        return row["row"]
    return row


def _table(path: Path, text: str) -> Iterator[object] | None:
    """Return the rows of a table whose first line names known columns; None for other texts.

    Raises MorrisError for a file that is called a table and has no such columns.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # a text may fill a cell
    first = LINE_END.split(text, maxsplit=1)[0]
    for delimiter in DELIMITERS:
        heading: Sequence[str] = ()
        with suppress(csv.Error):  # not a table with this delimiter
            heading = next(csv.reader([first], delimiter=delimiter), ())
        known = {name.strip().casefold() for name in heading}
        if is_row(dict.fromkeys(known, "")) or known & {*TURNS}:
            return _table_rows(text, delimiter)
    if path.suffix.lower() in TABLE_ENDINGS and first.strip():
        raise MorrisError(
            f"{path} is a table without columns that Morris knows (its first line is: "
            f"{first[:SHOWN_CHARACTERS]}). Name the columns instruction and output, prompt and "
            "completion, question and answer, or text."
        )
    return None


def _table_rows(text: str, delimiter: str) -> Iterator[object]:
    """Yield the rows below the heading of a table."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        heading = next(reader)
        for cells in reader:
            if any(cells):
                yield _cells(heading, cells)
    except csv.Error:
        yield LeftOutError(LeftOut.not_an_object)


def _cells(heading: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """Return a row of a table; a cell of turns is JSON, and an empty cell is no value."""
    row: dict[str, object] = {}
    for name, cell in zip(heading, cells, strict=False):
        if not cell.strip():
            continue
        row[name] = cell
        if name.strip().casefold() in TURNS:
            try:
                row[name] = json.loads(cell)
            except (ValueError, RecursionError):
                continue
    return row
