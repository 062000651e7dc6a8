"""Titles of texts that state none: a first line that reads like one, or the name of the file."""

from __future__ import annotations

import re

from morris_mlx.collect.parse_dates import parse_date, without_date

MAX_TITLE_WORDS, MAX_TITLE_LENGTH = 14, 90
MAX_NAME_WORDS = 14
# Salutations: the first line of a letter is no title.
_SALUTATION = re.compile(
    r"(?:dear|hi|hello|hey|liebe[rs]?|lieber|hallo|sehr|cher|chère|bonjour|querid[oa]|estimad[oa]|"
    r"hola|car[oa]|дорог(?:ой|ая|ие)|привет|здравствуй(?:те)?|уважаем(?:ый|ая|ые)|милый|милая)\b",
    re.IGNORECASE,
)
# Names of files that say nothing about the text.
_NAMELESS = re.compile(
    r"(?:untitled|unbenannt|sans titre|без названия|new|neu|copy|copie|kopie|doc|document|dokument|"
    r"text|txt|note|notes|notizen|draft|drafts|entwurf|черновик|essay|essays|post|posts|page|"
    r"article|column|chapter|kapitel|глава|part|story|file|scan|img|image|final|version|backup|"
    r"misc|test|readme|index|export|output|all|my|todo|letter|diary|tagebuch|дневник|message|chat|"
    r"заметк[аи]|документ|текст|новый)",
    re.IGNORECASE,
)
_ID_AT_END = re.compile(r"[ _-](?=[0-9a-f]*\d)[0-9a-f]{8,32}$")  # Notion, Medium
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def is_title(line: str) -> bool:
    """Return True if the first line of a text reads like a title: short, and no sentence."""
    text = line.strip().strip("*_#= ")
    if not text or len(text) > MAX_TITLE_LENGTH or len(text.split()) > MAX_TITLE_WORDS:
        return False
    first = re.sub(r"^[\"“‘«„(\[]+", "", text)[:1]
    return (
        bool(_WORD.search(text))
        and (first.isupper() or first.isdigit() or not first.islower())
        and text[-1] not in ".,;:…-—–"
        and not text.startswith(("-", "—", "–", "•", "http:", "https:", "[", "<"))
        and not (_SALUTATION.match(text) and text[-1] in "!,")
        and not (_SALUTATION.match(text) and len(text.split()) <= 4)
        and not parse_date(text)
    )


def title_of_name(stem: str, uses_slugs: bool) -> str:
    """Return the title in the name of a file, without its suffix, or "".

    A name that is written with spaces is a title; one with hyphens only if it begins with a date,
    as programs for blogs name files, or if `uses_slugs` is True.
    """
    rest = without_date(stem)
    name = _ID_AT_END.sub("", rest)
    has_spaces = " " in name.strip()
    if not (has_spaces or rest != stem or uses_slugs):
        return ""
    if not has_spaces:
        name = re.sub(r"[_-]+", " ", name)
    name = " ".join(name.split())
    words = _WORD.findall(name)
    telling = [w for w in words if len(w) > 2 and not _NAMELESS.fullmatch(w)]
    digits = sum(c.isdigit() for c in name)
    if not telling or len(words) > MAX_NAME_WORDS or digits > len(name) // 4:
        return ""
    if not has_spaces and (digits or max(map(len, words)) < 4):
        return ""
    return name if has_spaces or not name.islower() else name[:1].upper() + name[1:]


def same_title(one: str, other: str) -> bool:
    """Return True if two titles differ only in case, space and punctuation."""
    return re.findall(r"\w+", one.casefold()) == re.findall(r"\w+", other.casefold())
