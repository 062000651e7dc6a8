"""The web server of the studio, which listens on this machine's loopback address only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, Literal

import gradio as gr

from morris_mlx.errors import MorrisError
from morris_mlx.studio.interfaces import StudioContext
from morris_mlx.studio.origin_check import origin_middleware
from morris_mlx.studio.pages.talk import build_page
from morris_mlx.studio.sandbox import LOOPBACK
from morris_mlx.studio.talk.sessions import Sessions
from morris_mlx.studio.theme import CSS, theme

HOST = LOOPBACK[0]
FIRST_PORT, PORTS = 7860, 100
NO_API_PAGES: dict[str, Any] = {"openapi_url": None, "docs_url": None, "redoc_url": None}


@dataclass(frozen=True, slots=True)
class ServedPage:
    """The page while it is served."""

    address: str
    page: gr.Blocks

    def wait(self) -> None:
        """Block until Ctrl-C."""
        with suppress(KeyboardInterrupt):
            Event().wait()


class StopEvent(asyncio.Event):
    """The event that ends the streams of a page. It may be set on any thread.

    Gradio sets it on the thread that closes the page. Streams that end at the same moment change
    the list of waiting streams on the server's thread, which makes `asyncio.Event.set` fail.
    """

    def __init__(self) -> None:
        super().__init__()
        self._server: asyncio.AbstractEventLoop | None = None

    async def wait(self) -> Literal[True]:
        """Wait until the event is set."""
        self._server = asyncio.get_running_loop()
        return await super().wait()

    def set(self) -> None:
        """Set the event in the loop of those that wait for it."""
        if self._server is None:
            super().set()
        else:
            self._server.call_soon_threadsafe(super().set)


@contextmanager
def serve(
    context: StudioContext, port: int | None = None, browser: bool = False
) -> Iterator[ServedPage]:
    """Serve the page for the duration of the block.

    Raises MorrisError when the port is taken, or none is free.
    """
    sessions = Sessions(context)
    page = build_page(context, sessions)
    try:
        chosen = find_port(port)
        page.launch(
            server_name=HOST,
            server_port=chosen,
            inbrowser=browser,
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            share=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            num_workers=0,
            allowed_paths=[],
            max_file_size=1,  # byte: the page has no uploads
            strict_cors=True,
            root_path="",
            theme=theme(),
            css_paths=[CSS],
            app_kwargs={"middleware": origin_middleware()} | NO_API_PAGES,
        )
        page.app.stop_event = StopEvent()
        yield ServedPage(f"http://{HOST}:{chosen}/", page)
    finally:
        sessions.close()
        page.close(verbose=False)


def find_port(wanted: int | None) -> int:
    """Return the wanted port, by default the first free one from 7860 on.

    Raises MorrisError when the wanted port is taken, or none is free.
    """
    if wanted is not None:
        if not _is_free(wanted):
            raise MorrisError(f"Port {wanted} is taken. Choose another one, or omit --port.")
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if _is_free(port):
            return port
    raise MorrisError(
        f"Every port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is taken. Set a free one with "
        "--port."
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
