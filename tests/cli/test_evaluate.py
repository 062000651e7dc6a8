"""The adapters that `morris evaluate` is given."""

import pytest
from support.workspace import morris


@pytest.mark.parametrize("command", ["evaluate", "audit"])
def test_without_a_name_the_adapter_is_mine(command, project):
    result = morris(command)
    assert result.returncode == 3 and "There is no adapter 'mine'." in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "a", "--adapter", "b"], "The adapters 'a' and 'b' are named"),
        (["evaluate", "a", "b", "--adapter", "c"], "The adapters 'a' and 'b' and 'c' are named"),
        (["evaluate", ""], "The adapter's name is empty"),
        (["evaluate", "a", "--quick", "--answers", "8"], "--quick and --blind take no --answers"),
        (["evaluate", "a@5", "--quick"], "A comparison, of several adapters, strengths or"),
        (["evaluate", "a@5", "--best-of", "4"], "--best-of belongs to the full evaluation"),
        (["audit", "a", "--adapter", "b"], "The adapters 'a' and 'b' are named"),
    ],
)
def test_names_and_options_that_do_not_fit_are_refused(words, message, project):
    result = morris(*words)
    assert result.returncode == 2 and message in result.stderr
