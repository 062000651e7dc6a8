"""Generators for the contract tests: one of each engine, and the observable result of a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from morris_mlx.defaults import sample_folder
from morris_mlx.generate import Generator, load_generator, scripted_generator
from morris_mlx.generate.backend import TokenRequest
from morris_mlx.models.find import ModelFiles
from morris_mlx.records.generation import GenerationSettings

SAMPLE = str(sample_folder() / "adapters" / "sample")
TASK = "Tell me about the sea."
SHORT = {"max_tokens": 12, "temperature": 0.0}
ENGINES = ("scripted", "mlx", "torch")


def script(request: TokenRequest) -> str:
    """Return a reply that depends on everything that the reply of an engine depends on."""
    what = (request.ids, request.sampling, request.seed if request.sampling.temp else 0)
    words = ["rain", "–", "“again”", "😀,", "дождь", "tea", "boat", "lamp", "road", "hill", "sand"]
    picks = [words[(hash((what, n)) >> 4) % len(words)] for n in range(20)]
    return " ".join(picks) + "."


@pytest.fixture(scope="module", params=ENGINES)
def shared_generator(request: pytest.FixtureRequest, practice: ModelFiles) -> Iterator[Generator]:
    """One generator of each engine over the practice base."""
    if request.param == "torch":
        pytest.importorskip("torch")
        request.getfixturevalue("one_torch_thread")
    if request.param == "scripted":
        made = scripted_generator(script, practice)
    else:
        made = load_generator(practice, backend=request.param, say=lambda _: None)
    with made:
        yield made


@pytest.fixture
def llm(shared_generator: Generator) -> Iterator[Generator]:
    """The generator of an engine, whose settings are restored after every test."""
    yield shared_generator
    shared_generator.settings = GenerationSettings(model_name=shared_generator.model_name)
    shared_generator.toggle_creative_mode(False)
    shared_generator.clear_history()


def engine(llm: Generator) -> Any:
    return llm.load().backend


def is_scripted(llm: Generator) -> bool:
    return bool(engine(llm).name == "scripted")


def trace(llm: Generator, task: str = TASK, **overrides: Any) -> tuple[Any, ...]:
    """Return the observable result of a call; for a script also its request."""
    result = llm.generate(task, **(SHORT | overrides))
    seen = (
        result.text,
        result.finish_reason,
        result.prompt_tokens,
        tuple(r.text for r in result.alternatives),
    )
    if is_scripted(llm):
        asked = engine(llm).requests[-1]
        return (*seen, asked.sampling, asked.beams, asked.end_ids, engine(llm).active)
    return seen
