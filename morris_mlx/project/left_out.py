"""Reader and writer of data/left_out.json: what `morris collect` found and did not take.

    data/left_out.json    {SOURCE: [{"reason": …, "count": …, "examples": [PATH or ADDRESS, …]}]}

A source is a file, a folder or an address given to `morris collect`, as in provenance.json. The
report of a dataset shows what was left out, so that nothing is missing from it unnoticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from morris_mlx.errors import MorrisError
from morris_mlx.files import read_json, write_json
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import Skipped
from morris_mlx.typed_json import record_from_json

MAX_EXAMPLES = 5  # of each reason: enough to recognize a kind of file, few enough to read
MAX_REASONS = 40  # of a source: reasons that name another file occur once each
OTHER_REASONS = "other reasons, each for few items"


@dataclass(frozen=True, slots=True)
class LeftOutItems:
    """The items of a source that were left out for one reason: their number and the first of them.

    `reason` is for the user, and says how to get the items where that is possible.
    """

    reason: str
    count: int
    examples: tuple[str, ...] = ()


LeftOut = Mapping[str, Sequence[LeftOutItems]]  # by source


def group_by_reason(skipped: Sequence[Skipped]) -> tuple[LeftOutItems, ...]:
    """Return items grouped by their reason, the most frequent first.

    The counts add up to the number of items. Reasons are shown in the report of a dataset, so they
    have no paths of this machine. Beyond MAX_REASONS, the rarest reasons are merged.
    """
    counts = Counter[str]()
    examples: dict[str, list[str]] = {}
    for item in skipped:
        reason = _without_paths(item)
        counts[reason] += 1
        if len(shown := examples.setdefault(reason, [])) < MAX_EXAMPLES:
            shown.append(item.source)
    ordered = [LeftOutItems(r, n, tuple(examples[r])) for r, n in counts.most_common()]
    first, rest = ordered[: MAX_REASONS - 1], ordered[MAX_REASONS - 1 :]
    if len(rest) > 1:
        several = tuple(one.examples[0] for one in rest[:MAX_EXAMPLES])
        rest = [LeftOutItems(OTHER_REASONS, sum(one.count for one in rest), several)]
    return (*first, *rest)


def _without_paths(item: Skipped) -> str:
    """Return the reason of an item, with file names in place of full paths."""
    if item.summary or "://" in item.source:
        return item.summary or item.reason
    reason = item.reason
    for folder in (*PurePath(item.source).parents, Path.home()):
        if len(folder.parts) > 1:
            reason = reason.replace(f"{folder}/", "")
    return reason


def write_left_out(project: Project, left_out: LeftOut) -> None:
    """Write what was left out of each source, in the place of everything written before."""
    open_project(project)
    write_json(
        project.left_out,
        {source: [asdict(one) for one in items] for source, items in left_out.items() if items},
    )


def add_left_out(project: Project, left_out: LeftOut) -> None:
    """Write what was left out of sources that were collected now.

    An entry replaces the earlier ones of the same source and of everything below it; a source of
    which nothing was left out needs an entry without items. A damaged file is replaced.
    """
    known: LeftOut = {}
    with suppress(MorrisError):
        known = read_left_out(project)
    kept = {
        source: items
        for source, items in known.items()
        if not any(_is_below(source, place) for place in left_out)
    }
    if kept or any(left_out.values()) or project.left_out.exists():
        write_left_out(project, kept | dict(left_out))


def read_left_out(project: Project) -> dict[str, tuple[LeftOutItems, ...]]:
    """Return what was left out of each source; empty for a project that has no such file.

    Raises MorrisError for a damaged file.
    """
    if not project.left_out.exists():
        return {}
    found = read_json(project.left_out)
    try:
        return {source: _items(rows) for source, rows in found.items()}
    except MorrisError as error:
        raise MorrisError(
            f"{project.left_out} is damaged ({error}). Delete it, or run `morris collect` again."
        ) from None


def _items(rows: object) -> tuple[LeftOutItems, ...]:
    if not isinstance(rows, list):
        raise MorrisError("an entry is not a list")
    return tuple(record_from_json(LeftOutItems, row) for row in rows)


def _is_below(source: str, place: str) -> bool:
    """Return True if a source is the other one or a file in that folder."""
    if "://" in source or "://" in place:
        return source == place
    return Path(source).is_relative_to(place)


def count_left_out(project: Project) -> dict[str, int]:
    """Return how many items `morris collect` left out of all sources, by reason.

    A damaged list is no reason against a dataset.
    """
    counts = Counter[str]()
    with suppress(MorrisError):
        for items in read_left_out(project).values():
            for one in items:
                counts[one.reason] += one.count
    return dict(counts.most_common())
