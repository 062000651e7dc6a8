"""Lists in temporary files: what is read equals what was added, in memory and on disk."""

import errno

import numpy as np
import pytest
from support.sample_documents import documents

from morris_mlx.errors import MorrisError
from morris_mlx.prepare import Extras, disk_list, prepare_collected
from morris_mlx.prepare.codecs import (
    CONVERSATIONS,
    DOCUMENTS,
    EXAMPLES,
    REQUESTS,
    ROWS,
    SHINGLES,
)
from morris_mlx.prepare.disk_list import (
    DiskDict,
    DiskList,
    Mapped,
    Selection,
    temporary_files_in,
)
from morris_mlx.records.corpus import Conversation, Document, Example, Message

TEXT = "“Schön”, said the 🦔.\n\n\x00\u2028 Ё"
MESSAGES = (Message("user", "Write."), Message("assistant", TEXT))
ROW, OTHER = Example(MESSAGES, "a", "topic"), Example(MESSAGES[1:], "b", "chat")
DOCUMENTS_MADE = [
    Document(str(n), TEXT * n, "T", "A", f"/x/{n}", "2020-01-01", "post") for n in range(9)
]


@pytest.fixture(params=[0, 10**6], ids=["on disk", "in memory"])
def limit(request, monkeypatch):
    # 0 would mean no limit to the standard library, so the smallest limit is one byte
    monkeypatch.setattr(disk_list, "MEMORY_BYTES", max(1, request.param))


@pytest.mark.parametrize(
    ("codec", "item"),
    [
        (DOCUMENTS, DOCUMENTS_MADE[3]),
        (CONVERSATIONS, Conversation("c", MESSAGES, "/x", "2020")),
        (EXAMPLES, ROW),
        (ROWS, (ROW, OTHER)),
        (REQUESTS, ((ROW, OTHER), (ROW,), ())),
    ],
)
def test_an_item_is_read_as_it_was_added(limit, codec, item):
    assert list(DiskList(codec, [item, item])) == [item, item]


def test_text_with_half_a_character_is_kept(limit):
    assert DiskList(DOCUMENTS, [Document("a", "\ud83e")])[0].text == "\ud83e"


def test_hashes_are_read_as_they_were_added(limit):
    hashes = DiskList(SHINGLES, [np.array([1, 2**64 - 1], np.uint64), np.empty(0, np.uint64)])
    assert hashes[0].tolist() == [1, 2**64 - 1] and hashes[1].tolist() == []


def test_a_list_on_disk_is_a_sequence_that_can_grow_between_reads(limit):
    made = DiskList(DOCUMENTS, DOCUMENTS_MADE[:2])
    assert made[0] == DOCUMENTS_MADE[0]
    made.extend(DOCUMENTS_MADE[2:])
    assert made == DOCUMENTS_MADE and len(made) == 9 and made[-1] == DOCUMENTS_MADE[-1]
    assert made[2:7:2] == DOCUMENTS_MADE[2:7:2] and made[::-1] == DOCUMENTS_MADE[::-1]
    assert made != DOCUMENTS_MADE[:8] and made != DOCUMENTS_MADE[::-1]
    with pytest.raises(IndexError):
        made[9]


def test_two_readers_of_one_list_do_not_disturb_each_other(limit):
    made = DiskList(DOCUMENTS, DOCUMENTS_MADE)
    assert list(zip(made, made[::-1], strict=True)) == list(
        zip(DOCUMENTS_MADE, DOCUMENTS_MADE[::-1], strict=True)
    )


def test_selections_and_mapped_items_are_read_from_the_list():
    made = DiskList(DOCUMENTS, DOCUMENTS_MADE)
    assert Selection(made, iter([5, 5, 1])) == [DOCUMENTS_MADE[n] for n in (5, 5, 1)]
    assert Selection(made, [4, 3])[1:] == [DOCUMENTS_MADE[3]]
    assert Mapped(lambda d: d.id, Selection(made, [4, 3])) == ["4", "3"]


def test_a_dictionary_has_the_last_value_of_a_key(limit):
    made = DiskDict(ROWS, [("a", (ROW,)), ("b", (OTHER,)), ("a", (ROW, OTHER))])
    assert dict(made) == {"a": (ROW, OTHER), "b": (OTHER,)} and list(made) == ["a", "b"]
    assert "a" in made and "c" not in made
    with pytest.raises(KeyError):
        made["c"]


def test_texts_are_in_the_folder_of_the_block_and_no_file_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_list, "MEMORY_BYTES", 1)
    folders = []
    make = disk_list.tempfile.TemporaryFile

    def recorded(*args, **named):
        folders.append(named["dir"])
        return make(*args, **named)

    monkeypatch.setattr(disk_list.tempfile, "TemporaryFile", recorded)
    with temporary_files_in(tmp_path):
        made = DiskList(DOCUMENTS, DOCUMENTS_MADE)
    assert made == DOCUMENTS_MADE and folders == [str(tmp_path)]
    del made
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_that_names_the_folder(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(disk_list, "MEMORY_BYTES", 1)
    monkeypatch.setattr(disk_list.tempfile, "TemporaryFile", full)
    with (
        temporary_files_in(tmp_path),
        pytest.raises(MorrisError, match=f"temporary file in {tmp_path}: No space left"),
    ):
        DiskList(DOCUMENTS, DOCUMENTS_MADE)


def test_a_dataset_is_the_same_from_memory_and_from_disk(tokenizer, monkeypatch, tmp_path):
    def made():
        extras = Extras(enhance=True)
        args = (documents(12), (), tokenizer, 400, "Speak.", 7)
        return prepare_collected(*args, extras=extras, folder=tmp_path)

    in_memory = made()
    monkeypatch.setattr(disk_list, "MEMORY_BYTES", 1)
    assert made() == in_memory and in_memory.examples["train"]
