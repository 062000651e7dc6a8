"""Answers to many prompts in a JSON lines file that grows row by row.

Row N answers prompt N and is on disk before the next prompt is generated, so an interrupted batch
continues where it stopped and repeats nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from morris_mlx.errors import StoppedError, UsageError, check_unicode
from morris_mlx.files import append_jsonl, digest, flush, locked
from morris_mlx.formats.marked_text import (
    GeneratorIdentity,
    answer_fields,
    check_folder,
    current_time,
)
from morris_mlx.formats.prompts import Prompt, messages_to_json
from morris_mlx.records.generation import GenerationResult, GenerationSettings

ROW_BEGINS = b'{"id": '  # of every row we write: tells our torn row from another file's text

# A reply, or the error of a prompt that cannot be answered, such as one that is too long.
Answer = GenerationResult | UsageError
# Yields pairs (index of the prompt, answer), each index once, in any order.
AnswerMany = Callable[[Sequence[Prompt]], Iterable[tuple[int, Answer]]]


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """The number of rows found in the file and of rows added by this run.

    `refused` has the errors of all rows that have one instead of a text, by the prompt's ID.
    """

    found: int
    answered: int
    refused: Mapping[str, str] = field(default_factory=dict)


def settings_digest(settings: GenerationSettings, generator: GeneratorIdentity) -> str:
    """Return a hash of the settings and the model: all that an answer depends on but its prompt."""
    return digest(json.dumps([asdict(settings), asdict(generator)], sort_keys=True))


def run_batch(
    prompts: Sequence[Prompt],
    output: Path,
    generator: GeneratorIdentity,
    settings_sha256: str,
    answer_many: AnswerMany,
) -> BatchCounts:
    """Generate the answers that `output` does not hold yet and append them, one row at a time.

    Rows are in the order of the prompts: an answer that comes early waits in memory. `answer_many`
    is not called when nothing is left. A prompt that cannot be answered gets a row with the error
    in the place of the text. A cancelled answer is not written and raises StoppedError.
    Raises UsageError when `output` belongs to other prompts or settings.
    """
    check_output(output)
    with locked(output, f"Another process is writing {output}. Wait until it has ended."):
        found = _count_answered(output, prompts, settings_sha256)
        _cut_torn_row(output)
        left = prompts[found:]
        if left:
            for done, (prompt, result) in enumerate(_in_order(left, answer_many), found):
                if isinstance(result, GenerationResult) and result.finish_reason == "cancelled":
                    raise StoppedError(
                        f"Stopped: {done} of {len(prompts)} prompts are answered in {output}. "
                        "Run the same command again to continue."
                    )
                append_jsonl(output, _answer_row(prompt, result, generator, settings_sha256))
                flush(output)
        rows = [row for row in read_answers(output) if "error" in row]
    refused = {str(row["id"]): str(row["error"]) for row in rows}
    return BatchCounts(found, len(left), refused)


def read_answers(output: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of answers; a row has a `text` or an `error`."""
    for line in output.read_bytes().split(b"\n")[:-1]:
        row: dict[str, Any] = json.loads(line)
        yield row


def check_output(output: Path) -> None:
    """Raise UsageError if `output` cannot be written. Call it before a model is loaded."""
    check_folder(output)
    if output.exists() and not (output.is_file() and os.access(output, os.R_OK | os.W_OK)):
        raise UsageError(f"{output} is not a writable file. Give another one with --output.")


def _in_order(
    prompts: Sequence[Prompt], answer_many: AnswerMany
) -> Iterator[tuple[Prompt, Answer]]:
    waiting: dict[int, Answer] = {}
    turn = 0
    for place, result in answer_many(prompts):
        if place in waiting or not turn <= place < len(prompts):
            raise ValueError(f"answer {place} came twice or was not requested")
        waiting[place] = result
        while turn in waiting:
            yield prompts[turn], waiting.pop(turn)
            turn += 1
    if turn < len(prompts):
        raise ValueError(f"answer {turn} is missing")


def _answer_row(
    prompt: Prompt, result: Answer, generator: GeneratorIdentity, settings_sha256: str
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": prompt.id}
    if prompt.from_text:
        row["prompt"] = prompt.messages[-1].content
        if len(prompt.messages) > 1:
            row["system"] = prompt.messages[0].content
    else:
        row["messages"] = messages_to_json(prompt.messages)
    shas = {"prompt_sha256": prompt.sha256, "settings_sha256": settings_sha256}
    if isinstance(result, UsageError):
        return row | {"error": str(result), "date": current_time()} | shas
    check_unicode(result.text)
    return row | answer_fields(result, generator) | shas


def _cut_torn_row(output: Path) -> None:
    """Remove an incomplete last row that a kill left.

    It is ours if it begins like our rows. A complete JSON object that is not an answer, such as a
    last prompt without its newline, belongs to another file. Raises UsageError for that.
    """
    content = output.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole == len(content):
        return
    torn = content[whole:].rstrip(b"\0")  # a power cut can leave allocated space without content
    ours = torn.startswith(ROW_BEGINS) or ROW_BEGINS.startswith(torn)
    row = _row(torn)
    if not ours or (row is not None and not _is_answer(row)):
        raise _foreign(output, content.count(b"\n") + 1)
    os.truncate(output, whole)


def _count_answered(output: Path, prompts: Sequence[Prompt], settings_sha256: str) -> int:
    """Return the number of answered prompts. Raises UsageError for rows of anything else."""
    lines = output.read_bytes().split(b"\n")[:-1]
    for number, line in enumerate(lines, 1):
        row = _row(line)
        if row is None or not _is_answer(row):
            raise _foreign(output, number)
        if row["settings_sha256"] != settings_sha256:
            raise _mismatch(
                output, number, "was made with another model, adapter or other settings"
            )
        if number > len(prompts) or row["prompt_sha256"] != prompts[number - 1].sha256:
            raise _mismatch(output, number, "answers another prompt than the one in that line now")
    return len(lines)


def _row(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line; None for anything else."""
    row: object = None
    with suppress(ValueError, RecursionError):
        row = json.loads(line)
    return row if isinstance(row, dict) else None


def _is_answer(row: Mapping[str, Any]) -> bool:
    return {"prompt_sha256", "settings_sha256"} <= set(row)


def _foreign(output: Path, number: int) -> UsageError:
    return _mismatch(output, number, "is not an answer that Morris wrote")


def _mismatch(output: Path, number: int, what: str) -> UsageError:
    return UsageError(
        f"{output}, line {number}, {what}. Give a new file with --output, or use the same prompts "
        "and settings as before."
    )
