"""Fields of posts by their names: columns of a table, or keys of JSON."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from morris_mlx.collect.readers.posts.pieces import POST, PieceNames, Reason, make_piece, one_line
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, TextPiece

# In the order of preference: with markup first, because it has the paragraphs.
HTML_FIELDS = ("content_html", "html", "body_html", "post_content", "html_content", "html_body")
MARKDOWN_FIELDS = ("markdown", "md", "body_markdown", "content_markdown", "body_md")
TEXT_FIELDS = (
    *("text", "full_text", "content", "body", "content_text", "post_body", "post_text", "article"),
    *("plain_content", "plaintext", "selftext", "sharecommentary", "post", "essay"),
    *("inhalt", "beitrag", "texte", "contenu", "texto", "contenido", "testo", "contenuto", "tekst"),
    *("текст", "содержание"),
)
FIELDS = (*HTML_FIELDS, *MARKDOWN_FIELDS, *TEXT_FIELDS)
# Signs of Markdown that plain text does not have.
MARKDOWN = re.compile(r"^#{1,6} \S|\[[^\]\n]+\]\(https?://|\*\*\w[^*\n]*\*\*", re.MULTILINE)
TITLES = (
    *("title", "post_title", "headline", "web_title", "subject", "name"),
    *("titel", "überschrift", "titre", "título", "titulo", "titolo", "заголовок", "название"),
)
DATES = (
    *("date", "published_at", "date_published", "published", "published_on", "published_date"),
    *("publish_date",),
    *("pubdate", "pub_date", "post_date", "posted", "posted_at", "created_at", "created"),
    *("created_on", "created_utc", "timestamp", "datetime", "time"),
    *("datum", "veröffentlicht", "fecha", "data", "дата"),
)
AUTHORS = (
    *("author", "authors", "byline", "creator", "writer", "author_name", "post_author"),
    *("autor", "autorin", "verfasser", "auteur", "autore", "автор"),
)
NAMES = ("slug", "post_name", "url_slug", "handle", "permalink", "id", "post_id")
# A table with these fields has messages of several people.
MESSAGE_FIELDS = {
    *("sender", "sender_name", "from", "to", "recipient", "recipients", "speaker", "receiver"),
    *("conversation_id", "thread_path", "from_id", "sender_id", "is_from_me", "chat_id"),
}
ROW_FIELDS = {
    *("messages", "conversations", "prompt", "completion", "instruction", "chosen", "rejected"),
}
STATES = ("status", "state", "post_status")
PUBLISHED = {
    *("publish", "published", "live", "public", "sent", "posted", "active", "visible", "enabled"),
    *("confirmed", "complete", "completed", "done", "final", "approved", "true", "yes", "1", ""),
}
DRAFTS = {"draft", "drafts", "unpublished", "pending", "scheduled", "false", "no", "0"}
IS_PUBLISHED = ("is_published", "published", "public")
IS_LEFT_OUT = {
    **dict.fromkeys(("draft", "is_draft"), Reason.DRAFT),
    **dict.fromkeys(("archived", "deleted", "trashed", "is_deleted"), Reason.TRASH),
    **dict.fromkeys(("private", "is_private"), Reason.PRIVATE),
}
YES, NO = {"true", "yes", "1", "y"}, {"false", "no", "0", "n"}
SHOWN = 8  # names in a message


def problem_of(names: Collection[str], what: str = "a table") -> str:
    """Return the reason why `what`, with these fields, holds no posts; "" if it does."""
    if MESSAGE_FIELDS.intersection(names):
        return "looks like messages of several people; collect the chat from its program's export"
    if len(ROW_FIELDS.intersection(names)) > 1 or {"messages", "conversations"} & set(names):
        return "training rows; use `morris prepare --rows` for this file"
    if not any(name in names for name in FIELDS):
        shown = ", ".join(list(names)[:SHOWN])
        return (
            f"{what} that has no column or key for the text (it has: {shown}); name it text, "
            "content, body or html"
        )
    return ""


def has_posts(names: Collection[str]) -> bool:
    """Return True if the fields are those of posts: a text, and a title or date."""
    return not problem_of(names) and any(name in names for name in (*TITLES, *DATES))


def read_post(fields: Mapping[str, object], names: PieceNames, number: int) -> TextPiece | LeftOut:
    """Return the text of a post, or the reason to leave it out.

    Args:
        fields: the values by folded name, from a table or JSON.
        names: the names in use.
        number: the place in the file, for a post without a name.
    """
    title = next((one_line(fields[f]) for f in TITLES if one_line(fields.get(f))), "")
    own = next((fields[f] for f in NAMES if isinstance(fields.get(f), (str, int))), "")
    name = names.name(own, title, f"post {number}")
    if reason := _state(fields):
        return LeftOut(reason, name)
    date = next((day for f in DATES if (day := post_date(fields.get(f)))), "")
    field = next((f for f in FIELDS if _is_text(fields.get(f))), "")
    if not field:
        has_summary = any(_is_text(fields.get(f)) for f in ("summary", "excerpt", "description"))
        return LeftOut(Reason.EXCERPT if has_summary else Reason.NO_TEXT, name)
    value = str(fields[field])
    kind = "article" if title else POST
    return make_piece(name, lambda: body_text(field, value), title, _author(fields), date, kind)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _author(fields: Mapping[str, object]) -> str:
    value = next((fields[f] for f in AUTHORS if fields.get(f)), "")
    people = value if isinstance(value, list) else [value]
    names = (p.get("name") if isinstance(p, dict) else p for p in people)
    return "; ".join(one_line(n) for n in names if one_line(n))


def _state(fields: Mapping[str, object]) -> str:
    """Return the reason of a post that its fields call a draft, private or deleted."""
    for field in STATES:
        state = _folded(fields.get(field))
        if state in DRAFTS:
            return Reason.DRAFT
        if state not in PUBLISHED:
            return f"not published: its status is “{one_line(fields.get(field))[:40]}”"
    if any(_folded(fields.get(field)) in NO for field in IS_PUBLISHED):
        return Reason.DRAFT
    return next((reason for f, reason in IS_LEFT_OUT.items() if _folded(fields.get(f)) in YES), "")


def _folded(value: object) -> str:
    return str(value).strip().lower() if isinstance(value, (str, bool, int)) else ""


def body_text(field: str, value: str) -> str:
    """Return the prose of a post's body: HTML, Markdown or plain text by its name and its tags."""
    from morris_mlx.collect.html.fragment import fragment_text, is_markup
    from morris_mlx.collect.readers.markdown import parse_markdown
    from morris_mlx.collect.readers.posts.wordpress import post_text

    if field == "sharecommentary":
        return _without_stray_quotes(value)
    if "<!-- wp:" in value or field == "post_content":
        return post_text(value)
    if field in MARKDOWN_FIELDS or (not is_markup(value) and MARKDOWN.search(value)):
        return parse_markdown(value).text
    if field in HTML_FIELDS or is_markup(value):
        return fragment_text(value, line_breaks="<p" not in value and "<br" not in value)
    return value


def _without_stray_quotes(text: str) -> str:
    """Return a post of LinkedIn's table without the quotation marks around its line breaks."""
    lines = text.replace("\r\n", "\n").split("\n")
    is_quoted = all(line.endswith('"') for line in lines[:-1])
    if is_quoted and all(line.startswith('"') for line in lines[1:]):
        lines = [*(line.removesuffix('"') for line in lines[:-1]), lines[-1]]
        lines = [lines[0], *(line.removeprefix('"') for line in lines[1:])]
    text = "\n".join(lines)
    if text.count('"') % 2 and text.endswith('"'):
        text = text[:-1]
    return text[1:] if text.count('"') % 2 and text.startswith('"') else text
