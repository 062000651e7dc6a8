"""Tests of the reader of Day One journals."""

import json

import pytest
from support.document_files import pieces

from morris_mlx.collect.readers.reader import LeftOut
from morris_mlx.collect.text import UnreadableError

ID = "0123456789ABCDEF0123456789ABCDEF"


def write(path, *entries):
    more = {"creationDevice": "x", "timeZone": "Europe/London"}
    journal = {"metadata": {"version": "1.0"}, "entries": [more | entry for entry in entries]}
    path.write_text(json.dumps(journal), encoding="utf-8")
    return path


def test_entries_are_texts_with_their_dates(tmp_path):
    text = "# On paint\n\nIt rained\\. It was 5\\-ish\n\n![](dayone-moment://AB)\n\nThe end\\!"
    path = write(
        tmp_path / "Journal.json",
        {"uuid": ID, "creationDate": "2024-03-04T10:00:00Z", "text": text},
        {"uuid": "../x", "creationDate": 7, "text": "It stopped \ud83d."},
        {"uuid": "photo"},
    )
    first, second, left_out = pieces(path)
    assert (first.name, first.parsed.title, first.parsed.date) == (ID, "On paint", "2024-03-04")
    assert first.parsed.text == "It rained. It was 5-ish\n\nThe end!"
    assert (second.name, second.parsed.text, second.parsed.date) == ("entry 2", "It stopped ?.", "")
    assert left_out == LeftOut("no text in it", "entry 3")


def test_a_damaged_journal_is_refused(tmp_path):
    path = write(tmp_path / "Journal.json", {"text": "x", "creationDate": ""})
    path.write_text(path.read_text()[:-3])
    with pytest.raises(UnreadableError, match="a damaged Day One journal"):
        pieces(path)
