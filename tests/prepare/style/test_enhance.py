"""Enhancement of a dataset, from the texts in train alone, and the command."""

import json

import pytest
from support.plain_drafts import (
    drafting,
    passage_of,
    prepare_documents,
    rows_of,
    write_plainly,
)
from support.workspace import done, make_tiny_model, morris, prepare_project
from tokenizers import Tokenizer

import morris_mlx.generate
from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.errors import RefusedError, UsageError
from morris_mlx.generate import scripted_generator
from morris_mlx.models.find import find_model
from morris_mlx.pipeline.prepare import PrepareRequest
from morris_mlx.prepare.examples.task_mixture import MIXTURE
from morris_mlx.prepare.reasons import BRIEFED, LEARNED_FROM
from morris_mlx.prepare.style.brief_checks import BriefFault
from morris_mlx.project.datasets import read_card
from morris_mlx.project.documents import write_documents
from morris_mlx.records.corpus import SPLITS, Document
from morris_mlx.text.word_runs import word_runs


def test_no_request_contains_eight_words_of_its_answer(sample_columns, tokenizer):
    made = prepare_documents(
        sample_columns[:24], tokenizer, window=420, enhance=True, draft_many=drafting(),
        drafting_window=2048,
    )  # fmt: skip
    titles = {d.id: d.title for d in sample_columns}
    assert {e.task for e in rows_of(made)} == {*MIXTURE, "continuation"}
    for example in rows_of(made):
        shared = word_runs(example.messages[1].content) & word_runs(example.messages[-1].content)
        assert shared <= word_runs(titles[example.source_id]), example


def test_held_out_texts_are_neither_measured_nor_drafted(sample_columns, tokenizer):
    documents = sample_columns[:20]
    plain = prepare_documents(documents, tokenizer)
    held = {e.source_id for s in ("valid", "test") for e in plain.examples[s]}
    marked = [
        Document(d.id, d.text + "\n\nZounds and gadzooks again!" * 9, d.title, date=d.date)
        if d.id in held
        else d
        for d in documents
    ]
    asked = []
    made = prepare_documents(
        marked, tokenizer, enhance=True, draft_many=drafting(asked=asked), drafting_window=2048
    )
    assert (
        made.extras["habits"]
        == prepare_documents(documents, tokenizer, enhance=True).extras["habits"]
    )
    assert "gadzooks" not in made.system_prompt
    assert made.extras["habits"]["texts"] == len(documents) - len(held)
    train = [d.text for d in documents if d.id not in held]
    assert asked and all(any(passage_of(m) in text for text in train) for m in asked)
    assert held == {e.source_id for s in ("valid", "test") for e in made.examples[s]}


def test_all_rows_have_the_system_prompt_with_the_habits(sample_columns, tokenizer):
    made = prepare_documents(sample_columns[:20], tokenizer, enhance=True)
    assert made.system_prompt != SYSTEM_PROMPT
    assert {e.messages[0].content for e in rows_of(made)} == {made.system_prompt}
    assert made == prepare_documents(sample_columns[:20][::-1], tokenizer, enhance=True)


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    folder = make_tiny_model(
        tmp_path_factory.mktemp("models") / "wide", max_position_embeddings=2048
    )
    return find_model(str(folder))


@pytest.fixture
def scripted(wide, monkeypatch):
    """Replace the generator by one that drafts plainly; return the list of its prompts."""
    asked = []
    reader = Tokenizer.from_file(str(wide.folder / "tokenizer.json"))

    def reply(request):
        said = reader.decode(list(request.ids))
        asked.append(said)
        assert "<|system|>" not in said
        return write_plainly(said.split("\n\n", 1)[1].split("<|assistant|>")[0])

    def load(files, **settings):
        assert settings["temperature"] == 0 and files == wide
        del settings["say"]
        return scripted_generator(reply, files, **settings)

    monkeypatch.setattr(morris_mlx.generate, "load_generator", load)
    return asked


def fill(project, sample_columns, extra=""):
    documents = [
        Document(d.id, d.text + extra.format(d.title), d.title) for d in sample_columns[:14]
    ]
    write_documents(project, documents)


def test_the_command_drafts_once_after_redaction_and_saves_the_prompt(
    project, sample_columns, wide, scripted
):
    secret = (
        "\n\nWrite of {} to jane.doe@example-post.org, " + "and of the weather of the week, " * 5
    )
    fill(project, sample_columns, secret + "now and again.")

    def prepare():
        return prepare_project(project, wide.name, None, SYSTEM_PROMPT, 7, enhance=True)

    card, report = prepare()
    assert scripted and not any("jane.doe" in said for said in scripted)
    assert any("[e-mail]" in said for said in scripted)
    assert report["drafts"][LEARNED_FROM] == report["rows"]["train, rewrite"] > 0
    drafted = [said for said in scripted if "Rewrite the passage" in said]
    assert report["drafts"]["passages"] == sum(report["drafts"].values()) / 2 == len(drafted)
    briefed = report["briefs"][BRIEFED] - report["briefs"][BriefFault.NO_ROOM]
    assert sum(report["briefs"].values()) / 2 == report["briefs"][BRIEFED]
    assert 0 < briefed == len(scripted) - len(drafted)
    assert card.system_prompt == report["enhanced_prompt"] != SYSTEM_PROMPT
    assert read_card(project.dataset).system_prompt == card.system_prompt
    sources = {s: {i for i, _ in card.rows[s]} for s in SPLITS}
    assert not sources["train"] & (sources["valid"] | sources["test"])
    before, count = [p.read_bytes() for p in sorted(project.dataset.iterdir())], len(scripted)
    prepare()
    assert [p.read_bytes() for p in sorted(project.dataset.iterdir())] == before
    assert len(scripted) == count


def test_the_practice_base_is_refused_for_drafts_but_not_for_habits(project, sample_columns):
    fill(project, sample_columns)
    refused = morris("prepare", "--model", "practice", "--enhance")
    assert refused.returncode == RefusedError.exit_code == 4
    assert "--model zephyr" in refused.stderr and "--enhance --no-drafts" in refused.stderr
    assert not project.dataset.exists()
    words = ("prepare", "--model", "practice", "--enhance", "--no-drafts")
    shown = done(*words)
    report = json.loads(done(*words, "--json"))
    assert report["drafts"] == {} and report["enhanced_prompt"] in shown
    assert not project.drafts.exists()
    with pytest.raises(UsageError, match="--enhance"):
        PrepareRequest(drafts=False)


def test_without_enhance_the_prompt_is_unchanged_and_no_model_is_loaded(
    project, sample_columns, wide, scripted
):
    fill(project, sample_columns)
    card, report = prepare_project(project, wide.name, None, "Hum.", 7)
    assert card.system_prompt == "Hum." and not scripted and "drafts" not in report
