"""Many ways to ask, measured habits, off-topic texts and plain drafts: by their rules, each once."""

import itertools
import json
import random
import re
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.workspace import done, make_tiny_model, morris, prepare_project
from tokenizers import Tokenizer

import morris_mlx.generate
from morris_mlx.collect import collect_files
from morris_mlx.defaults import SYSTEM_PROMPT, SYSTEM_PROMPT_RU, sample_folder
from morris_mlx.errors import RefusedError, UsageError
from morris_mlx.generate import scripted_generator
from morris_mlx.models.find import find_model
from morris_mlx.pipeline.prepare import PrepareRequest
from morris_mlx.prepare import Extras, prepare_collected
from morris_mlx.prepare.examples import request_wordings
from morris_mlx.prepare.examples.from_documents import DocumentExampleBuilder
from morris_mlx.prepare.examples.task_mixture import (
    MAX_ROWS_PER_TASK,
    MIXTURE,
    ROWS_PER_TEXT,
    TaskMixture,
    select_drafts,
)
from morris_mlx.prepare.reasons import LEARNED_FROM
from morris_mlx.prepare.style.draft_checks import DraftFault, extract_draft, find_fault
from morris_mlx.prepare.style.drafts import (
    DRAFTS_PER_TEXT,
    MAX_PASSAGE_WORDS,
    MIN_PASSAGE_WORDS,
    choose_passages,
    split_passages,
)
from morris_mlx.prepare.style.habits import absent_marks, measure_habits, noticeable_marks
from morris_mlx.prepare.style.off_topic import MAX_WEIGHT, find_off_topic
from morris_mlx.prepare.style.system_prompt import MAX_TOKENS, compose_system_prompt
from morris_mlx.project.datasets import read_card
from morris_mlx.project.documents import write_documents
from morris_mlx.records.corpus import REWRITE_TASK, SPLITS, Document
from morris_mlx.text.word_runs import end_of, gives_away, runs

TELECOM = re.compile(
    r"\b(5G|6G|fibre|spectrum|masts?|roaming|broadband|mobile|handsets?|telecoms?|router|antenna)\b",
    re.IGNORECASE,
)
RUSSIAN = (
    "Вчера я ходил на почту – за посылкой, которой там, разумеется, не оказалось ({n}). "
    "Очередь стояла смирно; каждый держал в руках бумажку. Ну и кто после этого виноват?\n\n"
    "Девушка в окне сказала, что посылка уехала обратно – сама, без объяснений; мол, бывает. "
    "Я спросил, нельзя ли её догнать, потому что внутри лежали мамины варежки номер {n}. Так и живём. "
    "Девушка вздохнула и повесила табличку про обед, хотя на часах было девять утра с минутами.\n\n"
    "Дома я рассказал об этом коту – он выслушал, не перебивая; кот у меня деликатный. Потом мы "
    "вместе посмотрели в окно, где шёл снег, и решили, что варежки подождут до весны. Так и живём."
)


@pytest.fixture(scope="module")
def columns():
    return collect_files([sample_folder() / "columns"]).documents


def made_of(documents, tokenizer, window=1024, seed=7, prompt=SYSTEM_PROMPT, **extras):
    return prepare_collected(
        documents, (), tokenizer, window, prompt, seed, extras=Extras(**extras)
    )


def passage_of(request):
    return request.messages[-1].content.split("\n\n", 1)[1]


def plainly(text):
    """About as many words as the text, none of its own."""
    sentence = "Some plain statement stands in place of what was written before."
    return " ".join([sentence] * max(1, round(len(text.split()) / 11)))


def drafting(answer=plainly, asked=None):
    def draft_many(requests):
        for one in requests:
            if asked is not None:
                asked.append(one)
            yield answer(passage_of(one))

    return draft_many


def rows_of(made):
    return [e for split in SPLITS for e in made.examples[split]]


# --- pair -------------------------------------------------------------------------------
def test_no_request_holds_eight_words_of_its_answer(columns, tokenizer):
    made = made_of(
        columns[:24], tokenizer, window=420, enhance=True, draft_many=drafting(),
        drafting_window=2048,
    )  # fmt: skip
    titles = {d.id: d.title for d in columns}
    assert {e.task for e in rows_of(made)} == {*MIXTURE, "continuation"}
    for example in rows_of(made):
        shared = runs(example.messages[1].content) & runs(example.messages[-1].content)
        assert shared <= runs(titles[example.source_id]), example


@pytest.mark.parametrize("kind", ["headline", "topic", "opening", "continuation", "rewrite"])
def test_there_are_many_wordings_of_every_request_in_both_languages(kind):
    for words in (request_wordings.ENGLISH, request_wordings.RUSSIAN):
        wordings = getattr(words, kind)
        assert len(wordings) >= 6 and len(set(wordings)) == len(wordings)
        slots = {"title": "1", "topic": "2", "angle": "3", "opening": "4", "draft": "5"}
        asked = [w.format(**slots) for w in wordings]
        needed = {"headline": "1", "topic": "23", "opening": "4", "continuation": "4"}
        assert all(all(slot in a for slot in needed.get(kind, "5")) for a in asked)


def test_every_wording_is_used_and_russian_texts_are_asked_for_in_russian(columns, tokenizer):
    builder = DocumentExampleBuilder(columns, "s", 7)
    firsts = {e.messages[1].content[:9] for d in columns for e in builder.build(d)}
    assert len(firsts) > 40
    russian = [Document(str(n), RUSSIAN.format(n=n), title=f"Почта {n}") for n in range(12)]
    builder = DocumentExampleBuilder(russian, "s", 7)
    for example in (e for d in russian for e in builder.build(d)):
        latin = re.findall("[a-z]{3,}", example.messages[1].content)
        assert not latin and re.search("[а-я]{3,}", example.messages[1].content)


def test_a_text_asked_for_again_is_asked_for_in_other_words(columns):
    builder = DocumentExampleBuilder(columns, "s", 7)
    for document in columns[:10]:
        first, again = list(builder.build(document)), list(builder.build(document, 1))
        assert [e.task for e in first] == [e.task for e in again]
        for one, other in zip(first, again, strict=True):
            assert one.messages[1] != other.messages[1] and one.messages[2] == other.messages[2]


def test_an_opening_that_comes_again_is_no_request():
    refrain = "We shall meet again in the old house by the river, all of us."
    text = f"{refrain}\n\n" + "Other words fill the middle of it. " * 9 + f"\n\n{refrain}"
    builder = DocumentExampleBuilder([Document("a", text)], "s", 0)
    assert "opening" not in {e.task for e in builder.build(Document("a", text))}
    assert gives_away(refrain, text) and not gives_away("a few words", text)


words = st.lists(st.sampled_from("abcdefg"), max_size=40).map(" ".join)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(words, words)
def test_the_end_of_a_context_gives_nothing_away_and_is_its_end(context, answer):
    end = end_of(context, answer)
    assert context.endswith(end) and not gives_away(end, answer)
    dropped = len(context.split()) - len(end.split())
    assert not dropped or gives_away(" ".join(context.split()[dropped - 1 :]), answer)


# --- mixture ----------------------------------------------------------------------------
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.sets(st.sampled_from(["headline", "topic", "opening"]), min_size=1), min_size=30),
    st.dictionaries(
        st.sampled_from(["headline", "topic", "opening"]), st.integers(1, 9), min_size=3
    ),
)
def test_every_text_gets_rows_and_never_too_many_of_a_kind(possible, mixture):
    mixture_ = TaskMixture(mixture)
    for ways in possible:
        rows = mixture_.allocate(sorted(ways))
        assert sum(rows.values()) >= 1 and set(rows) <= ways
        assert max(rows.values()) <= MAX_ROWS_PER_TASK


def test_the_shares_of_the_mixture_hold_over_all_texts():
    mixture_, total = TaskMixture({"headline": 3, "topic": 2, "opening": 1}, rows=3), Counter()
    for _ in range(120):
        total.update(mixture_.allocate(["headline", "topic", "opening"]))
    assert total == {"headline": 180, "topic": 120, "opening": 60}
    mixture_, total = TaskMixture(), Counter()
    for number in range(121):  # every other text has no headline
        total.update(mixture_.allocate(["headline", "topic", "opening"][number % 2 :]))
    assert total == {"headline": 121, "topic": 121, "opening": 121}
    assert TaskMixture().allocate(["headline"], Fraction(2)) == {"headline": 2}


def test_drafts_get_their_share_of_the_rows(columns, tokenizer):
    made = made_of(
        columns[:20], tokenizer, enhance=True, draft_many=drafting(), drafting_window=2048
    )
    tasks = Counter(e.task for e in made.examples["train"])
    others = sum(MIXTURE.values()) - MIXTURE[REWRITE_TASK]
    plain_rows = tasks.total() - tasks[REWRITE_TASK]
    assert tasks[REWRITE_TASK] == plain_rows * MIXTURE[REWRITE_TASK] // others
    assert {e.task for s in ("valid", "test") for e in made.examples[s]}.isdisjoint({REWRITE_TASK})
    assert select_drafts([], 10) == []


# --- habits -----------------------------------------------------------------------------
def test_the_habits_of_the_sample_columns_are_found(columns):
    habits = measure_habits([d.text for d in columns])
    assert habits == measure_habits([d.text for d in columns[::-1]])
    assert habits.language == "en" and habits.texts == len(columns)
    assert habits.phrases[0] == "what could possibly go wrong"
    assert set(noticeable_marks(habits)) == {"semicolon", "brackets"} and absent_marks(habits) == (
        "ellipsis",
    )
    assert "communiqué" in habits.favourites and "possibly" not in habits.favourites
    low, median, high = habits.sentence_words
    assert 0 < low < median < high


def test_the_prompt_says_the_habits_shortly_and_in_plain_words(columns, tokenizer):
    habits = measure_habits([d.text for d in columns])
    prompt = compose_system_prompt(habits, SYSTEM_PROMPT, tokenizer.count)
    assert prompt.startswith(SYSTEM_PROMPT) and tokenizer.count(prompt) <= MAX_TOKENS
    assert "semicolons and brackets" in prompt and "“what could possibly go wrong”" in prompt
    assert compose_system_prompt(None, "Hum.", tokenizer.count) == "Hum."
    wordy = "Hum. " * 300
    assert compose_system_prompt(habits, wordy, tokenizer.count) == wordy.strip()
    for room in range(10, 120, 10):  # what fits is always whole sentences
        part = compose_system_prompt(
            habits, "Hum.", lambda text, r=room: len(text.split()) * 120 // r
        )
        assert part.startswith("Hum.") and part.endswith(".")


def test_russian_habits_are_said_in_russian():
    texts = [RUSSIAN.format(n=n) for n in range(10)]
    habits = measure_habits(texts)
    prompt = compose_system_prompt(habits, SYSTEM_PROMPT, lambda text: len(text) // 6)
    assert habits.language == "ru" and prompt.startswith(SYSTEM_PROMPT_RU)
    assert "тире" in prompt and "точки с запятой" in prompt and not re.search("[a-z]", prompt)
    assert compose_system_prompt(habits, "Mine.", lambda _: 0).startswith("Mine.")


def test_what_redaction_put_there_is_no_habit():
    texts = [
        f"He met [name] again and again, number {n}. Then [name] left for good." for n in range(9)
    ]
    habits = measure_habits(texts)
    assert "name" not in " ".join((*habits.phrases, *habits.favourites)).split()
    assert measure_habits(texts[:2]) is None


def test_nothing_is_measured_on_what_is_held_out(columns, tokenizer):
    documents = columns[:20]
    plain = made_of(documents, tokenizer)
    held = {e.source_id for s in ("valid", "test") for e in plain.examples[s]}
    marked = [
        Document(d.id, d.text + "\n\nZounds and gadzooks again!" * 9, d.title, date=d.date)
        if d.id in held
        else d
        for d in documents
    ]
    asked = []
    made = made_of(
        marked, tokenizer, enhance=True, draft_many=drafting(asked=asked), drafting_window=2048
    )
    assert made.extras["habits"] == made_of(documents, tokenizer, enhance=True).extras["habits"]
    assert "gadzooks" not in made.system_prompt
    assert made.extras["habits"]["texts"] == len(documents) - len(held)
    train = [d.text for d in documents if d.id not in held]
    assert asked and all(any(passage_of(m) in text for text in train) for m in asked)
    assert held == {e.source_id for s in ("valid", "test") for e in made.examples[s]}


def test_all_rows_and_the_result_carry_the_composed_prompt(columns, tokenizer):
    made = made_of(columns[:20], tokenizer, enhance=True)
    assert made.system_prompt != SYSTEM_PROMPT
    assert {e.messages[0].content for e in rows_of(made)} == {made.system_prompt}
    assert made == made_of(columns[:20][::-1], tokenizer, enhance=True)


# --- topics -----------------------------------------------------------------------------
def test_distance_ranks_texts_by_their_subject(columns):
    off = {d.id for d in columns if len(TELECOM.findall(d.text)) <= 1}
    found = find_off_topic(columns)
    pairs = [
        (found.distances[a], found.distances[b]) for a in off for b in found.distances.keys() - off
    ]
    assert sum(a > b for a, b in pairs) / len(pairs) >= 0.72
    assert len(found.off_topic) >= 5
    assert sum(i in off for i in found.off_topic) / len(found.off_topic) >= 0.8


def test_texts_outside_the_field_get_more_rows_up_to_twice(tokenizer):
    rng = random.Random(5)

    def text(subject):
        """Paragraphs of made-up words of one subject: no two texts have all of them."""
        known = [f"{subject}{a}{b}{c}" for a in "bdgkmnrt" for b in "aeiou" for c in "lnprst"]
        return "\n\n".join(" ".join(rng.sample(known, 40)) + "." for _ in range(3))

    documents = [Document(f"{n:02}", text("ne"), f"Report {n}") for n in range(20)]
    documents += [Document("99", text("ca"), "A cake")]
    found = find_off_topic(documents)
    assert found.off_topic == ("99",) and found.weights["99"] == MAX_WEIGHT
    assert set(found.weights.values()) == {Fraction(1), Fraction(MAX_WEIGHT)}
    assert find_off_topic(documents[:5]).off_topic == ()
    made = made_of(documents, tokenizer, seed=5, enhance=True)
    rows = [e for e in made.examples["train"] if e.source_id == "99"]
    assert len(rows) == MAX_WEIGHT * ROWS_PER_TEXT == 6
    assert len({e.messages[1].content for e in rows}) == len(rows)
    assert made.extras["off_topic"]["texts"] == 1


# --- the rules for drafts ---------------------------------------------------------------
ORIGINAL = (
    "Mrs Pennyfeather, who has kept the bees of Wexcombe since 1962, told the council that nine of "
    "its members had been stung already, and that she did not regard the figure as final."
)
GOOD = (
    "Mrs Pennyfeather has been a beekeeper in Wexcombe for a long time. She said to councillors "
    "that bees stung 9 people among them and that there may be more."
)


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (GOOD, None),
        ("", DraftFault.EMPTY),
        ("***", DraftFault.EMPTY),
        (f"{GOOD} I cannot help with more of it.", DraftFault.OFF_TASK),
        ("I am sorry, but this passage names a person, so it is better left as it is, all of it.", DraftFault.OFF_TASK),
        ("К сожалению, я не могу переписать этот отрывок: в нём названы люди и число.", DraftFault.OFF_TASK),
        (GOOD[:-1], DraftFault.UNFINISHED),
        ("Bees stung people.", DraftFault.LENGTH),
        (" ".join([GOOD] * 3), DraftFault.LENGTH),
        (
            "Миссис Пеннифезер давно держит пчёл в деревне и сказала совету, что пчёлы уже "
            "ужалили нескольких его членов и что это ещё не конец.",
            DraftFault.OTHER_LANGUAGE,
        ),
        (ORIGINAL, DraftFault.COPY),
        (ORIGINAL.replace("Mrs", "Old Mrs").replace("final", "the last"), DraftFault.COPY),
        (GOOD.replace("9", "19"), DraftFault.NEW_NUMBER),
        (GOOD.replace("9 people", "twelve people"), DraftFault.NEW_NUMBER),
        (GOOD.replace("Mrs Pennyfeather", "Mrs Pennyfeather of Dorking"), DraftFault.NEW_NAME),
        (GOOD.replace("councillors", "[name]"), DraftFault.NEW_NAME),
        (GOOD.replace("9 people", "nine people"), None),
        (GOOD.replace("She said", "“It is true,” I heard. She said"), None),
    ],
)  # fmt: skip
def test_a_draft_is_rejected_for_its_first_fault(draft, fault):
    assert find_fault(draft, ORIGINAL) == fault


def test_what_a_model_says_around_a_draft_goes():
    for said in (
        GOOD,
        f"Here is the passage in plain words:\n\n{GOOD}",
        f"“{GOOD}”",
        f"Draft: {GOOD}",
        f"{GOOD}\n\n(Note: I kept every fact and left the irony out.)",
    ):
        assert extract_draft(said) == GOOD
    assert extract_draft("“Yes,” he said. “No.”") == "“Yes,” he said. “No.”"


paragraphs = st.lists(st.integers(1, 260).map(lambda n: " ".join(f"w{i}" for i in range(n))))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(paragraphs.map("\n\n".join))
def test_passages_are_the_texts_own_paragraphs_of_the_right_length(text):
    found = list(split_passages(text))
    assert all(
        MIN_PASSAGE_WORDS <= len(p.split()) <= MAX_PASSAGE_WORDS and p in text for p in found
    )
    chosen = choose_passages(text)
    assert len(chosen) <= DRAFTS_PER_TEXT and set(chosen) <= set(found)
    assert set(chosen) <= set(choose_passages(text, Fraction(2)))


def test_rejected_drafts_are_counted_by_reason_and_add_up(columns, tokenizer):
    answers = itertools.cycle([lambda _: "", lambda _: "Cut off", lambda _: "Short.", plainly])

    def answer(passage):
        return next(answers)(passage)

    made = made_of(
        columns[:20], tokenizer, enhance=True, draft_many=drafting(answer), drafting_window=420
    )
    counts = dict(made.extras["drafts"])
    assert counts.pop("passages") == sum(counts.values()) > 0
    assert counts[DraftFault.EMPTY] and counts[DraftFault.UNFINISHED] and counts[DraftFault.LENGTH]
    assert counts[LEARNED_FROM] == made.rows[f"train, {REWRITE_TASK}"] > 0
    assert counts["the passage and a draft of it do not fit into the model's window"]
    originals = {d.id: d.text for d in columns}
    for example in (e for e in made.examples["train"] if e.task == REWRITE_TASK):
        assert example.messages[-1].content in originals[example.source_id]
        assert "Some plain statement" in example.messages[1].content


# --- the command ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    folder = make_tiny_model(
        tmp_path_factory.mktemp("models") / "wide", max_position_embeddings=2048
    )
    return find_model(str(folder))


@pytest.fixture
def scripted(wide, monkeypatch):
    """`load_generator` gives plain words for a passage; what it was asked is listed."""
    asked = []
    reader = Tokenizer.from_file(str(wide.folder / "tokenizer.json"))

    def reply(request):
        said = reader.decode(list(request.ids))
        asked.append(said)
        assert "<|system|>" not in said
        return plainly(said.split("\n\n", 1)[1].split("<|assistant|>")[0])

    def load(files, **settings):
        assert settings["temperature"] == 0 and files == wide
        del settings["say"]
        return scripted_generator(reply, files, **settings)

    monkeypatch.setattr(morris_mlx.generate, "load_generator", load)
    return asked


def fill(project, columns, extra=""):
    documents = [Document(d.id, d.text + extra.format(d.title), d.title) for d in columns[:14]]
    write_documents(project, documents)


def test_the_command_drafts_once_after_redaction_and_writes_the_prompt(
    project, columns, wide, scripted
):
    secret = (
        "\n\nWrite of {} to jane.doe@example-post.org, " + "and of the weather of the week, " * 5
    )
    fill(project, columns, secret + "now and again.")

    def prepare():
        return prepare_project(project, wide.name, None, SYSTEM_PROMPT, 7, enhance=True)

    card, report = prepare()
    assert scripted and not any("jane.doe" in said for said in scripted)
    assert any("[e-mail]" in said for said in scripted)
    assert report["drafts"][LEARNED_FROM] == report["rows"]["train, rewrite"] > 0
    assert report["drafts"]["passages"] == sum(report["drafts"].values()) / 2 == len(scripted)
    assert card.system_prompt == report["enhanced_prompt"] != SYSTEM_PROMPT
    assert read_card(project.dataset).system_prompt == card.system_prompt
    sources = {s: {i for i, _ in card.rows[s]} for s in SPLITS}
    assert not sources["train"] & (sources["valid"] | sources["test"])
    before, count = [p.read_bytes() for p in sorted(project.dataset.iterdir())], len(scripted)
    prepare()
    assert [p.read_bytes() for p in sorted(project.dataset.iterdir())] == before
    assert len(scripted) == count


def test_the_practice_base_is_refused_for_drafts_and_not_for_habits(project, columns):
    fill(project, columns)
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


def test_without_enhance_the_prompt_stays_and_nothing_is_loaded(project, columns, wide, scripted):
    fill(project, columns)
    card, report = prepare_project(project, wide.name, None, "Hum.", 7)
    assert card.system_prompt == "Hum." and not scripted and "drafts" not in report
