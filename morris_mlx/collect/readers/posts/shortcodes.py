"""Markup of WordPress inside the HTML of its posts: block comments and shortcodes."""

from __future__ import annotations

import re

# WordPress writes < and > in a block's settings as escapes.
BLOCK = re.compile(r"<!--\s+(?P<end>/)?wp:(?P<name>[a-z][\w/-]*)[^<>]*?(?P<empty>/)?-->")
FREE_BLOCKS = {"freeform", "core/freeform", "classic"}  # older posts within new ones
_NAME = r"[A-Za-z][\w-]*"
# A shortcode with settings: [gallery ids="1,2"]. Prose in brackets has no name="value".
_WITH_SETTINGS = re.compile(
    rf"\[/?({_NAME})(?:\s+[^\[\]<>\"'=]*?)?\s[\w:-]+=(?:\"[^\"]*\"|'[^']*'|“[^”]*”|”[^”]*”|&quot;[^\[\]]*?&quot;|[^\s\[\]]+)"
    r"(?:[^\[\]\"']|\"[^\"]*\"|'[^']*')*\]"
)
_END = re.compile(rf"\[/({_NAME})\]")
_BARE = re.compile(rf"\[({_NAME})\s*/?\]")
_ESCAPED = re.compile(r"\[(\[[^\[\]]*\])\]")
# With their content, which is a caption, an address, a program or a form.
_DROPPED_WITH_CONTENT = (
    *("caption", "wp_caption", "embed", "code", "sourcecode", "source", "gallery", "playlist"),
    *("audio", "video", "youtube", "vimeo", "googlemaps", "contact-form", "php", "html", "css"),
    *("javascript", "python", "bash", "sql", "xml", "quote", "blockquote", "pullquote", "button"),
    *("vc_raw_html", "vc_raw_js", "et_pb_code", "et_pb_button", "vc_btn", "tweet", "table"),
)
_DROPPED = re.compile(
    rf"\[({'|'.join(map(re.escape, _DROPPED_WITH_CONTENT))})(?![\w-])[^\[\]]*\]", re.IGNORECASE
)
# Shortcodes without settings and without an end.
_ALONE = {
    *(
        "gallery",
        "playlist",
        "audio",
        "video",
        "toc",
        "sitemap",
        "archives",
        "portfolio",
        "ratings",
    ),
    *("contact-form", "recent-posts", "subscribe", "polldaddy", "poll", "slideshow", "sharethis"),
    *("nextpage", "more", "separator", "divider", "clear", "clearfix", "spacer", "social"),
}


def free_parts(markup: str) -> list[tuple[bool, str]]:
    """Split a post at its block comments. True marks parts outside of blocks, or in classic ones.

    A post without blocks is one such part. The comments themselves are removed.
    """
    parts: list[tuple[bool, str]] = []
    open_blocks: list[str] = []
    at = 0
    for match in BLOCK.finditer(markup):
        parts.append((_is_free(open_blocks), markup[at : match.start()]))
        at = match.end()
        if match["end"]:
            if match["name"] in open_blocks:
                while open_blocks.pop() != match["name"]:
                    pass
        elif not match["empty"]:
            open_blocks.append(match["name"])
    parts.append((_is_free(open_blocks), markup[at:]))
    return _merged(parts)


def _is_free(open_blocks: list[str]) -> bool:
    return not open_blocks or open_blocks[-1] in FREE_BLOCKS


def _merged(parts: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    merged: list[tuple[bool, str]] = []
    for is_free, text in parts:
        if not text.strip():
            continue
        if merged and merged[-1][0] == is_free:
            merged[-1] = is_free, f"{merged[-1][1]}\n{text}"
        else:
            merged.append((is_free, text))
    return merged


def remove_shortcodes(markup: str) -> str:
    """Remove shortcodes. Text between a start and an end stays, unless it is not prose.

    Brackets of prose stay: "[sic]", "[…]", "[1]". A shortcode in double brackets is shown as it is.
    """
    if "[" not in markup:
        return markup
    escaped: list[str] = []

    def hold(match: re.Match[str]) -> str:
        escaped.append(match[1])
        return f"\x00{len(escaped) - 1}\x00"

    text = _ESCAPED.sub(hold, markup.replace("\x00", ""))
    text = _drop_with_content(text)
    with_end = {match[1] for match in _END.finditer(text)}
    text = _WITH_SETTINGS.sub("", text)
    text = _END.sub("", text)

    def bare(match: re.Match[str]) -> str:
        name = match[1]
        is_shortcode = name in with_end or name.lower() in _ALONE or "_" in name
        return "" if is_shortcode else match[0]

    text = _BARE.sub(bare, text)
    return re.sub("\x00(\\d+)\x00", lambda match: escaped[int(match[1])], text)


def _drop_with_content(text: str) -> str:
    """Remove the shortcodes whose content is no prose. The time is linear in the text."""
    pieces: list[str] = []
    without_end: set[str] = set()
    at = 0
    for match in _DROPPED.finditer(text):
        end_tag = f"[/{match[1]}]"
        if match.start() < at or end_tag in without_end:
            continue
        end = text.find(end_tag, match.end())
        if end < 0:
            without_end.add(end_tag)
            continue
        pieces.append(text[at : match.start()])
        at = end + len(end_tag)
    return "".join([*pieces, text[at:]])
