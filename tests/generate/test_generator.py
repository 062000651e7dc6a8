"""The generator over a script: stop strings, decoding, metrics, the window, the queue."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading

import pytest
from support.chat_families import family_folder

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import (
    BusyError,
    MissingError,
    MorrisError,
    OutOfMemoryError,
    UsageError,
)
from morris_mlx.generate import Generator, load_generator, scripted_generator
from morris_mlx.generate.context_window import fit_to_window
from morris_mlx.generate.conversation import messages_from, transcript
from morris_mlx.generate.scheduler import QUEUE_SIZE
from morris_mlx.generate.stop_strings import StopFilter
from morris_mlx.generate.summary import summarize
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.records.corpus import Message


def test_metrics_are_counted_from_the_ids(practice, tokenizer):
    generator = scripted_generator(["Rain – “again” 😀."], practice, system_prompt="")
    assert "".join(generator.stream("Hi.")) == "Rain – “again” 😀."
    result = generator.result
    assert result.finish_reason == "stop"
    assert result.tokens == tokenizer.count("Rain – “again” 😀.") + 1  # with the end token
    assert result.prompt_tokens == len(tokenizer.render([Message("user", "Hi.")], reply=True).ids)
    assert 0 <= result.seconds_to_first_token <= result.seconds


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_stop_string_is_never_shown_in_pieces_of_any_size(size):
    text = "All done. <|us not yet <|user|> leaked"
    stops = StopFilter(["<|user|>"])
    shown = ""
    for at in range(0, len(text), size):
        piece, stopped = stops.feed(text[at : at + size])
        shown += piece
        if stopped:
            break
    assert shown == "All done. <|us not yet " and stopped and stops.flush() == ""


def test_the_beginning_of_a_stop_string_is_shown_at_the_end(practice):
    assert scripted_generator(["a <|us"], practice).run("Hi.") == "a <|us"


def test_a_model_that_writes_the_turn_of_the_user_is_stopped(practice):
    # The script's markers are ordinary text of several tokens, as a model would write them.
    result = scripted_generator(["Fine.\n<|user|>\nAnd you?"], practice).generate("Hi.")
    assert result.text == "Fine." and result.finish_reason == "stop"


def test_the_oldest_turns_leave_first_and_the_system_prompt_stays(practice, tokenizer):
    generator = scripted_generator(["ok"], practice)
    turns = [Message("system", "Be brief.")]
    for number in range(30):
        turns += [Message("user", f"question {number} " * 12)]
        turns += [Message("assistant", f"answer {number} " * 12)]
    turns.append(Message("user", "the last question"))
    generator.generate(turns, max_tokens=200)
    prompt = tokenizer.decode(generator.load().backend.requests[0].ids)
    assert len(generator.load().backend.requests[0].ids) + 200 <= practice.window
    assert "Be brief." in prompt and "the last question" in prompt and "answer 29" in prompt
    assert "question 0 " not in prompt
    first = prompt.split("\n")[2]
    assert first == "<|user|>", "a question leaves together with its answer"


def test_a_full_window_is_cut_rarely_so_that_its_beginning_can_be_reused(tokenizer):
    """With a small cut at every turn, no prompt would begin like the one before."""
    turns, beginnings, sizes = [Message("system", "Hm.")], [], []
    for number in range(60):
        turns.append(Message("user", f"{number}: what do you say to that, and why?"))
        ids, _ = fit_to_window(tokenizer, turns, 800, 200)
        beginnings.append(ids[:60])
        sizes.append(len(ids))
        turns.append(Message("assistant", f"{number}: nothing much, it is all the same to me."))
    full = beginnings[25:]
    assert len(set(full)) <= len(full) / 3
    assert min(sizes[25:]) >= 800 - 200 - 200 - 60 and max(sizes) <= 600


@pytest.mark.parametrize("name", ["gemma-3", "olmo-2", "mistral-tekken"])
def test_a_conversation_in_any_format_is_cut_to_the_window(tmp_path, name):
    ours = load_tokenizer(family_folder(name, tmp_path))
    turns, sizes = [Message("system", "Hm.")], []
    for number in range(20):
        turns += [Message("user", f"{number}: why?")] * (1 + number % 2)
        ids, room = fit_to_window(ours, turns, 400, 100)
        assert len(ids) + 100 <= 400 and room >= 100
        assert f"{number}: why?" in ours.decode(ids) and "Hm." in ours.decode(ids)
        sizes.append(len(ids))
        turns.append(Message("assistant", f"{number}: it is all the same to me."))
    assert max(sizes) > 200


def test_the_end_of_a_script_is_an_error(practice):
    generator = scripted_generator(["only one"], practice)
    generator.run("a")
    with pytest.raises(MorrisError, match="no reply left"):
        generator.run("a")
    with pytest.raises(MorrisError, match="no reply left"):
        asyncio.run(generator.arun("a"))


def test_a_conversation_must_end_with_a_message_to_be_answered(practice):
    generator = scripted_generator(["x"], practice)
    with pytest.raises(UsageError, match="must end with"):
        generator.generate([Message("user", "a"), Message("assistant", "b")])
    with pytest.raises(UsageError, match="must end with"):
        generator.generate([])


def test_a_closed_generator_is_an_error_and_the_last_one_ends_the_thread(practice):
    names = {t.name for t in threading.enumerate()}
    first, second = scripted_generator(["a"], practice), scripted_generator(["b"], practice)
    first.run("x"), second.run("x")
    first.close()
    with pytest.raises(MorrisError, match="closed"):
        first.run("x")
    assert "morris-model" in {t.name for t in threading.enumerate()}
    second.close()
    second.close()
    assert {t.name for t in threading.enumerate()} - names <= {"morris-model"}


def test_closing_in_the_middle_ends_the_reply(practice):
    slow = scripted_generator(lambda _: "word " * 900, practice, seconds_per_token=0.05)
    backend = slow.load().backend
    reply = slow.stream("x", max_tokens=900)
    next(reply)
    slow.close()
    assert backend.generated < 900
    list(reply)
    assert reply.result.finish_reason == "cancelled"


def test_a_full_queue_is_a_clear_error_and_recovers(practice):
    with scripted_generator(
        lambda _: "word " * 50, practice, seconds_per_token=0.01, max_tokens=50
    ) as slow:
        replies = []
        with pytest.raises(BusyError, match=rf"{QUEUE_SIZE} requests are waiting .*batch_run"):
            for seed in range(QUEUE_SIZE + 10):
                replies.append(slow.stream("x", seed=seed))
        assert len(replies) in (QUEUE_SIZE, QUEUE_SIZE + 1)
        replies.clear()  # without references they are cancelled
        assert slow.run("x", max_tokens=2) == "word word" or slow.result.tokens == 2
        assert len(slow.batch_run(["x"] * (QUEUE_SIZE + 30), max_tokens=1)) == QUEUE_SIZE + 30


def test_a_switch_of_adapter_waits_for_the_batch_and_equal_requests_share_one(practice):
    seen = []

    def script(request):
        seen.append(request)
        return "word " * 6

    with scripted_generator(script, practice, seconds_per_token=0.02) as llm:
        llm.load()
        strengths = []
        backend = llm.load().backend
        activate = backend.activate
        backend.activate = lambda active: (strengths.append(active.strength), activate(active))
        kinds = [1.0, 1.0, 0.5, 0.5, 1.0]
        replies = [llm.stream("x", adapter="sample", strength=s, max_tokens=5) for s in kinds]
        assert all(reply.wait().tokens == 5 for reply in replies)
        assert strengths == [1.0, 0.5, 1.0]


class BrokenScript:
    """A script that fails like an engine."""

    def __init__(self, error):
        self.error = error

    def __call__(self, request):
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("[metal::malloc] Unable to allocate 9 bytes"), OutOfMemoryError),
        (MemoryError(), OutOfMemoryError),
        (ValueError("a bug"), ValueError),
        (MorrisError("a message"), MorrisError),
    ],
)
def test_an_error_of_the_engine_reaches_the_caller_and_the_thread_survives(
    practice, error, expected
):
    with scripted_generator(BrokenScript(error), practice) as llm:
        for _ in range(2):
            with pytest.raises(expected):
                llm.run("x")
            with pytest.raises(expected):
                list(llm.stream("x"))
            with pytest.raises(expected):
                asyncio.run(llm.arun("x"))
        llm.load().backend._script = lambda _: "well again"
        assert llm.run("x") == "well again"


def test_a_timeout_holds_while_the_model_is_busy_with_another_reply(practice):
    with scripted_generator(lambda _: "word " * 900, practice, seconds_per_token=0.05) as slow:
        first = slow.stream("x", max_tokens=900, seed=1)
        next(first)
        result = slow.generate("x", timeout_seconds=0.1, seed=2)
        assert (result.finish_reason, result.text) == ("timeout", "")
        assert slow.load().backend.generated < 900  # the other reply has not ended
        first.close()


def test_a_reply_beyond_the_window_rotates_and_a_search_there_is_refused(practice):
    with scripted_generator(lambda _: "word " * 3, practice) as llm:
        llm.run("x", max_length=5000, max_tokens=3000)
        request = llm.load().backend.requests[-1]
        assert request.rotate and request.sampling.max_tokens == 3000
        llm.run("x", max_length=5000, max_tokens=30)
        assert not llm.load().backend.requests[-1].rotate
        with pytest.raises(UsageError, match="Beam search ends at the model's window"):
            llm.run("x", max_length=5000, max_tokens=3000, num_beams=2)


def test_another_model_or_device_is_loaded_when_it_is_needed(practice, tiny):
    opened = []
    from morris_mlx.generate.engines import load_model

    def opener(settings):
        opened.append((settings.model_name, settings.device))
        return load_model(
            practice if settings.model_name == "practice" else tiny, "mlx", None, lambda _: None
        )

    with Generator("practice", opener=opener, max_tokens=3, temperature=0) as llm:
        first = llm.run("Hello.")
        llm.set_model_name(tiny.name)
        assert opened == [("practice", None)]
        assert llm.run("Hello.") != first
        llm.set_device("cpu")
        llm.run("Hello.")
        llm.set_model_name("practice")
        assert llm.run("Hello.") == first
    assert opened == [
        ("practice", None),
        (tiny.name, None),
        (tiny.name, "cpu"),
        ("practice", "cpu"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "User: a\nAssistant: b\nmore of b\nUser: c",
        "Human: a\nAI: b\nmore of b\nYou: c",
        "**User:** a\n**Morris:** b\nmore of b\n  user : c",
    ],
)
def test_a_transcript_is_read_by_its_role_names(text):
    turns = messages_from(text)
    assert [m.role for m in turns] == ["user", "assistant", "user"]
    assert [m.content for m in turns] == ["a", "b\nmore of b", "c"]
    assert messages_from(transcript(turns)) == turns


def test_a_summary_of_pieces_loses_no_sentence_and_respects_the_limit():
    asked = []

    def complete(request):
        asked.append(request.split("\n\n", 1)[1])
        return "short."

    text = " ".join(f"Sentence number {n} is here." for n in range(300)) + " " + "x" * 5000
    assert summarize(text, complete, lambda t: len(t) // 4, 200) == "short."
    joined = "".join("".join(asked).split())
    assert all(f"Sentencenumber{n}ishere." in joined for n in range(300))
    assert joined.count("x") == 5000
    assert max(len(piece) // 4 for piece in asked) <= 200


def test_a_program_that_ends_in_the_middle_of_a_reply_ends_cleanly():
    """MLX aborts a process whose thread left its streams open."""
    code = (
        "from morris_mlx.torch_import import skip_torch\n"
        "skip_torch()\n"
        "from morris_mlx.generate import Generator\n"
        "llm = Generator('practice', max_tokens=800, say=lambda _: None)\n"
        "reply = llm.stream('Write a lot.')\n"
        "next(reply)\n"
        "print('ends')\n"
    )
    for end in ("", "reply.close()\n", "llm.close()\n"):
        done = subprocess.run(
            [sys.executable, "-c", code + end], capture_output=True, text=True, timeout=120
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", "")


@pytest.mark.parametrize(
    ("backend", "device", "error", "words"),
    [
        ("mlx", "gpu", UsageError, "MLX computes on the cpu here, not on gpu"),
        ("mlx", "cuda", UsageError, "use the torch backend"),
        ("torch", "gpu", UsageError, "Use the device mps or cuda"),
        ("torch", "mps", MissingError, "mps"),
        ("auto", "cuda", MissingError, "cuda"),
    ],
)
def test_a_missing_device_is_an_error(practice, backend, device, error, words):
    import torch
    from mlx import core as mx

    if mx.default_device() != mx.Device(mx.cpu) or torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(error, match=words):
        Generator("practice", backend=backend, device=device, say=lambda _: None).run("x")
    assert not [t for t in threading.enumerate() if t.name == "morris-model" and not t.daemon]


def test_the_engine_and_the_reason_are_reported(practice, monkeypatch):
    from morris_mlx.generate import engines

    remarks = []
    for wanted in ("auto", "mlx", "torch"):
        load_generator(practice, backend=wanted, say=remarks.append).close()
    assert remarks == [
        "practice on mlx, cpu, float32 (no GPU that MLX can use).",
        "practice on mlx, cpu, float32 (as asked).",
        "practice on torch, cpu, float32 (as asked).",
    ]
    found = engines.find_spec
    monkeypatch.setattr(engines, "find_spec", lambda name: None if name == "mlx" else found(name))
    load_generator(practice, say=remarks.append).close()
    assert remarks[-1] == "practice on torch, cpu, float32 (MLX is not installed)."
    monkeypatch.setattr(engines, "find_spec", lambda name: None if name == "torch" else found(name))
    with pytest.raises(MissingError, match="pip install torch"):
        load_generator(practice, backend="torch", say=remarks.append)


def test_the_interface_is_complete():
    """The names are those of other implementations of this interface."""
    methods = [
        "run",
        "stream",
        "arun",
        "astream",
        "batch_run",
        "abatch_run",
        "chat",
        "generate_summary",
        "_tokens_per_second",
        "_num_tokens",
        "_time_for_generation",
        "get_generation_time",
        "time_to_first_token",
        "metrics",
        "clear_history",
        "toggle_creative_mode",
        "enable_logging",
        "log_event",
        "save_checkpoint",
        "load_checkpoint",
        "track_resource_utilization",
        "close",
    ]
    setters = [
        "temperature",
        "max_tokens",
        "max_length",
        "model_name",
        "frequency_penalty",
        "presence_penalty",
        "stop_token",
        "length_penalty",
        "role",
        "top_k",
        "top_p",
        "num_beams",
        "do_sample",
        "early_stopping",
        "seed",
        "device",
    ]
    for name in (*methods, *(f"set_{setter}" for setter in setters), "history"):
        assert hasattr(Generator, name), name


# --- many tasks, paths, forks and other bases ------------------------------------------------
LONG = "word " * 20_000


def test_an_impossible_task_of_many_is_its_own_error_and_the_others_are_answered(practice):
    with scripted_generator(lambda _: "Fine.", practice) as llm:
        outcomes = list(llm.try_many(["a", LONG, " ", "b", LONG]))
        assert [isinstance(outcome, UsageError) for outcome in outcomes] == [
            *(False, True, True, False, True)
        ]
        assert "The prompt has" in str(outcomes[1]) and "empty" in str(outcomes[2])
        assert [outcomes[n].text for n in (0, 3)] == ["Fine.", "Fine."]
        assert list(llm.try_many([LONG] * 30))[29] is not None, "more than are computed at once"


def test_generate_many_raises_after_the_results_before_the_impossible_task(practice):
    with scripted_generator(lambda _: "Fine.", practice) as llm:
        results = llm.generate_many(["a", "b", LONG, "c"])
        assert [next(results).text for _ in range(2)] == ["Fine.", "Fine."]
        with pytest.raises(UsageError, match="The prompt has"):
            next(results)


def test_an_error_that_the_engine_gives_to_a_whole_batch_blames_one_task_only(practice):
    def script(request):
        if len(request.ids) > 60:
            raise UsageError("This prompt is beyond the window.")
        return "Fine."

    with scripted_generator(script, practice, system_prompt="") as llm:
        outcomes = list(llm.try_many(["a", "long " * 60, "b"]))
    assert [isinstance(outcome, UsageError) for outcome in outcomes] == [False, True, False]


def test_a_path_is_a_name_of_a_model_and_of_an_adapter(practice, tiny_folder, tmp_path):
    llm = Generator(tiny_folder, adapter=tmp_path, say=lambda _: None)
    assert (llm.model_name, llm.adapter) == (str(tiny_folder), str(tmp_path))
    llm.set_model_name(practice.folder)
    assert llm.model_name == str(practice.folder)
    llm.adapter = None
    assert llm.run("Hi.", max_tokens=1) is not None
    llm.close()


FORK = """
import multiprocessing, sys
from morris_mlx.errors import MorrisError
from morris_mlx.generate import Generator
from morris_mlx.torch_import import skip_torch

skip_torch()
quiet = {"say": lambda _: None, "max_tokens": 1}
llm = Generator("practice", **quiet)

def ask(make):
    try:
        (Generator("practice", **quiet) if make else llm).run("Hi.")
    except MorrisError as error:
        print(error, flush=True)
        sys.exit(7)

llm.run("Hi.")
fork = multiprocessing.get_context("fork")
for make in (False, True):
    process = fork.Process(target=ask, args=(make,))
    process.start()
    process.join(60)
    print(process.exitcode, flush=True)
llm.run("Hi.")
"""


def test_a_generator_in_a_fork_is_an_error_and_does_not_wait_for_ever():
    command = [sys.executable, "-W", "ignore", "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and lines[1::2] == ["7", "7"]
    assert all("before this process was forked" in line for line in lines[::2])


def test_an_adapter_on_other_weights_is_remarked_on_once(practice, tmp_path):
    right = sample_folder() / "adapters" / "sample"
    other = shutil.copytree(right, tmp_path / "mine")
    run = json.loads((other / "run.json").read_text()) | {"base_digest": "0"}
    (other / "run.json").write_text(json.dumps(run))
    remarks = []
    with scripted_generator(lambda _: "Fine.", practice, say=remarks.append) as llm:
        llm.run("Hi.", adapter=str(right))
        assert remarks == []
        for _ in range(2):
            llm.run("Hi.", adapter=str(other))
    assert len(remarks) == 1 and "was trained on practice, not on the weights" in remarks[0]
