"""A check of each request's origin: only the studio's own page may send requests.

Other sites that are open in the same browser could otherwise reach this machine's ports.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from morris_mlx.studio.sandbox import LOOPBACK

# Values of Sec-Fetch-Site: an address that the user typed, and a request of the studio's page.
ALLOWED_SITES = ("none", "same-origin")


class SameOrigin:
    """Middleware that refuses the requests of other sites' pages.

    An Origin header must equal the Host header, which TrustedHostMiddleware has found to be this
    machine. Programs other than browsers send neither Origin nor Sec-Fetch-Site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse one of another site with status 403 or a closed socket."""
        if scope["type"] == "lifespan" or _is_same_origin(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            refusal = PlainTextResponse(
                "Refused: the studio accepts requests from its own page only.", 403
            )
            await refusal(scope, receive, send)


def _is_same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers.get('host', '')}":
        return False
    return headers.get("sec-fetch-site", "none") in ALLOWED_SITES


def origin_middleware() -> list[Middleware]:
    """Return the middleware in order, outermost first."""
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK), www_redirect=False)
    return [hosts, Middleware(SameOrigin)]
