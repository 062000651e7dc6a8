"""The environment of all tests of the studio, and a studio that several tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.fake_generator import FakeGenerator, only_this_machine, studio

from morris_mlx.studio.sandbox import sandboxed


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[None]:
    """Set the environment as `open_studio` does, and refuse connections to other machines."""
    with sandboxed(), only_this_machine():
        yield


@pytest.fixture(scope="module")
def shared_studio(sandbox: None) -> Iterator[tuple[str, FakeGenerator]]:
    """Yield the address of a studio and its generator."""
    generator = FakeGenerator()
    with studio(generator) as address:
        yield address, generator
