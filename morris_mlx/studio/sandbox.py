"""A closed environment for Gradio: no sharing, no telemetry, no files left behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = ("127.0.0.1", "localhost")
# Gradio's own variables can share the page, serve files, let a visitor edit the code or start more
# servers. The studio needs none of them.
GRADIO_PREFIX = "GRADIO_"
NO_PROXY = ("NO_PROXY", "no_proxy")  # Gradio requests its own address to see if it answers


@contextmanager
def sandboxed() -> Iterator[None]:
    """Set the environment for Gradio, and restore it at the end.

    Enter it before the first import of Gradio, which reads the variables then. Gradio's files go to
    a private temporary folder, which is deleted at the end.
    """
    before = dict(os.environ)
    mask = os.umask(0o077)
    for name in [name for name in os.environ if name.startswith(GRADIO_PREFIX)]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="morris-studio-") as folder:
        os.environ |= {
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_RUN_HISTORY": "False",
            "GRADIO_TEMP_DIR": folder,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        }
        for name in NO_PROXY:
            os.environ[name] = ",".join(filter(None, (before.get(name), *LOOPBACK)))
        try:
            yield
        finally:
            os.umask(mask)
            os.environ.clear()
            os.environ.update(before)
