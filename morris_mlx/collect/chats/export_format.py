"""The formats of chat exports."""

from __future__ import annotations

from enum import StrEnum


class ExportFormat(StrEnum):
    """A format of chat exports. The value is its name for the user."""

    TELEGRAM = "Telegram"
    WHATSAPP = "WhatsApp"
    IMESSAGE = "iMessage"
    DISCORD = "Discord"
    DISCORD_PACKAGE = "Discord package"
    SLACK = "Slack"
    MAIL = "mail"
    MESSENGER = "Facebook or Instagram"
    SIGNAL = "Signal"
    KAKAOTALK = "KakaoTalk"
    LINE = "LINE"

    @property
    def platform(self) -> ExportFormat:
        """The format that stands for all of one platform: they identify people by the same ids."""
        return ExportFormat.DISCORD if self is ExportFormat.DISCORD_PACKAGE else self

    @property
    def is_plain_text(self) -> bool:
        """True for formats whose files could also be a text of the writer's."""
        return self in _PLAIN_TEXT


_PLAIN_TEXT = frozenset(
    {
        ExportFormat.WHATSAPP,
        ExportFormat.MAIL,
        ExportFormat.SIGNAL,
        ExportFormat.KAKAOTALK,
        ExportFormat.LINE,
    }
)


class ReadAs(StrEnum):
    """The user's answer to what a file is that could be a text or a chat."""

    TEXT = "text"
    CHAT = "chat"
