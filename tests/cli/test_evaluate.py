"""The adapters that `morris evaluate` is given."""

import pytest
from support.workspace import morris


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "No adapter is given. Name it: morris evaluate NAME."),
        (["a", "--adapter", "b"], "Two adapters are given, 'a' and 'b'."),
    ],
)
def test_one_adapter_must_be_named(words, message, project):
    result = morris("evaluate", *words)
    assert result.returncode == 2 and message in result.stderr
