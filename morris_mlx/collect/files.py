"""Reader of plain text, Markdown and HTML files into documents. Typography is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from morris_mlx.collect.archives import SingleFile
from morris_mlx.collect.readers import find_reader
from morris_mlx.collect.readers.reader import LeftOut, Member
from morris_mlx.collect.readers.split_text import split_pieces
from morris_mlx.collect.text import ParsedText, UnreadableError, normalize_text, text_id
from morris_mlx.errors import MissingError
from morris_mlx.records.corpus import Document, Skipped, SplitAt

TEXT_SUFFIXES, MARKDOWN_SUFFIXES, HTML_SUFFIXES = (
    {".txt", ".text"},
    {".md", ".markdown"},
    {".html", ".htm", ".xhtml"},
)
SUFFIXES = TEXT_SUFFIXES | MARKDOWN_SUFFIXES | HTML_SUFFIXES
MAX_REASONS_SHOWN = 10


def read_texts(
    paths: Sequence[Path], besides: Collection[Path] = (), split: SplitAt | None = None
) -> tuple[list[Document], list[Skipped], dict[str, str]]:
    """Return documents, skipped files, and the license texts by source.

    Args:
        paths: files and folders.
        besides: files to leave out because they are read as chat exports.
        split: where each file is split into texts; None leaves a file one text.

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
            for found in read_file(path, split):
                if isinstance(found, Skipped):
                    skipped.append(found)
                    continue
                document, license_text = found
                if document.id in first_source:
                    same = first_source[document.id]
                    skipped.append(Skipped(document.source, f"the same text as {same}"))
                    continue
                first_source[document.id] = document.source
                documents.append(document)
                if license_text:
                    licenses[document.source] = license_text
        except UnreadableError as error:
            skipped.append(Skipped(str(path), str(error)))
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


def read_file(path: Path, split: SplitAt | None = None) -> Iterator[tuple[Document, str] | Skipped]:
    """Yield the documents of a file with their license texts ("" where none is stated).

    Parts that are left out are yielded with the reason. Raises UnreadableError with the reason to
    leave the whole file out.
    """
    member = Member(SingleFile(path), path.name)
    if path.suffix.lower() not in SUFFIXES:
        raise UnreadableError(f"{path.suffix.lower() or 'no suffix'} is not .txt, .md or .html")
    reader = find_reader(member)
    if reader is None:
        raise UnreadableError("not a kind of file that Morris reads")
    for piece in split_pieces(reader.read(member), split):
        source = f"{member.source}/{piece.name}" if piece.name else member.source
        if isinstance(piece, LeftOut):
            yield Skipped(source, piece.reason)
        elif text := normalize_text(piece.parsed.text):
            yield _document(piece.parsed, text, source), piece.parsed.license
        else:
            yield Skipped(source, "no text in it")


def _document(parsed: ParsedText, text: str, source: str) -> Document:
    return Document(
        id=text_id(text),
        text=text,
        title=parsed.title,
        author=parsed.author,
        source=source,
        date=parsed.date,
    )
