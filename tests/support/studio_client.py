"""A client of the studio's page without a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from gradio_client import Client

from morris_mlx.studio.talk.form import SAMPLING_FIELDS

DEFAULTS = [field.default if field.default is not None else "" for field in SAMPLING_FIELDS]
MODEL: dict[str, object] = {
    "adapter": "sample",
    "compare": False,
    "strength": 1.0,
    "system_prompt": "Be you.",
}


def connect(address: str) -> Client:
    """Return a client that is a session of its own, as a tab is."""
    return Client(address, verbose=False)


def form_values(**changes: object) -> list[object]:
    """Return the values of the page in the order of `read_form`, some of them changed by name."""
    sampling = dict(zip((field.name for field in SAMPLING_FIELDS), DEFAULTS, strict=True))
    values = MODEL | sampling | changes
    return [values[name] for name in values]


def talk(client: Client, question: object, **changes: object) -> Page:
    """Send a message and return the page at the end of the reply."""
    return Page(client.predict(question, *form_values(**changes), api_name="/talk"))


class Page:
    """The texts on the page after an event."""

    def __init__(self, outputs: Any) -> None:
        self.base, self.chosen, self.status = map(text_of, outputs[:3])


def text_of(html: object) -> str:
    """Return the text of HTML, "" where an output did not change."""
    if not isinstance(html, str):
        return ""
    return unescape(re.sub(r"<[^>]+>", "\n", html))
