"""`morris audit` in the terminal: what it says without an audit, and after Ctrl-C."""

import json

import pytest
from support.blind_world import make_world
from support.workspace import morris

from morris_mlx.pipeline import audit as auditing


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("audit"))


def test_without_an_audit_verify_names_what_was_compared_and_the_next_step(world):
    done = morris("audit", "--verify", home=world.home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The weights of mine, its rows and its base are those of")
    assert done.stdout.endswith("Next: morris audit mine\n")
    value = json.loads(morris("audit", "mine", "--verify", "--json", home=world.home).stdout)
    assert value["changes"] == [] and value["audited"] is False


@pytest.mark.parametrize("given", [("--answers", 20), ("--seed", 0), ("--backend", "torch")])
def test_verify_generates_nothing_and_takes_no_settings_of_it(world, given):
    done = morris("audit", "--verify", *given, home=world.home)
    assert done.returncode == 2 and "so it takes no --answers, --seed or --backend" in done.stderr


def test_ctrl_c_says_that_the_audit_was_not_finished(world, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(auditing, "find_subject", interrupted)
    done = morris("audit", "mine", home=world.home)
    assert done.returncode == 130
    assert "Stopped. The audit of mine was not finished. Run the same command" in done.stderr
