"""Who may ask: this machine's own page. Other sites in the same browser may not."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from morris_mlx.studio.sandbox import LOOPBACK

# What a browser says of a request: typed by the user, or made by our page.
OUR_SITES = ("none", "same-origin")


class SameOrigin:
    """Refuses what another page asks, whatever it asks for.

    An Origin must be that of the Host, which TrustedHostMiddleware has found to be this machine.
    A program that is no browser sends neither header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            refusal = PlainTextResponse("Refused: this page is for its own machine only.", 403)
            await refusal(scope, receive, send)


def _is_ours(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers.get('host', '')}":
        return False
    return headers.get("sec-fetch-site", "none") in OUR_SITES


def guards() -> list[Middleware]:
    """Outermost first."""
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK), www_redirect=False)
    return [hosts, Middleware(SameOrigin)]
