"""What an HTML page points to: its own address, its next page, its feeds, other pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer

from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.web.address import AddressError, normal, same_site
from morris_mlx.collect.web.page_store import Page

MOST_LINKS = 5_000  # of one page: beyond, it is not made for readers
# Not worth a request: what is behind is no page.
FILES = (
    *(".pdf", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".ico", ".mp3", ".mp4", ".m4a"),
    *(
        ".ogg",
        ".wav",
        ".avi",
        ".mov",
        ".webm",
        ".zip",
        ".gz",
        ".tar",
        ".7z",
        ".rar",
        ".exe",
        ".dmg",
    ),
    *(".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".epub", ".mobi", ".css", ".js", ".json"),
)
ONLY = SoupStrainer(["a", "area", "link", "base", "meta"])  # a tree of the rest costs memory


@dataclass(frozen=True, slots=True)
class Links:
    """Normal addresses on the page's own site, each once, in the page's order.

    `refused` are those that are never asked, with the reason: other schemes, odd addresses.
    `following` are the next pages of a listing in parts.
    """

    canonical: str
    following: tuple[str, ...]
    pages: tuple[str, ...]
    feeds: tuple[str, ...]
    refused: dict[str, str]


def read_links(page: Page) -> Links:
    soup = BeautifulSoup(decode_html(page.body, page.charset), "lxml", parse_only=ONLY)
    base = _base(soup, page.final_url)
    canonical, following, feeds = "", [], []
    pages: dict[str, None] = {}
    refused: dict[str, str] = {}
    no_follow = _no_follow(soup)
    for tag in soup.find_all(["a", "area", "link"], href=True, limit=MOST_LINKS):
        href = str(tag["href"]).strip()
        related = _words(tag, "rel")
        try:
            url = normal(href, base)
        except AddressError as error:
            if tag.name != "link" and not href.startswith(("mailto:", "tel:", "javascript:")):
                refused.setdefault(href[:200], str(error))
            continue
        if not same_site(url, page.final_url):
            continue
        if suffix := next((s for s in FILES if urlsplit(url).path.lower().endswith(s)), ""):
            refused.setdefault(url, f"a file ({suffix}), not a page")
            continue
        if "canonical" in related and tag.name == "link":
            canonical = canonical or url
        elif "alternate" in related and _is_feed(tag):
            feeds.append(url)
        elif "next" in related and not no_follow:
            following.append(url)
        elif tag.name != "link" and not no_follow and href and not href.startswith("#"):
            pages.setdefault(url)
    return Links(
        canonical or page.final_url,
        tuple(dict.fromkeys(following)),
        tuple(pages),
        tuple(dict.fromkeys(feeds)),
        refused,
    )


def _base(soup: BeautifulSoup, url: str) -> str:
    tag = soup.find("base", href=True)
    if isinstance(tag, Tag):
        try:
            return normal(str(tag["href"]), url)
        except AddressError:
            return url
    return url


def _words(tag: Tag, name: str) -> list[str]:
    value = tag.get(name) or ""
    return (value if isinstance(value, str) else " ".join(value)).lower().split()


def _is_feed(tag: Tag) -> bool:
    return str(tag.get("type", "")).lower() in ("application/rss+xml", "application/atom+xml")


def _no_follow(soup: BeautifulSoup) -> bool:
    """Whether the page asks robots not to follow its links."""
    for tag in soup.find_all("meta", content=True):
        if str(tag.get("name", "")).lower() in ("robots", "morris-mlx"):
            asked = str(tag["content"]).lower().replace(",", " ").split()
            if "nofollow" in asked or "none" in asked:
                return True
    return False
