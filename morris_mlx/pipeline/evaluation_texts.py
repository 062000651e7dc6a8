"""The texts that an evaluation compares with: the author's, and those of other people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.records.corpus import CHAT_TASK, MIX_TASK, SPLITS, Example, Role, Split
from morris_mlx.text.words import PROSE_WORD

MIN_OTHER_WORDS = 1600  # six pieces of 250 words: half for the judges, half for the row
SAMPLED_TEXTS = 40  # to detect the language


@dataclass(frozen=True, slots=True)
class OtherHands:
    """Texts by other people.

    Attributes:
        row: Those of the row "another author".
        reference: Those that the judges learn.
        name: A name for the author of `row`, as part of a sentence.
    """

    row: tuple[str, ...]
    reference: tuple[str, ...]
    name: str


def author_texts(examples: Sequence[Example]) -> list[str]:
    """Return the author's texts: the longest answer of a document, all replies of a chat."""
    longest: dict[str, str] = {}
    chats: dict[str, dict[str, None]] = {}
    for example in examples:
        if example.task == CHAT_TASK:
            own = chats.setdefault(example.source_id, {})
            own.update(dict.fromkeys(_turns(example, "assistant")))
            continue
        text = example.messages[-1].content
        if len(text) > len(longest.get(example.source_id, "")):
            longest[example.source_id] = text
    return [*longest.values(), *("\n".join(own) for own in chats.values())]


def other_hands(
    examples: Mapping[Split, Sequence[Example]], briefs: Sequence[str], language: str
) -> OtherHands:
    """Return texts by other people: of the same chats, else general rows, else news briefs.

    The first kind with enough words is the row "another author". Half of it, and all of the other
    kinds, are for the judges. News briefs are English, so they serve no other language. Texts that
    the author's rows contain are left out: the author is not another one.

    Args:
        examples: The rows of all splits.
        briefs: The news briefs.
        language: The language of the author's texts.
    """
    rows = [row for split in SPLITS for row in examples[split]]
    own = {_letters(text) for text in author_texts([r for r in rows if r.task != MIX_TASK])}
    chats = dict.fromkeys(
        text for row in rows if row.task == CHAT_TASK for text in _turns(row, "user")
    )
    general = dict.fromkeys(row.messages[-1].content for row in rows if row.task == MIX_TASK)
    kinds = {
        "the other people of your chats": list(chats),
        "the general texts of the dataset": list(general),
        "unrelated news briefs": list(briefs) if language == "en" else [],
    }
    kinds = {
        name: [text for text in texts if _letters(text) not in own] for name, texts in kinds.items()
    }
    chosen = next((name for name, texts in kinds.items() if _words(texts) >= MIN_OTHER_WORDS), "")
    reference = [text for name, texts in kinds.items() if name != chosen for text in texts]
    texts = kinds.get(chosen, [])
    half = _half(texts)
    return OtherHands(tuple(texts[half:]), (*texts[:half], *reference), chosen or "another author")


def language_of(texts: Sequence[str], detect: Callable[[str], str]) -> str:
    """Return the language of most of the texts, "" if none can be detected."""
    step = max(1, len(texts) // SAMPLED_TEXTS)
    found = Counter(code for text in texts[::step] if (code := detect(text)))
    return min(found, key=lambda code: (-found[code], code)) if found else ""


def _turns(example: Example, role: Role) -> list[str]:
    return [message.content for message in example.messages if message.role == role]


def _letters(text: str) -> str:
    """Return the words of a text without case and punctuation, to find the same text again."""
    return " ".join(PROSE_WORD.findall(text.casefold()))


def _words(texts: Sequence[str]) -> int:
    return sum(len(PROSE_WORD.findall(text)) for text in texts)


def _half(texts: Sequence[str]) -> int:
    """Return the position at which the first texts have half of all words."""
    total, seen = _words(texts), 0
    for at, text in enumerate(texts):
        if 2 * seen >= total:
            return at
        seen += len(PROSE_WORD.findall(text))
    return len(texts)
