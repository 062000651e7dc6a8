"""A site of eight columns and their author's listing, which has two pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from morris_mlx.collect import WebCollected
from support.hostile_site import HostileSite, article, served

ALL = {"follow": ("/columns/*",)}


def titles(found: WebCollected) -> list[str]:
    return sorted(d.title for d in found.documents)


def columns(numbers: Iterable[int]) -> str:
    return "".join(f"<p><a href='/columns/{n}'>Column {n}</a></p>" for n in numbers)


@contextmanager
def served_columns() -> Iterator[HostileSite]:
    with served() as site:
        for n in range(1, 9):
            site.page(f"/columns/{n}", article(n))
        site.page("/author", listing(range(1, 5), "<a rel='next' href='?page=2'>older</a>"))
        site.page("/author?page=2", listing(range(5, 9), "<a href='/author'>newer</a>"))
        yield site


def listing(numbers: Iterable[int], more: str) -> str:
    return f"<html><body>{columns(numbers)}{more}</body></html>"
