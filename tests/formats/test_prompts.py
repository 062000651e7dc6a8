"""Files of prompts are read strictly; each answer is written once, even after a kill."""

import json
import random
import signal
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morris_mlx.errors import MissingError, MorrisError, StoppedError, UsageError
from morris_mlx.files import locked
from morris_mlx.formats.answers import (
    BatchCounts,
    check_output,
    read_answers,
    run_batch,
    settings_digest,
)
from morris_mlx.formats.marked_text import GeneratorIdentity
from morris_mlx.formats.prompts import Prompt, read_prompts
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationResult, GenerationSettings

GENERATOR = GeneratorIdentity("practice", "mine", "ab" * 32, 1.0)


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
    raise AssertionError("no prompt should be generated")


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
    with pytest.raises(MorrisError, match=r"prompts.jsonl has no prompts. Add rows"):
        read_prompts(write(tmp_path, content))


def test_a_file_that_does_not_exist_is_a_missing_error(tmp_path):
    with pytest.raises(MissingError, match="--file"):
        read_prompts(tmp_path / "no.jsonl")
    with pytest.raises(MorrisError, match="cannot be read"):
        read_prompts(tmp_path)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
def test_utf_16_is_refused_by_name(tmp_path, codec):
    content = '"a"\n'.encode(codec)
    if codec == "utf-16-be":
        content = b"\xfe\xff" + content
    with pytest.raises(MorrisError, match=r"is UTF-16. Save it as UTF-8"):
        read_prompts(write(tmp_path, content))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b'"\xff"', "not UTF-8 (byte 2)"),
        (b"{", "not valid JSON"),
        (b"plain words", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"7", "neither a string nor an object"),
        (b"null", "neither a string nor an object"),
        (b'["a"]', "neither a string nor an object"),
        (b"{}", "and not both"),
        (b'{"prompt": "a", "messages": []}', "and not both"),
        (b'{"prompt": "a", "prompt": "b"}', "a key occurs twice"),
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
        (b'{"prompt": "a\\ud800"}', "lone surrogate"),
        (b'{"prompt": "a", "id": "\\udfff"}', "lone surrogate"),
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
            "Remove one of the two",
        ),
        (b'{"prompt": "again", "id": "1"}', "line 2 has the id '1', too"),
    ],
)
def test_an_invalid_row_is_an_error_with_its_line(tmp_path, row, message):
    with pytest.raises(MorrisError) as raised:
        read_prompts(write(tmp_path, b'\n"first"\n' + row + b'\n"last"\n'))
    assert "prompts.jsonl, line 3: " in str(raised.value) and message in str(raised.value)
    assert raised.value.exit_code == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text().filter(str.strip), min_size=1, max_size=8), st.booleans())
def test_any_text_is_read_back(tmp_path_factory, texts, ascii_only):
    folder = tmp_path_factory.mktemp("p")
    lines = "\n".join(json.dumps(text, ensure_ascii=ascii_only) for text in texts)
    assert [p.messages[0].content for p in read_prompts(write(folder, lines))] == texts


def test_the_hash_depends_on_everything_in_a_row():
    said = [Prompt("1", (Message("user", "a"),)), Prompt("2", (Message("user", "a"),))]
    said += [Prompt("1", (Message("user", "b"),)), Prompt("1", (Message("user", "a"),), 0)]
    said += [Prompt("1", (Message("system", "a"),))]
    assert len({prompt.sha256 for prompt in said}) == 5


# --- answers ----------------------------------------------------------------------------
def test_a_row_has_the_prompt_the_answer_and_the_generator(tmp_path):
    out = tmp_path / "out.jsonl"
    asked = (
        Prompt("1", (Message("system", "s"), Message("user", "p")), 5),
        Prompt("b", (Message("user", "q"),), from_text=False),
    )
    assert run_batch(asked, out, GENERATOR, "digest", one_by_one(reply)) == BatchCounts(0, 2)
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

    run_batch(asked, tmp_path / "out.jsonl", GENERATOR, "d", answer_many)
    assert [row["prompt"] for row in rows(tmp_path / "out.jsonl")] == [
        f"prompt {n}" for n in range(20)
    ]


@pytest.mark.parametrize("places", [[0, 0], [0, 2], [-1], [0], [1], []])
def test_a_repeated_or_missing_answer_is_a_value_error(tmp_path, places):
    with pytest.raises(
        ValueError, match=r"answer -?\d (came twice or was not requested|is missing)"
    ):
        run_batch(
            prompts_of(2),
            tmp_path / "out.jsonl",
            GENERATOR,
            "d",
            lambda left: [(place, reply(left[0].messages)) for place in places],
        )


def test_every_row_is_on_disk_before_the_next_prompt(tmp_path):
    out = tmp_path / "out.jsonl"

    def answer(messages, seed):
        assert len(rows(out)) == int(messages[0].content.split()[1])
        return reply(messages)

    run_batch(prompts_of(5), out, GENERATOR, "d", one_by_one(answer))


def test_a_complete_batch_generates_and_writes_nothing(tmp_path):
    out = tmp_path / "out.jsonl"
    run_batch(prompts_of(3), out, GENERATOR, "d", one_by_one(reply))
    before = out.read_bytes()
    assert run_batch(prompts_of(3), out, GENERATOR, "d", refuse) == BatchCounts(3, 0)
    assert out.read_bytes() == before


def test_a_batch_continues_from_a_file_cut_anywhere(tmp_path):
    out, asked = tmp_path / "out.jsonl", prompts_of(3)
    run_batch(asked, out, GENERATOR, "d", one_by_one(reply))
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
            assert run_batch(asked, out, GENERATOR, "d", one_by_one(reply)) == BatchCounts(
                found, 3 - found
            )
            assert [row["prompt"] for row in rows(out)] == ["prompt 0", "prompt 1", "prompt 2"]


def test_prompts_may_be_added_at_the_end(tmp_path):
    out = tmp_path / "out.jsonl"
    run_batch(prompts_of(2), out, GENERATOR, "d", one_by_one(reply))
    assert run_batch(prompts_of(5), out, GENERATOR, "d", one_by_one(reply)) == BatchCounts(2, 3)


def test_an_output_of_other_prompts_or_settings_is_refused_untouched(tmp_path):
    out = tmp_path / "out.jsonl"
    run_batch(prompts_of(3), out, GENERATOR, "d", one_by_one(reply))
    before = out.read_bytes()
    other = (*prompts_of(2), Prompt("3", (Message("user", "other"),)))
    for asked, digest, message in (
        (prompts_of(3), "e", "line 1, was made with another model, adapter or other settings"),
        (other, "d", "line 3, answers another prompt"),
        (prompts_of(2), "d", "line 3, answers another prompt"),
    ):
        with pytest.raises(UsageError, match=message) as raised:
            run_batch(asked, out, GENERATOR, digest, refuse)
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
def test_another_file_is_refused_and_left_unchanged(tmp_path, content):
    out = tmp_path / "out.jsonl"
    out.write_text(content)
    with pytest.raises(UsageError, match=r"line \d, is not an answer that Morris wrote"):
        run_batch(prompts_of(2), out, GENERATOR, "d", refuse)
    assert out.read_text() == content


def test_an_output_that_cannot_be_written_is_refused_early(tmp_path):
    with pytest.raises(UsageError, match="not a writable file"):
        check_output(tmp_path)
    with pytest.raises(UsageError, match="Create it first"):
        check_output(tmp_path / "nowhere" / "out.jsonl")
    check_output(tmp_path / "out.jsonl")
    assert not list(tmp_path.iterdir())


def test_two_batches_do_not_write_one_output(tmp_path):
    out = tmp_path / "out.jsonl"
    with locked(out, "busy"), pytest.raises(MorrisError, match="Another process"):
        run_batch(prompts_of(2), out, GENERATOR, "d", refuse)


def test_a_cancelled_answer_is_generated_again(tmp_path):
    out = tmp_path / "out.jsonl"
    replies = iter(["stop", "cancelled", "length", "timeout"])

    def answer(messages, seed):
        return reply(messages, finish_reason=next(replies))

    with pytest.raises(
        StoppedError, match=r"1 of 3 prompts are answered .* Run the same command again"
    ):
        run_batch(prompts_of(3), out, GENERATOR, "d", one_by_one(answer))
    assert run_batch(prompts_of(3), out, GENERATOR, "d", one_by_one(answer)) == BatchCounts(1, 2)
    assert [row["finish_reason"] for row in rows(out)] == ["stop", "length", "timeout"]


def test_a_failure_keeps_what_was_answered(tmp_path):
    out = tmp_path / "out.jsonl"

    def answer(messages, seed):
        if messages[0].content == "prompt 2":
            raise KeyboardInterrupt
        return reply(messages)

    with pytest.raises(KeyboardInterrupt):
        run_batch(prompts_of(4), out, GENERATOR, "d", one_by_one(answer))
    assert len(rows(out)) == 2


def test_the_settings_digest_depends_on_every_setting_and_the_generator():
    base = settings_digest(GenerationSettings(), GENERATOR)
    assert base == settings_digest(GenerationSettings(), GENERATOR)
    others = [
        settings_digest(GenerationSettings(seed=1), GENERATOR),
        settings_digest(GenerationSettings(stop_token="x"), GENERATOR),
        settings_digest(GenerationSettings(system_prompt="x"), GENERATOR),
        settings_digest(
            GenerationSettings(), GeneratorIdentity("practice", "mine", "cd" * 32, 1.0)
        ),
        settings_digest(
            GenerationSettings(), GeneratorIdentity("practice", "mine", "ab" * 32, 0.5)
        ),
    ]
    assert len({base, *others}) == 6


CHILD = textwrap.dedent(
    """
    import os, signal, sys, threading, time
    from pathlib import Path
    from morris_mlx.formats.answers import run_batch
    from morris_mlx.records.generation import GenerationResult
    from morris_mlx.formats.prompts import read_prompts
    from morris_mlx.formats.marked_text import GeneratorIdentity

    folder, killed_after = Path(sys.argv[1]), float(sys.argv[2])

    def answer_many(prompts):
        if killed_after:  # the process kills itself, so that a busy machine is no later
            threading.Timer(killed_after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        for place, prompt in enumerate(prompts):
            time.sleep(0.002)
            text = "long " * 20_000 + prompt.messages[-1].content
            yield place, GenerationResult(text, "stop", 1, 1, 0.1, 1.0, 0)

    made_by = GeneratorIdentity("practice", None, None, 0.0)
    run_batch(read_prompts(folder / "in.jsonl"), folder / "out.jsonl", made_by, "d", answer_many)
    """
)


def test_a_batch_killed_repeatedly_answers_every_prompt_once(tmp_path):
    count = 150
    (tmp_path / "in.jsonl").write_text("".join(f'"prompt {n}"\n' for n in range(count)))
    out = tmp_path / "out.jsonl"
    chance = random.Random(5)
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    for _ in range(4):
        child = subprocess.run([*command, str(chance.uniform(0.005, 0.055))])
        assert child.returncode == -signal.SIGKILL
    assert 0 < len(rows(out)) < count  # it was in the middle
    command.append("0")
    subprocess.run(command, check=True)
    assert [row["prompt"] for row in rows(out)] == [f"prompt {n}" for n in range(count)]
    assert all(row["text"].endswith(row["prompt"]) for row in rows(out))
    subprocess.run(command, check=True)
    assert len(rows(out)) == count


def test_a_prompt_that_cannot_be_answered_gets_a_row_with_its_error(tmp_path):
    out, asked = tmp_path / "out.jsonl", prompts_of(3)

    def answer_many(left):
        for place, prompt in enumerate(left):
            bad = prompt.id == "2"
            yield place, UsageError("It is too long.") if bad else reply(prompt.messages)

    counts = run_batch(asked, out, GENERATOR, "d", answer_many)
    assert counts == BatchCounts(0, 3, {"2": "It is too long."})
    first, second, third = rows(out)
    assert second["error"] == "It is too long." and "text" not in second
    assert first["text"] and third["text"] and second["id"] == "2"
    assert list(read_answers(out)) == [first, second, third]
    assert run_batch(asked, out, GENERATOR, "d", refuse) == BatchCounts(3, 0, counts.refused)
