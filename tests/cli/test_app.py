"""The commands as a person types them: all steps, their errors, exit codes and help."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.workspace import done, morris, prepare_home, train_here

from morris_mlx import cli, files
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.datasets import read_card

COMMANDS = ("collect", "prepare", "convert", "plan", "train", "generate", "chat", "evaluate")
COMMANDS += ("doctor", "demo")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, tiny_folder):
    """A project after all steps, with a tiny random model."""
    home = prepare_home(tmp_path_factory.mktemp("finished"), tiny_folder)
    quick = ("--epochs", 1, "--lr", "0.01", "--batch-size", 4, "--accumulate", 1)
    train_here(*quick, home=home)
    return home


def test_the_steps_leave_their_artefacts(finished):
    assert len((finished / "data/documents.jsonl").read_text().splitlines()) == 12
    card = json.loads((finished / "data/dataset/card.json").read_text())
    report = json.loads((finished / "data/dataset/report.json").read_text())
    counts = report["documents"]
    assert counts["input"] == 12 == sum(counts.values()) - counts["input"]
    assert report["rows_in_all"] == sum(len(rows) for rows in card["rows"].values())
    run = json.loads((finished / "adapters/mine/run.json").read_text())
    assert run["dataset_digest"] == card["digest"]
    provenance = json.loads((finished / "data/provenance.json").read_text())
    assert [note["ground"] for note in provenance.values()] == ["own"]


def test_a_second_run_writes_the_same_bytes(finished, tiny_folder):
    files = [finished / "data/documents.jsonl", *sorted((finished / "data/dataset").iterdir())]
    before = [f.read_bytes() for f in files]
    done("collect", finished / "in", home=finished)
    done("prepare", "--model", tiny_folder, home=finished)
    assert [f.read_bytes() for f in files] == before


def test_generate_streams_to_stdout_and_nothing_else(finished):
    words = ("generate", "Write.", "--adapter", "mine", "--max-tokens", 5, "--temp", 0)
    result = morris(*words, home=finished)
    assert result.returncode == 0
    assert result.stderr == "tiny on mlx, cpu, float32 (no GPU that MLX can use).\n"
    from_stdin = morris("generate", "-", *words[2:], stdin="Write.", home=finished)
    assert from_stdin.stdout == result.stdout
    synonyms = ("-p", "Write.", "--adapter-path", finished / "adapters/mine", "-m", 5)
    same = morris("generate", *synonyms, "--temperature", 0, home=finished)
    assert same.stdout == result.stdout


def test_strength_0_is_the_base(finished, tiny_folder):
    words = ("generate", "Write.", "--max-tokens", 8, "--temp", 0)
    base = done(*words, "--model", tiny_folder, home=finished)
    assert done(*words, "--adapter", "mine", "--strength", 0, home=finished) == base


def test_evaluate_writes_a_report_and_prints_a_table(finished):
    out = done("evaluate", "mine", "--answers", 8, home=finished)
    assert "Verdict: " in out and "report.html" in out
    report = json.loads((finished / "adapters/mine/report.json").read_text())
    assert "perplexity" in out and f"{report['loss_drop_percent']:.1f} %" in out
    assert report["base"]["tokens"] == report["adapted"]["tokens"] > 0
    assert report["adapted"]["loss"] < report["base"]["loss"]
    again = done("evaluate", "--adapter", "mine", "--answers", 8, "--json", home=finished)
    assert json.loads(again) == report


def test_a_renamed_adapter_is_evaluated_under_its_new_name(finished):
    (finished / "adapters/mine").rename(finished / "adapters/newname")
    try:
        report = json.loads(done("evaluate", "newname", "--quick", "--json", home=finished))
    finally:
        (finished / "adapters/newname").rename(finished / "adapters/mine")
    assert report["adapter"] == "newname"


def test_a_report_that_cannot_be_written_is_printed_first(finished, monkeypatch, capfd):
    from typer.testing import CliRunner

    from morris_mlx.cli.app import app
    from morris_mlx.errors import MorrisError

    def refuse(folder, evaluation, page):
        raise MorrisError(f"Cannot write {folder}/report.json: Read-only file system.")

    monkeypatch.setenv("MORRIS_HOME", str(finished))
    monkeypatch.setattr("morris_mlx.pipeline.evaluate_fully.write_evaluation", refuse)
    result = CliRunner().invoke(app, ["evaluate", "--adapter", "mine", "--answers", "8"])
    assert result.exit_code == 0 and "perplexity" in result.stdout
    assert result.output.endswith("Read-only file system.\n")
    assert "The report was not kept: Cannot write" in result.stderr


def test_chat_talks_and_leaves_at_the_end_of_input(finished):
    said = "Hello\n/reset\n/help\n"
    result = morris("chat", "--adapter", "mine", "-m", 5, "--seed", 1, stdin=said, home=finished)
    assert result.returncode == 0
    assert "imitates a person" in result.stderr
    assert "The conversation is forgotten." in result.stdout and "/save FILE" in result.stdout


def test_training_again_under_the_same_name_needs_a_word(finished):
    result = morris("train", home=finished)
    assert result.returncode == 4
    assert "exists already. Choose another --name, or replace it with --replace" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--max-tokens", 7, "max_tokens"),
        ("--temp", 0.3, "temp"),
        ("--temperature", 0.3, "temp"),
        ("--top-p", 0.4, "top_p"),
        ("--top-k", 5, "top_k"),
        ("--min-p", 0.2, "min_p"),
        ("--repetition-penalty", 1.3, "repetition_penalty"),
        ("--seed", 3, "seed"),
        ("--strength", 0.4, "strength"),
        ("--system-prompt", "Be brief.", "system"),
        ("--system", "", "system"),
        ("--backend", "torch", "backend"),
        ("--beams", 3, "num_beams"),
        ("--n", 2, "num_return_sequences"),
        ("--stop", "END", "stop_token"),
        ("--timeout", 60.0, "timeout_seconds"),
    ],
)
@pytest.mark.parametrize("command", ["generate", "chat"])
def test_every_speaking_option_arrives(command, option, value, field, monkeypatch):
    if command == "chat" and option in ("--beams", "--n", "--stop", "--timeout"):
        pytest.skip("a chat has no such option")
    from typer.testing import CliRunner

    from morris_mlx.cli.app import app
    from morris_mlx.generate import scripted_generator

    asked = {}

    def load(model, adapter, backend, **settings):
        asked["llm"] = scripted_generator(["Fine."] * 9, model, adapter="sample", **settings)
        asked["backend"], asked["engine"] = backend, asked["llm"].load()
        return asked["llm"]

    monkeypatch.setattr("morris_mlx.generate.load_generator", load)
    words = [command, "--model", "practice", option, str(value)]
    words += ["Hello"] if command == "generate" else []
    result = CliRunner().invoke(app, words, input="Hello\n")
    assert result.exit_code == 0 and "Fine." in result.output
    settings, backend = asked["llm"].settings, asked["engine"].backend
    request = backend.requests[0]
    prompt = asked["engine"].tokenizer.decode(request.ids)
    got = {
        "seed": request.seed,
        "strength": backend.active.strength,
        "system": prompt.startswith(f"<|system|>\n{value}\n")
        if value
        else "<|system|>" not in prompt,
        "backend": asked["backend"],
        "num_beams": request.beams and request.beams.num_beams,
        "timeout_seconds": settings.timeout_seconds,
        "num_return_sequences": settings.num_return_sequences,
        "stop_token": settings.stop_token,
    }.get(field, getattr(request.sampling, field, None))
    # A chat gives each reply a seed of its own, counted from the one asked for.
    expected = value + 1 if (command, field) == ("chat", "seed") else value
    assert got == {"system": True, "stop_token": (value,)}.get(field, expected)


def test_every_option_of_prepare_arrives(finished, tiny_folder, tmp_path):
    import shutil

    home = tmp_path / "home"
    shutil.copytree(finished / "data", home / "data")
    words = ["--max-seq-length", 120, "--system-prompt", "Hum.", "--seed", 99]
    report = json.loads(done("prepare", "--model", tiny_folder, *words, "--json", home=home))
    card = read_card(home / "data" / "dataset")
    assert report["window"] == card.window == 120 and report["longest_row_tokens"] <= 120
    assert (card.system_prompt, card.seed) == ("Hum.", 99)
    row = json.loads((home / "data/dataset/train.jsonl").read_text().splitlines()[0])
    assert row["messages"][0] == {"role": "system", "content": "Hum."}


def test_the_ground_of_use_is_noted(project, tmp_path):
    (tmp_path / "a.txt").write_text("word " * 100)
    done("collect", tmp_path / "a.txt", "--ground", "permission")
    notes = json.loads(project.provenance.read_text())
    assert notes[str(tmp_path / "a.txt")]["ground"] == "permission"
    assert notes[str(tmp_path / "a.txt")]["documents"] == 1


def test_rows_changed_by_hand_are_not_trained_on(finished, tmp_path):
    import shutil

    home = tmp_path / "home"
    shutil.copytree(finished / "data", home / "data")
    rows = home / "data/dataset/train.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[1:]))
    result = morris("train", home=home)
    assert result.returncode == 1 and "were changed. Run `morris prepare` again" in result.stderr


def test_an_adapter_whose_base_is_another_now_is_refused(finished, tmp_path):
    import shutil

    adapter = shutil.copytree(finished / "adapters" / "mine", tmp_path / "mine")
    run = json.loads((adapter / "run.json").read_text())
    (adapter / "run.json").write_text(json.dumps(run | {"base_digest": "0" * 64}))
    result = morris("generate", "Hi.", "--adapter", adapter, home=finished)
    assert result.returncode == 1 and "is no longer the model that" in result.stderr


def test_bytes_on_stdin_that_are_no_text_are_told_as_such(project):
    result = subprocess.run(
        [sys.executable, "-m", "morris_mlx", "generate", "-", "--model", "practice"],
        input=b"caf\xe9",
        capture_output=True,
    )
    assert result.returncode == 2 and b"not UTF-8" in result.stderr


def test_ctrl_c_keeps_the_best_adapter_and_exits_with_130(finished):
    process = subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", "train", "--name", "cut", "--epochs", "500"],
        env=os.environ | {"MORRIS_HOME": str(finished)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = finished / "adapters" / "cut"
    deadline = time.monotonic() + 240
    while not (folder / "adapters.safetensors").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 130
    assert "the best adapter so far is in" in err
    run = read_run(folder)
    assert run.stopped == "interrupted" and run.best_valid_loss is not None
    assert files.file_digest(folder / "adapters.safetensors") == run.adapter_sha256
    done("generate", "Hi.", "--adapter", "cut", "-m", 3, home=finished)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    text = done(command, "-h")
    assert f"morris {command}" in text.split("Example:")[1]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["generate", "x", "--temprature", "1"], 2, "--temperature"),
        (["genrate", "x"], 2, "generate"),
        (["generate"], 2, "There is no prompt"),
        (["generate", " "], 2, "prompt is empty"),
        (["generate", "x", "-p", "y"], 2, "given twice"),
        (
            ["generate", "x", "--model", "practice", "--top-p", "7"],
            2,
            "--top-p is 7.0; it must be a number",
        ),
        (
            ["generate", "x", "--model", "practice", "--strength", "9"],
            2,
            "--strength is 9.0; it must be a number from 0 to 1.5",
        ),
        (["generate", "x", "--adapter", "absent"], 3, "no adapter 'absent'. Choose one of: sample"),
        (["generate", "x", "--model", "absent"], 3, "Unknown model 'absent'"),
        (["collect", "absent.txt"], 3, "absent.txt does not exist"),
        (["prepare"], 3, "morris collect"),
        (["train"], 3, "morris prepare"),
        (["train", "--rank", "0"], 3, "morris prepare"),
        (["evaluate", "--adapter", "absent"], 3, "no adapter 'absent'"),
    ],
)
def test_a_wrong_word_gets_one_clear_line_and_the_right_exit_code(project, words, code, message):
    result = morris(*words)
    assert result.returncode == code, result.stderr
    assert message in result.stderr and "Traceback" not in result.stderr
    assert result.stdout == ""
    assert not (project.home / "adapters").exists()


def test_a_bad_name_or_setting_is_refused_before_training(finished):
    for words, message in (
        (["--name", "../up"], "use letters, digits"),
        (["--name", "sample"], "'sample' is the name of a built-in adapter"),
        (["--name", "x", "--rank", "0"], "rank is 0; it must be a whole number from 1"),
        (["--name", "x", "--learning-rate", "nan"], "learning_rate is nan"),
    ):
        result = morris("train", *words, home=finished)
        assert result.returncode == 2 and message in result.stderr


def test_a_dataset_for_another_tokenizer_or_window_is_refused(finished, tmp_path, tiny_folder):
    import shutil

    other = shutil.copytree(tiny_folder, tmp_path / "other")
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    (other / "tokenizer.json").write_text(json.dumps(tokenizer | {"normalizer": {"type": "NFC"}}))
    result = morris("train", "--name", "x", "--model", other, home=finished)
    assert result.returncode == 1 and "prepared for the tokenizer of" in result.stderr

    narrow = shutil.copytree(tiny_folder, tmp_path / "narrow")
    config = json.loads((narrow / "config.json").read_text())
    (narrow / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 100}))
    result = morris("train", "--name", "x", "--model", narrow, home=finished)
    assert result.returncode == 1 and "reads at most 100" in result.stderr


def test_collect_names_what_it_leaves_out(project, tmp_path):
    (tmp_path / "a.txt").write_text("word " * 100)
    (tmp_path / "b.txt").write_bytes(b"\x00\x01")
    result = morris("collect", tmp_path / "a.txt", tmp_path / "b.txt", "--ground", "permission")
    assert "b.txt: a binary file" in result.stderr and "1 text, 100 words" in result.stdout
    found = json.loads(done("collect", tmp_path / "a.txt", "--json"))
    assert found["documents"] == 1 and found["words"] == 100


def test_doctor_tells_engine_reason_and_models():
    found = json.loads(done("doctor", "--json"))
    assert found["engine"]["reason"] and "practice" in found["models"]
    assert str(Path.home()) not in json.dumps(found)
    assert "engine" in done("doctor")


def test_the_version_is_the_packages():
    from morris_mlx import __version__

    assert done("--version").strip() == f"morris {__version__}"


def test_a_message_cannot_control_the_terminal():
    assert cli._without_controls("a\x1b[31m\x9b é\n") == "a\\x1b[31m\\x9b é\n"
