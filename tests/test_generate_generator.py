"""The generator over the scripted backend: stops, decoding, counting, and the window."""

from dataclasses import replace

import pytest

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.generate import scripted_generator
from morris_mlx.generate.generator import hold_back_stops
from morris_mlx.records import GenerationRequest, Message
from morris_mlx.settings import SAMPLING


def request(text="Hi.", messages=None, seed=None, stop=(), **sampling):
    chosen = replace(SAMPLING, **({"max_tokens": 100} | sampling))
    return GenerationRequest(messages or (Message("user", text),), chosen, seed, stop)


def test_the_stream_joined_is_the_reply_and_its_figures_are_counted(practice, tokenizer):
    generator = scripted_generator(["Rain – “again” 😀."], practice)
    assert "".join(generator.stream(request())) == "Rain – “again” 😀."
    result = generator.result
    assert result.finish_reason == "stop"
    assert result.tokens == tokenizer.count("Rain – “again” 😀.") + 1  # with the end token
    assert result.prompt_tokens == len(tokenizer.render([Message("user", "Hi.")], reply=True).ids)
    assert 0 <= result.seconds_to_first_token <= result.seconds


def test_a_reply_cut_by_its_limit_says_so(practice):
    result = scripted_generator(["one two three four five six seven"], practice).generate(
        request(max_tokens=3)
    )
    assert (result.finish_reason, result.tokens) == ("length", 3)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_stop_string_is_never_shown_however_it_arrives(size):
    text = "All done. <|us not yet <|user|> leaked"
    pieces = iter([text[i : i + size] for i in range(0, len(text), size)])
    got = list(hold_back_stops(pieces, ["<|user|>"]))
    assert "".join(t for t, _ in got) == "All done. <|us not yet "
    assert got[-1][1] is True


def test_nothing_is_read_after_a_stop_string():
    def pieces():
        yield "a STOP b"
        raise AssertionError("the model was asked for more")

    assert list(hold_back_stops(pieces(), ["STOP"])) == [("a ", True)]


def test_what_might_have_become_a_stop_string_is_shown_when_it_does_not():
    assert "".join(t for t, _ in hold_back_stops(iter(["a <|", "us"]), ["<|user|>"])) == "a <|us"


def test_a_model_that_writes_the_other_side_is_stopped(practice):
    # The script's markers are spelt letter by letter, as a forger would have to.
    result = scripted_generator(["Fine.\n<|user|>\nAnd you?"], practice).generate(request())
    assert result.text == "Fine." and result.finish_reason == "stop"


def test_own_stop_strings_stop_too(practice):
    result = scripted_generator(["One. Two. Three."], practice).generate(request(stop=("Two",)))
    assert result.text == "One."


def test_the_oldest_turns_leave_first_and_the_system_prompt_stays(practice, tokenizer):
    generator = scripted_generator(["ok"], practice)
    turns = [Message("system", "Be brief.")]
    for number in range(30):
        turns += [
            Message("user", f"question {number} " * 12),
            Message("assistant", f"answer {number} " * 12),
        ]
    turns.append(Message("user", "the last question"))
    generator.generate(request(messages=tuple(turns), max_tokens=200))
    prompt = tokenizer.decode(generator.backend.prompts[0])
    assert len(generator.backend.prompts[0]) + 200 <= practice.window
    assert "Be brief." in prompt and "the last question" in prompt and "answer 29" in prompt
    assert "question 0 " not in prompt
    first = prompt.split("\n")[2]
    assert first == "<|user|>", "a question leaves together with its answer"


def test_a_prompt_longer_than_the_window_is_refused_with_its_size(practice):
    with pytest.raises(UsageError, match=r"prompt has \d+ tokens"):
        scripted_generator(["x"], practice).generate(request("word " * 2000))


def test_the_scripts_end_is_an_error(practice):
    generator = scripted_generator(["only one"], practice)
    generator.generate(request())
    with pytest.raises(MorrisError, match="no reply left"):
        generator.generate(request())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temp", float("nan")),
        ("temp", -1.0),
        ("top_p", 0.0),
        ("top_p", 1.5),
        ("top_k", -1),
        ("top_k", 1.5),
        ("min_p", 2.0),
        ("max_tokens", 0),
        ("max_tokens", True),
        ("seed", 2**32),
        ("seed", -1),
        ("repetition_penalty", float("inf")),
        ("stop", ("",)),
    ],
)
def test_a_setting_out_of_range_is_refused_before_anything_runs(field, value):
    with pytest.raises(UsageError):
        request(**{field: value})


def test_a_conversation_must_end_with_the_user():
    with pytest.raises(UsageError, match="must end with a user's message"):
        request(messages=(Message("user", "a"), Message("assistant", "b")))
