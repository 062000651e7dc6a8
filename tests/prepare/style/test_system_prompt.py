"""The system prompt: habits in whole sentences, within a limit of tokens."""

import re

from support.plain_drafts import RUSSIAN

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.prepare.style.habits import measure_habits
from morris_mlx.prepare.style.system_prompt import (
    MAX_TOKENS,
    SYSTEM_PROMPT_RU,
    compose_system_prompt,
)


def test_the_system_prompt_describes_the_habits_within_its_limit(sample_columns, tokenizer):
    habits = measure_habits([d.text for d in sample_columns])
    prompt = compose_system_prompt(habits, SYSTEM_PROMPT, tokenizer.count)
    assert prompt.startswith(SYSTEM_PROMPT) and tokenizer.count(prompt) <= MAX_TOKENS
    assert "semicolons and brackets" in prompt and "“what could possibly go wrong”" in prompt
    assert compose_system_prompt(None, "Hum.", tokenizer.count) == "Hum."
    wordy = "Hum. " * 300
    assert compose_system_prompt(habits, wordy, tokenizer.count) == wordy.strip()
    for room in range(10, 120, 10):  # what fits is always whole sentences
        part = compose_system_prompt(
            habits, "Hum.", lambda text, r=room: len(text.split()) * 120 // r
        )
        assert part.startswith("Hum.") and part.endswith(".")


def test_the_habits_of_russian_texts_are_described_in_russian():
    texts = [RUSSIAN.format(n=n) for n in range(10)]
    habits = measure_habits(texts)
    prompt = compose_system_prompt(habits, SYSTEM_PROMPT, lambda text: len(text) // 6)
    assert habits.language == "ru" and prompt.startswith(SYSTEM_PROMPT_RU)
    assert "тире" in prompt and "точки с запятой" in prompt and not re.search("[a-z]", prompt)
    assert compose_system_prompt(habits, "Mine.", lambda _: 0).startswith("Mine.")
