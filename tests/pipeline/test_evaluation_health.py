"""Measurements of the condition of a model: its ends, neutral texts, and plain tasks."""

import math

import pytest

from morris_mlx.generate import load_generator
from morris_mlx.pipeline.evaluation_health import (
    COPIED_LINE,
    PLAIN_TASKS,
    end_probability,
    neutral_loss,
    try_plain_tasks,
)
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.generation import GenerationResult


def row(source, text):
    return Example((Message("user", "q"), Message("assistant", text)), source, "headline")


class Model:
    """A generator with given losses and answers."""

    def __init__(self, ends=(), answers=()):
        self.ends, self.answers, self.scored = dict(ends), answers, []
        self.strength = None

    def score(self, messages, only_end=False):
        text = messages[-1].content
        self.scored.append((text, only_end))
        return (self.ends[text], 1) if only_end else (3.0 * len(text.split()), len(text.split()))

    def generate_many(self, tasks, seeds, **overrides):
        assert overrides["temperature"] == 0.0
        return [GenerationResult(text, "stop", 1, 1, 0.0, 0.0) for text in self.answers]


def test_the_end_is_scored_in_the_last_row_of_every_text():
    model = Model({"b": 1.0, "c": 2.0, "d": 9.0})
    rows = [row("1", "a"), row("1", "b"), row("2", "c"), row("3", "d")]
    assert end_probability(model, rows, 0.5) == pytest.approx(math.exp(-2.0))
    assert [text for text, _ in model.scored] == ["b", "c", "d"] and model.strength == 0.5


def test_neutral_loss_is_per_token_and_absent_without_texts():
    assert neutral_loss(Model(), ["one two", "three"], 1.0) == 3.0
    assert neutral_loss(Model(), [], 1.0) is None


def test_plain_tasks_are_checked_by_what_the_answers_hold():
    good = Model(answers=["Apples, pears and plums.", "Yes.", f"Sure: {COPIED_LINE.upper()}"])
    assert try_plain_tasks(good, 0.0) == [True] * len(PLAIN_TASKS)
    bad = Model(answers=["An apple, an apple, an apple.", "It depends.", "The blue cup."])
    assert try_plain_tasks(bad, 0.0) == [False] * len(PLAIN_TASKS)


def test_only_the_end_token_of_the_last_turn_is_scored(tiny):
    messages = row("1", "a few words of text").messages
    with load_generator(tiny, say=lambda _: None) as generator:
        whole, tokens = generator.score(messages)
        end, counted = generator.score(messages, only_end=True)
    assert counted == 1 < tokens and 0 < end < whole
