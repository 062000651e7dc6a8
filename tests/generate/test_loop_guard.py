"""Loops in replies: held back, sampled again, and finally ended."""

import pytest

from morris_mlx.evaluate.repetition import find_repetition
from morris_mlx.generate import load_generator, scripted_generator
from morris_mlx.generate.backend import TokenRequest
from morris_mlx.generate.loop_guard import MAX_REDRAWS, LoopGuard
from morris_mlx.models.find import find_model
from morris_mlx.records.generation import MAX_SEED, Sampling
from tests.support.workspace import make_tiny_model

LOOPING = "Well! " + "I like the rain and the wind, and the sea in the morning. " * 9
TASKS = ("Tell me about the sea.", "Write a column.")


def request(**changes):
    off = {"temp": 1.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    chosen = Sampling(**({"max_tokens": 100, "prevent_loops": True} | off | changes))
    return TokenRequest((1, 2, 3), chosen, MAX_SEED, frozenset({9}))


def feed(guard, ids):
    shown = []
    for token in ids:
        guard.add(token)
        shown += guard.released()
        if guard.looping:
            break
    return shown


def test_a_redraw_begins_before_the_loop_with_another_seed_and_without_its_first_token():
    guard = LoopGuard(request(), lambda _: " word")
    assert feed(guard, [*range(10, 40), *range(10, 40)]) == list(range(10, 40))
    assert guard.looping and guard.tokens == 54
    again = guard.redraw()
    assert again.ids == (1, 2, 3, *range(10, 40)) and again.barred == {10}
    assert again.sampling.max_tokens == 70 and 0 <= again.seed < MAX_SEED
    assert again.end_ids == {9} and not guard.looping and guard.tokens == 30
    # The same place again: both tokens are barred there.
    feed(guard, range(12, 40))
    third = guard.redraw()
    assert third.barred == {10, 12} and third.seed not in (again.seed, MAX_SEED)
    # Another place has its own.
    feed(guard, [50, 51, *range(15, 40)])
    fourth = guard.redraw()
    assert fourth.barred == {15} and fourth.sampling.max_tokens == 68
    assert guard.redraws == 3


def test_after_the_last_redraw_only_the_mark_that_closes_the_sentence_is_shown():
    texts = {10: ".", 11: "”", 12: " It"}
    guard = LoopGuard(request(max_tokens=9999), lambda token: texts.get(token, " word"))
    loop = [*range(10, 40)]
    feed(guard, loop)
    for redraws in range(MAX_REDRAWS + 1):
        assert guard.redraws == redraws
        assert not any(feed(guard, loop)) and guard.looping
        if redraws < MAX_REDRAWS:
            assert guard.redraw() is not None
    assert guard.redraw() is None
    assert list(guard.last_mark()) == [10, 11]


def test_loops_that_are_allowed_are_shown_at_once():
    guard = LoopGuard(request(prevent_loops=False), lambda _: " word")
    assert feed(guard, [5] * 90) == [5] * 90 and not guard.looping


def test_a_stream_never_shows_a_loop_and_goes_on_after_it(practice):
    def script(request):
        return "Or so they say. But it rained." if request.barred else LOOPING

    with scripted_generator(script, practice, prevent_loops=True) as llm:
        reply = llm.stream("x")
        text = "".join(reply)
        assert text == reply.result.text
        assert text.count("I like the rain") == 1 and text.endswith("But it rained.")
        assert reply.result.redraws == 1 and reply.result.finish_reason == "stop"
        metrics = llm.metrics()
        assert metrics["redraws"] == 1 and metrics["prompt_tokens"] == reply.result.prompt_tokens
        first, second = llm.load().backend.requests
        assert second.ids[: len(first.ids)] == first.ids and reply.result.seed == first.seed
        kept = len(second.ids) - len(first.ids)
    with scripted_generator(["Or so they say. But it rained."], practice) as llm:
        assert reply.result.tokens == kept + llm.generate("x").tokens


def test_a_reply_that_loops_again_and_again_ends_before_the_loop(practice, tmp_path):
    with scripted_generator(lambda _: LOOPING, practice, prevent_loops=True) as llm:
        llm.enable_logging(tmp_path / "log")
        result = llm.generate("x")
        assert result.finish_reason == "loop" and result.redraws == MAX_REDRAWS
        assert result.text.endswith("morning.") and find_repetition(result.text) is None
        line = (tmp_path / "log").read_text()
    assert "loop: " in line and f"{MAX_REDRAWS} redraws" in line


def test_a_prepared_reply_is_given_as_it_is_and_a_list_has_no_other(practice):
    with scripted_generator([LOOPING, LOOPING, "Next."], practice) as llm:
        assert llm.run("x") == LOOPING.strip()
        assert llm.run("x", prevent_loops=True).count("I like the rain") == 1
        assert llm.run("x") == "Next."


def test_a_stop_string_among_held_tokens_ends_the_reply_and_nothing_after_it_is_shown(practice):
    text = "The cat sat on the mat, and the rain fell. Then the cat sat on the mat, STOP and more."
    with scripted_generator(lambda _: text, practice, prevent_loops=True) as llm:
        for stop in ("STOP", "and more"):
            result = llm.generate("x", stop_token=stop)
            assert result.text == text[: text.index(stop)].strip()
            assert result.finish_reason == "stop"
        assert llm.run("x", max_tokens=3) == llm.run("x", max_tokens=3, prevent_loops=False)


@pytest.fixture(scope="module")
def looping(tmp_path_factory):
    """A model with random weights, whose most likely tokens soon repeat."""
    folder = make_tiny_model(tmp_path_factory.mktemp("looping") / "model", hidden_size=48)
    return find_model(str(folder))


@pytest.fixture(scope="module")
def greedy(looping, one_torch_thread):
    """Return the replies in a batch of both engines, which equal the streamed ones."""
    settings = {"temperature": 0, "max_tokens": 60}
    found = {}
    for backend in ("mlx", "torch"):
        with load_generator(looping, backend=backend, say=lambda _: None) as llm:
            found[backend] = list(llm.generate_many(TASKS, **settings))
            for task, result in zip(TASKS, found[backend], strict=True):
                reply = llm.stream(task, **settings)
                assert "".join(reply).strip() == result.text == reply.result.text
                assert reply.result.redraws == result.redraws > 0
    return found


def test_both_engines_leave_loops_in_the_same_way_alone_and_in_a_batch(greedy):
    for one, other in zip(greedy["mlx"], greedy["torch"], strict=True):
        assert (one.text, one.redraws, one.tokens) == (other.text, other.redraws, other.tokens)
        assert one.finish_reason == other.finish_reason


@pytest.mark.parametrize("backend", ["mlx", "torch"])
def test_a_seed_gives_the_same_redraws_again(looping, backend, one_torch_thread):
    settings = {"temperature": 0.01, "max_tokens": 60}
    with load_generator(looping, backend=backend, say=lambda _: None) as llm:
        first = llm.generate(TASKS[0], seed=5, **settings)
        llm.run(TASKS[1], max_tokens=9)
        both = list(llm.generate_many([TASKS[1], TASKS[0]], [1, 5], **settings))
    assert first.redraws and (first.text, first.redraws) == (both[1].text, both[1].redraws)
