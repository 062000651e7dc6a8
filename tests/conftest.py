"""Tiny worlds made on the spot: a random-weight model, a Zephyr-like tokenizer, a project."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from morris_mlx.device import prepare_engine

prepare_engine()  # before any test module imports MLX
# A busy machine takes seconds for an example that takes none on an idle one.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# A shell starts background jobs with SIGINT ignored, and children inherit that: a test of Ctrl-C
# would wait for ever. A handler of ours is reset to the default in a new program.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

from support.conversions import (  # noqa: F401
    conversions,
    hub,
    model_caches,
    model_copy,
    source_model,
)
from support.generators import llm, shared_generator  # noqa: F401
from support.smollm2 import smollm2_gguf  # noqa: F401
from support.workspace import column, make_tiny_model
from support.zephyr_tokenizer import (
    sentencepiece_file,
    wrap_as_sentencepiece,
    write_zephyr_tokenizer,
)
from tokenizers import Tokenizer, models

from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.models.find import ModelFiles, find_model
from morris_mlx.project.folder import Project

# Files with few but long tests. They come first: a process that gets one of them last would keep
# all others waiting. scripts/test hands out files in this order.
LONG_FILES = (
    *("jobs/test_supervisor.py", "scripts/test_crash_matrix.py", "train/test_distributed.py"),
    *("forget/test_forget.py", "jobs/test_runner.py", "prepare/test_reproducible.py"),
    *("train/test_mlx_lm_interop.py", "test_old_project.py", "generate/test_parity.py"),
    *(
        "test_smollm2.py",
        "test_wheel.py",
        "cli/test_app.py",
        "generate/mlx_backend/test_backend.py",
    ),
    *("prepare/examples/test_general_rows.py", "scripts/test_sample_chats.py", "test_readme.py"),
    *("train/test_parity.py", "studio/test_server.py", "cli/test_train.py"),
    *("scripts/test_fuzz.py", "generate/test_generator.py", "studio/talk/test_sessions.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of LONG_FILES first, in their order."""
    tests = Path(__file__).parent
    ranks = {tests / name: rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the models that this machine's user has converted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MORRIS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def one_torch_thread() -> Iterator[None]:
    """Models as small as ours are too small to share out, and waiting threads take MLX's cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny(tiny_folder: Path) -> ModelFiles:
    return find_model(str(tiny_folder))


@pytest.fixture(scope="session")
def practice() -> ModelFiles:
    return find_model("practice")


@pytest.fixture(scope="session")
def tokenizer() -> ChatTokenizer:
    return load_tokenizer(PRACTICE_FOLDER)


@pytest.fixture(scope="session")
def sentencepiece_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer built as Zephyr's is: SentencePiece's "▁" before every stretch of text."""
    folder = tmp_path_factory.mktemp("sentencepiece")
    letters = sorted(
        set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ<|>/.,!?▁'0123456789")
    )
    words = ["▁h", "▁he", "us", "er", "user", "▁<", "sy", "st", "em", "</", "s>", "▁the"]
    merges = [("▁", "h"), ("▁h", "e"), ("u", "s"), ("e", "r"), ("us", "er"), ("▁", "<")]
    merges += [("s", "y"), ("s", "t"), ("e", "m"), ("<", "/"), ("s", ">")]
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256)), *letters, *words]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    built = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    wrap_as_sentencepiece(built)
    built.save(str(folder / "tokenizer.json"))
    shutil.copy(PRACTICE_FOLDER / "tokenizer_config.json", folder)
    return folder


@pytest.fixture(scope="session")
def zephyr_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real 32,000-token tokenizer, where mistral-common is installed."""
    file = sentencepiece_file()
    if file is None:
        pytest.skip("mistral-common is not installed")
    folder = tmp_path_factory.mktemp("zephyr")
    write_zephyr_tokenizer(file, folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """An empty project that every command of the test works in."""
    home = tmp_path / "project"
    home.mkdir()
    monkeypatch.setenv("MORRIS_HOME", str(home))
    yield Project(home)


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    """A folder of twelve short Markdown columns."""
    folder = tmp_path / "columns"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"{number:02}.md").write_text(column(number), encoding="utf-8")
    return folder
