"""The sample columns, as documents."""

import pytest

from morris_mlx.collect import collect_files
from morris_mlx.defaults import sample_folder


@pytest.fixture(scope="session")
def sample_columns():
    return collect_files([sample_folder() / "columns"]).documents
