"""Benchmark of the extraction of documents from stored pages: speed and memory.

    python scripts/bench/extract.py                 # 1,000 pages, made on the spot
    python scripts/bench/extract.py --pages 200

The pages are of 3 to 60 KB, in four layouts and three encodings, stored as by a
collection.
Extraction has a process of its own; its peak is printed beside what it needs for ten pages.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from morris_mlx.collect import WebRequest, collect_web
from morris_mlx.collect.web.page_store import Page, PageStore

SITE = "http://bench.invalid"
TEXT = (
    "the committee agreed slowly that weather letters and a ferry were late again on Tuesday "
    "nobody answered café naïve über straße мы пошли гулять в парк and called it consensus"
)
WORDS = TEXT.split()
LAYOUTS = (
    "<main><article><h1>{title}</h1>{body}</article></main>",
    "<div class='c1'><div class='c2'><h2>{title}</h2>"
    "<div class='post-content'>{body}</div></div></div>",
    "<article><header><h1>{title}</h1><p class='by'>By A. Writer</p></header>{body}"
    "<blockquote><p>Somebody else said so, years ago and elsewhere.</p></blockquote></article>",
    "<table><tr><td><div id='content'><h1>{title}</h1>{body}</div></td></tr></table>",
)
CHARSETS = ("utf-8", "utf-8", "utf-16", "utf-8-sig")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.folder:
        extract(words.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        for count in dict.fromkeys((min(10, words.pages), words.pages)):
            folder = Path(temporary) / str(count)
            size = store_pages(folder, count)
            print(f"{count} pages, {size / 1e6:.1f} MB of HTML:", end=" ", flush=True)
            subprocess.run([sys.executable, __file__, "--in", str(folder)], check=True)


def store_pages(folder: Path, count: int) -> int:
    """A page store with a listing and `count` articles; the bytes of HTML in it."""
    folder.mkdir()
    store, chance, size = PageStore(folder), random.Random(5), 0
    links = "".join(f"<p><a href='/a/{n}'>{n}</a></p>" for n in range(count))
    bodies = [("/", f"<html><body>{links}</body></html>".encode())]
    bodies += [(f"/a/{n}", page(n, chance)) for n in range(count)]
    for path, body in bodies:
        size += len(body)
        store.save(Page(SITE + path, SITE + path, 200, 1.7e9, 1.7e9, body=body))
    return size


def page(number: int, chance: random.Random) -> bytes:
    def paragraph() -> str:
        return f"<p>{' '.join(chance.choices(WORDS, k=chance.randint(20, 120)))}.</p>"

    body = "".join(paragraph() for _ in range(chance.randint(4, 60)))
    menu = "".join(f"<li><a href='/section/{n}'>Section {n}</a></li>" for n in range(40))
    article = chance.choice(LAYOUTS).format(title=f"Column {number}", body=body)
    script = "<script>var x = [" + "0," * chance.randint(0, 4000) + "0];</script>"
    html = (
        f"<!doctype html><html><head><title>Column {number}</title>{script}"
        f"<meta name='author' content='A. Writer'></head><body><nav><ul>{menu}</ul></nav>"
        f"{article}<footer>Copyright, cookies and contact</footer></body></html>"
    )
    return html.encode(chance.choice(CHARSETS))


def extract(folder: Path) -> None:
    request = WebRequest((SITE,), follow=("/a/*",), max_pages=1_000_000, offline=True)
    collect_web(request, folder)  # libraries loaded, caches warm
    began = time.perf_counter()
    found = collect_web(request, folder)
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    count = len(found.documents)
    print(f"{count} documents, {count / seconds:.0f} pages/s, peak memory {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
