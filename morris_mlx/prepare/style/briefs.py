"""Briefs: the base model writes, for each text, one neutral sentence that asks for it.

A request made from a text like this says more than a topic, and it is what a person would write who
wants the text. The briefs depend on the texts alone, so a second run can reuse them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from morris_mlx.models.chat_tokenizer import ChatTokenizer
from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.job import DraftMany
from morris_mlx.prepare.style.brief_checks import BriefFault, find_brief_fault
from morris_mlx.prepare.style.draft_checks import extract_draft
from morris_mlx.records.corpus import Document, DraftRequest, Message

BRIEF_PROMPT = (
    "Below is a text. Write the request that asks for it: one sentence of at most 30 words that "
    "begins with “Write about”, in the language of the text. Name the subject and what happens to "
    "it, in plain, neutral words. Do not quote the text, do not judge it, and do not mention its "
    "style. Answer with the sentence alone.\n\n{text}"
)
BRIEF_PROMPT_RU = (
    "Ниже текст. Напиши просьбу, в ответ на которую его могли бы написать: одно предложение не "
    "длиннее 30 слов, которое начинается с «Напиши о том», по-русски. Назови предмет и то, что с "
    "ним происходит, простыми нейтральными словами. Не цитируй, не оценивай и не упоминай стиль. "
    "Ответь только этим предложением.\n\n{text}"
)
TEXT_WORDS = 500  # of a longer text, the beginning shows the subject


@dataclass(frozen=True, slots=True)
class Briefs:
    """The accepted briefs by the ID of their text, and the number of rejected ones by reason."""

    accepted: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[BriefFault, int] = field(default_factory=dict)

    @property
    def texts(self) -> int:
        """Return the number of texts that a brief was wanted for."""
        return len(self.accepted) + sum(self.rejected.values())


def make_briefs(
    documents: Sequence[Document], brief_many: DraftMany, tokenizer: ChatTokenizer, window: int
) -> Briefs:
    """Return a brief of each document, which must be from train, unless it has a fault.

    `window` is the context window, in tokens, of the model that writes the briefs.
    """
    rejected = dict.fromkeys(BriefFault, 0)
    requests: list[DraftRequest] = []
    fitting: list[int] = []
    for place, document in enumerate(documents):
        prompt = brief_prompt(document.text)
        request = DraftRequest(document.id, (Message("user", prompt),))
        used = len(tokenizer.render(request.messages, reply=True).ids)
        if 2 * used > window:  # the generator keeps half of the window for an answer
            rejected[BriefFault.NO_ROOM] += 1
            continue
        requests.append(request)
        fitting.append(place)
    accepted: dict[str, str] = {}
    for place, answer in zip(fitting, brief_many(requests), strict=True):
        document, brief = documents[place], extract_draft(answer)
        if fault := find_brief_fault(brief, document.text):
            rejected[fault] += 1
        else:
            accepted[document.id] = brief
    return Briefs(accepted, rejected)


def brief_prompt(text: str) -> str:
    """Return the prompt for a brief of a text, of which it has the beginning."""
    prompt = BRIEF_PROMPT_RU if detect_language(text) == "ru" else BRIEF_PROMPT
    return prompt.format(text=first_paragraphs(text))


def first_paragraphs(text: str) -> str:
    """Return the paragraphs of the beginning of a text, at most TEXT_WORDS words."""
    kept: list[str] = []
    left = TEXT_WORDS
    for paragraph in text.split("\n\n"):
        words = paragraph.split()
        if len(words) > left:
            return "\n\n".join(kept) if kept else " ".join(words[:left])
        kept.append(paragraph)
        left -= len(words)
    return "\n\n".join(kept)
