"""The studio: Morris in the browser, for this machine only. Its first page is Talk.

context = StudioContext(generator, list_adapters=lambda: [], base_model="practice")
open_studio(context, port=None, browser=True, announce=print)
"""

from __future__ import annotations

from collections.abc import Callable

from morris_mlx.studio.interfaces import ReplyStream, StudioContext, TextGenerator


def open_studio(
    context: StudioContext, port: int | None, browser: bool, announce: Callable[[str], None]
) -> None:
    """Serve the page on this machine until Ctrl-C.

    Args:
        context: The generator and the adapters to choose from.
        port: None takes 7860, or the next free port.
        browser: Open the page in the user's browser.
        announce: Called with the address when the page is ready.

    Raises MorrisError when the port is taken, or none is free.
    """
    from morris_mlx.studio.sandbox import sandboxed

    with sandboxed():
        from morris_mlx.studio.server import serve

        with serve(context, port, browser) as served:
            announce(served.address)
            served.wait()


__all__ = ["ReplyStream", "StudioContext", "TextGenerator", "open_studio"]
