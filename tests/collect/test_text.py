"""Tests of text normalization and identity."""

from morris_mlx.collect import collect_files
from morris_mlx.collect.text import text_id


def test_invisible_characters_are_removed_and_white_space_is_normalized(tmp_path):
    (tmp_path / "a.txt").write_text(
        "A\u200bb  c «\u00a0d\u00a0» \r\n\r\n\r\n\r\n\ufe00e", encoding="utf-8"
    )
    assert collect_files([tmp_path]).documents[0].text == "Ab c «\u00a0d\u00a0»\n\ne"


def test_the_identity_ignores_only_white_space_and_case():
    assert text_id("A  b\nc") == text_id("a b C")
    assert text_id("a b c") != text_id("a b d")
