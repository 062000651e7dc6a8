"""A short seeded sample of scripts/robustness/fuzz.py, and whether it would find anything at all."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import morris_mlx
from morris_mlx import files

ROOT = Path(__file__).parents[2]


from fuzzing.attempt import attempt
from fuzzing.broken import BROKEN
from fuzzing.registry import TARGETS
from fuzzing.worker import Trial, run_random

SAMPLE = 60  # inputs of each target: all of them in well under 20 seconds
PACKAGE = Path(morris_mlx.__file__).parent
# Calls that make something of bytes or text that may come from anywhere.
PARSES = {
    *("json.loads", "raw_decode", "read_json", "files.read_json", "read_jsonl", "files.read_jsonl"),
    *("yaml.safe_load", "get_single_data", "sqlite3.connect", "etree.iterparse", "mailbox.mbox"),
    *("feedparser.parse", "email.message_from_bytes", "zipfile.ZipFile", "zlib.decompressobj"),
    *("BeautifulSoup", "trafilatura.load_html", "Protego.parse", "csv.DictReader", "mx.load"),
    *("gzip.decompress", "parsedate_to_datetime", "fromisoformat", "load_file", "getresponse"),
    *(
        "datetime.fromisoformat",
        "date.fromisoformat",
        "record_from_json",
        "read_text",
        "read_bytes",
    ),
    *("path.read_text", "path.read_bytes", "output.read_text", "output.read_bytes", "urlsplit"),
}
# What needs no fuzzing, and why.
HASHED = "files of a model, which are known by their hashes before they are used"
OURS = "reads what the same command has just written, or what the package itself brings"
WORDS = (
    "splits addresses that `normalize_url` made, which the target `address` holds to one spelling"
)
SPARED = {
    "convert/": HASHED,
    "generate/torch_": HASHED,
    "cli/": OURS,
    "collect/web/fetch.py": WORDS,
}
SPARED_FUNCTIONS = {
    "project/training_texts.py:_assistant_turns": "rows that their digest has just proven to be our own",
    "project/training_texts.py:sample_dataset_digests": OURS,
    "project/training_texts.py:_column_text": OURS,
    "evaluate/judges/grammar.py:function_words": OURS,
    "evaluate/judges/population.py:load_population": OURS,
    "report/page.py:render_page": OURS,
    "train/lora.py:replacing_adapter": "compares bytes",
    "blas.py:keep_copy": "compares the copy byte for byte with the installed library",
    "blas.py:_load_copy": "compares the copy byte for byte with the installed library",
    "jobs/runner.py:_supervise": "counts the lines of a file",
    "jobs/runner.py:tick_and_pass_stops_on": "counts the lines of a file",
    "jobs/runner.py:_crash": "quotes the last lines of a child's output",
    "jobs/supervisor.py:supervise": "quotes the last line of a child's output",
    "pipeline/doctor.py:_answers": OURS,
    "pipeline/doctor.py:_project": "names every file that it cannot read, in a process of its own",
    "pipeline/generate.py:_faults": OURS,
    "pipeline/collect.py:_host": WORDS,
    "prepare/redact/word_lists.py:_read": OURS,
    "collect/web/documents.py:_add": WORDS,
}


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """Skip syncing: the state of the disk after a power cut does not matter here."""
    monkeypatch.setattr(files, "flush", lambda _: None)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_valid_inputs_are_read_and_damaged_ones_are_read_or_refused_in_words(target, tmp_path):
    for number, data in enumerate(target.seeds()):
        outcome = attempt(target, data, tmp_path / "seed")
        assert outcome.kind == "read", (number, outcome)
    trial = Trial(target, tmp_path)
    run_random(trial, 20, lambda tried: tried < SAMPLE)
    found = tmp_path / "crashes.jsonl"
    assert not found.exists(), found.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "word"),
    [("redaction", b"a1" * 30_000), ("redaction", b"a-" * 15_000), ("cleaning", b"a." * 30_000)],
    ids=["figures", "dashes", "dots"],
)
def test_a_text_of_one_endless_word_does_not_hang(name, word, tmp_path):
    """It took minutes where every letter was looked ahead from to its end."""
    assert attempt(TARGETS[name], word + b" x@ +7", tmp_path).kind == "read"


@pytest.mark.parametrize("name", ["trips", "hangs", "mumbles"])
def test_a_broken_parser_is_found_with_a_small_input(name, tmp_path):
    broken = BROKEN[name]
    tried = (attempt(broken, data, tmp_path / "w", 0.2) for data in (b"[[1], 2]", b"[[1]]"))
    assert [outcome.kind for outcome in tried] == (
        ["crash", "crash"] if name == "trips" else ["read", "crash"]
    )
    if name == "hangs":  # each finding would take its ten seconds
        return
    run_random(Trial(broken, tmp_path), 1, lambda count: count < 400)
    assert (tmp_path / f"{name}-1.bin").read_bytes() == b"]]"


def test_the_script_tells_of_what_kills_and_swells_its_process_and_fails(tmp_path):
    wanted = [word for name in ("dies", "swells") for word in ("--target", name)]
    command = [
        sys.executable,
        "scripts/robustness/fuzz.py",
        *wanted,
        "--minutes",
        "0.02",
        "--engine",
        "random",
    ]
    done = subprocess.run(
        [*command, "--work", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert b"]]" in (tmp_path / "dies" / "dies-1.bin").read_bytes()
    assert "dies: the process died (exit -9)" in done.stdout
    if sys.platform == "linux":  # no other system keeps the limit of memory
        assert "swells: MemoryError" in done.stdout
        assert (tmp_path / "swells" / "swells-1.bin").read_bytes() == b"]]"


def parsing_functions():
    """(file, first line, name) of every function of the package that calls one of PARSES."""
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                calls = (n for n in ast.walk(node) if isinstance(n, ast.Call))
                names = {ast.unparse(call.func) for call in calls}
                if any(name in PARSES or name.rpartition(".")[2] in PARSES for name in names):
                    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
                    place = path.relative_to(PACKAGE).as_posix()
                    found.add((place, first, node.name))
    return found


def test_everything_that_reads_what_others_wrote_is_reached_by_a_target(tmp_path):
    entered = set()

    def note(frame, event, _):
        if event == "call":
            entered.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    for target in TARGETS.values():
        seeds = target.seeds()
        sys.setprofile(note)
        try:
            for data in seeds:
                attempt(target, data, tmp_path)
        finally:
            sys.setprofile(None)
    forgotten = [
        f"{place}:{name}"
        for place, line, name in sorted(parsing_functions())
        if (str(PACKAGE / place), line) not in entered
        and not any(place.startswith(spared) for spared in SPARED)
        and f"{place}:{name}" not in SPARED_FUNCTIONS
    ]
    assert not forgotten, "\n".join(forgotten)
