"""Pages → documents: the wanted byline, each text once, and a reason for whatever is left out."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from morris_mlx.collect.html.article import MAX_LINK_SHARE, Article, extract_article
from morris_mlx.collect.html.byline import names_author
from morris_mlx.collect.text import UnreadableError, text_id
from morris_mlx.collect.web.crawl import Visit
from morris_mlx.collect.web.links import Links
from morris_mlx.collect.web.page_store import Page
from morris_mlx.collect.web.request import PageNote
from morris_mlx.defaults import MIN_WORDS
from morris_mlx.records.corpus import Document, Skipped

LEAST_WORDS = 20  # fewer are a notice, not a text
LONGEST_SAID = 500  # characters of a reason
SAME_WORDS = 0.6  # share of words that two versions of one page have in common at least


class Harvest:
    """Takes the pages of a crawl, in its order."""

    def __init__(self, author: str) -> None:
        """`author` "": everybody's."""
        self._author = author
        self.documents: list[Document] = []
        self.skipped: list[Skipped] = []
        self.later: list[Skipped] = []
        self.notes: list[PageNote] = []  # of the present source; emptied by the caller
        self._by_id: dict[str, str] = {}
        self._by_canonical: dict[str, str] = {}

    def wants(self, visit: Visit) -> bool:
        return True

    def skip(self, url: str, reason: str, later: bool = False) -> None:
        (self.later if later else self.skipped).append(left_out(url, reason))

    def take(self, visit: Visit, page: Page, links: Links) -> bool:
        """Raises nothing: what is no article is noted with its reason."""
        try:
            article = extract_article(page.body, page.charset, page.day, page.final_url)
            _check(article, visit, links)
        except UnreadableError as error:
            self.skip(visit.url, str(error))
            return False
        author = article.author or visit.author
        if self._author and not names_author(self._author, author):
            self.skip(visit.url, f"by {author}" if author else "without a byline")
            return len(article.text.split()) >= MIN_WORDS
        return self._keep(article, author, visit, page, links)

    def _keep(self, article: Article, author: str, visit: Visit, page: Page, links: Links) -> bool:
        source, identity = links.canonical, text_id(article.text)
        known = self._by_canonical.get(source)
        # A careless template names one canonical address, or the front page, for all its pages.
        front = urlsplit(source)[2:4] == ("/", "")
        if front or (known is not None and not _alike(known, article.text)):
            source = page.final_url
        elif known is not None and identity not in self._by_id:
            self.skip(visit.url, f"another version of {source}")
            return False
        note = PageNote(source, _moment(page.fetched), page.robots, article.license)
        if identity in self._by_id:
            first = self._by_id[identity]
            if first != source:
                self.skip(visit.url, f"the same text as {first}")
            elif note.url not in {n.url for n in self.notes}:
                self.notes.append(note)  # another given address leads to it, too
            return False
        self._by_id[identity] = source
        self._by_canonical[source] = article.text
        self.notes.append(note)
        self.documents.append(
            Document(
                id=identity,
                text=article.text,
                title=article.title,
                author=author,
                source=source,
                date=article.date or visit.date,
            )
        )
        return len(article.text.split()) >= MIN_WORDS


def left_out(url: str, reason: str) -> Skipped:
    """For a terminal: servers' words may hold its control characters."""
    plain = ("".join(c if c.isprintable() else "�" for c in said) for said in (url, reason))
    return Skipped(*(said[:LONGEST_SAID] for said in plain))


def _check(article: Article, visit: Visit, links: Links) -> None:
    if article.link_share > MAX_LINK_SHARE:
        hint = ""
        if visit.role == "given":
            feed = f", or collect its feed {links.feeds[0]}" if links.feeds else ""
            hint = f"; say which links to follow (--follow '/columns/*'){feed}"
        raise UnreadableError(f"a list of links, not an article{hint}")
    if len(article.text.split()) < LEAST_WORDS:
        raise UnreadableError(f"fewer than {LEAST_WORDS} words")


def _alike(text: str, other: str) -> bool:
    words, others = set(text.casefold().split()), set(other.casefold().split())
    return len(words & others) >= SAME_WORDS * min(len(words), len(others))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
