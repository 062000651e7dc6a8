"""The check that each training row comes from a source with a ground for its use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from morris_mlx.files import enclosing_paths
from morris_mlx.project.provenance import page_urls, recorded_ground
from morris_mlx.records.audit import AuditCheck, CheckName, CheckStatus, as_figures
from morris_mlx.records.corpus import CANARY_TASK, DatasetCard
from morris_mlx.text.numbers import counted

PLANTED = "planted"  # canaries, which come from no source
SHOWN_ROWS = 5


def check_provenance(
    card: DatasetCard, notes: Mapping[str, Any], rows_changed: bool, public: bool
) -> AuditCheck:
    """Return the check of a dataset's sources.

    Args:
        card: The card of the dataset.
        notes: The entries of data/provenance.json.
        rows_changed: The rows do not have the digest of the card.
        public: The dataset is that of a built-in adapter, whose texts are public.
    """
    problems = ["The rows of the dataset were changed after it was made."] if rows_changed else []
    grounds: Counter[str] = Counter()
    untraced: list[str] = []
    places = _GroundFinder(notes)
    for split, rows in card.rows.items():
        for number, (source_id, task) in enumerate(rows, 1):
            if task == CANARY_TASK:
                grounds[PLANTED] += 1
                continue
            source = card.sources.get(source_id, "")
            ground = "public-domain" if public else places.ground_of(source)
            if ground:
                grounds[ground] += 1
            else:
                why = "its source has no ground" if source else "its source is not recorded"
                untraced.append(f"Row {number} of {split}: {why}.")
    total = sum(map(len, card.rows.values()))
    problems += untraced[:SHOWN_ROWS]
    if (more := len(untraced) - SHOWN_ROWS) > 0:
        problems.append(f"The same is true of {counted(more, 'further row')}.")
    shown = ", ".join(f"{count:,} {ground}" for ground, count in grounds.most_common())
    return AuditCheck(
        CheckName.provenance,
        CheckStatus.failed if problems else CheckStatus.passed,
        f"{total - len(untraced):,} of {counted(total, 'row')} come from a source that you may use "
        f"({shown or 'none'}).",
        tuple(problems),
        "Collect these sources again with --ground, run `morris prepare`, and train again."
        if problems
        else "",
        figures=as_figures(
            {"rows": total, "rows with a source and a ground": total - len(untraced)}
        ),
    )


class _GroundFinder:
    """The recorded grounds by source. A source is a path or an address given to a command."""

    def __init__(self, notes: Mapping[str, Any]) -> None:
        self._notes = notes
        self._pages = {url: name for name, note in notes.items() for url in page_urls(note)}
        self._known: dict[str, str] = {}

    def ground_of(self, source: str) -> str:
        """Return the ground of the text with this path or address, "" if there is none."""
        if source not in self._known:
            grounds = (recorded_ground(self._notes, name) for name in self._names(source))
            self._known[source] = next((str(ground) for ground in grounds if ground), "")
        return self._known[source]

    def _names(self, source: str) -> Iterator[str]:
        yield source
        if source in self._pages:
            yield self._pages[source]
        yield from enclosing_paths(source, self._notes)
