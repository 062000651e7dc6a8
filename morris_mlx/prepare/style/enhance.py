"""What the texts to learn from teach beside their rows: habits, off-topic texts, plain drafts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.style.drafts import Draft, DraftMany, make_drafts
from morris_mlx.prepare.style.habits import Habits, measure_habits
from morris_mlx.prepare.style.off_topic import find_field
from morris_mlx.prepare.style.system_prompt import compose_prompt
from morris_mlx.records.corpus import Document


@dataclass(frozen=True, slots=True)
class Enhanced:
    """`weights` are rows of a text per row of a usual one; no `draft_counts`: no drafts."""

    system_prompt: str
    habits: Habits | None = None
    off_topic: tuple[str, ...] = ()
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    drafts: tuple[Draft, ...] = ()
    draft_counts: Mapping[str, int] = field(default_factory=dict)


def enhance(
    documents: Sequence[Document],
    chats: Sequence[str],
    system_prompt: str,
    tokenizer: ChatTokenizer,
    draft_many: DraftMany | None,
    drafting_window: int,
    invented: Collection[str] = (),
) -> Enhanced:
    """`documents` must be those to learn from alone: what is held out stays unknown.

    `chats`, what the writer says in each conversation, tell the habits of one without texts;
    `invented` are words that redaction put there.
    """
    texts = [document.text for document in documents]
    habits = measure_habits(texts, invented) or measure_habits(chats, invented)
    found = find_field(documents)
    drafts: tuple[Draft, ...] = ()
    counts: dict[str, int] = {}
    if draft_many is not None:
        made = make_drafts(documents, found.weights, draft_many, tokenizer, drafting_window)
        drafts, counts = made.drafts, made.counts
    return Enhanced(
        system_prompt=compose_prompt(habits, system_prompt, tokenizer.count),
        habits=habits,
        off_topic=found.off_topic,
        weights=found.weights,
        drafts=drafts,
        draft_counts=counts,
    )
