"""The environment of all tests of the studio, and a studio that several tests share."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from support.fake_generator import FakeGenerator, only_this_machine, studio

from morris_mlx.studio.sandbox import sandboxed


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[None]:
    """Set the environment as `open_studio` does, and refuse connections to other machines."""
    with sandboxed(), only_this_machine(), pytest.MonkeyPatch.context() as patch:
        from gradio import http_server

        from morris_mlx.studio import server

        # Gradio gives a server five seconds to start. A busy machine may need more.
        patch.setattr(http_server, "time", SimpleNamespace(sleep=time.sleep, time=lambda: 0.0))
        # Two processes of the tests would find the same port free at the same moment.
        process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
        patch.setattr(server, "FIRST_PORT", server.FIRST_PORT + server.PORTS * process)
        yield


@pytest.fixture(scope="module")
def shared_studio(sandbox: None) -> Iterator[tuple[str, FakeGenerator]]:
    """Yield the address of a studio and its generator."""
    generator = FakeGenerator()
    with studio(generator) as address:
        yield address, generator
