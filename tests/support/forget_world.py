"""A project with artefacts of every kind, from sources of every kind with distinct sentences."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from typer.testing import CliRunner

from morris_mlx import files
from morris_mlx.cli.app import app
from morris_mlx.collect.web.page_store import Page, open_store
from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from morris_mlx.errors import MorrisError
from morris_mlx.models.find_adapter import write_run
from morris_mlx.project.adapters import EVENTS_FILE, QUICK_REPORT_FILE
from morris_mlx.project.blind_tests import ANSWERS_FILE, CHOICES_FILE, PAIRS_FILE
from morris_mlx.project.conversations import write_conversations
from morris_mlx.project.datasets import REPORT_FILE, dataset_digest, write_dataset
from morris_mlx.project.documents import write_documents
from morris_mlx.project.folder import JOB_EVENTS, JOB_LOCK, JOB_OUTPUT, Project, open_project
from morris_mlx.project.people import Contact, write_people
from morris_mlx.project.provenance import Ground, Provenance, add_provenance
from morris_mlx.records.corpus import (
    SPLITS,
    Conversation,
    DatasetCard,
    Document,
    Example,
    Message,
    RowLength,
)
from morris_mlx.records.training import TrainRun, TrainSettings

FOLDER, ESSAY = "/texts/a", "/texts/b/essay.txt"
FEED, ABOUT, OTHER = "https://w.example/feed.xml", "https://w.example/about", "https://o.example/x"
EXPORT, EXPORT2 = "/chats/result.json", "/chats/two/result.json"
ROWS, MIX = "/rows/own.jsonl", "/rows/general.json"
SOURCES = (FOLDER, ESSAY, FEED, ABOUT, OTHER, EXPORT, EXPORT2, ROWS, MIX)


def sentence(name: str) -> str:
    """Return a sentence that occurs in no other text."""
    return " ".join(f"{name}{n}" for n in range(12)) + "."


TEXTS = {
    "a1": f"{FOLDER}/1.txt",
    "a2": f"{FOLDER}/deep/2.txt",
    "es": ESSAY,
    "w1": "https://w.example/1",
    "w2": "https://w.example/2",
    "ab": ABOUT,
    "ot": OTHER,
}
CHATS = {"c1": EXPORT, "c2": EXPORT, "d1": EXPORT2}
GIVEN = {"r1": ROWS, "r2": ROWS, "m1": MIX}
OF_SOURCE = {
    FOLDER: ("a1", "a2"),
    ESSAY: ("es",),
    FEED: ("w1", "w2", "oldw1"),
    ABOUT: ("ab",),
    OTHER: ("ot",),
    EXPORT: ("c1", "c2"),
    EXPORT2: ("d1",),
    ROWS: ("r1", "r2"),
    MIX: ("m1",),
}
EVERYBODY = (*TEXTS, *CHATS, *GIVEN, "oldw1")
PEOPLE = {"w1": "Karl Muster", "a1": "Eva Blau"}


def text(name: str) -> str:
    return f"{sentence(name)}\n\nTo {PEOPLE.get(name, 'nobody')} I said “so” – {sentence(name)}"


def example(name: str) -> Example:
    return Example((Message("user", f"Write {name}"), Message("assistant", text(name))), name, "t")


def row_length(name: str) -> RowLength:
    """Return a length that tells the rows apart."""
    return RowLength(sum(name.encode()), len(name))


def dataset(names: dict[str, tuple[str, ...]], sources: dict[str, str], lengths: bool = True):
    """Return rows and their card; without `lengths` as earlier versions wrote it."""
    rows = {split: [example(name) for name in names[split]] for split in SPLITS}
    card = DatasetCard(
        model="practice",
        tokenizer="t",
        window=64,
        system_prompt="s",
        seed=7,
        digest=dataset_digest(rows),
        rows={s: tuple((e.source_id, e.task) for e in rows[s]) for s in SPLITS},
        sources={n: sources[n] for s in SPLITS for n in names[s]},
        lengths={s: tuple(map(row_length, names[s])) for s in SPLITS} if lengths else {},
    )
    return rows, card


def run(name: str, digest: str) -> TrainRun:
    settings = TrainSettings(1, 1, 1.0, 0.0, 1e-4, 1, 1)
    return TrainRun(
        name, "practice", "b", digest, "s", 64, settings, (), 0, None, 1.0, 1, 1, 1.0, 1.0, "",
        {}, "m",
    )  # fmt: skip


def adapter(project: Project, name: str, digest: str) -> Path:
    folder = files.make_folder(project.adapter(name))
    for file in (ADAPTER_WEIGHTS, ADAPTER_CONFIG):
        (folder / file).write_text("{}")
    for file in (REPORT_FILE, QUICK_REPORT_FILE, ANSWERS_FILE, PAIRS_FILE):
        files.write_json(folder / file, {"quoted": sentence("w1")})
    files.write_text(folder / CHOICES_FILE, files.json_line({"pair": 0, "hit": True}))
    write_run(folder, run(name, digest))
    # The samples of a training quote held-out rows.
    rows = [{"event": "step"}, {"event": "samples", "texts": {sentence("w1"): sentence("c1")}}]
    files.write_text(folder / EVENTS_FILE, "".join(map(files.json_line, rows)))
    return folder


def job(project: Project, name: str, events: list[dict], output: str = "") -> Path:
    """Make a job that has ended, with its log and its captured output."""
    folder = files.make_folder(project.jobs / name)
    (folder / JOB_LOCK).touch()
    files.write_text(folder / "job.json", "{}")
    files.write_text(folder / JOB_EVENTS, "".join(map(files.json_line, events)))
    files.write_text(folder / JOB_OUTPUT, output)
    return folder


def _jobs(project: Project) -> None:
    sample = {"event": "sample", "step": 1, "prompt": sentence("w1"), "text": sentence("c1")}
    loss = {"event": "metric", "step": 1, "name": "loss", "value": 1.0}
    message = f"train-1 ended with exit code 1.\n  Error: {sentence('a1')}\nRun it again."
    crash = {"event": "failed", "kind": "crashed", "message": message}
    job(project, "train-1", [loss, sample, crash], f"Traceback: {sentence('a1')}\n")
    job(project, "train-2", [loss, {"event": "done", "result": {}}])


def build(home: Path) -> Project:
    project = Project(home)
    open_project(project)
    documents = [Document(n, text(n), f"Title {n}", "", s) for n, s in TEXTS.items()]
    write_documents(project, documents)
    write_conversations(
        project,
        [Conversation(n, (Message("user", "Hm?"), Message("assistant", text(n))), s, "2020")
         for n, s in CHATS.items()],
    )  # fmt: skip
    drafts = "".join(
        files.json_line({"key": n, "source_id": n, "draft": sentence(n)}) for n in TEXTS
    )
    files.write_text(project.drafts, drafts + files.json_line({"key": "?", "draft": "Whose?"}))
    _provenance(project)
    _pages(project)
    _datasets(project)
    _jobs(project)
    files.make_folder(project.comparison)
    files.write_json(project.comparison / REPORT_FILE, {"quoted": sentence("w1") + sentence("c1")})
    outside = files.make_folder(project.audits / "other-0123")  # an adapter elsewhere
    files.write_json(outside / PAIRS_FILE, {"quoted": sentence("w1") + sentence("c1")})
    files.make_folder(project.token_cache)
    (project.token_cache / "0.safetensors").write_text(sentence("w1") + sentence("a1"))
    return project


def _provenance(project: Project) -> None:
    own = Ground.own
    pages = {FEED: ("https://w.example/1", "https://w.example/2"), ABOUT: (ABOUT,), OTHER: (OTHER,)}
    notes = {
        FOLDER: Provenance("folder", own, documents=2),
        ESSAY: Provenance("file", own, documents=1),
        EXPORT: Provenance("chat export", own, conversations=2),
        EXPORT2: Provenance("chat export", own, conversations=1),
        ROWS: Provenance("rows", own, rows=1),
        MIX: Provenance("general rows", Ground.permission, rows=1),
    }
    for url, listed in pages.items():
        rows = tuple(
            {"url": p, "fetched": "2020", "robots": "allowed", "licence": ""} for p in listed
        )
        notes[url] = Provenance("feed", own, len(listed), robots="allowed", pages=rows)
    add_provenance(project, notes)


def _pages(project: Project) -> None:
    def html(*names: str) -> bytes:
        inner = "".join(f"<p>{p}</p>" for n in names for p in text(n).split("\n\n"))
        return f"<html><body><nav>Home</nav><article>{inner}</article></body></html>".encode()

    feed = "<rss><item><description>" + html("w1").decode().replace("<", "&lt;") + "</rss>"
    bodies = {
        FEED: feed.encode(),
        "https://w.example/1": html("oldw1"),  # an earlier version, and then today's
        "https://w.example/1?print": html("w1"),
        "https://w.example/2": html("w2"),
        "https://w.example/robots.txt": b"User-agent: *",
        ABOUT: html("ab"),
        OTHER: html("ot"),
    }
    with open_store(project.raw_web) as pages:
        for url, body in bodies.items():
            pages.save(Page(url, url, 200, 1.0, 1.0, body=body))
        pages.save(
            Page("https://w.example/1", "https://w.example/1", 200, 2.0, 2.0, body=html("w1"))
        )


def _datasets(project: Project) -> None:
    sources = TEXTS | CHATS | GIVEN | {"oldw1": "https://w.example/1"}
    kept, kept_card = dataset(
        {"train": ("oldw1", "a1", "es", "r2"), "valid": ("a2",), "test": ("ot", "d1")},
        sources,
        lengths=False,
    )
    write_dataset(project, kept, kept_card, {"quoted": sentence("oldw1")})
    adapter(project, "old", kept_card.digest)
    free, free_card = dataset({"train": ("es", "ot"), "valid": ("ab",), "test": ("d1",)}, sources)
    write_dataset(project, free, free_card, {})
    adapter(project, "free", free_card.digest)
    rows, card = dataset(
        {
            "train": ("w1", "a1", "es", "c1", "ab", "r1", "m1"),
            "valid": ("a2", "c2", "ot"),
            "test": ("w2", "d1"),
        },
        sources,
    )
    write_dataset(project, rows, card, {"quoted": sentence("w1") + sentence("a1")})
    adapter(project, "mine", card.digest)
    adapter(project, "lost", "f" * 64)
    anna, address = Contact("user2", ("Anna Weiss", "Anna"), ("c1",)), Contact("", ("Anna Weiss",))
    karl = Contact("user3", ("Karl Muster",), ("c2",))
    people = {EXPORT: [anna, address, karl], EXPORT2: [Contact("user9", ("Bo",), ("d1",))]}
    write_people(project, people)
    items = [{"kind": "name", "real": real, "stand_in": "[name]"} for real in PEOPLE.values()]
    files.make_folder(project.redaction_map.parent / "kept")
    files.write_json(project.redaction_map, {"dataset": card.digest, "replaced": items})
    old_map = project.redaction_map.parent / "kept" / f"{kept_card.digest}.json"
    files.write_json(old_map, {"dataset": kept_card.digest, "replaced": items})


def holding(project: Project, name: str) -> set[str]:
    """Return the files of the project, except adapters, that contain the sentence of a text."""
    found = set()
    for path in (p for p in project.home.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
        relative = path.relative_to(project.home)
        if sentence(name)[:40].encode() in content and relative.parts[0] != "adapters":
            found.add(relative.as_posix())
    return found


def tree(project: Project) -> dict[str, str]:
    """Return every file of the project without times."""
    found = {}
    for path in sorted(p for p in project.home.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.name == "forgotten.json":
            notes = json.loads(content)["datasets"]
            content = json.dumps({k: v["became"] for k, v in notes.items()}).encode()
        elif path.name == "provenance.json":
            notes = json.loads(content)
            content = json.dumps({k: v | {"collected": ""} for k, v in notes.items()}).encode()
        found[path.relative_to(project.home).as_posix()] = content.hex()
    return found


def forget(*words):
    """Run the command in this process; raise its error."""
    result = CliRunner().invoke(app, ["forget", *map(str, words)])
    if isinstance(result.exception, MorrisError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def forgotten(*words):
    return json.loads(forget(*words, "--yes", "--json"))
