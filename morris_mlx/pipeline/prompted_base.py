"""The strongest opponent of an adapter: its base, prompted with a style card and own passages.

The card is measured on the training texts, as the system prompt of a dataset is. Of a few fixed
prompts, the evaluation uses the one whose answers are most like the author.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.prepare.style.habits import measure_habits
from morris_mlx.prepare.style.system_prompt import compose_system_prompt
from morris_mlx.text.words import PROSE_WORD, SENTENCE_GAP

PASSAGE_WORDS = 110  # of each example: a few paragraphs' rhythm; more of them fit
MOST_PASSAGES = 6  # with more, small models lose the request
# For the passages: every answer reads them again, which takes seconds on a CPU.
MOST_PROMPT_TOKENS = 1000
SLACK_TOKENS = 32  # for the chat format
# {card} is the style card, {passages} the author's passages, "---" between two.
FRAMES = {
    "en": (
        "{card}\n\nThese are passages that you wrote:\n\n{passages}\n\nWrite every answer exactly "
        "as you wrote these: the same rhythm, punctuation and choice of words. Do not repeat them.",
        "Examples of a writer's texts:\n\n{passages}\n\nYou are this writer. {card} Answer in the "
        "style of the examples, on the subject that is asked for.",
    ),
    "ru": (
        "{card}\n\nВот отрывки, которые ты написал:\n\n{passages}\n\nПиши каждый ответ точно так "
        "же: тот же ритм, та же пунктуация, те же слова. Не повторяй эти отрывки.",
        "Примеры текстов автора:\n\n{passages}\n\nТы этот автор. {card} Отвечай в стиле примеров, "
        "на ту тему, о которой просят.",
    ),
}


@dataclass(frozen=True, slots=True)
class Prompted:
    """The system prompts of the prompted base, and the number of passages in each.

    `prompts` is empty if not even one passage fits, with the reason in `refusal`.
    """

    prompts: tuple[str, ...] = ()
    passages: int = 0
    refusal: str = ""


def make_prompts(
    texts: Sequence[str], language: str, room: int, count_tokens: Callable[[str], int]
) -> Prompted:
    """Return the prompts with as many of the author's passages as fit.

    Args:
        texts: The author's training texts.
        language: The language of the texts; the prompts are in Russian or English.
        room: The tokens that the window has for the system prompt.
        count_tokens: Counts the tokens of a text.
    """
    card = compose_system_prompt(measure_habits(texts), SYSTEM_PROMPT, count_tokens)
    frames = FRAMES.get(language, FRAMES["en"])
    limit = min(room - SLACK_TOKENS, MOST_PROMPT_TOKENS)
    passages = [opening(text, PASSAGE_WORDS) for text in _evenly(texts, MOST_PASSAGES)]
    for count in range(len(passages), 0, -1):
        shown = "\n\n---\n\n".join(passages[:count])
        prompts = tuple(frame.format(card=card, passages=shown) for frame in frames)
        if max(map(count_tokens, prompts)) <= limit:
            return Prompted(prompts, count)
    return Prompted(refusal="The window is too small for a prompt with a passage of the author.")


def opening(text: str, words: int) -> str:
    """Return the first sentences of a text, up to about `words` words, at least one sentence."""
    count = start = end = 0
    for gap in (*SENTENCE_GAP.finditer(text), None):
        # A gap begins with the closing quotation marks of the sentence before it.
        stop = len(text) if gap is None else gap.start() + len(gap[0].rstrip())
        size = len(PROSE_WORD.findall(text[start:stop]))
        if end and count + size > words:
            break
        count, end = count + size, stop
        start = len(text) if gap is None else gap.end()
    return text[:end].strip()


def _evenly(texts: Sequence[str], most: int) -> list[str]:
    """Return at most `most` texts from the whole list."""
    if len(texts) <= most:
        return list(texts)
    return [texts[i * len(texts) // most] for i in range(most)]
