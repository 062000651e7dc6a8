"""Languages that a base does not know are detected in a dataset and reported by every step."""

import random
from dataclasses import replace

import pytest

from morris_mlx.pipeline.languages import (
    LEAST_SHARE,
    SAMPLED,
    UnknownLanguage,
    find_unknown_languages,
    read_unknown_languages,
    sentence_on,
    sentence_on_evaluation,
)
from morris_mlx.pipeline.prepare import PrepareRequest, prepare
from morris_mlx.pipeline.texts import collect_texts
from morris_mlx.pipeline.train_plan import (
    MemoryPlanRequest,
    TrainOptions,
    plan_memory,
    plan_train,
)
from morris_mlx.project.datasets import REPORT_FILE
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import Example, Message

ENGLISH = "The rain came over the hill in the afternoon, and we watched it from the window. " * 6
RUSSIAN = "Дождь пришёл из-за холма после обеда, и мы смотрели на него из окна, пока пили чай. " * 6


def example(number, text):
    messages = (Message("user", "Write a column."), Message("assistant", text))
    return Example(messages, f"source-{number}", "headline")


def find(tokenizer, *texts):
    rows = [example(number, text) for number, text in enumerate(texts)]
    return find_unknown_languages({"train": rows[1:], "test": rows[:1]}, tokenizer.count)


def test_a_language_without_words_in_the_vocabulary_is_found_with_its_share(tokenizer):
    (found,) = find(tokenizer, ENGLISH, RUSSIAN, RUSSIAN)
    assert found.code == "ru" and found.bytes_per_token == pytest.approx(1.0, abs=0.1)
    assert found.share == pytest.approx(2 / 3, abs=0.05)
    assert find(tokenizer, ENGLISH) == ()


def test_a_few_words_of_a_language_and_texts_of_no_language_are_left_out(tokenizer):
    many = round(1 / LEAST_SHARE) + 5
    assert find(tokenizer, *[ENGLISH] * many, RUSSIAN) == ()
    assert find(tokenizer, ENGLISH, "Да.", "😀", "12 345") == ()


def test_some_sources_of_a_large_dataset_are_enough(tokenizer):
    counted = []

    def count(text):
        counted.append(text)
        return tokenizer.count(text)

    rows = [example(number, RUSSIAN) for number in range(5 * SAMPLED)]
    (found,) = find_unknown_languages({"train": rows}, count)
    assert found.share == 1.0 and len(counted) == SAMPLED


def test_the_warnings_explain_the_measure():
    torn, poor = UnknownLanguage("ru", 0.62, 1.04), UnknownLanguage("de", 0.3, 2.85)
    said = sentence_on("practice", torn)
    assert said.startswith("practice does not know Russian, and 62% of your words are Russian")
    assert "1.0 bytes" in said and "3 or more" in said and "will only look like Russian" in said
    assert sentence_on("smol", poor).startswith("smol hardly knows German, and 30%")
    assert "learned to spell" in sentence_on_evaluation("practice", torn)


def test_prepare_warns_and_train_and_plan_repeat_the_warning(project, tmp_path):
    rng = random.Random(1)
    for number in range(7):
        words = (ENGLISH if number % 2 else RUSSIAN).split()
        text = " ".join(rng.choices(sorted(set(words)), k=90))
        (tmp_path / f"{number}.md").write_text(f"# Text {number}\n\n{text}.\n")
    collect_texts(project, sorted(tmp_path.glob("?.md")), Ground.own)
    events = []
    card, report = prepare(project, PrepareRequest("practice", redact=False), events.append)
    (entry,) = report["unknown_languages"]
    assert entry["code"] == "ru"
    remarks = [event.text for event in events if getattr(event, "key", "") == "remark"]
    assert [r for r in remarks if r.startswith("practice does not know Russian")]

    (found,) = read_unknown_languages(project.dataset)
    said = sentence_on("practice", found)
    assert said in plan_train(project, card, TrainOptions()).notes
    assert plan_memory(project, MemoryPlanRequest(memory="8GB")).notes == (said,)
    other = plan_train(project, replace(card, model="other"), TrainOptions(model="practice"))
    assert said not in other.notes


@pytest.mark.parametrize("content", ["{", "[]", '{"unknown_languages": [{"code": 1}]}', "{}"])
def test_a_report_without_languages_or_damaged_has_none(tmp_path, content):
    (tmp_path / REPORT_FILE).write_text(content)
    assert read_unknown_languages(tmp_path) == ()
    assert read_unknown_languages(tmp_path / "missing") == ()
