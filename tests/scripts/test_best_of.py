"""The benchmark of candidates: written once, resumed, and a table of gain and cost."""

from argparse import Namespace
from types import SimpleNamespace

import pytest
from support.bench_scripts import FOLDER, load_script

from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.evaluation import Gain, Share
from morris_mlx.records.generation import GenerationResult


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return load_script("best_of")


class Writer:
    """A generator whose replies say their seed."""

    def __init__(self):
        self.calls = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def generate(self, messages, seed, max_tokens, strength=1.0, num_return_sequences=1):
        self.calls += 1
        replies = [
            GenerationResult(f"{strength} {seed + n}", "stop", 1, 10, 0.1, 2.0, seed + n)
            for n in range(num_return_sequences)
        ]
        return SimpleNamespace(
            **{name: getattr(replies[0], name) for name in replies[0].__slots__}
            | {"alternatives": tuple(replies[1:])}
        )


def test_candidates_are_written_once(script, tmp_path, monkeypatch, capsys):
    writer = Writer()
    monkeypatch.setattr(script, "load_generator", lambda *names, **options: writer)
    message = (Message("user", "Write."), Message("assistant", "Text."))
    examples = [Example(message, str(n), "headline") for n in range(2)]
    chosen = Namespace(results=tmp_path / "r.jsonl", model="m", adapter="a", tokens=9)
    script.write_candidates(chosen, examples[:1])
    calls = writer.calls
    script.write_candidates(chosen, examples)
    script.write_candidates(chosen, examples)
    assert writer.calls == 2 * calls
    rows = script.read_rows(chosen.results)
    assert [row["candidates"][7]["seed"] for row in rows] == [7, 1007]
    assert rows[0]["base"] == "0.0 0" and set(rows[0]["seconds"]) == {"1", "4", "8"}
    gains = [Gain(n, Share(0.5, 0.4, 0.6), Share(), 0.25, 10.0 * n) for n in script.COUNTS]
    capsys.readouterr()
    script.print_table(gains, rows)
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last == ["8", "50%", "40%", "–", "60%", "–", "–", "25%", "80", "2.0"]
