"""`morris evaluate NAME --blind` with piped answers: questions on stderr, the result on stdout."""

import json

import pytest
from support.blind_world import make_world, script_model
from support.workspace import morris

from morris_mlx.cli import blind_test as command
from morris_mlx.project.blind_tests import CHOICES_FILE


@pytest.fixture
def world(tmp_path, monkeypatch):
    script_model(monkeypatch)
    return make_world(tmp_path)


def blind(world, *words, answers=""):
    return morris("evaluate", "mine", "--blind", *words, home=world.home, stdin=answers)


def test_ten_answers_give_a_sentence(world):
    done = blind(world, answers="1\n" * 10)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("You recognized your own text ")
    assert "Guessing is 50 %" in done.stdout
    for part in ("── 1 of 10 ", "── 10 of 10 ", "Request: Write about", "Which one did you write?"):
        assert part in done.stderr
    assert "Own" not in done.stdout and "--seed 1" in done.stderr


def test_a_test_that_was_left_goes_on(world):
    left = blind(world, answers="1\nx\n\n2\nq\n")
    assert left.returncode == 0
    assert left.stdout == (
        "2 of 10 pairs are answered and kept. Run the same command again to continue.\n"
    )
    assert "Press 1, 2 or q." in left.stderr
    ended = blind(world, answers="2\n" * 7)  # the input ends before the last pair
    assert "9 of 10 pairs are answered" in ended.stdout
    assert "2 of 10 pairs are answered already." in ended.stderr
    assert "10 of 10" not in blind(world, answers="1\n").stdout.split("times")[0]
    again = blind(world)
    assert again.stdout.startswith("You recognized") and "──" not in again.stderr


def test_ctrl_c_keeps_what_was_answered(world, monkeypatch):
    keys = iter("12")

    def read():
        key = next(keys, None)
        if key is None:
            raise KeyboardInterrupt
        return key

    monkeypatch.setattr(command, "_read_key", read)
    done = blind(world)
    assert done.returncode == 130 and "Stopped. 2 of 10 pairs are answered" in done.stderr
    lines = (world.adapter("mine") / CHOICES_FILE).read_text().splitlines()
    assert [json.loads(line)["pair"] for line in lines] == [0, 1]


def test_input_that_is_no_utf_8_is_asked_for_again(world):
    done = blind(world, answers=b"\xff\xfe\n1\n")
    assert done.returncode == 0 and "Press 1, 2 or q." in done.stderr
    assert done.stdout.startswith("1 of 10 pairs are answered and kept.")


def test_json_has_the_figures_against_the_base(world):
    done = blind(world, "--against", "base", "--json", answers="1\n" * 10)
    value = json.loads(done.stdout)
    assert value["against"] == "base" and value["answered"] == value["pairs"] == 10
    assert value["low"] <= value["hits"] / 10 <= value["high"]
    assert value["sentence"] and value["all_tests"]["answered"] == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mine", "--against", "base"], "--against works only with --blind"),
        (["mine", "--blind", "--quick"], "--quick and --blind are two kinds"),
        (["mine", "--blind", "--against", "them"], "them"),
    ],
)
def test_options_that_do_not_fit_are_refused(words, message, project):
    result = morris("evaluate", *words)
    assert result.returncode == 2 and message in result.stderr
