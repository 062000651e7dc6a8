"""Reader of plain text, Markdown and HTML files into documents. Typography is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from morris_mlx.collect.markdown import parse_markdown
from morris_mlx.collect.text import ParsedText, UnreadableError, normalize_text, text_id
from morris_mlx.errors import MissingError
from morris_mlx.formats.marked_text import MACHINE_MADE, is_machine_made
from morris_mlx.records.corpus import Document, Skipped

TEXT_SUFFIXES, MARKDOWN_SUFFIXES, HTML_SUFFIXES = (
    {".txt", ".text"},
    {".md", ".markdown"},
    {".html", ".htm", ".xhtml"},
)
SUFFIXES = TEXT_SUFFIXES | MARKDOWN_SUFFIXES | HTML_SUFFIXES
MAX_BYTES = 20_000_000  # a larger file is a dump of data, not a text
MAX_REASONS_SHOWN = 10


def read_texts(
    paths: Sequence[Path], besides: Collection[Path] = ()
) -> tuple[list[Document], list[Skipped], dict[str, str]]:
    """Return documents, skipped files, and the license texts by source.

    Args:
        paths: files and folders.
        besides: files to leave out because they are read as chat exports.

    Raises:
        MissingError: for a path that does not exist, or when there is neither text nor `besides`.
    """
    documents: list[Document] = []
    skipped: list[Skipped] = []
    licenses: dict[str, str] = {}
    first_source: dict[str, str] = {}
    for path in _list_files(paths):
        if path in besides:
            continue
        try:
            document, license_text = read_file(path)
        except UnreadableError as error:
            skipped.append(Skipped(str(path), str(error)))
            continue
        if document.id in first_source:
            skipped.append(Skipped(str(path), f"the same text as {first_source[document.id]}"))
            continue
        first_source[document.id] = str(path)
        documents.append(document)
        if license_text:
            licenses[document.source] = license_text
    if not documents and not besides:
        reasons = "".join(f"\n  {s.source}: {s.reason}" for s in skipped[:MAX_REASONS_SHOWN])
        names = ", ".join(str(p) for p in paths)
        raise MissingError(
            f"No text found in {names}. "
            f"Give .txt, .md or .html files, or a folder of them.{reasons}"
        )
    return documents, skipped, licenses


def _list_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield each file once. Folders are searched for files with a known suffix, in name order."""
    seen: set[Path] = set()
    for given in paths:
        path = given.expanduser().resolve()
        if not path.exists():
            raise MissingError(f"{given} does not exist. Check the spelling of the path.")
        files = sorted(p for p in path.rglob("*") if _is_text(p, path)) if path.is_dir() else [path]
        for file in files:
            if file not in seen:
                seen.add(file)
                yield file


def _is_text(path: Path, root: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and path.suffix.lower() in SUFFIXES and not is_hidden


def read_file(path: Path) -> tuple[Document, str]:
    """Return a file as a document, and its license text, or "" if it states none.

    Raises UnreadableError with the reason to leave the file out.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableError(f"{suffix or 'no suffix'} is not .txt, .md or .html")
    raw = _read_bytes(path)
    is_html = suffix in HTML_SUFFIXES
    plain = raw.decode("utf-8", "replace") if is_html else _decode(raw)
    if is_machine_made(plain):
        raise UnreadableError(MACHINE_MADE)
    if is_html:
        parsed = _parse_html(raw)
    else:
        parsed = parse_markdown(plain) if suffix in MARKDOWN_SUFFIXES else ParsedText(plain)
    text = normalize_text(parsed.text)
    if not text:
        raise UnreadableError("no text in it")
    document = Document(
        id=text_id(text),
        text=text,
        title=parsed.title,
        author=parsed.author,
        source=str(path),
        date=parsed.date,
    )
    return document, parsed.license


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError(f"larger than {MAX_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise UnreadableError("empty")
    return raw


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


def _parse_html(raw: bytes) -> ParsedText:
    """Extract the article, without navigation, comments, tables and block quotations."""
    from morris_mlx.collect.html.article import extract_article

    article = extract_article(raw)
    return ParsedText(article.text, article.title, article.author, article.date, article.license)
