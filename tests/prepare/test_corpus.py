"""Texts, conversations and given rows in one dataset: shares, splits, habits and the report."""

import itertools
import json
from dataclasses import replace

import pytest
from support.given_rows import general, own, written
from support.sample_conversations import made
from support.sample_documents import document, documents
from support.workspace import done, morris

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.errors import MorrisError
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.prepare import Extras, prepare_collected
from morris_mlx.prepare.examples.task_mixture import MIXTURE
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.prepare.report.advice import advise
from morris_mlx.prepare.report.numbers import Count, count
from morris_mlx.prepare.report.page import ROW_TITLES, render
from morris_mlx.project.conversations import write_conversations
from morris_mlx.project.datasets import dataset_digest, read_card
from morris_mlx.project.documents import write_documents
from morris_mlx.project.people import write_people
from morris_mlx.records.corpus import CHAT_TASK, MIX_TASK, ROW_TASK, SPLITS, DatasetCard, Document
from morris_mlx.text.pii import Person
from morris_mlx.text.word_runs import word_runs

WORDS = ["anchor", "basket", "candle", "drawer", "elbow", "feather"]
WORDS += ["gravel", "hammer", "island", "jacket", "kettle", "ladder"]


def talks(count=20, said="The {w} is well; thanks ({n})!"):
    texts = [said.format(w=WORDS[n % len(WORDS)], n=n) for n in range(count)]
    return [
        made(f"What of {n}?", f"me: {text}", key=f"t{n:02}", date=f"2021-02-{n + 1:02}")
        for n, text in enumerate(texts)
    ]


def prepared(tokenizer, docs=(), chats=(), prompt="Speak.", window=1024, **extras):
    return prepare_collected(
        docs, chats, tokenizer, window, prompt, 7, extras=Extras(**extras), redact=False
    )


def ids(made_of, split):
    return {e.source_id for e in made_of.examples[split]}


@pytest.mark.parametrize("docs", [0, 12])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_general_rows_have_their_share_of_all_rows_with_conversations_too(
    tokenizer, tmp_path, docs, share
):
    mix = read_instruction_rows(written(tmp_path / "m.json", general(200), "array"))
    found = prepared(tokenizer, documents(docs), talks(), mix=mix, mix_share=share)
    train = found.examples["train"]
    mixed = sum(e.task == MIX_TASK for e in train)
    assert share - 1 / len(train) < mixed / len(train) <= share and mixed
    assert not any(e.task == MIX_TASK for s in ("valid", "test") for e in found.examples[s])


def test_held_out_texts_are_never_mixed_in(tokenizer, tmp_path):
    path = written(tmp_path / "rows.json", general(60), "array")
    rows = read_instruction_rows(path)
    held_out = documents(20)[19]
    copies = [{"instruction": "Say it.", "output": held_out.text.split("\n\n")[0]}]
    mix = read_instruction_rows(written(tmp_path / "mix.json", [*general(90), *copies], "array"))
    dated = [
        Document(d.id, d.text, d.title, date=f"2020-01-{n + 1:02}")
        for n, d in enumerate(documents(20))
    ]
    found = prepared(tokenizer, dated, rows=rows, mix=mix, mix_share=0.2)
    assert held_out.id in ids(found, "test")
    mixed = [e for e in found.examples["train"] if e.task == MIX_TASK]
    own = {e.messages[-1].content for s in SPLITS for e in found.examples[s] if e.task == "row"}
    assert mixed and own.isdisjoint(e.messages[-1].content for e in mixed)
    assert copies[0]["output"] not in {e.messages[-1].content for e in mixed}
    counts = dict(found.extras["mix"])
    assert counts[ExclusionReason.ALREADY_OWN] > 0 and counts.pop("input") == 91 == sum(
        counts.values()
    )


def test_a_kind_with_few_sources_is_in_train_as_a_whole(tokenizer):
    found = prepared(tokenizer, documents(2), talks())
    assert {d.id for d in documents(2)} <= ids(found, "train")
    assert (found.documents["train"], found.documents["valid"], found.documents["test"]) == (
        2,
        0,
        0,
    )
    assert len(ids(found, "test")) == 2
    found = prepared(tokenizer, documents(20), talks(3))
    assert {c.id for c in talks(3)} <= ids(found, "train")
    assert found.conversations["test"] == 0 and len(ids(found, "test")) == 2


def test_too_little_of_everything_is_refused_with_what_is_missing(tokenizer):
    with pytest.raises(MorrisError) as refused:
        prepared(tokenizer, [*documents(3), Document("s", "short")], [*talks(2), made("Hm?")])
    assert str(refused.value) == (
        "Only 3 of 4 documents and 2 of 3 conversations can be learned from, and 5 are needed "
        "(1 shorter than 80 words, 1 nothing of the writer's own but links). Collect 2 more texts "
        "of at least 80 words or 3 more conversations (`--gap 6h` splits them more often). Or, to "
        "keep the short text, give `--min-words 10`; or, if a file holds several texts, collect it "
        "again with `--split headings`."
    )


def test_a_text_pasted_into_a_conversation_is_in_train_only(tokenizer):
    docs = [
        Document(d.id, d.text, d.title, date=f"2020-01-{n + 1:02}")
        for n, d in enumerate(documents(20))
    ]
    pasted = made("What do you write?", f"me: {docs[19].text}", key="p", date="2010-01-01")
    assert docs[19].id in ids(prepared(tokenizer, docs), "test")
    found = prepared(tokenizer, docs, [*talks(), pasted])
    assert {docs[19].id, "p"} <= ids(found, "train") and docs[18].id in ids(found, "test")


def test_overlap_is_measured_over_texts_and_conversations(tokenizer):
    texts = [document(n) for n in range(20)]
    chats = [
        made("And?", f"me: {texts[n].text.split('. ')[0]}", key=f"c{n:02}", date=f"2022-01-{n + 1:02}")
        for n in range(20)
    ]  # fmt: skip
    apart = prepared(tokenizer, texts).overlap["test"]
    assert prepared(tokenizer, texts, chats).overlap["test"] > apart + 0.1


def test_the_habits_of_conversations_are_in_the_system_prompt(tokenizer):
    chats = talks(40, said="Well; the {w} went out – again ({n}); nobody knows why; never mind.")
    found = prepared(tokenizer, (), chats, prompt=SYSTEM_PROMPT, enhance=True)
    assert "semicolons" in found.system_prompt
    assert found.extras["habits"]["texts"] == len(ids(found, "train")) == 32
    rows = [e for s in SPLITS for e in found.examples[s]]
    assert {e.messages[0].content for e in rows} == {found.system_prompt}


def test_a_stand_in_is_no_habit(tokenizer):
    chats = [
        made("And?", f"me: dear mr pimm, the {w} number {n} is well", key=f"{w}{n}", date="2021")
        for n, w in enumerate(WORDS * 3)
    ]
    found = prepare_collected(
        (), chats, tokenizer, 1024, SYSTEM_PROMPT, 7,
        people=[Person(("Harold Pimm", "Pimm"))], extras=Extras(enhance=True),
    )  # fmt: skip
    (stand_in,) = {i.stand_in.split()[-1].casefold() for i in found.redaction_map.items}
    assert any(stand_in in m.content for e in found.examples["train"] for m in e.messages[1:])
    assert stand_in not in found.system_prompt and "pimm" not in found.system_prompt


def test_the_habits_of_conversations_need_no_drafting_model(project, capsys):
    write_conversations(project, talks())
    write_people(project, {talks()[0].source: ()})
    report = json.loads(done("prepare", "--model", "practice", "--enhance", "--json"))
    assert report["habits"]["texts"] == 16 and report["drafts"] == {}
    assert read_card(project.dataset).system_prompt == report["enhanced_prompt"]
    write_documents(project, documents(8))
    assert morris("prepare", "--model", "practice", "--enhance").returncode == 4


# --- the report ------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def everything(tokenizer, tmp_path_factory):
    """Prepare texts, conversations, own and general rows with broken ones, and drafts."""
    folder = tmp_path_factory.mktemp("given")
    rows = read_instruction_rows(written(folder / "rows.json", [*own(12), {"words": "x"}], "array"))
    mix = read_instruction_rows(written(folder / "mix.json", general(200), "array"))
    answers = itertools.cycle(["Plain words stand here in place of what was said before. " * 6, ""])
    made = prepared(
        tokenizer, documents(20, words=40), talks(), rows=rows, mix=mix, mix_share=0.2, enhance=True,
        draft_many=lambda asked: (next(answers) for _ in asked), drafting_window=2048,
    )  # fmt: skip
    digest = dataset_digest(made.examples)
    card = DatasetCard("practice", "t", 1024, made.system_prompt, 7, digest, {})
    return made, count(made, card)


def test_all_input_is_in_a_funnel_that_adds_up(everything):
    made, numbers = everything
    ends = {
        f.noun: (f.given, sum(r.count for r in f.left_out), f.kept_total)
        for f in (*numbers.funnels, *numbers.added_funnels)
    }
    assert set(ends) == {"texts", "conversations", "rows of yours", "general rows", "passages"}
    assert all(given == gone + kept for given, gone, kept in ends.values())
    assert ends["rows of yours"] == (13, 1, 12)
    assert ends["general rows"][2] == made.rows[f"train, {MIX_TASK}"]
    assert ends["passages"][2] == made.rows["train, rewrite"] > 0
    assert made.extras["drafts"]["empty draft"] > 0
    page = render(numbers)
    for words in ("general rows mixed in", "passages learned from", "– empty draft"):
        assert words in page


def test_every_task_is_described_in_words(everything):
    _, numbers = everything
    tasks = {task.name for split in numbers.splits for task in split.tasks}
    assert tasks >= {*MIXTURE, ROW_TASK, MIX_TASK, CHAT_TASK} and tasks <= set(ROW_TITLES)
    assert "plain draft" in render(numbers) and "general row" in render(numbers)


def test_general_rows_are_not_counted_as_the_writers_words(everything):
    made, numbers = everything
    own_words = [
        m.content
        for s in SPLITS
        for e in made.examples[s]
        for m in e.messages
        if m.role == "assistant" and e.task != MIX_TASK
    ]
    assert numbers.words == sum(len(text.split()) for text in own_words)
    sources = {e.source_id for s in SPLITS for e in made.examples[s] if e.task != MIX_TASK}
    assert sum(one.sources for one in numbers.languages) == len(sources)


def test_a_dataset_without_usable_drafts_gets_advice(everything):
    _, numbers = everything
    (failed,) = [replace(f, given=9, left_out=(Count("empty draft", 9),), kept=dict.fromkeys(SPLITS, 0))
                 for f in numbers.added_funnels if f.noun == "passages"]  # fmt: skip
    titles = [a.title for a in advise(replace(numbers, added_funnels=(failed,)))]
    assert "No plain draft is usable" in titles
    assert "No plain draft is usable" not in [a.title for a in advise(numbers)]


def test_chats_alone_show_no_table_of_texts(project):
    write_conversations(project, talks())
    write_people(project, {talks()[0].source: ()})
    assert "documents" not in done("prepare", "--model", "practice")


# --- requests -------------------------------------------------------------------------------
def test_a_headline_that_is_in_the_text_gives_no_request(tokenizer):
    title = "How the kettle by the harbour broke and nobody in the village noticed it"
    plain = document(1)
    docs = [Document("f" * 16, f"{title}. {plain.text}", title), *documents(20)[2:]]
    found = prepared(tokenizer, docs)
    rows = [e for s in SPLITS for e in found.examples[s]]
    assert not any(
        word_runs(e.messages[1].content) & word_runs(e.messages[-1].content) for e in rows
    )
    assert {e.task for e in rows if e.source_id == "f" * 16} == {"topic", "opening"}


def test_no_row_is_repeated_and_the_requests_for_later_parts_vary(tokenizer):
    paragraphs = [f"Part {n} of {WORDS[n % 12]}. " * 9 + f"End {n}, so." for n in range(60)]
    long = Document("f" * 16, "\n\n".join(paragraphs), "Long")
    found = prepared(tokenizer, [long, *documents(12)[2:]], window=500)
    rows = [e for s in SPLITS for e in found.examples[s]]
    assert len(set(rows)) == len(rows)
    later = [e.messages[1].content for e in rows if e.task == "continuation"]
    assert len({text.split("\n\n")[0][:8] for text in later}) >= 5
