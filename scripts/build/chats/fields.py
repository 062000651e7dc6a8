"""Fields that Telegram Desktop writes for the dates, texts and marks of a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"
ENTITY = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|(?<!\w)_(?P<italic>[^_]+)_(?!\w)|\|\|(?P<spoiler>.+?)\|\|"
    r"|\[(?P<text_link>[^\]]+)\]\((?P<href>[^)]+)\)|(?P<email>[\w.-]+@[\w-]+\.\w+)"
    r"|(?P<link>https?://\S+)|(?P<mention>(?<!\S)@\w+)|(?P<hashtag>(?<!\S)#\w+)"
    r"|(?P<bot_command>(?<!\S)/\w+)|(?P<phone>\+\d[\d -]{9,}\d)|(?P<bank_card>\d{4}(?: \d{4}){3})"
)
Json = dict[str, Any]


def date_fields(moment: datetime) -> Json:
    """Return the fields of a date: local and Unix time."""
    shown = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return {"date": shown, "date_unixtime": str(int(moment.timestamp()))}


def text_fields(source: str, quoted: str, old: bool) -> Json:
    """Return `text`, a string or a list as Telegram writes it, and `text_entities` unless `old`."""
    parts: list[Json] = [{"type": "blockquote", "text": quoted}] if quoted else []
    done = 0
    for found in ENTITY.finditer(source):
        kind = next(k for k, v in found.groupdict().items() if v and k != "href")
        parts.append({"type": "plain", "text": source[done : found.start()]})
        parts.append({"type": kind, "text": found[kind]})
        if kind == "text_link":
            parts[-1]["href"] = found["href"]
        done = found.end()
    parts.append({"type": "plain", "text": source[done:]})
    parts = [part for part in parts if part["text"]]
    mixed = [part["text"] if part["type"] == "plain" else part for part in parts]
    plain = all(isinstance(part, str) for part in mixed)
    text = "".join(map(str, mixed)) if plain else mixed
    return {"text": text} if old else {"text": text, "text_entities": parts}


def mark_fields(mark: str, words: str, earlier: Sequence[Json], owner: Json) -> Json:
    """Return the fields of a mark.

    Args:
        mark: its name, such as "reply".
        words: what follows the name in the braces.
        earlier: the messages of the chat so far.
        owner: the owner as a sender, for reactions.
    """
    media = {"file": NOT_INCLUDED}
    match mark:
        case "reply":
            return {"reply_to": earlier[-int(words or 1)]}
        case "react":
            return {"reactions": [{"type": "emoji", "count": 1, "emoji": words, "recent": [owner]}]}
        case "fwd":
            return {"forwarded_from": words or None}
        case "via":
            return {"via_bot": f"@{words}"}
        case "photo":
            return {"photo": NOT_INCLUDED, "width": 960, "height": 1280}
        case "sticker":
            return media | {"media_type": "sticker", "sticker_emoji": words}
        case "voice":
            return media | {
                "media_type": "voice_message",
                "mime_type": "audio/ogg",
                "duration_seconds": int(words),
            }
        case "video":
            return media | {
                "media_type": "video_file",
                "mime_type": "video/mp4",
                "duration_seconds": 12,
            }
        case "gif":
            return media | {"media_type": "animation", "mime_type": "video/mp4"}
        case "location":  # in the middle of the Atlantic
            return {"location_information": {"latitude": 45.0, "longitude": -30.0}}
        case "contact":
            first, last, phone = words.split(" ", 2)
            return {
                "contact_information": {
                    "first_name": first,
                    "last_name": last,
                    "phone_number": phone,
                }
            }
        case "poll":
            question, *answers = (part.strip() for part in words.split("|"))
            rows = [{"text": a, "voters": n % 2, "chosen": n == 1} for n, a in enumerate(answers)]
            return {
                "poll": {
                    "question": question,
                    "closed": False,
                    "total_voters": 1,
                    "answers": rows,
                }
            }
    raise SystemExit(f"The mark {{{mark}}} is not understood.")
