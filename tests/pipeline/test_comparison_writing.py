"""The texts of a comparison: each adapter answers with the system prompt of its own training."""

from types import SimpleNamespace

import pytest

from morris_mlx.pipeline import comparison_writing as module
from morris_mlx.pipeline.comparison_writing import ComparedSubject, with_prompt, write_subject
from morris_mlx.pipeline.evaluation_answers import Requests
from morris_mlx.records.corpus import Example, Message


def row(*messages):
    return Example(tuple(Message(role, content) for role, content in messages), "a", "headline")


QUESTION = ("user", "q"), ("assistant", "a")
ROW = row(("system", "base's"), *QUESTION)


def test_a_row_gets_another_system_prompt_only_if_it_has_one():
    changed = with_prompt(ROW, "own")
    assert [m.content for m in changed.messages] == ["own", "q", "a"]
    assert with_prompt(changed, "own") is changed
    without = row(*QUESTION)
    assert with_prompt(without, "own") is without


def test_an_adapter_gets_its_prompt_in_every_measurement(monkeypatch):
    given = []

    def note(kind, result):
        def called(*args):
            rows = next(args[at] for at in (1, 2) if isinstance(args[at], list | tuple | Requests))
            examples = rows.examples if isinstance(rows, Requests) else rows
            given.append((kind, {e.messages[0].content for e in examples}))
            return result

        return called

    monkeypatch.setattr(module, "score_held_out", note("score", "score"))
    monkeypatch.setattr(module, "write_answers", note("answers", ["result"]))
    monkeypatch.setattr(module, "examine_condition", note("condition", "condition"))
    adapter = SimpleNamespace(folder="adapters/mine")
    material = SimpleNamespace(adapter=adapter, run=SimpleNamespace(system_prompt="own"))
    generator = SimpleNamespace(adapter=None)
    shared = SimpleNamespace(requests=Requests((ROW, ROW), (0, 1), 50))
    written = write_subject(
        generator,
        ComparedSubject("mine", material, 0.5),
        SimpleNamespace(test=[ROW]),
        None,
        shared,
        lambda _: None,
    )
    assert generator.adapter == "adapters/mine"
    assert given == [("score", {"own"}), ("answers", {"own"}), ("condition", {"own"})]
    assert (written.score, written.results, written.condition) == ("score", ["result"], "condition")


@pytest.mark.parametrize(
    ("jury", "answers", "wanted"),
    [(None, None, module.FEW_ANSWERS), (None, 9, 9), ("jury", None, None)],
)
def test_without_judges_a_few_answers_are_enough(jury, answers, wanted, monkeypatch):
    asked = []

    def choose(test, seed, count, number):
        asked.append((seed, number))
        return Requests(tuple(test), (seed,), 50)

    monkeypatch.setattr(module, "choose_requests", choose)
    for name in ("score_held_out", "write_answers", "examine_condition"):
        monkeypatch.setattr(module, name, lambda *_, name=name: name)
    monkeypatch.setattr(module, "write_prompted", lambda *_: (["prompted"], ""))
    tokenizer = SimpleNamespace(count=len)
    generator = SimpleNamespace(load=lambda: SimpleNamespace(tokenizer=tokenizer))
    first, sources = SimpleNamespace(test=[ROW]), SimpleNamespace(jury=jury)
    shared = module.write_shared(generator, first, sources, 7, answers, lambda _: None)
    assert asked == [(7, wanted)]
    assert shared.prompted == (["prompted"] if jury else [])
