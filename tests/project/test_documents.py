"""Documents and conversations: read back unchanged, and damage named by its line."""

import json

import pytest

from morris_mlx.errors import MorrisError
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.documents import read_documents, replace_documents, write_documents
from morris_mlx.records.corpus import Document

DOCUMENT = {"id": "a", "text": "Lo."}


CHAT = {"id": "c", "messages": [{"role": "user", "content": "Hi?"}], "source": "/e", "date": ""}


DAMAGED = {  # of line 2 of a file of JSON lines
    "not UTF-8": b'{"id": "\xff"}',
    "not valid JSON": b'{"id": "b", "te',
    "maximum recursion": b"[" * 5000,
    "surrogates not allowed": b'{"id": "b", "text": "\\ud800"}',
    "not a JSON object": b"7",
}


def test_documents_are_read_back_unchanged(project):
    documents = [Document("1", "Text – “so”\nend", "T", "A", "s", "2020-01-01")]
    write_documents(project, documents)
    assert read_documents(project) == documents


def test_new_documents_replace_those_of_their_source_only(project):
    write_documents(
        project, [Document("1", "One.", source="/x"), Document("2", "Two.", source="/y")]
    )
    merged = replace_documents(
        project, iter([Document("3", "New words.", source="/x")]), lambda source: source == "/x"
    )
    assert [d.text for d in read_documents(project)] == ["New words.", "Two."]
    assert merged.new == ("/x",) and merged.words == 2 and merged.sources == ("/x", "/y")


def test_a_text_that_another_source_gave_before_is_left_out(project):
    write_documents(project, [Document("1", "One.", source="/x")])
    merged = replace_documents(project, [Document("1", "One.", source="/y")], lambda _: False)
    assert [d.source for d in read_documents(project)] == ["/x"] and not merged.new
    assert [s.source for s in merged.known] == ["/y"]
    assert "collected before" in merged.known[0].reason


def test_the_same_text_twice_at_once_is_kept_once(project):
    pair = [Document("1", "One.", source="/x"), Document("1", "One.", source="/y")]
    merged = replace_documents(project, pair, lambda _: False)
    assert merged.new == ("/x",) and [s.reason for s in merged.known] == ["the same text as /x"]


def test_a_damaged_document_is_an_error_with_its_line(project):
    write_documents(project, [Document("1", "a")])
    good = project.documents.read_text()
    project.documents.write_text(good + '{"id": "2", "te')
    with pytest.raises(MorrisError, match=r"documents\.jsonl, line 2: not valid JSON"):
        read_documents(project)
    project.documents.write_text(good + '{"surprise": 1}\n')
    with pytest.raises(MorrisError, match=r"line 2: not a document"):
        read_documents(project)


def read_all(project, name):
    if name == "documents":
        return read_documents(project)
    return list(read_conversations(project))


@pytest.mark.parametrize("said", DAMAGED)
@pytest.mark.parametrize(("name", "row"), [("documents", DOCUMENT), ("conversations", CHAT)])
def test_a_damaged_line_is_an_error_with_its_number(project, name, row, said):
    path = getattr(project, name)
    path.parent.mkdir()
    whole = json.dumps(row).encode() + b"\n"
    path.write_bytes(whole)
    assert len(read_all(project, name)) == 1
    path.write_bytes(whole + DAMAGED[said] + b"\n" + whole)
    with pytest.raises(MorrisError, match=f"{name}.jsonl, line 2: .*{said}"):
        read_all(project, name)


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("documents", {"text": ["Lo."]}, r"text is \['Lo.'\] and must be text"),
        ("documents", {"source": None}, "source is None and must be text"),
        ("documents", {"more": 1}, "'more' is unknown"),
        ("conversations", {"messages": []}, "it has no messages"),
        ("conversations", {"messages": {"role": "user"}}, "it has no messages"),
        ("conversations", {"messages": ["Hi?"]}, "a message has no text"),
        ("conversations", {"messages": [{"role": "user", "content": 5}]}, "a message has no text"),
        ("conversations", {"messages": [{"role": "he", "content": ""}]}, "Unknown role 'he'"),
        ("conversations", {"source": ["/e"]}, "must be text"),
        ("conversations", {"id": ""}, "must be text"),
        ("conversations", {"more": "x"}, "unexpected keyword argument 'more'"),
    ],
)
def test_a_value_of_a_wrong_type_is_an_error_with_its_line(project, name, row, said):
    path = getattr(project, name)
    path.parent.mkdir()
    path.write_text(json.dumps((DOCUMENT if name == "documents" else CHAT) | row))
    with pytest.raises(MorrisError, match=f"{name}.jsonl, line 1: not a .*{said}.* Run `morris"):
        read_all(project, name)
