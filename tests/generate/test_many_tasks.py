"""Batches of tasks with seeds: the same call gives the same texts, whatever else is computed."""

import pytest

from morris_mlx.generate import load_generator, scripted_generator
from morris_mlx.generate.mlx_backend.backend import LEAST_BEGINNING
from morris_mlx.models.find import find_model
from morris_mlx.records.corpus import Message
from tests.support.workspace import make_tiny_model

TASKS = [f"Write {n} lines about the {thing}." for n, thing in enumerate(("sea", "rain", "tea"))]
SEEDS = [4, 11, 4]
HOT = {"max_tokens": 24, "temperature": 1.3, "min_p": 0.0, "top_p": 1.0}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A model with random weights, whose replies are long noise."""
    folder = make_tiny_model(tmp_path_factory.mktemp("tiny") / "model", hidden_size=48)
    return find_model(str(folder))


@pytest.fixture(scope="module", params=["mlx", "torch"])
def llm(request, tiny, one_torch_thread):
    with load_generator(tiny, backend=request.param, say=lambda _: None) as generator:
        yield generator


def texts(llm, tasks, seeds, **settings):
    return [result.text for result in llm.generate_many(tasks, seeds, **HOT | settings)]


def batches_of(llm, monkeypatch):
    """Return a list that receives the number of rows of each batch."""
    backend, sizes = llm.load().backend, []
    generate = backend.generate

    def counted(group):
        new_requests = group.new_requests

        def counting():
            new = new_requests()
            sizes.append(len(new))
            return new

        group.new_requests = counting
        generate(group)

    monkeypatch.setattr(backend, "generate", counted)
    return sizes


def test_tasks_with_seeds_are_one_batch_and_give_the_same_texts_again(llm, monkeypatch):
    first = texts(llm, TASKS, SEEDS)
    assert len(set(first)) == 3 and all(first)
    sizes = batches_of(llm, monkeypatch)
    assert texts(llm, TASKS, SEEDS) == first
    assert sizes[0] == 3 and not any(sizes[1:])


def test_other_requests_in_the_queue_change_nothing(llm, monkeypatch):
    alone = texts(llm, TASKS, SEEDS)
    sizes = batches_of(llm, monkeypatch)
    others = [llm.stream("Tell me about bread.", **HOT) for _ in range(2)]
    outcomes = llm.generate_many(TASKS, SEEDS, **HOT)
    first = next(outcomes)
    others += [llm.stream("And about milk.", **HOT)]
    assert [first.text, *(result.text for result in outcomes)] == alone
    assert all(other.wait().text for other in others)
    assert 3 in sizes and max(sizes) == 3, "no request joined the three, and they joined none"


def test_a_row_depends_on_its_seed_and_prompt_and_in_float32_not_on_the_others(llm):
    found = texts(llm, [TASKS[0]] * 3, [1, 2, 1])
    assert found[0] == found[2] != found[1]
    forward = texts(llm, TASKS, SEEDS)
    assert texts(llm, TASKS[::-1], SEEDS[::-1]) == forward[::-1]
    for task, seed, text in zip(TASKS, SEEDS, forward, strict=True):
        assert llm.run(task, seed=seed, **HOT) == text


def test_redraws_after_loops_are_the_same_in_every_batch(llm):
    settings = {"temperature": 0.01, "max_tokens": 60}
    both = [list(llm.generate_many(TASKS, SEEDS, **HOT | settings)) for _ in range(2)]
    assert any(result.redraws for result in both[0])
    for one, other in zip(*both, strict=True):
        assert (one.text, one.redraws, one.seed) == (other.text, other.redraws, other.seed)


def test_several_replies_to_one_task_with_a_seed_are_one_batch(llm, monkeypatch):
    sizes = batches_of(llm, monkeypatch)
    result = llm.generate(TASKS[0], seed=7, num_return_sequences=3, **HOT)
    assert [result.seed, *(other.seed for other in result.alternatives)] == [7, 8, 9]
    assert sizes[0] == 3


def test_the_tasks_of_one_call_are_one_batch_if_there_is_memory(tiny, monkeypatch):
    tasks, seeds = [f"Write about {n}." for n in range(20)], range(20)
    with load_generator(tiny, backend="mlx", say=lambda _: None) as llm:
        sizes = batches_of(llm, monkeypatch)
        first = texts(llm, tasks, seeds, max_tokens=4)
        assert sizes[0] == 20 and not any(sizes[1:])
        assert texts(llm, tasks, seeds, max_tokens=4) == first
        sizes.clear()
        monkeypatch.setattr(llm.load().backend, "_usable_gb", 0.0)
        assert texts(llm, tasks, seeds, max_tokens=4) == first
        assert [size for size in sizes if size] == [8, 8, 4]


def test_a_beginning_that_prompts_share_is_read_once(tiny, monkeypatch):
    system = Message("system", "Write as plainly as this. " * 16)
    tasks = [(system, Message("user", task)) for task in TASKS]
    with load_generator(tiny, backend="mlx", say=lambda _: None) as llm:
        backend, shared = llm.load().backend, []
        read = backend._read_beginning

        def reading(rows):
            read(rows)
            shared.append({(id(row.cache), row.cached) for row in rows})

        monkeypatch.setattr(backend, "_read_beginning", reading)
        together = texts(llm, tasks, SEEDS)
        ((_, length),) = shared[0]  # one cache for all rows
        assert length > LEAST_BEGINNING
        for task, seed, text in zip(tasks, SEEDS, together, strict=True):
            assert llm.generate(task, seed=seed, **HOT).text == text
        shared.clear()
        texts(llm, TASKS, SEEDS)
        assert {cached for rows in shared for _, cached in rows} == {0}


def test_the_batches_follow_from_the_list_alone(practice, monkeypatch):
    with scripted_generator(lambda request: f"{request.seed}. " * 3, practice, seed=3) as llm:
        sizes = batches_of(llm, monkeypatch)
        tasks = [f"Task {n}" for n in range(20)]
        found = list(llm.generate_many(tasks, range(20)))
        assert [result.seed for result in found] == list(range(20))
        assert [size for size in sizes if size] == [8, 8, 4]
        sizes.clear()
        tasks[1] = "too long " * 5000
        assert [outcome.__class__.__name__ for outcome in llm.try_many(tasks)][1] == "UsageError"
        assert [size for size in sizes if size] == [7, 8, 4]
        sizes.clear()
        list(llm.generate_many(tasks[2:6], num_return_sequences=3))
        assert [size for size in sizes if size] == [8, 1, 3]


def test_replies_of_a_batch_with_seeds_can_be_dropped_one_by_one(practice):
    with scripted_generator(
        lambda _: "word " * 900, practice, seconds_per_token=0.001, max_tokens=900
    ) as slow:
        outcomes = slow.generate_many(["a", "b", "c"], [1, 2, 3], timeout_seconds=0.3)
        assert next(outcomes).finish_reason == "timeout"
        outcomes.close()
        assert slow.run("d", max_tokens=2, seed=1)
