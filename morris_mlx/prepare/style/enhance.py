"""Enhancement of a dataset from the texts in train: habits, off-topic texts, drafts and briefs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.disk_list import Mapped
from morris_mlx.prepare.job import DraftMany
from morris_mlx.prepare.style.briefs import Briefs, make_briefs
from morris_mlx.prepare.style.drafts import Drafts, make_drafts
from morris_mlx.prepare.style.habits import Habits, measure_habits
from morris_mlx.prepare.style.off_topic import find_off_topic
from morris_mlx.prepare.style.system_prompt import compose_system_prompt
from morris_mlx.records.corpus import Document


@dataclass(frozen=True, slots=True)
class Enhancement:
    """The system prompt with the habits, off-topic texts by ID, drafts and briefs if requested.

    `weights` are the rows of a text, by its ID, per row of a usual text.
    """

    system_prompt: str
    habits: Habits | None = None
    off_topic: tuple[str, ...] = ()
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    drafts: Drafts | None = None
    briefs: Briefs | None = None


def enhance(
    documents: Sequence[Document],
    conversations: Sequence[str],
    system_prompt: str,
    tokenizer: ChatTokenizer,
    draft_many: DraftMany | None,
    brief_many: DraftMany | None,
    drafting_window: int,
    stand_ins: Collection[str] = (),
) -> Enhancement:
    """Return the enhancement. All texts must be from train: nothing held out may be used.

    `conversations` are the writer's turns in each conversation; the habits are measured on them
    when there are too few documents. `stand_ins` are words that redaction put into the texts.
    """
    texts = Mapped(lambda document: document.text, documents)
    habits = measure_habits(texts, stand_ins) or measure_habits(conversations, stand_ins)
    topics = find_off_topic(documents)
    drafts = briefs = None
    if draft_many is not None:
        drafts = make_drafts(documents, topics.weights, draft_many, tokenizer, drafting_window)
    if brief_many is not None:
        briefs = make_briefs(documents, brief_many, tokenizer, drafting_window)
    return Enhancement(
        system_prompt=compose_system_prompt(habits, system_prompt, tokenizer.count),
        habits=habits,
        off_topic=topics.off_topic,
        weights=topics.weights,
        drafts=drafts,
        briefs=briefs,
    )
