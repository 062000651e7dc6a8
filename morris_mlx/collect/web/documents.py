"""Documents from crawled pages: the wanted byline, each text once, a reason for the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from morris_mlx.collect.html.article import MAX_LINK_SHARE, Article, extract_article
from morris_mlx.collect.html.byline import names_author
from morris_mlx.collect.html.fragment import fragment_text
from morris_mlx.collect.text import UnreadableError, text_id
from morris_mlx.collect.web.crawl import Role, Visit
from morris_mlx.collect.web.links import Links
from morris_mlx.collect.web.page_error import SkipKind
from morris_mlx.collect.web.page_store import Page
from morris_mlx.collect.web.request import PageNote
from morris_mlx.defaults import MIN_WORDS
from morris_mlx.records.corpus import Document, Skipped

MIN_ARTICLE_WORDS = 20  # a shorter text is a notice
MAX_REASON_LENGTH = 500  # characters
SAME_PAGE_SHARE = 0.6  # of the words that two versions of one page have in common at least


class DocumentCollector:
    """The collector of documents from a crawl's pages, in the crawl's order."""

    def __init__(self, author: str) -> None:
        """Keep texts with the byline `author` only; "" keeps all."""
        self._author = author
        self.documents: list[Document] = []
        self.skipped: list[Skipped] = []
        self.later: list[Skipped] = []
        self.skip_kinds: set[SkipKind] = set()  # of `skipped`
        self.notes: list[PageNote] = []  # of the present source; emptied by the caller
        self._source_by_id: dict[str, str] = {}
        self._text_by_source: dict[str, str] = {}

    def should_fetch(self, visit: Visit) -> bool:
        """Return True: every page is fetched."""
        return True

    def skip(
        self, url: str, reason: str, later: bool = False, kind: SkipKind = SkipKind.FAILED
    ) -> None:
        """Note a URL that was left out; `later`: a later run may get it."""
        if later:
            self.later.append(printable_skip(url, reason))
        else:
            self.skipped.append(printable_skip(url, reason))
            self.skip_kinds.add(kind)

    def handle(self, visit: Visit, page: Page, links: Links) -> bool:
        """Add the page's article, or note the reason why it has none that is wanted.

        Returns True if the article is long enough and not known yet.
        """
        try:
            article = extract_article(page.body, page.charset, page.day, page.final_url)
            _check_article(article, visit, links)
        except UnreadableError as error:
            if (found := _article_of_entry(visit)) is None:
                self.skip(visit.url, str(error))
                return False
            article = found
        author = article.author or visit.entry.author
        if self._author and not names_author(self._author, author):
            self.skip(visit.url, f"by {author}" if author else "without a byline")
            return len(article.text.split()) >= MIN_WORDS
        return self._add(article, author, visit, page, links)

    def _add(self, article: Article, author: str, visit: Visit, page: Page, links: Links) -> bool:
        source, identity = links.canonical, text_id(article.text)
        known = self._text_by_source.get(source)
        # A careless template names one canonical URL, or the front page, for all its pages.
        is_front_page = urlsplit(source)[2:4] == ("/", "")
        if is_front_page or (known is not None and not _is_alike(known, article.text)):
            source = page.final_url
        elif known is not None and identity not in self._source_by_id:
            self.skip(visit.url, f"another version of {source}")
            return False
        note = PageNote(source, _iso_time(page.fetched), page.robots, article.license)
        if identity in self._source_by_id:
            first = self._source_by_id[identity]
            if first != source:
                self.skip(visit.url, f"the same text as {first}")
            elif note.url not in {n.url for n in self.notes}:
                self.notes.append(note)  # another given URL leads to it, too
            return False
        self._source_by_id[identity] = source
        self._text_by_source[source] = article.text
        self.notes.append(note)
        self.documents.append(
            Document(
                id=identity,
                text=article.text,
                title=article.title,
                author=author,
                source=source,
                date=article.date or visit.entry.date,
            )
        )
        return len(article.text.split()) >= MIN_WORDS


def _article_of_entry(visit: Visit) -> Article | None:
    """Return the text that the feed itself has, for a page that is empty without its scripts."""
    if not visit.entry.content:
        return None
    try:
        text = fragment_text(visit.entry.content)
    except UnreadableError:
        return None
    if len(text.split()) < MIN_ARTICLE_WORDS:
        return None
    entry = visit.entry
    return Article(entry.title, entry.author, entry.date, text, license="", link_share=0.0)


def printable_skip(url: str, reason: str) -> Skipped:
    """Return a record that is safe to print: servers' texts may contain control characters."""
    printable = ("".join(c if c.isprintable() else "�" for c in text) for text in (url, reason))
    return Skipped(*(text[:MAX_REASON_LENGTH] for text in printable))


def _check_article(article: Article, visit: Visit, links: Links) -> None:
    """Raise UnreadableError for a list of links and for a text that is too short."""
    if article.link_share > MAX_LINK_SHARE:
        hint = ""
        if visit.role is Role.GIVEN:
            feed = f", or collect its feed {links.feeds[0]}" if links.feeds else ""
            hint = f"; say which links to follow (--follow '/columns/*'){feed}"
        raise UnreadableError(f"a list of links, not an article{hint}")
    if len(article.text.split()) < MIN_ARTICLE_WORDS:
        raise UnreadableError(f"fewer than {MIN_ARTICLE_WORDS} words")


def _is_alike(text: str, other: str) -> bool:
    words, others = set(text.casefold().split()), set(other.casefold().split())
    return len(words & others) >= SAME_PAGE_SHARE * min(len(words), len(others))


def _iso_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
