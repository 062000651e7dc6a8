"""Reading a reply without blocking, and its place in the scheduler's queue."""

import threading
import time

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.generate import scripted_generator


def read_all(reply, seconds=0.05):
    texts = []
    while (text := reply.poll(seconds)) is not None:
        texts.append(text)
    return texts


def test_poll_returns_the_text_in_order_and_none_at_the_end(practice):
    with scripted_generator(lambda _: "one two three", practice, 0.01) as llm:
        texts = read_all(llm.stream("x"))
        assert "".join(texts) == "one two three"
        reply = llm.stream("x")
        whole = "".join(read_all(reply))
        assert reply.poll(0) is None and reply.result.text == whole


def test_poll_returns_an_empty_text_when_none_came_in_time(practice):
    go_on = threading.Event()

    def script(_):
        go_on.wait(120)
        return "late"

    with scripted_generator(script, practice) as llm:
        reply = llm.stream("x")
        assert reply.poll(0.05) == ""
        go_on.set()
        assert "".join(read_all(reply)) == "late"


def test_poll_raises_an_error_every_time(practice):
    def script(_):
        raise MorrisError("The model failed.")

    with scripted_generator(script, practice) as llm:
        reply = llm.stream("x")
        for _ in range(2):
            with pytest.raises(MorrisError, match="The model failed"):
                read_all(reply)


def test_poll_keeps_the_timeout_while_the_model_generates_another_reply(practice):
    with scripted_generator(lambda _: "word " * 900, practice, 0.05) as llm:
        first = llm.stream("x", max_tokens=900, seed=1)
        next(first)
        second = llm.stream("x", timeout_seconds=0.1, seed=2)
        assert "".join(read_all(second)) == "" and second.result.finish_reason == "timeout"
        first.close()


def test_a_reply_waits_until_the_model_begins_it_and_its_seconds_count_from_there(practice):
    with scripted_generator(lambda _: "word " * 900, practice, 0.02) as llm:
        first = llm.stream("x", max_tokens=900, seed=1)
        next(first)
        second = llm.stream("x", max_tokens=2, seed=2)
        time.sleep(0.3)
        assert second.is_waiting and not first.is_waiting
        closed = time.monotonic()
        first.close()
        assert not first.is_waiting
        assert "".join(read_all(second)) and not second.is_waiting
        assert second.result.seconds <= time.monotonic() - closed
