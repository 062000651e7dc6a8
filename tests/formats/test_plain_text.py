"""Notes and drafts: read without a byte-order mark, and every failure names the file."""

import pytest

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.formats.plain_text import read_plain_text


def test_a_byte_order_mark_is_left_out_and_line_ends_are_kept():
    assert read_plain_text(lambda: b"\xef\xbb\xbfOne.\r\nTwo.", "a", "") == "One.\r\nTwo."


def test_failures_name_the_file_and_say_what_to_do(tmp_path):
    missing = tmp_path / "none.md"
    with pytest.raises(MissingError, match=r"There is no file .*none\.md\. Check the path\."):
        read_plain_text(missing.read_bytes, str(missing), "Check the path.")
    with pytest.raises(UsageError, match=r"^odd is not UTF-8 text\. Save it"):
        read_plain_text(lambda: b"\xff\xfe\xfa", "odd", "")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_plain_text(tmp_path.read_bytes, str(tmp_path), "")
