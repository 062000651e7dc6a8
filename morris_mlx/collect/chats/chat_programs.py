"""Programs whose chats are recognized in a layout that cannot be read.

Marks are the class names and headings that a program writes into every file. Each program has the
way to a layout that is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NOT_READ = "Morris cannot read chats of this program"


@dataclass(frozen=True, slots=True)
class ChatProgram:
    """A program that writes chats.

    Attributes:
        name: what a file of it is, after “looks like”.
        way_out: how the user gets a layout that is read.
        marks: patterns that are all found in the first part of a file.
    """

    name: str
    way_out: str
    marks: tuple[re.Pattern[str], ...]

    def wrote(self, text: str) -> bool:
        """Return True if the text has the marks of the program."""
        return all(mark.search(text) for mark in self.marks)


def _program(name: str, way_out: str, *marks: str) -> ChatProgram:
    return ChatProgram(name, way_out, tuple(re.compile(mark) for mark in marks))


def _class(names: str) -> str:
    """Return the pattern of an HTML attribute with a class that begins with one of the names."""
    return rf"""class ?= ?["']?(?:[^"'<>]{{0,200}}\s)?(?:{names})"""


# In this order, because a page of one program may have a mark of a later one.
HTML_PROGRAMS = (
    _program(
        "a chat from Telegram's HTML export",
        "export it again as JSON",
        r'class="page_body (?:chat_page|list_page)|class="message (?:default|service) ',
    ),
    _program(
        "a chat or posts from Facebook's or Instagram's HTML export",
        "download it again as JSON",
        _class(r"_a6-g|_3-95|_2pi[a-z0-9]|_2ph_|uiBoxWhite noborder"),
    ),
    _program(
        "a chat from Facebook's or Instagram's HTML export",
        "download it again as JSON",
        r">\s*Participants: [^<>]{2,1000}<",
        _class(r"msg|message|thread|_a\d|pam")
        + r"|>[^<>]{0,20}\d{4}[^<>]{0,6}\d{1,2}:\d\d[^<>]{0,4}<",
    ),
    _program(
        "a chat from DiscordChatExporter's HTML export",
        "export it again as JSON",
        _class(r"chatlog|preamble__"),
    ),
    _program(
        "a chat from imessage-exporter's HTML export",
        "collect ~/Library/Messages/chat.db instead",
        _class(r"message(?:_part)?[\"' >]"),
        _class(r"sent[\"' >]|received[\"' >]"),
    ),
    _program(
        "a chat from an HTML export of WhatsApp",
        "on the phone, open the chat and choose Export chat, without media",
        r"<title>Whatsapp - |Chat history with |" + _class(r"wa-chat|whatsapp-|msg-bubble"),
    ),
    _program(
        "a chat from an HTML export of Signal",
        "export it as Markdown with signal-export, or as text with sigtop",
        _class(r"msg[\"' >]|msg-(?:in|out|incoming|outgoing|me|sender)"),
        _class(r"sender|msg-data|msg-name|msg-date|membername"),
    ),
    _program(
        "a chat from an HTML view of Slack",
        "collect the zip of the workspace instead",
        _class(r"message-container|c-message|c-virtual_list"),
        _class(r"username|timestamp|c-message__sender|c-timestamp"),
    ),
    _program("a chat from VK's archive", NOT_READ, _class("message__header")),
    _program(
        "a saved page of a chat on the web",
        "export the chat from its program",
        r"data-pre-plain-text=|data-testid=\"(?:msg-container|conversation-panel)|"
        + _class(r"message-in\b|message-out\b|im_message_|bubbles-inner"),
    ),
    _program(
        "a chat from Microsoft Teams or Skype",
        NOT_READ,
        r"data-tid=\"(?:chat-pane|messageThread|messageBody)|" + _class(r"ui-chat__|fui-Chat|swx"),
    ),
    _program("a chat from Google Voice", NOT_READ, _class("hChatLog")),
    _program(
        "a browser's bookmarks",
        "their titles are other people's words",
        r"(?i)\A\s*<!DOCTYPE NETSCAPE-Bookmark-file-1>",
    ),
    _program(
        "conversations with a chat model",
        "save your own texts from them as separate files",
        r"<title>ChatGPT Data Export</title>",
    ),
)

MIN_CERTAIN_SHARE = 1 / 9  # of the lines; a long message may stand below each name


@dataclass(frozen=True, slots=True)
class CertainLines:
    """Lines that a program alone writes, so that a few of them prove whose a file is.

    Attributes:
        name: what a file of it is, after “looks like”.
        way_out: how the user gets a layout that is read.
        line: the pattern of such a line.
        at_least: the number of lines that prove it.
    """

    name: str
    way_out: str
    line: re.Pattern[str]
    at_least: int = 2

    def wrote(self, lines: Sequence[str]) -> bool:
        """Return True if enough of the lines are of the program; an essay may quote one or two."""
        found = sum(self.line.match(line) is not None for line in lines)
        return found >= max(self.at_least, MIN_CERTAIN_SHARE * len(lines))


def _lines(name: str, way_out: str, line: str, at_least: int = 2) -> CertainLines:
    return CertainLines(name, way_out, re.compile(line), at_least)


_OWN_PART = "keep what you said, without the names and times"
CERTAIN_LINES = (
    _lines("a chat from Zoom", NOT_READ, r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\s+From \S.*:\s*$"),
    _lines(
        "captions of a recording",
        _OWN_PART,
        r"(?:\d{1,2}:){1,2}\d{1,2}[.,]\d{1,3} --> (?:\d{1,2}:){1,2}\d",
    ),
    _lines(
        "a chat copied from Telegram",
        "export it as JSON from Telegram Desktop",
        r"[^\n\[\]:]{1,60}, \[\d[^\[\]\n]{5,25}\d:\d\d[^\[\]\n]{0,14}\]:?\s*$",
    ),
    _lines(
        "a chat copied from Discord",
        "export it with DiscordChatExporter as JSON",
        r"(?:\S.{0,40} )?\s*[—–] (?:Today|Yesterday|Heute|Gestern|Сегодня|Вчера"
        r"|\d{1,4}[./-]\d\d?[./-]\d{2,4})[^\n]{0,8} \d\d?:\d\d(?: [AP]M)?\s*$",
    ),
    _lines(
        "a chat copied from Messenger or Instagram",
        "download your information from it as JSON",
        r"(?:You sent|You replied to .{1,60})\s*$",
    ),
    _lines("a chat copied from Google", NOT_READ, r"\s?Sent at \d\d?:\d\d [AP]M on \w+\s*$", 1),
    _lines(
        "a conversation with a chat model",
        _OWN_PART,
        r"(?:ChatGPT|Claude|Gemini|Copilot) said:\s*$",
    ),
    _lines("a chat from IRC", NOT_READ, r"(?:Session (?:Start|Close)\b ?[:(]|--- Log opened )", 1),
)
_STAMP = r"[A-Z][a-z]{2} \d\d?, \d{4} +\d\d?:\d\d:\d\d [AP]M\b"
# These files have the shape of a chat: the marks only say whose it is.
TEXT_PROGRAMS = (
    _program(
        "a chat from DiscordChatExporter's text export",
        "export it again as JSON",
        r"\A\s*=+\s*\n(?:Guild|Server): .*\n(?:Channel|Category|Topic): ",
    ),
    _program(
        "a chat from imessage-exporter's text export",
        "collect ~/Library/Messages/chat.db instead",
        rf"\A\s*{_STAMP}[^\n]*\n(?:Me|\+?[\w@. ]{{2,40}})\n",
    ),
    _program(
        "a chat from Zoom",
        NOT_READ,
        r"\A\s*\d\d:\d\d:\d\d\s+From\s[^\n]{1,80}?(?:\sto\s[^\n]{1,60}?)?\s?:",
    ),
    _program("a chat from IRC", NOT_READ, r"\A[^\n<]{0,40}<[^<>\n]{1,30}> "),
    _program(
        "a chat from WhatsApp whose dates cannot be read",
        "set the language of the phone to English and export the chat again",
        r"\A\W{0,3}\d[^\n]{0,40}?\d[:.]\d\d\D[^\n]{0,24}?(?:\]| [-–—]) ?[^:\n]{1,80}: ",
    ),
    _program(
        "a transcript of speech",
        _OWN_PART,
        r"\A\s*(?:[^\n:]{1,40} [\[(]\d\d?:\d\d(?::\d\d)?[\])]|\d\d:\d\d:\d\d\s+[^\n:]{1,40}):",
    ),
)
