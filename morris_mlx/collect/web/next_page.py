"""Recognition of the link to a listing's next page, where it has no rel="next"."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bs4 import Tag

# “next page-numbers”, “nextpostslink”, “pagination__next”, “blog-pager-older-link”. The link to the
# next article, “next-post”, does not match.
_CLASS = re.compile(
    r"next|older|nextpage|nextpostslink|(?:pag\w*|pager|page|posts?|archive|nav|btn|button|link)"
    r"(?:-|_|__|--)(?:next|older)|(?:next|older)(?:-|_|__|--)"
    r"(?:page(?:-?numbers?)?|posts|entries|articles|link|btn|button)"
    r"|blog-pager-older-link|pagination(?:__|-)(?:link|item)--next",
    re.IGNORECASE,
)
# The words of the link in the languages of common themes, without arrows.
_WORDS = re.compile(
    "next|next page|next posts|next entries|go to next page|go to the next page|older|"
    "older posts|older entries|older articles|older stories|earlier posts|"
    "earlier entries|more posts|page suivante|suivant|suivante|articles plus anciens|"
    "anciens articles|plus ancien|weiter|nächste|nächste seite|nächste beiträge|"
    "ältere beiträge|ältere einträge|ältere artikel|siguiente|página siguiente|"
    "siguientes|entradas antiguas|entradas anteriores|más antiguas|próxima|próximo|"
    "próxima página|seguinte|página seguinte|posts antigos|postagens mais antigas|"
    "successivo|successiva|pagina successiva|avanti|articoli meno recenti|"
    "post più vecchi|volgende|volgende pagina|oudere berichten|oudere artikelen|nästa|"
    "nästa sida|äldre inlägg|neste|neste side|næste|næste side|eldre innlegg|"
    "ældre indlæg|seuraava|vanhemmat kirjoitukset|następna|następna strona|następny|"
    "starsze wpisy|další|další stránka|starší příspěvky|следующая|следующая страница|"
    "следующие|далее|дальше|вперёд|вперед|старые записи|более старые записи|"
    "более ранние записи|наступна|наступна сторінка|старіші записи|sonraki|"
    "sonraki sayfa|eski yazılar|επόμενη|επόμενη σελίδα|次へ|次のページ|古い投稿|"
    "下一页|下一頁|下一頁文章|下页|"
    "다음|다음 페이지|التالي|הבא"
)
_MORE = re.compile(r"(?:load|show|view|see) (?:more|older)(?: (?:posts|articles|entries|stories))?")
_NOT_WORDS = re.compile(r"[\W\d_]+")
# The number of a page in an address: /page/2/, ?page=2, ?paged=2, /blog/p2, -page-2.html.
_NUMBER = re.compile(
    r"(?P<before>(?:^|.*[/?&_-])(?:page|paged|pg|seite|pagina|strona|sida|side|p)(?:/|=|-|_)?)"
    r"(?P<number>\d{1,5})(?P<after>(?:/|\.html?|&.*)?)"
)


def is_next_link(tag: Tag) -> bool:
    """Return True if the class, the text or the label of a link says that it is the next page."""
    classes = tag.get("class") or ""
    names = classes.split() if isinstance(classes, str) else list(classes)
    if any(_CLASS.fullmatch(name) for name in names):
        return True
    labels = (tag.get_text(" "), tag.get("aria-label"), tag.get("title"))
    return any(_WORDS.fullmatch(_plain_words(str(label))) for label in labels if label)


def loads_more(tag: Tag) -> bool:
    """Return True for a button or link that lets a script load the next page."""
    text = _plain_words(tag.get_text(" "))
    return bool(_MORE.fullmatch(text)) or (
        tag.name == "button" and _WORDS.fullmatch(text) is not None
    )


def _plain_words(text: str) -> str:
    """Return the words of a short text without arrows and numbers, else ""."""
    return " ".join(_NOT_WORDS.sub(" ", text[:80]).casefold().split())


def is_numbered_successor(url: str, label: str, current: str) -> bool:
    """Return True for a link “3” on page 2 of a listing whose addresses count its pages."""
    target = urlsplit(url)
    there = _split_number(f"{target.path}?{target.query}".rstrip("?"))
    if there is None or label.strip() != str(there[1]):
        return False
    place = urlsplit(current)
    address = f"{place.path}?{place.query}".rstrip("?")
    here = _split_number(address)
    if here is not None:
        return there == (here[0], here[1] + 1, here[2])
    return there[1] == 2 and there[0].startswith(place.path.rstrip("/"))


def _split_number(address: str) -> tuple[str, int, str] | None:
    """Return what is before the number of a page, the number, and what is after it."""
    found = _NUMBER.fullmatch(address)
    return (found["before"], int(found["number"]), found["after"]) if found else None
