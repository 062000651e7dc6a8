"""What the README shows in Python runs as it stands there."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.strip().splitlines()[-1][:40])
def test_the_python_of_the_readme_runs(code, project):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        names: dict[str, object] = {}
        exec(compile(code, str(README), "exec"), names)
    said = out.getvalue()
    assert len(said) > 200 and "Traceback" not in err.getvalue()
    loud = said.strip().splitlines()[-1]
    assert loud == loud.upper() != loud.lower()
    assert "practice on mlx" in err.getvalue()
    names["llm"].close()
