"""The tables of readers, in the order in which they are asked.

A new kind of file is a module here, a member of `FileKind` or `ExportKind`, and a row below.
"""

from __future__ import annotations

from morris_mlx.collect.readers.documents.docx import read_docx
from morris_mlx.collect.readers.documents.epub import read_epub
from morris_mlx.collect.readers.documents.html_blocks import is_html_by_content
from morris_mlx.collect.readers.documents.mdx import read_mdx
from morris_mlx.collect.readers.documents.odf import is_flat_odf, read_fodt, read_odt
from morris_mlx.collect.readers.documents.org import read_org
from morris_mlx.collect.readers.documents.pdf import is_pdf, read_pdf
from morris_mlx.collect.readers.documents.rtf import is_rtf, read_rtf
from morris_mlx.collect.readers.documents.scrivener import claim_scrivener, read_scrivener
from morris_mlx.collect.readers.documents.web_archive import is_web_archive, read_web_archive
from morris_mlx.collect.readers.documents.zip_parts import ZipDocument, accepts_zip
from morris_mlx.collect.readers.export_reader import ExportKind, ExportReader
from morris_mlx.collect.readers.html_page import read_html_page
from morris_mlx.collect.readers.markdown import read_markdown
from morris_mlx.collect.readers.notes.bundles import claim_bundles, read_bundles
from morris_mlx.collect.readers.notes.day_one import is_day_one, read_day_one
from morris_mlx.collect.readers.notes.evernote import is_enex, read_enex
from morris_mlx.collect.readers.notes.google_keep import (
    claim_keep,
    is_keep_note,
    read_keep,
    read_keep_note,
)
from morris_mlx.collect.readers.notes.notion import claim_notion, read_notion
from morris_mlx.collect.readers.notes.vaults import claim_vault, read_vault
from morris_mlx.collect.readers.plain_text import read_plain_text
from morris_mlx.collect.readers.posts.facebook_instagram import (
    claim_meta,
    is_meta_posts,
    read_meta,
    read_meta_posts,
)
from morris_mlx.collect.readers.posts.feeds import is_feed, read_feed_file
from morris_mlx.collect.readers.posts.ghost import is_ghost_export, read_ghost
from morris_mlx.collect.readers.posts.mastodon import (
    claim_mastodon,
    is_mastodon_outbox,
    read_mastodon,
    read_mastodon_outbox,
)
from morris_mlx.collect.readers.posts.medium import claim_medium, read_medium
from morris_mlx.collect.readers.posts.networks import (
    claim_linkedin,
    claim_reddit,
    read_linkedin,
    read_reddit,
)
from morris_mlx.collect.readers.posts.substack import claim_substack, read_substack
from morris_mlx.collect.readers.posts.tables import (
    is_post_list,
    read_post_lines,
    read_post_list,
    read_post_table,
)
from morris_mlx.collect.readers.posts.tumblr import (
    is_tumblr_page,
    is_tumblr_xml,
    read_tumblr_page,
    read_tumblr_xml,
)
from morris_mlx.collect.readers.posts.tweets import (
    claim_tweets,
    is_tweets,
    read_tweet_archive,
    read_tweets,
)
from morris_mlx.collect.readers.posts.wordpress import is_wordpress_export, read_wordpress
from morris_mlx.collect.readers.reader import FileKind, FileReader, Member, has_suffix

FILE_READERS: tuple[FileReader, ...] = (
    FileReader(FileKind.RTF, is_rtf, read_rtf),
    FileReader(FileKind.PDF, is_pdf, read_pdf),
    FileReader(FileKind.WORD, accepts_zip(ZipDocument.WORD), read_docx),
    FileReader(FileKind.OPEN_DOCUMENT, accepts_zip(ZipDocument.OPEN_DOCUMENT), read_odt),
    FileReader(FileKind.FLAT_OPEN_DOCUMENT, is_flat_odf, read_fodt),
    FileReader(FileKind.EPUB, accepts_zip(ZipDocument.EPUB), read_epub),
    FileReader(FileKind.WEB_ARCHIVE, is_web_archive, read_web_archive),
    FileReader(FileKind.EVERNOTE, is_enex, read_enex),
    FileReader(FileKind.DAY_ONE, is_day_one, read_day_one),
    FileReader(FileKind.HTML, is_html_by_content, read_html_page),
    FileReader(FileKind.TUMBLR_PAGE, is_tumblr_page, read_tumblr_page),
    FileReader(FileKind.ORG, has_suffix(".org"), read_org),
    FileReader(FileKind.MDX, has_suffix(".mdx"), read_mdx),
    FileReader(FileKind.TEXT, has_suffix(".txt", ".text"), read_plain_text),
    FileReader(FileKind.MARKDOWN, has_suffix(".md", ".markdown"), read_markdown),
    FileReader(FileKind.HTML, has_suffix(".html", ".htm", ".xhtml"), read_html_page),
    FileReader(FileKind.WORDPRESS, is_wordpress_export, read_wordpress),  # a kind of RSS: first
    FileReader(FileKind.FEED, is_feed, read_feed_file),
    FileReader(FileKind.TWEETS, is_tweets, read_tweets),
    FileReader(FileKind.MASTODON, is_mastodon_outbox, read_mastodon_outbox),
    FileReader(FileKind.TUMBLR_XML, is_tumblr_xml, read_tumblr_xml),
    FileReader(FileKind.GHOST, is_ghost_export, read_ghost),
    FileReader(FileKind.META_POSTS, is_meta_posts, read_meta_posts),
    FileReader(FileKind.KEEP_NOTE, is_keep_note, read_keep_note),
    FileReader(FileKind.POST_LINES, has_suffix(".jsonl", ".ndjson"), read_post_lines),
    FileReader(FileKind.POST_LIST, is_post_list, read_post_list),
    FileReader(FileKind.POST_TABLE, has_suffix(".csv", ".tsv"), read_post_table),
)

# Asked for every folder and zip, before its files are read one by one.
EXPORT_READERS: tuple[ExportReader, ...] = (
    ExportReader(ExportKind.SUBSTACK, claim_substack, read_substack),
    ExportReader(ExportKind.MEDIUM, claim_medium, read_medium),
    ExportReader(ExportKind.X, claim_tweets, read_tweet_archive),
    ExportReader(ExportKind.MASTODON, claim_mastodon, read_mastodon),
    ExportReader(ExportKind.META, claim_meta, read_meta),
    ExportReader(ExportKind.REDDIT, claim_reddit, read_reddit),
    ExportReader(ExportKind.LINKEDIN, claim_linkedin, read_linkedin),
    ExportReader(ExportKind.NOTION, claim_notion, read_notion),
    ExportReader(ExportKind.OBSIDIAN, claim_vault, read_vault),
    ExportReader(ExportKind.KEEP, claim_keep, read_keep),
    ExportReader(ExportKind.TEXT_BUNDLES, claim_bundles, read_bundles),
    ExportReader(ExportKind.SCRIVENER, claim_scrivener, read_scrivener),
)


def find_reader(member: Member) -> FileReader | None:
    """Return the reader of a file, or None for a kind that is not read.

    Raises UnreadableError for a file that cannot be opened.
    """
    head = member.read_head()
    return next((reader for reader in FILE_READERS if reader.accepts(member, head)), None)
