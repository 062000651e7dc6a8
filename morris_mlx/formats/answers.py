"""The answers to many prompts in one file of JSON lines, which grows row by row.

A row answers the prompt in the same place and is on the disk before the next is asked. What was
answered is never asked again: an interrupted batch goes on where it stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from morris_mlx.errors import StoppedError, UsageError, check_unicode
from morris_mlx.files import append_jsonl, digest, flush, locked
from morris_mlx.formats.marked_text import Writer, check_folder, row_fields
from morris_mlx.formats.prompts import Prompt, plain_messages
from morris_mlx.records.generation import GenerationResult, GenerationSettings

ROW_BEGINS = b'{"id": '  # every row of an output: what was torn can be told from foreign words

# Pairs of (place in what was asked, reply), each place once, in any order.
AnswerMany = Callable[[Sequence[Prompt]], Iterable[tuple[int, GenerationResult]]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run did: rows that were there before, and rows that it added."""

    found: int
    answered: int


def settings_digest(settings: GenerationSettings, writer: Writer) -> str:
    """One hash of everything but the prompts that an answer depends on."""
    return digest(json.dumps([asdict(settings), asdict(writer)], sort_keys=True))


def run_batch(
    prompts: Sequence[Prompt],
    output: Path,
    writer: Writer,
    settings_sha256: str,
    answer_many: AnswerMany,
) -> Batch:
    """Answer what `output` does not answer yet; every row is on the disk before the next is asked.

    Rows stand in the order of the prompts: an answer that comes before its turn waits in memory.
    `answer_many` is not called when nothing is left. A cancelled answer is not written. Raises
    StoppedError for that one, UsageError when `output` belongs to other prompts or settings.
    """
    check_output(output)
    with locked(output, f"{output} is being written by another process. Wait for it."):
        found = _count_answered(output, prompts, settings_sha256)
        _cut_torn_row(output)
        left = prompts[found:]
        if left:
            for done, (prompt, result) in enumerate(_in_order(left, answer_many), found):
                if result.finish_reason == "cancelled":
                    raise StoppedError(
                        f"Stopped: {done} of {len(prompts)} prompts are answered in {output}. "
                        "The same command goes on."
                    )
                append_jsonl(output, _answer_row(prompt, result, writer, settings_sha256))
                flush(output)
    return Batch(found, len(left))


def check_output(output: Path) -> None:
    """Raises UsageError where no output can grow; worth asking before a model is loaded."""
    check_folder(output)
    if output.exists() and not (output.is_file() and os.access(output, os.R_OK | os.W_OK)):
        raise UsageError(f"{output} is no file that can be written. Name another by --output.")


def _in_order(
    prompts: Sequence[Prompt], answer_many: AnswerMany
) -> Iterator[tuple[Prompt, GenerationResult]]:
    waiting: dict[int, GenerationResult] = {}
    turn = 0
    for place, result in answer_many(prompts):
        if place in waiting or not turn <= place < len(prompts):
            raise ValueError(f"the answer of place {place} came twice or was not asked for")
        waiting[place] = result
        while turn in waiting:
            yield prompts[turn], waiting.pop(turn)
            turn += 1
    if turn < len(prompts):
        raise ValueError(f"no answer of place {turn} came")


def _answer_row(
    prompt: Prompt, result: GenerationResult, writer: Writer, settings_sha256: str
) -> dict[str, Any]:
    check_unicode(result.text)
    row: dict[str, Any] = {"id": prompt.id}
    if prompt.from_text:
        row["prompt"] = prompt.messages[-1].content
        if len(prompt.messages) > 1:
            row["system"] = prompt.messages[0].content
    else:
        row["messages"] = plain_messages(prompt.messages)
    shas = {"prompt_sha256": prompt.sha256, "settings_sha256": settings_sha256}
    return row | row_fields(result, writer) | shas


def _cut_torn_row(output: Path) -> None:
    """Cut what a kill left of the last row, where it is ours.

    Rows begin like few other files', and what can be read whole without being an answer, a last
    prompt without its newline, was torn by nobody.
    """
    content = output.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole == len(content):
        return
    torn = content[whole:].rstrip(b"\0")  # a power cut can leave room that was never filled
    ours = torn.startswith(ROW_BEGINS) or ROW_BEGINS.startswith(torn)
    row = _row(torn)
    if not ours or (row is not None and not _is_answer(row)):
        raise _foreign(output, content.count(b"\n") + 1)
    os.truncate(output, whole)


def _count_answered(output: Path, prompts: Sequence[Prompt], settings_sha256: str) -> int:
    """How many of the prompts have their row. Raises UsageError for rows of anything else."""
    lines = output.read_bytes().split(b"\n")[:-1]
    for number, line in enumerate(lines, 1):
        row = _row(line)
        if row is None or not _is_answer(row):
            raise _foreign(output, number)
        if row["settings_sha256"] != settings_sha256:
            raise _refused(output, number, "was made with another model, adapter or other settings")
        if number > len(prompts) or row["prompt_sha256"] != prompts[number - 1].sha256:
            raise _refused(output, number, "answers another prompt than the one in that place now")
    return len(lines)


def _row(line: bytes) -> dict[str, Any] | None:
    """The object that the line is; None for anything else."""
    row: object = None
    with suppress(ValueError, RecursionError):
        row = json.loads(line)
    return row if isinstance(row, dict) else None


def _is_answer(row: Mapping[str, Any]) -> bool:
    return {"prompt_sha256", "settings_sha256"} <= set(row)


def _foreign(output: Path, number: int) -> UsageError:
    return _refused(output, number, "is no answer that Morris wrote")


def _refused(output: Path, number: int, what: str) -> UsageError:
    return UsageError(
        f"{output}, line {number}, {what}. Name a new file by --output, or go on with the same "
        "prompts and settings."
    )
