"""LM Studio's store: GGUF files, MLX folders, and the folder in its settings."""

import json
import shutil

import pytest
from support.model_stores import LLAMA, gguf_bytes, tree_digest

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.converted import PRECISIONS
from morris_mlx.models.find import find_model
from morris_mlx.models.stores.lm_studio import find_lm_studio, list_lm_studio, lm_studio_stores
from morris_mlx.models.stores.record import Form
from morris_mlx.pipeline.convert import plan_conversion


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def store(home):
    folder = home / ".lmstudio" / "models"
    folder.mkdir(parents=True)
    return folder


def put(store, path, data=None):
    (store / path).parent.mkdir(parents=True, exist_ok=True)
    (store / path).write_bytes(gguf_bytes() if data is None else data)


def test_gguf_files_and_mlx_folders_are_listed_and_found(store, tiny_folder):
    put(store, "anna/toy-GGUF/toy-Q4_0.gguf")
    put(store, "anna/toy-GGUF/mmproj-toy-f16.gguf")
    put(store, "anna/two-GGUF/a.gguf")
    put(store, "anna/two-GGUF/b.gguf", gguf_bytes(LLAMA | {"general.file_type": 7}))
    shutil.copytree(tiny_folder, store / "anna" / "toy-mlx")
    (store / "notes.txt").touch()
    before = tree_digest(store)
    found = {m.name.removeprefix("lmstudio:anna/"): m for m in list_lm_studio()}
    assert list(found) == ["toy-GGUF", "toy-mlx", "two-GGUF/a.gguf", "two-GGUF/b.gguf"]
    assert (found["toy-GGUF"].form, found["toy-GGUF"].family) == (Form.GGUF, "llama")
    assert found["two-GGUF/b.gguf"].precision == "Q8_0"
    assert (found["toy-mlx"].form, found["toy-mlx"].family) == (Form.FOLDER, "mistral")
    for name, model in found.items():
        assert find_lm_studio(f"lmstudio:anna/{name}") == model
    with pytest.raises(
        MissingError, match=r"several files of anna/two-GGUF\. Give one of them: .*b"
    ):
        find_lm_studio("lmstudio:anna/two-GGUF")
    assert find_model("lmstudio:anna/toy-mlx").folder == store / "anna" / "toy-mlx"
    assert plan_conversion("lmstudio:anna/toy-mlx", PRECISIONS[3]).name == "lmstudio:anna/toy-mlx"
    assert tree_digest(store) == before


def test_a_model_that_is_not_there_is_answered_with_those_that_are(store):
    put(store, "anna/toy-GGUF/toy.gguf")
    with pytest.raises(MissingError, match=r"no model 'anna/x'.* It has: lmstudio:anna/toy-GGUF\."):
        find_lm_studio("lmstudio:anna/x")


def test_a_model_in_several_files_is_one_and_a_missing_part_is_reported(store):
    for number in (1, 3):
        put(store, f"anna/big-GGUF/big-{number:05}-of-00003.gguf")
    [model] = list_lm_studio()
    assert "1 of its 3 parts are missing, such as big-00002-of-00003.gguf" in model.problem
    put(store, "anna/big-GGUF/big-00002-of-00003.gguf")
    [model] = list_lm_studio()
    assert not model.problem and model.size_bytes == 3 * len(gguf_bytes())


@pytest.mark.parametrize(
    ("path", "data", "problem"),
    [
        ("anna/x/x.gguf", b"GGUF", "is not a GGUF file"),
        ("anna/x/x.gguf", gguf_bytes(LLAMA | {"general.type": "adapter"}), "it is an adapter"),
        ("anna/x/readme.md", b"", "neither a GGUF file nor MLX weights"),
        ("anna/x/config.json", b"{", "config.json is damaged"),
        ("anna/x/config.json", b"{}", "its weights .* are missing"),
    ],
)
def test_a_fault_of_a_model_is_reported_and_is_not_fatal(store, path, data, problem):
    put(store, path, data)
    put(store, "anna/whole/whole.gguf")
    whole, damaged = sorted(list_lm_studio(), key=lambda model: bool(model.problem))
    assert not whole.problem
    with pytest.raises(MorrisError, match=problem):
        find_lm_studio(damaged.name)


def test_a_link_out_of_the_store_is_reported(store, tmp_path):
    (tmp_path / "elsewhere.gguf").write_bytes(gguf_bytes())
    (store / "anna" / "x").mkdir(parents=True)
    (store / "anna" / "x" / "x.gguf").symlink_to(tmp_path / "elsewhere.gguf")
    (store / "anna" / "loop").symlink_to(store / "anna")
    names = {model.name: model.note for model in list_lm_studio()}
    assert "outside of the store" in names["lmstudio:anna/x"]


def test_the_folder_of_its_settings_and_a_moved_home_are_found(home):
    moved, chosen, old = home / "moved", home / "chosen", home / ".cache" / "lm-studio" / "models"
    for folder in (moved / "models", chosen, old):
        folder.mkdir(parents=True)
    (home / ".lmstudio-home-pointer").write_text(f"{moved}\n")
    (moved / "settings.json").write_text(json.dumps({"downloadsFolder": str(chosen)}))
    assert lm_studio_stores() == [chosen, moved / "models", old]


@pytest.mark.parametrize("settings", ["{", "[]", '{"downloadsFolder": 5}', "[" * 5000])
def test_damaged_settings_leave_the_usual_folder(store, settings):
    (store.parent / "settings.json").write_text(settings)
    assert lm_studio_stores() == [store]
