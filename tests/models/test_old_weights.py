"""Repositories from mlx-lm's first weeks: read through links, or refused with an alternative."""

import shutil

import pytest
from support.model_stores import tree_digest
from support.workspace import change_tensors

from morris_mlx.convert import plan_conversion
from morris_mlx.errors import MissingError, RefusedError
from morris_mlx.generate import load_generator
from morris_mlx.models.converted import PRECISIONS
from morris_mlx.models.find import find_local, find_model

pytestmark = pytest.mark.usefixtures("model_caches")
OLD = "mlx-community/zephyr-7b-beta-old"


def keep(half):
    def change(weights):
        for number, name in enumerate(sorted(weights)):
            if number % 2 != half:
                del weights[name]

    return change


@pytest.fixture
def old(tiny_folder, tmp_path):
    """The tiny model with its weights in files of the old name."""
    folder = shutil.copytree(tiny_folder, tmp_path / "old")
    weights = folder / "model.safetensors"
    for half in (0, 1):
        shutil.copy(weights, folder / f"weights.{half:02}.safetensors")
        change_tensors(folder / f"weights.{half:02}.safetensors", keep(half))
    weights.unlink()
    return folder


def text_of(name):
    with load_generator(str(name), backend="mlx", temperature=0.0, max_tokens=6, say=str) as llm:
        return llm.run("Hello")


def test_weights_of_the_old_name_give_the_same_texts(old, tiny_folder):
    before = tree_digest(old)
    assert text_of(old) == text_of(tiny_folder)
    assert tree_digest(old) == before
    files = find_model(str(old))
    assert files.name == str(old) and files.folder != old
    assert not plan_conversion(str(old), PRECISIONS[3]).done


def test_weights_of_both_names_belong_together(old, tiny_folder):
    (old / "weights.00.safetensors").rename(old / "model.safetensors")
    assert text_of(old) == text_of(tiny_folder)


def test_the_links_follow_the_folder(old):
    links = find_model(str(old)).folder
    shutil.copy(old / "weights.01.safetensors", old / "weights.02.safetensors")
    (old / "config.json").write_text((old / "config.json").read_text() + "\n")
    assert find_model(str(old)).folder == links
    assert (links / "model-weights.02.safetensors").exists()
    (old / "weights.02.safetensors").unlink()
    find_model(str(old))
    assert not (links / "model-weights.02.safetensors").is_symlink()


def test_a_repository_with_the_old_names_is_downloaded_whole(old, hub):
    hub.folders[OLD] = old
    folder = find_model(OLD).folder
    assert len(list(folder.glob("model-weights*.safetensors"))) == 2
    assert find_local(OLD).folder == folder


def test_weights_of_numpy_are_answered_with_a_repository_that_works(old, hub):
    for path in old.glob("weights*"):
        path.unlink()
    (old / "weights.npz").touch()
    hub.folders[OLD] = old
    with pytest.raises(MissingError, match=r"weights\.npz.* Use HuggingFaceH4/zephyr-7b-beta, the"):
        find_model(OLD)
    with pytest.raises(RefusedError, match=r"weights\.npz"):
        find_model(str(old))
