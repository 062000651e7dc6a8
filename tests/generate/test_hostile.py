"""Hostile input: every case has a defined behavior on every engine, and none is a crash."""

import asyncio
import threading

import pytest
from support.generators import SHORT, TASK, trace

from morris_mlx.errors import BusyError, MissingError, MorrisError, UsageError
from morris_mlx.generate import Generator, scripted_generator
from morris_mlx.generate.scheduler import _Batch, _ReplyJob
from morris_mlx.models.find import find_model
from morris_mlx.records.corpus import Message

HALF = "half \ud800 a character"
TOO_LONG = "a" * 5000


@pytest.mark.parametrize("temperature", [1e-40, 1e-300, 5e-324, 1e-5])
def test_a_tiny_temperature_is_greedy(llm, temperature):
    """Divided by so little, logits overflow in every engine and all tokens become equally likely."""
    assert trace(llm, temperature=temperature) == trace(llm, temperature=0.0)


def test_a_lone_surrogate_is_an_error_and_not_a_crash(llm):
    for ask in (
        lambda: llm.run(HALF),
        lambda: llm.stream(HALF),
        lambda: llm.batch_run([TASK, HALF]),
        lambda: llm.run(TASK, system_prompt=HALF),
        lambda: llm.run(TASK, adapter=HALF),
        lambda: llm.chat(TASK, [Message("user", HALF), Message("assistant", "b")]),
        lambda: llm.generate_summary(HALF),
        lambda: llm._num_tokens(HALF),
        lambda: asyncio.run(llm.arun(HALF)),
    ):
        with pytest.raises(MorrisError, match="lone surrogate"):
            ask()


@pytest.mark.parametrize("name", ["", "a\0b", TOO_LONG, "a/" * 3000, "~nobody-here/x", "."])
def test_impossible_names_of_adapters_and_models_are_missing(llm, name):
    with pytest.raises(MissingError):
        llm.run(TASK, adapter=name)
    with pytest.raises(MissingError):
        find_model(name)
    with pytest.raises(MissingError), Generator(model_name=name) as other:
        other.load()  # an empty name is not the default model
    assert llm.run(TASK, **SHORT)


def test_values_that_are_not_text_are_refused(llm):
    for ask in (
        lambda: llm.generate_summary(5),
        lambda: llm.generate_summary(None),
        lambda: llm.batch_run(None),
        lambda: llm.batch_run(5),
        lambda: asyncio.run(llm.abatch_run(None)),
        lambda: llm.chat(TASK, 5),
        lambda: llm.run(TASK, 5),
        lambda: llm.generate(""),
        lambda: llm.generate(5),
        lambda: llm.reply([{"role": "user"}]),
    ):
        with pytest.raises(UsageError):
            ask()


def test_replies_that_do_not_fit_into_the_queue_leave_nothing_in_it(practice):
    with scripted_generator(
        lambda _: "word " * 900, practice, seconds_per_token=0.01, max_tokens=900
    ) as slow:
        others = [slow.stream(TASK, seed=n) for n in range(30)]
        with pytest.raises(BusyError):
            slow.run(TASK, num_return_sequences=50)
        jobs = slow.load().scheduler._jobs
        assert sum(job.waiting for job in jobs) <= len(others)


def test_a_reply_that_just_left_the_queue_is_cancelled_with_the_others(practice, monkeypatch):
    """Between the queue and the batch it was overlooked before, and generated to its end."""
    with scripted_generator(lambda _: "word " * 9, practice) as llm:
        backend, asked = llm.load().backend, []
        scheduler = llm.load().scheduler
        monkeypatch.setattr(scheduler, "submit", lambda *job: asked.append(_ReplyJob(*job)))
        replies = [llm.stream(TASK) for _ in range(2)]

        def leave_the_queue(_):
            group.cancel()
            return asked.pop() if len(asked) > 1 else None

        group = _Batch(asked[0], leave_the_queue)
        assert len(group.new_requests()) == 2
        assert all(reply.result is not None for reply in replies)
        assert backend.generated == 0


def test_closing_an_engine_cancels_a_reply_that_has_just_begun(practice, monkeypatch):
    """Between the queue and the engine `cancel` did not find it before."""
    with scripted_generator(lambda _: "word " * 900, practice, max_tokens=900) as llm:
        scheduler, backend, asked = llm.load().scheduler, llm.load().backend, []
        submit = scheduler.submit
        monkeypatch.setattr(scheduler, "submit", lambda _, replies: asked.extend(replies))
        reply = llm.stream(TASK)
        began, dropped = threading.Event(), threading.Event()
        wanted = asked[0].is_active

        def slowly():
            if threading.current_thread().name == "morris-model":
                began.set()
                dropped.wait(120)
            return wanted()

        asked[0].is_active = slowly
        submit(backend, asked[:1])
        assert began.wait(120)
        scheduler.cancel(backend)
        dropped.set()
        assert reply.wait().finish_reason == "cancelled" and backend.generated == 0
