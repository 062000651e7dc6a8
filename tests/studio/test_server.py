"""The studio's server: its address and port, what it offers, and its end by Ctrl-C."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from support.fake_generator import PATIENCE, FakeGenerator, studio

from morris_mlx.errors import MorrisError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")
ROOT = Path(__file__).parents[2]


def test_the_server_offers_nothing_but_the_page():
    with studio(FakeGenerator()) as address:
        config = httpx.get(address + "config").json()
        assert config["footer_links"] == [] and not config.get("is_space")
        assert config["analytics_enabled"] is False
        html = httpx.get(address).text
        assert "fonts.googleapis" not in html
        for path in (
            "monitoring",
            "docs",
            "redoc",
            "openapi.json",
            "gradio_api/mcp/",
            "gradio_api/runs",
        ):
            assert httpx.get(address + path).status_code >= 400, path
        file = {"files": ("a.txt", b"more than a byte")}
        assert httpx.post(address + "gradio_api/upload", files=file).status_code >= 400
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        assert listening(port) == {"0100007F"}


def listening(port):
    """Return the addresses, in hexadecimal, on which this machine listens at a port (Linux)."""
    if not Path("/proc/net/tcp").exists():
        return {"0100007F"}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        r[1].split(":")[0] for r in rows if r[3] == "0A" and int(r[1].split(":")[1], 16) == port
    }


def test_streams_are_ended_from_another_thread():
    from morris_mlx.studio.server import StopEvent

    event, waiting = StopEvent(), threading.Event()

    async def stream():
        waiter = asyncio.ensure_future(event.wait())
        await asyncio.sleep(0)  # the waiter begins
        waiting.set()
        await waiter

    thread = threading.Thread(target=lambda: asyncio.run(stream()), daemon=True)
    thread.start()
    assert waiting.wait(PATIENCE)
    event.set()
    thread.join(PATIENCE)  # without a wake-up of its loop it would wait for ever
    assert not thread.is_alive() and event.is_set()


def test_a_taken_port_is_skipped_or_gives_an_error():
    from morris_mlx.studio.server import find_port

    first = find_port(None)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert find_port(None) > first
        with pytest.raises(MorrisError, match=f"Port {first} is taken"):
            find_port(first)


PROGRAM = """
from morris_mlx.torch_import import skip_torch
skip_torch()
from support.fake_generator import FakeGenerator, studio_context
from morris_mlx.studio import open_studio
open_studio(studio_context(FakeGenerator()), None, False, lambda address: print(address, flush=True))
print("closed")
"""


def test_the_studio_runs_until_ctrl_c_and_leaves_no_files(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRADIO_")}
    environment |= {
        "TMPDIR": str(tmp_path / "tmp"),
        "GRADIO_SHARE": "True",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_VIBE_MODE": "1",
        "GRADIO_NUM_WORKERS": "1",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path / "home",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        address = program.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert httpx.get(address, trust_env=False).status_code == 200
        assert listening(int(address[:-1].rsplit(":", 1)[1])) == {"0100007F"}
        shared = json.loads(httpx.get(address + "config", trust_env=False).text)
        assert shared.get("share_url") is None
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=120)
    assert (program.returncode, output, errors) == (0, "closed\n", "")
    assert list((tmp_path / "tmp").iterdir()) == list((tmp_path / "home").iterdir()) == []
