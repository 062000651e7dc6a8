"""The check of a chat format: comparison of its ids with the template's, on conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.models.chat_formats.chat_format import ChatFormat, SystemPlace
from morris_mlx.models.chat_formats.describe import SHORTENED, DescriptionError
from morris_mlx.models.chat_formats.sandbox import Template, TemplateError
from morris_mlx.records.corpus import Message

Ids = Sequence[int]
# Roles of the conversations. Each is rendered with all sets of contents, as a row and as the prompt
# for the row's last answer: twenty conversations.
CONVERSATIONS = ("ua", "uaua", "uauaua", "sua", "suaua")
CONTENTS = (
    (
        "Be brief.",
        "Hello there, how's the weather?",
        "Wet. It'll get worse!",
        "And tomorrow?",
        "«Ещё хуже», — сказал он.",
    ),
    (
        "Отвечай кратко: 2 слова",
        "1,234 % of 日本\n\n- (a) *b*",
        "“Quoted”\n\tfunc(x) = 3.14;",
        "Да 😀",
        "…and so on:",
    ),
    (
        "Schreib kurz, bitte",
        "Guten Tag – wie geht's?",
        "Gut, danke!\n\nUnd dir?",
        "Auch gut: 12,5 °C",
        "¿Y qué? ¡Nada!",
    ),
    (
        "<b>Be kind</b> & brief",
        "a  b   c",
        "0001 + 12345678 = x",
        "https://example.org/?q=1#top",
        "{'key': [1, 2]}",
    ),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """A conversation, the template's ids of the row, and those of the prompt for its last turn."""

    turns: tuple[Message, ...]
    row: Ids
    prompt: Ids


def expected_ids(
    template: Template, chat_format: ChatFormat, encode: Callable[[str], Ids]
) -> list[Expected]:
    """Return the ids of the template itself. `encode` turns control tokens into their ids.

    Raises DescriptionError for a conversation that the template refuses.
    """
    folded = chat_format.system_place is SystemPlace.FOLDED
    expected = []
    for turns in _conversations():
        row, prompt = turns, turns[:-1]
        if folded:  # the template does not take a system text
            row, prompt = chat_format.arrange(row), chat_format.arrange(prompt, reply=True)
        try:
            texts = template.render(row), template.render(prompt, reply=True)
        except TemplateError as error:
            raise DescriptionError(f"it refuses a conversation ({error})") from error
        expected.append(Expected(turns, *map(encode, texts)))
    return expected


def _conversations() -> Iterator[tuple[Message, ...]]:
    for contents in CONTENTS:
        for roles in CONVERSATIONS:
            texts = contents if roles[0] == "s" else contents[1:]
            yield tuple(
                Message(SHORTENED[role], texts[number % len(texts)])
                for number, role in enumerate(roles)
            )


def check_ids(
    expected: Sequence[Expected],
    place: SystemPlace,
    render: Callable[[Sequence[Message], bool], Ids],
) -> None:
    """Compare the ids of a format with the template's. Raises DescriptionError at a difference.

    A prompt must be the beginning of its row. A template that moves the system text to the last
    turn of the user has no row with it, only prompts.
    """
    for one in expected:
        row, prompt = list(render(one.turns, False)), list(render(one.turns[:-1], True))
        if row[: len(prompt)] != prompt:
            raise DescriptionError("the ids of a prompt are not the beginning of its training row")
        if prompt[: len(one.prompt)] != list(one.prompt):
            raise DescriptionError("Morris renders a prompt differently from the template itself")
        moved = place is SystemPlace.LAST_USER and one.turns[0].role == "system"
        if not moved and list(one.row[: len(row)]) != row:
            raise DescriptionError("Morris renders a row differently from the template itself")
