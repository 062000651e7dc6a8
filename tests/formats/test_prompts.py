"""Files of prompts are read strictly; their answers are written once each, whatever happens."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morris_mlx.errors import MissingError, MorrisError, StoppedError, UsageError
from morris_mlx.files import locked
from morris_mlx.formats.answers import Batch, check_output, run_batch, settings_digest
from morris_mlx.formats.marked_text import Writer
from morris_mlx.formats.prompts import Prompt, read_prompts
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult, GenerationSettings

WRITER = Writer("practice", "mine", "ab" * 32, 1.0)


def write(tmp_path, content):
    path = tmp_path / "prompts.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def prompts_of(count):
    return tuple(Prompt(str(n + 1), (Message("user", f"prompt {n}"),)) for n in range(count))


def reply(messages, seed=None, **changes):
    text = f"answer to {messages[-1].content}\nпривет\u2028"
    values = {"finish_reason": "stop", "prompt_tokens": 3, "tokens": 5, "seed": seed or 0}
    values |= {"seconds_to_first_token": 0.1, "seconds": 1.0}
    return GenerationResult(text, **values | changes)


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def one_by_one(answer):
    return lambda asked: ((n, answer(p.messages, p.seed)) for n, p in enumerate(asked))


def refuse(prompts):
    raise AssertionError("nothing was to be asked")


# --- prompts ----------------------------------------------------------------------------
def test_every_shape_of_a_row_is_read(tmp_path):
    path = write(
        tmp_path,
        '\ufeff"plain"\r\n\n  \n{"prompt": "with\\u2028id", "id": "x", "seed": 5, "system": "Be brief."}\n'
        '{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "ё"}], "id": 9}\n'
        '{"prompt": "\u2028", "id": null, "seed": null, "system": null}'.replace(
            '"\u2028"', '"a\u2028b"'
        ),
    )
    assert read_prompts(path) == (
        Prompt("1", (Message("user", "plain"),)),
        Prompt("x", (Message("system", "Be brief."), Message("user", "with\u2028id")), 5),
        Prompt("9", (Message("system", "s"), Message("user", "ё")), None, from_text=False),
        Prompt("4", (Message("user", "a\u2028b"),)),
    )


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", "\ufeff\r\n"])
def test_an_empty_file_is_an_error(tmp_path, content):
    with pytest.raises(MorrisError, match=r"prompts.jsonl has no prompts. Write rows"):
        read_prompts(write(tmp_path, content))


def test_a_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingError, match="--file"):
        read_prompts(tmp_path / "no.jsonl")
    with pytest.raises(MorrisError, match="cannot be read"):
        read_prompts(tmp_path)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
def test_utf_16_is_named(tmp_path, codec):
    content = '"a"\n'.encode(codec)
    if codec == "utf-16-be":
        content = b"\xfe\xff" + content
    with pytest.raises(MorrisError, match=r"is UTF-16. Save it as UTF-8"):
        read_prompts(write(tmp_path, content))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (b'"\xff"', "not UTF-8 (byte 2)"),
        (b"{", "not valid JSON"),
        (b"plain words", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"7", "neither a string nor an object"),
        (b"null", "neither a string nor an object"),
        (b'["a"]', "neither a string nor an object"),
        (b"{}", "one of the two"),
        (b'{"prompt": "a", "messages": []}', "one of the two"),
        (b'{"prompt": "a", "prompt": "b"}', "a key is there twice"),
        (b'{"prompt": "a", "temperature": 1}', "unknown key 'temperature'"),
        (b'""', '"prompt" must be a text'),
        (b'{"prompt": " "}', '"prompt" must be a text'),
        (b'{"prompt": 5}', '"prompt" must be a text'),
        (b'{"prompt": "a", "system": ""}', '"system" must be a text'),
        (b'{"prompt": "a", "seed": "5"}', "seed is '5'"),
        (b'{"prompt": "a", "seed": true}', "seed is True"),
        (b'{"prompt": "a", "seed": -1}', "seed is -1"),
        (b'{"prompt": "a", "id": 1.5}', '"id" must be a string'),
        (b'{"prompt": "a", "id": true}', '"id" must be a string'),
        (b'{"prompt": "a", "id": ""}', '"id" must be a string'),
        (b'{"prompt": "a\\ud800"}', "half a character"),
        (b'{"prompt": "a", "id": "\\udfff"}', "half a character"),
        (b'{"messages": []}', "at least one message"),
        (b'{"messages": "a"}', "at least one message"),
        (b'{"messages": ["a"]}', "a message must be"),
        (b'{"messages": [{"role": "user"}]}', "a message must be"),
        (b'{"messages": [{"role": "user", "content": "a", "name": "b"}]}', "a message must be"),
        (b'{"messages": [{"role": "user", "content": null}]}', '"content" must be a text'),
        (b'{"messages": [{"role": "robot", "content": "a"}]}', "Unknown role 'robot'"),
        (b'{"messages": [{"role": ["user"], "content": "a"}]}', "Unknown role"),
        (
            b'{"messages": [{"role": "assistant", "content": "a"}]}',
            "the last message is the assistant",
        ),
        (
            b'{"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}], "system": "c"}',
            "Leave one of the two",
        ),
        (b'{"prompt": "again", "id": "1"}', "line 2 has the id '1', too"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path, row, told):
    with pytest.raises(MorrisError) as raised:
        read_prompts(write(tmp_path, b'\n"first"\n' + row + b'\n"last"\n'))
    assert "prompts.jsonl, line 3: " in str(raised.value) and told in str(raised.value)
    assert raised.value.exit_code == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text().filter(str.strip), min_size=1, max_size=8), st.booleans())
def test_any_text_comes_back(tmp_path_factory, texts, ascii_only):
    folder = tmp_path_factory.mktemp("p")
    lines = "\n".join(json.dumps(text, ensure_ascii=ascii_only) for text in texts)
    assert [p.messages[0].content for p in read_prompts(write(folder, lines))] == texts


def test_the_hash_is_of_everything_that_a_row_says():
    said = [Prompt("1", (Message("user", "a"),)), Prompt("2", (Message("user", "a"),))]
    said += [Prompt("1", (Message("user", "b"),)), Prompt("1", (Message("user", "a"),), 0)]
    said += [Prompt("1", (Message("system", "a"),))]
    assert len({prompt.sha256 for prompt in said}) == 5


# --- answers ----------------------------------------------------------------------------
def test_a_row_holds_the_question_the_answer_and_who_wrote(tmp_path):
    out = tmp_path / "out.jsonl"
    asked = (
        Prompt("1", (Message("system", "s"), Message("user", "p")), 5),
        Prompt("b", (Message("user", "q"),), from_text=False),
    )
    assert run_batch(asked, out, WRITER, "digest", one_by_one(reply)) == Batch(0, 2)
    first, second = rows(out)
    first.pop("date")
    assert first == {
        "id": "1",
        "prompt": "p",
        "system": "s",
        "text": "answer to p\nпривет\u2028",
        "finish_reason": "stop",
        "prompt_tokens": 3,
        "tokens": 5,
        "seconds_to_first_token": 0.1,
        "tokens_per_second": 5.0,
        "seed": 5,
        "model": "practice",
        "adapter": "mine",
        "adapter_sha256": "ab" * 32,
        "strength": 1.0,
        "machine_made": True,
        "prompt_sha256": asked[0].sha256,
        "settings_sha256": "digest",
    }
    assert second["messages"] == [{"role": "user", "content": "q"}] and "prompt" not in second
    assert out.stat().st_mode & 0o777 == 0o600


def test_answers_that_come_in_any_order_are_written_in_the_prompts_order(tmp_path):
    asked = prompts_of(20)

    def answer_many(left):
        places = list(range(len(left)))
        random.Random(3).shuffle(places)
        for place in places:
            yield place, reply(left[place].messages)

    run_batch(asked, tmp_path / "out.jsonl", WRITER, "d", answer_many)
    assert [row["prompt"] for row in rows(tmp_path / "out.jsonl")] == [
        f"prompt {n}" for n in range(20)
    ]


@pytest.mark.parametrize("places", [[0, 0], [0, 2], [-1], [0], [1], []])
def test_an_answer_too_many_or_too_few_is_a_bug_that_shows(tmp_path, places):
    with pytest.raises(ValueError, match="answer of place"):
        run_batch(
            prompts_of(2),
            tmp_path / "out.jsonl",
            WRITER,
            "d",
            lambda left: [(place, reply(left[0].messages)) for place in places],
        )


def test_every_row_is_on_the_disk_before_the_next_is_asked(tmp_path):
    out = tmp_path / "out.jsonl"

    def answer(messages, seed):
        assert len(rows(out)) == int(messages[0].content.split()[1])
        return reply(messages)

    run_batch(prompts_of(5), out, WRITER, "d", one_by_one(answer))


def test_a_batch_that_is_whole_asks_nothing_and_writes_nothing(tmp_path):
    out = tmp_path / "out.jsonl"
    run_batch(prompts_of(3), out, WRITER, "d", one_by_one(reply))
    before = out.read_bytes()
    assert run_batch(prompts_of(3), out, WRITER, "d", refuse) == Batch(3, 0)
    assert out.read_bytes() == before


def test_a_batch_goes_on_from_a_file_cut_anywhere(tmp_path):
    out, asked = tmp_path / "out.jsonl", prompts_of(3)
    run_batch(asked, out, WRITER, "d", one_by_one(reply))
    whole = out.read_bytes()
    # Every place near the ends of rows, some within: each costs a flush down to the disk.
    ends = [at for at, byte in enumerate(whole) if byte == ord("\n")]
    sizes = {
        *range(12),
        *(end + near for end in ends for near in range(-3, 12)),
        *range(0, len(whole), 97),
    }
    for size in sorted(size for size in sizes if size <= len(whole)):
        for tail in (b"", b"\0\0\0"):
            out.write_bytes(whole[:size] + tail)
            found = whole[:size].count(b"\n")
            assert run_batch(asked, out, WRITER, "d", one_by_one(reply)) == Batch(found, 3 - found)
            assert [row["prompt"] for row in rows(out)] == ["prompt 0", "prompt 1", "prompt 2"]


def test_prompts_may_be_added_behind(tmp_path):
    out = tmp_path / "out.jsonl"
    run_batch(prompts_of(2), out, WRITER, "d", one_by_one(reply))
    assert run_batch(prompts_of(5), out, WRITER, "d", one_by_one(reply)) == Batch(2, 3)


def test_an_output_of_other_prompts_or_settings_is_refused_untouched(tmp_path):
    out = tmp_path / "out.jsonl"
    run_batch(prompts_of(3), out, WRITER, "d", one_by_one(reply))
    before = out.read_bytes()
    other = (*prompts_of(2), Prompt("3", (Message("user", "other"),)))
    for asked, digest, told in (
        (prompts_of(3), "e", "line 1, was made with another model, adapter or other settings"),
        (other, "d", "line 3, answers another prompt"),
        (prompts_of(2), "d", "line 3, answers another prompt"),
    ):
        with pytest.raises(UsageError, match=told) as raised:
            run_batch(asked, out, WRITER, digest, refuse)
        assert "--output" in str(raised.value) and str(out) in str(raised.value)
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        "A letter",
        "A letter\n",
        '{"prompt": "a"}\n',
        '{"id": 1}\n',
        "[1]\n",
        '"a"\n\n',
        "\n",
        '{"prompt": ',
    ],
)
def test_a_file_of_somebody_else_is_refused_untouched(tmp_path, content):
    out = tmp_path / "out.jsonl"
    out.write_text(content)
    with pytest.raises(UsageError, match=r"line \d, is no answer that Morris wrote"):
        run_batch(prompts_of(2), out, WRITER, "d", refuse)
    assert out.read_text() == content


def test_an_output_that_cannot_grow_is_refused_early(tmp_path):
    with pytest.raises(UsageError, match="no file that can be written"):
        check_output(tmp_path)
    with pytest.raises(UsageError, match="Make it first"):
        check_output(tmp_path / "nowhere" / "out.jsonl")
    check_output(tmp_path / "out.jsonl")
    assert not list(tmp_path.iterdir())


def test_two_batches_do_not_write_one_output(tmp_path):
    out = tmp_path / "out.jsonl"
    with locked(out, "busy"), pytest.raises(MorrisError, match="another process"):
        run_batch(prompts_of(2), out, WRITER, "d", refuse)


def test_a_cancelled_answer_is_asked_again(tmp_path):
    out = tmp_path / "out.jsonl"
    replies = iter(["stop", "cancelled", "length", "timeout"])

    def answer(messages, seed):
        return reply(messages, finish_reason=next(replies))

    with pytest.raises(
        StoppedError, match=r"1 of 3 prompts are answered .* The same command goes on"
    ):
        run_batch(prompts_of(3), out, WRITER, "d", one_by_one(answer))
    assert run_batch(prompts_of(3), out, WRITER, "d", one_by_one(answer)) == Batch(1, 2)
    assert [row["finish_reason"] for row in rows(out)] == ["stop", "length", "timeout"]


def test_a_failure_keeps_what_was_answered(tmp_path):
    out = tmp_path / "out.jsonl"

    def answer(messages, seed):
        if messages[0].content == "prompt 2":
            raise KeyboardInterrupt
        return reply(messages)

    with pytest.raises(KeyboardInterrupt):
        run_batch(prompts_of(4), out, WRITER, "d", one_by_one(answer))
    assert len(rows(out)) == 2


def test_the_settings_digest_is_of_every_setting_and_the_writer():
    base = settings_digest(GenerationSettings(), WRITER)
    assert base == settings_digest(GenerationSettings(), WRITER)
    others = [
        settings_digest(GenerationSettings(seed=1), WRITER),
        settings_digest(GenerationSettings(stop_token="x"), WRITER),
        settings_digest(GenerationSettings(system_prompt="x"), WRITER),
        settings_digest(GenerationSettings(), Writer("practice", "mine", "cd" * 32, 1.0)),
        settings_digest(GenerationSettings(), Writer("practice", "mine", "ab" * 32, 0.5)),
    ]
    assert len({base, *others}) == 6


CHILD = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from morris_mlx.answers_file import run_batch
    from morris_mlx.generation import GenerationResult
    from morris_mlx.prompts_file import read_prompts
    from morris_mlx.written import Writer

    folder = Path(sys.argv[1])

    def answer_many(prompts):
        for place, prompt in enumerate(prompts):
            time.sleep(0.002)
            text = "long " * 20_000 + prompt.messages[-1].content
            yield place, GenerationResult(text, "stop", 1, 1, 0.1, 1.0, 0)

    writer = Writer("practice", None, None, 0.0)
    run_batch(read_prompts(folder / "in.jsonl"), folder / "out.jsonl", writer, "d", answer_many)
    """
)


def test_a_batch_killed_again_and_again_answers_every_prompt_once(tmp_path):
    count = 150
    (tmp_path / "in.jsonl").write_text("".join(f'"prompt {n}"\n' for n in range(count)))
    out = tmp_path / "out.jsonl"
    chance = random.Random(5)
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    killed = 0
    for _ in range(4):
        before = out.stat().st_size if out.exists() else 0
        child = subprocess.Popen(command)
        while child.poll() is None and (not out.exists() or out.stat().st_size <= before):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
        child.wait()
    assert killed and len(rows(out)) < count  # it was in the middle
    subprocess.run(command, check=True)
    assert [row["prompt"] for row in rows(out)] == [f"prompt {n}" for n in range(count)]
    assert all(row["text"].endswith(row["prompt"]) for row in rows(out))
    subprocess.run(command, check=True)
    assert len(rows(out)) == count
