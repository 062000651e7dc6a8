"""The studio: Morris in the browser, for this machine alone. Its first page is Talk."""

from __future__ import annotations

from collections.abc import Callable

from morris_mlx.studio.interfaces import AdapterCard, Reply, Speaker, Workshop


def open_studio(
    workshop: Workshop, port: int | None, browser: bool, announce: Callable[[str], None]
) -> None:
    """Serve the page on this machine until Ctrl-C; `announce` is told its address.

    `port` None is 7860 or the next free one. `browser` opens the page. Raises MorrisError when
    there is no port.
    """
    from morris_mlx.studio.sandbox import sealed

    with sealed():
        from morris_mlx.studio.server import serve

        with serve(workshop, port, browser) as served:
            announce(served.address)
            served.wait()


__all__ = ["AdapterCard", "Reply", "Speaker", "Workshop", "open_studio"]
