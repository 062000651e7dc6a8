"""Collect the user's files, web pages and chat exports into a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from morris_mlx.files import enclosing_paths, path_text
from morris_mlx.jobs.events import Progress, Sink, ignore
from morris_mlx.pipeline.grounds import settle_grounds
from morris_mlx.pipeline.questions import NO_ANSWERS, Asker
from morris_mlx.pipeline.texts import TextsCollected, collect_texts, source_paths
from morris_mlx.project.conversations import read_conversations, write_conversations
from morris_mlx.project.documents import replace_documents
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.left_out import LeftOut, add_left_out, group_by_reason
from morris_mlx.project.people import read_people, write_people
from morris_mlx.project.provenance import (
    Ground,
    Provenance,
    SourceKind,
    add_provenance,
    page_urls,
    read_provenance,
    unique_texts,
)
from morris_mlx.records.corpus import Skipped, SplitAt

if TYPE_CHECKING:
    from morris_mlx.collect import (
        ChatExport,
        ChatOptions,
        ChatsFound,
        ReadAs,
        WebCollected,
        WebPreview,
        WebRequest,
    )

COLLECTING, LOOKING = "Collecting", "Looking"  # stages of web collection


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """Sources to collect: files and folders, and web addresses with their options.

    Chat exports are found among the files. `ground` is the one given for all sources. `read_as` is
    how to read files that could be a text or a chat. `author` leaves out texts in
    files that name another author; pages have their own in `web`. `split` is where each file is
    split into texts; None leaves a file one text.
    """

    files: tuple[Path, ...]
    chats: ChatOptions
    web: WebRequest | None = None
    ground: Ground | None = None
    read_as: ReadAs | None = None
    author: str = ""
    split: SplitAt | None = None


@dataclass(frozen=True, slots=True)
class CollectResult:
    """The texts of files and pages, and what the web and the chats brought."""

    texts: TextsCollected
    web: WebCollected | None
    chats: ChatsCollected | None


@dataclass(frozen=True, slots=True)
class ChatsCollected:
    """Conversations found, how many were known from other places, and conversations in all."""

    found: ChatsFound
    known: int
    total: int

    def as_json(self, project: Project) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            "exports": list(self.found.summaries),
            "remarks": list(self.found.remarks),
            "conversations": len(self.found.conversations),
            "you": list(self.found.writers),
            "messages_of_yours": self.found.own,
            "messages": self.found.funnel,
            "collected_before": self.known,
            "conversations_in_all": self.total,
            "conversations_file": str(project.conversations),
        }


@dataclass(frozen=True, slots=True)
class ChatsRead:
    """Exports that were read and the ground of each; nothing is written yet."""

    found: ChatsFound
    grounds: Mapping[str, Ground]

    @property
    def failed_paths(self) -> frozenset[str]:
        """The exports of which something could not be read: earlier conversations stay."""
        return frozenset(path_text(failed.export.path) for failed in self.found.failed)


def collect(
    project: Project, request: CollectRequest, sink: Sink = ignore, asker: Asker = NO_ANSWERS
) -> CollectResult:
    """Collect all sources of a request into the project.

    Grounds are settled before anything is read or fetched, and nothing is written before all
    exports are read. A file or export that fails does not stop the others. Raises RefusedError for
    a source without a ground, MissingError when nothing is found, and the errors of the collect
    room.
    """
    from morris_mlx.collect import take_inventory

    inventory = take_inventory(request.files, request.read_as)
    urls = request.web.urls if request.web else ()
    names = export_names(inventory.chats)
    grounds = settle_grounds(project, urls, names, request.ground, asker)
    read = read_chats(inventory.chats, request.chats, grounds, sink, asker) if names else None
    texts, chats = TextsCollected(), None
    if request.files:
        ground = request.ground or Ground.own
        chats_found = read.found if read else None
        texts = collect_texts(
            project,
            request.files,
            ground,
            inventory,
            chats_found,
            sink,
            author=request.author,
            split=request.split,
        )
        chats = keep_chats(project, read, request.files, texts.sources)
    if request.web is None:
        return CollectResult(texts, None, chats)
    pages, web = collect_pages(project, request.web, grounds, sink)
    both = replace(
        texts,
        found=texts.found + pages.found,
        words=texts.words + pages.words,
        total=pages.total,
        skipped=(*texts.skipped, *pages.skipped),
    )
    return CollectResult(both, web, chats)


def preview_pages(project: Project, request: WebRequest, sink: Sink = ignore) -> list[WebPreview]:
    """Return what a web collection would fetch. Writes nothing but the page store."""
    from morris_mlx.collect import preview_web

    open_project(project)
    return preview_web(request, project.raw_web, _details(sink, LOOKING))


def _details(sink: Sink, stage: str) -> Callable[[str], None]:
    return lambda text: sink(Progress(stage, detail=text))


# --- chats ------------------------------------------------------------------------------
def export_names(exports: Sequence[ChatExport]) -> tuple[str, ...]:
    """Return the paths of exports, each once: their names in the provenance file."""
    return tuple(dict.fromkeys(path_text(export.path) for export in exports))


def read_chats(
    exports: Sequence[ChatExport],
    options: ChatOptions,
    grounds: Mapping[str, Ground],
    sink: Sink = ignore,
    asker: Asker = NO_ANSWERS,
) -> ChatsRead:
    """Read exports; nothing is written. One that fails does not stop the others."""
    from morris_mlx.collect import collect_chats

    def report(label: str) -> Callable[[int, int], None]:
        return lambda done, total: sink(Progress(label, min(done, total), total))

    found = collect_chats(exports, options, asker.choose, report)
    return ChatsRead(found, {name: grounds[name] for name in export_names(exports)})


def keep_chats(
    project: Project, read: ChatsRead | None, places: Sequence[Path], texts: Sequence[str] = ()
) -> ChatsCollected | None:
    """Write conversations in the place of those that came from `places` before.

    An export that is no longer there takes its conversations with it, so that without exports
    (`read` is None) some may go and none come. `texts` are the sources of new texts.
    """
    from morris_mlx.collect import merge_conversations

    if read is None and not project.conversations.exists():
        return None
    sources = source_paths(places)
    new = read.found.conversations if read else ()
    failed = read.failed_paths if read else frozenset()
    conversations, known = merge_conversations(read_conversations(project), new, sources, failed)
    if read:  # before the chats: they must not be there without the people to be redacted
        _note_people(project, read, sources)
    write_conversations(project, conversations)
    if read is None:
        return None
    _note_exports(project, read, texts)
    return ChatsCollected(read.found, known, len(conversations))


def _note_exports(project: Project, read: ChatsRead, texts: Sequence[str]) -> None:
    """Note exports; `texts` are the sources of new texts, which a zip may hold beside its chats."""
    counts = Counter(c.source for c in read.found.conversations)
    documents = Counter(path for source in texts for path in enclosing_paths(source, read.grounds))
    notes = read_provenance(project)
    noted = {
        path: Provenance(
            kind=SourceKind.chat_export,
            ground=ground,
            documents=documents[path],
            licences=_licences(notes.get(path)) if documents[path] else (),
            conversations=counts[path],
        )
        for path, ground in read.grounds.items()
        if path not in read.failed_paths
    }
    add_provenance(project, noted)


def _licences(note: Any) -> tuple[str, ...]:
    """Return the licences of an entry that was noted for the texts of the same path."""
    found = note.get("licences") if isinstance(note, dict) else None
    return unique_texts(map(str, found)) if isinstance(found, list) else ()


def _note_people(project: Project, read: ChatsRead, sources: Sequence[Path]) -> None:
    """Note the people of the chats, for redaction and for `morris forget`."""
    places = {str(source) for source in sources}
    known = {
        source: people
        for source, people in read_people(project).items()
        if source in read.failed_paths or not any(enclosing_paths(source, places))
    }
    write_people(project, known | dict(read.found.people))


# --- web --------------------------------------------------------------------------------
def collect_pages(
    project: Project,
    request: WebRequest,
    grounds: Mapping[str, Ground],
    sink: Sink = ignore,
) -> tuple[TextsCollected, WebCollected]:
    """Fetch pages, merge them with the documents of the project, write.

    Returns what is new, and what the web brought.
    """
    from morris_mlx.collect import collect_web

    open_project(project)
    web = collect_web(request, project.raw_web, _details(sink, COLLECTING))
    notes = read_provenance(project)
    earlier = _earlier_pages(notes, web)
    stay = {str(page["url"]) for pages in earlier.values() for page in pages}
    replaced = (_replaced_pages(notes, request) | {d.source for d in web.documents}) - stay
    merged = replace_documents(project, web.documents, replaced.__contains__)
    here = set(merged.sources)
    noted = {}
    for source in web.sources:
        pages = (*earlier.get(source.url, ()), *map(asdict, source.pages))
        noted[source.url] = Provenance(
            kind=source.kind,
            ground=grounds[source.url],
            documents=sum(page["url"] in here for page in pages),
            robots=source.robots,
            licences=unique_texts(str(page.get("licence", "")) for page in pages),
            pages=pages,
        )
    add_provenance(project, noted)
    skipped = (*web.skipped, *merged.known)
    add_left_out(project, _by_address(skipped, request.urls))
    return TextsCollected(len(merged.new), merged.words, len(merged.sources), skipped), web


def _by_address(skipped: Sequence[Skipped], urls: Sequence[str]) -> LeftOut:
    """Return what was left out by the first given address on the same host, grouped by reason."""
    found: dict[str, list[Skipped]] = {url: [] for url in urls}
    hosts = {_host(url): url for url in reversed(urls)}
    for item in skipped:
        found[hosts.get(_host(item.source), urls[0])].append(item)
    return {url: group_by_reason(items) for url, items in found.items()}


def _host(url: str) -> str:
    """Return the host of an address, "" for one that is not valid."""
    with suppress(ValueError):
        return urlsplit(url).hostname or ""
    return ""


def _earlier_pages(notes: Mapping[str, Any], web: WebCollected) -> dict[str, list[dict[str, Any]]]:
    """Return, by feed, the noted pages that it no longer names: feeds name the latest only."""
    visited = {s.source for s in (*web.skipped, *web.later)} | {d.source for d in web.documents}
    visited |= {page.url for each in web.sources for page in each.pages}
    found = {}
    for source in web.sources:
        if source.kind == "feed" and (gone := page_urls(notes.get(source.url)) - visited):
            found[source.url] = [p for p in notes[source.url]["pages"] if p.get("url") in gone]
    return found


def _replaced_pages(notes: Mapping[str, Any], request: WebRequest) -> set[str]:
    """Return the pages that came from the given addresses before, and from no other."""
    given = set(request.urls)
    before = set().union(*(page_urls(notes.get(url)) for url in given))
    return before - set().union(*(page_urls(n) for url, n in notes.items() if url not in given))


def skipped_rows(skipped: Sequence[Skipped]) -> list[dict[str, str]]:
    """Return what was left out as JSON values."""
    return [asdict(item) for item in skipped]
