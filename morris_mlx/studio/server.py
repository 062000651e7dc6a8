"""The page on its way to the browser: this machine only."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import gradio as gr

from morris_mlx.errors import MorrisError
from morris_mlx.studio.interfaces import Workshop
from morris_mlx.studio.origin_check import guards
from morris_mlx.studio.pages.talk import build_page
from morris_mlx.studio.sandbox import LOOPBACK
from morris_mlx.studio.talk.sessions import Desk
from morris_mlx.studio.theme import CSS, theme

HOST = LOOPBACK[0]
FIRST_PORT, PORTS = 7860, 100
NO_API_PAGES: dict[str, Any] = {"openapi_url": None, "docs_url": None, "redoc_url": None}


@dataclass(frozen=True, slots=True)
class Served:
    address: str
    page: gr.Blocks

    def wait(self) -> None:
        """Until Ctrl-C."""
        with suppress(KeyboardInterrupt):
            Event().wait()


@contextmanager
def serve(workshop: Workshop, port: int | None = None, browser: bool = False) -> Iterator[Served]:
    """The page while the block lasts. Raises MorrisError when there is no port."""
    desk = Desk(workshop)
    page = build_page(workshop, desk)
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
            max_file_size=1,  # byte: nothing is uploaded here
            strict_cors=True,
            root_path="",
            theme=theme(),
            css_paths=[CSS],
            app_kwargs={"middleware": guards()} | NO_API_PAGES,
        )
        yield Served(f"http://{HOST}:{chosen}/", page)
    finally:
        desk.close()
        page.close(verbose=False)


def find_port(wanted: int | None) -> int:
    """`wanted`, or the first free one from 7860 on. Raises MorrisError."""
    if wanted is not None:
        if not _is_free(wanted):
            raise MorrisError(f"Port {wanted} is taken. Choose another, or leave --port out.")
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if _is_free(port):
            return port
    raise MorrisError(
        f"Every port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is taken. Name one by --port."
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
