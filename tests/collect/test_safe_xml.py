"""Tests of XML parsing: names, damaged places, entities."""

import io

import pytest

from morris_mlx.collect.safe_xml import (
    attribute,
    child,
    declares_entities,
    iterate_xml,
    local_name,
    namespace,
    parse_xml,
    text_of,
)
from morris_mlx.collect.text import UnreadableError

NAMED = b'<w:a xmlns:w="urn:w" w:id="3"><!-- no --><w:b><w:c>One\n two</w:c></w:b><?x?></w:a>'
BOMB = '<!DOCTYPE a [<!ENTITY b "{}">]><a>&b;</a>'


def test_elements_are_found_by_their_names_without_namespaces():
    root = parse_xml(NAMED)
    assert (local_name(root), namespace(root), attribute(root, "id")) == ("a", "urn:w", "3")
    assert text_of(child(root, "b", "c")) == "One two"
    assert child(root, "c") is None and text_of(None) == "" and attribute(root, "none") == ""


@pytest.mark.parametrize("raw", [b"", b"<a><b></a>", b"no XML"])
def test_damaged_xml_is_unreadable(raw):
    with pytest.raises(UnreadableError, match="damaged"):
        parse_xml(raw)


def test_a_stream_goes_on_after_a_damaged_place():
    raw = b"<a><b>1</b><b>2 & 3</b><x:b>4</x:b><!-- no --></a>"
    found = [(event, local_name(e)) for event, e in iterate_xml(io.BytesIO(raw), ("start", "end"))]
    assert found.count(("end", "b")) == 2 and found[0] == ("start", "a")
    assert found[-1] == ("end", "a")


def test_a_stream_that_is_not_xml_is_unreadable():
    with pytest.raises(UnreadableError, match="not valid XML"):
        list(iterate_xml(io.BytesIO(b"")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_entities_are_noticed_in_any_encoding_and_not_expanded(encoding):
    assert declares_entities(BOMB.format("x").encode(encoding))
    assert not declares_entities("<a>&amp; ENTITY</a>".encode(encoding))
    assert text_of(parse_xml(BOMB.format("x" * 10).encode("utf-8"))) in ("", "&b;")


def test_files_of_the_machine_are_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden", encoding="utf-8")
    raw = f'<!DOCTYPE a [<!ENTITY b SYSTEM "{secret.as_uri()}">]><a>&b;</a>'.encode()
    assert "hidden" not in text_of(parse_xml(raw))
