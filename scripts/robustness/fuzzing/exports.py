"""Exports of blogs, networks and notes: each file by itself, and archives of several files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from fuzzing.target import Target, require_type, written
from morris_mlx.collect.archives import SingleFile, ZipArchive
from morris_mlx.collect.readers.posts.json_items import check_json
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.readers.table import EXPORT_READERS, find_reader
from morris_mlx.collect.text import UnreadableError, iso_date

PAINT = "The harbour was shut for painting.\n\nIt rained."
HTML = "<p>It <b>rained</b>.<br>So&nbsp;what.</p><blockquote>x</blockquote><pre>a\nb</pre><img>"
DATE = "2024-03-04T10:00:00.000Z"
NOTE = {"userEditedTimestampUsec": 1709546400000000, "title": "T", "textContent": PAINT}
NOTION_ID = "1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d"
XML_TOKENS = (b"<item>", b"</item>", b"<![CDATA[", b"]]>", b"&nbsp;", b"&x;", b"<!ENTITY a 'b'>")
XML_TOKENS += (
    b"<!-- wp:quote -->",
    b"<!-- /wp:quote -->",
    b"[gallery]",
    b"[/code]",
    b"<wp:status>",
)


def one_file(name: str) -> Callable[[bytes, Path], None]:
    """A file of bytes under a name, by whichever reader takes it."""

    def run(data: bytes, folder: Path) -> None:
        member = Member(SingleFile(written(folder, name, data)), name)
        if reader := find_reader(member):
            check(reader.read(member))

    return run


def any_json(data: bytes, folder: Path) -> None:
    """A JSON file that no reader takes: the check names the damage."""
    with suppress(UnreadableError):
        check_json(Member(SingleFile(written(folder, "some.json", data)), "some.json"))


def tumblr_pages() -> list[bytes]:
    """Pages of posts, as older exports of Tumblr have them."""
    footer = '<div id="footer"><span id="timestamp"> March 4th, 2024 10:10am </span></div>'
    bodies = (f"<h1>T</h1>{HTML}", f'<img><div class="caption">{HTML}</div>')
    return [
        f'<!DOCTYPE HTML><html><head><meta charset="utf-8"></head><body>{b}{footer}</body></html>'.encode()
        for b in bodies
    ]


def archive(data: bytes, folder: Path) -> None:
    """A zip made of JSON {name: content}, so that checksums do not hide the damage."""
    try:
        files = json.loads(data)
    except (ValueError, RecursionError):
        return
    path = written(folder, "export.zip", packed(files if isinstance(files, dict) else {}))
    found = ZipArchive(path)
    for reader in EXPORT_READERS:
        for claim in reader.claim(found):
            assert claim.names <= set(found.names)
            assert all(name.startswith(claim.root) for name in claim.names)
            check(reader.read(found, claim))


def packed(files: Mapping[str, object]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            safe = name.encode("utf-8", "replace").decode().replace("\x00", "")[:200]
            made.writestr(safe or "x", text.encode("utf-8", "surrogatepass"))
    return target.getvalue()


def check(pieces: Iterable[TextPiece | LeftOut]) -> None:
    names: set[str] = set()
    for piece in pieces:
        require_type(piece, TextPiece | LeftOut)
        if isinstance(piece, LeftOut):
            assert piece.reason
            continue
        assert piece.name not in names and piece.parsed.text.strip()
        assert iso_date(piece.parsed.date) == piece.parsed.date
        names.add(piece.name)


def wordpress() -> list[bytes]:
    spaces = "".join(
        f' xmlns:{name}="{place}"'
        for name, place in (
            ("content", "http://purl.org/rss/1.0/modules/content/"),
            ("excerpt", "http://wordpress.org/export/1.2/excerpt/"),
            ("wp", "http://wordpress.org/export/1.2/"),
        )
    )
    body = f'{PAINT} [caption id="a"]x[/caption]<!-- wp:paragraph -->{HTML}<!-- /wp:paragraph -->'
    item = (
        f"<item><title>A &amp; b</title><content:encoded><![CDATA[{body}]]></content:encoded>"
        "<wp:post_date>2024-03-04 10:00:00</wp:post_date><wp:status>{}</wp:status>"
        "<wp:post_type>post</wp:post_type><wp:comment><wp:comment_content>x</wp:comment_content>"
        "</wp:comment></item>"
    )
    author = "<wp:author><wp:author_login>a</wp:author_login></wp:author>"
    items = item.format("publish") + item.format("draft")
    return [f'<rss version="2.0"{spaces}><channel>{author}{items}</channel></rss>'.encode()]


def feeds() -> list[bytes]:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><author><name>A</name></author><entry>'
        f'<title type="html">T</title><published>{DATE}</published><link href="https://x.org/t"/>'
        f'<content type="xhtml"><div><p>{PAINT}</p></div></content></entry></feed>'
    )
    rss = (
        "<rss><channel><item><title>T</title><author>a@x.org (A)</author><pubDate>Mon, 04 Mar 2024"
        " 10:00:00 +0000</pubDate><description>&lt;p>a&lt;/p>&lt;p>b&lt;/p></description></item>"
        "</channel></rss>"
    )
    return [atom.encode(), rss.encode(), rss.encode("utf-16")]


def ghost() -> list[bytes]:
    text = {"type": "text", "text": "It rained."}
    lexical = {"root": {"children": [{"type": "paragraph", "children": [text]}]}}
    mobiledoc = {"sections": [[1, "p", [[0, [], 0, "It rained."]]], [10, 0]]}
    mobiledoc["cards"] = [["html", {"html": HTML}]]
    forms = ({"html": HTML}, {"lexical": json.dumps(lexical)}, {"mobiledoc": json.dumps(mobiledoc)})
    posts = [
        {"id": str(n), "slug": "a", "title": "T", "status": "published", "published_at": DATE}
        | form
        for n, form in enumerate(forms)
    ]
    data = {"posts": posts, "users": [{"id": "1", "name": "A"}]}
    data["posts_authors"] = [{"post_id": "0", "author_id": "1"}]
    return [json.dumps({"db": [{"meta": {"exported_on": 1}, "data": data}]}).encode()]


def tweets() -> list[bytes]:
    def tweet(number: int, text: str, **values: object) -> dict[str, object]:
        moment = "Mon Mar 04 10:00:00 +0000 2024"
        return {"tweet": {"id_str": str(number), "full_text": text, "created_at": moment} | values}

    versions = {"initial": {"editTweetIds": ["1", "2"]}}
    rows = [
        tweet(1, "Teh &amp; https://t.co/x", edit_info=versions),
        tweet(2, "The.", edit_info=versions),
        tweet(3, "@a Two.", in_reply_to_status_id_str="2", in_reply_to_user_id_str="7"),
        tweet(4, "RT @b: x"),
    ]
    return [b"window.YTD.tweets.part0 = " + json.dumps(rows).encode()]


def meta_posts() -> list[bytes]:
    text = {"post": "caf\u00c3\u00a9"}
    post = {"timestamp": 1714550460, "data": [text], "title": "A wrote on B's timeline."}
    caption = {"title": "x", "uri": "a.jpg", "creation_timestamp": 1714550460}
    return [
        json.dumps([post, {"timestamp": 1714550461, "data": [text]}]).encode(),
        json.dumps({"ig_reels_media": [{"media": [caption]}]}).encode(),
    ]


def tables() -> list[bytes]:
    rows = f'title,date,text,status\nA,{DATE},"{PAINT} ""x""",draft\nB,,{HTML},\n'
    return [rows.encode(), rows.replace(",", ";").encode("utf-16"), b"text\nIt rained.\n"]


def post_lines() -> list[bytes]:
    row = {"title": "A", "published": DATE, "html": HTML, "author": {"name": "A"}}
    return [(json.dumps(row) + '\n{"body": "It rained.", "draft": false}\n').encode()]


def post_lists() -> list[bytes]:
    item = {"id": "1", "title": "A", "content_html": HTML, "date_published": DATE}
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item]}
    return [json.dumps(feed).encode(), json.dumps([{"title": "A", "markdown": "*a*"}]).encode()]


def archives() -> list[bytes]:
    medium = (
        '<article class="h-entry"><h1 class="p-name">T</h1><section data-field="body"><h3 '
        f'class="graf--h3 graf--title">T</h3><p class="graf--p">a</p>{HTML}</section><a class='
        f'"p-author">A</a><time class="dt-published" datetime="{DATE}"></time></article>'
    )
    notion = (
        f'<h1 class="page-title">T</h1><table class="properties"><tr><th>Created</th><td>{DATE}'
    )
    notion += (
        f'</td></tr></table><div class="page-body">{HTML}<figure class="callout">x</figure></div>'
    )
    columns = "post_id,post_date,is_published,email_sent_at,type,title\n"
    long = {"noteTweet": {"noteTweetId": "9", "core": {"text": "Long."}}}
    exports: tuple[dict[str, object], ...] = (
        {"s/posts.csv": f"{columns}1.a,{DATE},true,,newsletter,T\n", "s/posts/1.a.html": HTML},
        {"posts/2024_T.html": medium, "posts/draft_U.html": medium, "claps/a.html": "x"},
        {
            "data/tweets.js": tweets()[0].decode(),
            "data/account.js": 'window.YTD.account.part0 = [{"account": {"accountId": "7"}}]',
            "data/note-tweet.js": f"window.YTD.note_tweet.part0 = {json.dumps([long])}",
        },
        {
            "your_facebook_activity/posts/your_posts_1.json": meta_posts()[0].decode(),
            "your_facebook_activity/comments_and_reactions/comments.json": {},
        },
        {"posts.csv": f"id,permalink,date,subreddit,title,body\na,b,{DATE},c,T,*a*\n"},
        {
            "Shares.csv": 'Date,ShareLink,ShareCommentary\n2024-03-04,l,"a""\n""b"\n',
            "Articles/a.html": f"<html><body><article>{HTML * 9}</article></body></html>",
        },
        {
            f"Export-a/T {NOTION_ID}.md": f"# T\n\nCreated: March 4, 2024\n\n{PAINT}",
            f"Export-a/U {NOTION_ID}.html": notion,
            f"Export-a/V {NOTION_ID}.csv": "Name\nx\n",
        },
        {
            ".obsidian/templates.json": {"folder": "T"},
            ".obsidian/community-plugins.json": ["kanban"],
            "T/a.md": "x",
            "b.md": "---\nkanban-plugin: x\n---\n",
        },
        {"Keep/a.json": NOTE, "Keep/a.html": "x"},
        {
            "a.textbundle/text.md": "# T\n#tag\n\nIt rained.",
            "a.textbundle/info.json": {"net.shinyfrog.bear": {"creationDate": DATE}},
        },
    )
    return [json.dumps(files).encode() for files in exports]


TARGETS = (
    Target("wordpress", wordpress, one_file("blog.xml"), tokens=XML_TOKENS),
    Target("saved-feed", feeds, one_file("feed.xml"), tokens=XML_TOKENS),
    Target("ghost", ghost, one_file("ghost.json")),
    Target("tumblr-page", tumblr_pages, one_file("100_on_paint.html")),
    Target("any-json", lambda: [b'{"a": [1, "\\u0041"]}', b"{} {}", b"[1,]"], any_json),
    Target("tweets", tweets, one_file("tweets.js")),
    Target("meta-posts", meta_posts, one_file("your_posts_1.json")),
    Target("post-table", tables, one_file("posts.csv"), tokens=(b'""', b'"', b"\n", b"text")),
    Target("post-lines", post_lines, one_file("posts.jsonl")),
    Target("post-list", post_lists, one_file("posts.json")),
    Target("keep-note", lambda: [json.dumps(NOTE).encode()], one_file("note.json")),
    Target("text-exports", archives, archive),
)
