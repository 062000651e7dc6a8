"""A project made by Morris 0.1.0 opens unchanged (tests/fixtures/project_v0_1).

`expected.json` in the fixture holds commands and what 0.1.0 printed. They run here again, through
the command line alone, in copies of the fixture: commands that write get a copy of their own,
commands that only read share one.
"""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.workspace import morris

from morris_mlx.generate import Generator
from morris_mlx.project.datasets import dataset_digest, read_dataset

FIXTURE = Path(__file__).parent / "fixtures" / "project_v0_1"
EXPECTED = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))
COMMANDS = EXPECTED["commands"]
READING = ("recipe", "generate", "chat")
READING += ("forget site", "forget folder", "forget person")
SPLITS = ("train", "valid", "test")
LOSS_ERROR = 1e-4  # nats: BLAS libraries round differently
WEIGHT_ERROR = 1e-3  # the same, added up over the steps after the checkpoint
# A Mac computes on its GPU in 16 bits: other numbers. Everything else must hold there too.
exact = pytest.mark.skipif(sys.platform == "darwin", reason="computed in float32 on a CPU")


def copy_of(fixture, folder):
    """Copy the fixture without the expected values."""
    return Path(shutil.copytree(fixture, folder, ignore=shutil.ignore_patterns("expected*")))


def run(home, arguments, stdin="", code=0):
    """Run a command in a copy of the fixture; return the finished command."""
    result = morris(*arguments, stdin=stdin, cwd=home, **variables(home))
    assert result.returncode == code, f"{arguments}: {result.returncode}\n{result.stderr}"
    return result


def reply_of_checkpoint(home):
    """Load the fixture's saved generator; return its next reply."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(home).items():
            patch.setenv(name, value)
        patch.chdir(home)
        with Generator() as llm:
            llm.load_checkpoint("checkpoint")
            return llm.chat("Is the train late again?")


def on_terminal(home, arguments):
    """Run a command in a copy of the fixture with a terminal for stderr; return what it shows."""
    outer, inner = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", *arguments], cwd=home,
        env=os.environ | variables(home), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=inner,
    ) as process:  # fmt: skip
        os.close(inner)
        shown = b""
        with suppress(OSError):  # Linux raises when the other end is closed
            while piece := os.read(outer, 65536):
                shown += piece
    os.close(outer)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode(errors="replace"))
    assert process.returncode == 0, text
    return text


def variables(home):
    """Return the environment variables of a command in a copy of the fixture."""
    return {
        "MORRIS_HOME": str(home / "project"),
        "MORRIS_CACHE": str(home / "cache"),
        "HF_HOME": str(home / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "100",
    }


def replay(home, name):
    """Run a recorded command; return what it prints, parsed where it prints JSON."""
    command = COMMANDS[name]
    out = run(home, command["arguments"], command["stdin"], command["code"]).stdout
    return json.loads(out) if "--json" in command["arguments"] else out


def refused(home, name, code):
    """Run a recorded command that is refused; return what it says."""
    return run(home, COMMANDS[name]["arguments"], code=code).stderr


def prepare_and_forget(home):
    """Prepare the dataset again, then forget the site; return report, files, card and result."""
    prepared = run(home, EXPECTED["prepare"]["arguments"]).stdout
    rows = files_under(home / "project" / "data" / "dataset")
    card = json.loads(rows["card.json"])
    words = [w for w in COMMANDS["forget site"]["arguments"] if w != "--dry-run"]
    forgotten = json.loads(run(home, [*words, "--yes"]).stdout)
    return json.loads(prepared), rows, card, forgotten


def files_under(folder):
    """Return the content of every file but locks, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a function that returns a copy's folder by name."""
    work = tmp_path_factory.mktemp("old")
    return cache(lambda name: copy_of(FIXTURE, work / name))


@pytest.fixture(scope="module")
def said(home):
    """Return a function that runs a command once and returns its result."""
    commands = {
        "resume": lambda: on_terminal(home("resume"), EXPECTED["resume"]["arguments"]),
        "prepare": lambda: prepare_and_forget(home("prepare")),
        "checkpoint": lambda: reply_of_checkpoint(home("read")),
        "list": lambda: refused(home("read"), "list", 3),
        "collect": lambda: replay(home("collect"), "collect"),
        "collect written": lambda: replay(home("file"), "collect written"),
        "generate file": lambda: refused(home("file"), "generate file", 2),
        "evaluate": lambda: replay(home("evaluate"), "evaluate"),
    }
    return cache(lambda name: commands[name]() if name in commands else replay(home("read"), name))


def test_the_fixture_is_complete_and_holds_no_path_of_a_real_machine():
    """The project's own .gitignore files ignore everything: the fixture is added by force."""
    names = set(files_under(FIXTURE))
    assert {"project/data/.gitignore", "project/adapters/.gitignore"} <= names
    assert "project/adapters/interrupted/checkpoints/00000009/optimizer.safetensors" in names
    assert "project/data/private/redaction.json" in names
    for name, content in files_under(FIXTURE).items():
        assert not re.search(rb"(?<![\w.])/(?:work|tmp|root|Users|var)/", content), name


# --- adapters and models --------------------------------------------------------------------
def test_both_adapters_are_listed(said):
    """The error for an unknown adapter lists the adapters of the project."""
    assert re.search(r"\bfinished, interrupted\b", said("list"))


@exact
def test_the_finished_adapter_writes_the_same_text_and_is_checked_against_what_it_learned(said):
    """--check reads the kept dataset and the kept redaction map of the adapter."""
    expected, found = COMMANDS["generate"]["stdout"], said("generate")
    same = expected.keys() - {"findings"}
    assert {name: found[name] for name in same} == {name: expected[name] for name in same}
    kinds = [[finding["kind"] for finding in side["findings"]] for side in (found, expected)]
    assert kinds[0] == kinds[1]


@exact
def test_a_chat_with_the_finished_adapter_is_the_same(said):
    # Since then, a chat whose lines are not typed says who says what.
    shown = re.sub(r"^You: .*\n", "", said("chat"), flags=re.MULTILINE)
    assert shown.replace("finished: ", "") == COMMANDS["chat"]["stdout"]


@exact
def test_a_saved_generator_continues_with_the_next_reply(said):
    assert said("checkpoint") == EXPECTED["checkpoint"]["reply"].removesuffix("\n")


def test_an_old_file_of_answers_is_not_mixed_with_answers_of_other_defaults(said, home):
    """The old file has three whole rows and half of the fourth; the sampling has changed since."""
    assert "was made with another model, adapter or other settings" in said("generate file")
    assert (home("file") / "answers.jsonl").read_bytes() == (FIXTURE / "answers.jsonl").read_bytes()


def test_the_finished_adapter_is_measured_on_its_kept_dataset(said, home):
    expected, found = COMMANDS["evaluate"]["stdout"], said("evaluate")
    same = ("adapter", "base_model", "dataset_digest", "words", "delta_ceiling")
    assert {name: found[name] for name in same} == {name: expected[name] for name in same}
    for side in ("base", "adapted"):
        assert found[side]["tokens"] == expected[side]["tokens"]
    if sys.platform != "darwin":
        losses = [found[side]["loss"] for side in ("base", "adapted")]
        assert losses == pytest.approx(
            [expected[side]["loss"] for side in ("base", "adapted")], abs=LOSS_ERROR
        )
    report = "project/adapters/finished/report.json"
    old, new = (json.loads((folder / report).read_text()) for folder in (FIXTURE, home("evaluate")))
    assert old.keys() <= new.keys()


# --- training ---------------------------------------------------------------------------------
def test_the_interrupted_training_resumes_from_its_checkpoint(said, home):
    step = EXPECTED["resume"]["checkpoint_step"]
    shown = said("resume")
    assert re.search(rf"checkpoint of step {step}\b", shown), shown
    assert re.search(r"step +16 of +20\b", shown) and not re.search(r"step +[08] of", shown)
    # These rows hold measured times: a row that was computed again would differ.
    metrics = "project/adapters/interrupted/metrics.jsonl"
    old, new = ((folder / metrics).read_bytes() for folder in (FIXTURE, home("resume")))
    kept = [row for row in old.splitlines() if json.loads(row)["step"] <= step]
    assert len(kept) < len(old.splitlines()), "it was killed some steps after the checkpoint"
    assert new.splitlines()[: len(kept)] == kept


def test_the_interrupted_training_ends_at_the_same_step(said, home):
    said("resume")
    folder = home("resume") / "project" / "adapters" / "interrupted"
    run = json.loads((folder / "run.json").read_text())
    expected = EXPECTED["resume"]["run"]
    for name in ("step", "best_step", "stopped", "supervised_tokens"):
        assert run[name] == expected[name], name
    assert not (folder / "checkpoints").exists()
    old = json.loads((FIXTURE / "project/adapters/interrupted/run.json").read_text())
    assert old.keys() <= run.keys()
    assert run["settings"] == old["settings"] | {"packing": "never", "select": "loss"}


@exact
def test_the_resumed_training_has_the_same_losses_and_weights(said, home):
    said("resume")
    folder = home("resume") / "project" / "adapters" / "interrupted"
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    expected = EXPECTED["resume"]["metrics"]
    assert [[row["kind"], row["step"]] for row in rows] == [row[:2] for row in expected]
    losses = [row["loss"] for row in rows]
    assert losses == pytest.approx([loss for *_, loss in expected], abs=LOSS_ERROR)
    run = json.loads((folder / "run.json").read_text())
    for found, point in zip(run["losses"], EXPECTED["resume"]["run"]["losses"], strict=True):
        assert found.pop("voice") is None, "which older runs did not have"
        assert found == pytest.approx(point, abs=LOSS_ERROR)
    ours = load_file(folder / "last" / "adapters.safetensors")
    theirs = load_file(FIXTURE / "expected" / "last.safetensors")
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, atol=WEIGHT_ERROR, err_msg=name)


def test_an_old_recipe_file_gives_the_same_settings(said):
    expected, found = COMMANDS["recipe"]["stdout"], said("recipe")
    for name in ("model", "recipe", "scale", "rows", "steps", "window"):
        assert found[name] == expected[name], name
    for name, setting in expected["settings"].items():
        assert found["settings"][name] == setting, name


# --- datasets, pages, texts, people ------------------------------------------------------------
def test_the_same_texts_chats_and_drafts_give_nearly_all_of_the_same_answers(said):
    """The kept drafts are used: new ones by this base would not be fit to learn from.

    Requests are worded otherwise since then, later parts of a text are learned less often, a task
    that a text does not allow is replaced by others, and invented names in chats are others.
    """
    report, rows, card, _ = said("prepare")
    dataset = FIXTURE / "project" / "data" / "dataset"
    old = json.loads((dataset / "card.json").read_text(encoding="utf-8"))
    for name in ("model", "tokenizer", "window", "system_prompt", "seed", "redacted", "sources"):
        assert card[name] == old[name], name
    for split in SPLITS:
        listed = [[source for source, _ in one["rows"][split]] for one in (card, old)]
        assert list(dict.fromkeys(listed[0])) == list(dict.fromkeys(listed[1])), split
        answers = [
            {row[-1] for row, (_, task) in zip(_messages(lines), one["rows"][split], strict=True)
             if task != "chat"}
            for lines, one in (
                (rows[f"{split}.jsonl"], card),
                ((dataset / f"{split}.jsonl").read_bytes(), old),
            )
        ]  # fmt: skip
        assert len(answers[0] & answers[1]) >= 0.85 * len(answers[1]), split
    counted = json.loads((dataset / "report.json").read_text(encoding="utf-8"))
    assert report["enhanced_prompt"] == counted["enhanced_prompt"]
    assert "report.html" in rows


def _messages(lines: bytes) -> list[tuple[str, ...]]:
    """Return the messages of each row of a dataset, without their roles."""
    return [
        tuple(m["content"] for m in json.loads(line)["messages"])
        for line in lines.decode().splitlines()
    ]


def test_stored_pages_are_read_without_a_network(said, home):
    found, expected = said("collect"), COMMANDS["collect"]["stdout"]
    for name in ("collected", "words", "documents", "requests", "reused"):
        assert found[name] == expected[name], name
    documents = "project/data/documents.jsonl"
    assert (home("collect") / documents).read_bytes() == (FIXTURE / documents).read_bytes()


def test_a_text_that_the_old_version_wrote_is_refused_as_machine_made(said):
    assert said("collect written") == ""  # exit code 3: there is no text to collect


@pytest.mark.parametrize("name", ["forget site", "forget folder", "forget person"])
def test_a_source_and_a_person_are_found_everywhere(name, said, home):
    """The digests of the datasets that would remain are those that 0.1.0 computed."""
    expected = json.dumps(COMMANDS[name]["stdout"])
    expected = json.loads(expected.replace("HOME/project", str(home("read") / "project")))
    found = said(name) | {"own_files": expected["own_files"]}  # only where they exist
    found["sources"] = [path.replace("/home/ambrose", "HOME") for path in found["sources"]]
    assert found.pop("job_logs") == 0  # 0.1.0 had no jobs
    for part in (*found["datasets"], *expected["datasets"]):
        part["whole"] = bool(part["whole"])  # the reason is a sentence, which may be reworded
    assert found == expected


def test_a_source_is_removed_from_all_of_it(said, home):
    *_, forgotten = said("prepare")
    data = home("prepare") / "project" / "data"
    assert forgotten["removed"] and forgotten["documents"] == 3
    assert b"127.0.0.1" not in (data / "documents.jsonl").read_bytes()
    assert not list((data / "raw" / "web" / "bodies").rglob("*.gz"))
    became = [part["became"] for part in forgotten["datasets"]]
    old = [part["became"] for part in COMMANDS["forget site"]["stdout"]["datasets"]]
    for digest in old:  # the old dataset is kept, because an adapter names it
        assert digest in became and (data / "datasets" / digest / "card.json").is_file()
    card = json.loads((data / "dataset" / "card.json").read_text())
    assert card["digest"] in became
    assert card["digest"] == dataset_digest(read_dataset(data / "dataset"))
    assert not any("127.0.0.1" in source for source in card["sources"].values())
    noted = json.loads((data / "forgotten.json").read_text())["datasets"]
    old = json.loads((FIXTURE / "project" / "data" / "forgotten.json").read_text())["datasets"]
    assert old.items() <= noted.items() and {note["became"] for note in noted.values()} >= {*became}


def test_reading_changes_nothing_on_the_disk(said, home):
    for name in (*READING, "checkpoint"):
        said(name)
    before = {k: v for k, v in files_under(FIXTURE).items() if not k.startswith("expected")}
    now = files_under(home("read"))
    assert now == before
