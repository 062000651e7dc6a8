"""A dataset built from documents and conversations: clean, redact, deduplicate, split, pair.

from morris_mlx.prepare import Extras, prepare_collected

prepared = prepare_collected(
    documents, conversations, tokenizer, window=1024, system_prompt="You are Ann.", seed=7,
    extras=Extras(enhance=True),
)
prepared.examples["train"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.defaults import MIN_WORDS
from morris_mlx.prepare.job import Extras, Prepared
from morris_mlx.prepare.progress import Report, no_report
from morris_mlx.records.corpus import Conversation, DatasetCard, Document
from morris_mlx.text.pii import Person

if TYPE_CHECKING:
    from morris_mlx.models.chat_tokenizer import ChatTokenizer


def prepare_collected(
    documents: Sequence[Document],
    conversations: Sequence[Conversation],
    tokenizer: ChatTokenizer,
    window: int,
    system_prompt: str,
    seed: int,
    *,
    redact: bool = True,
    people: Sequence[Person] = (),
    not_names: Sequence[str] = (),
    languages: Sequence[str] = (),
    min_words: int = MIN_WORDS,
    extras: Extras | None = None,
    report: Report = no_report,
    folder: Path | None = None,
) -> Prepared:
    """Build a dataset whose rows have at most `window` tokens. The same input gives the same rows.

    `people` are persons other than the writer whose names are redacted; `not_names` are words and
    phrases that are not names. `languages` (ISO 639-1) are kept; by default, the main languages of
    the texts. Documents of fewer than `min_words` words are left out. Raises MorrisError when too
    few documents and conversations are left. If a recognizer of private items fails, its error is
    raised: nothing is returned half redacted. `report` is called with the share of the work that
    is done, and with its stage. The texts and rows are held in temporary files in `folder`, by
    default the system's: memory would not hold a large archive.
    """
    from morris_mlx.prepare.corpus import clean_corpus
    from morris_mlx.prepare.dataset import build_dataset
    from morris_mlx.prepare.disk_list import temporary_files_in
    from morris_mlx.prepare.progress import Meter

    meter = Meter(report)
    extras = extras or Extras()
    with temporary_files_in(folder):
        corpus = clean_corpus(
            documents,
            conversations,
            extras.rows.rows if extras.rows else (),
            redact=redact,
            people=people,
            not_names=not_names,
            languages=languages,
            min_words=min_words,
            meter=meter,
        )
        return build_dataset(corpus, tokenizer, window, system_prompt, seed, extras, meter)


def render_report(
    prepared: Prepared, card: DatasetCard, not_collected: Mapping[str, int] | None = None
) -> str:
    """Return the report as one HTML page. The same dataset gives the same bytes.

    `not_collected` has the number of items that were left out of the collection, by reason.
    """
    from morris_mlx.prepare.report.numbers import count
    from morris_mlx.prepare.report.page import render

    return render(count(prepared, card, not_collected))


__all__ = ["Extras", "Prepared", "prepare_collected", "render_report"]
