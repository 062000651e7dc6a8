"""Names of folders in the Hugging Face cache, for messages."""

from pathlib import Path

import pytest

from morris_mlx.errors import MissingError
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.config import read_config
from morris_mlx.models.hub_cache import model_label


def test_a_snapshot_is_called_by_its_repository():
    cache = Path("/home/me/.cache/huggingface/hub")
    assert model_label(cache / "models--org--some--name" / "snapshots" / "0abc") == "org/some--name"


@pytest.mark.parametrize(
    "folder", ["/", "model", "/models/tiny", "/x/models--org/snapshots/1", "/models--a--b/refs/x"]
)
def test_another_folder_is_called_by_its_path(folder):
    assert model_label(Path(folder)) == str(Path(folder))


def test_errors_name_the_repository_and_not_the_cache(tmp_path):
    folder = tmp_path / "models--org--name" / "snapshots" / "0abc"
    folder.mkdir(parents=True)
    for read in (load_tokenizer, read_config):
        with pytest.raises(MissingError, match=r"in org/name[.:]") as caught:
            read(folder)
        assert str(tmp_path) not in str(caught.value)
