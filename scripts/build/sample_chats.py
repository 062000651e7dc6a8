r"""Build data/sample/telegram/result.json, a Telegram export, from source.txt, which is reviewed.

    python scripts/build/sample_chats.py            # writes result.json
    python scripts/build/sample_chats.py --check    # fails if result.json is not up to date

The source, line by line:

    owner ID NAME | PHONE | BIO          contact ID NAME | PHONE
    === TYPE ID NAME [{old}]             a chat; `left` before TYPE: one that the owner left;
                                         NAME - is a deleted account, which has no name
    --- 2023-02-11 09:41                 the local time of the next line
    > TEXT     < TEXT     < NAME: TEXT   by the owner; by the other; by a member of a group
    = TEXT                               a post in a channel
    ! ACTION ACTOR: MEMBER               a service message; `! unsupported` has no date
    >+3h TEXT                            sent later (m, h); by default, after the time to type it

Marks in braces come before TEXT: {edited}, {reply}, {reply 2} (two messages back), {react 😂},
{fwd NAME}, {fwd} (from a deleted account), {via BOT}, {quote WORDS}, {photo}, {video}, {gif},
{sticker 🐟}, {voice SECONDS}, {poll QUESTION | A | B}, {contact NAME PHONE}, {location}. In TEXT:
**bold**, _italic_, ||spoiler||, [words](link), and \x0B, which the export writes as Telegram does.
{old} chats have the fields of exports before 2021: no entities, no Unix time, ids as numbers.
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
    return text.replace("\\u000b", "\\x0B") + "\n"  # invalid JSON that Telegram writes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare only")
    made = build(SOURCE.read_text(encoding="utf-8"))
    if not parser.parse_args().check:
        RESULT.write_text(made, encoding="utf-8")
    elif RESULT.read_text(encoding="utf-8") != made:
        sys.exit(f"{RESULT} differs from what {SOURCE} gives. Run this script without --check.")


if __name__ == "__main__":
    main()
