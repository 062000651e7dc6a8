"""The record of all wordings in one language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wordings:
    """The wordings of each task in one language.

    A brief is a whole sentence that asks for the text, so few words stand beside it. The tuples
    with `beginning` ask for the beginning of a text that is longer than the window. `chat_opening`
    stands before a conversation that the writer began, and `own_text` before a text that was given
    without a request: they give nothing of the text away. `and_` joins two topics.
    """

    headline: tuple[str, ...]
    headline_beginning: tuple[str, ...]
    topic: tuple[str, ...]
    topic_beginning: tuple[str, ...]
    brief: tuple[str, ...]
    brief_beginning: tuple[str, ...]
    opening: tuple[str, ...]
    continuation: tuple[str, ...]
    rewrite: tuple[str, ...]
    chat_opening: str
    own_text: str
    and_: str
