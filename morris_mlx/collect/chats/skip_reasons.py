"""Reasons for leaving messages out: keys for the code, and the text shown for each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class SkipReason(StrEnum):
    """Why a message is left out of the conversations."""

    # The message itself
    NO_TEXT = "no_text"
    ONLY_LINK = "only_link"
    ONLY_QUOTE = "only_quote"
    FORWARDED = "forwarded"
    BOT = "bot"
    SERVICE = "service"
    DELETED = "deleted"
    TAPBACK = "tapback"
    UNSUPPORTED = "unsupported"
    UNREADABLE_BODY = "unreadable_body"
    NO_DATE = "no_date"
    INVALID_DATE = "invalid_date"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    # Mail
    AUTOMATIC_MAIL = "automatic_mail"
    DUPLICATE_MAIL = "duplicate_mail"
    NO_SENDER = "no_sender"
    MAIL_TOO_LARGE = "mail_too_large"
    # Its chat
    CHANNEL = "channel"
    POST_TAKEN = "post_taken"
    SHORT_POST_JOINED = "short_post_joined"
    POST_OF_OTHERS = "post_of_others"
    NOTES_TO_SELF = "notes_to_self"
    NO_CHAT = "no_chat"
    UNKNOWN_CHAT_TYPE = "unknown_chat_type"
    GROUP = "group"
    NOT_IN_ONLY = "not_in_only"
    EXCLUDED = "excluded"
    # Its conversation
    SILENT_CHAT = "silent_chat"
    SILENT_CONVERSATION = "silent_conversation"
    OVER_SHARE = "over_share"
    DUPLICATE_CONVERSATION = "duplicate_conversation"


_TEXTS = {
    SkipReason.NO_TEXT: "no words (photo, sticker, voice message …)",
    SkipReason.ONLY_LINK: "only a link",
    SkipReason.ONLY_QUOTE: "only a quotation",
    SkipReason.FORWARDED: "forwarded",
    SkipReason.BOT: "written by a bot",
    SkipReason.SERVICE: "service message",
    SkipReason.DELETED: "deleted",
    SkipReason.TAPBACK: "tapback",
    SkipReason.UNSUPPORTED: "a kind of message that Telegram does not export",
    SkipReason.UNREADABLE_BODY: "a body that cannot be read",
    SkipReason.NO_DATE: "without a date",
    SkipReason.INVALID_DATE: "a date that does not exist",
    SkipReason.DATE_OUT_OF_RANGE: "a date before 1970 or after 2999",
    SkipReason.AUTOMATIC_MAIL: "automatic mail or a mailing list",
    SkipReason.DUPLICATE_MAIL: "the same mail twice",
    SkipReason.NO_SENDER: "without a sender",
    SkipReason.MAIL_TOO_LARGE: "mail larger than 50 MB",
    SkipReason.CHANNEL: "in a channel",
    SkipReason.POST_TAKEN: "posts of your channel, taken as texts",
    SkipReason.SHORT_POST_JOINED: "short posts of your channel, joined into one text a month",
    SkipReason.POST_OF_OTHERS: "posts of your channel with another author's signature",
    SkipReason.NOTES_TO_SELF: "in notes to yourself",
    SkipReason.NO_CHAT: "not in any chat",
    SkipReason.UNKNOWN_CHAT_TYPE: "in a chat of a type that Morris does not know",
    SkipReason.GROUP: "in a group (--groups takes them)",
    SkipReason.NOT_IN_ONLY: "in a chat that --only does not name",
    SkipReason.EXCLUDED: "in a chat that --exclude names",
    SkipReason.SILENT_CHAT: "in a chat where you wrote nothing",
    SkipReason.SILENT_CONVERSATION: "in a conversation of a group where you wrote nothing",
    SkipReason.OVER_SHARE: "over the share of one contact (--max-share)",
    SkipReason.DUPLICATE_CONVERSATION: "in a conversation that another export also contains",
}


def describe(reason: SkipReason) -> str:
    """Return the text that a user reads for a reason."""
    return _TEXTS[reason]


def counts_by_text(skipped: Mapping[SkipReason, int]) -> dict[str, int]:
    """Return the counts under the texts of their reasons, in alphabetical order."""
    return dict(sorted((describe(reason), count) for reason, count in skipped.items()))
