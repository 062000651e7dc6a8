"""The surroundings that Gradio is imported and run in: nothing open, nothing sent, nothing left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = ("127.0.0.1", "localhost")
# Gradio's own variables can share the page, serve files, let a visitor edit the code, start more
# servers: none is of use to us, so all of them go.
GRADIO = "GRADIO_"
NO_PROXY = ("NO_PROXY", "no_proxy")  # Gradio asks its own address whether it answers


@contextmanager
def sealed() -> Iterator[None]:
    """To be entered before the first import of Gradio, which reads these once.

    What Gradio writes lands in a private folder that is gone at the end.
    """
    before = dict(os.environ)
    mask = os.umask(0o077)
    for name in [name for name in os.environ if name.startswith(GRADIO)]:
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
