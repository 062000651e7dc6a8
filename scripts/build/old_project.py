"""Make tests/fixtures/project_v0_1: a project as Morris 0.1.0 left it, and what 0.1.0 says of it.

    python scripts/build/old_project.py --checkout ../old --python ../old/.venv/bin/python

The checkout that is named writes everything in the fixture, through its command line, except the
model of random weights, the sources, and the plain drafts, which a script answers in place of a
model. A project holds absolute paths of what was collected, so the fixture is made in the folder of
an invented writer (--home), which must not exist before and is removed afterwards. The training is
killed through /proc: Linux only. tests/test_old_project.py runs the recorded commands again with
the present code.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from old_project_sources import BASE, SITE, served, write_base, write_sources

FIXTURE = Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "project_v0_1"
DRAFTING = """
import sys
from tokenizers import Tokenizer
import morris_mlx.generate as generate
from morris_mlx.cli import main

def load(files, say, **settings):
    reader = Tokenizer.from_file(str(files.folder / "tokenizer.json"))

    def reply(request):
        said = reader.decode(list(request.ids))
        passage = said.split("\\n\\n", 1)[1].split("<|assistant|>")[0]
        words = [word.strip(".,;:!?()“”‘’–…").lower() for word in passage.split()]
        return " ".join(word for word in reversed(words) if word) + "."

    return generate.scripted_generator(reply, files, **settings)

generate.load_generator = load
main()
"""
CHECKPOINT = """
from morris_mlx.generate import Generator

with Generator(model_name="{base}", adapter="finished", temperature=0.8, max_tokens=16) as llm:
    llm.chat("Good morning.")
    llm.save_checkpoint("checkpoint")
    print(llm.chat("Is the train late again?"))
"""
INTERRUPTED = (
    *("--name", "interrupted", "--recipe", "chats", "--rank", "4", "--epochs", "2"),
    *("--batch-size", "4", "--accumulate", "2", "--learning-rate", "5e-3", "--dropout", "0.1"),
    *("--save-every", "3", "--validate-every", "8", "--patience", "0", "--seed", "5"),
)
CHECKPOINT_STEP = 9  # of 20, and the first epoch has 10: the training is killed at step 11
PREPARE = ("prepare", "--model", BASE, "--max-seq-length", "512")
GREEDY = ("--temp", "0", "--repetition-penalty", "1.3")  # without it one word repeats
ANSWERED = 3  # of the prompts; the fourth row is torn
UNSTEADY = ("seconds_to_first_token", "tokens_per_second", "date", "seed", "mlx_lm_command")
REPLAYED: dict[str, tuple[list[str], str]] = {
    "list": (["generate", "Good morning.", "--adapter", "nothing"], ""),
    "collect": (
        [
            *("collect", f"{SITE}/author", "--follow", "/columns/*", "--offline"),
            *("--allow-private", "--contact", "me@example.org", "--json"),
        ],
        "",
    ),
    "collect written": (["collect", "column.md"], ""),
    "recipe": (["train", "-c", "recipe.yaml", "--name", "another", "--dry-run", "--json"], ""),
    "generate": (
        [
            *("generate", "Write a column about the new timetable.", "--adapter", "finished"),
            *(*GREEDY, "--max-tokens", "40", "--check", "--json"),
        ],
        "",
    ),
    "generate file": (
        [
            *("generate", "--file", "prompts.jsonl", "--output", "answers.jsonl"),
            *("--adapter", "finished", "--max-tokens", "24", "--seed", "1"),
        ],
        "",
    ),
    "chat": (
        ["chat", "--adapter", "finished", *GREEDY, "--max-tokens", "16"],
        "Good morning.\nIs the train late again?\n/exit\n",
    ),
    "evaluate": (["evaluate", "--adapter", "finished", "--json"], ""),
    "forget site": (["forget", "127.0.0.1", "--dry-run", "--json"], ""),
    "forget folder": (["forget", "columns", "--dry-run", "--json"], ""),
    "forget person": (["forget", "--person", "Anna Weiss", "--dry-run", "--json"], ""),
}


class Writer:
    """The writer's folder, and the old version's commands run in it."""

    def __init__(self, home: Path, checkout: Path, python: Path) -> None:
        self.home, self._python = home, str(python)
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("MORRIS_")}
        self._environment |= {
            "PYTHONPATH": str(checkout),
            "MORRIS_HOME": str(home / "project"),
            "MORRIS_CACHE": str(home / "cache"),
            "HF_HOME": str(home / "huggingface"),
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "100",
        }

    def start(self, *words: str, **more: object) -> subprocess.Popen[str]:
        command = [self._python, *words]
        return subprocess.Popen(
            command, cwd=self.home, env=self._environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
        )  # fmt: skip

    def python(self, *words: str) -> str:
        """Return what `python WORDS` prints. Ends this script when it fails."""
        process = self.start(*words)
        out, err = process.communicate()
        if process.returncode:
            sys.exit(f"{' '.join(words)[:200]} ended with {process.returncode}:\n{err}")
        return out

    def morris(self, *words: str) -> str:
        return self.python("-m", "morris_mlx", *words)


# --- the project --------------------------------------------------------------------------
def build_project(writer: Writer) -> None:
    """Run the commands that fill the project, one after another."""
    writer.morris("convert", BASE, "--bits", "4", "--yes")
    shutil.rmtree(writer.home / "huggingface")  # from here on only the converted base exists
    writer.morris("collect", "columns", "--ground", "own")
    writer.morris(*PREPARE)
    writer.morris("forget", "columns/withdrawn.md", "--yes")
    (writer.home / "columns" / "withdrawn.md").unlink()
    with served(writer.home / "site"):
        left_out = ("--offline", "--json")
        words = [word for word in REPLAYED["collect"][0] if word not in left_out]
        writer.morris(*words, "--delay", "0", "--ground", "own")
    writer.python("-c", DRAFTING, *PREPARE, "--enhance")
    writer.morris("train", "-c", "recipe.yaml")
    writer.morris("evaluate", "--adapter", "finished")
    writer.morris("collect", "result.json", "--ground", "own")
    writer.python("-c", DRAFTING, *PREPARE, "--enhance")
    interrupt_training(writer)


def interrupt_training(writer: Writer) -> None:
    """Kill a training and the process that watches it some steps after a checkpoint."""
    folder = writer.home / "project" / "adapters" / "interrupted"
    metrics = folder / "metrics.jsonl"
    process = writer.start("-m", "morris_mlx", "train", *INTERRUPTED)
    checkpoint = folder / "checkpoints" / f"{CHECKPOINT_STEP:08}"
    wait_for(
        lambda: checkpoint.is_dir() and f'"step": {CHECKPOINT_STEP + 2},' in metrics.read_text()
    )
    child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    process.send_signal(signal.SIGSTOP)  # else it would start the child again
    os.kill(int(child), signal.SIGKILL)
    process.kill()
    process.communicate()
    newest = max(path.name for path in (folder / "checkpoints").iterdir())
    if newest != checkpoint.name:
        sys.exit(f"The training was killed too late, after the checkpoint {newest}. Start again.")


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("The training did not come to its checkpoint.")
        time.sleep(0.001)


# --- what the old version says of it --------------------------------------------------------
def record(writer: Writer) -> dict[str, object]:
    """Run every command of REPLAYED, and check that preparing again gives the same dataset."""
    project = writer.home / "project"
    writer.python("-c", CHECKPOINT.format(base=BASE))
    resumed = writer.python("-c", CHECKPOINT.format(base=BASE).replace(
        'llm.chat("Good morning.")\n    llm.save_checkpoint', "llm.load_checkpoint"
    ))  # fmt: skip
    expected: dict[str, object] = {"base": BASE, "checkpoint": {"reply": resumed}}
    written = [word for word in REPLAYED["generate"][0] if word not in ("--check", "--json")]
    writer.morris(*written, "--output", "column.md")
    commands = {}
    for name, (words, stdin) in REPLAYED.items():
        process = writer.start("-m", "morris_mlx", *words)
        out = process.communicate(stdin)[0].replace(str(writer.home), "HOME")
        said = steady(json.loads(out)) if "--json" in words else out
        commands[name] = {"arguments": words, "stdin": stdin, "stdout": said}
        commands[name]["code"] = process.returncode  # 3 and 4 where something is refused
    expected["commands"] = commands
    answers = (writer.home / "answers.jsonl").read_text(encoding="utf-8")
    expected["answers"] = [json.loads(line)["text"] for line in answers.splitlines()]
    rows = answers.splitlines(keepends=True)
    torn = "".join(rows[:ANSWERED]) + rows[ANSWERED][: len(rows[ANSWERED]) // 2]
    (writer.home / "answers.jsonl").write_text(torn, encoding="utf-8")
    before = (project / "data" / "dataset" / "card.json").read_bytes()
    expected["prepare"] = {"arguments": [*PREPARE, "--enhance", "--json"]}
    writer.morris(*PREPARE, "--enhance")
    if (project / "data" / "dataset" / "card.json").read_bytes() != before:
        sys.exit("The old version makes another dataset of the same project.")
    return expected


def steady(printed: dict[str, object]) -> dict[str, object]:
    """Return the object without the fields that depend on the machine or the moment."""
    return {name: value for name, value in printed.items() if name not in UNSTEADY}


def record_resumed(writer: Writer, target: Path) -> dict[str, object]:
    """Resume the interrupted training to its end; copy its last adapter to `target`."""
    arguments = ["train", "--resume", "interrupted"]
    writer.morris(*arguments)
    folder = writer.home / "project" / "adapters" / "interrupted"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "last" / "adapters.safetensors", target / "last.safetensors")
    run = json.loads((folder / "run.json").read_text())
    curve = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    named = ("losses", "best_step", "best_valid_loss", "step", "stopped", "supervised_tokens")
    return {
        "arguments": arguments,
        "checkpoint_step": CHECKPOINT_STEP,
        "run": {name: run[name] for name in named},
        "adapter_sha256": run["adapter_sha256"],
        "metrics": [[row["kind"], row["step"], row["loss"]] for row in curve],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--checkout", type=Path, required=True, help="the old version's folder")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="its Python")
    parser.add_argument("--home", type=Path, default=Path("/home/ambrose"), help="made and removed")
    parser.add_argument("--target", type=Path, default=FIXTURE, help="replaced but for README.md")
    given = parser.parse_args()
    checkout, home, target = given.checkout.resolve(), given.home, given.target
    home.mkdir(mode=0o700)
    try:
        write_sources(home, checkout)
        write_base(home, checkout)
        writer = Writer(home, checkout, given.python.absolute())
        build_project(writer)
        made = home / "fixture"
        shutil.copytree(home / "project", made / "project")
        expected = record(writer)
        expected["resume"] = record_resumed(writer, made / "expected")
        text = json.dumps(expected, ensure_ascii=False, indent=1) + "\n"
        (made / "expected.json").write_text(text, encoding="utf-8")
        for name in ("cache", "checkpoint"):
            shutil.copytree(home / name, made / name)
        for name in ("recipe.yaml", "prompts.jsonl", "answers.jsonl", "column.md"):
            shutil.copy(home / name, made / name)
        if (target / "README.md").exists():
            shutil.copy(target / "README.md", made)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
