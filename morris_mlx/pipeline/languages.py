"""Languages of a dataset that a base does not know, detected with its tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.files import read_json
from morris_mlx.project.datasets import REPORT_FILE
from morris_mlx.records.corpus import Example
from morris_mlx.text.vocabulary import KNOWN_BYTES, Knowledge, bytes_per_token, knowledge
from morris_mlx.typed_json import record_from_json

SAMPLED = 300  # texts or chats of a dataset: enough, and detection takes a millisecond each
SAMPLED_CHARACTERS = 4000  # of each
LEAST_SHARE = 0.02  # of the words: less is quotations
REPORT_KEY = "unknown_languages"


@dataclass(frozen=True, slots=True)
class UnknownLanguage:
    """A language that the base hardly knows: its code, share of the words, and bytes per token."""

    code: str
    share: float
    bytes_per_token: float

    @property
    def knowledge(self) -> Knowledge:
        """The grade of knowledge: POOR or NONE."""
        return knowledge(self.bytes_per_token)


def find_unknown_languages(
    examples: Mapping[Any, Sequence[Example]], count_tokens: Callable[[str], int]
) -> tuple[UnknownLanguage, ...]:
    """Return the languages of the writer's texts that a tokenizer hardly covers, the largest first.

    `count_tokens` is the tokenizer's. Texts whose language cannot be detected are left out.
    """
    from morris_mlx.prepare.cleaning.language import detect_language

    by_language: dict[str, list[str]] = {}
    for text in _sampled_texts(examples):
        if code := detect_language(text):
            by_language.setdefault(code, []).append(text)
    words = {code: sum(len(t.split()) for t in texts) for code, texts in by_language.items()}
    found = []
    for code, texts in by_language.items():
        share = words[code] / sum(words.values())
        measured = bytes_per_token(texts, count_tokens)
        if measured is None or share < LEAST_SHARE or knowledge(measured) is Knowledge.KNOWN:
            continue
        found.append(UnknownLanguage(code, round(share, 3), round(measured, 2)))
    return tuple(sorted(found, key=lambda one: (-one.share, one.code)))


def _sampled_texts(examples: Mapping[Any, Sequence[Example]]) -> list[str]:
    """Return the beginning of the writer's turns of some sources, each source as one text."""
    ids = list(dict.fromkeys(row.source_id for rows in examples.values() for row in rows))
    step = max(1, -(-len(ids) // SAMPLED))
    texts = dict.fromkeys(ids[::step], "")
    for rows in examples.values():
        for row in rows:  # one by one: a dataset need not fit into memory
            text = texts.get(row.source_id)
            if text is None or len(text) >= SAMPLED_CHARACTERS:
                continue
            for message in row.messages:
                if message.role == "assistant" and message.content not in text:
                    text += f"\n{message.content}"
            texts[row.source_id] = text[:SAMPLED_CHARACTERS]
    return list(texts.values())


def as_json(found: Iterable[UnknownLanguage]) -> dict[str, Any]:
    """Return the entry for a dataset's report, or none if all languages are known."""
    values = [asdict(one) for one in found]
    return {REPORT_KEY: values} if values else {}


def read_unknown_languages(dataset: Path) -> tuple[UnknownLanguage, ...]:
    """Return the unknown languages in the report of a dataset; none in a report without them."""
    try:
        values = read_json(dataset / REPORT_FILE).get(REPORT_KEY, [])
        return tuple(record_from_json(UnknownLanguage, value) for value in values)
    except (MorrisError, OSError, TypeError):  # the report is for the user, and may be removed
        return ()


def sentence_on(base: str, one: UnknownLanguage) -> str:
    """Return a warning about a language, with advice."""
    from morris_mlx.prepare.report.language_names import language_name

    name = language_name(one.code)
    broken = one.knowledge is Knowledge.NONE
    knows = f"does not know {name}" if broken else f"hardly knows {name}"
    become = (
        f"its replies will only look like {name}"
        if broken
        else f"its {name} will be full of mistakes"
    )
    return (
        f"{base} {knows}, and {one.share:.0%} of your words are {name}. Its tokens cover "
        f"{one.bytes_per_token:.1f} bytes of {name} on average; in a language that a model knows, "
        f"they cover {KNOWN_BYTES:g} or more. It can learn how you type, but {become}. Choose a "
        f"base that knows {name} (--model), or keep only other languages (`morris prepare "
        "--language CODE`)."
    )


def sentence_on_evaluation(base: str, one: UnknownLanguage) -> str:
    """Return a remark for an evaluation about a language that the base does not know."""
    from morris_mlx.prepare.report.language_names import language_name

    name = language_name(one.code)
    return (
        f"{base} hardly knows {name}, the language of {one.share:.0%} of the words "
        f"({one.bytes_per_token:.1f} bytes per token). For these words, a lower loss means that "
        f"the adapter learned to spell, not that it can write {name}."
    )
