"""Reader and writer of an adapter's kept answers, and of its blind tests.

adapters/NAME/answers.json        the answers of the last full evaluation
adapters/NAME/blind_pairs.json    the passages of its blind tests
adapters/NAME/blind_test.jsonl    a line for each choice, without any text
adapters/NAME/.blind_lock         held by the process that has a test open
data/audits/NAME/                 the last three for an adapter outside of the project
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.files import (
    append_jsonl,
    cannot_write,
    cut_log,
    flush,
    json_value,
    locked,
    make_folder,
    read_json,
    write_json,
)
from morris_mlx.project.audits import audit_folder
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.blind_test import BlindPair, KeptAnswers, Opponent
from morris_mlx.records.generation import Adapter
from morris_mlx.typed_json import record_from_json

ANSWERS_FILE, PAIRS_FILE, CHOICES_FILE = "answers.json", "blind_pairs.json", "blind_test.jsonl"
TESTS_LOCK = ".blind_lock"


@dataclass(frozen=True, slots=True)
class BlindChoice:
    """A line of the list of choices.

    Attributes:
        test: The key of the test: a digest of the adapter's files, the dataset, the opponent and
            the seed.
        pair: The number of the pair, from 0.
        pairs: The number of pairs of the test.
        hit: True for the right choice.
        against: The opponent.
        adapter_sha256: The digest of the adapter's weights.
        seed: The random seed of the test.
        date: The time of the choice as ISO 8601.
    """

    test: str
    pair: int
    pairs: int
    hit: bool
    against: Opponent
    adapter_sha256: str
    seed: int
    date: str = ""


@dataclass(frozen=True, slots=True)
class _KeptPairs:
    """The content of the file of pairs: those of each test by its key."""

    tests: Mapping[str, tuple[BlindPair, ...]]


def write_answers(folder: Path, answers: KeptAnswers) -> None:
    """Keep the answers of an evaluation beside the adapter."""
    write_json(folder / ANSWERS_FILE, asdict(answers))


def read_answers(folder: Path) -> KeptAnswers | None:
    """Return the kept answers, None without any or for a damaged file, which is made again."""
    path = folder / ANSWERS_FILE
    with suppress(MorrisError):
        return record_from_json(KeptAnswers, read_json(path)) if path.exists() else None
    return None


@contextmanager
def hold_tests(project: Project, adapter: Adapter) -> Iterator[None]:
    """Hold the blind tests of an adapter: two processes would ask and count the same pairs.

    Raises MorrisError if another process holds them, or if nothing can be written there.
    """
    open_project(project)
    folder = make_folder(_folder(project, adapter))
    busy = (
        f"A blind test of {adapter.name} is open in another terminal. Finish it there, or leave it "
        "there with q: what was answered is kept."
    )
    with locked(folder / TESTS_LOCK, busy):
        yield


def read_pairs(project: Project, adapter: Adapter, test: str) -> tuple[BlindPair, ...]:
    """Return the pairs of a blind test, none for one that has not begun."""
    return _read_pairs(_folder(project, adapter) / PAIRS_FILE).get(test, ())


def write_pairs(project: Project, adapter: Adapter, test: str, pairs: Sequence[BlindPair]) -> None:
    """Keep the pairs of a blind test, so that it can be continued. Raises MorrisError."""
    path = make_folder(_folder(project, adapter)) / PAIRS_FILE
    write_json(path, {"tests": _as_json(_read_pairs(path) | {test: tuple(pairs)})})


def add_choice(project: Project, adapter: Adapter, choice: BlindChoice) -> None:
    """Append a choice to the list and flush it to the disk. Raises MorrisError."""
    path = make_folder(_folder(project, adapter)) / CHOICES_FILE
    row = asdict(choice) | {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        cut_log(path)  # a line that a power cut left unfinished
        append_jsonl(path, row)
        flush(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def read_choices(project: Project, adapter: Adapter) -> Iterator[BlindChoice]:
    """Yield the choices of all tests, each pair once: the first choice counts.

    A damaged line is left out: the pair is asked again. Raises MorrisError if the list cannot be
    read.
    """
    path = _folder(project, adapter) / CHOICES_FILE
    try:
        lines = path.read_bytes().split(b"\n") if path.exists() else []
    except OSError as error:
        raise MorrisError(
            f"{path} cannot be read: {error.strerror or error}. Allow yourself to read it, or "
            "remove it and begin the tests again."
        ) from error
    seen: set[tuple[str, int]] = set()
    for line in lines:
        with suppress(ValueError, RecursionError, MorrisError):
            choice = record_from_json(BlindChoice, json_value(line.decode("utf-8")))
            if (choice.test, choice.pair) not in seen:
                seen.add((choice.test, choice.pair))
                yield choice


def _folder(project: Project, adapter: Adapter) -> Path:
    return audit_folder(project, adapter)


def _read_pairs(path: Path) -> dict[str, tuple[BlindPair, ...]]:
    with suppress(MorrisError):
        return dict(record_from_json(_KeptPairs, read_json(path)).tests) if path.exists() else {}
    return {}


def _as_json(tests: dict[str, tuple[BlindPair, ...]]) -> dict[str, list[dict[str, object]]]:
    return {test: [asdict(pair) for pair in pairs] for test, pairs in tests.items()}
