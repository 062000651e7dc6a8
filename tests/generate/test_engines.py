"""The ids that end a reply: from the chat format and from both of the model's config files."""

import json
import shutil

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.generate.engines import end_ids
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.find import find_model


@pytest.fixture
def small_files(tmp_path):
    """The practice base's small files, with an end token in the config."""
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(PRACTICE_FOLDER / name, tmp_path)
    config = json.loads((PRACTICE_FOLDER / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"eos_token_id": [2, 7]}))
    return tmp_path


def ends_of(folder):
    return end_ids(find_model(str(folder)), load_tokenizer(folder))


@pytest.mark.parametrize(
    ("named", "expected"),
    [(None, {2, 7}), (289, {2, 7, 289}), ([2, 289], {2, 7, 289}), ("x", {2, 7}), ([True], {2, 7})],
)
def test_end_tokens_of_both_configs_end_a_reply(small_files, named, expected):
    """Instruct models often name the end of a turn in generation_config.json alone."""
    (small_files / "generation_config.json").write_text(json.dumps({"eos_token_id": named}))
    assert ends_of(small_files) == expected


def test_the_file_may_be_missing_but_not_damaged(small_files):
    assert ends_of(small_files) == {2, 7}
    (small_files / "generation_config.json").write_text("[")
    with pytest.raises(MorrisError, match=r"generation_config.json is damaged"):
        ends_of(small_files)
