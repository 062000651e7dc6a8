"""Blind tests of a project: kept answers, pairs and choices, and what a new training changes."""

import errno
import json
import shutil
from contextlib import ExitStack, closing

import pytest
from support.blind_world import make_world, script_model

from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.files import cut_log, file_digest
from morris_mlx.pipeline import blind_test
from morris_mlx.pipeline.blind_test import open_blind_test
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.blind_tests import CHOICES_FILE, PAIRS_FILE, write_answers
from morris_mlx.project.datasets import read_card
from morris_mlx.records.blind_test import AnsweredRequest, BlindRequest, KeptAnswers, Opponent

MINE = BlindRequest("mine")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("blind"))


@pytest.fixture
def requests(monkeypatch):
    return script_model(monkeypatch)


@pytest.fixture
def project(world):
    """The project without any test of before."""
    for path in world.adapter("mine").glob("*"):
        if path.name in (CHOICES_FILE, PAIRS_FILE, "answers.json"):
            path.unlink()
    return world


@pytest.fixture
def begin(project):
    """A function that opens a test and closes the one that it opened before."""
    with ExitStack() as opened:

        def begin_test(request=MINE):
            opened.close()
            return opened.enter_context(closing(open_blind_test(project, request)))

        yield begin_test


def answer_all(test, right=10):
    while (number := test.next_pair) is not None:
        target = test.pairs[number].target_first
        test.answer(number, first=target if number < right else not target)


def test_a_test_is_answered_pair_by_pair_and_has_a_result(begin, requests):
    test = begin()
    assert len(test.pairs) == 10 and len(requests) == blind_test.ANSWERS
    assert test.result.answered == 0 and not test.result.sentence
    answer_all(test, right=6)
    assert (test.result.hits, test.result.is_finished) == (6, True)
    assert test.result.sentence.startswith("You recognized your own text 6 of 10 times")


def test_a_test_goes_on_where_it_was_left_and_generates_nothing_again(begin, requests):
    test = begin()
    for number in range(3):
        test.answer(number, first=True)
    asked = len(requests)
    again = begin()
    assert len(requests) == asked and again.pairs == test.pairs
    assert again.next_pair == 3 and again.result == test.result
    with pytest.raises(UsageError, match="Pair 1 cannot be answered"):
        again.answer(0, first=False)


def test_choices_hold_no_text_and_survive_a_torn_line(project, begin, requests):
    test = begin()
    test.answer(0, first=True)
    test.answer(1, first=True)
    path = project.adapter("mine") / CHOICES_FILE
    content = path.read_bytes()
    assert b"sentence" not in content and len(content.splitlines()) == 2
    path.write_bytes(content[:-20])
    again = begin()
    assert again.next_pair == 1
    again.answer(1, first=False)
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2
    assert cut_log(path) == 0


def test_a_list_of_choices_that_cannot_be_read_or_written_is_named(
    project, begin, requests, monkeypatch
):
    test = begin()
    path = project.adapter("mine") / CHOICES_FILE

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("morris_mlx.project.blind_tests.flush", full)
        with pytest.raises(MorrisError, match="Free some space"):
            test.answer(0, first=True)
    path.unlink()
    path.mkdir()
    try:
        with pytest.raises(MorrisError, match=f"{CHOICES_FILE} cannot be read"):
            begin()
    finally:
        path.rmdir()  # the other tests have the same folder


def test_tests_with_other_seeds_and_opponents_are_apart(begin, requests):
    answer_all(begin(), right=7)
    other = begin(BlindRequest("mine", seed=1))
    answer_all(other, right=5)
    assert other.result.hits == 5
    assert (other.all_results.hits, other.all_results.answered) == (12, 20)
    base = begin(BlindRequest("mine", Opponent.base))
    assert base.all_results.answered == 0 and base.question == "Which one sounds more like you?"


def test_the_answers_of_the_last_evaluation_are_used_if_they_are_the_same(project, begin, requests):
    adapter = resolve_adapter(project, "mine")
    kept = KeptAnswers(
        adapter.digest,
        adapter.config_digest,
        adapter.run.base_digest,
        read_card(project.dataset).digest,
        0,
        tuple(
            AnsweredRequest(f"q{n}", f"Own text {n} is this.", "b", f"Kept text {n} is this.")
            for n in range(blind_test.ANSWERS)
        ),
    )
    write_answers(adapter.folder, kept)
    pairs = begin().pairs
    assert not requests and "Kept text" in pairs[0].first + pairs[0].second
    begin(BlindRequest("mine", seed=1))
    assert len(requests) == blind_test.ANSWERS


def test_a_second_test_of_an_adapter_is_refused_until_the_first_is_closed(project, requests):
    with closing(open_blind_test(project, MINE)) as test:
        test.answer(0, first=True)
        with pytest.raises(MorrisError, match="is open in another terminal"):
            open_blind_test(project, BlindRequest("mine", Opponent.base))
    with closing(open_blind_test(project, MINE)) as again:
        assert again.next_pair == 1


def test_a_new_training_begins_a_new_test(project, begin, requests, tmp_path):
    answer_all(begin())
    weights = project.adapter("mine") / "adapters.safetensors"
    shutil.copy(weights, tmp_path / "before")
    try:
        with weights.open("ab") as file:
            file.write(b"\0")
        assert file_digest(weights) != file_digest(tmp_path / "before")
        assert begin().all_results.answered == 0
    finally:
        shutil.copy(tmp_path / "before", weights)


def test_texts_that_are_too_short_are_refused(project, monkeypatch):
    monkeypatch.setattr(blind_test, "_answers", lambda *_: (AnsweredRequest("q", "ok", "", "no"),))
    with pytest.raises(MissingError, match="too few or too short for a pair"):
        open_blind_test(project, MINE)
