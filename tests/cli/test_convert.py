"""`morris convert`: questions, output, options and Ctrl-C."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from support.conversions import FIRST, PRECISION, convert, part_size
from support.hub import REVISION
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.cli.convert import MUCH_KEPT
from morris_mlx.convert import Step
from morris_mlx.errors import MorrisError
from morris_mlx.jobs import progress_line
from morris_mlx.jobs.progress_line import ProgressLine
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.converted import (
    converted_folder,
    repository_target,
)
from morris_mlx.models.find import find_model
from morris_mlx.pipeline.convert import progress_of

pytestmark = pytest.mark.usefixtures("model_caches")


def command(hub, tmp_path, *words, **more):
    """`morris convert` in a process of its own, with huggingface-hub's own settings."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "COLUMNS": "100",
    }
    environment.pop("HF_HUB_OFFLINE", None)
    words = [sys.executable, "-m", "morris_mlx", "convert", *map(str, words)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(words, env=environment, text=True, **(pipes | more))


def test_without_a_terminal_the_download_needs_yes(hub, tmp_path):
    process = command(hub, tmp_path, "zephyr", "--bits", 8)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 4 and out == ""
    assert f"{ZEPHYR_MODEL}: 8.3 MB to download." in err and "for 8bit in" in err
    assert "there is no terminal to ask on. Add --yes" in err
    assert hub.asked(".safetensors") == []


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_the_command_asks_before_the_download(hub, tmp_path, answer):
    master, slave = pty.openpty()
    process = command(hub, tmp_path, "zephyr", stdin=slave)
    os.write(master, f"{answer}\n".encode())
    out, err = process.communicate(timeout=240)
    os.close(master)
    os.close(slave)
    assert "Continue? [y/N]" in err
    if answer == "n":
        assert process.returncode == 4 and "Nothing was downloaded" in err
        assert hub.asked(".safetensors") == []
        return
    target = repository_target(ZEPHYR_MODEL, PRECISION["4bit"])
    assert process.returncode == 0, err
    assert f"{ZEPHYR_MODEL} is converted: 4bit" in out and f"→ {target}\n" in out
    assert "Next: morris train --model zephyr" in out and "[INFO]" not in out + err
    assert find_model("zephyr").folder == target


def test_ctrl_c_during_a_download_keeps_what_has_arrived(hub, source_model, tmp_path):
    hub.stall[FIRST] = 2_500_000
    process = command(hub, tmp_path, "zephyr", "--yes")
    deadline = time.monotonic() + 240
    while part_size(tmp_path / "hf" / "hub", source_model / FIRST) < 2 << 20:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 130 and out == ""
    assert "What was downloaded is kept" in err and "Traceback" not in err
    hub.stall.clear()
    hub.requests.clear()
    result = convert("zephyr")
    assert hub.asked(FIRST) == [f"bytes={2 << 20}-"] and result.fresh


def test_json_is_one_object_and_the_only_output(hub, tmp_path, monkeypatch):
    words = ["convert", "zephyr", "--mode", "mxfp4", "--yes", "--json"]
    found = CliRunner().invoke(app, words, catch_exceptions=False)
    value = json.loads(found.stdout)
    assert value["fresh"] is True and value["ready_made"] is False
    lost = value["conversion"]["check"]["same_choice"] < MUCH_KEPT
    assert ("Use 8 bits" in value["warning"]) == lost
    assert value["folder"] == str(repository_target(ZEPHYR_MODEL, PRECISION["mxfp4"]))
    assert value["conversion"]["precision"]["mode"] == "mxfp4"
    assert value["revision"] == value["conversion"]["revision"] == REVISION
    again = json.loads(CliRunner().invoke(app, [*words[:-2], "--json"]).stdout)
    assert again == value | {"fresh": False}


@pytest.mark.parametrize(
    ("words", "precision"),
    [
        ([], None),
        (["--bits", "4"], "4bit"),
        (["--bits", "8"], "8bit"),
        (["--bits", "16"], "16bit"),
        (["--mode", "mxfp4"], "mxfp4"),
        (["--mode", "mxfp4", "--bits", "4"], "mxfp4"),
        (["--mode", "affine", "--bits", "8"], "8bit"),
        (["--mode", "affine"], "4bit"),
    ],
)
def test_every_precision_option_reaches_the_plan(monkeypatch, words, precision):
    asked = []

    def caught(name, wanted):
        asked.append((name, wanted))
        raise MorrisError("enough")

    monkeypatch.setattr("morris_mlx.convert.plan_conversion", caught)
    CliRunner().invoke(app, ["convert", "zephyr", *words])
    assert asked == [("zephyr", PRECISION[precision] if precision else None)]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["zephyr", "--bits", "5"], 2, "'5' is not one of"),
        (["zephyr", "--bits", "8", "--mode", "mxfp4"], 2, "mxfp4 always has 4 bits"),
        (["zephyr", "--bits", "16", "--mode", "affine"], 2, "--bits 16 does not quantize"),
        (["practice"], 2, "practice base needs no conversion"),
        (["./absent"], 3, "Unknown model './absent'"),
    ],
)
def test_wrong_arguments_are_refused_with_a_reason(words, code, message):
    result = CliRunner().invoke(app, ["convert", *words])
    text = result.output + str(result.exception)
    assert message in text
    assert getattr(result.exception, "exit_code", result.exit_code) == code


def test_the_output_says_what_was_done(model_copy, conversions):
    first = CliRunner().invoke(app, ["convert", str(model_copy), "--bits", "16"])
    folder = next(p for p in converted_folder().iterdir() if p.is_dir())
    assert first.stdout == (
        f"copy is converted: 16bit, 11.9 MB, 16.00 bits a weight → {folder}\n"
        "Against the source, over 42 next-token choices: 100.0 % the same, KL 0.0000 nats, "
        "logits 0.0000 apart on average, 0.0000 at most.\n"
        f"Next: morris train --model {folder}\n"
    )
    second = CliRunner().invoke(app, ["convert", str(model_copy), "--bits", "16"])
    assert "copy was converted already, and no file is damaged: 16bit" in second.stdout
    ready = CliRunner().invoke(app, ["convert", str(conversions["4bit"].folder)])
    assert "is MLX already and needs no conversion" in ready.stdout


def test_the_progress_line_shows_bytes_and_time_left(monkeypatch, capsys):
    now = [1000.0]
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now[0])
    with ProgressLine() as line:
        line(progress_of(Step("fetch", 0, 14_000_000_000)))
        now[0] += 700
        line(progress_of(Step("fetch", 2_000_000_000, 14_000_000_000)))
        now[0] += 700
        line(progress_of(Step("compare", 3, 32)))
    assert capsys.readouterr().err.splitlines() == [
        "downloading 2.0 GB of 14.0 GB  1:10:00 left",
        "comparing with the source, layer 3 of 32",
    ]
