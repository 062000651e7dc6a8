"""The links of an HTML page: its canonical URL, its next page, its feeds, and other pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer

from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.web.address import AddressError, is_same_site, normalize_url
from morris_mlx.collect.web.next_page import is_next_link, is_numbered_successor, loads_more
from morris_mlx.collect.web.page_store import Page
from morris_mlx.collect.web.robots import PRODUCT_TOKEN

MAX_LINKS = 5_000  # of one page: with more, it is not made for readers
# Suffixes of files that are not pages, and not worth a request.
FILE_SUFFIXES = (
    *(".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".epub", ".mobi"),
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".ico"),
    *(".mp3", ".mp4", ".m4a", ".ogg", ".wav", ".avi", ".mov", ".webm"),
    *(".zip", ".gz", ".tar", ".7z", ".rar", ".exe", ".dmg", ".css", ".js", ".json"),
)
# A tree of all other elements would only cost memory.
PARSED_TAGS = SoupStrainer(["a", "area", "link", "base", "meta", "button"])
# Reasons for which the next page of a listing is not visited.
SCRIPTED = "a further page was not followed: a script loads it. Give the site's feed or sitemap"
NO_FOLLOW = "a further page was not followed: the site asks robots not to follow links"


@dataclass(frozen=True, slots=True)
class Links:
    """Normalized URLs on the page's own site, each once, in the page's order.

    `next_pages` are the next pages of a listing in several parts. `refused` maps links that must
    not be fetched (other schemes, invalid URLs, files) to the reasons. `not_followed` is the reason
    for which the next page of a listing cannot be visited, "" where there is none or it can.
    """

    canonical: str
    next_pages: tuple[str, ...]
    pages: tuple[str, ...]
    feeds: tuple[str, ...]
    refused: dict[str, str]
    not_followed: str = ""


def read_links(page: Page) -> Links:
    """Return the links of a page. Links to other sites are left out."""
    text = decode_html(page.body, page.charset)
    soup = BeautifulSoup(text, "lxml", parse_only=PARSED_TAGS)
    base = _base(soup, page.final_url)
    canonical, next_pages, feeds = "", [], []
    has_next = False
    pages: dict[str, None] = {}
    refused: dict[str, str] = {}
    no_follow = _is_no_follow(soup)
    for tag in soup.find_all(["a", "area", "link"], href=True, limit=MAX_LINKS):
        href = str(tag["href"]).strip()
        relations = _relations(tag)
        try:
            url = normalize_url(href, base)
        except AddressError as error:
            if tag.name != "link" and not href.startswith(("mailto:", "tel:", "javascript:")):
                refused.setdefault(href[:200], str(error))
            continue
        if not is_same_site(url, page.final_url):
            continue
        path = urlsplit(url).path.lower()
        if suffix := next((s for s in FILE_SUFFIXES if path.endswith(s)), ""):
            refused.setdefault(url, f"a file ({suffix}), not a page")
            continue
        if "canonical" in relations and tag.name == "link":
            canonical = canonical or url
        elif "alternate" in relations and _is_feed(tag):
            feeds.append(url)
        elif _is_next_page(tag, url, relations, page.final_url):
            has_next = True
            if not no_follow:
                next_pages.append(url)
        elif tag.name != "link" and not no_follow and href and not href.startswith("#"):
            pages.setdefault(url)
    return Links(
        canonical or page.final_url,
        tuple(dict.fromkeys(next_pages)),
        tuple(pages),
        tuple(dict.fromkeys(feeds)),
        refused,
        "" if next_pages else NO_FOLLOW if has_next else _script_reason(soup),
    )


def _is_next_page(tag: Tag, url: str, relations: list[str], current: str) -> bool:
    if "next" in relations:
        return True
    if tag.name != "a" or url == current or str(tag["href"]).startswith("#"):
        return False
    return is_next_link(tag) or is_numbered_successor(url, tag.get_text(), current)


def _script_reason(soup: BeautifulSoup) -> str:
    """Return SCRIPTED if a button of the page loads more of it, else ""."""
    buttons = soup.find_all(["a", "button"], limit=MAX_LINKS)
    return SCRIPTED if any(loads_more(button) for button in buttons) else ""


def _base(soup: BeautifulSoup, url: str) -> str:
    """Return the URL that relative links refer to."""
    tag = soup.find("base", href=True)
    if isinstance(tag, Tag):
        try:
            return normalize_url(str(tag["href"]), url)
        except AddressError:
            return url
    return url


def _relations(tag: Tag) -> list[str]:
    value = tag.get("rel") or ""
    return (value if isinstance(value, str) else " ".join(value)).lower().split()


def _is_feed(tag: Tag) -> bool:
    return str(tag.get("type", "")).lower() in ("application/rss+xml", "application/atom+xml")


def _is_no_follow(soup: BeautifulSoup) -> bool:
    """Return True if the page asks robots not to follow its links."""
    for tag in soup.find_all("meta", content=True):
        if str(tag.get("name", "")).lower() in ("robots", PRODUCT_TOKEN):
            directives = str(tag["content"]).lower().replace(",", " ").split()
            if "nofollow" in directives or "none" in directives:
                return True
    return False
