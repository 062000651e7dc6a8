"""Benchmark of collecting a Telegram account of a million messages: speed and peak memory.

    python scripts/bench/chats.py                      # 1,000,000 messages, about 300 MB
    python scripts/bench/chats.py --messages 50000

The export is generated, and `morris collect` runs in its own process and a temporary folder.
Exits with 1 if the peak is over a gigabyte or the counts do not add up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 1_000_000_000
CHATS, ME = 200, 1
LINES = (
    "so then what did the man with the ladder say about our garden and who paid for that cake",
    "тогда зачем вчера никто не закрыл окно и где теперь мой зонт если дождь с утра",
)
WORDS = [word for line in LINES for word in line.split()]


def messages(rng: random.Random, chat: int, count: int) -> Iterator[str]:
    """Yield messages as Telegram Desktop writes them: some stickers, forwards and service messages."""
    seconds = 1_400_000_000
    for number in range(count):
        seconds += int(rng.expovariate(1 / 3000)) + 200_000 * (rng.random() < 0.05)
        sender = ME if rng.random() < 0.5 else chat
        words = " ".join(rng.choices(WORDS, k=rng.randint(1, 18)))
        row: dict[str, object] = {"id": number, "type": "message"}
        row |= {"date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))}
        row |= {"date_unixtime": str(seconds), "from": f"Person {sender}"}
        row |= {"from_id": f"user{sender}", "text": words}
        row |= {"text_entities": [{"type": "plain", "text": words}]}
        kind = rng.random()
        if kind < 0.05:
            row |= {"text": "", "text_entities": [], "media_type": "sticker"}
        elif kind < 0.07:
            row |= {"forwarded_from": "Another person"}
        elif kind < 0.08:
            row |= {"type": "service", "action": "phone_call"}
        yield json.dumps(row, ensure_ascii=False, indent=1)


def write_export(path: Path, count: int) -> None:
    """Write an account with `count` messages in private chats."""
    rng = random.Random(7)
    about = '{"about": "x", "personal_information": {"user_id": 1}, "chats": {"list": ['
    with path.open("w", encoding="utf-8") as file:
        file.write(about)
        for number in range(CHATS):
            chat = number + 2
            head = {"name": f"Person {chat}", "type": "personal_chat", "id": chat}
            file.write(("," if number else "") + json.dumps(head)[:-1] + ', "messages": [')
            share = count // CHATS + (count % CHATS if number == 0 else 0)
            for place, row in enumerate(messages(rng, chat, share)):
                file.write((",\n" if place else "") + row)
            file.write("]}")
        file.write("]}}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    count = parser.parse_args().messages
    with tempfile.TemporaryDirectory(prefix="morris-bench-") as folder:
        export, home = Path(folder, "result.json"), Path(folder, "home")
        home.mkdir()
        write_export(export, count)
        print(f"{count:,} messages, {export.stat().st_size / 1e6:.0f} MB of JSON")
        command = [sys.executable, "-m", "morris_mlx", "collect", str(export)]
        began = time.perf_counter()
        done = subprocess.run(
            [*command, "--ground", "own", "--json"],
            env=os.environ | {"MORRIS_HOME": str(home)},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        seconds = time.perf_counter() - began
        written = Path(home, "data", "conversations.jsonl").stat().st_size
    unit = 1 if sys.platform == "darwin" else 1024  # bytes in a unit of ru_maxrss
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    found = json.loads(done.stdout)
    funnel = found["messages"]
    total = funnel.pop("messages")
    print(
        f"{found['exports'][0]}; {found['conversations']:,} conversations, {written / 1e6:.0f} MB"
    )
    print(f"{seconds:.1f} s: {total / seconds:,.0f} messages a second")
    print(f"peak memory {peak / 1e6:.0f} MB")
    passed = total == count == sum(funnel.values()) and peak < MAX_BYTES
    print(
        "passed" if passed else "FAILED: the counts do not add up, or the peak is over a gigabyte"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
