"""HTML pages that load nothing and run nothing, made of jinja2 templates.

A room brings a template that extends "shell.html" and fills its blocks `lead` and `content`, and
`footer` where the page holds more than the user's own words. The macros of "parts.html" draw tiles,
notes and bars. Every value is text: it is escaped, and what a reader cannot see is shown.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
# Control characters but tab and line feed, and lone surrogates, which no file can hold.
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
CONTROL_PICTURES = 0x2400  # Unicode's visible form of U+0000 and of the 31 characters after it
OPTION = re.compile(r"(--[a-z-]+)")


def render_page(
    template: Path, title: str, values: Mapping[str, object], sheet: Path | None = None
) -> str:
    """Return the page that a room's template makes of `values`; the same values, the same text.

    `sheet` is a style sheet that follows the shell's. None: the one beside the template, with its
    name and the suffix ".css", if there is one.
    Raises jinja2.UndefinedError where the template asks for a value that is not there.
    """
    sheets = [TEMPLATES / "shell.css", sheet or template.with_suffix(".css")]
    style = "\n".join(s.read_text(encoding="utf-8") for s in sheets if s.exists())
    page = make_environment(template.parent).get_template(template.name)
    return page.render(values, title=title, style=style, policy=_policy(style))


@cache
def make_environment(folder: Path) -> Environment:
    """Return an environment of the templates of a folder and of the shell."""
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "thousands": "{:,}".format,
        "percent": "{:.1%}".format,
        "decimal": _decimal,
        "split_options": OPTION.split,
    }
    return environment


def _policy(style: str) -> str:
    """Return a content security policy that allows this style sheet, known by its hash, alone."""
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{known}'; base-uri 'none'; form-action 'none'"


def _visible(value: object) -> object:
    """Return a text with signs in place of what cannot be seen; markup and numbers as they are."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return INVISIBLE.sub(_sign, value.replace("\r\n", "\n"))


def _sign(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(CONTROL_PICTURES + code) if code < 0x20 else "\ufffd"


def _decimal(value: float) -> str:
    """Return a number with at most two decimal places, for the attributes of drawings."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
