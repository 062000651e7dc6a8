"""The practice base: small enough, honest, and able to speak in its chat format."""

import pytest

from morris_mlx.generate import load_generator
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.records.corpus import Message

MAX_BYTES = 16_000_000
PROMPTS = (
    "Write a passage about the sea and the harbour.",
    "Tell me something about money.",
    "What have you to say about winter?",
    "Continue: The old house stood at the end of the lane, and nobody lived in it.",
    "Headline: A Walk in the Rain",
    "How are you to-day?",
)


@pytest.fixture(scope="module")
def replies(practice):
    with load_generator(practice, max_tokens=300, system_prompt="") as generator:
        return list(generator.generate_many(PROMPTS, range(len(PROMPTS))))


def test_its_files_are_at_most_16_mb_together_and_its_card_says_toy():
    assert sum(f.stat().st_size for f in PRACTICE_FOLDER.iterdir() if f.is_file()) <= MAX_BYTES
    card = (PRACTICE_FOLDER / "README.md").read_text(encoding="utf-8")
    assert "toy" in card and "practice only" in card and "public domain" in card


def test_it_ends_by_itself(replies):
    assert sum(r.finish_reason == "stop" for r in replies) >= 5


def test_it_writes_words_not_rubble(replies):
    common = {"the", "and", "of", "a", "to", "in", "was", "it", "that", "he", "i", "you", "is"}
    for reply in replies:
        words = reply.text.lower().split()
        assert len(words) >= 5
        assert "<|" not in reply.text and "</s>" not in reply.text
    together = " ".join(r.text for r in replies).lower().split()
    assert sum(w in common for w in together) / len(together) > 0.15


def test_it_expects_english_prose_more_than_the_same_words_shuffled(practice):
    generator = load_generator(practice)
    prose = "It was a cold morning, and the men stood about the door and said nothing."
    shuffled = "Nothing the about it said and was cold, a door men the stood morning and."
    ask = Message("user", "Write a sentence.")
    good, good_tokens = generator.score([ask, Message("assistant", prose)])
    bad, bad_tokens = generator.score([ask, Message("assistant", shuffled)])
    assert good / good_tokens < 0.75 * bad / bad_tokens
