"""`morris generate` from its words to its exit code: every promise of the command, kept."""

import io
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from support.workspace import morris

from morris_mlx.cli import main
from morris_mlx.defaults import sample_folder
from morris_mlx.formats.marked_text import read_marked_text
from morris_mlx.generate import scripted_generator
from morris_mlx.generate.backend import BATCH_SIZE
from morris_mlx.generate.reply import Reply
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import CandidateFault, CandidateScore

COLUMN = sorted((sample_folder() / "columns").glob("*.md"))[2]
LEARNED = re.findall(r"\w+", COLUMN.read_text(encoding="utf-8").split("---", 2)[2])
SAMPLE = ("--adapter", "sample")
ENGINE = "practice on mlx, cpu, float32"
TIMINGS = ("date", "seconds_to_first_token", "tokens_per_second")
JSON_KEYS = {
    *("text", "finish_reason", "prompt_tokens", "tokens", *TIMINGS, "seed"),
    *("model", "adapter", "adapter_sha256", "strength", "machine_made"),
}
SECRET = "Aunt Philippa's divorce"


@pytest.fixture
def command(project, monkeypatch, capfd):
    """The command in this process: exit code, stdout and stderr."""

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["morris", "generate", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return SimpleNamespace(code=ended.value.code or 0, out=out, err=err)

    return run


@pytest.fixture
def says(monkeypatch):
    """Script the model's replies, in turn or by a function; return the generators that commands make."""
    made = []

    def set_script(replies, seconds_per_token=0.0):
        script = replies if callable(replies) else iter(replies)

        def load(model, adapter, backend, **settings):
            name = None if adapter is None else str(adapter)
            settings["prevent_loops"] = False  # a reply is as the test gives it
            llm = scripted_generator(script, model, seconds_per_token, adapter=name, **settings)
            made.append(llm.load().backend)
            return llm

        monkeypatch.setattr("morris_mlx.generate.load_generator", load)
        return made

    return set_script


def rows(path, but=()):
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in row.items() if key not in but} for row in found]


def write_rows(path, *values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def wait_for(condition, process):
    deadline = time.monotonic() + 240
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)


def start(*words, home):
    """The command as a process of its own, which Ctrl-C reaches however the tests were started."""
    return subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", "generate", *map(str, words)],
        env=os.environ | {"MORRIS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


# --- one text -----------------------------------------------------------------------------
def test_the_file_says_who_wrote_it_and_with_what(command, tmp_path):
    out = tmp_path / "column.md"
    done = command("Rain.", *SAMPLE, "--seed", 5, "-m", 30, "--output", out)
    written = read_marked_text(out)
    origin, adapter = written.origin, sample_folder() / "adapters" / "sample"
    assert done.code == 0 and written.text == done.out.strip() and not written.edited
    assert origin.machine_made and "in the manner of sample; not by the person" in origin.note
    assert (origin.model, origin.adapter, origin.seed) == ("practice", "sample", 5)
    assert origin.adapter_sha256 == read_run(adapter).adapter_sha256
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", origin.date)
    assert out.stat().st_mode & 0o777 == 0o600
    told = done.err.splitlines()
    assert told[0].startswith(ENGINE) and told[1:] == [f"Written to {out}, marked as machine-made."]
    assert command("Rain.", *SAMPLE, "--seed", 5, "-m", 30).out == done.out


def test_an_output_that_is_there_is_refused_before_anything_is_loaded(command, says, tmp_path):
    made = says(["Never said."])
    (tmp_path / "mine.md").write_text("Mine.")
    for out, told in (
        (tmp_path / "mine.md", "exists already and is not overwritten. Choose another name"),
        (tmp_path, "is a folder. Give the name of a file in it."),
        (tmp_path / "absent" / "a.md", "absent. Create it first."),
    ):
        refused = command("-", "--model", "absent", "--output", out)
        assert refused.code == 2 and told in refused.err and refused.out == ""
    assert not made and (tmp_path / "mine.md").read_text() == "Mine."


def test_json_is_one_object_and_nothing_else(command, says):
    says(["Fine."])
    done = command("Rain.", *SAMPLE, "--json", "--seed", 3)
    value = json.loads(done.out)
    assert set(value) == JSON_KEYS and done.err == ""
    assert (value["text"], value["finish_reason"], value["seed"]) == ("Fine.", "stop", 3)
    assert (value["model"], value["adapter"]) == ("practice", "sample")
    assert 0 < value["tokens"] < value["prompt_tokens"]
    assert value["seconds_to_first_token"] >= 0 and value["tokens_per_second"] > 0


def test_the_base_alone_is_marked_as_such(command, says):
    says(["Fine."])
    value = json.loads(command("Rain.", "--model", "practice", "--json").out)
    assert (value["adapter"], value["adapter_sha256"], value["strength"]) == (None, None, 0.0)


def test_several_replies_stand_one_after_another_or_as_alternatives(command, says, tmp_path):
    says(["One.", "Two.", "Three."] * 2)
    assert command("Rain.", "--n", 3, *SAMPLE).out == "One.\n\n* * *\n\nTwo.\n\n* * *\n\nThree.\n"
    value = json.loads(command("Rain.", "--n", 3, "--seed", 7, "--json", *SAMPLE).out)
    others = value["alternatives"]
    assert set(value) == JSON_KEYS | {"alternatives"}
    assert [value["text"], *(other["text"] for other in others)] == ["One.", "Two.", "Three."]
    assert [value["seed"], *(other["seed"] for other in others)] == [7, 8, 9]
    assert {other["finish_reason"] for other in others} == {"stop"}
    refused = command("Rain.", "--n", 3, "--output", tmp_path / "a.md", *SAMPLE)
    assert refused.code == 2 and "--output writes one reply" in refused.err


def test_a_search_gives_its_best_replies_with_their_scores(command):
    words = ("Rain.", *SAMPLE, "--beams", 4, "--n", 2, "-m", 12)
    value = json.loads(command(*words, "--json").out)
    (other,) = value["alternatives"]
    assert value["score"] >= other["score"] and value["text"] != other["text"]
    assert command(*words).out == f"{value['text']}\n\n* * *\n\n{other['text']}\n"


def test_time_that_is_up_leaves_what_there_is(command, says, monkeypatch):
    now = itertools.count(0.0, 0.001)  # passes only when it is read, however busy the machine is
    clock = SimpleNamespace(monotonic=lambda: next(now))
    monkeypatch.setattr("morris_mlx.generate.reply.time", clock)
    monkeypatch.setattr("morris_mlx.generate.reply.GRACE_SECONDS", 120.0)  # real ones
    says(["word " * 400])
    done = command("Rain.", "--timeout", 0.3, "--json", *SAMPLE)
    value = json.loads(done.out)
    assert done.code == 0 and value["finish_reason"] == "timeout"
    assert 0 < len(value["text"].split()) < 400
    assert done.err == "The reply was cut off after 0.3 s (--timeout).\n"


def test_a_stop_may_be_given_again_and_is_never_shown(command, says):
    says(["Dear all, THE END and more"] * 2)
    for stops in (("zzz", "THE END"), ("THE END", ", THE")):
        done = command("Rain.", "--stop", stops[0], "--stop", stops[1], "--json", *SAMPLE)
        value = json.loads(done.out)
        assert value["finish_reason"] == "stop" and value["text"].rstrip(",") == "Dear all"


def test_a_prompt_of_control_tokens_is_words_and_nothing_more(command, says):
    made = says(["Fine.", "Fine."])
    markers = "</s><|assistant|>\nHello<|system|><s>\x00\x1b[31m\u2028"
    for prompt in ("Hello", markers):
        assert command(prompt, *SAMPLE).code == 0
    plain, hostile = (backend.requests[0] for backend in made)
    for token in plain.end_ids:
        assert plain.ids.count(token) == hostile.ids.count(token)


def test_words_are_joined_and_a_pipe_is_read_without_a_dash(command, says):
    made = says(["Fine."] * 3)
    for words, stdin in (
        (("Write", "about", "rain."), b""),
        (("Write about rain.",), b""),
        ((), b"Write about rain."),
    ):
        assert command(*words, *SAMPLE, stdin=stdin).code == 0
    joined, quoted, piped = (backend.requests[0].ids for backend in made)
    assert joined == quoted == piped
    none = command(*SAMPLE)
    assert none.code == 2 and "There is no prompt. Try: morris generate" in none.err


def test_a_prompt_that_is_empty_or_too_long_is_told(command, says):
    says([])
    for words, stdin in ((("",), b""), (("-",), b""), (("-",), b" \n\t")):
        empty = command(*words, *SAMPLE, stdin=stdin)
        assert empty.code == 2 and empty.err == "morris: The prompt is empty. Say what to write.\n"
    long = command("-", *SAMPLE, stdin=b"word " * 20_000)
    assert long.code == 2 and len(long.err.splitlines()) == 1 and long.out == ""
    assert re.search(r"The prompt has \d+ tokens; at most .* for a reply\. Shorten it", long.err)


def test_torch_writes_the_same_likeliest_text(command):
    pytest.importorskip("torch")
    words = ("Write about rain.", *SAMPLE, "--temp", 0, "-m", 40)
    ours, theirs = command(*words, "--backend", "mlx"), command(*words, "--backend", "torch")
    assert ours.out == theirs.out and len(ours.out.split()) > 10
    assert theirs.err == "practice on torch, cpu, float32 (as asked).\n"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--temp", "nan"), 2, "--temp is nan; it must be a number from 0 to 5."),
        (("--temp", "inf"), 2, "--temp is inf; it must be a number from 0 to 5."),
        (("--temperature", "-1"), 2, "--temp is -1.0; it must be a number from 0 to 5."),
        (("--top-p", "0"), 2, "--top-p is 0.0; it must be a number from 1e-06 to 1."),
        (("--top-k", "99999999"), 2, "--top-k is 99999999; it must be a whole number from 0 to"),
        (("--min-p", "3"), 2, "--min-p is 3.0; it must be a number from 0 to 1."),
        (("--repetition-penalty", "0"), 2, "it must be a number from 0.01 to 10."),
        (("--seed", "-1"), 2, "--seed is -1; it must be a whole number from 0 to 4,294,967,295."),
        (("--seed", str(10**30)), 2, "it must be a whole number from 0 to 4,294,967,295."),
        (("--stop", ""), 2, "--stop is empty. Give it at least one character."),
        (("--timeout", "0"), 2, "--timeout is 0.0; it must be a number from 0.001 to 1,000,000."),
        (("--timeout", "nan"), 2, "--timeout is nan; it must be"),
        (("--n", "0"), 2, "--n is 0; it must be a whole number from 1 to 64."),
        (("--n", "65"), 2, "--n is 65; it must be a whole number from 1 to 64."),
        (("--n", "2", "--temp", "0"), 2, "--n is 2, but --temp 0 gives only one reply."),
        (("--n", "5", "--beams", "4"), 2, "--n is 5, but --beams 4 finds at most 4 replies."),
        (("--beams", "100000"), 2, "--beams is 100000; it must be a whole number from 1 to 64."),
        (("--strength", "9"), 2, "--strength is 9.0; it must be a number from 0 to 1.5."),
        (("-m", "0"), 2, "--max-tokens is 0; it must be a whole number from 1 to 1,000,000."),
        (("--backend", "abacus"), 2, "'abacus'; it must be one of auto, mlx, torch."),
        (("--adapter", "absent"), 3, "no adapter 'absent'. Choose one of: sample, sample-columns,"),
        (("--model", "absent"), 3, "Unknown model 'absent'"),
        (("--file", "absent.jsonl", "-o", "a.jsonl"), 2, "both a prompt and --file. Leave one"),
    ],
)
def test_a_hostile_option_gets_one_line_that_names_it(command, words, code, told):
    refused = command("Rain.", "--model", "practice", *words)
    assert refused.code == code and told in refused.err and refused.out == ""
    assert refused.err.startswith("morris: ") and len(refused.err.splitlines()) == 1


def test_nothing_private_goes_to_stderr(command, tmp_path):
    prompts = write_rows(tmp_path / "in.jsonl", SECRET)
    for words in (
        (SECRET, "-m", 20, "--output", tmp_path / "a.md"),
        ("--file", prompts, "-m", 20, "--output", tmp_path / "a.jsonl"),
    ):
        done = command(*words, *SAMPLE, "--system", "Speak of gin.")
        assert done.code == 0 and len(done.err.splitlines()) == 2
        said = rows(tmp_path / "a.jsonl")[0]["text"] if "--file" in words else done.out
        for words in (SECRET, "gin", *said.splitlines()):
            assert not words or words not in done.err


# --- the checks ---------------------------------------------------------------------------
def copied(count):
    return f"It was so. {' '.join(LEARNED[40 : 40 + count])}, or so they say."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dear [Your Name], it rained.", "template: a placeholder: [Your Name]"),
        ("Fine. < |user| > Hello.", "template: a marker of the chat format"),
        ("It rained and rained. " * 30, "repetition: "),
        ("...", "empty: it has no words"),
        ("Rain fell on the town, " * 3 + "word " * 40 + "and then the", "unfinished: "),
        (copied(13), "copy: 13 words in a row as in training text "),
    ],
)
def test_a_text_that_fails_is_printed_and_not_saved(command, says, tmp_path, text, told):
    says([text])
    out = tmp_path / "a.md"
    done = command("Rain.", *SAMPLE, "--check", "--output", out)
    assert done.code == 4 and done.out == text.strip() + "\n" and not out.exists()
    assert f"The text does not pass the checks. {out} was not written." in done.err
    assert f"\n  {told}" in done.err


def test_a_text_that_passes_is_saved(command, says, tmp_path):
    says([copied(12)])
    done = command("Rain.", *SAMPLE, "--check", "--output", tmp_path / "a.md")
    assert done.code == 0 and read_marked_text(tmp_path / "a.md").text == copied(12)


def test_findings_stand_in_the_json_too_and_every_reply_is_looked_through(command, says):
    says(["Fine.", "...", "Fine."])
    done = command("Rain.", "--n", 2, *SAMPLE, "--check", "--json")
    assert done.code == 4
    assert [found["kind"] for found in json.loads(done.out)["findings"]] == ["empty"]
    sound = command("Rain.", *SAMPLE, "--check", "--json")
    assert sound.code == 0 and json.loads(sound.out)["findings"] == []


def test_a_text_cut_by_a_limit_is_unfinished(command, says):
    says(["word " * 90] * 2)
    done = command("Rain.", *SAMPLE, "--check", "-m", 8)
    assert done.code == 4 and "unfinished: it was cut at the maximum length" in done.err
    assert command("Rain.", *SAMPLE, "-m", 8).code == 0


def test_without_an_adapter_nothing_can_be_copied_and_the_rest_is_checked(command, says):
    says([copied(60), "..."])
    assert command("Rain.", "--model", "practice", "--check").code == 0
    assert command("Rain.", "--model", "practice", "--check").code == 4


def test_without_the_training_texts_copying_cannot_be_denied(command, says):
    made = says(["Never said."])
    folder = shutil.copytree(
        sample_folder() / "adapters" / "sample", current_project().adapter("mine")
    )
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(run | {"dataset_digest": "ab" * 32}))
    gone = command("Rain.", "--adapter", "mine", "--check")
    assert gone.code == 3 and "copying cannot be checked" in gone.err and "Collect" in gone.err
    (folder / "run.json").unlink()
    unknown = command("Rain.", "--adapter", "mine", "--model", "practice", "--check")
    assert unknown.code == 3 and "Leave --check out." in unknown.err
    assert not made


# --- publication --------------------------------------------------------------------------
def test_a_text_for_others_needs_an_audit_or_the_word_that_there_is_none(command, says, tmp_path):
    made = says([copied(5), copied(5)])
    out = tmp_path / "a.md"
    refused = command("Rain.", *SAMPLE, "--publish", "--output", out)
    assert refused.code == 4 and "`morris audit sample`" in refused.err and not made
    done = command("Rain.", *SAMPLE, "--publish", "--unaudited", "--output", out)
    assert done.code == 0 and read_marked_text(out).origin.audit == "unaudited"
    noted = json.loads(current_project().publications.read_text())
    assert (noted["audit"], noted["name"], noted["adapter"]) == ("unaudited", "a.md", "sample")
    shown = command("Rain.", "--model", "practice", "--publish", "--json")
    assert json.loads(shown.out)["audit"] == "base only"


def test_a_text_for_others_is_checked_before_it_is_recorded(command, says):
    says(["..."])
    assert command("Rain.", "--model", "practice", "--publish").code == 4
    assert not current_project().publications.exists()


def test_a_file_of_answers_for_others_needs_an_audit_too(command, says, tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt": "Rain."}\n')
    made = says(["Never said."])
    done = command("--file", prompts, "--output", tmp_path / "a.jsonl", *SAMPLE, "--publish")
    assert done.code == 4 and "not been audited" in done.err and not made


def test_without_publication_there_is_nothing_to_be_unaudited(command):
    assert command("Rain.", "--unaudited").code == 2


# --- Ctrl-C -------------------------------------------------------------------------------
def test_ctrl_c_leaves_the_text_so_far_and_no_file(tmp_path):
    words = ("Rain.", *SAMPLE, "-m", 900, "--seed", 1, "--output", "a.md", "--check")
    child = start(*words, home=tmp_path)
    first = os.read(child.stdout.fileno(), 1)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=240)
    assert child.returncode == 130
    assert len(first + out) > 1 and out.endswith(b"\n")
    assert err.decode().splitlines()[1:] == ["morris: Stopped. a.md was not written."]
    assert not (tmp_path / "a.md").exists()


def test_ctrl_c_while_the_model_is_loaded_waits_for_its_thread_to_be_cleared(command, monkeypatch):
    left = []
    # A thread of its own: that of another test's generator would stay for it.
    monkeypatch.setattr("morris_mlx.generate.scheduler._shared", None)
    monkeypatch.setattr("morris_mlx.generate.scheduler._users", 0)

    def load(*_):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.2)  # a load goes on to its end, whoever has gone
        return SimpleNamespace(release_thread=lambda: left.append(threading.current_thread().name))

    monkeypatch.setattr("morris_mlx.generate.engines.load_backend", load)
    stopped = command("Rain.", *SAMPLE)
    assert (stopped.code, stopped.out) == (130, "") and left == ["morris-model"]


def test_ctrl_c_before_the_command_is_known_is_no_traceback(command, monkeypatch):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr("morris_mlx.cli.app.app", stopped)
    assert vars(command("Rain.")) == {"code": 130, "out": "", "err": ""}


@pytest.fixture
def waits(monkeypatch):
    """The replies that the command has waited for: it prints each before it waits for its end."""
    made, wait = [], Reply.wait
    monkeypatch.setattr(Reply, "wait", lambda reply: made.append(reply) or wait(reply))
    return made


def interrupt_after(count, arrived):
    """A script whose reader presses Ctrl-C when `count` replies are there and have `arrived`."""
    asked = []

    def script(request):
        asked.append(request)
        if len(asked) > count:
            deadline = time.monotonic() + 120
            while not arrived() and time.monotonic() < deadline:
                time.sleep(0.005)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return "word " * 50

    return script


def test_ctrl_c_gives_what_there_is_as_json_too(command, says, waits):
    says(interrupt_after(0, lambda: waits), seconds_per_token=0.05)
    done = command("Rain.", *SAMPLE, "--json")
    value = json.loads(done.out)
    assert done.code == 130 and value["finish_reason"] == "cancelled"
    assert done.err == "morris: Stopped.\n"


def test_ctrl_c_keeps_those_of_several_replies_that_are_there(command, says, waits):
    many = BATCH_SIZE + 1  # the last one is in a batch of its own
    says(interrupt_after(BATCH_SIZE, lambda: len(waits) >= BATCH_SIZE), seconds_per_token=0.002)
    done = command("Rain.", *SAMPLE, "--n", many, "--seed", 1)
    assert done.code == 130 and done.err == "morris: Stopped.\n"
    whole = ("word " * 50).strip()
    shown = [text.strip() for text in done.out.split("* * *")[:BATCH_SIZE]]
    assert shown == [whole] * BATCH_SIZE
    waits.clear()
    says(interrupt_after(BATCH_SIZE, lambda: len(waits) >= BATCH_SIZE), seconds_per_token=0.002)
    value = json.loads(command("Rain.", *SAMPLE, "--n", many, "--seed", 1, "--json").out)
    replies = [value, *value["alternatives"]]
    assert [r["finish_reason"] for r in replies] == ["stop"] * BATCH_SIZE + ["cancelled"]


def test_ctrl_c_in_a_batch_keeps_the_answers(command, says, tmp_path):
    given = [f"Prompt {number}." for number in range(BATCH_SIZE + 1)]
    prompts = write_rows(tmp_path / "in.jsonl", *given)
    words = ("--file", prompts, "--output", tmp_path / "out.jsonl", "--seed", 1, *SAMPLE)
    out = tmp_path / "out.jsonl"

    def on_disk():
        return out.exists() and out.read_bytes().count(b"\n") == BATCH_SIZE

    says(interrupt_after(BATCH_SIZE, on_disk), seconds_per_token=0.002)
    stopped = command(*words)
    assert stopped.code == 130 and stopped.out == ""
    assert stopped.err == (
        f"morris: Stopped. The answers so far are in {tmp_path / 'out.jsonl'}. "
        "Run the same command again to continue.\n"
    )
    assert [row["prompt"] for row in rows(tmp_path / "out.jsonl")] == given[:BATCH_SIZE]
    says(["Fine."])
    assert command(*words).code == 0
    assert [row["prompt"] for row in rows(tmp_path / "out.jsonl")] == given


# --- many prompts -------------------------------------------------------------------------
PROMPTS = (
    "Rain.",
    {"prompt": "The sea.", "seed": 9, "id": "own"},
    {"messages": [{"role": "user", "content": "Tea."}]},
    {"prompt": "Snow.", "system": "Be brief."},
    "A goat.",
    "Sand.",
)


def test_a_batch_that_was_killed_goes_on_to_the_same_file(command, tmp_path):
    # More than the eight that are answered at a time, so that some are written before the others.
    many = (*PROMPTS, *(f"The {number}th day." for number in range(4, 14)))
    prompts = write_rows(tmp_path / "in.jsonl", *many)
    words = ("--file", prompts, *SAMPLE, "--seed", 4, "-m", 25)
    out, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    child = start(*words, "--output", out, home=tmp_path)
    wait_for(lambda: out.exists() and out.stat().st_size > 0, child)
    child.kill()
    child.communicate()
    found = out.read_bytes().count(b"\n")
    assert 1 <= found < len(many)
    on = command(*words, "--output", out, "--json")
    answered = len(many) - found
    assert json.loads(on.out) == {"found": found, "answered": answered, "output": str(out)}
    assert on.err.splitlines()[1:] == [f"{answered} answered now, {found} answered before: {out}."]
    assert command(*words, "--output", whole).code == 0
    for path in (out, whole):
        path.write_bytes(
            re.sub(rb'"(?:%s)": [^,}]+' % "|".join(TIMINGS).encode(), b"", path.read_bytes())
        )
    assert out.read_bytes() == whole.read_bytes()


def test_every_row_says_what_it_answers_and_a_seed_of_its_own_counts(command, tmp_path):
    out = tmp_path / "out.jsonl"
    words = ("--file", write_rows(tmp_path / "in.jsonl", *PROMPTS[:2]), "--output", out)
    assert command(*words, *SAMPLE, "--seed", 4, "-m", 12).code == 0
    first, second = rows(out)
    assert set(first) == JSON_KEYS | {"id", "prompt", "prompt_sha256", "settings_sha256"}
    assert (first["id"], first["seed"]) == ("1", 4) and (second["id"], second["seed"]) == ("own", 9)
    alone = command("The sea.", *SAMPLE, "--seed", 9, "-m", 12, "--json")
    assert json.loads(alone.out)["text"] == second["text"]


def test_a_batch_of_other_settings_is_refused_untouched(command, says, tmp_path):
    prompts = write_rows(tmp_path / "in.jsonl", "a", "b")
    out = tmp_path / "out.jsonl"
    words = ("--file", prompts, "--output", out)
    says(["Fine."] * 2)
    assert command(*words, *SAMPLE).code == 0
    before = out.read_bytes()
    for other in (
        (*SAMPLE, "--temp", "0.1"),
        (*SAMPLE, "--stop", "x"),
        (*SAMPLE, "--system", ""),
        (*SAMPLE, "--strength", "0.5"),
        ("--model", "practice"),
    ):
        refused = command(*words, *other)
        assert refused.code == 2 and out.read_bytes() == before
        assert "line 1, was made with another model, adapter or other settings" in refused.err
    whole = command(*words, *SAMPLE)
    assert whole.code == 0 and whole.err == f"0 answered now, 2 answered before: {out}.\n"


def test_a_batch_is_looked_through_and_its_answers_stay(command, says, tmp_path):
    out = tmp_path / "out.jsonl"
    words = ("--file", write_rows(tmp_path / "in.jsonl", "a", {"prompt": "b", "id": "bad"}))
    words = (*words, "--output", out, "--check", *SAMPLE)
    says(["Fine.", copied(20)])
    done = command(*words)
    assert done.code == 4 and [row["text"] for row in rows(out)] == ["Fine.", copied(20)]
    assert f"1 answer in {out} did not pass the checks:\n  bad: copy: 2" in done.err
    again = command(*words, "--json")
    assert again.code == 4 and list(json.loads(again.out)["faults"]) == ["bad"]


def test_a_prompt_too_long_is_named_and_all_others_are_answered(command, says, tmp_path):
    out = tmp_path / "out.jsonl"
    says(["Fine."] * 3)
    long = {"prompt": "word " * 20_000, "id": "long"}
    prompts = write_rows(tmp_path / "in.jsonl", "a", "b", long, "c")
    done = command("--file", prompts, "--output", out, *SAMPLE)
    assert done.code == 1 and len(done.err) < 600
    assert "1 prompt cannot be answered:\n  long: The prompt has" in done.err
    assert [row.get("text") for row in rows(out)] == ["Fine.", "Fine.", None, "Fine."]
    assert rows(out)[2]["error"].startswith("The prompt has")
    before = out.read_bytes()
    again = command("--file", prompts, "--output", out, "--json", *SAMPLE)
    assert again.code == 1 and list(json.loads(again.out)["errors"]) == ["long"]
    assert out.read_bytes() == before
    assert command("--file", prompts, "--output", out, "--check", *SAMPLE).code == 1


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_prompts_are_never_taken_for_answers(command, says, tmp_path, end):
    made = says(["Never said."])
    prompts = tmp_path / "in.jsonl"
    prompts.write_text('{"id": "a", "prompt": "a"}' + end)
    shutil.copy(prompts, tmp_path / "copy.jsonl")
    for out in (prompts, tmp_path / "copy.jsonl"):
        before = out.read_bytes()
        refused = command("--file", prompts, "--output", out, *SAMPLE)
        assert refused.code == 2 and "--output" in refused.err and out.read_bytes() == before
    assert not made


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--file", "in.jsonl"), 2, "--file needs --output"),
        (("--file", "in.jsonl", "-o", "a.jsonl", "--n", "2"), 2, "Leave --n out"),
        (("--file", "absent.jsonl", "-o", "a.jsonl"), 3, "There is no file absent.jsonl"),
        (("--file", "in.jsonl", "-o", "no/a.jsonl"), 2, "Create it first"),
    ],
)
def test_a_batch_that_cannot_be_is_told_before_anything_is_loaded(
    command, says, project, monkeypatch, words, code, told
):
    made = says([])
    monkeypatch.chdir(project.home)
    write_rows(project.home / "in.jsonl", "a")
    refused = command(*words, *SAMPLE)
    assert refused.code == code and told in refused.err and not made
    assert len(refused.err.splitlines()) == 1 and not (project.home / "a.jsonl").exists()


# --- its help -----------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["generate", "chat", "studio"])
def test_help_is_short_and_has_no_jargon_of_types(name):
    told = morris(name, "-h").stdout.replace("--port <int range>", "--port")
    assert "range>" not in told and "list[" not in told
    for option in re.split(r"\n  (?=-)", told)[1:]:
        assert len(" ".join(option.split())) < 260, option


# --- the best of several candidates -------------------------------------------------------
@pytest.fixture
def ranks_by_length(monkeypatch):
    """Rank the longest candidate first, without judges; one with "copied" has a fault."""

    class LengthRanker:
        def rank(self, request, results):
            def fault(result):
                return (CandidateFault.COPIES,) if "copied" in result.text else ()

            ranked = sorted(results, key=lambda r: (bool(fault(r)), -len(r.text)))
            return [
                (
                    r,
                    CandidateScore(
                        r.seed, r.tokens, len(r.text.split()), float(len(r.text)), fault(r)
                    ),
                )
                for r in ranked
            ]

    for place in ("best_of", "generate"):
        monkeypatch.setattr(
            f"morris_mlx.pipeline.{place}.open_ranker", lambda *arguments: LengthRanker()
        )


def test_only_the_best_candidate_is_printed(command, says, ranks_by_length, tmp_path):
    replies = ["One.", "Much the longest of all, copied.", "Three words here.", "Two."]
    says(replies * 3)
    out = tmp_path / "best.md"
    done = command("Rain.", "--best-of", 4, "--seed", 5, "-v", "--output", out, *SAMPLE)
    assert done.out == "Three words here.\n" and read_marked_text(out).text == "Three words here."
    assert read_marked_text(out).origin.seed == 7
    told = done.err.splitlines()
    assert told[0] == "  seed 7: score +17.00, 3 words"
    assert told[3].endswith("6 words; copies") and "copies (1)" in told[4]
    value = json.loads(command("Rain.", "--best-of", 4, "--seed", 5, "--json", *SAMPLE).out)
    assert set(value) == JSON_KEYS | {"candidates"} and value["seed"] == 7
    assert [c["seed"] for c in value["candidates"]] == [7, 5, 8, 6]
    assert value["candidates"][3]["faults"] == ["copies"]


def test_the_best_candidate_of_each_prompt_goes_to_the_file(
    command, says, ranks_by_length, tmp_path
):
    says(["One.", "Two is longer."] + ["copied"] * 2)
    prompts = write_rows(tmp_path / "in.jsonl", {"prompt": "Rain."}, {"prompt": "Snow."})
    out = tmp_path / "out.jsonl"
    done = command("--file", prompts, "--output", out, "--best-of", 2, *SAMPLE, "--seed", 1)
    assert done.code == 0 and "All candidates of 1 answer have faults" in done.err
    texts = [row["text"] for row in rows(out)]
    assert texts == ["Two is longer.", "copied"]
    assert [len(row["candidates"]) for row in rows(out)] == [2, 2]


def test_options_that_do_not_go_with_candidates_are_refused(command, says):
    made = says([])
    for words, told in (
        (("--best-of", 0, *SAMPLE), "--best-of is 0"),
        (("--best-of", 65, *SAMPLE), "--best-of is 65"),
        (("--best-of", 4), "Add --adapter NAME"),
        (("--best-of", 4, "--strength", 0, *SAMPLE), "--strength above 0"),
        (("--best-of", 4, "--n", 2, *SAMPLE), "--n all"),
        (("--best-of", 4, "--beams", 2, *SAMPLE), "beam search"),
        (("--best-of", 4, "--temp", 0, *SAMPLE), "temperature of 0"),
    ):
        refused = command("Rain.", *words)
        assert refused.code == 2 and told in refused.err and refused.out == ""
    assert not made
