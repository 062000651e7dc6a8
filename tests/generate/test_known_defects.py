"""The sixteen defects of the known public implementations of this interface.

Each is a test, in the order in which they were found; every engine must pass it.
"""

import asyncio
import logging
import time

import pytest
from support.generators import SHORT, TASK, engine, is_scripted, trace

from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.generate import BaseLLM, Generator, scripted_generator
from morris_mlx.records.corpus import Message


def requests_of(llm):
    """Return the number of requests so far, where that is counted."""
    return len(engine(llm).requests) if is_scripted(llm) else 0


def test_01_a_class_without_run_cannot_be_made():
    """Theirs was not an abstract class: `run` returned None."""

    class WithoutRun(BaseLLM):
        pass

    for abstract in (BaseLLM, WithoutRun):
        with pytest.raises(TypeError, match="run"):
            abstract()


def test_02_a_frequency_penalty_is_kept_and_works(llm):
    """Another parameter overwrote it with None."""
    with scripted_generator(["a"], llm.load().files, frequency_penalty=0.5) as made:
        assert made.frequency_penalty == 0.5
    without = trace(llm)
    llm.set_frequency_penalty(9.0)
    assert trace(llm) != without and llm.frequency_penalty == 9.0


def test_03_the_repetition_penalty_has_both_spellings_and_a_setter(llm):
    old = trace(llm, repition_penalty=5.0)
    llm.set_repetition_penalty(5.0)
    assert llm.repition_penalty == llm.repetition_penalty == 5.0 and trace(llm) == old
    with pytest.raises(UsageError, match="twice"):
        llm.run(TASK, repition_penalty=5.0, repetition_penalty=2.0)


def test_04_the_history_is_a_list_of_messages_and_grows(llm):
    """Theirs was text, then a list, and nothing was ever appended."""
    assert llm.history == []
    reply = llm.chat(TASK, **SHORT)
    assert llm.history == [Message("user", TASK), Message("assistant", reply)]


def test_05_a_chat_is_rendered_in_order_with_roles_and_the_system_prompt(llm):
    """Theirs was one string, the newest first, without roles, template and system prompt."""
    earlier = [Message("user", "One."), Message("assistant", "Two.")]
    result_of = llm.chat("Three.", earlier, system_prompt="Hum.", **SHORT)
    whole = [Message("system", "Hum."), *earlier, Message("user", "Three.")]
    ids = llm.load().tokenizer.render(whole, reply=True).ids
    assert llm.result.prompt_tokens == len(ids) and llm.result.text == result_of
    assert not is_scripted(llm) or engine(llm).requests[-1].ids == ids


def test_06_asynchronous_and_batch_calls_take_the_same_overrides(llm):
    """Theirs dropped every argument but the task."""
    own = {"max_tokens": 4, "temperature": 1.2, "seed": 11}
    one = llm.run(TASK, **own)
    assert llm.run(TASK, **SHORT) != one
    assert asyncio.run(llm.arun(TASK, **own)) == one
    assert llm.batch_run([TASK], **own) == asyncio.run(llm.abatch_run([TASK], **own)) == [one]


def test_07_tokens_a_second_are_counted_and_before_a_run_an_error(llm, practice):
    result = llm.generate(TASK, **SHORT)
    assert llm._tokens_per_second() == result.tokens / result.seconds > 0
    with scripted_generator(["a"], practice) as fresh, pytest.raises(MorrisError, match="nothing"):
        fresh._tokens_per_second()


def test_08_metrics_run_nothing_and_come_from_the_engine(llm):
    """Theirs ran the model again, counted its text anew, and called seconds tokens a second."""
    result = llm.generate(TASK, **SHORT)
    before = requests_of(llm)
    assert llm.metrics()["tokens"] == result.tokens
    assert llm.metrics()["seconds"] == result.seconds
    assert requests_of(llm) == before


def test_09_the_time_to_the_first_token_is_that_of_the_last_reply(practice):
    with scripted_generator(["a b c d e f"], practice, seconds_per_token=0.05) as slow:
        result = slow.generate(TASK)
        assert 0.05 <= slow.time_to_first_token() == result.seconds_to_first_token
        assert slow.time_to_first_token() < result.seconds - 0.05


def test_10_asking_for_a_time_generates_nothing(llm):
    """Theirs generated texts as a side effect of being timed."""
    llm.run(TASK, **SHORT)
    before = requests_of(llm)
    assert llm.get_generation_time() == llm._time_for_generation(TASK) > 0
    with pytest.raises(UsageError, match="another task"):
        llm._time_for_generation("Something else.")
    assert requests_of(llm) == before and llm.result.seconds == llm.get_generation_time()


def test_11_a_checkpoint_is_a_file_and_a_missing_one_an_error(llm, tmp_path):
    """Theirs wrote nothing and said that it was saved; loading nothing succeeded."""
    llm.set_top_k(7)
    path = llm.save_checkpoint(tmp_path)
    assert path.stat().st_size > 100
    llm.set_top_k(None)
    llm.load_checkpoint(path)
    assert llm.top_k == 7
    with pytest.raises(MissingError):
        llm.load_checkpoint(tmp_path / "nope")


def test_12_a_summary_is_a_text_and_resources_are_measured(llm):
    """Theirs gave None, and the same sentence whatever was used."""
    assert isinstance(llm.generate_summary("The boat left.", **SHORT), str)
    used = llm.track_resource_utilization()
    assert set(used) == {
        "process_memory_gb",
        "engine_memory_gb",
        "engine_peak_memory_gb",
        "cpu_share",
        "tokens_per_second",
    }
    assert used["process_memory_gb"] > 0.02 and used["cpu_share"] is not None


@pytest.mark.parametrize("make", [Generator, "run", "stream", "batch_run"])
def test_13_an_unknown_keyword_is_refused_everywhere_with_the_same_message(llm, make):
    """Theirs was a TypeError of `object` in one, and swallowed in the other."""
    with pytest.raises(UsageError, match=r"no setting 'temprature'\. Did you mean temperature"):
        if make is Generator:
            Generator("practice", temprature=1.0)
        else:
            getattr(llm, make)([TASK] if make == "batch_run" else TASK, temprature=1.0)


def test_14_concurrent_replies_have_metrics_of_their_own(llm):
    """Theirs kept one start and one end for all, by a clock that can go back."""

    async def several():
        asked = (llm.agenerate(TASK, **SHORT | {"max_tokens": n}) for n in (2, 4, 6))
        return await asyncio.gather(*asked)

    began = time.monotonic()
    results = asyncio.run(several())
    passed = time.monotonic() - began
    assert [r.tokens for r in results] == [2, 4, 6]
    assert all(0 < r.seconds_to_first_token <= r.seconds <= passed for r in results)


def test_15_two_names_of_one_setting_have_a_rule_and_every_value_is_checked(llm):
    """Theirs had pairs without a rule, checked nothing, and never applied seed or creative mode."""
    with pytest.raises(UsageError, match="twice"):
        llm.run(TASK, num_beams=2, beam_width=3)
    assert llm.generate(TASK, max_tokens=9, max_length=10_000, temperature=0).tokens == 9
    for name, bad in {"top_k": 2.5, "top_p": 7, "seed": -1, "device": "toaster"}.items():
        with pytest.raises(UsageError, match=name):
            getattr(llm, f"set_{name}")(bad)
    llm.set_stop_token(["@@", "§§"])
    assert llm.stop_token == ("@@", "§§")
    hot = {"temperature": 1.3, "max_tokens": 12}
    llm.set_seed(5)
    assert llm.run(TASK, **hot) == llm.run(TASK, **hot) != llm.run(TASK, seed=6, **hot)
    plain = llm.settings
    llm.toggle_creative_mode(True)
    assert llm.settings != plain


def test_16_it_has_its_own_log_streams_finish_reasons_and_close(practice, tmp_path):
    """Theirs took the root logger, and had no streams, no ends, no usage and no `close`."""
    root = list(logging.getLogger().handlers), logging.getLogger().level
    with scripted_generator(lambda _: "word " * 50, practice, seconds_per_token=0.005) as llm:
        llm.enable_logging(tmp_path / "model.log")
        reply = llm.stream(TASK)
        assert next(reply)
        reply.close()
        assert reply.result.finish_reason == "cancelled"
        assert llm.generate(TASK, max_tokens=2).finish_reason == "length"
        assert llm.generate(TASK, max_tokens=90).finish_reason == "stop"
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == root
    with pytest.raises(MorrisError, match="closed"):
        llm.run(TASK)
