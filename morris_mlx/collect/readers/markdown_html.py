"""Markdown → HTML, with the meaning that writers intend where CommonMark has another.

A year at the start of a line does not start a list, a line of dashes below a paragraph does not
make it a heading, indented prose is not code, and verse keeps its lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from lxml.html.defs import tags as HTML_TAGS
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from morris_mlx.collect.html.prose import DROPPED
from morris_mlx.collect.lines import (
    SENTENCE_END,
    VERSE_LENGTH,
    are_paragraphs,
    is_verse,
    join_east_asian,
    known_words,
    looks_like_prose,
    unwrap,
    wrap_width,
)
from morris_mlx.collect.readers.obsidian import (
    CALLOUT,
    QUOTING_CALLOUTS,
    clean_inline,
    remove_task_box,
)

MAX_SETEXT_WORDS = 12  # of a heading with a line of dashes below it
FIRST_YEAR = 1000  # a list does not begin with such a number
LONG_LINE = 120  # characters: such lines are paragraphs if each of them ends a sentence
MAX_UNCLOSED = 20  # tags of a name in one block; more are no text, and too deep for the parser
MOST = 0.5  # of a file's text: where so much is "code", it was indented by hand
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^<>]*)>")
# Elements whose content a parser of HTML does not read as text.
_RAW = {"script", "style", "textarea", "title", "xmp", "plaintext", "noembed", "noframes"}
_VERBATIM = re.compile(r"\s*<(?:pre|script|style|textarea)\b", re.IGNORECASE)
_MARKED = re.compile(r"[*_\[`~]|^\s*[-+•] ", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*[-*+•][ \t]+", re.MULTILINE)
_SPOKEN = re.compile(r"[,.!?…] [-–—] ")  # a turn of a dialog: "Да, - сказал он."
_DASH = re.compile(r"\s*[—–―]\s")


def to_html(text: str) -> str:
    """Return the HTML of Markdown. Line breaks within paragraphs are those of the text."""
    return str(_parser().render(text))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.after("block", "prose_blocks", _change_blocks)
    parser.core.ruler.push("prose_inlines", _change_inlines)
    return parser


def _change_blocks(state: StateCore) -> None:
    """Change the blocks before the text within them is parsed."""
    if state.inlineMode:
        return
    state.tokens = list(_read_code(list(_without_tables(state.tokens))))
    state.tokens = list(_read_headings(state.tokens))
    _read_callouts(state.tokens)
    _read_lists(state.tokens)
    _close_tags(state.tokens, "html_block")
    for token in state.tokens:
        if token.type == "inline":
            token.content = clean_inline(token.content)
    _read_breaks(state.tokens)


# --- blocks -----------------------------------------------------------------------------
def _without_tables(tokens: Sequence[Token]) -> Iterator[Token]:
    is_table = False
    for token in tokens:
        is_table = is_table or token.type == "table_open"
        if not is_table:
            yield token
        is_table = is_table and token.type != "table_close"


def _read_code(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the blocks, with indented code that is prose as paragraphs."""
    code = [t for t in tokens if t.type == "code_block"]
    if not code:
        yield from tokens
        return
    prose = {id(t) for t in code if looks_like_prose(t.content.split("\n"))}
    size = sum(len(t.content) for t in code)
    others = sum(len(t.content) for t in tokens if t.type == "inline" and t.level < 2)
    # Where most of a file is indented and most of that is prose, the rest of it is prose, too.
    if size > others and sum(len(t.content) for t in code if id(t) in prose) > size * MOST:
        prose |= {id(t) for t in code}
    for token in tokens:
        if id(token) not in prose:
            yield token
            continue
        for paragraph in re.split(r"\n[ \t]*\n", token.content.strip("\n")):
            yield Token("paragraph_open", "p", 1, block=True, level=token.level)
            lines = "\n".join(line.strip() for line in paragraph.split("\n"))
            yield Token("inline", "", 0, content=lines, children=[], level=token.level + 1)
            yield Token("paragraph_close", "p", -1, block=True, level=token.level)


def _read_headings(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the blocks, with a paragraph above a line of dashes as a paragraph."""
    is_paragraph = False
    for token, after in zip_longest(tokens, tokens[1:]):
        if token.type == "heading_open" and token.markup in ("-", "=") and after is not None:
            is_paragraph = _is_sentence(after.content, token.markup)
        if is_paragraph and token.type in ("heading_open", "heading_close"):
            token.type = token.type.replace("heading", "paragraph")
            token.tag = "p"
            yield token
            if token.type == "paragraph_close":
                is_paragraph = False
                yield Token("hr", "hr", 0, block=True)
        else:
            yield token


def _is_sentence(text: str, mark: str) -> bool:
    """Return True if a text with a line of dashes or equal signs below it is no heading."""
    lines, words = text.strip().split("\n"), text.split()
    if mark == "=":
        return len(words) > MAX_SETEXT_WORDS * 2
    ends = SENTENCE_END.search(text) is not None and (
        text.rstrip()[-1:] in '.:…"”»' or len(words) > 8
    )
    return len(lines) > 1 or len(words) > MAX_SETEXT_WORDS or ends


def _read_callouts(tokens: Sequence[Token]) -> None:
    """Turn callouts, which are the writer's own words, from block quotations into divisions."""
    for index, token in enumerate(tokens[:-2]):
        inline = tokens[index + 2]
        if token.type != "blockquote_open" or inline.type != "inline":
            continue
        found = CALLOUT.match(inline.content)
        if not found:
            continue
        title, _, below = inline.content[found.end() :].partition("\n")
        inline.content = "\n".join(part for part in (title, below) if part)
        if title and below:
            inline.meta = {"breaks": "split", "first": True}
        if found[1].split("|")[0].strip().lower() in QUOTING_CALLOUTS:
            continue
        token.tag = "div"
        depth = 0
        for other in (tokens[i] for i in range(index, len(tokens))):
            depth += {"blockquote_open": 1, "blockquote_close": -1}.get(other.type, 0)
            if depth == 0:
                other.tag = "div"
                break


def _read_lists(tokens: Sequence[Token]) -> None:
    """Restore the numbers and dashes of false lists as text; remove task boxes."""
    open_lists: list[list[tuple[Token, Token]]] = []  # the items of each list: item, first text
    item: Token | None = None
    for token in tokens:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            open_lists.append([])
            item = None
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            _mark_items(open_lists.pop(), token.type == "ordered_list_close")
        elif token.type == "list_item_open":
            item = token
        elif token.type == "inline" and item is not None and open_lists:
            open_lists[-1].append((item, token))
            item = None


def _mark_items(items: Sequence[tuple[Token, Token]], is_ordered: bool) -> None:
    if is_ordered:
        numbers = [int(item.info) for item, _ in items if item.info.isdigit()]
        if _is_list(numbers):
            return
        for item, text in items:
            text.content = f"{item.info}{item.markup} {text.content}"
        return
    if any(_SPOKEN.search(text.content) for _, text in items) and all(
        SENTENCE_END.search(text.content) for _, text in items
    ):
        for item, text in items:
            if item.markup == "-":
                text.content = f"- {text.content}"
        return
    for _, text in items:
        text.content = remove_task_box(text.content)


def _is_list(numbers: Sequence[int]) -> bool:
    """Return True if these numbers count items. Years, and a day at the start of a line, do not."""
    if not numbers or numbers[0] >= FIRST_YEAR:
        return False
    counts = range(numbers[0], numbers[0] + len(numbers))
    is_counted = list(numbers) == list(counts) or len(set(numbers)) == 1
    return is_counted and (len(numbers) > 1 or numbers[0] <= 1)


# --- line breaks ------------------------------------------------------------------------
def _read_breaks(tokens: Sequence[Token]) -> None:
    """Decide for each paragraph whether its line breaks are the writer's."""
    paragraphs = [
        token
        for before, token in pairwise(tokens)
        if token.type == "inline" and before.type == "paragraph_open"
    ]
    lines = [token.content.split("\n") for token in paragraphs]
    width = wrap_width([each for each in lines if len(each) > 1])
    has_verse = any(is_verse(each, width) for each in lines)
    words = known_words("\n".join(t.content for t in paragraphs)) if width else set()
    for token, each in zip(paragraphs, lines, strict=True):
        if len(each) < 2 or token.meta:
            continue
        is_short = all(len(line) <= VERSE_LENGTH for line in each)
        if is_verse(each, width) or (has_verse and is_short):
            token.meta = {"breaks": "keep"}
        elif sum(_DASH.match(line) is not None for line in each[1:]) * 2 >= len(each) - 1:
            token.meta = {"breaks": "keep"}  # a dialog
        elif width and not any(line.endswith(("  ", "\\")) for line in each[:-1]):
            token.content = " ".join(unwrap(each, width, words))
        elif are_paragraphs(each) and all(len(line) > LONG_LINE for line in each[:-1]):
            token.meta = {"breaks": "split"}
        elif all(line.startswith("\u3000") for line in each[1:]):
            token.meta = {"breaks": "split"}  # Chinese and Japanese paragraphs are indented
        else:
            token.content = join_east_asian(token.content)


def _change_inlines(state: StateCore) -> None:
    """Change line breaks and HTML within paragraphs."""
    if state.inlineMode:
        return
    inlines = [child for t in state.tokens if t.type == "inline" for child in t.children or ()]
    _close_tags(inlines, "html_inline")
    for token in state.tokens:
        if token.type == "html_block":
            token.content = _read_html_block(token.content, state)
        breaks = token.meta.get("breaks") if token.type == "inline" else None
        for child in token.children or () if breaks else ():
            if child.type != "softbreak":
                continue
            child.type = "hardbreak"
            if breaks == "split":
                child.type, child.content = "html_inline", "<br><br>"
            if token.meta.get("first"):
                break


# --- HTML within Markdown ---------------------------------------------------------------
def _read_html_block(html: str, state: StateCore) -> str:
    """Return a block of HTML without the marks of Markdown that a converter left in it."""
    if _VERBATIM.match(html):
        return html
    parts: list[str] = []
    position = 0
    for tag in _TAG.finditer(html):
        parts += [_render_text(html[position : tag.start()], state), tag[0]]
        position = tag.end()
    return "".join(parts) + _render_text(html[position:], state) + "\n"


def _render_text(text: str, state: StateCore) -> str:
    if not _MARKED.search(text):
        return text
    lines = _ITEM.sub("\x1e", clean_inline(text))
    return "<p>".join(str(state.md.renderInline(part)) for part in lines.split("\x1e"))


def _close_tags(tokens: Sequence[Token], kind: str) -> None:
    """Close elements that are left out and never closed: they would take the rest of the text.

    A tag that HTML does not know is text: "<pause>".
    """
    opened: dict[str, list[Token]] = {}
    for token in tokens:
        if token.type != kind:
            continue
        for tag in _TAG.finditer(token.content):
            name = tag["name"].lower()
            if kind == "html_inline" and _is_word(tag["name"]):
                token.type, token.content = "text", tag[0]
            if name not in DROPPED and name not in _RAW:
                continue
            if not tag["close"]:
                opened.setdefault(name, []).append(token)
            elif opened.get(name):
                opened[name].pop()
    for name, unclosed in opened.items():
        counts = Counter(id(token) for token in unclosed)
        for token in {id(token): token for token in unclosed}.values():
            _close(token, name, counts[id(token)], kind == "html_inline")


def _close(token: Token, name: str, count: int, is_inline: bool) -> None:
    if is_inline or name in _RAW or count > MAX_UNCLOSED:
        token.content = re.sub(rf"<{name}\b[^<>]*>", "", token.content, flags=re.IGNORECASE)
    else:
        token.content += f"</{name}>" * count


def _is_word(name: str) -> bool:
    """Return True for a name that no element has: "<pause>" is text, "<Callout>" is not."""
    return name.islower() and name.isalpha() and name not in HTML_TAGS and name not in DROPPED
