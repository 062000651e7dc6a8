"""Fuzzing of the files in data/: documents, conversations, people, datasets, maps, removals."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fuzzing.artefacts import (
    AUDIT,
    CARD,
    CHAT,
    DIGEST,
    DOCUMENT,
    MESSAGES,
    NOTES,
    PLAN,
    ROW,
    RUN,
    at,
    lines,
    value,
)
from fuzzing.target import Target, require_type
from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.judges.panel import PanelFigures
from morris_mlx.files import digest
from morris_mlx.forget import find_source, unfinished_plan
from morris_mlx.forget.adapters import remove_quotations
from morris_mlx.forget.plan import ForgetPlan, working_folder
from morris_mlx.forget.project_records import remove_redacted_items
from morris_mlx.pipeline.adapters import show_adapter
from morris_mlx.pipeline.languages import UnknownLanguage, read_unknown_languages
from morris_mlx.pipeline.ranker import kept_figures
from morris_mlx.prepare.split import MIN_SOURCES, split_sources
from morris_mlx.project.adapters import EVENTS_FILE
from morris_mlx.project.audits import read_audit, read_audited_files
from morris_mlx.project.blind_tests import BlindChoice, read_answers, read_choices, read_pairs
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.datasets import read_card, read_dataset, read_examples, write_dataset
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.forgotten import explain_forgotten, read_forgotten
from morris_mlx.project.left_out import LeftOutItems, add_left_out, read_left_out
from morris_mlx.project.notes import NotesIndex, Passage, project_passages, read_notes
from morris_mlx.project.people import (
    Contact,
    read_named_people,
    read_not_names,
    read_people,
)
from morris_mlx.project.provenance import (
    add_provenance,
    page_urls,
    read_provenance,
    recorded_ground,
)
from morris_mlx.project.redaction_map import read_redaction_map
from morris_mlx.project.training_texts import training_texts
from morris_mlx.records.audit import AuditedFiles, AuditReport
from morris_mlx.records.blind_test import BlindPair, KeptAnswers
from morris_mlx.records.corpus import SPLITS, Conversation, DatasetCard, Document, Example
from morris_mlx.records.generation import Adapter
from morris_mlx.records.training import TrainRun
from morris_mlx.text.pii import LeakFinder, Person, RedactionMap
from morris_mlx.typed_json import record_from_json


def split_dates(data: bytes, _: Path) -> None:
    """A line a date, as a text or a conversation may bring it: each id comes to one side."""
    lines = data.decode("utf-8", "replace").split("\n")
    # As many as `prepare` asks for at least.
    dates = {str(number): line for number, line in enumerate([*lines, *["2021"] * MIN_SOURCES])}
    sides = split_sources(dates, 7)
    assert sorted(i for side in sides.values() for i in side) == sorted(dates)


# --- data/ -----------------------------------------------------------------------------------
def documents(project: Project) -> None:
    require_type(read_documents(project), list[Document])


def conversations(project: Project) -> None:
    found = list(read_conversations(project))
    require_type(found, list[Conversation])
    assert all(c.messages for c in found)


def people(project: Project) -> None:
    require_type(read_people(project), dict[str, tuple[Contact, ...]])


def left_out(project: Project) -> None:
    """Read, and written again with one more source."""
    with suppress(MorrisError):
        require_type(read_left_out(project), dict[str, tuple[LeftOutItems, ...]])
    add_left_out(project, {"/e/essays": (LeftOutItems("empty", 1, ("/e/essays/a.md",)),)})
    require_type(read_left_out(project), dict[str, tuple[LeftOutItems, ...]])


def audit_report(project: Project) -> None:
    adapter = Adapter("mine", project.adapter("mine"), DIGEST, DIGEST, None)
    require_type(read_audit(project, adapter), AuditReport)


def audited_files(project: Project) -> None:
    adapter = Adapter("mine", project.adapter("mine"), DIGEST, DIGEST, None)
    require_type(read_audited_files(project, adapter), AuditedFiles)


def evaluation_report(project: Project) -> None:
    """The list of adapters shows what it can read of a report, and never fails on one."""
    found = show_adapter(project, "mine")
    require_type(found.sentence, str)
    require_type(found.listed.voice, float | None)
    require_type(found.listed.verdict, str)


def kept_answers(project: Project) -> None:
    require_type(read_answers(project.adapter("mine")), KeptAnswers | None)


def blind_pairs(project: Project) -> None:
    adapter = Adapter("mine", project.adapter("mine"), DIGEST, DIGEST, None)
    require_type(read_pairs(project, adapter, DIGEST), tuple[BlindPair, ...])


def blind_choices(project: Project) -> None:
    adapter = Adapter("mine", project.adapter("mine"), DIGEST, DIGEST, None)
    require_type(list(read_choices(project, adapter)), list[BlindChoice])


def judges(project: Project) -> None:
    require_type(kept_figures(project.adapter("mine") / "judges.json", DIGEST), PanelFigures | None)


def notes(project: Project) -> None:
    found = read_notes([project.home / "notes.md"])
    with NotesIndex([*found, *project_passages(project)], common=()) as index:
        require_type(index.search("Words of Anna from Tver in 1900.", 3), list[Passage])


def not_names(project: Project) -> None:
    require_type(read_not_names(project), tuple[str, ...])


def named_people(project: Project) -> None:
    require_type(read_named_people(project), tuple[Person, ...])


def unknown_languages(project: Project) -> None:
    require_type(read_unknown_languages(project.dataset), tuple[UnknownLanguage, ...])


def provenance(project: Project) -> None:
    """Read, asked, and written again with one more note."""
    notes = read_provenance(project)
    for source, note in notes.items():
        recorded_ground(notes, source)
        page_urls(note)
    add_provenance(project, {})


def redaction_map(project: Project) -> None:
    found = read_redaction_map(project)
    require_type(found, RedactionMap)
    LeakFinder(found).find("Ask Vera, +7 912 345-67-89, vera@example.org.")
    with suppress(MorrisError):
        read_redaction_map(project, DIGEST)
    remove_redacted_items(project, ["Vera"], {DIGEST: ""})


def forgotten(project: Project) -> None:
    require_type(read_forgotten(project), dict[str, str])
    require_type(explain_forgotten(project, DIGEST), str)


def card(project: Project) -> None:
    require_type(read_card(project.dataset), DatasetCard)


def rows(project: Project) -> None:
    require_type(read_examples(project.dataset, "train"), list[Example])
    with suppress(MorrisError):
        read_dataset(project.dataset)
    run = record_from_json(TrainRun, RUN)
    with suppress(MorrisError):
        require_type(list(training_texts(project, run)), list[str])


def forget_plan(project: Project) -> None:
    require_type(unfinished_plan(project), ForgetPlan | None)


def forget(project: Project) -> None:
    """Everything that `morris forget` looks through, with one damaged file among it."""
    require_type(find_source(project, "/x.md", "", "", lambda *_: 0), ForgetPlan)


def quotations(project: Project) -> None:
    """The samples of a training go, its numbers stay."""
    working_folder(project).mkdir(parents=True, exist_ok=True)
    remove_quotations(project, "mine")
    left = (project.adapter("mine") / EVENTS_FILE).read_text(encoding="utf-8", errors="replace")
    assert all(json.loads(line).get("event") != "samples" for line in left.splitlines())


def retired(project: Project) -> None:
    """A new dataset takes the place of whatever lies there."""
    examples = {split: [Example(MESSAGES, "d1", "brief")] for split in SPLITS}
    made = record_from_json(DatasetCard, CARD)
    write_dataset(project, examples, replace(made, digest="cd" * 32), {}, "page")
    assert read_card(project.dataset).digest == "cd" * 32
    assert not list(project.data.glob(".dataset*"))


CONTACT = {"id": "user2", "names": ["Ann", "Annie"], "conversations": ["c1"]}
OTHERS = {
    "data/documents.jsonl": DOCUMENT,
    "data/conversations.jsonl": CHAT,
    "data/provenance.json": NOTES,
    "data/private/people.json": {"/e/result.json": [CONTACT]},
    "data/dataset/card.json": CARD,
    "data/dataset/train.jsonl": ROW,
    "adapters/mine/run.json": RUN,
    "data/forgotten.json": {"datasets": {}},
    "data/drafts.jsonl": {"key": DIGEST, "draft": "x", "source_id": "d1"},
}
DATES = b"2023-11-14\n2023-11-14T22:13:20+03:00\n2023\n\n9999-12-31T23:59:59-14:00\n2021-01-01"
CARD_BESIDE = {"data/dataset/card.json": CARD, "data/dataset/valid.jsonl": ROW}
CARD_BESIDE |= {"data/dataset/test.jsonl": ROW}
REPLACED = [
    {"kind": "name", "real": "Vera", "stand_in": "Anna"},
    {"kind": "iban", "real": "DE89 3704 0044 0532 0130 00", "stand_in": "[iban]"},
]
ANSWERS = {
    "adapter_sha256": DIGEST,
    "config_sha256": DIGEST,
    "base_digest": DIGEST,
    "dataset_digest": DIGEST,
    "seed": 0,
    "rows": [{"request": "r", "author": "a", "base": "b", "adapter": "c"}],
}
PAIR = {"request": "r", "first": "a", "second": "b", "target_first": True}
PAIRS = {"tests": {DIGEST: [PAIR]}}
REPORT = {
    "verdict": {"kind": "reads like the author", "sentence": "It reads like you."},
    "voice": {"rows": [{"name": "adapter", "strength": 1.0, "combined": {"value": 0.7}}]},
}
CHOICE = {
    "test": DIGEST,
    "pair": 0,
    "pairs": 2,
    "hit": True,
    "against": "author",
    "adapter_sha256": DIGEST,
    "seed": 0,
    "date": "2024-01-01T00:00:00+00:00",
}
CALIBRATION = {"center": [0.5], "scale": [1.0], "weights": [2.0, -1.0]}
FIGURES = {"calibrations": [CALIBRATION], "own": [[1.0]], "others": [[-1.0]]}
JUDGES = {"key": digest(json.dumps([DIGEST, FIGURES])), "figures": FIGURES}
MAP = {"dataset": DIGEST, "replaced": REPLACED}
TARGETS = (
    Target(
        "documents",
        lines(DOCUMENT, DOCUMENT | {"id": "d2"}),
        at("data/documents.jsonl", documents),
        "documents.jsonl",
    ),
    Target(
        "conversations",
        lines(CHAT, CHAT),
        at("data/conversations.jsonl", conversations),
        "conversations.jsonl",
    ),
    Target(
        "people",
        value({"/e/result.json": [CONTACT, ["Bo", "Bob"]]}),
        at("data/private/people.json", people),
        "people.json",
    ),
    Target(
        "left-out",
        value({"/e/texts": [{"reason": "empty", "count": 2, "examples": ["/e/texts/b.md"]}]}),
        at("data/left_out.json", left_out),
    ),
    Target("audit", value(AUDIT), at("adapters/mine/audit.json", audit_report), "audit.json"),
    Target(
        "audited-files",
        value({"files": {"run.json": {"size": 2, "sha256": DIGEST, "blocks": ["ab12"]}}}),
        at("adapters/mine/audit_files.json", audited_files),
        "",
    ),
    Target(
        "evaluation-report",
        value(REPORT),
        at("adapters/mine/report.json", evaluation_report, {"adapters/mine/run.json": RUN}),
        "",
    ),
    Target("kept-answers", value(ANSWERS), at("adapters/mine/answers.json", kept_answers), ""),
    Target("blind-pairs", value(PAIRS), at("adapters/mine/blind_pairs.json", blind_pairs), ""),
    Target(
        "blind-choices",
        lines(CHOICE, CHOICE | {"pair": 1}),
        at("adapters/mine/blind_test.jsonl", blind_choices),
        "",
    ),
    Target("judges", value(JUDGES), at("adapters/mine/judges.json", judges), ""),
    Target(
        "notes",
        lambda: [b"Anna was born in Tver.\n\nIn 1900.", "Анна из Твери.".encode()],
        at("notes.md", notes),
        "",
    ),
    Target(
        "not-names",
        value({"words": ["hope", "will young"]}),
        at("data/private/not_names.json", not_names),
        "not_names.json",
    ),
    Target(
        "named-people",
        value({"people": [["Ann Bell", "Ann"], ["Bo"]]}),
        at("data/private/names.json", named_people),
        "names.json",
    ),
    Target(
        "unknown-languages",
        value({"unknown_languages": [{"code": "ru", "share": 0.2, "bytes_per_token": 1.2}]}),
        at("data/dataset/report.json", unknown_languages),
        "",
    ),
    Target("provenance", value(NOTES), at("data/provenance.json", provenance), "provenance.json"),
    Target("private-map", value(MAP), at("data/private/redaction.json", redaction_map), "data"),
    Target(
        "forgotten",
        value({"datasets": {DIGEST: {"when": "2023-11-14", "became": ""}}}),
        at("data/forgotten.json", forgotten),
        "forgotten.json",
    ),
    Target("dataset-card", value(CARD), at("data/dataset/card.json", card), "card.json"),
    Target(
        "dataset-rows",
        lines(ROW, ROW),
        at("data/dataset/train.jsonl", rows, CARD_BESIDE),
        "train.jsonl",
    ),
    Target("split-dates", lambda: [DATES], split_dates),
    Target("forget-plan", value(PLAN), at("data/.forgetting/plan.json", forget_plan), "plan.json"),
    Target(
        "forget-events",
        lines({"event": "samples", "texts": ["a\u2028b"]}, {"event": "step", "step": 1}),
        at("adapters/mine/events.jsonl", quotations),
    ),
    *(
        Target(f"retired-{Path(place).stem}", lines(OTHERS[place]), at(place, retired, OTHERS))
        for place in ("data/dataset/card.json", "adapters/mine/run.json")
    ),
    *(
        Target(f"forget-{Path(place).stem}", lines(content), at(place, forget, OTHERS))
        for place, content in OTHERS.items()
    ),
)
