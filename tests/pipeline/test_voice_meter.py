"""The voice of a model in training: the same answers every time, and a judge of the texts."""

from dataclasses import replace

import pytest
from support.synthetic_authors import synthetic_text, synthetic_texts

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate import jury as jury_module
from morris_mlx.evaluate import voice_delta as delta_module
from morris_mlx.evaluate.voice_delta import VoiceDelta
from morris_mlx.models.load import load_mlx_model
from morris_mlx.pipeline import voice_meter as module
from morris_mlx.pipeline.voice_meter import VoiceMeter, choose_requests
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.training import TrainSettings
from morris_mlx.train import TrainJob

SETTINGS = TrainSettings(1, 2, 4.0, 0.0, 1e-3, 8, 1, select="voice")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(jury_module, "PIECE_WORDS", 80)
    monkeypatch.setattr(delta_module, "JUDGED_WORDS", 10)
    monkeypatch.setattr(module, "ANSWER_TOKENS", 12)


def row(number, words=90, task="headline"):
    text = synthetic_text("winding", words, number)
    return Example(
        (Message("user", f"Write {number}."), Message("assistant", text)), str(number), task
    )


def job(tiny, folder, train=10):
    rows = [row(number) for number in range(train)]
    return TrainJob("t", tiny, rows, [row(50), row(51)], SETTINGS, 128, "s", "d", folder)


def test_the_same_weights_have_the_same_score_and_answers(tiny, tmp_path):
    meter = VoiceMeter(job(tiny, tmp_path))
    model = load_mlx_model(tiny.folder)
    first, second = meter(model), meter(model)
    assert first == second and set(first.texts) == {"Write 50.", "Write 51."}
    assert first.score is not None


def test_the_judge_prefers_the_author(tiny):
    judge = VoiceDelta.fit(synthetic_texts("winding", 10), synthetic_texts("plain", 10), "xx")
    own, other = (judge.score(synthetic_texts(w, 3, first=70)) for w in ("winding", "plain"))
    assert own > 0.3 > -0.3 > other
    assert judge.score(["Too short."]) is None and judge.score([]) is None


def test_too_few_texts_are_refused_before_the_training(tiny, tmp_path):
    with pytest.raises(MorrisError, match=r"2 texts by the writer.*--select loss"):
        VoiceMeter(job(tiny, tmp_path, train=2))
    with pytest.raises(MorrisError, match="no held-out request"):
        VoiceMeter(replace(job(tiny, tmp_path), valid=[]))


def test_requests_recur_until_there_are_enough_words():
    long = [row(n) for n in range(3)]
    assert [e.source_id for e in choose_requests(long)] == ["0", "1", "2", "0", "1", "2", "0", "1"]
    short = [Example((Message("user", "Hi?"), Message("assistant", "Well, hello.")), "c", "chat")]
    assert len(choose_requests(short)) == module.MOST_ANSWERS
    assert {e.task for e in choose_requests([*short, *long])} == {"headline"}
    assert choose_requests([]) == []
