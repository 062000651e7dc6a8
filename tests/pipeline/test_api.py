"""The Python API: which project a generator belongs to."""

import shutil

import pytest

from morris_mlx.defaults import sample_folder
from morris_mlx.errors import MissingError
from morris_mlx.pipeline.api import load_generator


def test_a_generator_keeps_the_project_that_it_was_loaded_in(project, monkeypatch, tmp_path):
    shutil.copytree(sample_folder() / "adapters" / "sample", project.adapter("mine"))
    with load_generator(adapter="mine", say=lambda _: None, max_tokens=3) as llm:
        monkeypatch.setenv("MORRIS_HOME", str(tmp_path))
        assert llm.run("Hello.") and llm.run("Hello.", adapter="mine")
        with pytest.raises(MissingError, match="'mine'"):
            load_generator(adapter="mine", say=lambda _: None)
