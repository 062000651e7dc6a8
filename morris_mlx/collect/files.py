"""Plain text, Markdown and HTML files → documents, typography kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from morris_mlx.collect.text import UnreadableError, iso_date, text_id, tidy
from morris_mlx.errors import MissingError
from morris_mlx.formats.marked_text import MACHINE_MADE, is_machine_made
from morris_mlx.records.corpus import Document, Skipped
from morris_mlx.text.front_matter import MARKDOWN_FRONT_MATTER

TEXT_SUFFIXES, MARKDOWN_SUFFIXES, HTML_SUFFIXES = (
    {".txt", ".text"},
    {".md", ".markdown"},
    {".html", ".htm", ".xhtml"},
)
SUFFIXES = TEXT_SUFFIXES | MARKDOWN_SUFFIXES | HTML_SUFFIXES
MAX_BYTES = 20_000_000  # one text of more than 20 MB is a dump, not a text
LICENCE_KEYS = ("license", "licence", "rights", "copyright")  # in a front matter


def read_paths(
    paths: Sequence[Path], besides: Collection[Path] = ()
) -> tuple[list[Document], list[Skipped], dict[str, str]]:
    """Documents, what was left out, and what is said of licences, by source.

    `besides` are read as something else: where there are such files, no text need be.
    """
    documents: list[Document] = []
    skipped: list[Skipped] = []
    licences: dict[str, str] = {}
    first_at: dict[str, str] = {}
    for path in _files(paths):
        if path in besides:
            continue
        try:
            document, licence = read_file(path)
        except UnreadableError as error:
            skipped.append(Skipped(str(path), str(error)))
            continue
        if document.id in first_at:
            skipped.append(Skipped(str(path), f"the same text as {first_at[document.id]}"))
            continue
        first_at[document.id] = str(path)
        documents.append(document)
        licences |= {document.source: licence} if licence else {}
    if not documents and not besides:
        reasons = "".join(f"\n  {s.source}: {s.reason}" for s in skipped[:10])
        names = ", ".join(str(p) for p in paths)
        raise MissingError(
            f"No text found in {names}. "
            f"Give .txt, .md or .html files, or a folder of them.{reasons}"
        )
    return documents, skipped, licences


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """All files in name order, each once; folders give those with a suffix we read."""
    seen: set[Path] = set()
    for given in paths:
        path = given.expanduser().resolve()
        if not path.exists():
            raise MissingError(f"{given} does not exist. Check the spelling of the path.")
        inside = sorted(p for p in path.rglob("*") if _wanted(p, path)) if path.is_dir() else [path]
        for file in inside:
            if file not in seen:
                seen.add(file)
                yield file


def _wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and path.suffix.lower() in SUFFIXES and not hidden


def read_file(path: Path) -> tuple[Document, str]:
    """One file as a document, and what it says of its licence.

    Raises UnreadableError with the reason to leave it out.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableError(f"{suffix or 'no suffix'} is not .txt, .md or .html")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError(f"larger than {MAX_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise UnreadableError("empty")
    plain = raw.decode("utf-8", "replace") if suffix in HTML_SUFFIXES else _decode(raw)
    if is_machine_made(plain):
        raise UnreadableError(MACHINE_MADE)
    if suffix in HTML_SUFFIXES:
        title, author, day, text, licence = _from_html(raw)
    else:
        parse = _from_markdown if suffix in MARKDOWN_SUFFIXES else _from_text
        title, author, day, text, licence = parse(plain)
    text = tidy(text)
    if not text:
        raise UnreadableError("no text in it")
    document = Document(
        id=text_id(text), text=text, title=title, author=author, source=str(path), date=day
    )
    return document, licence


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in raw:
        raise UnreadableError("a binary file")
    else:
        encoding = "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError(
            f"not {encoding.removesuffix('-sig').upper()} (line {line}); save it as UTF-8"
        ) from error


def _from_text(text: str) -> tuple[str, str, str, str, str]:
    return "", "", "", text, ""


def _from_markdown(text: str) -> tuple[str, str, str, str, str]:
    """Title, author, date and licence from the front matter; the title else from a heading."""
    meta: dict[object, object] = {}
    text = text.replace("\r\n", "\n")
    if match := MARKDOWN_FRONT_MATTER.match(text):
        try:
            loaded = yaml.safe_load(match[1])
        # A date like 2021-02-30 is a ValueError; brackets within brackets within brackets …
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise UnreadableError("its front matter is not valid YAML") from error
        if isinstance(loaded, dict):  # anything else is prose between two rules
            meta, text = loaded, text[match.end() :]
    heading, body = _markdown_paragraphs(text)
    title = str(meta.get("title") or heading).strip()
    licence = next((str(meta[key]) for key in LICENCE_KEYS if meta.get(key)), "")
    author = str(meta.get("author") or "").strip()
    return title, author, iso_date(meta.get("date")), body, " ".join(licence.split())


def _markdown_paragraphs(text: str) -> tuple[str, str]:
    """(first heading when the text opens with one, the prose): marks gone, code left out."""
    tokens = MarkdownIt("commonmark").parse(text)
    title = ""
    paragraphs: list[str] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "inline":
            continue
        content = "".join(_inline_text(child) for child in token.children or [])
        heading = before is not None and before.type == "heading_open"
        if heading and not title and not paragraphs:
            title = content
        elif content.strip() and (heading or not _only_links(token)):
            paragraphs.append(content)
    return title, "\n\n".join(paragraphs)


def _only_links(token: Token) -> bool:
    """A paragraph or an item of a list that is links alone leads elsewhere: it is no writing."""
    depth, links = 0, 0
    for child in token.children or []:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        links += child.type == "link_open"
        if not depth and re.search(r"\w", _inline_text(child)):
            return False
    return links > 0


def _inline_text(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n" if token.type == "hardbreak" else " "
    return token.content if token.type in ("text", "code_inline", "text_special") else ""


def _from_html(raw: bytes) -> tuple[str, str, str, str, str]:
    """Main text by trafilatura: navigation, comments, tables and block quotations left out."""
    from morris_mlx.collect.html.article import extract_article

    found = extract_article(raw)
    return found.title, found.author, found.date, found.text, found.licence
