"""A hundred chat prompts for the practice base: twenty subjects, each in five ways."""

from __future__ import annotations

SUBJECTS = (
    "the sea", "a lost letter", "an old house", "the price of bread", "a quarrel between brothers",
    "winter", "the doctor", "a journey by train", "money and marriage", "the garden in spring",
    "a ghost", "the law", "an honest man", "London at night", "a dinner party",
    "the horse", "a school", "war", "the captain and his crew", "friendship",
)  # fmt: skip
WAYS = (
    "Write a passage about {}.",
    "Tell me something about {}.",
    "What have you to say about {}?",
    "Continue: Nobody in the village would speak of {}, and least of all the vicar.",
    "Headline: On {}",
)


def chat_prompts() -> list[str]:
    return [way.format(subject) for subject in SUBJECTS for way in WAYS]
