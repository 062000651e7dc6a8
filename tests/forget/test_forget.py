"""`morris forget SOURCE`: complete removal, nothing else changed, despite interruptions."""

import json
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

import mlx.core as mx
import pytest
from support import forget_world as world
from support.forget_world import EVERYBODY, OF_SOURCE, build, forget, forgotten, holding
from support.workspace import morris

from morris_mlx import files
from morris_mlx.defaults import ADAPTER_WEIGHTS
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.forget import unfinished_plan
from morris_mlx.forget.project_records import remove_drafts
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.adapters import ADAPTER_LOCK, CHECKPOINTS
from morris_mlx.project.blind_tests import ANSWERS_FILE, CHOICES_FILE, PAIRS_FILE
from morris_mlx.project.datasets import (
    CARD_FILE,
    REPORT_FILE,
    find_dataset,
    read_card,
    read_dataset,
)
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.forgotten import read_forgotten
from morris_mlx.project.people import read_people
from morris_mlx.project.provenance import read_provenance
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.corpus import SPLITS, Document
from morris_mlx.train.checkpoint_files import Checkpoint, write_checkpoint


@pytest.fixture
def full(project, monkeypatch):
    monkeypatch.setattr(files, "flush", lambda _: None)
    return build(project.home)


@pytest.mark.parametrize("source", world.SOURCES)
def test_a_removed_source_is_in_no_file_and_other_sources_stay(full, source):
    gone = OF_SOURCE[source]
    before = {name: holding(full, name) for name in EVERYBODY}
    assert all(before[name] for name in gone)
    forgotten(source)
    assert {name: holding(full, name) for name in gone} == {name: set() for name in gone}
    for name in set(EVERYBODY) - set(gone):
        now = holding(full, name)
        stays = {p for p in before[name] if p.split("/")[1] in ("documents.jsonl", "raw")}
        assert stays <= now, name  # and its rows, though in a dataset with another digest
        rows = [p for p in before[name] if p.endswith(("train.jsonl", "valid.jsonl"))]
        assert len([p for p in now if p.endswith(("train.jsonl", "valid.jsonl"))]) <= len(rows)
    assert not list(full.data.glob(".forgetting/*")) and not list(full.home.rglob(".new-*"))


def test_other_rows_keep_their_order_and_match_the_card(full):
    told = forgotten(world.FOLDER)
    kept = read_dataset(full.dataset) if full.dataset.exists() else None
    # All validation rows of the kept dataset were of the folder, so it was removed completely.
    whole = {Path(d["folder"]).name: d["whole"] for d in told["datasets"]}
    assert "one of its splits would be empty" in "".join(whole.values())
    assert kept and [e.source_id for e in kept["train"]] == ["w1", "es", "c1", "ab", "r1", "m1"]
    card = read_card(full.dataset)
    lengths = {s: tuple(world.row_length(e.source_id) for e in kept[s]) for s in SPLITS}
    assert card.lengths == lengths
    assert set(card.sources) == {"w1", "es", "c1", "ab", "r1", "m1", "c2", "ot", "w2", "d1"}
    report = files.read_json(full.dataset / REPORT_FILE)
    assert report["digest"] == card.digest and report["rows_in_all"] == 10


def test_a_kept_dataset_loses_rows_of_earlier_versions(full):
    before = {p.name for p in full.kept_datasets.iterdir()}
    told = forgotten("https://w.example/1")
    kept = next(d for d in told["datasets"] if "datasets" in d["folder"])
    after = {p.name for p in full.kept_datasets.iterdir()}
    assert kept["rows"] == 1 and after == before - {kept["digest"]} | {kept["became"]}
    rows = read_dataset(full.kept_datasets / kept["became"])
    assert not read_card(full.kept_datasets / kept["became"]).lengths, "an older version wrote it"
    assert [e.source_id for e in rows["train"]] == ["a1", "es", "r2"]
    assert holding(full, "oldw1") == set() == holding(full, "w1")
    note = read_provenance(full)[world.FEED]
    assert [p["url"] for p in note["pages"]] == ["https://w.example/2"] and note["documents"] == 1


def test_adapters_are_listed_with_the_number_of_removed_rows(full):
    told = {a["name"]: a for a in forgotten(world.FEED)["adapters"]}
    assert (told["mine"]["learned"], told["mine"]["held_out"]) == (1, 1)
    assert (told["old"]["learned"], told["old"]["held_out"]) == (1, 0)
    assert not told["lost"]["known"] and "free" not in told
    # The next source is found under the new digest of the dataset.
    again = {a["name"]: a["learned"] for a in forgotten(world.ESSAY)["adapters"]}
    assert again["mine"] == again["old"] == again["free"] == 1
    shown = forget(world.EXPORT, "--dry-run")
    assert "mine: learned from 1 of its rows, measured on 1" in shown
    assert (
        "Only deleting them" in shown and "Unknown for these adapters" in shown and "lost" in shown
    )


def test_reports_that_quote_the_source_go_and_other_reports_stay(full):
    forgotten(world.FEED)
    for file in ("report.json", "quick-report.json", ANSWERS_FILE, PAIRS_FILE):
        there = {p.parent.name for p in full.adapters.glob(f"*/{file}")}
        assert there == {"free", "lost"}
    assert (full.adapter("mine") / CHOICES_FILE).exists()  # it holds no texts
    assert not full.comparison.exists() and not list(full.audits.glob(f"*/{PAIRS_FILE}"))
    assert (full.adapter("mine") / ADAPTER_WEIGHTS).exists()
    events = {p.parent.name: p.read_text() for p in full.adapters.glob("*/events.jsonl")}
    assert events["mine"] == '{"event": "step"}\n' and "samples" in events["free"]


def test_a_host_includes_all_of_its_pages_and_no_other_host(full):
    told = forgotten("W.example")
    assert set(told["sources"]) == {world.FEED, world.ABOUT} and told["documents"] == 3
    index = (full.raw_web / "index.jsonl").read_text()
    assert "w.example" not in index and world.OTHER in index
    assert len(list(full.raw_web.rglob("*.gz"))) == 1


def test_an_address_of_a_folder_includes_every_address_below_it(full):
    assert forgotten("https://o.example/")["sources"] == [world.OTHER]


def test_only_the_removed_pages_of_a_shared_host_go(full):
    forgotten(world.FEED)
    index = (full.raw_web / "index.jsonl").read_text()
    assert "robots.txt" in index and world.ABOUT in index
    # Also a copy at an address without an entry.
    assert "print" not in index and "feed.xml" not in index


def test_a_folder_includes_its_files_and_no_folder_of_a_similar_name(full):
    assert forgotten("/texts")["documents"] == 3
    assert {d.id for d in read_documents(full)} == {"w1", "w2", "ab", "ot"}
    with pytest.raises(MissingError):
        forget("/text", "--yes")


def test_a_folder_or_archive_in_a_collected_folder_is_found_by_the_last_part_of_its_path(full):
    documents = read_documents(full)
    for name in ("posts/1.html", "posts/2.html"):
        source = f"{world.FOLDER}/blog.zip/{name}"
        documents.append(Document(name, world.text("zz"), source=source))
    write_documents(full, documents)
    assert forgotten("deep")["documents"] == 1
    assert forgotten("blog.zip")["documents"] == 2
    assert "a1" in {d.id for d in read_documents(full)}
    with pytest.raises(MissingError, match="can be given by its path"):
        forget("texts", "--yes")  # this folder was not collected, only two folders in it


def test_archives_and_mails_that_bring_the_texts_back_are_listed(full, tmp_path):
    archive, mail = tmp_path / "blog.zip", tmp_path / "one.eml"
    documents = read_documents(full)
    for path, source in ((archive, archive / "posts/1.html"), (mail, tmp_path / "*.eml")):
        path.write_text("x")
        documents.append(Document(path.name, world.text("zz"), source=str(source)))
    write_documents(full, documents)
    with pytest.raises(MissingError, match=r"The mails of a folder are one source: .*eml"):
        forget(str(mail), "--yes")
    assert forgotten(tmp_path)["own_files"] == [str(archive), str(mail)]


def test_an_export_goes_with_its_conversations_only(full):
    told = forgotten(world.EXPORT)
    assert told["conversations"] == 2 and told["documents"] == 0
    assert [json.loads(r)["id"] for r in full.conversations.read_text().splitlines()] == ["d1"]
    assert list(read_people(full)) == [world.EXPORT2]


def test_a_dataset_with_unknown_rows_is_removed_completely(full):
    train = full.dataset / "train.jsonl"
    train.write_text(train.read_text().replace("Write ab", "Write something else"))
    (next(full.kept_datasets.iterdir()) / CARD_FILE).write_text("{")
    whole = {d["whole"] for d in forgotten(world.FEED)["datasets"] if d["whole"]}
    assert any("changed by hand" in w for w in whole) and any("cannot be read" in w for w in whole)
    assert not full.dataset.exists()


def test_leftovers_of_earlier_kills_are_removed(full):
    (full.data / ".new-abc.jsonl").write_text(world.sentence("w1"))
    (full.data / ".dataset.x").mkdir()
    (full.data / ".dataset.x" / "train.jsonl").write_text(world.sentence("w1"))
    forgotten(world.FEED)
    assert holding(full, "w1") == set()


def test_raw_copies_go_and_the_users_own_files_stay(full, tmp_path):
    own, raw = tmp_path / "own.txt", full.raw_web.parent / "copies" / "1.txt"
    raw.parent.mkdir(parents=True)
    documents = read_documents(full)
    for path in (own, raw):
        path.write_text(world.sentence("a1"))
        documents.append(Document(path.name, world.text("zz"), source=str(path)))
    write_documents(full, documents)
    assert forgotten(own)["own_files"] == [str(own)] and own.exists()
    assert forgotten(raw.parent)["own_files"] == [] and not raw.exists()


def test_an_unknown_source_is_an_error_that_lists_the_sources(full):
    with pytest.raises(MissingError) as error:
        forget("Anna", "--yes")
    assert all(name in str(error.value) for name in (*world.SOURCES, "w.example"))
    assert "`morris forget --person 'Anna'`" in str(error.value)
    result = morris("forget", "nothing", "--yes")
    assert result.returncode == 3 and "Its sources are:" in result.stderr


def test_a_project_without_sources_is_an_error(project):
    with pytest.raises(MissingError, match="nothing was collected"):
        forget("x", "--yes")
    assert not project.data.exists()


def test_a_dry_run_lists_everything_and_changes_nothing(full):
    before = world.tree(full)
    shown = forget(world.FEED, "--dry-run")
    assert world.tree(full) == before
    for words in ("stored pages", "drafts", "2 of 12 rows", "mine: learned", "Nothing was removed"):
        assert words in shown, shown


def test_it_refuses_without_a_terminal_and_without_yes(full):
    before = world.tree(full)
    with pytest.raises(RefusedError, match="--yes"):
        forget(world.FEED)
    result = morris("forget", world.FEED)
    assert result.returncode == 4 and "--dry-run" in result.stderr
    assert world.tree(full) == before


@pytest.mark.parametrize(("answer", "code"), [("n", 4), ("y", 0)])
def test_it_asks_for_confirmation_on_a_terminal(full, answer, code):
    leader, follower = pty.openpty()
    words = [sys.executable, "-m", "morris_mlx", "forget", world.FEED]
    with subprocess.Popen(words, stdin=follower, stderr=follower, stdout=subprocess.PIPE) as asked:
        os.write(leader, f"{answer}\n".encode())
        asked.stdout.read()
    shown = os.read(leader, 100_000).decode()
    assert asked.returncode == code and "Remove all this permanently?" in shown, shown
    assert "mine: learned from 1" in shown
    assert bool(holding(full, "w1")) == (answer == "n")


def test_it_fails_at_once_while_pages_are_being_collected(full):
    with files.locked(full.raw_web / ".lock", "busy"), pytest.raises(MorrisError, match="collect"):
        forget(world.FEED, "--yes")
    forget(world.OTHER, "--yes")  # finishes the first one
    assert holding(full, "w1") == set() == holding(full, "ot")


def test_nothing_is_removed_while_a_training_is_running(full):
    before = world.tree(full)
    lock = full.adapter("free") / ADAPTER_LOCK
    busy = pytest.raises(MorrisError, match=r"A training is running in .*free")
    with files.locked(lock, "busy"), busy:
        forget(world.FEED, "--yes")
    lock.unlink()
    (full.data / ".forgetting.lock").unlink()
    assert world.tree(full) == before
    forget(world.FEED, "--yes")


def test_resuming_or_evaluating_an_adapter_of_a_changed_dataset_is_an_error(full):
    from morris_mlx.pipeline.train import ResumeRequest, resume

    run = read_run(full.adapter("mine"))
    arrays = {"a": mx.zeros((1,))}
    write_checkpoint(full.adapter("mine") / CHECKPOINTS, Checkpoint(0, run, arrays, arrays, 0))
    forgotten(world.FEED)
    wanted = "removed from the dataset .* by `morris forget` .*train a new adapter"
    with pytest.raises(MissingError, match=wanted):
        resume(full, ResumeRequest("mine"))
    with pytest.raises(MissingError, match=wanted):
        training_texts(full, run)
    result = morris("evaluate", "--adapter", "mine")
    assert result.returncode == 3 and "by `morris forget`" in result.stderr
    assert read_forgotten(full)[run.dataset_digest] == read_card(full.dataset).digest
    # An adapter trained without the source is not affected.
    assert find_dataset(full, read_run(full.adapter("free")).dataset_digest)


@pytest.mark.parametrize("words", [[world.FEED], ["--person", "Anna"]], ids=["source", "person"])
def test_a_removal_killed_at_any_change_of_the_disk_is_completed_by_the_next(words):
    root = Path(__file__).parents[2]
    # Hundreds of projects are copied and removed: in memory, where the system has a folder there.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "support.forget_killed", folder, *words],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": f"{root}:{root / 'tests'}"},
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["failures"] == [] and found["code"] == 0
    assert found["kills"] > 40 and found["torn"] > 40 and found["unnamed"] == 0


def test_a_second_removal_finds_nothing(full):
    forgotten(world.FEED)
    with pytest.raises(MissingError):
        forget(world.FEED, "--yes")
    assert isinstance(full, Project)


@pytest.mark.parametrize("notes", ["null", '{"%s": null}' % ("a" * 64), '{"x": "gone"}', "[]"])
def test_a_damaged_list_of_changed_datasets_is_an_error(project, notes):
    project.forgotten.parent.mkdir()
    project.forgotten.write_text(f'{{"datasets": {notes}}}')
    with pytest.raises(MorrisError, match=r"forgotten.json is damaged. Delete it"):
        read_forgotten(project)


@pytest.mark.parametrize(
    "change",
    [{"datasets": [{"folder": "dataset"}]}, {"ids": "d1"}, {"documents": True}, {"word": None}],
)
def test_a_damaged_plan_is_an_error(project, change):
    path = project.data / ".forgetting" / "plan.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"word": "/x", "datasets": [], "adapters": []}))
    assert unfinished_plan(project).word == "/x"
    path.write_text(json.dumps({"word": "/x", "datasets": [], "adapters": []} | change))
    with pytest.raises(MorrisError, match=r"plan.json is damaged: .* Delete"):
        unfinished_plan(project)


def test_a_draft_with_a_line_separator_stays_complete(project):
    rows = [
        {"key": "1", "draft": "one\u2028two\x85three", "source_id": "kept"},
        {"key": "2", "draft": "four", "source_id": "gone"},
    ]
    project.drafts.parent.mkdir()
    project.drafts.write_text("".join(map(files.json_line, rows)), encoding="utf-8", newline="\n")
    remove_drafts(project, {"kept"})
    assert project.drafts.read_bytes() == files.json_line(rows[0]).encode()
