"""Fingerprints name the file and the place of a change."""

import json

from morris_mlx.audit.fingerprints import BLOCK_BYTES, find_changes, fingerprint, fingerprints
from morris_mlx.files import file_digest


def test_a_changed_byte_is_named_with_its_block(tmp_path):
    path = tmp_path / "model.safetensors"
    content = bytearray(3 * BLOCK_BYTES + 10)
    path.write_bytes(content)
    known = fingerprints({"base/model": path})
    assert known["base/model"].sha256 == file_digest(path)
    assert find_changes(known, {"base/model": path}) == []
    content[BLOCK_BYTES + 5] = 1
    path.write_bytes(content)
    (found,) = find_changes(known, {"base/model": path})
    assert found == f"{path} was changed in bytes 65,536 to 131,071."


def test_a_changed_row_is_named_with_its_line(tmp_path):
    path = tmp_path / "train.jsonl"
    rows = [json.dumps({"row": number}) + "\n" for number in range(20)]
    path.write_text("".join(rows))
    known = fingerprints({"train": path})
    rows[6] = json.dumps({"row": "x"}) + "\n"
    path.write_text("".join(rows))
    assert find_changes(known, {"train": path}) == [f"{path} was changed in line 7."]


def test_longer_shorter_and_missing_files_are_named(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("a\nb\n")
    known = fingerprints({"train": path, "card": path})
    path.write_text("a\nb\nc\n")
    longer, missing = find_changes(known, {"train": path, "card": tmp_path / "card.json"})
    assert longer == f"{path} was changed: it is 2 bytes longer."
    assert missing == f"{tmp_path / 'card.json'} is missing or cannot be read."
    assert find_changes({"gone": fingerprint(path)}, {}) == ["gone is missing or cannot be read."]


def test_many_changes_are_counted(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("a\n" * 20)
    known = fingerprints({"rows": path})
    path.write_text("b\n" * 20)
    (found,) = find_changes(known, {"rows": path})
    assert "line 1, line 2" in found and "and 15 further places" in found
