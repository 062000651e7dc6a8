"""Make data/sample/telegram/result.json of source.txt: a text to review, an export to read.

    python scripts/build/sample_chats.py            # writes result.json
    python scripts/build/sample_chats.py --check    # says whether it is what source.txt makes

The source, line by line:

    owner ID NAME | PHONE | BIO          contact ID NAME | PHONE
    === TYPE ID NAME [{old}]             a chat; `left` before TYPE: one that the owner left;
                                         NAME - is none, as of a deleted account
    --- 2023-02-11 09:41                 when the next lines begin, on the owner's clock
    > TEXT     < TEXT     < NAME: TEXT   the owner; the other; somebody in a group
    = TEXT                               a post of a channel
    ! ACTION ACTOR: MEMBER               a service message; `! unsupported` has no date at all
    >+3h TEXT                            so much later (m, h); else as long as typing takes

Before TEXT stand marks in braces: {edited}, {reply}, {reply 2} (two messages back), {react 😂},
{fwd NAME}, {fwd} (from a deleted account), {via BOT}, {quote WORDS}, {photo}, {video}, {gif},
{sticker 🐟}, {voice SECONDS}, {poll QUESTION | A | B}, {contact NAME PHONE}, {location}. In TEXT:
**bold**, _italic_, ||spoiler||, [words](link), and \\x0B, which the export spells as Telegram does.
{old} chats look as exports did before 2021: no entities, no unix time, bare numbers for people.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from chats.builder import Builder

FOLDER = Path(__file__).resolve().parents[2] / "data" / "sample" / "telegram"
SOURCE, RESULT = FOLDER / "source.txt", FOLDER / "result.json"


def build(source: str) -> str:
    builder = Builder()
    for line in source.splitlines():
        if line.strip() and not line.startswith("#"):
            builder.read(line)
    text = json.dumps(builder.export(), ensure_ascii=False, indent=1)
    return text.replace("\\u000b", "\\x0B") + "\n"  # which JSON forbids and Telegram writes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare only")
    made = build(SOURCE.read_text(encoding="utf-8"))
    if not parser.parse_args().check:
        RESULT.write_text(made, encoding="utf-8")
    elif RESULT.read_text(encoding="utf-8") != made:
        sys.exit(f"{RESULT} is not what {SOURCE} makes. Run this script without --check.")


if __name__ == "__main__":
    main()
