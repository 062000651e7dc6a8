"""documents → dataset: cleaned, redacted, deduplicated, paired with requests, fitted, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import DatasetCard, Document, Example, Split
from morris_mlx.redaction import Person, PrivateMap, RedactionReport


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples per split, and the funnel: counts by reason that add up to the input."""

    examples: dict[Split, tuple[Example, ...]]
    documents: dict[str, int]  # input, and per reason or split what became of it
    rows: dict[str, int]  # rows made, per task and split
    longest_tokens: int
    mended: dict[str, int] = field(default_factory=dict)  # what was put right in documents kept
    overlap: dict[Split, float] = field(default_factory=dict)  # share of word runs train has, too
    redaction: RedactionReport | None = None  # None: it was switched off
    private_map: PrivateMap = field(default_factory=PrivateMap)  # never into the dataset
    conversations: dict[str, int] = field(default_factory=dict)  # as `documents`


def prepare_documents(
    documents: Sequence[Document],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    *,
    redact: bool = True,
    people: Sequence[Person] = (),
    languages: Sequence[str] = (),
) -> Prepared:
    """Make the dataset. The same input gives the same rows.

    `people` besides the writer become [name]; `languages` (ISO 639-1) are kept, by default the
    main ones. Raises MorrisError when too few documents are left to learn from, and whatever a
    recogniser of private items raises: nothing half redacted comes out.
    """
    from morris_mlx.prepare.build import build_dataset
    from morris_mlx.prepare.ready import make_ready

    ready = make_ready(documents, redact=redact, people=people, languages=languages)
    return build_dataset(ready, tokenizer, window, system_prompt, seed)


def draw_report(made: Prepared, card: DatasetCard, tokenizer: ChatTokenizer) -> str:
    """The dataset as one HTML page for its owner; the same dataset gives the same bytes."""
    from morris_mlx.prepare.report.numbers import count
    from morris_mlx.prepare.report.page import render

    return render(count(made, card, tokenizer))


__all__ = ["Prepared", "draw_report", "prepare_documents"]
