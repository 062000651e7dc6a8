"""Notion exports: pages as Markdown or HTML with an id in their names, and databases as CSV."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.characters import decode_text, refuse_machine_made
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.markdown import parse_markdown
from morris_mlx.collect.readers.posts.claims import claimed, head_of
from morris_mlx.collect.readers.posts.pieces import Reason, make_piece
from morris_mlx.collect.readers.posts.rows import column_name, head_columns
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError

# "On paint 1a2b….md"; below a folder of Notion's name an id may be shorter.
_NAME = re.compile(
    r"(?:.*/)?[^/]* [0-9a-f]{32}(?:_all)?\.(?:md|csv|html)|"
    r"(?:.*/)?Export-[\w-]+/(?:.*/)?[^/]* [0-9a-f]{2,32}(?:_all)?\.(?:md|csv|html)",
    re.DOTALL,
)
_ID = re.compile(r" [0-9a-f]{2,32}\Z")
_HEADING = re.compile(r"\s*# (?P<title>[^\n]*)\n*")
_PROPERTY = re.compile(r"(?P<name>[^:\n]{1,60}):(?: (?P<value>.*))?")
DATE_PROPERTIES = (
    *("date", "published", "publish_date", "published_on", "published_at"),
    *("created", "created_time", "created_at", "date_created", "creation_date"),
)
AUTHOR_PROPERTIES = ("author", "authors", "written_by", "created_by")
PROPERTIES = {
    *(*DATE_PROPERTIES, *AUTHOR_PROPERTIES, "tags", "tag", "status", "type", "category", "url"),
    *("last_edited_time", "last_edited_by", "last_edited", "updated", "topics", "topic", "slug"),
    *("priority", "owner", "assign", "assignee", "due", "due_date", "property", "verification"),
    *("parent_item", "sub_item", "area", "project", "progress", "aliases", "files", "keywords"),
}


def claim_notion(archive: Archive) -> Iterator[Claim]:
    """Yield the Notion export in an archive: the files with Notion's ids in their names."""
    names = frozenset(name for name in archive.names if _NAME.fullmatch(name))
    if any(name.endswith((".md", ".html")) for name in names):
        yield Claim("", names)


def read_notion(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the pages of a Notion export. Databases, which are tables, are left out."""
    for member in claimed(archive, claim):
        if member.suffix == ".csv":
            yield LeftOut(Reason.TABLE, member.name)
            continue
        try:
            raw = member.read_bytes()
            if member.suffix == ".html":
                yield _read_html(member, raw)
            else:
                yield _read_markdown(member, decode_text(raw), _columns(archive, member))
        except UnreadableError as error:
            yield LeftOut(str(error), member.name)


def _columns(archive: Archive, member: Member) -> Collection[str]:
    """Return the columns of the database that a page is a row of: the names of its properties."""
    folder = str(PurePosixPath(member.name).parent)
    for name in (f"{folder}.csv", f"{folder}_all.csv"):
        if name in archive.names:
            return head_columns(head_of(archive, name))
    return ()


def _title(member: Member, heading: str) -> str:
    return heading.strip() or _ID.sub("", member.stem)


def _read_markdown(member: Member, text: str, columns: Collection[str]) -> TextPiece | LeftOut:
    refuse_machine_made(text)
    text = text.replace("\r\n", "\n")
    heading = _HEADING.match(text)
    properties, body = split_properties(text[heading.end() :] if heading else text, columns)
    return make_piece(
        member.name,
        lambda: parse_markdown(body).text,
        _title(member, heading["title"] if heading else ""),
        _author(properties),
        _date(properties),
    )


def split_properties(text: str, columns: Collection[str]) -> tuple[dict[str, str], str]:
    """Split the lines `Name: value` from the start of a page.

    They count as properties if one of them has a name that Notion or the page's database uses: a
    text may begin with a line with a colon, too.
    """
    first, _, rest = text.partition("\n\n")
    lines = [_PROPERTY.fullmatch(line) for line in first.strip().split("\n")]
    properties = {column_name(m["name"]): (m["value"] or "").strip() for m in lines if m}
    if not all(lines) or not {*PROPERTIES, *columns}.intersection(properties):
        return {}, text
    return properties, rest


def _date(properties: Mapping[str, str]) -> str:
    moments = (properties.get(name, "") for name in DATE_PROPERTIES)
    return next((day for moment in moments if (day := post_date(moment.split("→")[0]))), "")


def _author(properties: Mapping[str, str]) -> str:
    return next((properties[name] for name in AUTHOR_PROPERTIES if properties.get(name)), "")


def _read_html(member: Member, raw: bytes) -> TextPiece | LeftOut:
    from morris_mlx.collect.html.fragment import element_text, parse_page

    try:
        page = parse_page(raw)
        bodies = page.xpath("//div[contains(@class,'page-body')]")
        if not bodies:
            return LeftOut(Reason.TABLE, member.name)
        titles = page.xpath("//h1[contains(@class,'page-title')]")
        properties: dict[str, str] = {}
        for row in page.xpath("//table[contains(@class,'properties')]//tr"):
            name, *values = (" ".join(cell.text_content().split()) for cell in row)
            properties[column_name(name)] = " ".join(values)
        for callout in bodies[0].xpath(".//figure[contains(@class,'callout')]"):
            callout.tag = "div"
        for icon in bodies[0].xpath(".//*[contains(concat(' ',@class,' '),' icon ')]"):
            icon.drop_tree()
        heading = titles[0].text_content() if titles else ""
        text = element_text(bodies[0])
    except PARSER_ERRORS as error:
        raise UnreadableError("its markup is damaged") from error
    title = _title(member, " ".join(heading.split()))
    return make_piece(member.name, text, title, _author(properties), _date(properties))
