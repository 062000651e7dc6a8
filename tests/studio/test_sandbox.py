"""The environment that Gradio runs in."""

import os
import stat
from pathlib import Path

from morris_mlx.studio.sandbox import sandboxed


def test_gradio_variables_are_unset_and_its_folder_is_private(monkeypatch):
    monkeypatch.setenv("GRADIO_SHARE", "True")
    monkeypatch.setenv("GRADIO_NUM_WORKERS", "2")
    with sandboxed():
        assert "GRADIO_SHARE" not in os.environ and "GRADIO_NUM_WORKERS" not in os.environ
        folder = Path(os.environ["GRADIO_TEMP_DIR"])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "left").write_text("")
        assert stat.S_IMODE((folder / "left").stat().st_mode) == 0o600
    assert os.environ["GRADIO_SHARE"] == "True" and not folder.exists()
