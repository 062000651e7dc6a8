"""The requests of an evaluation: the same for all rows, as many and as long as needed."""

from morris_mlx.pipeline.evaluation_answers import (
    ANSWER_TOKENS,
    LEAST_ANSWERS,
    SHORTEST_LIMIT,
    Requests,
    choose_requests,
    with_system,
    write_answers,
)
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.generation import GenerationResult


def row(number, words, task="headline"):
    messages = (
        Message("system", "s"),
        Message("user", f"q{number}"),
        Message("assistant", "word " * words),
    )
    return Example(messages, str(number), task)


def count(text):
    return len(text.split())


class Recorder:
    """A generator that returns its task and seed."""

    def __init__(self):
        self.calls = []

    def generate_many(self, tasks, seeds, **overrides):
        self.calls.append((len(tasks), overrides))
        for task, seed in zip(tasks, seeds, strict=True):
            text = f"{task[0].content} {task[-1].content} {seed}"
            yield GenerationResult(text, "stop", 1, 1, 0.0, 0.0)


def test_long_texts_need_few_answers_and_chat_replies_many():
    long = choose_requests([row(n, 600) for n in range(5)], 7, count)
    assert len(long) == LEAST_ANSWERS and long.max_tokens == ANSWER_TOKENS
    assert long.seeds[:3] == (7, 8, 9)
    assert [e.source_id for e in long.examples[:7]] == ["0", "1", "2", "3", "4", "0", "1"]
    chat = choose_requests([row(n, 10 + n % 3, "chat") for n in range(30)], 0, count)
    assert len(chat) > 100 and chat.max_tokens == SHORTEST_LIMIT


def test_only_requests_for_whole_texts_are_asked_if_there_are_some():
    rows = [row(0, 600, "opening"), row(1, 600, "topic"), row(2, 600)]
    assert {e.source_id for e in choose_requests(rows, 0, count).examples} == {"1", "2"}
    assert len(choose_requests(rows[:1], 0, count, answers=9)) == 9


def test_parts_are_asked_as_in_the_whole():
    rows = tuple(row(n, 5) for n in range(20))
    requests = Requests(rows, tuple(range(20)), 50)
    recorder, done = Recorder(), []
    whole = write_answers(recorder, requests, 0.5, done.append)
    assert done == list(range(1, 21))
    assert recorder.calls == [(20, {"max_tokens": 50, "strength": 0.5})]
    parts = [write_answers(recorder, requests, 0.5, part=slice(*p)) for p in ((0, 8), (8, None))]
    assert [r.text for part in parts for r in part] == [r.text for r in whole]


def test_another_system_prompt_replaces_that_of_the_rows():
    asked = write_answers(Recorder(), Requests((row(3, 5),), (1,), 9), 0.0, system_prompt="new")
    assert [r.text for r in asked] == ["new q3 1"]
    assert [m.content for m in with_system([Message("user", "q")], "new")] == ["new", "q"]
