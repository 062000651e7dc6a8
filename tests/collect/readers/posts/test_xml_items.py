"""Tests of the XML stream: memory for one item, and items whatever is around them."""

import tracemalloc

from morris_mlx.collect.archives import SingleFile
from morris_mlx.collect.readers.posts.xml_items import XmlItems, content, markup
from morris_mlx.collect.readers.reader import Member


def items(tmp_path, text, *names):
    path = tmp_path / "a.xml"
    path.write_text(text)
    return XmlItems(Member(SingleFile(path), path.name), frozenset(names)).iterate()


def test_an_item_within_an_item_belongs_to_the_outer_one(tmp_path):
    found = items(tmp_path, "<a><b>1<b>2</b>3</b><c/><b>4</b></a>", "b")
    assert [content(element) for element in found] == ["123", "4"]


def test_markup_in_an_element_loses_its_namespaces(tmp_path):
    element = next(items(tmp_path, '<a xmlns:h="urn:h"><b>1 &lt; <h:p>2</h:p></b></a>', "b"))
    assert markup(element).replace(' xmlns:h="urn:h"', "") == "1 &lt; <p>2</p>"


def test_a_large_file_takes_the_memory_of_an_item(tmp_path):
    item = "<b><c>" + "word " * 2000 + "</c></b><x/>\n"
    found = items(tmp_path, f"<a>{item * 2000}</a>", "b")
    next(found)
    tracemalloc.start()
    assert sum(1 for _ in found) == 1999
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
